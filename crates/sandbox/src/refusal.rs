//! A rejected request, in the terms of RFC 6749 section 5.2.

use hyper::StatusCode;

/// Why a request gets no token.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// The `error` code.
    pub(crate) error: &'static str,
    /// The `error_description`. Never quotes a credential.
    pub(crate) description: String,
    /// The registered client of the request, for the counters.
    pub(crate) client_id: Option<String>,
}

impl Refusal {
    /// 400 `invalid_request`.
    pub(crate) fn request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// 401 `invalid_client`.
    pub(crate) fn client(description: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
    }

    /// 400 `invalid_scope`.
    pub(crate) fn scope(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_scope", description)
    }

    /// Any other rejection.
    pub(crate) fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), client_id: None }
    }

    /// Adds the registered client that was rejected.
    pub(crate) fn of(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }
}
