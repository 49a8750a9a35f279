//! An HTTP answer as it came, and what its headers tell apart from the body.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use url::Url;
use zeroize::Zeroizing;

use super::endpoint::redacted;
use super::masking::Mask;

/// Status, headers and the whole body. No `Debug`: the body may hold a token.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// The media type without parameters, in lower case; empty when there is none.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Where a redirect points, relative ones resolved against `asked`, without query and user info.
    pub(crate) fn location(&self, asked: &Url, mask: &Mask) -> Option<String> {
        let target = asked.join(&self.header(LOCATION.as_str())?).ok()?;
        Some(mask.clean(&redacted(&target), LOCATION_CAP))
    }

    /// The scheme names in `WWW-Authenticate`, in order, each once (RFC 9110 section 11.6.1).
    pub(crate) fn challenges(&self, mask: &Mask) -> Vec<String> {
        let mut schemes: Vec<String> = Vec::new();
        for value in self.headers.get_all(WWW_AUTHENTICATE) {
            for scheme in challenge_schemes(&String::from_utf8_lossy(value.as_bytes())) {
                let scheme = mask.clean(scheme, SCHEME_CAP);
                if schemes.len() < SCHEMES && !schemes.iter().any(|known| known.eq_ignore_ascii_case(&scheme)) {
                    schemes.push(scheme);
                }
            }
        }
        schemes
    }

    /// How long the server asks to wait (RFC 9110 section 10.2.3): seconds or a date. A date counts from the
    /// answer's own `Date`, so that a wrong local clock does no harm. `None` for anything unreadable or negative.
    pub(crate) fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let value = self.header(RETRY_AFTER.as_str())?;
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let until = httpdate::parse_http_date(value).ok()?;
        Some(until.duration_since(self.date().unwrap_or(now)).unwrap_or(Duration::ZERO))
    }

    /// The local clock minus the answer's `Date`, in whole seconds.
    pub(crate) fn clock_skew_seconds(&self, now: SystemTime) -> Option<i64> {
        let date = self.date()?;
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        Some(match now.duration_since(date) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        })
    }

    /// Request and correlation ids to quote to whoever runs the server.
    pub(crate) fn correlation_ids(&self, mask: &Mask) -> Vec<(String, String)> {
        CORRELATION_HEADERS
            .iter()
            .filter_map(|name| {
                let value = mask.clean(&self.header(name)?, CORRELATION_CAP);
                (!value.is_empty()).then(|| ((*name).to_owned(), value))
            })
            .collect()
    }

    fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE.as_str())?.trim()).ok()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// Scheme names in one header line: what stands before a space, comma or the end, is a token, and is not a
/// parameter (`name=value`). Quoted strings may hold commas.
fn challenge_schemes(line: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = line.split(move |character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    parts
        .filter_map(|part| part.split_whitespace().next())
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)))
        .collect()
}

const CORRELATION_HEADERS: [&str; 16] = [
    "x-request-id",
    "x-correlation-id",
    "request-id",
    "correlation-id",
    "x-trace-id",
    "traceparent",
    "x-b3-traceid",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-amz-apigw-id",
    "x-amz-cf-id",
    "x-ms-request-id",
    "x-azure-ref",
    "cf-ray",
    "x-cloud-trace-context",
    "icstatusdescription",
];
const CORRELATION_CAP: usize = 128;
const LOCATION_CAP: usize = 300;
const SCHEME_CAP: usize = 40;
const SCHEMES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use reqwest::header::{HeaderName, HeaderValue};

    fn answer(headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        Answer { status: 401, headers: map, body: Zeroizing::default() }
    }

    fn nothing_hidden() -> Mask {
        Mask::hiding([])
    }

    #[test]
    fn challenges_are_named_once_each() {
        let cases: [(&str, &[&str], &[&str]); 6] = [
            ("none", &[], &[]),
            ("one", &["Basic realm=\"a, b\""], &["Basic"]),
            ("parameters after commas", &["Bearer error=\"x\", error_description=\"y\""], &["Bearer"]),
            ("several in a line", &["Basic realm=\"x\", Bearer, Negotiate abc="], &["Basic", "Bearer", "Negotiate"]),
            ("several lines, any case", &["basic realm=x", "BASIC realm=y", "Bearer"], &["basic", "Bearer"]),
            ("nonsense", &["=, \"", ",,,"], &[]),
        ];
        for (name, values, expected) in cases {
            let headers: Vec<_> = values.iter().map(|value| ("www-authenticate", *value)).collect();
            assert_eq!(answer(&headers).challenges(&nothing_hidden()), expected, "{name}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let cases = [
            ("seconds", "120", Some(120)),
            ("with spaces", " 7 ", Some(7)),
            ("zero", "0", Some(0)),
            ("more than fits", "99999999999999999999999", Some(u64::MAX)),
            ("negative", "-5", None),
            ("fraction", "1.5", None),
            ("date", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("date in the old style", "Sunday, 06-Nov-94 08:50:07 GMT", Some(30)),
            ("date in the past", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("nonsense", "soon", None),
            ("empty", "", None),
        ];
        for (name, value, seconds) in cases {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(answer(&[("retry-after", value)]).retry_after(now), expected, "{name}");
        }
        assert_eq!(answer(&[]).retry_after(now), None);
    }

    #[test]
    fn a_retry_date_counts_from_the_servers_own_date() {
        let headers = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")];
        let long_after = httpdate::parse_http_date("Sun, 06 Nov 2005 08:49:37 GMT").unwrap();
        assert_eq!(answer(&headers).retry_after(long_after), Some(Duration::from_secs(10)));
    }

    #[test]
    fn clock_skew_has_a_sign() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let server = httpdate::parse_http_date(date).unwrap();
        let answer = answer(&[("date", date)]);
        assert_eq!(answer.clock_skew_seconds(server + Duration::from_secs(90)), Some(90));
        assert_eq!(answer.clock_skew_seconds(server - Duration::from_secs(90)), Some(-90));
    }

    #[test]
    fn correlation_ids_are_cleaned() {
        let mask = Mask::hiding([&Secret::new("canary-client-secret")]);
        let long = "x".repeat(500);
        let headers = [
            ("x-request-id", "id-1"),
            ("cf-ray", "canary-client-secret"),
            ("traceparent", long.as_str()),
            ("x-amz-cf-id", ""),
            ("set-cookie", "session"),
        ];
        let ids = answer(&headers).correlation_ids(&mask);
        assert_eq!(ids[0], ("x-request-id".into(), "id-1".into()));
        assert_eq!((ids[1].0.as_str(), ids[1].1.chars().count()), ("traceparent", 128));
        assert_eq!(ids[2], ("cf-ray".into(), "***".into()));
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn locations_lose_query_and_user_info() {
        let asked = Url::parse("https://a.example/oauth/token").unwrap();
        let cases = [
            ("absolute", "http://u:p@b.example:8080/login?next=x#y", Some("http://b.example:8080/login")),
            ("relative", "../login?x", Some("https://a.example/login")),
            ("unusable", "http://", None),
        ];
        for (name, location, expected) in cases {
            let found = answer(&[("location", location)]).location(&asked, &nothing_hidden());
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }
}
