//! A response of the server: from HTTP to a token or a classified failure (RFC 6749 sections 5.1 and 5.2).
//!
//! Servers differ widely. Wrong credentials came back as 400, as 401, as 403 with an empty body, and as 404; bodies as
//! JSON in two spellings, as HTML, and empty. So the status counts first, the JSON `error` second, and the media type
//! never. Every text of the server is masked, escaped and capped before it gets into a failure.

use std::time::{Duration, SystemTime};

use hyper::header::{
    CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use super::endpoint::redacted;
use super::masking::Mask;
use super::{ErrorKind, ProxyFailure, Secret, StatedScopes, Token, json, jwt};

/// Status, headers and the whole body. No `Debug`, because the body can contain a token.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Response {
    /// Reads the token in a response to a request to `asked`; `now` is the time of its arrival.
    ///
    /// # Errors
    ///
    /// The class of the failure. Its texts are masked, escaped and capped, and never contain the whole body.
    pub(crate) fn token(&self, asked: &Url, mask: &Mask, now: SystemTime) -> Result<Token, ErrorKind> {
        let mut members = self.object(asked, mask)?;
        match token(&mut members, mask, now) {
            Ok(token) => Ok(Token { clock_skew_seconds: self.clock_skew_seconds(now), ..token }),
            Err(reason) => {
                let members = Value::Object(members);
                let shape = BodyShape::of(self, Some(&members), mask);
                let has_token = members.get("access_token").is_some() || members.get("accessToken").is_some();
                let words = if has_token { None } else { server_words(&members, WORDS_DEPTH) };
                let message = words.map(|words| mask.clean(&without_long_words(&words), DESCRIPTION_CAP));
                Err(ErrorKind::NotATokenResponse { status: self.status, shape, reason, message })
            }
        }
    }

    /// The members of a JSON object with a 2xx status that is not an OAuth error.
    ///
    /// # Errors
    ///
    /// As [`Response::token`].
    pub(crate) fn object(&self, asked: &Url, mask: &Mask) -> Result<Map<String, Value>, ErrorKind> {
        let status = self.status;
        // An origin server never sends 407 (RFC 9110 section 15.5.8), so the response is a proxy's, whatever its body
        // says.
        if status == 407 {
            return Err(ErrorKind::Proxy(ProxyFailure::AuthenticationRequired));
        }
        if (300..400).contains(&status) {
            return Err(ErrorKind::Redirect { status, location: self.location(asked, mask) });
        }
        let json = parse(&self.body);
        let form = if json.is_none() { form_members(&self.body) } else { None };
        let members = json.as_ref().and_then(Value::as_object).or(form.as_ref());
        if let Some(error) = members.and_then(|body| oauth_error(status, body, mask)) {
            return Err(error);
        }
        match json {
            Some(Value::Object(members)) if (200..300).contains(&status) => Ok(members),
            other => Err(self.no_object(other.as_ref(), form.map(Value::Object).as_ref(), mask)),
        }
    }

    fn no_object(&self, json: Option<&Value>, form: Option<&Value>, mask: &Mask) -> ErrorKind {
        let status = self.status;
        let shape = BodyShape::of(self, json, mask);
        if !(200..300).contains(&status) {
            let words = match json.or(form) {
                Some(body) => server_words(body, WORDS_DEPTH),
                None => self.text_words(&shape),
            };
            let message = words.map(|words| mask.clean(&words, DESCRIPTION_CAP)).filter(|words| !words.is_empty());
            return ErrorKind::Status { status, shape, challenges: self.challenges(mask), message };
        }
        let reason = match (json, &shape) {
            (Some(_), _) => "the JSON is not an object".to_owned(),
            (None, BodyShape::Empty) => "the body is empty".to_owned(),
            (None, BodyShape::Form) => "the body is form-encoded, not JSON".to_owned(),
            (None, _) => match self.content_encoding(mask) {
                Some(encoding) => format!("the body has the content encoding {encoding:?}, which was not asked for"),
                None => "the body is not JSON".to_owned(),
            },
        };
        ErrorKind::NotATokenResponse { status, shape, reason, message: None }
    }

    /// The `Content-Encoding` that was not decoded.
    fn content_encoding(&self, mask: &Mask) -> Option<String> {
        let encoding = self.header(CONTENT_ENCODING.as_str())?.trim().to_ascii_lowercase();
        (!encoding.is_empty() && encoding != "identity").then(|| mask.clean(&encoding, SCHEME_CAP))
    }

    /// The media type without parameters, in lower case; empty if absent.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The target of a redirect, relative to `asked`, without query and user info.
    pub(crate) fn location(&self, asked: &Url, mask: &Mask) -> Option<String> {
        let target = asked.join(&self.header(LOCATION.as_str())?).ok()?;
        Some(mask.clean(&redacted(&target), LOCATION_CAP))
    }

    /// The scheme names in `WWW-Authenticate`, or in a 407's `Proxy-Authenticate`, in order, without duplicates (RFC
    /// 9110 section 11.6.1).
    pub(crate) fn challenges(&self, mask: &Mask) -> Vec<String> {
        let mut schemes: Vec<String> = Vec::new();
        let header = if self.status == 407 { PROXY_AUTHENTICATE } else { WWW_AUTHENTICATE };
        for value in self.headers.get_all(header) {
            for scheme in challenge_schemes(&String::from_utf8_lossy(value.as_bytes())) {
                let scheme = mask.clean(scheme, SCHEME_CAP);
                if schemes.len() < SCHEMES && !schemes.iter().any(|known| known.eq_ignore_ascii_case(&scheme)) {
                    schemes.push(scheme);
                }
            }
        }
        schemes
    }

    /// The wait in `Retry-After` (RFC 9110 section 10.2.3), in seconds or as a date. A date counts from the response's
    /// own `Date`, so that a wrong local clock does no harm. `None` if unreadable or negative.
    pub(crate) fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let value = self.header(RETRY_AFTER.as_str())?;
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let until = httpdate::parse_http_date(value).ok()?;
        Some(until.duration_since(self.date().unwrap_or(now)).unwrap_or(Duration::ZERO))
    }

    /// The local clock minus the response's `Date`, in whole seconds.
    pub(crate) fn clock_skew_seconds(&self, now: SystemTime) -> Option<i64> {
        let date = self.date()?;
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        Some(match now.duration_since(date) {
            Ok(ahead) => seconds(ahead),
            Err(behind) => -seconds(behind.duration()),
        })
    }

    /// Request and correlation ids, for a report to the server's operator.
    pub(crate) fn correlation_ids(&self, mask: &Mask) -> Vec<(String, String)> {
        CORRELATION_HEADERS
            .iter()
            .filter_map(|name| {
                let value = mask.clean(&self.header(name)?, CORRELATION_CAP);
                (!value.is_empty()).then(|| ((*name).to_owned(), value))
            })
            .collect()
    }

    /// The words of a short text or of an XML error, as gateways send them.
    fn text_words(&self, shape: &BodyShape) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        match shape {
            BodyShape::Text if text.trim_start().starts_with('<') => xml_words(&text),
            // A longer text is a page or a dump.
            BodyShape::Text if text.trim().len() <= SHORT_TEXT => {
                Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            _ => None,
        }
    }

    /// Why a proxy opened no tunnel, in the words of its page, its JSON, its text or its status line (`reason`).
    pub(crate) fn refused_tunnel(&self, reason: Option<&[u8]>, mask: &Mask) -> ProxyFailure {
        if self.status == 407 {
            return ProxyFailure::AuthenticationRequired;
        }
        let json = parse(&self.body);
        let words =
            match (json.as_ref().and_then(|json| server_words(json, WORDS_DEPTH)), BodyShape::of_other(self, mask)) {
                (Some(words), _) => Some(words),
                (None, BodyShape::Html(title)) => title,
                (None, shape @ BodyShape::Text) => self.text_words(&shape),
                _ => reason.map(|reason| String::from_utf8_lossy(reason).trim().to_owned()),
            };
        let message = words.map(|words| mask.clean(&words, DESCRIPTION_CAP)).filter(|words| !words.is_empty());
        ProxyFailure::TunnelRefused { status: Some(self.status), message }
    }

    fn declares_json(&self) -> bool {
        let media_type = self.media_type();
        media_type == "application/json" || media_type.ends_with("+json")
    }

    fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE.as_str())?.trim()).ok()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// The form of a body. Never contains the body itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyShape {
    /// No body.
    Empty,
    /// A JSON object, with the names of its top-level members (capped, escaped).
    JsonObject(Vec<String>),
    /// JSON, but not an object.
    OtherJson,
    /// HTML, with its `<title>` if it has one (capped, escaped, masked).
    Html(Option<String>),
    /// Form-encoded text, which some servers send.
    Form,
    /// Any other text.
    Text,
    /// Bytes that are not UTF-8.
    Binary,
    /// Declared as JSON or similar to it, but truncated or broken.
    BrokenJson,
}

impl BodyShape {
    /// The form of a body; `json` is its value if it is JSON.
    pub(crate) fn of(response: &Response, json: Option<&Value>, mask: &Mask) -> Self {
        match json {
            Some(Value::Object(members)) => {
                Self::JsonObject(members.keys().take(NAMES).map(|name| mask.clean(name, NAME_CAP)).collect())
            }
            Some(_) => Self::OtherJson,
            None => Self::of_other(response, mask),
        }
    }

    fn of_other(response: &Response, mask: &Mask) -> Self {
        let Ok(text) = std::str::from_utf8(&response.body) else {
            return if response.declares_json() { Self::BrokenJson } else { Self::Binary };
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        let start = text.chars().take(HTML_HEAD).collect::<String>().to_ascii_lowercase();
        if text.is_empty() {
            Self::Empty
        } else if start.starts_with("<!doctype html") || start.contains("<html") || response.media_type() == "text/html"
        {
            Self::Html(title(text, mask))
        } else if is_form(text) {
            Self::Form
        } else if response.declares_json() || text.starts_with(['{', '[']) {
            Self::BrokenJson
        } else if text.contains('\0') {
            Self::Binary
        } else {
            Self::Text
        }
    }
}

/// Scheme names in one header line: a token before a space, a comma or the end that is not a parameter (`name=value`).
/// Quoted strings can contain commas.
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

/// `name=value&name=value`, with simple names.
fn is_form(text: &str) -> bool {
    text.split('&').all(|field| {
        field.split_once('=').is_some_and(|(name, value)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !value.contains(char::is_whitespace)
        })
    })
}

/// The fields of a form-encoded body, which GitHub and others send. Of equal names, the last one counts.
fn form_members(body: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(body).ok()?.trim_start_matches('\u{feff}').trim();
    let members = form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into()));
    is_form(text).then(|| members.collect())
}

/// The message of an error that is not an OAuth error. Gateways, clouds and RFC 9457 use different names for its code
/// and text, and wrap them in `fault`, `error` or a list.
fn server_words(value: &Value, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Array(items) => {
            // A list does not count as a level.
            let words: Vec<_> = items.iter().filter_map(|item| server_words(item, depth + 1)).take(WORDS).collect();
            (!words.is_empty()).then(|| words.join("; "))
        }
        Value::Object(members) => {
            let member = |names: &[&str]| {
                names.iter().find_map(|name| {
                    members.iter().find(|(own, _)| plain(own) == *name).and_then(|(_, value)| match value {
                        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                        Value::Number(number) => Some(number.to_string()),
                        _ => None,
                    })
                })
            };
            let parts: Vec<_> =
                [member(&CODE_NAMES), member(&["title"]), member(&TEXT_NAMES)].into_iter().flatten().collect();
            // A code alone says less than a text deeper inside.
            let is_said = member(&["title"]).or_else(|| member(&TEXT_NAMES)).is_some();
            let inner = || {
                let wrapped =
                    |name: &&str| members.iter().find(|(own, _)| plain(own) == **name).map(|(_, value)| value);
                WRAPPERS.iter().filter_map(wrapped).find_map(|value| server_words(value, depth))
            };
            let own = (!parts.is_empty()).then(|| parts.join(": "));
            // A number alone says no more than the status.
            let own = own.filter(|words| is_said || words.parse::<f64>().is_err());
            if is_said { own } else { inner().or(own) }
        }
        _ => None,
    }
}

/// The texts of the XML elements with the names of a code and of a text, the first of each.
fn xml_words(xml: &str) -> Option<String> {
    let element = |names: &[&str]| {
        xml.split('<').skip(1).find_map(|part| {
            let (tag, text) = part.split_once('>')?;
            let name = tag.split(char::is_whitespace).next().unwrap_or_default();
            let name = name.rsplit(':').next().unwrap_or_default();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            (names.contains(&plain(name).as_str()) && !name.starts_with('/') && !text.is_empty()).then_some(text)
        })
    };
    let words: Vec<_> = [element(&CODE_NAMES), element(&TEXT_NAMES)].into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(": "))
}

/// A response can contain a token in an unexpected place, so words that are longer than any real word are left out.
fn without_long_words(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.len() > LONGEST_WORD { "***" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Makes one name of `errorMessage`, `error_message` and `Error-Message`.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn title(html: &str, mask: &Mask) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words: Vec<_> = html[start..end].split_whitespace().collect();
    Some(mask.clean(&words.join(" "), TITLE_CAP)).filter(|title| !title.is_empty())
}

/// Parses JSON with any media type. Accepts a byte order mark, and bytes that are not UTF-8.
fn parse(body: &[u8]) -> Option<Value> {
    json::read(&String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)))
}

/// Whether a body is one complete JSON object.
pub(crate) fn is_whole_object(body: &[u8]) -> bool {
    matches!(parse(body), Some(Value::Object(_)))
}

/// An error object in RFC 6749's spelling, in camelCase, or nested as `{"error": {"code": …, "message": …}}`. A success
/// with a token is never an error, whatever else it contains.
fn oauth_error(status: u16, body: &Map<String, Value>, mask: &Mask) -> Option<ErrorKind> {
    if (200..300).contains(&status) && text(body, ["access_token", "accessToken"]).is_some() {
        return None;
    }
    // Gateways of the large clouds send the nested form.
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

/// RFC 6749 section 5.1, tolerant of harmless mistakes.
fn token(members: &mut Map<String, Value>, mask: &Mask, now: SystemTime) -> Result<Token, String> {
    // CXone's regional service and its refresh send camelCase.
    let access_token = match take(members, ["access_token", "accessToken"]) {
        Some(Value::String(text)) => Secret::new(text),
        Some(_) => return Err("access_token is not text".to_owned()),
        None => return Err("no access_token".to_owned()),
    };
    if access_token.is_empty() {
        return Err("access_token is empty".to_owned());
    }
    // RFC 6750 section 2.1 allows fewer characters, but services issue tokens with `!`, `%` and `|`. A token is usable
    // if an `Authorization` header can carry it in one piece.
    if !access_token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("access_token contains characters that a bearer token must not contain".to_owned());
    }
    let token_type = match take(members, ["token_type", "tokenType"]) {
        // RFC 6749 section 5.1 requires it. A server that leaves it out never means another type.
        None => BEARER.to_owned(),
        Some(Value::String(kind)) => match bearer(&kind) {
            Some(spelling) => spelling.to_owned(),
            None => return Err(format!("token_type is not bearer but {:?}", mask.clean(&kind, CODE_CAP))),
        },
        Some(_) => return Err("token_type is not text".to_owned()),
    };
    let lifetime = take(members, ["expires_in", "expiresIn"]).and_then(|value| seconds(&value));
    let expires_at = match lifetime {
        Some(lifetime) => now.checked_add(lifetime),
        // A client should not look into its token (RFC 9068 section 6). But this one passes the token to a run that
        // fails half way when it expires, and there is no other source of the expiry.
        None => jwt::decode(access_token.expose()).ok().and_then(|jwt| jwt.expires_at()),
    };
    let scope = StatedScopes::read(members.get("scope"));
    let claimed_scopes = match scope {
        StatedScopes::Absent => jwt::decode(access_token.expose()).map_or(StatedScopes::Absent, |jwt| jwt.scope()),
        _ => StatedScopes::Absent,
    };
    let id_token = match take(members, ["id_token", "idToken"]) {
        Some(Value::String(text)) if !text.is_empty() => Some(Secret::new(text)),
        _ => None,
    };
    Ok(Token {
        access_token,
        token_type,
        issued_at: now,
        clock_skew_seconds: None,
        expires_at,
        scope: mask.clean_scopes(scope),
        claimed_scopes: mask.clean_scopes(claimed_scopes),
        id_token,
    })
}

/// The first present and non-null member with one of these names.
fn take<const N: usize>(members: &mut Map<String, Value>, names: [&str; N]) -> Option<Value> {
    names.into_iter().find_map(|name| members.get_mut(name).map(Value::take).filter(|value| !value.is_null()))
}

fn text<'a, const N: usize>(members: &'a Map<String, Value>, names: [&str; N]) -> Option<&'a str> {
    names.into_iter().find_map(|name| members.get(name)?.as_str())
}

/// A lifetime in seconds: an integer, a fraction or numeric text; `None` for other types. Zero and less mean expired,
/// as RFC 6749 section 5.1 counts from the response, although some services mean "never" by zero. More than ten years
/// count as ten years.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    (!seconds.is_nan()).then(|| Duration::from_secs_f64(seconds.clamp(0.0, LONGEST_LIFE.as_secs_f64())))
}

/// The spelling of a bearer type: the server's own if it is "bearer" in any case (RFC 6749 section 5.1), else the
/// RFC's, because users put the type in front of the token. Services also write "BearerToken" and "Bearer ".
fn bearer(kind: &str) -> Option<&str> {
    if kind.eq_ignore_ascii_case(BEARER) {
        return Some(kind);
    }
    let letters: String = kind.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n' | '_' | '-')).collect();
    ["", "bearer", "bearertoken"].iter().any(|known| letters.eq_ignore_ascii_case(known)).then_some(BEARER)
}

// The names are in the form of `plain`, the best first.
const CODE_NAMES: [&str; 3] = ["errorcode", "code", "error"];
const TEXT_NAMES: [&str; 11] = [
    "errordescription",
    "errormessage",
    "faultstring",
    "message",
    "detail",
    "details",
    "description",
    "errorsummary",
    "msg",
    "reason",
    "statusdescription",
];
const WRAPPERS: [&str; 8] = ["fault", "error", "errors", "detail", "details", "message", "messages", "response"];
// Deeper members are not meant for people.
const WORDS_DEPTH: usize = 5;
// Dotted codes have up to thirty characters. Tokens have more.
const LONGEST_WORD: usize = 32;
// Gateways write one or two sentences.
const SHORT_TEXT: usize = 300;
// A message has no room for more problems of a list.
const WORDS: usize = 3;
const BEARER: &str = "Bearer";
// The longest code of the RFCs has 25 characters. A longer text is prose.
const CODE_CAP: usize = 100;
// Enough for two sentences. Longer texts are stack traces.
const DESCRIPTION_CAP: usize = 300;
// Longer than any real token, and far from the end of every date type.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

// The headers in which gateways and clouds identify an exchange. `icstatusdescription` is CXone's: with an empty body,
// the error is in this header.
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
// The longest known one, X-Amzn-Trace-Id with all its fields, has about 110 characters.
const CORRELATION_CAP: usize = 128;
// A redirect to a login page carries the whole first address in its query.
const LOCATION_CAP: usize = 300;
const SCHEME_CAP: usize = 40;
// A server that offers more challenges than this tests its clients.
const SCHEMES: usize = 8;

// A comment or a licence can precede `<html`.
const HTML_HEAD: usize = 1024;
// Members of a JSON object and the title of a page are shown to tell one service from another, not to be read in full.
const NAMES: usize = 20;
const NAME_CAP: usize = 60;
const TITLE_CAP: usize = 120;

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;
    use crate::ScopeSet;

    const SECRET: &str = "canary-client-secret-value";

    fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Response { status, headers: map, body: body.to_vec().into() }
    }

    fn headed(headers: &[(&str, &str)]) -> Response {
        response(401, headers, b"")
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
            assert_eq!(headed(&headers).challenges(&nothing_hidden()), expected, "{name}");
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
            assert_eq!(headed(&[("retry-after", value)]).retry_after(now), expected, "{name}");
        }
        assert_eq!(headed(&[]).retry_after(now), None);
    }

    #[test]
    fn a_retry_date_counts_from_the_servers_own_date() {
        let headers = [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")];
        let long_after = httpdate::parse_http_date("Sun, 06 Nov 2005 08:49:37 GMT").unwrap();
        assert_eq!(headed(&headers).retry_after(long_after), Some(Duration::from_secs(10)));
    }

    #[test]
    fn clock_skew_has_a_sign() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let server = httpdate::parse_http_date(date).unwrap();
        let dated = headed(&[("date", date)]);
        assert_eq!(dated.clock_skew_seconds(server + Duration::from_secs(90)), Some(90));
        assert_eq!(dated.clock_skew_seconds(server - Duration::from_secs(90)), Some(-90));
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
        let ids = headed(&headers).correlation_ids(&mask);
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
            let found = headed(&[("location", location)]).location(&asked, &nothing_hidden());
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }
    fn shape(media_type: &str, body: &[u8]) -> BodyShape {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap())]);
        let response = Response { status: 200, headers, body: body.to_vec().into() };
        let json = serde_json::from_slice(body).ok();
        BodyShape::of(&response, json.as_ref(), &Mask::hiding([&Secret::new("canary-client-secret")]))
    }

    #[test]
    fn bodies_are_named_as_what_they_are() {
        let html = |title: &str| BodyShape::Html(Some(title.into()));
        let cases: [(&str, &str, &[u8], BodyShape); 16] = [
            ("empty", "", b"", BodyShape::Empty),
            ("white space", "text/plain", b" \r\n", BodyShape::Empty),
            ("object", "", br#"{"b":1,"a":2}"#, BodyShape::JsonObject(vec!["a".into(), "b".into()])),
            ("array", "application/json", b"[1]", BodyShape::OtherJson),
            ("text in JSON", "application/json", b"\"x\"", BodyShape::OtherJson),
            ("page", "text/html", b"<!DOCTYPE html><title> Sign\n in </title>", html("Sign in")),
            ("page called JSON", "application/json", b"<HTML><TITLE lang=en>403</TITLE>", html("403")),
            ("page without title", "text/html; charset=utf-8", b"<p>no</p>", BodyShape::Html(None)),
            ("title with a secret", "text/html", b"<title>canary-client-secret</title>", html("***")),
            ("title without end", "text/html", b"<title>x", BodyShape::Html(None)),
            ("cut off", "application/json", br#"{"access_token":"x"#, BodyShape::BrokenJson),
            ("cut off, undeclared", "", br#"{"access_token":"x"#, BodyShape::BrokenJson),
            ("form", "", b"access_token=x&token_type=bearer", BodyShape::Form),
            ("text", "text/plain", b"a = b, not a form", BodyShape::Text),
            ("bytes", "application/octet-stream", &[0xff, 0xfe, 0x00], BodyShape::Binary),
            ("nul", "", b"a\0b", BodyShape::Binary),
        ];
        for (name, media_type, body, expected) in cases {
            assert_eq!(shape(media_type, body), expected, "{name}");
        }
    }

    #[test]
    fn a_thousand_members_are_not_listed() {
        let body = format!("{{{}}}", (0..1000).map(|n| format!("\"m{n}\":0")).collect::<Vec<_>>().join(","));
        let BodyShape::JsonObject(names) = shape("application/json", body.as_bytes()) else { panic!("no object") };
        assert_eq!(names.len(), NAMES);
    }

    fn read(response: &Response) -> Result<Token, ErrorKind> {
        let asked = Url::parse("https://a.example/token").unwrap();
        response.token(&asked, &Mask::hiding([&Secret::new(SECRET)]), now())
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn ok(body: &str) -> Result<Token, ErrorKind> {
        read(&response(200, &[], body.as_bytes()))
    }

    /// A token response with `extra` members. They begin with a comma.
    fn with(extra: &str) -> Token {
        ok(&format!(r#"{{"access_token":"canary.token"{extra}}}"#)).unwrap()
    }

    fn oauth(status: u16, error: &str, description: Option<&str>) -> ErrorKind {
        ErrorKind::OAuth { status, error: error.into(), description: description.map(Into::into), uri: None }
    }

    #[test]
    fn a_full_response_is_read() {
        let token =
            with(r#","token_type":"bearer","expires_in":3600,"scope":"b a","id_token":"i.d","refresh_token":"r""#);
        assert_eq!(token.access_token.expose(), "canary.token");
        assert_eq!(token.token_type, "bearer");
        assert_eq!(token.issued_at, now());
        assert_eq!(token.expires_at, Some(now() + Duration::from_secs(3600)));
        assert_eq!(token.scope, StatedScopes::Scopes(ScopeSet::parse("a b")));
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
            ("negative", r#","expires_in":-1"#, Some(0.0)),
            ("negative text", r#","expires_in":"-3600""#, Some(0.0)),
            ("negative zero", r#","expires_in":-0.0"#, Some(0.0)),
            ("word", r#","expires_in":"soon""#, None),
            ("not a number", r#","expires_in":"NaN""#, None),
            ("infinite", r#","expires_in":"inf""#, Some(315_360_000.0)),
            ("absurd", r#","expires_in":1e300"#, Some(315_360_000.0)),
            ("beyond 64 bits", r#","expires_in":99999999999999999999999"#, Some(315_360_000.0)),
            ("beyond every float", r#","expires_in":1e400"#, Some(315_360_000.0)),
            ("beyond every float, negative", r#","expires_in":-1e400"#, Some(0.0)),
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
        let these = |text| StatedScopes::Scopes(ScopeSet::parse(text));
        let cases = [
            ("absent", "", StatedScopes::Absent),
            ("null", r#","scope":null"#, StatedScopes::Absent),
            ("empty text", r#","scope":"""#, these("")),
            ("text", r#","scope":"b  a\tb""#, these("a b")),
            ("array", r#","scope":["b","a c"]"#, these("a b c")),
            ("empty array", r#","scope":[]"#, these("")),
            ("mixed array", r#","scope":["a",1]"#, StatedScopes::Unreadable),
            ("array with null", r#","scope":["a",null]"#, StatedScopes::Unreadable),
            ("number", r#","scope":7"#, StatedScopes::Unreadable),
            ("number beyond all floats", r#","scope":1e400"#, StatedScopes::Unreadable),
            ("object", r#","scope":{"a":true}"#, StatedScopes::Unreadable),
            ("half a surrogate pair", r#","scope":"a \ud800""#, these("a \u{fffd}\u{fffd}\u{fffd}")),
        ];
        for (name, extra, expected) in cases {
            assert_eq!(with(extra).scope, expected, "{name}");
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
                "access_token contains characters that a bearer token must not contain",
            ),
            (
                "space",
                r#"{"access_token":"a b"}"#,
                "access_token contains characters that a bearer token must not contain",
            ),
            ("other type", r#"{"access_token":"a","token_type":"mac"}"#, "token_type is not bearer but \"mac\""),
            (
                "a secret for a type",
                r#"{"access_token":"a","token_type":"canary-client-secret-value"}"#,
                "token_type is not bearer but \"***\"",
            ),
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
            assert!(read(&response(200, &[], body)).is_ok(), "{name}");
        }
        assert!(read(&response(201, &[], br#"{"access_token":"a"}"#)).is_ok());
    }

    #[test]
    fn deep_nesting_hides_one_member_and_no_other() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for depth in [100, 1_000, 100_000] {
            let token = with(&format!(r#","expires_in":60,"scope":{}"#, deep(depth)));
            assert_eq!(
                (token.lifetime(), token.scope),
                (Some(Duration::from_secs(60)), StatedScopes::Unreadable),
                "{depth}"
            );
        }
        let nested = format!(r#"{{"access_token":{}}}"#, deep(100_000));
        let Err(ErrorKind::NotATokenResponse { reason, .. }) = ok(&nested) else { panic!("a token of brackets") };
        assert_eq!(reason, "access_token is not text");
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
            assert_eq!(read(&response(status, &[], body.as_bytes())), Err(expected), "{name}");
        }
    }

    #[test]
    fn error_uris_are_kept() {
        let body = br#"{"error":"x","error_uri":"https://a.example/help"}"#;
        let Err(ErrorKind::OAuth { uri, .. }) = read(&response(400, &[], body)) else { panic!("no OAuth error") };
        assert_eq!(uri.as_deref(), Some("https://a.example/help"));
    }

    #[test]
    fn statuses_without_an_oauth_error_are_named() {
        let plain = |status, shape| ErrorKind::Status { status, shape, challenges: vec![], message: None };
        let object = |name: &str| BodyShape::JsonObject(vec![name.into()]);
        let cases = [
            ("empty 403", 403, "", plain(403, BodyShape::Empty)),
            (
                "gateway",
                403,
                r#"{"message":"Forbidden"}"#,
                ErrorKind::Status {
                    status: 403,
                    shape: object("message"),
                    challenges: vec![],
                    message: Some("Forbidden".into()),
                },
            ),
            ("numeric error", 404, r#"{"error":404}"#, plain(404, object("error"))),
            ("empty error", 400, r#"{"error":" "}"#, plain(400, object("error"))),
            ("page", 502, "<html><title>Bad Gateway</title>", plain(502, BodyShape::Html(Some("Bad Gateway".into())))),
            ("a token with 500", 500, r#"{"access_token":"a"}"#, plain(500, object("access_token"))),
            ("below 200", 199, "", plain(199, BodyShape::Empty)),
            ("proxy", 407, "", ErrorKind::Proxy(ProxyFailure::AuthenticationRequired)),
        ];
        for (name, status, body, expected) in cases {
            assert_eq!(read(&response(status, &[], body.as_bytes())), Err(expected), "{name}");
        }
        let refused = response(401, &[("www-authenticate", "Basic realm=x")], b"");
        let challenges = vec!["Basic".into()];
        assert_eq!(
            read(&refused),
            Err(ErrorKind::Status { status: 401, shape: BodyShape::Empty, challenges, message: None })
        );
    }

    #[test]
    fn redirects_are_named_even_with_a_token_inside() {
        let redirect = response(302, &[("location", "/login?next=token")], br#"{"access_token":"a"}"#);
        let location = Some("https://a.example/login".into());
        assert_eq!(read(&redirect), Err(ErrorKind::Redirect { status: 302, location }));
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        let body = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(matches!(ok(&body), Err(ErrorKind::NotATokenResponse { shape: BodyShape::BrokenJson, .. })));
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

    /// A name of a text in one of the spellings that services use.
    fn spelled(name: &'static str) -> impl Strategy<Value = String> {
        let capital = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        prop_oneof![
            Just(name.to_owned()),
            Just(capital),
            Just(name.to_uppercase()),
            Just(name.replacen("error", "error_", 1))
        ]
    }

    /// An error object around `text` as gateways nest them, beside members that mean nothing.
    fn nested(text: String) -> impl Strategy<Value = Value> {
        let names = proptest::sample::select(&TEXT_NAMES[..]).prop_flat_map(spelled);
        let wrappers = proptest::collection::vec(
            (proptest::sample::select(&["fault", "error", "errors", "response", "details"][..]), any::<bool>()),
            0..4,
        );
        (names, wrappers).prop_map(move |(name, wrappers)| {
            let innermost = serde_json::json!({ name: text, "timestamp": "2026-11-25", "traceId": 7 });
            wrappers.into_iter().fold(innermost, |inner, (wrapper, in_list)| {
                let inner = if in_list { Value::Array(vec![inner]) } else { inner };
                serde_json::json!({ wrapper: inner, "success": false, "path": "/t" })
            })
        })
    }

    fn said() -> impl Strategy<Value = (String, Value)> {
        "[A-Z][a-z]{2,8}( [a-z]{2,8}){1,4}".prop_flat_map(|text| (Just(text.clone()), nested(text)))
    }

    proptest! {
        #[test]
        fn words_are_found_however_they_are_nested((text, body) in said(), status in prop_oneof![Just(200_u16), Just(403)]) {
            let message = match read(&response(status, &[], body.to_string().as_bytes())) {
                Err(ErrorKind::Status { message, .. } | ErrorKind::NotATokenResponse { message, .. }) => message,
                Err(ErrorKind::OAuth { description, .. }) => description,
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(message, Some(text), "{}", body);
        }

        #[test]
        fn any_bytes_are_read_without_panic(status in 100_u16..1000, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&response(status, &[], &body));
        }

        #[test]
        fn no_failure_ever_shows_the_secret(status in 100_u16..600, body in json_text()) {
            if let Err(kind) = read(&response(status, &[], body.as_bytes())) {
                let shown = format!("{kind} {kind:?}");
                prop_assert!(!shown.contains(SECRET));
            }
        }
    }
}
