//! JSON Web Tokens, read without verifying the signature (RFC 7519, RFC 7515).
//!
//! An access token is opaque to its client (RFC 9068 section 6). The claims serve reports and hints only, and never
//! permit anything.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::{StatedScopes, json};

/// The two readable parts of a token. Its signature is not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwt {
    /// The JOSE header, such as `{"alg": "RS256", "typ": "JWT"}`.
    pub header: Map<String, Value>,
    /// The claims set.
    pub claims: Map<String, Value>,
}

/// Decodes a compact JWS. Ignores white space around the token, and accepts base64 padding. The signature is neither
/// verified nor decoded.
///
/// # Errors
///
/// The first fault, without any part of the token.
pub fn decode(token: &str) -> Result<Jwt, JwtError> {
    let token = token.trim_ascii();
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwtError::TooLong { limit: MAX_TOKEN_BYTES });
    }
    let (header, claims) = split(token)?;
    Ok(Jwt { header: object(Segment::Header, header)?, claims: object(Segment::Claims, claims)? })
}

impl Jwt {
    /// The expiry (`exp`); `None` if absent, not a date, or outside the years 1970 to 9999.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.date("exp")
    }

    /// When the token was issued (`iat`); `None` as in [`Jwt::expires_at`].
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.date("iat")
    }

    /// The scopes in the token: `scope` if readable, else `scp`, which several identity services write.
    pub fn scope(&self) -> StatedScopes {
        let [scope, scp] = ["scope", "scp"].map(|name| StatedScopes::read(self.claims.get(name)));
        match (scope, scp) {
            (scope @ StatedScopes::Scopes(_), _) | (scope, StatedScopes::Absent) => scope,
            (_, scp) => scp,
        }
    }

    /// The claim `name`; `None` if absent or not text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// Whether the token declares to be an RFC 9068 access token: `typ` is `at+jwt`, in full or short, in any case.
    pub fn is_access_token_type(&self) -> bool {
        let declared = self.header.get("typ").and_then(Value::as_str).unwrap_or_default();
        ["at+jwt", "application/at+jwt"].iter().any(|name| declared.eq_ignore_ascii_case(name))
    }

    /// A NumericDate (RFC 7519 section 2) in whole seconds. Accepts text, because some servers write it.
    fn date(&self, name: &str) -> Option<SystemTime> {
        let seconds = match self.claims.get(name)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim_ascii().parse().ok()?,
            _ => return None,
        };
        (0.0..=LAST_SECOND_OF_9999)
            .contains(&seconds)
            .then(|| SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds.trunc()))
    }
}

impl fmt::Debug for Jwt {
    /// Shows only the names of the members: claims can be personal data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, claims } = self;
        formatter
            .debug_struct("Jwt")
            .field("header", &header.keys().collect::<Vec<_>>())
            .field("claims", &claims.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Why a text is not a readable JWT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Longer than the limit.
    #[error("the token is longer than {limit} bytes")]
    TooLong {
        /// The cap in bytes.
        limit: usize,
    },
    /// The token is empty.
    #[error("the token is empty")]
    Empty,
    /// Not three segments.
    #[error("a JWT has three segments separated by periods, and this has {0}: an opaque token cannot be decoded")]
    SegmentCount(usize),
    /// Five segments: a JWE (RFC 7516).
    #[error("the token has five segments: it is encrypted (JWE), and only its recipient can decode it")]
    Encrypted,
    /// A segment is not base64url.
    #[error("{0} is not valid base64url")]
    Base64(Segment),
    /// A segment is not UTF-8.
    #[error("{0} is not UTF-8 text")]
    NotUtf8(Segment),
    /// A segment is not JSON.
    #[error("{0} is not valid JSON, or is nested too deeply")]
    NotJson(Segment),
    /// A segment is JSON, but not an object.
    #[error("{0} is JSON, but not an object")]
    NotAnObject(Segment),
}

/// One segment of a compact JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// The first.
    Header,
    /// The second, the payload.
    Claims,
}

impl fmt::Display for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "the header (first segment)",
            Self::Claims => "the claims set (second segment)",
        })
    }
}

fn split(token: &str) -> Result<(&str, &str), JwtError> {
    if token.is_empty() {
        return Err(JwtError::Empty);
    }
    let mut segments = token.split('.');
    match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some(header), Some(claims), Some(_), None) => Ok((header, claims)),
        _ => match token.split('.').count() {
            5 => Err(JwtError::Encrypted),
            count => Err(JwtError::SegmentCount(count)),
        },
    }
}

fn bytes(segment: Segment, text: &str) -> Result<Vec<u8>, JwtError> {
    // RFC 7515 section 2 leaves out the padding, but some writers of tokens keep it.
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);
    ENGINE.decode(text).map_err(|_| JwtError::Base64(segment))
}

fn object(segment: Segment, text: &str) -> Result<Map<String, Value>, JwtError> {
    let text = String::from_utf8(bytes(segment, text)?).map_err(|_| JwtError::NotUtf8(segment))?;
    match json::read(&text) {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(JwtError::NotAnObject(segment)),
        None => Err(JwtError::NotJson(segment)),
    }
}

// Enough for a token with ten thousand scopes. The time for all steps grows linearly with the length.
const MAX_TOKEN_BYTES: usize = 1 << 20;

// RFC 3339 has four digits for the year. Milliseconds instead of seconds are beyond this date.
const LAST_SECOND_OF_9999: f64 = 253_402_300_799.0;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ScopeSet;
    use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::json;

    /// A token with these parts and a meaningless signature.
    pub(crate) fn token(header: &Value, claims: &Value) -> String {
        raw(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    fn raw(header: &[u8], claims: &[u8]) -> String {
        let encode = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", encode(header), encode(claims), encode(b"canary-signature"))
    }

    fn with_claims(claims: &Value) -> Jwt {
        decode(&token(&json!({"alg": "none"}), claims)).unwrap()
    }

    #[test]
    fn header_and_claims_are_read() {
        let (header, claims) = (json!({"alg": "RS256", "typ": "JWT"}), json!({"sub": "abc-123", "näme": [1, null]}));
        let plain = token(&header, &claims);
        let padded =
            [&header.to_string(), &claims.to_string(), "sig"].map(|part| BASE64_URL_SAFE.encode(part)).join(".");
        let unsigned = format!("{}.", plain.rsplit_once('.').unwrap().0);
        for (name, text) in [
            ("plain", plain.clone()),
            ("with padding", padded),
            ("unsigned", unsigned),
            ("from a file with a final newline", format!("{plain}\n")),
        ] {
            let jwt = decode(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(Value::from(jwt.header), header, "{name}");
            assert_eq!(Value::from(jwt.claims), claims, "{name}");
        }
    }

    #[test]
    fn every_fault_has_its_own_error() {
        let good = token(&json!({}), &json!({}));
        let [header, claims, _] = good.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let cases = [
            ("empty", String::new(), JwtError::Empty),
            ("opaque", "canary-opaque".into(), JwtError::SegmentCount(1)),
            ("two segments", format!("{header}.{claims}"), JwtError::SegmentCount(2)),
            ("four segments", format!("{good}.x"), JwtError::SegmentCount(4)),
            ("encrypted", "a.b.c.d.e".into(), JwtError::Encrypted),
            ("many periods", ".".repeat(999), JwtError::SegmentCount(1000)),
            ("header base64", format!("e+0.{claims}.c2ln"), JwtError::Base64(Segment::Header)),
            ("claims base64", format!("{header}.e30!.c2ln"), JwtError::Base64(Segment::Claims)),
            ("claims cut off", format!("{header}.e.c2ln"), JwtError::Base64(Segment::Claims)),
            ("header bytes", raw(b"\xff", b"{}"), JwtError::NotUtf8(Segment::Header)),
            ("claims bytes", raw(b"{}", b"{\"a\":\"\xc3\"}"), JwtError::NotUtf8(Segment::Claims)),
            ("claims empty", raw(b"{}", b""), JwtError::NotJson(Segment::Claims)),
            ("claims cut short", raw(b"{}", b"{\"a\":"), JwtError::NotJson(Segment::Claims)),
            ("a deep list", raw(b"{}", deep.as_bytes()), JwtError::NotJson(Segment::Claims)),
            ("header array", raw(b"[]", b"{}"), JwtError::NotAnObject(Segment::Header)),
            ("claims text", raw(b"{}", b"\"canary\""), JwtError::NotAnObject(Segment::Claims)),
            ("claims null", raw(b"{}", b"null"), JwtError::NotAnObject(Segment::Claims)),
            ("too long", "x".repeat(MAX_TOKEN_BYTES + 1), JwtError::TooLong { limit: MAX_TOKEN_BYTES }),
        ];
        for (name, text, expected) in cases {
            let error = decode(&text).unwrap_err();
            assert_eq!(error, expected, "{name}");
            assert!(!error.to_string().contains("canary"), "{name}");
        }
    }

    #[test]
    fn one_odd_claim_or_an_odd_signature_hides_no_other_claim() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for odd in ["1e400", "-1e999", r#""\ud800""#, r#"{"a":"\udfff"}"#, &deep] {
            let jwt = decode(&raw(b"{}", format!(r#"{{"odd":{odd},"tenantId":"t-1","exp":60}}"#).as_bytes())).unwrap();
            assert_eq!(jwt.text("tenantId"), Some("t-1"), "{odd}");
            assert_eq!(jwt.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(60)), "{odd}");
        }
        let good = token(&json!({"alg": "HS256"}), &json!({"tenantId": "t-1"}));
        let (signed, _) = good.rsplit_once('.').unwrap();
        for signature in ["s p", "a+/=", "x", "\u{e9}", "***"] {
            assert_eq!(decode(&format!("{signed}.{signature}")).unwrap().text("tenantId"), Some("t-1"), "{signature}");
        }
    }

    #[test]
    fn dates_come_in_many_forms_and_absurd_ones_are_no_dates() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let cases = [
            ("whole", json!(1_700_000_000), at(1_700_000_000)),
            ("with a fraction", json!(1_700_000_000.75), at(1_700_000_000)),
            ("text", json!("1700000000"), at(1_700_000_000)),
            ("text with white space", json!(" 17e8 "), at(1_700_000_000)),
            ("epoch", json!(0), at(0)),
            ("end of 9999", json!(253_402_300_799_u64), at(253_402_300_799)),
            ("year 10000", json!(253_402_300_800_u64), None),
            ("milliseconds", json!(1_700_000_000_000_u64), None),
            ("largest integer", json!(u64::MAX), None),
            ("huge", json!(1e300), None),
            ("negative", json!(-1), None),
            ("infinite text", json!("inf"), None),
            ("no number", json!("NaN"), None),
            ("a date in words", json!("2026-01-01"), None),
            ("null", Value::Null, None),
            ("array", json!([1]), None),
        ];
        for (name, value, expected) in cases {
            let jwt = with_claims(&json!({"exp": value, "iat": value}));
            assert_eq!(jwt.expires_at(), expected, "{name}");
            assert_eq!(jwt.issued_at(), expected, "{name}");
        }
        assert_eq!(with_claims(&json!({})).expires_at(), None);
    }

    #[test]
    fn scopes_come_from_scope_then_scp_as_text_or_array() {
        let these = |text| StatedScopes::Scopes(ScopeSet::parse(text));
        let cases = [
            ("text", json!({"scope": "b a b"}), these("a b")),
            ("empty text grants nothing", json!({"scope": ""}), these("")),
            ("array", json!({"scope": ["b", "a"]}), these("a b")),
            ("array of lists", json!({"scope": ["b a", "c"]}), these("a b c")),
            ("empty array", json!({"scp": []}), these("")),
            ("scp text", json!({"scp": "a"}), these("a")),
            ("scp array", json!({"scp": ["a"]}), these("a")),
            ("scope wins", json!({"scope": "a", "scp": "b"}), these("a")),
            ("unreadable scope gives way", json!({"scope": null, "scp": "b"}), these("b")),
            ("array with a number", json!({"scope": ["a", 1]}), StatedScopes::Unreadable),
            ("broken scope, readable scp", json!({"scope": 7, "scp": "b"}), these("b")),
            ("broken scp", json!({"scp": {}}), StatedScopes::Unreadable),
            ("object", json!({"scope": {"a": true}}), StatedScopes::Unreadable),
            ("absent", json!({"scopes": "a"}), StatedScopes::Absent),
        ];
        for (name, claims, expected) in cases {
            assert_eq!(with_claims(&claims).scope(), expected, "{name}");
        }
    }

    #[test]
    fn the_access_token_type_is_known_in_any_spelling() {
        let cases = [
            (json!({"typ": "at+jwt"}), true),
            (json!({"typ": "AT+JWT"}), true),
            (json!({"typ": "application/at+jwt"}), true),
            (json!({"typ": "JWT"}), false),
            (json!({"typ": 1}), false),
            (json!({}), false),
        ];
        for (header, expected) in cases {
            assert_eq!(decode(&token(&header, &json!({}))).unwrap().is_access_token_type(), expected, "{header}");
        }
    }

    #[test]
    fn text_claims_are_text_or_nothing() {
        let jwt = with_claims(&json!({"tenantId": "t-1", "n": 1}));
        assert_eq!((jwt.text("tenantId"), jwt.text("n"), jwt.text("absent")), (Some("t-1"), None, None));
    }

    #[test]
    fn debug_names_members_and_shows_no_value() {
        let shown = format!("{:?}", with_claims(&json!({"sub": "canary-subject"})));
        assert_eq!(shown, r#"Jwt { header: ["alg"], claims: ["sub"] }"#);
    }

    proptest! {
        #[test]
        fn decoding_never_panics(text in any::<String>()) {
            _ = decode(&text);
        }

        #[test]
        fn decoding_three_segments_of_anything_never_panics_nor_quotes(
            header in any::<Vec<u8>>(), claims in any::<Vec<u8>>(),
        ) {
            let text = raw(&header, &claims);
            if let Err(error) = decode(&text) {
                prop_assert!(!error.to_string().contains(&text));
            }
        }

        #[test]
        fn any_date_is_read_or_refused(seconds in any::<f64>()) {
            _ = with_claims(&json!({"exp": seconds})).expires_at();
        }
    }
}
