//! The failures that are retried over a real socket, and those that are not.

use std::time::Duration;

use oauth::{Clock, ErrorKind, RetryPolicy, TokenClient};
use testkit::exchange::{client, request, retries, settings};
use testkit::scripted_server::{Reply, ScriptedServer, Step, answer, answer_bytes, token};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn hang() -> Reply {
    Reply::Answer(vec![Step::Hang])
}

#[tokio::test]
async fn passing_faults_are_overcome() {
    let json = "Content-Type: application/json";
    let cases = [
        ("429", answer("429 Too Many Requests", &[], "")),
        ("502 with a page", answer("502 Bad Gateway", &["Content-Type: text/html"], "<html>")),
        ("503 with an OAuth error", answer("503 Busy", &[json], r#"{"error":"temporarily_unavailable"}"#)),
        ("504", answer("504 Gateway Timeout", &[], "")),
        ("closed at once", Reply::CloseAtOnce),
        ("reset", Reply::Answer(vec![Step::Reset])),
        ("closed after the request", Reply::Answer(vec![Step::Close])),
        (
            "cut off",
            Reply::Answer(vec![Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".into()), Step::Close]),
        ),
    ];
    for (name, turn) in cases {
        let server = ScriptedServer::start([turn, token("canary.token", 60)]).await;
        let token = client(1).token(&request(&server.url("/t")), Duration::ZERO).await;
        assert!(token.is_ok(), "{name}: {token:?}");
    }
}

#[tokio::test]
async fn a_time_out_is_overcome() {
    let server = ScriptedServer::start([hang(), token("canary.token", 60)]).await;
    let client = TokenClient::new(settings(250), retries(1), Clock::System);
    assert!(client.token(&request(&server.url("/t")), Duration::ZERO).await.is_ok());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn verdicts_cost_one_request() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Oops", "501 No"] {
        let server = ScriptedServer::start([answer(status, &[], ""), token("canary.token", 60)]).await;
        let error = client(3).token(&request(&server.url("/t")), Duration::ZERO).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Status { .. }), "{status}: {error:?}");
        assert_eq!((server.requests().len(), error.attempts), (1, 1), "{status}");
    }
}

#[tokio::test]
async fn attempts_are_bounded_and_counted() {
    let busy = answer("503 Busy", &[], "");
    let server = ScriptedServer::start(vec![busy; 9]).await;
    let error = client(2).token(&request(&server.url("/t")), Duration::ZERO).await.unwrap_err();
    assert_eq!((server.requests().len(), error.attempts), (3, 3));
    assert!(error.waited >= Duration::from_millis(2) && error.waited <= Duration::from_millis(4), "{error:?}");
    assert!(error.elapsed >= error.waited);
}

#[tokio::test]
async fn the_wait_that_the_server_names_counts() {
    // Our own waits can take half a minute, so only the server's wait, but not below the shortest one, ends this in
    // time.
    let policy = RetryPolicy { max_retries: 4, min_wait: Duration::from_millis(20), max_wait: Duration::from_secs(30) };
    let named = |value: &str| answer("429 Too Many Requests", &[&format!("Retry-After: {value}")], "");
    let in_the_past =
        answer("503 Busy", &["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", "Date: Sun, 06 Nov 1994 08:49:38 GMT"], "");
    let turns = [named("0"), in_the_past, named("Sun, 06 Nov 1994 08:49:37 GMT"), token("canary.token", 60)];
    let server = ScriptedServer::start(turns).await;
    let client = TokenClient::new(settings(5_000), policy, Clock::System);
    let asked = request(&server.url("/t"));
    let token = tokio::time::timeout(Duration::from_secs(5), client.token(&asked, Duration::ZERO));
    assert!(token.await.expect("the wait exceeds five seconds").is_ok());
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn an_absurd_wait_is_clamped() {
    for value in ["86400", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let busy = answer("503 Busy", &[&format!("Retry-After: {value}")], "");
        let server = ScriptedServer::start([busy, token("canary.token", 60)]).await;
        let asked = request(&server.url("/t"));
        let client = client(1);
        let token = tokio::time::timeout(Duration::from_secs(5), client.token(&asked, Duration::ZERO));
        assert!(token.await.expect("the wait exceeds five seconds").is_ok(), "{value}");
    }
}

#[tokio::test]
async fn everything_together_keeps_within_the_configured_time() {
    let server = ScriptedServer::start(vec![hang(); 4]).await;
    let client = TokenClient::new(settings(40), retries(2), Clock::System);
    let error = client.token(&request(&server.url("/t")), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.attempts, 3);
    assert!(error.elapsed >= Duration::from_millis(3 * 40) && error.elapsed < Duration::from_secs(3), "{error:?}");
}

#[tokio::test]
async fn a_connection_closed_between_two_exchanges_does_no_harm() {
    let closing = |text| {
        let Reply::Answer(mut steps) = token(text, 60) else { unreachable!("a token is an answer") };
        steps.push(Step::Close);
        Reply::Answer(steps)
    };
    let server = ScriptedServer::start([closing("first"), closing("second")]).await;
    let client = client(1);
    for (client_id, expected) in [("one", "first"), ("two", "second")] {
        let mut asked = request(&server.url("/t"));
        asked.client_id = client_id.into();
        let token = client.token(&asked, Duration::ZERO).await.unwrap();
        assert_eq!(token.access_token.expose(), expected);
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn limitless_settings_do_not_overflow() {
    let policy = RetryPolicy { max_retries: u32::MAX, min_wait: Duration::ZERO, max_wait: Duration::MAX };
    let server = ScriptedServer::start([answer("503 Busy", &[], ""), token("canary.token", u32::MAX)]).await;
    let mut settings = settings(0);
    settings.request_timeout = Duration::MAX;
    let client = TokenClient::new(settings, policy, Clock::System);
    assert!(client.token(&request(&server.url("/t")), Duration::MAX).await.is_ok());
}

/// Answers one request a connection and says nothing of closing; closes when the next request has come, which is what a
/// client sees that meets the server's own time limit.
async fn one_answer_a_connection(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/t", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                if socket.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                    let _ = socket.write_all(&answer).await;
                    let _ = socket.read(&mut [0; 4096]).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_server_that_closes_before_the_next_request_harms_nothing() {
    let good = || answer_bytes("200 OK", &[], br#"{"access_token":"canary.token"}"#);
    let url = one_answer_a_connection(good()).await;
    let once = client(0);
    once.token(&request(&url), Duration::ZERO).await.unwrap();
    for _ in 0..3 {
        once.document(&request(&url).endpoint).await.unwrap();
    }
    for ending in [Step::Close, Step::Reset] {
        let reply = || Reply::Answer(vec![Step::Write(good()), Step::Wait(Duration::from_millis(2)), ending.clone()]);
        let server = ScriptedServer::start([reply(), reply(), reply()]).await;
        let client = client(0);
        for _ in 0..3 {
            client.document(&request(&server.url("/t")).endpoint).await.unwrap();
        }
        assert_eq!(server.connections(), 3, "{ending:?}");
    }
}
