//! From an HTTP answer to a token or a classified failure (RFC 6749 sections 5.1 and 5.2), leniently and bounded.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use url::Url;

use super::answer::Answer;
use super::masking::Mask;
use super::{AnswerShape, ErrorKind, ProxyFailure, ScopeSet, Secret, Token};

/// Reads the answer to a token request sent to `asked`; `now` is when it came.
///
/// # Errors
///
/// The class of what came instead. Texts in it are masked, escaped and capped; the body itself is never in it.
pub(crate) fn read_token(answer: &Answer, asked: &Url, mask: &Mask, now: SystemTime) -> Result<Token, ErrorKind> {
    let mut members = read_object(answer, asked, mask)?;
    match token(&mut members, now) {
        Ok(token) => Ok(Token { clock_skew_seconds: answer.clock_skew_seconds(now), ..token }),
        Err(reason) => {
            let shape = AnswerShape::of(answer, Some(&Value::Object(members)), mask);
            Err(ErrorKind::NotATokenResponse { status: answer.status, shape, reason: reason.to_owned() })
        }
    }
}

/// The members of a JSON object that came with a 2xx status and is no OAuth error.
///
/// # Errors
///
/// As [`read_token`].
pub(crate) fn read_object(answer: &Answer, asked: &Url, mask: &Mask) -> Result<Map<String, Value>, ErrorKind> {
    let status = answer.status;
    if status == 407 {
        return Err(ErrorKind::Proxy(ProxyFailure::AuthenticationRequired));
    }
    if (300..400).contains(&status) {
        return Err(ErrorKind::Redirect { status, location: answer.location(asked, mask) });
    }
    let json = parse(&answer.body);
    if let Some(error) = json.as_ref().and_then(Value::as_object).and_then(|body| oauth_error(status, body, mask)) {
        return Err(error);
    }
    match json {
        Some(Value::Object(members)) if (200..300).contains(&status) => Ok(members),
        other => Err(no_object(answer, other.as_ref(), mask)),
    }
}

/// Names what came instead of a 2xx status with a JSON object.
fn no_object(answer: &Answer, json: Option<&Value>, mask: &Mask) -> ErrorKind {
    let status = answer.status;
    let shape = AnswerShape::of(answer, json, mask);
    if !(200..300).contains(&status) {
        return ErrorKind::Status { status, shape, challenges: answer.challenges(mask) };
    }
    let reason = match (json, &shape) {
        (Some(_), _) => "the JSON is not an object",
        (None, AnswerShape::Empty) => "the body is empty",
        (None, _) => "the body is not JSON",
    };
    ErrorKind::NotATokenResponse { status, shape, reason: reason.to_owned() }
}

/// JSON, whatever the media type says; a byte order mark and bytes that are not UTF-8 are survived. Of duplicate
/// members the last one counts.
fn parse(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    serde_json::from_str(&text).ok().or_else(|| member_by_member(&text))
}

/// An object with a member that no [`Value`] holds: a number beyond all floats, or nesting beyond serde_json's bound.
/// It must not take the others with it, since members that nobody asked for are to be ignored (RFC 6749 section 5.1).
fn member_by_member(text: &str) -> Option<Value> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let readable = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_else(|_| beyond(raw.get()));
    Some(Value::Object(members.into_iter().map(|(name, raw)| (name, readable(raw))).collect()))
}

/// What stands for a value that cannot be read: the largest number for a larger one, nothing for all else.
fn beyond(raw: &str) -> Value {
    raw.parse::<f64>().map_or(Value::Null, |number| Value::from(number.clamp(f64::MIN, f64::MAX)))
}

/// An error object in RFC 6749's spelling, in camelCase, or nested as `{"error": {"code": …, "message": …}}`.
/// A success that carries a token is not one, whatever else it holds.
fn oauth_error(status: u16, body: &Map<String, Value>, mask: &Mask) -> Option<ErrorKind> {
    if (200..300).contains(&status) && text(body, ["access_token", "accessToken"]).is_some() {
        return None;
    }
    let (code, details) = match body.get("error")? {
        Value::String(code) => (code.as_str(), body),
        Value::Object(nested) => (text(nested, ["error", "code", "type", "status"])?, nested),
        _ => return None,
    };
    let error = mask.clean(code, CODE_CAP);
    if error.is_empty() {
        return None;
    }
    let show = |names, cap| text(details, names).map(|text| mask.clean(text, cap)).filter(|text| !text.is_empty());
    Some(ErrorKind::OAuth {
        status,
        error,
        description: show(["error_description", "errorDescription", "description", "message"], DESCRIPTION_CAP),
        uri: show(["error_uri", "errorUri", "uri", "more_info"], DESCRIPTION_CAP),
    })
}

/// RFC 6749 section 5.1, with what servers get wrong put right where it is harmless.
fn token(members: &mut Map<String, Value>, now: SystemTime) -> Result<Token, &'static str> {
    let access_token = match take(members, ["access_token", "accessToken"]) {
        Some(Value::String(text)) => Secret::new(text),
        Some(_) => return Err("access_token is not text"),
        None => return Err("no access_token"),
    };
    if access_token.is_empty() {
        return Err("access_token is empty");
    }
    if !access_token.expose().bytes().all(is_b64token) {
        return Err("access_token holds characters that a bearer token may not hold");
    }
    let token_type = match take(members, ["token_type", "tokenType"]) {
        None => BEARER.to_owned(),
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case(BEARER) => kind,
        Some(Value::String(_)) => return Err("token_type is not bearer"),
        Some(_) => return Err("token_type is not text"),
    };
    let lifetime = take(members, ["expires_in", "expiresIn"]).and_then(|value| seconds(&value));
    let id_token = match take(members, ["id_token", "idToken"]) {
        Some(Value::String(text)) if !text.is_empty() => Some(Secret::new(text)),
        _ => None,
    };
    Ok(Token {
        access_token,
        token_type,
        issued_at: now,
        clock_skew_seconds: None,
        expires_at: lifetime.and_then(|lifetime| now.checked_add(lifetime)),
        scope: members.get("scope").and_then(scope),
        id_token,
    })
}

/// The first member by one of these names that is there and not null.
fn take<const N: usize>(members: &mut Map<String, Value>, names: [&str; N]) -> Option<Value> {
    names.into_iter().find_map(|name| members.get_mut(name).map(Value::take).filter(|value| !value.is_null()))
}

fn text<'a, const N: usize>(members: &'a Map<String, Value>, names: [&str; N]) -> Option<&'a str> {
    names.into_iter().find_map(|name| members.get(name)?.as_str())
}

/// A life in seconds: an integer, a fraction or numeric text. Negative values and other types say nothing; more
/// than ten years is taken for ten years.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST_LIFE.as_secs_f64())))
}

/// Text with spaces, or an array of texts.
fn scope(value: &Value) -> Option<ScopeSet> {
    match value {
        Value::String(text) => Some(ScopeSet::parse(text)),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Some(ScopeSet::parse(&texts?.join(" ")))
        }
        _ => None,
    }
}

/// RFC 6750 section 2.1, `=` accepted anywhere.
fn is_b64token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

const BEARER: &str = "Bearer";
const CODE_CAP: usize = 100;
const DESCRIPTION_CAP: usize = 300;
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

#[cfg(test)]
mod tests;
