//! `/_sandbox/`: shows past requests, and changes later responses.

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::answer;
use crate::answer::Answer;
use crate::client::{Client, ClientChange};
use crate::counters::Counters;
use crate::fault::{Fault, Faults};
use crate::form;
use crate::received::Received;
use crate::role::RoleChange;
use crate::sandbox::Sandbox;

/// Responds to a control request; `path` is the part after `/_sandbox/`.
pub(crate) fn answer(sandbox: &Sandbox, request: &Received, path: &str) -> Answer {
    let client_id = path.strip_prefix("clients/").and_then(|id| form::decode(id.as_bytes()));
    let access_key_id = path.strip_prefix("access-keys/").and_then(|path| path.strip_suffix("/role"));
    let access_key_id = access_key_id.and_then(|id| form::decode(id.as_bytes()));
    match (&request.method, path, client_id) {
        (&Method::GET, "requests", _) => answer::json(StatusCode::OK, &sandbox.state().journal),
        (&Method::GET, "counters", _) => answer::json(StatusCode::OK, &sandbox.state().counters),
        (&Method::POST, "reset", _) => reset(sandbox),
        (&Method::PUT, "fault", _) => put_fault(sandbox, request),
        (&Method::DELETE, "fault", _) => {
            sandbox.state().faults = Faults::default();
            answer::plain(StatusCode::NO_CONTENT)
        }
        (&Method::PUT, _, _) if access_key_id.is_some() => put_role(sandbox, request, access_key_id.as_deref()),
        (&Method::PUT, _, Some(id)) => put_client(sandbox, request, &id),
        (&Method::DELETE, _, Some(id)) => delete_client(sandbox, &id),
        _ => error(StatusCode::NOT_FOUND, "no such control request; see `terraform-provider-cxone sandbox --help`"),
    }
}

fn reset(sandbox: &Sandbox) -> Answer {
    let mut state = sandbox.state();
    state.journal.clear();
    state.counters = Counters::default();
    state.faults = Faults::default();
    answer::plain(StatusCode::NO_CONTENT)
}

fn put_fault(sandbox: &Sandbox, request: &Received) -> Answer {
    match Fault::try_list(&request.body) {
        Ok(faults) => {
            sandbox.state().faults.replace(faults);
            answer::plain(StatusCode::NO_CONTENT)
        }
        Err(mistake) => error(StatusCode::BAD_REQUEST, &mistake),
    }
}

fn put_client(sandbox: &Sandbox, request: &Received, id: &str) -> Answer {
    let change: ClientChange = match serde_json::from_slice(&request.body) {
        Ok(change) => change,
        Err(mistake) => return error(StatusCode::BAD_REQUEST, &mistake.to_string()),
    };
    if change.client_id.as_ref().is_some_and(|other| other != id) {
        return error(StatusCode::BAD_REQUEST, "client_id differs from the one in the address");
    }
    sandbox.state().clients.entry(id.to_owned()).or_insert_with(|| Client::new(id)).apply(change);
    answer::plain(StatusCode::NO_CONTENT)
}

fn put_role(sandbox: &Sandbox, request: &Received, access_key_id: Option<&str>) -> Answer {
    let change: RoleChange = match serde_json::from_slice(&request.body) {
        Ok(change) => change,
        Err(mistake) => return error(StatusCode::BAD_REQUEST, &mistake.to_string()),
    };
    match access_key_id.and_then(|id| sandbox.state().access_keys.get_mut(id).map(|key| key.role.apply(change))) {
        Some(()) => answer::plain(StatusCode::NO_CONTENT),
        None => error(StatusCode::NOT_FOUND, "no such access key"),
    }
}

fn delete_client(sandbox: &Sandbox, id: &str) -> Answer {
    match sandbox.state().clients.remove(id) {
        Some(_) => answer::plain(StatusCode::NO_CONTENT),
        None => error(StatusCode::NOT_FOUND, "no such client"),
    }
}

fn error(status: StatusCode, description: &str) -> Answer {
    answer::json(status, &json!({ "error": description }))
}
