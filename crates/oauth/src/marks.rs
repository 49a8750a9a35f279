//! What a response says beside its verdict: whose it is, what it allows, and the words of errors that are no OAuth errors.

use std::time::{Duration, SystemTime};

use reqwest::header::{ALLOW, CONTENT_ENCODING, HeaderName, SERVER, VIA, WWW_AUTHENTICATE};
use serde_json::Value;

use super::answer::Answer;
use super::certificate::ServerCertificate;
use super::masking::Mask;

/// Marks of whoever answered. Texts are masked, escaped and capped.
///
/// A gateway, a proxy or a login page that answers in place of the token service gives itself away by them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseMarks {
    /// The scheme names in `WWW-Authenticate`, such as `Basic`, in order.
    pub challenges: Vec<String>,
    /// The first realm in `WWW-Authenticate` (RFC 9110 section 11.5).
    pub realm: Option<String>,
    /// `Server`.
    pub server: Option<String>,
    /// `Via`: the proxies on the way back.
    pub via: Option<String>,
    /// `Allow`: the methods that the address takes.
    pub allow: Option<String>,
    /// `Content-Type` without parameters.
    pub content_type: Option<String>,
    /// `Content-Encoding`, where it is one that was not undone.
    pub content_encoding: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// The server's own words in an error that is no OAuth error.
    pub words: Option<String>,
    /// The server's certificate, where it was refused: then there is no response, and nothing else is set.
    pub certificate: Option<ServerCertificate>,
}

impl ResponseMarks {
    /// The marks of `answer`, which came at `now`.
    pub(crate) fn of(answer: &Answer, mask: &Mask, now: SystemTime) -> Self {
        let header = |name: HeaderName| {
            let value = String::from_utf8_lossy(answer.headers.get(name)?.as_bytes()).into_owned();
            Some(mask.clean(&value, HEADER_CAP)).filter(|text| !text.is_empty())
        };
        Self {
            challenges: answer.challenges(mask),
            realm: header(WWW_AUTHENTICATE).and_then(|challenge| realm(&challenge)),
            server: header(SERVER),
            via: header(VIA),
            allow: header(ALLOW),
            content_type: Some(answer.media_type()).filter(|media_type| !media_type.is_empty()),
            content_encoding: header(CONTENT_ENCODING),
            retry_after: answer.retry_after(now),
            words: words(answer, mask),
            certificate: None,
        }
    }
}

/// The value of the first `realm` parameter, quoted or not.
fn realm(challenge: &str) -> Option<String> {
    // ASCII alone changes its case, so that the place found is a place in `challenge`.
    let start = challenge.to_ascii_lowercase().find("realm=")? + "realm=".len();
    let rest = &challenge[start..];
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([',', ' ']).next()?,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

/// The sentence in a JSON error of another form than RFC 6749's: API gateways, problem details (RFC 9457) and the like.
fn words(answer: &Answer, mask: &Mask) -> Option<String> {
    if (200..400).contains(&answer.status) {
        return None;
    }
    let json: Value = serde_json::from_slice(&answer.body).ok()?;
    let found = sentence(&json, DEEPEST)?;
    Some(mask.clean(found, WORDS_CAP)).filter(|text| !text.is_empty())
}

fn sentence(json: &Value, depth: usize) -> Option<&str> {
    let depth = depth.checked_sub(1)?;
    match json {
        Value::Array(items) => sentence(items.first()?, depth),
        Value::Object(members) => {
            let direct = SENTENCES.iter().find_map(|name| members.get(*name)?.as_str().filter(|text| !text.is_empty()));
            let nested = || WRAPPERS.iter().find_map(|name| sentence(members.get(*name)?, depth));
            direct.or_else(nested)
        }
        _ => None,
    }
}

/// Members that hold a sentence, most telling first.
const SENTENCES: [&str; 13] = [
    "error_description",
    "errorDescription",
    "detail",
    "error_message",
    "errorMessage",
    "message",
    "Message",
    "faultstring",
    "description",
    "reason",
    "title",
    "errorSummary",
    "msg",
];
/// Members that hold an object or a list with one.
const WRAPPERS: [&str; 5] = ["error", "fault", "errors", "response", "status"];
const DEEPEST: usize = 4;
const HEADER_CAP: usize = 120;
const WORDS_CAP: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use reqwest::header::{HeaderMap, HeaderValue};

    fn marks(headers: &[(&'static str, &str)], status: u16, body: &str) -> ResponseMarks {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let answer = Answer { status, headers: HeaderMap::from_iter(headers), body: body.as_bytes().to_vec().into() };
        ResponseMarks::of(&answer, &Mask::hiding([&Secret::new("canary-client-secret")]), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn realms_are_read_quoted_and_bare() {
        let cases = [
            ("Basic realm=\"CXone EU, production\", charset=\"UTF-8\"", Some("CXone EU, production")),
            ("Bearer Realm=proxy, error=x", Some("proxy")),
            ("Basic realm=\"canary-client-secret\"", Some("***")),
            ("Negotiate", None),
            ("Basic realm=\"\"", None),
        ];
        for (challenge, expected) in cases {
            let found = marks(&[("www-authenticate", challenge)], 401, "");
            assert_eq!(found.realm.as_deref(), expected, "{challenge}");
        }
    }

    #[test]
    fn headers_are_taken_as_they_are_and_absent_ones_are_none() {
        let found = marks(&[("server", "AkamaiGHost"), ("allow", "GET, HEAD"), ("retry-after", "7")], 405, "");
        assert_eq!((found.server.as_deref(), found.allow.as_deref()), (Some("AkamaiGHost"), Some("GET, HEAD")));
        assert_eq!((found.retry_after, found.via), (Some(Duration::from_secs(7)), None));
    }

    #[test]
    fn words_are_found_in_errors_of_other_forms() {
        let cases = [
            (r#"{"fault":{"faultstring":"Invalid ApiKey"}}"#, Some("Invalid ApiKey")),
            (r#"{"message":"User is not authorized"}"#, Some("User is not authorized")),
            (r#"{"error_code":"E17","error_message":"Key is disabled"}"#, Some("Key is disabled")),
            (r#"{"title":"Forbidden","detail":"No such tenant"}"#, Some("No such tenant")),
            (r#"{"errors":[{"detail":"gone"}]}"#, Some("gone")),
            (r#"{"message":"it is canary-client-secret"}"#, Some("it is ***")),
            (r#"{"message":7}"#, None),
            ("[[[[[[[{\"message\":\"deep\"}]]]]]]]", None),
            ("no JSON", None),
        ];
        for (body, expected) in cases {
            assert_eq!(marks(&[], 403, body).words.as_deref(), expected, "{body}");
        }
        assert_eq!(marks(&[], 200, r#"{"message":"fine"}"#).words, None);
    }
}
