//! Further evidence in a response: its sender and the accepted methods.

use std::time::{Duration, SystemTime};

use hyper::header::{ALLOW, CONTENT_ENCODING, HeaderName, SERVER, VIA, WWW_AUTHENTICATE};

use super::certificate::ServerCertificate;
use super::masking::Mask;
use super::response::Response;
use super::trust::TrustedPlace;

/// Marks of the sender of a response. Texts are masked, escaped and capped.
///
/// They reveal a gateway, a proxy or a login page that responds instead of the token service.
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
    /// `Allow`: the methods that the address accepts.
    pub allow: Option<String>,
    /// `Content-Type` without parameters.
    pub content_type: Option<String>,
    /// `Content-Encoding`, if it was not decoded.
    pub content_encoding: Option<String>,
    /// The wait that the server asks for.
    pub retry_after: Option<Duration>,
    /// The server's certificate if it was rejected. There is no response then, and no other field is set.
    pub certificate: Option<ServerCertificate>,
    /// The places in the environment variables for trusted certificates, if the server's certificate was rejected.
    pub trust: Vec<TrustedPlace>,
}

impl ResponseMarks {
    /// The marks of `response`, received at `now`.
    pub(crate) fn of(response: &Response, mask: &Mask, now: SystemTime) -> Self {
        let header = |name: HeaderName| {
            let value = String::from_utf8_lossy(response.headers.get(name)?.as_bytes()).into_owned();
            Some(mask.clean(&value, HEADER_CAP)).filter(|text| !text.is_empty())
        };
        Self {
            challenges: response.challenges(mask),
            realm: header(WWW_AUTHENTICATE).and_then(|challenge| realm(&challenge)),
            server: header(SERVER),
            via: header(VIA),
            allow: header(ALLOW),
            content_type: Some(mask.clean(&response.media_type(), HEADER_CAP))
                .filter(|media_type| !media_type.is_empty()),
            content_encoding: header(CONTENT_ENCODING),
            retry_after: response.retry_after(now),
            certificate: None,
            trust: Vec::new(),
        }
    }
}

/// The value of the first `realm` parameter, quoted or not.
fn realm(challenge: &str) -> Option<String> {
    // Only ASCII letters change their case, so that the position is valid in `challenge` as well.
    let start = challenge.to_ascii_lowercase().find("realm=")? + "realm=".len();
    let rest = &challenge[start..];
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([',', ' ']).next()?,
    };
    (!value.is_empty()).then(|| value.to_owned())
}

// A foreign server chooses these texts, and a message repeats them: a line and a half is enough to recognise a product.
const HEADER_CAP: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use hyper::header::{HeaderMap, HeaderValue};

    fn marks(headers: &[(&'static str, &str)], status: u16, body: &str) -> ResponseMarks {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let response =
            Response { status, headers: HeaderMap::from_iter(headers), body: body.as_bytes().to_vec().into() };
        ResponseMarks::of(&response, &Mask::hiding([&Secret::new("canary-client-secret")]), SystemTime::UNIX_EPOCH)
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
}
