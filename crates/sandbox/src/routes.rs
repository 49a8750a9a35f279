//! The routes of the server.

use std::io::Write as _;

use hyper::header::HeaderValue;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::answer;
use crate::answer::Answer;
use crate::exchange::{Approval, Registered};
use crate::received::Received;
use crate::refusal::Refusal;
use crate::sandbox::Sandbox;
use crate::{access_key, control, discovery, exchange};

/// An injected fault: the connection ends without a response.
#[derive(Debug, thiserror::Error)]
#[error("closed by an injected fault")]
pub(crate) struct Closed;

/// Responds to one request. Records all requests except control requests.
///
/// # Errors
/// [`Closed`] if an injected fault closes the connection.
pub(crate) async fn answer(sandbox: &Sandbox, request: Received) -> Result<Answer, Closed> {
    if let Some(path) = request.path().strip_prefix("/_sandbox/") {
        return Ok(control::answer(sandbox, &request, path));
    }
    let sequence = sandbox.state().journal.record(&request, sandbox.recording().secrets);
    let mut answer = route(sandbox, &request).await?;
    if let Ok(id) = HeaderValue::try_from(format!("sandbox-{sequence}")) {
        answer.headers_mut().insert("x-request-id", id);
    }
    sandbox.state().journal.note_status(sequence, answer.status().as_u16());
    if sandbox.recording().verbose {
        let line = format!("{sequence} {} {} {}", request.method, request.path(), answer.status().as_u16());
        // A closed standard error is no reason to stop.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    Ok(answer)
}

async fn route(sandbox: &Sandbox, request: &Received) -> Result<Answer, Closed> {
    match (request.path(), &request.method) {
        ("/oauth/token" | "/auth/token", _) => token(sandbox, request, exchange::exchange, answer::refusal).await,
        ("/authentication/v1/token/access-key", _) => {
            token(sandbox, request, access_key::exchange, answer::camel_case_refusal).await
        }
        ("/.well-known/openid-configuration", &Method::GET) => Ok(discovery::openid_configuration(sandbox)),
        ("/.well-known/cxone-configuration", &Method::GET) => Ok(discovery::cxone_configuration(sandbox, request)),
        ("/auth/jwks", &Method::GET) => Ok(discovery::key_set(sandbox)),
        _ => Ok(answer::json(StatusCode::NOT_FOUND, &json!({ "error": "not_found" }))),
    }
}

type Decide = fn(&Received, &Registered<'_>) -> Result<Approval, Refusal>;

/// A token endpoint: an injected fault first, then the normal response.
async fn token(
    sandbox: &Sandbox,
    request: &Received,
    decide: Decide,
    refuse: fn(&Refusal) -> Answer,
) -> Result<Answer, Closed> {
    sandbox.state().counters.count_exchange();
    let fault = sandbox.state().faults.take();
    if let Some(fault) = fault {
        tokio::time::sleep(fault.delay()).await;
        if fault.closes() {
            sandbox.state().counters.count_fault();
            return Err(Closed);
        }
        if let Some(status) = fault.status() {
            sandbox.state().counters.count_fault();
            return Ok(answer::fault(&fault, status));
        }
    }
    let outcome = decide(request, &sandbox.state().registered());
    Ok(conclude(sandbox, outcome, refuse))
}

fn conclude(sandbox: &Sandbox, outcome: Result<Approval, Refusal>, refuse: fn(&Refusal) -> Answer) -> Answer {
    let minted = outcome.map(|approval| (sandbox.mint().answer(&approval), approval));
    let mut state = sandbox.state();
    match minted {
        Ok((Ok(body), approval)) => {
            let registered = state.clients.contains_key(&approval.client.id);
            state.counters.count_granted(registered.then_some(approval.client.id.as_str()));
            answer::token(&body)
        }
        Ok((Err(_), _)) => answer::plain(StatusCode::INTERNAL_SERVER_ERROR),
        Err(refusal) => {
            state.counters.count_refused(&refusal);
            refuse(&refusal)
        }
    }
}
