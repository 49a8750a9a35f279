//! Responses.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, PRAGMA, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::refusal::Refusal;

/// A complete response.
pub(crate) type Answer = Response<Full<Bytes>>;

/// A JSON response.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(body) => with_body(status, "application/json", body),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A response without a body.
pub(crate) fn plain(status: StatusCode) -> Answer {
    let mut answer = Answer::default();
    *answer.status_mut() = status;
    answer
}

/// The response with a token.
pub(crate) fn token(body: &Value) -> Answer {
    no_store(json(StatusCode::OK, body))
}

/// A rejection in the spelling of RFC 6749 section 5.2.
pub(crate) fn refusal(refusal: &Refusal) -> Answer {
    let body = json!({ "error": refusal.error, "error_description": refusal.description });
    with_challenge(no_store(json(refusal.status, &body)))
}

/// A rejection in the camelCase spelling of CXone's regional services.
pub(crate) fn camel_case_refusal(refusal: &Refusal) -> Answer {
    let body = json!({ "error": refusal.error, "errorDescription": refusal.description });
    no_store(json(refusal.status, &body))
}

/// The response of an injected fault.
///
/// Leaves out headers that HTTP does not allow.
pub(crate) fn fault(fault: &Fault, status: u16) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = with_body(status, "application/json", fault.body().into_bytes());
    for (name, value) in fault.headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn with_body(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// RFC 6749 section 5.1: no response with a token may be cached.
fn no_store(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

fn with_challenge(mut answer: Answer) -> Answer {
    match answer.status() {
        StatusCode::UNAUTHORIZED => {
            let challenge = HeaderValue::from_static("Basic realm=\"cxone-sandbox\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    answer
}
