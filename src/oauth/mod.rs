//! The OAuth 2.0 token exchange (RFC 6749): requests, answers, scopes, retries and the token cache.
//!
//! Knows nothing of Terraform. Nothing here logs, prints or formats a secret: see [`Secret`].

mod error;
mod secret;

pub use error::{AnswerShape, Error, ErrorKind, ProxyFailure, TimeoutPhase, TlsFailure};
pub use secret::Secret;
