//! Fuzz targets for everything that reads bytes of a server or a user. Each target checks laws.

use std::time::{Duration, SystemTime};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;
use zeroize::Zeroizing;

use super::masking::Mask;
use super::response::Response;
use super::{Endpoint, GrantedScopes, RetryPolicy, ScopeDrift, ScopeSet, Secret, Token, jwt};

/// The secret of the imaginary request. No failure may contain it.
pub const SECRET: &str = "canary-fuzzed-client-secret";

/// A response: its status, header lines, an empty line, the body. Without an empty line, a body with status 200.
///
/// # Panics
///
/// A law is broken.
pub fn token_response(data: &[u8]) {
    let (response, mask) = (response(data), Mask::hiding([&Secret::new(SECRET)]));
    let Ok(asked) = Url::parse("https://token.example/oauth/token") else { return };
    match response.token(&asked, &mask, now()) {
        Ok(token) => check_token(&token),
        Err(kind) => {
            let shown = format!("{kind}");
            assert!(!format!("{kind:?}").contains(SECRET), "a failure shows the secret");
            assert!(!shown.chars().any(char::is_control), "a failure shows control characters");
        }
    }
    for (name, value) in response.correlation_ids(&mask) {
        assert!(!value.contains(SECRET) && !value.chars().any(char::is_control), "{name} shows what it may not");
    }
    assert!(!response.challenges(&mask).concat().contains(SECRET), "a challenge shows the secret");
    let _ = (response.location(&asked, &mask), response.clock_skew_seconds(now()), response.media_type());
}

fn check_token(token: &Token) {
    let text = token.access_token.expose();
    assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()), "a token that no header can carry");
    assert!(token.token_type.eq_ignore_ascii_case("bearer"), "a token of another type");
    // The end of the year 9999: the last date that RFC 3339 can express.
    let latest = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    assert!(token.expires_at.is_none_or(|end| end < latest), "a token for ever");
    let granted = GrantedScopes::of(&ScopeSet::parse("a b"), token, jwt::decode(text).ok().as_ref());
    if let Some(scopes) = &granted.scopes {
        let drift = ScopeDrift::between(scopes, scopes);
        assert!(drift.missing.is_empty() && drift.extra.is_empty(), "a set that differs from itself");
    }
}

/// A JSON Web Token.
///
/// # Panics
///
/// A law is broken.
pub fn json_web_token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match jwt::decode(&text) {
        Ok(token) => {
            let latest = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
            for date in [token.expires_at(), token.issued_at()].into_iter().flatten() {
                assert!((SystemTime::UNIX_EPOCH..latest).contains(&date), "a date beyond the calendar");
            }
            let _ = (token.scope(), token.text("tenantId"), token.is_access_token_type());
        }
        Err(error) => assert!(error.to_string().len() < 300, "the error is too long"),
    }
}

/// The value of a `Retry-After` header.
///
/// # Panics
///
/// A law is broken.
pub fn retry_after(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let headers = HeaderMap::from_iter([(hyper::header::RETRY_AFTER, value)]);
    let response = Response { status: 429, headers, body: Zeroizing::default() };
    let asked = response.retry_after(now());
    let policy = RetryPolicy::default();
    for attempt in 1..=policy.max_retries {
        let wait = policy.wait_after(attempt, asked, 1.0);
        assert!(wait.is_some_and(|wait| wait <= policy.max_wait), "a wait beyond the longest");
    }
    assert_eq!(policy.wait_after(policy.max_retries + 1, asked, 1.0), None, "a wait after the last attempt");
}

/// Scopes in a response and in a configuration.
///
/// # Panics
///
/// A law is broken.
pub fn scopes(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let scopes = ScopeSet::parse(&text);
    assert_eq!(ScopeSet::parse(&scopes.to_wire()), scopes, "the wire form parses to other scopes");
    if let Ok(checked) = ScopeSet::try_from_tokens(text.split(' ').filter(|token| !token.is_empty())) {
        let wire = checked.to_wire();
        assert!(wire.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "a scope that the wire may not carry");
        assert_eq!(ScopeSet::parse(&wire), checked, "the checked scopes parse to others");
    }
}

/// A token endpoint's address.
///
/// # Panics
///
/// A law is broken.
pub fn endpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(endpoint) = Endpoint::try_parse(&text) {
        let url = endpoint.url();
        assert!(url.username().is_empty() && url.password().is_none(), "credentials in an address");
        assert!(url.scheme() == "https" || url.scheme() == "http", "another scheme");
        let shown = endpoint.redacted();
        assert!(!shown.contains(['?', '#']) && !shown.chars().any(char::is_control), "the shown address is unsafe");
        assert_eq!(Endpoint::try_parse(url.as_str()).ok().as_ref(), Some(&endpoint), "the second parse differs");
    }
}

/// A server's text with our secret at any place. No part of the secret may remain.
///
/// # Panics
///
/// A law is broken.
pub fn masking(data: &[u8]) {
    let (Some(first), text) = (data.first(), String::from_utf8_lossy(data)) else { return };
    let mask = Mask::hiding([&Secret::new(SECRET)]);
    let at =
        (0..=text.len()).cycle().skip(usize::from(*first)).find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let (before, after) = text.split_at(at);
    for cap in [1, 40, 300] {
        let shown = mask.clean(&format!("{before}{SECRET}{after}"), cap);
        assert!(!shown.contains(SECRET), "the masked text holds the secret");
        assert!(shown.chars().count() <= cap, "longer than the cap");
        assert!(!shown.chars().any(char::is_control), "a control character came through");
    }
}

fn response(data: &[u8]) -> Response {
    let (head, body) = match data.windows(2).position(|window| window == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (&b"200"[..], data),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| std::str::from_utf8(line).ok()?.trim().parse().ok()).unwrap_or(200);
    let headers = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
    });
    Response { status, headers: headers.collect(), body: body.to_vec().into() }
}

/// An arbitrary moment.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}
