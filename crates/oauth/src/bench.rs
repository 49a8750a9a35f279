//! A door for the benchmarks to what this layer keeps to itself.

use std::time::SystemTime;

use reqwest::header::HeaderMap;
use zeroize::Zeroizing;

use super::answer::Answer;
use super::masking::Mask;
use super::response::read_token;
use super::{ErrorKind, Token, TokenRequest};

/// Reads `body` as it comes with status 200 and no headers in answer to `request`.
///
/// # Errors
///
/// The class of what came instead of a token.
pub fn read_token_response(body: &[u8], request: &TokenRequest, now: SystemTime) -> Result<Token, ErrorKind> {
    let answer = Answer { status: 200, headers: HeaderMap::new(), body: Zeroizing::new(body.to_vec()) };
    read_token(&answer, request.endpoint.url(), &Mask::for_request(request), now)
}
