//! The OAuth 2.0 token exchange (RFC 6749): from credentials to a token, with retries and a cache. No message contains
//! a secret.
//!
//! - A [`TokenClient`] accepts a [`TokenRequest`] and returns a [`Token`] or an [`Error`] with one [`ErrorKind`].
//! - The request: `request`, `authentication`, `scope`, `endpoint`, `discovery`.
//! - The transport: `http`, `direct`, `tunnel`, `proxy`, `no_proxy`, `tls`, `trust`, `pem`; and `retry`, `cache`, `clock`.
//! - The response: `response`, `marks`, `certificate`, `token`, `jwt`, `error`, `masking`.
//!
//! Nothing here logs, prints or formats a secret: see [`Secret`].

mod authentication;
#[doc(hidden)]
pub mod bench;
mod cache;
mod certificate;
mod client;
mod clock;
mod direct;
mod discovery;
mod endpoint;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod json;
pub mod jwt;
mod marks;
mod masking;
mod no_proxy;
pub mod pem;
mod proxy;
mod request;
mod response;
mod retry;
mod scope;
mod secret;
mod tls;
mod token;
mod trust;
mod tunnel;

pub use authentication::{ClientAuthentication, percent_encoded};
pub use certificate::ServerCertificate;
pub use client::{LookUp, TokenClient};
pub use clock::{Clock, ManualClock};
pub use discovery::{Discovery, DiscoveryError, InvalidMetadata, Issuer, Metadata};
pub use endpoint::{Endpoint, InvalidEndpoint, is_loopback};
pub use error::{Error, ErrorKind, ProxyFailure, Rejection, TimeoutPhase, TlsFailure};
pub use http::{HttpSettings, HttpVersion};
pub use marks::ResponseMarks;
pub use proxy::{InvalidProxy, PassedBy, ProxySettings};
pub use request::{Grant, MASK, TokenRequest, is_standard_field};
pub use response::BodyShape;
pub use retry::RetryPolicy;
pub use scope::{GrantedScopes, InvalidScope, ScopeDrift, ScopeSet, ScopeSource, StatedScopes, UnreadableScopes};
pub use secret::Secret;
pub use tls::{ClientIdentity, InvalidIdentity};
pub use token::Token;
pub use trust::{TrustStore, TrustedPlace};
