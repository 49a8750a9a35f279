//! The cache through the public client and a real server: the number of exchanges.

use std::collections::BTreeMap;
use std::time::Duration;

use oauth::{Clock, ErrorKind, RetryPolicy, ScopeSet, Secret, TokenClient, TokenRequest};
use tokio::task::JoinSet;

use testkit::exchange::{client, request, settings};
use testkit::scripted_server::{Reply, ScriptedServer, Step, answer, token};

/// The turn, a little later, so that the callers are all there.
fn late(turn: Reply) -> Reply {
    let Reply::Answer(mut steps) = turn else { panic!("not an answer") };
    steps.insert(0, Step::Wait(Duration::from_millis(20)));
    Reply::Answer(steps)
}

fn callers(client: &TokenClient, request: &TokenRequest, count: usize) -> JoinSet<Result<String, ErrorKind>> {
    let mut callers = JoinSet::new();
    for _ in 0..count {
        let (client, request) = (client.clone(), request.clone());
        callers.spawn(async move {
            let token = client.token(&request, Duration::from_secs(1)).await;
            token.map(|token| token.access_token.expose().to_owned()).map_err(|error| error.kind().clone())
        });
    }
    callers
}

#[tokio::test]
async fn a_hundred_callers_cost_one_exchange() {
    let server = ScriptedServer::start([late(token("canary.token", 3600))]).await;
    let (client, request) = (client(0), request(&server.url("/t")));
    let tokens = callers(&client, &request, 100).join_all().await;
    assert_eq!(tokens, vec![Ok("canary.token".to_owned()); 100]);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_hundred_callers_share_one_failure() {
    let page = late(answer("404 Not Found", &["Content-Type: text/html"], "<html>"));
    let server = ScriptedServer::start([page, token("canary.token", 3600)]).await;
    let (client, request) = (client(3), request(&server.url("/t")));
    let failures = callers(&client, &request, 100).join_all().await;
    assert!(failures.iter().all(|failure| matches!(failure, Err(ErrorKind::Status { status: 404, .. }))));
    assert_eq!(server.requests().len(), 1);
    // The failure said nothing about the credentials, so a later caller may try.
    assert!(client.token(&request, Duration::ZERO).await.is_ok());
}

#[tokio::test]
async fn distinct_credentials_and_scopes_stay_apart() {
    let server = ScriptedServer::start((0..3).map(|index| token(&format!("t{index}"), 3600))).await;
    let client = client(0);
    let first = request(&server.url("/t"));
    let requests = [
        first.clone(),
        TokenRequest { client_secret: Secret::new("canary-other-secret"), ..first.clone() },
        TokenRequest { scopes: Default::default(), ..first.clone() },
        first,
    ];
    let mut tokens = Vec::new();
    for request in &requests {
        tokens.push(client.token(request, Duration::ZERO).await.unwrap().access_token.expose().to_owned());
    }
    assert_eq!(tokens, ["t0", "t1", "t2", "t0"]);
}

#[tokio::test]
async fn a_caller_who_leaves_ends_nothing() {
    let server = ScriptedServer::start([late(token("canary.token", 3600))]).await;
    let (client, request) = (client(0), request(&server.url("/t")));
    let mut leaving = callers(&client, &request, 1);
    server.wait_for_requests(1).await;
    let staying = callers(&client, &request, 10);
    leaving.shutdown().await;
    assert_eq!(staying.join_all().await, vec![Ok("canary.token".to_owned()); 10]);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_exchange_whose_only_caller_left_still_fills_the_cache() {
    let server = ScriptedServer::start([late(token("canary.token", 3600))]).await;
    let (client, request) = (client(0), request(&server.url("/t")));
    let mut leaving = callers(&client, &request, 1);
    server.wait_for_requests(1).await;
    leaving.shutdown().await;
    assert!(client.token(&request, Duration::ZERO).await.is_ok());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn cancelling_interrupts_all_who_wait() {
    let server = ScriptedServer::start([Reply::Answer(vec![Step::Hang]), token("canary.token", 3600)]).await;
    let (client, request) = (client(3), request(&server.url("/t")));
    let waiting = callers(&client, &request, 10);
    server.wait_for_requests(1).await;
    client.cancel();
    assert_eq!(waiting.join_all().await, vec![Err(ErrorKind::Interrupted); 10]);
    assert!(client.token(&request, Duration::ZERO).await.is_ok(), "later calls work again");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn cancelling_interrupts_a_wait_between_attempts() {
    let busy = answer("503 Busy", &["Retry-After: 30"], "");
    let server = ScriptedServer::start([busy]).await;
    let client = TokenClient::new(settings(5_000), RetryPolicy::default(), Clock::System);
    let waiting = callers(&client, &request(&server.url("/t")), 1);
    server.wait_for_requests(1).await;
    client.cancel();
    assert_eq!(waiting.join_all().await, [Err(ErrorKind::Interrupted)]);
}

#[tokio::test]
async fn cancelling_interrupts_the_fetch_of_a_document() {
    let server = ScriptedServer::start([Reply::Answer(vec![Step::Hang])]).await;
    let client = client(3);
    let address = request(&server.url("/.well-known/openid-configuration")).endpoint;
    let (document, ()) = tokio::join!(client.document(&address), async {
        server.wait_for_requests(1).await;
        client.cancel();
    });
    assert_eq!(document.unwrap_err().kind(), &ErrorKind::Interrupted);
}

/// A dozen requests with the same credentials, each for something else.
fn variants(url: &str) -> Vec<TokenRequest> {
    let first = request(url);
    let mut variants = Vec::new();
    for index in 0..4 {
        let scopes = ScopeSet::parse(&format!("scope:{index}"));
        let parameters = BTreeMap::from([("tenant".to_owned(), Secret::new(format!("t-{index}")))]);
        variants.push(TokenRequest { scopes: scopes.clone(), ..first.clone() });
        variants.push(TokenRequest { audience: Some(format!("https://{index}.example")), ..first.clone() });
        variants.push(TokenRequest { scopes, parameters, ..first.clone() });
    }
    variants
}

async fn ask_all(client: &TokenClient, requests: &[TokenRequest]) -> Vec<Result<String, ErrorKind>> {
    let mut all = Vec::new();
    for request in requests {
        all.push(callers(client, request, 2));
    }
    let mut outcomes = Vec::new();
    for callers in all {
        outcomes.extend(callers.join_all().await);
    }
    outcomes
}

fn refusal(status: &str, code: &str) -> Reply {
    let body = format!(r#"{{"error":"{code}","error_description":"canary words"}}"#);
    late(answer(status, &["Content-Type: application/json"], body))
}

#[tokio::test]
async fn refused_credentials_cost_one_request_whatever_they_are_asked_to_be_good_for() {
    let refusals = [
        ("401 Unauthorized", "invalid_client"),
        ("401 Unauthorized", "server_error"),
        ("401 Unauthorized", "access_denied"),
        ("401 Unauthorized", "E17"),
        ("400 Bad Request", "invalid_client"),
        ("400 Bad Request", "unauthorized_client"),
        ("404 Not Found", "unknown_client"),
        ("200 OK", "invalid_client"),
    ];
    for (status, code) in refusals {
        let server = ScriptedServer::start([refusal(status, code), token("canary.token", 3600)]).await;
        let client = client(3);
        let requests = variants(&server.url("/t"));
        for (round, outcomes) in
            [ask_all(&client, &requests).await, ask_all(&client, &requests).await].iter().enumerate()
        {
            for outcome in outcomes {
                let is_refusal = matches!(outcome, Err(ErrorKind::OAuth { error, description, .. })
                    if error == code && description.as_deref() == Some("canary words"));
                assert!(is_refusal, "{status} {code}, round {round}: {outcome:?}");
            }
        }
        assert_eq!(server.requests().len(), 1, "{status} {code}");
        // Another secret, another method, another endpoint: nobody has rejected these.
        let other = TokenRequest { client_secret: Secret::new("canary-other"), ..requests[0].clone() };
        assert!(client.token(&other, Duration::ZERO).await.is_ok(), "{status} {code}");
    }
}

#[tokio::test]
async fn a_401_without_a_word_is_a_refusal_of_the_credentials() {
    let server = ScriptedServer::start([late(answer("401 Unauthorized", &[], ""))]).await;
    let outcomes = ask_all(&client(3), &variants(&server.url("/t"))).await;
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, Err(ErrorKind::Status { status: 401, .. }))),
        "{outcomes:?}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_refused_request_is_kept_for_itself_alone() {
    let refusals = [
        ("400 Bad Request", "invalid_scope"),
        ("401 Unauthorized", "invalid_scope"),
        ("400 Bad Request", "invalid_target"),
        ("401 Unauthorized", "invalid_request"),
        ("400 Bad Request", "unsupported_grant_type"),
        ("403 Forbidden", "access_denied"),
    ];
    for (status, code) in refusals {
        let server = ScriptedServer::start([refusal(status, code), token("canary.token", 3600)]).await;
        let client = client(3);
        let requests = variants(&server.url("/t"));
        for _ in 0..2 {
            let outcome = callers(&client, &requests[0], 3).join_all().await;
            assert!(outcome.iter().all(Result::is_err), "{status} {code}");
        }
        assert_eq!(server.requests().len(), 1, "{status} {code}");
        assert!(client.token(&requests[1], Duration::ZERO).await.is_ok(), "{status} {code}");
    }
}

#[tokio::test]
async fn credentials_that_were_accepted_hold_nobody_up() {
    let slow = |text| {
        let Reply::Answer(mut steps) = token(text, 3600) else { unreachable!("a token is an answer") };
        steps.insert(0, Step::Wait(Duration::from_millis(40)));
        Reply::Answer(steps)
    };
    let first = token("canary.token", 3600);
    let server = ScriptedServer::start([first].into_iter().chain((0..11).map(|_| slow("canary.token")))).await;
    let client = client(0);
    let requests = variants(&server.url("/t"));
    client.token(&requests[0], Duration::ZERO).await.unwrap();
    let begun = Clock::System.monotonic();
    assert!(ask_all(&client, &requests).await.iter().all(Result::is_ok));
    let took = Clock::System.monotonic() - begun;
    assert!(took < Duration::from_millis(11 * 40), "the requests did not run in parallel: {took:?}");
    assert_eq!(server.requests().len(), requests.len());
}

#[tokio::test]
async fn a_service_that_is_down_is_asked_once_for_all_who_wait() {
    let closed = late(Reply::Answer(vec![Step::Close]));
    for turn in [late(answer("503 Busy", &[], "")), closed, late(answer("429 Slow down", &[], ""))] {
        let server = ScriptedServer::start([turn, token("canary.token", 3600)]).await;
        let client = client(0);
        let requests = variants(&server.url("/t"));
        let outcomes = ask_all(&client, &requests).await;
        assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
        assert_eq!(server.requests().len(), 1);
        // The failure is not cached, so a later caller may try.
        assert!(client.token(&requests[0], Duration::ZERO).await.is_ok());
    }
}

#[tokio::test]
async fn an_answer_that_judges_nobody_lets_the_others_ask_for_themselves() {
    let page = late(answer("404 Not Found", &["Content-Type: text/html"], "<html>"));
    let server = ScriptedServer::start([page].into_iter().chain((0..11).map(|_| token("canary.token", 3600)))).await;
    let outcomes = ask_all(&client(0), &variants(&server.url("/t"))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 2, "{outcomes:?}");
    assert_eq!(server.requests().len(), 12);
}

#[tokio::test]
async fn cancelling_interrupts_those_who_wait_for_other_requests_too() {
    let server = ScriptedServer::start([Reply::Answer(vec![Step::Hang]), token("canary.token", 3600)]).await;
    let client = client(3);
    let requests = variants(&server.url("/t"));
    let (outcomes, ()) = tokio::join!(ask_all(&client, &requests), async {
        server.wait_for_requests(1).await;
        client.cancel();
    });
    assert!(outcomes.iter().all(|outcome| outcome == &Err(ErrorKind::Interrupted)), "{outcomes:?}");
    assert_eq!(server.requests().len(), 1);
    assert!(client.token(&requests[3], Duration::ZERO).await.is_ok(), "later calls work again");
}
