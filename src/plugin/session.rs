//! Which provider instance answers which connection, and what interrupts its work.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::{
    Provider, Registry,
    adapter::{ErasedProvider, Typed},
};

/// A provider with all it serves.
pub(crate) struct Instance {
    pub(crate) provider: Box<dyn ErasedProvider>,
    pub(crate) registry: Registry,
}

/// All connections of the process.
pub(crate) struct Sessions {
    factory: Box<dyn Fn() -> Instance + Send + Sync>,
    /// Set where all connections share one instance: a core starts a process for every configuration of its own.
    shared: Option<Arc<Session>>,
    /// What answers connections that have configured nothing; replaced by each configuration.
    latest: Mutex<Arc<Instance>>,
    /// Cancelled when the process ends.
    ended: CancellationToken,
}

/// One connection, or all of them where they share an instance.
pub(crate) struct Session {
    /// The instance that this connection configured.
    own: Mutex<Option<Arc<Instance>>>,
    /// Cancelled to interrupt the calls under way, and then replaced.
    interrupt: Mutex<CancellationToken>,
}

impl Sessions {
    /// Serves instances of `factory`: one for all connections, or, if `apart`, one for each connection that
    /// configures one. `ended` interrupts everything for good.
    pub(crate) fn new<P: Provider>(
        factory: impl Fn() -> P + Send + Sync + 'static,
        apart: bool,
        ended: CancellationToken,
    ) -> Arc<Self> {
        let factory = move || Instance::new(factory());
        let first = Arc::new(factory());
        let shared = (!apart).then(|| Arc::new(Session::new(Some(Arc::clone(&first)), &ended)));
        Arc::new(Self { factory: Box::new(factory), shared, latest: Mutex::new(first), ended })
    }

    /// The session of a new connection.
    pub(crate) fn connect(&self) -> Arc<Session> {
        self.shared.clone().unwrap_or_else(|| Arc::new(Session::new(None, &self.ended)))
    }

    /// The instance that answers `session`: its own, else the one configured last. A core that lost an idle
    /// connection opens another and does not configure it again.
    pub(crate) fn instance(&self, session: &Session) -> Arc<Instance> {
        lock(&session.own).clone().unwrap_or_else(|| Arc::clone(&lock(&self.latest)))
    }

    /// The instance that `session` is about to configure.
    pub(crate) fn instance_to_configure(&self, session: &Session) -> Arc<Instance> {
        let instance = Arc::clone(lock(&session.own).get_or_insert_with(|| Arc::new((self.factory)())));
        *lock(&self.latest) = Arc::clone(&instance);
        instance
    }

    /// The process is about to end: whatever is under way has been interrupted by the token given to
    /// [`new`](Self::new); this lets the provider let go of what it holds.
    pub(crate) fn stop(&self) {
        lock(&self.latest).provider.stop();
    }
}

impl Session {
    fn new(own: Option<Arc<Instance>>, ended: &CancellationToken) -> Self {
        Self { own: Mutex::new(own), interrupt: Mutex::new(ended.child_token()) }
    }

    /// Cancelled as soon as the host wants the calls of this moment to stop.
    pub(crate) fn interrupted(&self) -> CancellationToken {
        lock(&self.interrupt).clone()
    }

    /// Interrupts the calls under way; later ones work again.
    pub(crate) fn interrupt(&self, sessions: &Sessions) {
        if let Some(instance) = &*lock(&self.own) {
            instance.provider.stop();
        }
        let interrupted = std::mem::replace(&mut *lock(&self.interrupt), sessions.ended.child_token());
        interrupted.cancel();
    }
}

impl Instance {
    fn new<P: Provider>(provider: P) -> Self {
        let provider: Box<dyn ErasedProvider> = Box::new(Typed(provider));
        let mut registry = Registry::default();
        provider.register(&mut registry);
        Self { provider, registry }
    }
}

/// A panic elsewhere does not make these values wrong: each is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
