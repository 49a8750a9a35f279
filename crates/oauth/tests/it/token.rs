//! One exchange over a real socket: the exact request, and every kind of response.

use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use oauth::{
    BodyShape, ClientAuthentication, Clock, Discovery, Error, ErrorKind, Grant, GrantedScopes, Issuer, ScopeSet,
    ScopeSource, Secret, StatedScopes, TimeoutPhase, Token, TokenRequest, UnreadableScopes, jwt,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::exchange::{CANARY, client, failure, request, settings};
use testkit::json_web_token;
use testkit::scripted_server::{Reply, ScriptedServer, Step, answer, answer_bytes, token};

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
    let post = |url: &str| TokenRequest { authentication: ClientAuthentication::Post, ..request(url) };
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

fn raw(bytes: impl Into<Vec<u8>>) -> Reply {
    Reply::Answer(vec![Step::Write(bytes.into()), Step::Close])
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
            Reply::Answer(vec![Step::Drip(answer_bytes("200 OK", &[], GOOD.as_bytes()), Duration::from_micros(10))]),
        ),
        ("a folded line", raw(format!("HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\n\tthree\r\n\r\n{GOOD}"))),
        (
            "a control character in a cookie",
            raw(format!("HTTP/1.1 200 OK\r\nSet-Cookie: a=\x01b\x7f; Path=/\r\n\r\n{GOOD}")),
        ),
        ("a header without a colon", raw(format!("HTTP/1.1 200 OK\r\nnonsense\r\nX-Good: 1\r\n\r\n{GOOD}"))),
        ("a space in a name", raw(format!("HTTP/1.1 200 OK\r\nX Bad: 1\r\nDate : x\r\n\r\n{GOOD}"))),
        ("called HTML", answer("200 OK", &["Content-Type: text/html"], GOOD)),
    ];
    for (name, turn) in cases {
        let server = ScriptedServer::start([turn]).await;
        let token = client(0).token(&request(&server.url("/t")), Duration::ZERO).await;
        assert_eq!(token.map(|token| token.access_token.expose().to_owned()), Ok("canary.token".into()), "{name}");
    }
}

/// How a body is framed.
fn framed(body: &[u8], framing: u8, sizes: &[usize]) -> Vec<u8> {
    let pieces = |body: &[u8]| {
        let (mut pieces, mut rest) = (Vec::new(), body.to_vec());
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                return pieces;
            }
            let tail = rest.split_off((*size).min(rest.len()));
            pieces.push(std::mem::replace(&mut rest, tail));
        }
        pieces
    };
    match framing {
        0 => [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat(),
        1 => [b"Connection: close\r\n\r\n", body].concat(),
        _ => {
            let chunk = |piece: Vec<u8>| [format!("{:X};x=1\r\n", piece.len()).as_bytes(), &*piece, b"\r\n"].concat();
            let chunks = pieces(body).into_iter().flat_map(chunk);
            [b"Transfer-Encoding: chunked\r\n\r\n".to_vec(), chunks.collect(), b"0\r\nX-Last: 1\r\n\r\n".to_vec()]
                .concat()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_token_is_read_out_of_any_framing(
        framing in 0..3_u8,
        is_packed in any::<bool>(),
        odd in proptest::sample::subsequence(ODD_LINES.to_vec(), 0..ODD_LINES.len()),
        sizes in proptest::collection::vec(1..40_usize, 1..6),
        pad in 0..60_usize,
    ) {
        let body = format!("{}{GOOD}{}", " ".repeat(pad), "\n".repeat(pad));
        let (body, encoding) = match is_packed {
            true => (gzip(body.as_bytes()), "Content-Encoding: GZIP\r\n"),
            false => (body.into_bytes(), ""),
        };
        let head = format!("HTTP/1.1 200 OK\r\n{encoding}{}", odd.concat());
        let whole = [head.as_bytes(), &framed(&body, framing, &sizes)].concat();
        let steps = whole.chunks(sizes[0] * 7).map(|piece| Step::Write(piece.to_vec())).chain([Step::Close]).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let token = runtime.block_on(async {
            let server = ScriptedServer::start([Reply::Answer(steps)]).await;
            client(0).token(&request(&server.url("/t")), Duration::ZERO).await
        });
        let shown = String::from_utf8_lossy(&whole).into_owned();
        prop_assert_eq!(token.map(|token| token.access_token.expose().to_owned()), Ok("canary.token".into()), "{}", shown);
    }
}

const ODD_LINES: [&str; 6] = [
    "Set-Cookie: a=\x01b; Path=/\r\n",
    "X-Folded: one\r\n  two\r\n",
    "nonsense\r\n",
    "Date : yesterday\r\n",
    "Server: \u{fc}\r\n",
    "Content-Type: text/html; charset=latin-9\r\n",
];

/// The token of a response with this body.
async fn token_of(body: impl AsRef<[u8]>) -> Result<Arc<Token>, Error> {
    let server = ScriptedServer::start([answer("200 OK", &[JSON], body)]).await;
    client(0).token(&request(&server.url("/t")), Duration::ZERO).await
}

#[tokio::test]
async fn a_token_of_whatever_characters_a_header_carries_is_handed_out() {
    let tokens =
        ["00D000000000001!AQ8AQFictive.Token_0123", "a%2Fb|c", "id:{x}", "'quoted'", "YQ==", "~`!@#$^&*()[]<>?;,"];
    for text in tokens {
        let token = token_of(json!({"access_token": text, "token_type": "Bearer"}).to_string()).await;
        assert_eq!(token.map(|token| token.access_token.expose().to_owned()), Ok(text.to_owned()));
    }
    for text in ["canary a", "canary\ta", "canary\u{0}", "canary\u{7f}", "canary\u{e9}", "canary\r\nX: y", " canary"] {
        let error = token_of(json!({"access_token": text}).to_string()).await.unwrap_err();
        let ErrorKind::NotATokenResponse { reason, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!(reason, "access_token contains characters that a bearer token must not contain", "{text:?}");
    }
}

#[tokio::test]
async fn every_spelling_of_bearer_is_one_and_every_other_type_is_quoted() {
    let cases = [
        ("Bearer", Ok("Bearer")),
        ("bearer", Ok("bearer")),
        ("BEARER", Ok("BEARER")),
        ("BearerToken", Ok("Bearer")),
        ("bearer_token", Ok("Bearer")),
        ("Bearer Token", Ok("Bearer")),
        ("Bearer ", Ok("Bearer")),
        (" bearer\n", Ok("Bearer")),
        ("", Ok("Bearer")),
        ("mac", Err("token_type is not bearer but \"mac\"")),
        ("DPoP", Err("token_type is not bearer but \"DPoP\"")),
        ("N_A", Err("token_type is not bearer but \"N_A\"")),
        ("bearers", Err("token_type is not bearer but \"bearers\"")),
        (CANARY, Err("token_type is not bearer but \"***\"")),
    ];
    for (kind, expected) in cases {
        let found = match token_of(json!({"access_token": "canary.token", "token_type": kind}).to_string()).await {
            Ok(token) => Ok(token.token_type.clone()),
            Err(error) => match error.kind() {
                ErrorKind::NotATokenResponse { reason, .. } => Err(reason.clone()),
                other => panic!("{kind:?}: {other:?}"),
            },
        };
        assert_eq!(found.as_deref().map_err(|reason| reason.as_str()), expected, "{kind:?}");
    }
}

/// What was granted to a request for `requested`, by a response with these members.
async fn granted(requested: &str, members: Value) -> GrantedScopes {
    let mut body = json!({"access_token": "canary.token"});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let token = token_of(body.to_string()).await.unwrap();
    let jwt = jwt::decode(token.access_token.expose()).ok();
    GrantedScopes::of(&ScopeSet::parse(requested), &token, jwt.as_ref())
}

#[tokio::test]
async fn scopes_with_commas_between_are_no_drift() {
    for scope in
        [json!("cxone:api,cxone:reports"), json!("cxone:reports, cxone:api"), json!(["cxone:api,cxone:reports"])]
    {
        let granted = granted("cxone:api cxone:reports", json!({"scope": scope})).await;
        let scopes = granted.scopes.unwrap();
        assert_eq!(scopes.to_wire(), "cxone:api cxone:reports", "{scope}");
    }
    let claims = json_web_token(&json!({}), &json!({"scp": "cxone:api,cxone:reports"}));
    let in_token = granted("cxone:api cxone:reports", json!({"access_token": claims})).await;
    assert_eq!(in_token.scopes.unwrap().to_wire(), "cxone:api cxone:reports");
    let one = granted("a,b", json!({"scope": "a,b"})).await;
    assert_eq!(one.scopes.unwrap().to_wire(), "a,b", "a comma that was declared");
}

#[tokio::test]
async fn a_scope_that_cannot_be_read_is_not_as_requested() {
    let unreadable = [json!(["other", null]), json!(7), json!({"a": true}), json!(true), json!([["a"]])];
    for scope in unreadable {
        let granted = granted("cxone:api", json!({"scope": scope})).await;
        assert_eq!((granted.source, granted.scopes), (ScopeSource::Unknown, None), "{scope}");
        assert_eq!(granted.unreadable, Some(UnreadableScopes::Response), "{scope}");
    }
    for absent in [json!({}), json!({"scope": null})] {
        assert_eq!(granted("cxone:api", absent).await.source, ScopeSource::Requested);
    }
    let deep = format!(r#"{{"access_token":"a","scope":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    assert_eq!(token_of(deep).await.unwrap().scope, StatedScopes::Unreadable);
}

#[tokio::test]
async fn the_end_of_a_token_is_expires_in_else_the_claim() {
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let with_claims = |claims: &str| {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.no base64url", part("{}"), part(claims)).replace(' ', "!")
    };
    let ends = with_claims(r#"{"exp":4102444800}"#);
    let nested = format!(r#"{{"exp":4102444800,"deep":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let cases = [
        ("the claim", ends.clone(), json!({}), at(4_102_444_800)),
        ("expires_in is null", ends.clone(), json!({"expires_in": null}), at(4_102_444_800)),
        ("expires_in says nothing", ends.clone(), json!({"expires_in": "soon"}), at(4_102_444_800)),
        ("a claim in text", with_claims(r#"{"exp":"4102444800"}"#), json!({}), at(4_102_444_800)),
        ("beside a number too large", with_claims(r#"{"exp":4102444800,"odd":1e400}"#), json!({}), at(4_102_444_800)),
        ("beside half a pair", with_claims(r#"{"odd":"\ud800","exp":4102444800}"#), json!({}), at(4_102_444_800)),
        ("beside deep nesting", with_claims(&nested), json!({}), at(4_102_444_800)),
        ("in the past", with_claims(r#"{"exp":60}"#), json!({}), at(60)),
        ("no claim", with_claims("{}"), json!({}), None),
        ("milliseconds", with_claims(r#"{"exp":4102444800000}"#), json!({}), None),
        ("opaque", "canary.token".to_owned(), json!({}), None),
    ];
    for (name, access_token, mut body, expected) in cases {
        body["access_token"] = access_token.into();
        assert_eq!(token_of(body.to_string()).await.unwrap().expires_at, expected, "{name}");
    }
    for (expires_in, expected) in
        [(json!(60), 60), (json!(0), 0), (json!(-1), 0), (json!("-60"), 0), (json!(-1e300), 0)]
    {
        let body = json!({"access_token": ends, "expires_in": expires_in});
        let token = token_of(body.to_string()).await.unwrap();
        assert_eq!(token.lifetime(), Some(Duration::from_secs(expected)), "{expires_in} beside a claim");
    }
}

#[tokio::test]
async fn an_hour_is_an_hour_when_it_is_fresh_and_asked_for_again_when_it_is_not() {
    let server = ScriptedServer::start([token("first", 3600), token("second", 3600), token("third", 60)]).await;
    let (client, request) = (client(0), request(&server.url("/t")));
    let hour = Duration::from_secs(3600);
    for expected in ["first", "second"] {
        let asked_at = Clock::System.now();
        let token = client.token(&request, hour).await.unwrap();
        assert_eq!(token.access_token.expose(), expected);
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert_eq!(token.life_for(asked_at, Clock::System.now()), Some(hour));
        let later = client.token(&request, Duration::from_secs(3590)).await.unwrap();
        assert_eq!(later.access_token.expose(), expected);
        assert_eq!(later.life_for(Clock::System.now(), Clock::System.now()), Some(Duration::from_secs(3599)));
    }
}

#[tokio::test]
async fn answers_that_are_no_token_are_named() {
    let not_a_token =
        |shape, reason: &str| ErrorKind::NotATokenResponse { status: 200, shape, reason: reason.into(), message: None };
    let page = "<html><title>Sign in</title></html>";
    let big = "x".repeat(1024 * 1024 + 1);
    let limit = ErrorKind::ResponseTooLarge { limit: 1024 * 1024 };
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        (
            "page",
            answer("200 OK", &["Content-Type: text/html"], page),
            not_a_token(BodyShape::Html(Some("Sign in".into())), "the body is not JSON"),
        ),
        ("empty", answer("200 OK", &[], ""), not_a_token(BodyShape::Empty, "the body is empty")),
        (
            "204",
            raw("HTTP/1.1 204 No Content\r\n\r\n"),
            ErrorKind::NotATokenResponse {
                status: 204,
                shape: BodyShape::Empty,
                reason: "the body is empty".into(),
                message: None,
            },
        ),
        (
            "line break in the token",
            answer("200 OK", &[JSON], r#"{"access_token":"a\r\nb"}"#),
            not_a_token(
                BodyShape::JsonObject(vec!["access_token".into()]),
                "access_token contains characters that a bearer token must not contain",
            ),
        ),
        ("declared too large", raw("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n"), limit.clone()),
        ("grown too large", raw(format!("{chunked}{:x}\r\n{big}\r\n0\r\n\r\n", big.len())), limit.clone()),
        ("gzip bomb", answer("200 OK", &["Content-Encoding: gzip"], gzip(&vec![b' '; 50 << 20])), limit),
        (
            "broken gzip",
            answer("200 OK", &["Content-Encoding: gzip"], "not gzip at all, but long enough"),
            ErrorKind::Undecodable { encoding: "gzip", is_cut_off: false },
        ),
        (
            "cut-off gzip",
            answer("200 OK", &["Content-Encoding: gzip"], &gzip(GOOD.as_bytes())[..30]),
            ErrorKind::Undecodable { encoding: "gzip", is_cut_off: true },
        ),
        (
            "another encoding",
            answer("200 OK", &["Content-Encoding: BR", JSON], b"\x8b\x0e\x80{\xff\x03"),
            not_a_token(BodyShape::BrokenJson, "the body has the content encoding \"br\", which was not asked for"),
        ),
        (
            "form-encoded",
            answer("200 OK", &[JSON], "access_token=canary.token&token_type=bearer"),
            not_a_token(BodyShape::Form, "the body is form-encoded, not JSON"),
        ),
        (
            "headers without end",
            raw(format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n{GOOD}", "x".repeat(3_000_000))),
            ErrorKind::HeadersTooLarge { limit: 417_792, lines: 100 },
        ),
        (
            "too many headers",
            raw(format!("HTTP/1.1 200 OK\r\n{}\r\n{GOOD}", "X-Many: 1\r\n".repeat(101))),
            ErrorKind::HeadersTooLarge { limit: 417_792, lines: 100 },
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
        ("reset without a word", Reply::Answer(vec![Step::Reset]), ErrorKind::ConnectionClosed),
        ("closed before the request", Reply::CloseAtOnce, ErrorKind::ConnectionClosed),
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
    let server = ScriptedServer::start([Reply::Answer(vec![
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
        ("no answer", Reply::Answer(vec![Step::Hang]), TimeoutPhase::Headers),
        ("nobody reads", Reply::Ignore, TimeoutPhase::Headers),
        ("a dripping head", Reply::Answer(vec![drip]), TimeoutPhase::Headers),
        ("half a body", Reply::Answer(vec![Step::Write(begun), Step::Hang]), TimeoutPhase::Body),
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
    let server = ScriptedServer::start([Reply::Ignore]).await;
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
    // Neither name leaves the machine: resolvers do not ask for .invalid (RFC 6761), and the label is too long for DNS.
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

/// What each kind of echo makes of a text with the secret in it.
fn echoes(sent: &str) -> Vec<(String, String)> {
    let mut echoes = vec![
        ("in clear".to_owned(), sent.to_owned()),
        ("upper case".to_owned(), sent.to_uppercase()),
        ("decimal".to_owned(), sent.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        ("hexadecimal".to_owned(), sent.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()),
        ("decimal, open".to_owned(), sent.chars().map(|c| format!("&#{:05}", u32::from(c))).collect()),
        ("percent".to_owned(), sent.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ];
    for before in 0..3 {
        let text = format!("{}{sent}.", "x".repeat(before));
        for (alphabet, name) in [(STANDARD, "base64"), (URL_SAFE, "base64url"), (URL_SAFE_NO_PAD, "base64url, bare")] {
            echoes.push((format!("{name} at {before}"), alphabet.encode(&text)));
            echoes.push((format!("{name} at {before}, upper case"), alphabet.encode(&text).to_uppercase()));
        }
    }
    echoes
}

/// Whether eight characters in a row of what `echo` made of the secret are left in `shown`.
fn shows(shown: &str, echo: &str) -> bool {
    let echo: Vec<char> = echo.chars().collect();
    echo.windows(8).any(|run| shown.contains(&String::from_iter(run)))
}

#[tokio::test]
async fn a_secret_is_masked_in_every_form_that_an_echo_gives_it() {
    let secret = "canary~~secret??>>4711";
    let asked = |url: &str| TokenRequest {
        client_secret: Secret::new(secret),
        authentication: ClientAuthentication::Post,
        ..request(url)
    };
    for (name, echo) in echoes(secret) {
        let body = json!({"error": "invalid_client", "error_description": format!("got {echo} instead")}).to_string();
        let page = format!("<html><title>{echo}</title>");
        for turn in [answer("401 Unauthorized", &[JSON], body), answer("502 Bad", &["Content-Type: text/html"], page)] {
            let server = ScriptedServer::start([turn]).await;
            let error = client(0).token(&asked(&server.url("/t")), Duration::ZERO).await.unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("***") && !shows(&shown, &echo), "{name}: {shown}");
        }
        let granted = json!({"access_token": "canary.token", "scope": format!("cxone:api {echo} other")});
        let server = ScriptedServer::start([answer("200 OK", &[JSON], granted.to_string())]).await;
        let stated = client(0).token(&asked(&server.url("/t")), Duration::ZERO).await.unwrap();
        let StatedScopes::Scopes(scopes) = &stated.scope else { panic!("{name}: {:?}", stated.scope) };
        assert!(scopes.contains("cxone:api") && scopes.contains("other"), "{name}: {scopes:?}");
        let wire = scopes.to_wire();
        assert!(wire.contains("***") && !shows(&wire, &echo), "{name}: {wire}");
        let claims = json_web_token(&json!({}), &json!({"scope": format!("cxone:api {echo} other")}));
        let server = ScriptedServer::start([token(&claims, 60)]).await;
        let claimed = client(0).token(&asked(&server.url("/t")), Duration::ZERO).await.unwrap();
        assert_eq!(claimed.claimed_scopes, StatedScopes::Scopes(scopes.clone()), "{name}: in a claim");
    }
}

#[tokio::test]
async fn an_echo_of_the_whole_request_shows_no_secret() {
    let bodies = [
        (ClientAuthentication::Post, format!("grant_type=client_credentials&client_id=abc-123&client_secret={CANARY}")),
        (
            ClientAuthentication::BasicRaw,
            format!("POST /t HTTP/1.1\r\nauthorization: Basic {}\r\n", STANDARD.encode(format!("abc-123:{CANARY}"))),
        ),
    ];
    for (authentication, sent) in bodies {
        let secret = sent.rsplit_once(['=', ' ']).unwrap().1.trim_end().trim_end_matches('=');
        for (name, echo) in echoes(&sent) {
            let body =
                json!({"error": "invalid_request", "error_description": &echo[echo.len().saturating_sub(250)..]});
            let server = ScriptedServer::start([answer("400 Bad", &[JSON], body.to_string())]).await;
            let asked = TokenRequest { authentication, ..request(&server.url("/t")) };
            let error = client(0).token(&asked, Duration::ZERO).await.unwrap_err();
            let shown = format!("{error:?}");
            assert!(shown.contains("***") && !shown.contains(secret), "{name}: {shown}");
        }
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

#[tokio::test]
async fn a_passing_failure_of_discovery_is_shared_and_not_kept() {
    let server = ScriptedServer::start([]).await;
    let issuer = server.url("");
    let document = json!({"issuer": issuer, "token_endpoint": server.url("/t")}).to_string();
    let replies = [
        answer("503 Busy", &[], "").held(),
        Reply::CloseAtOnce,
        answer("200 OK", &[JSON], document),
        answer("500 Not Asked", &[], ""),
    ];
    replies.into_iter().for_each(|reply| server.push(reply));
    let discovery = Discovery::new(Issuer::try_parse(&issuer).unwrap());
    let client = client(0);
    let ask = || async { discovery.metadata(&client).await.map(|metadata| metadata.token_endpoint.clone()) };
    let (one, other, ()) = tokio::join!(ask(), ask(), async {
        server.wait_for_requests(1).await;
        server.release();
    });
    assert!(one.is_err());
    assert_eq!((one, server.requests().len()), (other, 1));
    assert!(ask().await.is_err());
    for _ in 0..2 {
        assert_eq!(ask().await.unwrap().url().path(), "/t");
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn words_of_errors_that_are_none_of_oauths_are_found() {
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(1000));
    let cut = format!("{}\u{2026}", "x".repeat(299));
    let cases = [
        (
            r#"{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}"#,
            "Invalid ApiKey",
        ),
        (r#"{"message":"User is not authorized"}"#, "User is not authorized"),
        (r#"{"Message":"No","requestId":"r"}"#, "No"),
        (r#"{"error_code":"E17","error_message":"Key is locked"}"#, "E17: Key is locked"),
        (r#"{"errorCode":17,"errorMessage":"Key is locked"}"#, "17: Key is locked"),
        (r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"Key expired"}"#, "Forbidden: Key expired"),
        (r#"{"title":"Forbidden"}"#, "Forbidden"),
        (r#"{"errors":[{"detail":"first"},{"code":"E2","title":"second"}]}"#, "first; E2: second"),
        (r#"{"errors":["one","two"]}"#, "one; two"),
        (r#"[{"message":"in a list"}]"#, "in a list"),
        (r#"{"error":{"message":"deep"}}"#, "deep"),
        (r#"{"errors":{"name":[],"detail":["deeper"]}}"#, "deeper"),
        (r#""a text alone""#, "a text alone"),
        ("error_message=no+such+key&error_code=E17", "E17: no such key"),
        (&long, &cut),
        ("no healthy upstream\n", "no healthy upstream"),
        ("RBAC:\r\n access denied", "RBAC: access denied"),
        ("<Error><Code>InvalidClient</Code><Message>Unknown client</Message></Error>", "InvalidClient: Unknown client"),
        (
            "<?xml version=\"1.0\"?>\n<e:Fault xmlns:e=\"x\"><faultcode/><e:faultstring lang=\"en\">\n No such key</e:faultstring></e:Fault>",
            "No such key",
        ),
    ];
    for (body, expected) in cases {
        let server = ScriptedServer::start([answer("403 Forbidden", &[], body)]).await;
        let error = failure(settings(5_000), &request(&server.url("/t"))).await;
        let ErrorKind::Status { status: 403, message, .. } = error.kind() else { panic!("{body}: {error:?}") };
        assert_eq!(message.as_deref(), Some(expected), "{body}");
        if body.starts_with('{') && !body.contains("xxx") {
            let error = token_of(body).await.unwrap_err();
            let ErrorKind::NotATokenResponse { message, .. } = error.kind() else { panic!("{body}: {error:?}") };
            assert_eq!(message.as_deref(), Some(expected), "{body} with a good status");
        }
    }
    // A token in an unexpected place is not shown as the server's words.
    let odd = json!({"message": format!("your token: {}", "canary-".repeat(9)), "code": "canary".repeat(9)});
    let error = token_of(odd.to_string()).await.unwrap_err();
    let ErrorKind::NotATokenResponse { message, reason, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!((message.as_deref(), reason.as_str()), (Some("*** your token: ***"), "no access_token"));
    for silent in ["{}", "[]", "7", r#"{"message":""}"#, r#"{"message":null,"errors":[]}"#, "<x>1</x>", "\0text"] {
        let server = ScriptedServer::start([answer("403 Forbidden", &[], silent)]).await;
        let error = failure(settings(5_000), &request(&server.url("/t"))).await;
        assert!(matches!(error.kind(), ErrorKind::Status { message: None, .. }), "{silent}: {error:?}");
    }
    let echo = format!(r#"{{"fault":{{"faultstring":"bad {CANARY}\u001b[2J"}}}}"#);
    let server = ScriptedServer::start([answer("401 Unauthorized", &[], echo)]).await;
    let error = failure(settings(5_000), &request(&server.url("/t"))).await;
    let ErrorKind::Status { message: Some(message), .. } = error.kind() else { panic!("{error:?}") };
    assert!(message.starts_with("bad ") && message.contains("***") && !message.contains('\u{1b}'), "{message}");
}

#[tokio::test]
async fn a_form_encoded_error_is_an_oauth_error() {
    let body = "error=invalid_client&error_description=who+are+you%3F&error_uri=https%3A%2F%2Fa.example%2F";
    for status in ["200 OK", "400 Bad Request"] {
        let server =
            ScriptedServer::start([answer(status, &["Content-Type: application/x-www-form-urlencoded"], body)]).await;
        let error = failure(settings(5_000), &request(&server.url("/t"))).await;
        let ErrorKind::OAuth { error: code, description, uri, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!((code.as_str(), description.as_deref()), ("invalid_client", Some("who are you?")));
        assert_eq!(uri.as_deref(), Some("https://a.example/"));
    }
}
