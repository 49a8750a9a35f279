//! The OAuth 2.0 token exchange (RFC 6749): requests, answers, scopes, retries and the token cache.
//!
//! Knows nothing of Terraform. Nothing here logs, prints or formats a secret: see [`Secret`].

mod answer;
mod answer_shape;
#[doc(hidden)]
pub mod bench;
mod cache;
mod cache_key;
mod certificate;
mod client;
mod clock;
mod credentials;
pub mod discovery;
mod endpoint;
mod error;
mod fault;
#[doc(hidden)]
pub mod fuzzing;
pub mod grant;
mod handshake;
mod http;
mod http_settings;
mod issuer;
pub mod jwt;
mod marks;
mod masking;
mod outgoing;
pub mod pem;
mod preview;
mod request;
mod response;
mod retry;
mod route;
mod scope;
mod secret;
mod slowness;
mod tls;
mod token;

pub use certificate::ServerCertificate;
pub use client::TokenClient;
pub use clock::{Clock, ManualClock};
pub use credentials::percent_encoded;
pub use credentials::{BasicEncoding, ClientAuthentication};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use error::{AnswerShape, Error, ErrorKind, ProxyFailure, TimeoutPhase, TlsFailure};
pub use http_settings::{ClientIdentity, HttpSettings, HttpVersion, ProxySettings};
pub use issuer::Issuer;
pub use marks::ResponseMarks;
pub use outgoing::is_standard_field;
pub use preview::MASK;
pub use request::{Grant, TokenRequest};
pub use retry::RetryPolicy;
pub use route::{InvalidProxy, PassedBy};
pub use scope::{InvalidScope, ScopeSet};
pub use secret::Secret;
pub use token::Token;
