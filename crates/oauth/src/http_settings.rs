//! Settings of the HTTP client: plain data, resolved by whoever owns the configuration.

use std::fmt;
use std::time::Duration;

use super::Secret;

/// How requests travel.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// The longest one attempt may take, from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// PEM certificates trusted in addition to the system's roots.
    pub extra_ca_pem: Option<String>,
    /// Our own certificate for mutual TLS.
    pub client_identity: Option<ClientIdentity>,
    /// Accept any server certificate. For experiments alone.
    pub insecure_skip_verify: bool,
    /// Which proxy to go through.
    pub proxy: ProxySettings,
    /// Which HTTP version to speak.
    pub http_version: HttpVersion,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            user_agent: concat!("terraform-provider-cxone/", env!("CARGO_PKG_VERSION")).into(),
            extra_ca_pem: None,
            client_identity: None,
            insecure_skip_verify: false,
            proxy: ProxySettings::None,
            http_version: HttpVersion::Auto,
        }
    }
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request_timeout,
            user_agent,
            extra_ca_pem,
            client_identity,
            insecure_skip_verify,
            proxy,
            http_version,
        } = self;
        formatter
            .debug_struct("HttpSettings")
            .field("request_timeout", request_timeout)
            .field("user_agent", user_agent)
            .field("extra_ca_pem", &extra_ca_pem.is_some())
            .field("client_identity", &client_identity.is_some())
            .field("insecure_skip_verify", insecure_skip_verify)
            .field("proxy", proxy)
            .field("http_version", http_version)
            .finish()
    }
}

/// A certificate chain and its key for mutual TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The chain in PEM, our own certificate first.
    pub certificate_pem: String,
    /// The private key in PEM.
    pub key_pem: Secret,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate_pem: _, key_pem } = self;
        formatter.debug_struct("ClientIdentity").field("key_pem", key_pem).finish_non_exhaustive()
    }
}

/// Which proxy requests go through. Addresses may carry user info, so all of them are secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProxySettings {
    /// None: straight to the server.
    #[default]
    None,
    /// This proxy for every https address.
    Url(Secret),
    /// The values of the conventional environment variables, read by the caller. That for http addresses is not among
    /// them: plain http never takes a proxy.
    Environment {
        /// The variable's name as it is spelled, for messages.
        variable: &'static str,
        /// `https_proxy`: for https addresses; an empty one means none.
        https_proxy: Secret,
        /// `no_proxy`: hosts, domains and networks that are reached directly.
        no_proxy: Option<String>,
    },
}

/// Which HTTP version is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// HTTP/2 where the server offers it (ALPN), else HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1 alone.
    Http11,
}
