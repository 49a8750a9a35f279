//! One exchange over a real socket: the exact request, and every kind of answer.

use std::net::TcpListener as StdListener;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth::{AnswerShape, ClientAuthentication, ErrorKind, Grant, Secret, TimeoutPhase, TokenRequest};

use testkit::exchange::{CANARY, client, failure, request, settings};
use testkit::scripted_server::{ScriptedServer, Step, Turn, answer, answer_bytes, token};

const JSON: &str = "Content-Type: application/json";
const GOOD: &str = r#"{"access_token":"canary.token"}"#;

/// The head as a sorted list of lines, and the body.
fn taken_apart(request: &str) -> (String, Vec<String>, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap();
    let mut headers: Vec<_> = lines.collect();
    headers.sort();
    (first, headers, body.to_owned())
}

async fn sent(request: impl FnOnce(&str) -> TokenRequest) -> (String, Vec<String>, String, ScriptedServer) {
    let server = ScriptedServer::start([token("canary.token", 3600)]).await;
    let token = client(0).token(&request(&server.url("/oauth/token")), Duration::ZERO).await.unwrap();
    assert_eq!(token.access_token.expose(), "canary.token");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let (first, headers, body) = taken_apart(&requests[0]);
    (first, headers, body, server)
}

#[tokio::test]
async fn the_request_is_exactly_this() {
    let (first, headers, body, server) = sent(request).await;
    let basic = STANDARD.encode(format!("abc-123:{CANARY}"));
    assert_eq!(first, "POST /oauth/token HTTP/1.1");
    assert_eq!(
        headers,
        [
            "accept-encoding: gzip".to_owned(),
            "accept: application/json".to_owned(),
            format!("authorization: Basic {basic}"),
            "content-length: 47".to_owned(),
            "content-type: application/x-www-form-urlencoded".to_owned(),
            format!("host: {}", server.address()),
            "user-agent: test-agent/1".to_owned(),
        ]
    );
    assert_eq!(body, "grant_type=client_credentials&scope=cxone%3Aapi");
}

#[tokio::test]
async fn with_client_secret_post_nothing_is_in_the_header() {
    let post = |url: &str| TokenRequest { authentication: ClientAuthentication::ClientSecretPost, ..request(url) };
    let (_, headers, body, _) = sent(post).await;
    assert!(!headers.iter().any(|header| header.starts_with("authorization")), "{headers:?}");
    assert_eq!(
        body,
        format!("grant_type=client_credentials&client_id=abc-123&client_secret={CANARY}&scope=cxone%3Aapi")
    );
}

#[tokio::test]
async fn the_regional_service_gets_json_and_may_answer_in_camel_case() {
    let camel = r#"{"accessToken":"canary.token","expiresIn":3600}"#;
    let server = ScriptedServer::start([answer("200 OK", &[JSON], camel)]).await;
    let grant = Grant::AccessKey { access_key_id: "KEY==".into(), access_key_secret: Secret::new("canary-key==") };
    let request = TokenRequest { grant, ..request(&server.url("/authentication/v1/token/access-key")) };
    let token = client(0).token(&request, Duration::ZERO).await.unwrap();
    assert_eq!(token.lifetime(), Some(Duration::from_secs(3600)));
    let (_, headers, body) = taken_apart(&server.requests()[0]);
    assert_eq!(body, r#"{"accessKeyId":"KEY==","accessKeySecret":"canary-key=="}"#);
    assert!(headers.contains(&"content-type: application/json".to_owned()), "{headers:?}");
    assert!(!headers.iter().any(|header| header.starts_with("authorization")), "{headers:?}");
}

#[tokio::test]
async fn a_refusal_costs_one_request_however_often_it_is_asked() {
    let body = r#"{"error":"invalid_client","error_description":"who are you?"}"#;
    let headers = [JSON, "WWW-Authenticate: Basic realm=x", "X-Request-Id: r-1", "Date: Sun, 06 Nov 1994 08:49:37 GMT"];
    let server = ScriptedServer::start([answer("401 Unauthorized", &headers, body)]).await;
    let (client, request) = (client(3), request(&server.url("/t?key=canary-query")));
    for _ in 0..3 {
        let error = client.token(&request, Duration::ZERO).await.unwrap_err();
        let ErrorKind::OAuth { status: 401, error: code, description, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!((code.as_str(), description.as_deref()), ("invalid_client", Some("who are you?")));
        assert_eq!(error.attempts, 1);
        assert_eq!(error.correlation_ids, [("x-request-id".to_owned(), "r-1".to_owned())]);
        assert!(error.clock_skew_seconds.is_some_and(|seconds| seconds > 900_000_000));
        assert_eq!(error.endpoint, server.url("/t"));
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let server = ScriptedServer::start([answer(status, &["Location: /login?next=canary"], "")]).await;
        let error = failure(settings(5_000), &request(&server.url("/t"))).await;
        let ErrorKind::Redirect { location, .. } = error.kind() else { panic!("{status}: {error:?}") };
        assert_eq!(location.as_deref(), Some(server.url("/login").as_str()), "{status}");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: impl Into<Vec<u8>>) -> Turn {
    Turn::Answer(vec![Step::Write(bytes.into()), Step::Close])
}

#[tokio::test]
async fn odd_but_whole_answers_give_a_token() {
    let cases = [
        ("gzip", answer("200 OK", &["Content-Encoding: gzip"], gzip(GOOD.as_bytes()))),
        ("chunked", raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n{GOOD}\r\n0\r\n\r\n"))),
        ("HTTP/1.0, ended by closing", raw(format!("HTTP/1.0 200 OK\r\n\r\n{GOOD}"))),
        (
            "an interim answer before",
            raw([b"HTTP/1.1 100 Continue\r\n\r\n", &*answer_bytes("200 OK", &[], GOOD.as_bytes())].concat()),
        ),
        (
            "dripping",
            Turn::Answer(vec![Step::Drip(answer_bytes("200 OK", &[], GOOD.as_bytes()), Duration::from_micros(10))]),
        ),
        ("called HTML", answer("200 OK", &["Content-Type: text/html"], GOOD)),
    ];
    for (name, turn) in cases {
        let server = ScriptedServer::start([turn]).await;
        let token = client(0).token(&request(&server.url("/t")), Duration::ZERO).await;
        assert_eq!(token.map(|token| token.access_token.expose().to_owned()), Ok("canary.token".into()), "{name}");
    }
}

#[tokio::test]
async fn answers_that_are_no_token_are_named() {
    let not_a_token = |shape, reason: &str| ErrorKind::NotATokenResponse { status: 200, shape, reason: reason.into() };
    let page = "<html><title>Sign in</title></html>";
    let big = "x".repeat(1024 * 1024 + 1);
    let limit = ErrorKind::AnswerTooLarge { limit: 1024 * 1024 };
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        (
            "page",
            answer("200 OK", &["Content-Type: text/html"], page),
            not_a_token(AnswerShape::Html(Some("Sign in".into())), "the body is not JSON"),
        ),
        ("empty", answer("200 OK", &[], ""), not_a_token(AnswerShape::Empty, "the body is empty")),
        (
            "204",
            raw("HTTP/1.1 204 No Content\r\n\r\n"),
            ErrorKind::NotATokenResponse { status: 204, shape: AnswerShape::Empty, reason: "the body is empty".into() },
        ),
        (
            "line break in the token",
            answer("200 OK", &[JSON], r#"{"access_token":"a\r\nb"}"#),
            not_a_token(
                AnswerShape::JsonObject(vec!["access_token".into()]),
                "access_token holds characters that a bearer token may not hold",
            ),
        ),
        ("declared too large", raw("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n"), limit.clone()),
        ("grown too large", raw(format!("{chunked}{:x}\r\n{big}\r\n0\r\n\r\n", big.len())), limit.clone()),
        ("gzip bomb", answer("200 OK", &["Content-Encoding: gzip"], gzip(&vec![b' '; 50 << 20])), limit),
        (
            "broken gzip",
            answer("200 OK", &["Content-Encoding: gzip"], "not gzip at all, but long enough"),
            ErrorKind::Undecodable { encoding: "gzip" },
        ),
        (
            "cut off",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"access_token\":"),
            ErrorKind::ConnectionClosed,
        ),
        ("cut off in a chunk", raw(format!("{chunked}1f\r\n{{\"access")), ErrorKind::ConnectionClosed),
        ("broken chunk", raw(format!("{chunked}zz\r\n{GOOD}\r\n")), ErrorKind::InvalidHttp),
        ("cut off in the head", raw("HTTP/1.1 200 OK\r\nContent-"), ErrorKind::ConnectionClosed),
        ("closed without a word", raw(""), ErrorKind::ConnectionClosed),
        ("reset without a word", Turn::Answer(vec![Step::Reset]), ErrorKind::ConnectionClosed),
        ("closed before the request", Turn::CloseAtOnce, ErrorKind::ConnectionClosed),
        ("not HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), ErrorKind::InvalidHttp),
        ("TLS on a plain port", raw([0x15, 3, 1, 0, 2, 2, 70]), ErrorKind::InvalidHttp),
        (
            "two lengths",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            ErrorKind::InvalidHttp,
        ),
    ];
    for (name, turn, expected) in cases {
        let server = ScriptedServer::start([turn]).await;
        let error = failure(settings(5_000), &request(&server.url("/t"))).await;
        assert_eq!(error.kind(), &expected, "{name}");
        assert_eq!(error.attempts, 1, "{name}");
    }
}

#[tokio::test]
async fn a_reset_in_the_body_is_a_closed_connection() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec();
    let server = ScriptedServer::start([Turn::Answer(vec![
        Step::Write(head),
        Step::Wait(Duration::from_millis(5)),
        Step::Reset,
    ])])
    .await;
    let error = failure(settings(5_000), &request(&server.url("/t"))).await;
    assert_eq!(error.kind(), &ErrorKind::ConnectionClosed);
}

#[tokio::test]
async fn time_runs_out_by_phase_and_within_bounds() {
    let limit = Duration::from_millis(150);
    let begun = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec();
    let drip = Step::Drip(answer_bytes("200 OK", &[], GOOD.as_bytes()), Duration::from_millis(10));
    let cases = [
        ("no answer", Turn::Answer(vec![Step::Hang]), TimeoutPhase::Headers),
        ("nobody reads", Turn::Ignore, TimeoutPhase::Headers),
        ("a dripping head", Turn::Answer(vec![drip]), TimeoutPhase::Headers),
        ("half a body", Turn::Answer(vec![Step::Write(begun), Step::Hang]), TimeoutPhase::Body),
    ];
    for (name, turn, phase) in cases {
        let server = ScriptedServer::start([turn]).await;
        let error = failure(settings(150), &request(&server.url("/t"))).await;
        assert_eq!(error.kind(), &ErrorKind::Timeout { phase, limit }, "{name}");
        assert!(error.elapsed >= limit && error.elapsed < limit * 20, "{name}: {:?}", error.elapsed);
    }
}

#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_a_time_out_of_its_own() {
    let server = ScriptedServer::start([Turn::Ignore]).await;
    let url = server.url("/t").replace("http://", "https://");
    let error = failure(settings(80), &request(&url)).await;
    let limit = Duration::from_millis(60);
    assert_eq!(error.kind(), &ErrorKind::Timeout { phase: TimeoutPhase::Handshake, limit });
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let free = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = failure(settings(5_000), &request(&format!("http://{free}/t"))).await;
    assert_eq!(error.kind(), &ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_is_named_so() {
    // Neither leaves the machine: no resolver asks for .invalid (RFC 6761), and the label is longer than DNS allows.
    for host in ["nonexistent.invalid".to_owned(), format!("{}.invalid", "a".repeat(70))] {
        let error = failure(settings(5_000), &request(&format!("https://{host}/t"))).await;
        assert_eq!(error.kind(), &ErrorKind::Dns, "{host}");
    }
}

#[tokio::test]
async fn an_echoed_secret_is_masked() {
    let basic = STANDARD.encode(format!("abc-123:{CANARY}"));
    let body = format!(r#"{{"error":"invalid_client","error_description":"{CANARY} {basic}\u001b[2J"}}"#);
    let cases = [
        answer("401 Unauthorized", &[JSON, &format!("X-Request-Id: {CANARY}")], body),
        answer("500 Oops", &["Content-Type: text/html"], format!("<title>{CANARY}</title>")),
        answer("302 Found", &[&format!("Location: /{CANARY}")], ""),
        answer("200 OK", &[JSON], format!(r#"{{"{CANARY}":1}}"#)),
    ];
    for turn in cases {
        let server = ScriptedServer::start([turn]).await;
        let error = failure(settings(5_000), &request(&server.url("/t"))).await;
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("***") && !shown.contains(&basic) && !shown.contains('\u{1b}'), "{shown}");
    }
}

#[tokio::test]
async fn a_document_is_fetched_without_credentials() {
    let server = ScriptedServer::start([answer("200 OK", &[JSON], r#"{"issuer":"x"}"#)]).await;
    let address = request(&server.url("/.well-known/openid-configuration")).endpoint;
    let document = client(0).document(&address).await.unwrap();
    assert_eq!(document["issuer"], "x");
    let (first, headers, body) = taken_apart(&server.requests()[0]);
    assert_eq!((first.as_str(), body.as_str()), ("GET /.well-known/openid-configuration HTTP/1.1", ""));
    assert!(!headers.iter().any(|header| header.starts_with("authorization")), "{headers:?}");
}
