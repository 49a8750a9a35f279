//! The stand-in: its registered clients and its history, shared by all connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::client::Client;
use crate::clock;
use crate::config::{AccessKey, Config, Tenant};
use crate::counters::Counters;
use crate::exchange::Registered;
use crate::fault::Faults;
use crate::journal::Journal;
use crate::mint::Mint;
use crate::signer::Signer;

/// The settings of the journal.
#[derive(Clone, Copy)]
pub(crate) struct Recording {
    /// Whether credentials stay readable in the journal.
    pub(crate) secrets: bool,
    /// Whether each request is one line on standard error.
    pub(crate) verbose: bool,
}

/// The stand-in service.
pub(crate) struct Sandbox {
    address: SocketAddr,
    tenant: Tenant,
    issuer: String,
    signer: Signer,
    recording: Recording,
    state: Mutex<State>,
}

/// The changing part.
pub(crate) struct State {
    pub(crate) clients: BTreeMap<String, Client>,
    pub(crate) access_keys: BTreeMap<String, AccessKey>,
    pub(crate) journal: Journal,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
}

impl Sandbox {
    /// A service that listens on `address`.
    ///
    /// # Errors
    /// No signing key can be made.
    pub(crate) fn try_new(config: Config, address: SocketAddr, recording: Recording) -> anyhow::Result<Self> {
        let Config { tenant, clients, access_keys } = config;
        let issuer = tenant.issuer.clone().unwrap_or_else(|| format!("http://{address}"));
        let (journal, counters, faults) = Default::default();
        let state = Mutex::new(State { clients, access_keys, journal, counters, faults });
        Ok(Self { address, tenant, issuer, signer: Signer::try_new()?, recording, state })
    }

    /// The base address, without a final slash.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The issuer in tokens and discovery documents.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The tenant in tokens and discovery documents.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The signer of the tokens.
    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The settings of the journal.
    pub(crate) fn recording(&self) -> Recording {
        self.recording
    }

    /// A mint with the current time.
    pub(crate) fn mint(&self) -> Mint<'_> {
        Mint { signer: &self.signer, tenant: &self.tenant, issuer: &self.issuer, now: clock::unix_seconds() }
    }

    /// The changing part. Never held across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a single assignment or count, so a panic elsewhere cannot leave it inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The registered clients and access keys.
    pub(crate) fn registered(&self) -> Registered<'_> {
        Registered { clients: &self.clients, access_keys: &self.access_keys }
    }
}
