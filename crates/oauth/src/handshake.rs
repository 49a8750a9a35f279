//! Noticing that a TLS handshake has begun: what tells a connection without a reply from no connection at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::NamedGroup;
use rustls::client::{ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

/// How many TLS handshakes have begun. reqwest has one time limit for connecting and for TLS and does not say which of them
/// it cut off.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(Arc<AtomicUsize>);

impl Handshakes {
    /// How many have begun so far.
    pub(crate) fn begun(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A store of sessions that counts the handshakes it is asked for.
    pub(crate) fn sessions(&self) -> Arc<dyn ClientSessionStore> {
        let sessions = ClientSessionMemoryCache::new(SESSIONS);
        Arc::new(CountedSessions { begun: Arc::clone(&self.0), sessions })
    }
}

/// rustls looks into its store when it writes its greeting, and so when the TCP connection is there.
#[derive(Debug)]
struct CountedSessions {
    begun: Arc<AtomicUsize>,
    sessions: ClientSessionMemoryCache,
}

impl ClientSessionStore for CountedSessions {
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

/// A token service and the host of its documents.
const SESSIONS: usize = 8;
