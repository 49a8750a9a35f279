//! The OAuth 2.0 token exchange (RFC 6749): from credentials to a token, with retries, a cache and nothing in a message
//! that may not be shown.
//!
//! - A [`TokenClient`] takes a [`TokenRequest`] and gives a [`Token`] or an [`Error`], whose [`ErrorKind`] is one diagnosis.
//! - `request`, `authentication`, `scope`, `endpoint`, `discovery`: what is asked, of whom.
//! - `http`, `connection`, `proxy`, `no_proxy`, `tls`, `trust`, `pem`: how it travels. `retry`, `cache`, `clock`: how often.
//! - `response`, `marks`, `certificate`, `token`, `jwt`, `error`, `masking`: what came back.
//!
//! Nothing here logs, prints or formats a secret: see [`Secret`].

mod authentication;
#[doc(hidden)]
pub mod bench;
mod cache;
mod certificate;
mod client;
mod clock;
mod connection;
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
