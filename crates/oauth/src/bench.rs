//! A door for the benchmarks to what this crate keeps to itself.

use std::time::SystemTime;

use hyper::header::HeaderMap;
use zeroize::Zeroizing;

use super::masking::Mask;
use super::response::Response;
use super::{ErrorKind, Token, TokenRequest};

/// Reads `body` as it comes with status 200 and no headers in response to `request`.
///
/// # Errors
///
/// The class of what came instead of a token.
pub fn read_token_response(body: &[u8], request: &TokenRequest, now: SystemTime) -> Result<Token, ErrorKind> {
    let response = Response { status: 200, headers: HeaderMap::new(), body: Zeroizing::new(body.to_vec()) };
    response.token(request.endpoint.url(), &Mask::for_request(request), now)
}
