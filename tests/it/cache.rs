//! The cache through the public client and a real server: what an exchange costs.

use std::time::Duration;

use oauth::{Clock, ErrorKind, RetryPolicy, Secret, TokenClient, TokenRequest};
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
    // Not a verdict on the credentials: whoever comes later may try.
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
