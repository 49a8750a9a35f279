//! Access to private parts of this crate for the benchmarks.

use std::time::SystemTime;

use hyper::header::HeaderMap;
use zeroize::Zeroizing;

use super::masking::Mask;
use super::response::Response;
use super::{ErrorKind, Token, TokenRequest};

/// Reads `body` as a response with status 200 and no headers to `request`.
///
/// # Errors
///
/// The class of the failure if `body` is not a token response.
pub fn read_token_response(body: &[u8], request: &TokenRequest, now: SystemTime) -> Result<Token, ErrorKind> {
    let response = Response { status: 200, headers: HeaderMap::new(), body: Zeroizing::new(body.to_vec()) };
    response.token(request.endpoint.url(), &Mask::for_request(request), now)
}
