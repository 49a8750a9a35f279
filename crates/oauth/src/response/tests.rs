use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const SECRET: &str = "canary-client-secret-value";

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap()));
    Answer { status, headers: HeaderMap::from_iter(headers), body: body.to_vec().into() }
}

fn read(answer: &Answer) -> Result<Token, ErrorKind> {
    let asked = Url::parse("https://a.example/token").unwrap();
    read_token(answer, &asked, &Mask::hiding([&Secret::new(SECRET)]), now())
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn ok(body: &str) -> Result<Token, ErrorKind> {
    read(&answer(200, &[], body.as_bytes()))
}

/// A token response with `extra` members, which begin with a comma.
fn with(extra: &str) -> Token {
    ok(&format!(r#"{{"access_token":"canary.token"{extra}}}"#)).unwrap()
}

fn oauth(status: u16, error: &str, description: Option<&str>) -> ErrorKind {
    ErrorKind::OAuth { status, error: error.into(), description: description.map(Into::into), uri: None }
}

#[test]
fn a_full_answer_is_read() {
    let token = with(r#","token_type":"bearer","expires_in":3600,"scope":"b a","id_token":"i.d","refresh_token":"r""#);
    assert_eq!(token.access_token.expose(), "canary.token");
    assert_eq!(token.token_type, "bearer");
    assert_eq!(token.issued_at, now());
    assert_eq!(token.expires_at, Some(now() + Duration::from_secs(3600)));
    assert_eq!(token.scope, Some(ScopeSet::parse("a b")));
    assert_eq!(token.id_token, Some(Secret::new("i.d")));
}

#[test]
fn lifetimes_are_read_leniently() {
    let cases = [
        ("absent", "", None),
        ("integer", r#","expires_in":3599"#, Some(3599.0)),
        ("fraction", r#","expires_in":3600.5"#, Some(3600.5)),
        ("numeric text", r#","expires_in":" 599 ""#, Some(599.0)),
        ("camelCase", r#","expiresIn":60"#, Some(60.0)),
        ("zero", r#","expires_in":0"#, Some(0.0)),
        ("null", r#","expires_in":null"#, None),
        ("negative", r#","expires_in":-1"#, None),
        ("word", r#","expires_in":"soon""#, None),
        ("not a number", r#","expires_in":"NaN""#, None),
        ("infinite", r#","expires_in":"inf""#, Some(315_360_000.0)),
        ("absurd", r#","expires_in":1e300"#, Some(315_360_000.0)),
        ("beyond 64 bits", r#","expires_in":99999999999999999999999"#, Some(315_360_000.0)),
        ("beyond every float", r#","expires_in":1e400"#, Some(315_360_000.0)),
        ("beyond every float, negative", r#","expires_in":-1e400"#, None),
        ("too many digits beside it", r#","expires_in":60,"other":{"n":[1e999]}"#, Some(60.0)),
        ("boolean", r#","expires_in":true"#, None),
        ("list", r#","expires_in":[1]"#, None),
        ("the last of duplicates", r#","expires_in":1,"expires_in":2"#, Some(2.0)),
    ];
    for (name, extra, expected) in cases {
        assert_eq!(with(extra).lifetime().map(|life| life.as_secs_f64()), expected, "{name}");
    }
}

#[test]
fn scopes_are_read_leniently() {
    let cases = [
        ("absent", "", None),
        ("null", r#","scope":null"#, None),
        ("empty text", r#","scope":"""#, Some("")),
        ("text", r#","scope":"b  a\tb""#, Some("a b")),
        ("array", r#","scope":["b","a c"]"#, Some("a b c")),
        ("empty array", r#","scope":[]"#, Some("")),
        ("mixed array", r#","scope":["a",1]"#, None),
        ("number", r#","scope":7"#, None),
    ];
    for (name, extra, expected) in cases {
        assert_eq!(with(extra).scope.map(|scope| scope.to_wire()).as_deref(), expected, "{name}");
    }
}

#[test]
fn tokens_and_types_are_checked_without_being_quoted() {
    let cases = [
        ("no token", r#"{"token_type":"Bearer"}"#, "no access_token"),
        ("null token", r#"{"access_token":null}"#, "no access_token"),
        ("number", r#"{"access_token":7}"#, "access_token is not text"),
        ("number beyond all floats", r#"{"access_token":1e400}"#, "access_token is not text"),
        ("empty", r#"{"access_token":""}"#, "access_token is empty"),
        (
            "line break",
            r#"{"access_token":"a\r\nX: y"}"#,
            "access_token holds characters that a bearer token may not hold",
        ),
        ("space", r#"{"access_token":"a b"}"#, "access_token holds characters that a bearer token may not hold"),
        ("other type", r#"{"access_token":"a","token_type":"mac"}"#, "token_type is not bearer"),
        ("type of another type", r#"{"access_token":"a","token_type":1}"#, "token_type is not text"),
        ("array", "[]", "the JSON is not an object"),
        ("page", "<html>", "the body is not JSON"),
        ("nothing", "", "the body is empty"),
        ("cut off", r#"{"access_token":"a"#, "the body is not JSON"),
    ];
    for (name, body, expected) in cases {
        let Err(ErrorKind::NotATokenResponse { status: 200, reason, .. }) = ok(body) else { panic!("{name}") };
        assert_eq!(reason, expected, "{name}");
    }
}

#[test]
fn tolerated_spellings_give_a_token() {
    let cases: [(&str, &[u8]); 6] = [
        ("camelCase", br#"{"accessToken":"a","tokenType":"BEARER","idToken":"i"}"#),
        ("byte order mark", b"\xef\xbb\xbf{\"access_token\":\"a\"}"),
        ("Latin-1 elsewhere", b"{\"access_token\":\"a\",\"note\":\"caf\xe9\"}"),
        ("padding", br#"{"access_token":"YQ=="}"#),
        ("an empty error beside it", br#"{"access_token":"a","error":""}"#),
        ("a null error beside it", br#"{"access_token":"a","error":null}"#),
    ];
    for (name, body) in cases {
        assert!(read(&answer(200, &[], body)).is_ok(), "{name}");
    }
    assert!(read(&answer(201, &[], br#"{"access_token":"a"}"#)).is_ok());
}

#[test]
fn deep_nesting_hides_one_member_and_no_other() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in [100, 1_000, 100_000] {
        let token = with(&format!(r#","expires_in":60,"scope":{}"#, deep(depth)));
        assert_eq!((token.lifetime(), token.scope), (Some(Duration::from_secs(60)), None), "{depth}");
    }
    let nested = format!(r#"{{"access_token":{}}}"#, deep(100_000));
    let Err(ErrorKind::NotATokenResponse { reason, .. }) = ok(&nested) else { panic!("a token of brackets") };
    assert_eq!(reason, "no access_token");
}

#[test]
fn oauth_errors_are_found_in_every_spelling() {
    let cases = [
        ("RFC", 401, r#"{"error":"invalid_client"}"#, oauth(401, "invalid_client", None)),
        (
            "RFC with description",
            400,
            r#"{"error":"invalid_scope","error_description":"no such scope"}"#,
            oauth(400, "invalid_scope", Some("no such scope")),
        ),
        (
            "camelCase",
            400,
            r#"{"error":"invalid_grant","errorDescription":"bad key"}"#,
            oauth(400, "invalid_grant", Some("bad key")),
        ),
        (
            "nested",
            403,
            r#"{"error":{"code":"unauthorized_client","message":"not allowed"}}"#,
            oauth(403, "unauthorized_client", Some("not allowed")),
        ),
        ("inside HTTP 200", 200, r#"{"error":"invalid_client"}"#, oauth(200, "invalid_client", None)),
        ("with 503", 503, r#"{"error":"temporarily_unavailable"}"#, oauth(503, "temporarily_unavailable", None)),
        (
            "echoing the secret",
            401,
            r#"{"error":"invalid_client","error_description":"got canary-client-secret-value\u001b[2J"}"#,
            oauth(401, "invalid_client", Some("got ***\\u{1b}[2J")),
        ),
    ];
    for (name, status, body, expected) in cases {
        assert_eq!(read(&answer(status, &[], body.as_bytes())), Err(expected), "{name}");
    }
}

#[test]
fn error_uris_are_kept() {
    let body = br#"{"error":"x","error_uri":"https://a.example/help"}"#;
    let Err(ErrorKind::OAuth { uri, .. }) = read(&answer(400, &[], body)) else { panic!("no OAuth error") };
    assert_eq!(uri.as_deref(), Some("https://a.example/help"));
}

#[test]
fn statuses_without_an_oauth_error_are_named() {
    let plain = |status, shape| ErrorKind::Status { status, shape, challenges: vec![] };
    let object = |name: &str| AnswerShape::JsonObject(vec![name.into()]);
    let cases = [
        ("empty 403", 403, "", plain(403, AnswerShape::Empty)),
        ("gateway", 403, r#"{"message":"Forbidden"}"#, plain(403, object("message"))),
        ("numeric error", 404, r#"{"error":404}"#, plain(404, object("error"))),
        ("empty error", 400, r#"{"error":" "}"#, plain(400, object("error"))),
        ("page", 502, "<html><title>Bad Gateway</title>", plain(502, AnswerShape::Html(Some("Bad Gateway".into())))),
        ("a token with 500", 500, r#"{"access_token":"a"}"#, plain(500, object("access_token"))),
        ("below 200", 199, "", plain(199, AnswerShape::Empty)),
        ("proxy", 407, "", ErrorKind::Proxy(ProxyFailure::AuthenticationRequired)),
    ];
    for (name, status, body, expected) in cases {
        assert_eq!(read(&answer(status, &[], body.as_bytes())), Err(expected), "{name}");
    }
    let refused = answer(401, &[("www-authenticate", "Basic realm=x")], b"");
    let challenges = vec!["Basic".into()];
    assert_eq!(read(&refused), Err(ErrorKind::Status { status: 401, shape: AnswerShape::Empty, challenges }));
}

#[test]
fn redirects_are_named_even_with_a_token_inside() {
    let answer = answer(302, &[("location", "/login?next=token")], br#"{"access_token":"a"}"#);
    let location = Some("https://a.example/login".into());
    assert_eq!(read(&answer), Err(ErrorKind::Redirect { status: 302, location }));
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let body = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(matches!(ok(&body), Err(ErrorKind::NotATokenResponse { shape: AnswerShape::BrokenJson, .. })));
}

fn json_text() -> impl Strategy<Value = String> {
    let member = prop_oneof![
        Just("access_token"),
        Just("error"),
        Just("error_description"),
        Just("expires_in"),
        Just("scope"),
        Just("token_type"),
        Just("message"),
    ];
    let value = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        Just(format!("{SECRET:?}")),
        Just(format!(r#"{{"code":"x","message":"{SECRET}"}}"#)),
        Just("null".to_owned()),
        Just("[]".to_owned()),
    ];
    proptest::collection::vec((member, value), 0..6).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(status in 100_u16..1000, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&answer(status, &[], &body));
    }

    #[test]
    fn no_failure_ever_shows_the_secret(status in 100_u16..600, body in json_text()) {
        if let Err(kind) = read(&answer(status, &[], body.as_bytes())) {
            let shown = format!("{kind} {kind:?}");
            prop_assert!(!shown.contains(SECRET));
        }
    }
}
