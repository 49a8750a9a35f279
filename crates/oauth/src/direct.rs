//! Requests without a proxy, by reqwest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::Request;
use hyper::body::Bytes;
use reqwest::{Body, Client, redirect, retry};
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, NamedGroup};

use super::http::HttpSettings;
use super::retry::FailedAttempt;
use super::{ErrorKind, HttpVersion, TimeoutPhase};

/// Sends requests to servers that need no proxy.
pub(crate) struct Direct {
    client: Client,
    handshakes: Arc<Handshakes>,
    connect_limit: Duration,
}

impl Direct {
    /// A client with the TLS configuration `tls`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if reqwest does not accept the configuration.
    pub(crate) fn new(
        settings: &HttpSettings,
        mut tls: ClientConfig,
        connect_limit: Duration,
    ) -> Result<Self, ErrorKind> {
        let handshakes = Arc::new(Handshakes::default());
        // Each client has its own sessions, because a resumed session shows the identity of the first one.
        tls.resumption = Resumption::store(Arc::<Handshakes>::clone(&handshakes));
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            // A redirected POST would carry the credentials to a host that nobody configured.
            .redirect(redirect::Policy::none())
            // `retry` in this crate counts and logs the attempts.
            .retry(retry::never())
            .referer(false)
            // Servers close idle connections without notice, and a request on a closing one fails. A run sends only two
            // or three requests, and TLS sessions are resumed.
            .pool_max_idle_per_host(0)
            // Our own settings decide about proxies, because they can name the variable.
            .no_proxy()
            // As tolerant as gateways and browsers: one odd cookie must not cost the token.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .connect_timeout(connect_limit);
        if settings.http_version == HttpVersion::Http11 {
            builder = builder.http1_only();
        }
        let client = builder.build().map_err(|_| ErrorKind::Setup("the HTTP client could not be set up".into()))?;
        Ok(Self { client, handshakes, connect_limit })
    }

    /// Sends `request` and reads the head of the response.
    ///
    /// # Errors
    ///
    /// The class of the fault.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<hyper::Response<Body>, FailedAttempt> {
        let begun = self.handshakes.begun();
        let sent = async { self.client.execute(reqwest::Request::try_from(request)?).await };
        sent.await.map(Into::into).map_err(|error| FailedAttempt::of_connection(self.classify(&error, begun), &error))
    }

    /// The class of a failure after `begun` handshakes.
    fn classify(&self, error: &reqwest::Error, begun: usize) -> ErrorKind {
        if !error.is_connect() {
            return ErrorKind::of_exchange(error);
        }
        let limit = self.connect_limit;
        match ErrorKind::of_connect(error) {
            Some(kind) => kind,
            None if self.handshakes.begun() > begun => ErrorKind::Timeout { phase: TimeoutPhase::Handshake, limit },
            None => ErrorKind::Timeout { phase: TimeoutPhase::Connect, limit },
        }
    }
}

/// TLS sessions, and the number of handshakes that have begun. reqwest has one time limit for TCP and TLS, and does not
/// say which of them took too long. But rustls queries its sessions for its first message, when TCP is connected.
#[derive(Debug)]
struct Handshakes {
    begun: AtomicUsize,
    sessions: ClientSessionMemoryCache,
}

impl Default for Handshakes {
    fn default() -> Self {
        Self { begun: AtomicUsize::new(0), sessions: ClientSessionMemoryCache::new(SESSIONS) }
    }
}

impl Handshakes {
    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }
}

impl ClientSessionStore for Handshakes {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.sessions.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.sessions.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.sessions.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.sessions.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.sessions.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(&self, server_name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.sessions.insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(&self, server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.sessions.take_tls13_ticket(server_name)
    }
}

// A token service and the hosts of its documents.
const SESSIONS: usize = 8;
