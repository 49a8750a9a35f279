//! The provider instance of each connection, and the stop of its work.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tf_provider::Diagnostics;
use tokio_util::sync::CancellationToken;

use crate::data_source::ErasedDataSource;
use crate::ephemeral_resource::ErasedEphemeralResource;
use crate::function::ErasedFunction;
use crate::proto::tfplugin6::DynamicValue;
use crate::provider::{ErasedProvider, Provider, Registry, Typed};
use crate::resource::ErasedResource;
use crate::wire::error;

/// A provider with all its objects.
pub(crate) struct Instance {
    pub(crate) provider: Box<dyn ErasedProvider>,
    pub(crate) registry: Registry,
}

/// All connections of the process.
pub(crate) struct Callers {
    factory: Box<dyn Fn() -> Instance + Send + Sync>,
    /// Set if all connections share one instance: a core starts one process for each configuration.
    shared: Option<Arc<Caller>>,
    /// For connections that have configured nothing.
    fallback: Mutex<Fallback>,
    /// Makes fingerprints of configurations, because the configurations themselves are secret and not kept.
    fingerprints: RandomState,
    /// All instances that can still be alive.
    instances: Mutex<Vec<Weak<Instance>>>,
    /// Cancelled at the end of the process.
    ended: CancellationToken,
}

/// The instance for connections that have configured nothing. A core that lost an idle connection opens another one,
/// and does not configure it again. If all configurations so far are equal, that one is meant. If not, any choice could
/// act for another tenant, so these connections get an unconfigured instance.
struct Fallback {
    instance: Arc<Instance>,
    configurations: Configurations,
}

/// The configurations that the process has received.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Configurations {
    None,
    /// One, received any number of times, as its fingerprint.
    One(u64),
    Several,
}

/// One connection, or all connections that share an instance.
pub(crate) struct Caller {
    /// The instance that this connection has configured.
    own: Mutex<Option<Arc<Instance>>>,
    /// Cancelled by a stop, permanently. A core that stops is about to end, and starts another process or connection
    /// for later work. If a stop were temporary, a call that arrives just after it would run as if there had been none.
    stopped: CancellationToken,
}

impl Callers {
    /// Serves instances of `factory`: one for all connections, or, if `apart`, one for each connection that configures
    /// one. `ended` permanently interrupts all work.
    pub(crate) fn new<P: Provider>(
        factory: impl Fn() -> P + Send + Sync + 'static,
        apart: bool,
        ended: CancellationToken,
    ) -> Arc<Self> {
        let factory = move || Instance::new(factory());
        let first = Arc::new(factory());
        // A host starts a process for each configuration, but can use several connections.
        let shared = (!apart).then(|| Arc::new(Caller::new(Some(Arc::clone(&first)), &ended)));
        let instances = Mutex::new(vec![Arc::downgrade(&first)]);
        let fallback = Mutex::new(Fallback { instance: first, configurations: Configurations::None });
        let fingerprints = RandomState::new();
        Arc::new(Self { factory: Box::new(factory), shared, fallback, fingerprints, instances, ended })
    }

    /// The caller of a new connection.
    pub(crate) fn connect(&self) -> Arc<Caller> {
        self.shared.clone().unwrap_or_else(|| Arc::new(Caller::new(None, &self.ended)))
    }

    /// The instance of `caller`: its own, else the [`Fallback`].
    pub(crate) fn instance(&self, caller: &Caller) -> Arc<Instance> {
        lock(&caller.own).clone().unwrap_or_else(|| Arc::clone(&lock(&self.fallback).instance))
    }

    /// The instance that `caller` will configure with `config`.
    pub(crate) fn instance_to_configure(&self, caller: &Caller, config: Option<&DynamicValue>) -> Arc<Instance> {
        fn bytes(config: &DynamicValue) -> (&[u8], &[u8]) {
            (&config.msgpack, &config.json)
        }
        let instance = Arc::clone(lock(&caller.own).get_or_insert_with(|| self.new_instance()));
        let configuration = Configurations::One(self.fingerprints.hash_one(config.map_or((&[][..], &[][..]), bytes)));
        let mut fallback = lock(&self.fallback);
        if [Configurations::None, configuration].contains(&fallback.configurations) {
            *fallback = Fallback { instance: Arc::clone(&instance), configurations: configuration };
        } else if fallback.configurations != Configurations::Several {
            *fallback = Fallback { instance: self.new_instance(), configurations: Configurations::Several };
        }
        instance
    }

    /// Interrupts the work for a host, as its `StopProvider` would.
    pub(crate) fn interrupt(&self) {
        if let Some(caller) = &self.shared {
            // A panic must not end a serving process.
            _ = catch_unwind(AssertUnwindSafe(|| caller.stop()));
        }
    }

    /// Cancelled at the end of the process.
    pub(crate) fn ended(&self) -> &CancellationToken {
        &self.ended
    }

    /// Lets every instance release its resources before the process ends. The token of [`new`](Self::new) has already
    /// interrupted the work.
    pub(crate) fn stop(&self) {
        for instance in lock(&self.instances).iter().filter_map(Weak::upgrade) {
            // A panic must not prevent the clean-up of the others or of the socket.
            _ = catch_unwind(AssertUnwindSafe(|| instance.provider.stop()));
        }
    }

    fn new_instance(&self) -> Arc<Instance> {
        let instance = Arc::new((self.factory)());
        let mut instances = lock(&self.instances);
        // A process for a debugger runs for days, so dropped instances must not accumulate.
        instances.retain(|instance| instance.strong_count() > 0);
        instances.push(Arc::downgrade(&instance));
        instance
    }
}

impl Caller {
    fn new(own: Option<Arc<Instance>>, ended: &CancellationToken) -> Self {
        Self { own: Mutex::new(own), stopped: ended.child_token() }
    }

    /// Cancelled after the host has asked to stop, and at the end of the process.
    pub(crate) fn stopped(&self) -> &CancellationToken {
        &self.stopped
    }

    /// Interrupts the calls in flight, and all later ones.
    pub(crate) fn stop(&self) {
        self.stopped.cancel();
        // Without the lock, because this runs the provider's own code.
        let own = lock(&self.own).clone();
        if let Some(instance) = own {
            instance.provider.stop();
        }
    }
}

impl Instance {
    fn new<P: Provider>(provider: P) -> Self {
        let provider: Box<dyn ErasedProvider> = Box::new(Typed(provider));
        let mut registry = Registry::default();
        provider.register(&mut registry);
        Self { provider, registry }
    }

    /// The name of an object in a core: with the provider's prefix.
    pub(crate) fn type_name(&self, name: &str) -> String {
        format!("{}_{name}", self.provider.name())
    }

    pub(crate) fn data_source(&self, diags: &mut Diagnostics, type_name: &str) -> Option<&dyn ErasedDataSource> {
        let found = self.find(&self.registry.data_sources, type_name);
        found.or_else(|| self.unknown(diags, "data source", type_name))
    }

    pub(crate) fn ephemeral_resource(
        &self,
        diags: &mut Diagnostics,
        type_name: &str,
    ) -> Option<&dyn ErasedEphemeralResource> {
        let found = self.find(&self.registry.ephemeral_resources, type_name);
        found.or_else(|| self.unknown(diags, "ephemeral resource", type_name))
    }

    pub(crate) fn resource(&self, diags: &mut Diagnostics, type_name: &str) -> Option<&dyn ErasedResource> {
        let found = self.find(&self.registry.resources, type_name);
        found.or_else(|| self.unknown(diags, "resource", type_name))
    }

    pub(crate) fn function(&self, diags: &mut Diagnostics, name: &str) -> Option<&dyn ErasedFunction> {
        let found = self.registry.functions.get(name).map(|function| &**function);
        found.or_else(|| self.unknown(diags, "function", name))
    }

    fn find<'a, T: ?Sized>(&self, objects: &'a BTreeMap<&'static str, Box<T>>, type_name: &str) -> Option<&'a T> {
        // Cores find a provider by the prefix of the type, so every type name begins with the provider's name.
        let name = type_name.strip_prefix(self.provider.name())?.strip_prefix('_')?;
        objects.get(name).map(|object| &**object)
    }

    fn unknown<T>(&self, diags: &mut Diagnostics, kind: &str, name: &str) -> Option<T> {
        let provider = self.provider.name();
        diags.errors.push(error(
            format!("Unknown {kind}"),
            format!("This version of the provider \"{provider}\" has no {kind} named \"{name}\"."),
        ));
        None
    }
}

/// A panic elsewhere cannot leave these values inconsistent: each is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use serde::Deserialize;
    use tf_provider::schema::{Block, Schema};

    use super::*;

    /// A provider that counts its stops.
    struct Counted(Arc<AtomicUsize>);

    #[derive(Deserialize)]
    struct Nothing;

    #[async_trait]
    impl Provider for Counted {
        type Config = Nothing;

        fn name(&self) -> &'static str {
            "counted"
        }

        fn schema(&self) -> Schema {
            Schema { version: 0, block: Block::default() }
        }

        fn register(&self, _: &mut Registry) {}

        async fn validate(&self, _: &mut Diagnostics, _: Nothing) {}

        async fn configure(&self, _: &mut Diagnostics, _: String, _: Nothing) {}

        fn stop(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn callers(apart: bool) -> (Arc<Callers>, Arc<AtomicUsize>, CancellationToken) {
        let (stops, ended) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let counter = Arc::clone(&stops);
        (Callers::new(move || Counted(Arc::clone(&counter)), apart, ended.clone()), stops, ended)
    }

    #[test]
    fn a_stop_reaches_what_one_host_runs_and_nothing_of_another_connection_of_a_standalone_process() {
        for (apart, expected) in [(false, 1), (true, 0)] {
            let (callers, stops, ended) = callers(apart);
            let [one, other] = [callers.connect(), callers.connect()];
            other.stop();
            assert!(other.stopped().is_cancelled());
            assert_eq!((one.stopped().is_cancelled(), stops.load(Ordering::Relaxed)), (!apart, expected));
            let next = callers.connect();
            assert_eq!(next.stopped().is_cancelled(), !apart, "a stop lasts");
            ended.cancel();
            assert!(next.stopped().is_cancelled() && one.stopped().is_cancelled());
        }
    }

    #[test]
    fn ctrl_c_stops_what_a_host_runs_and_nothing_of_a_standalone_process() {
        for (apart, expected) in [(false, 1), (true, 0)] {
            let (callers, stops, _) = callers(apart);
            let connection = callers.connect();
            callers.interrupt();
            assert_eq!((connection.stopped().is_cancelled(), stops.load(Ordering::Relaxed)), (!apart, expected));
            assert_eq!(callers.connect().stopped().is_cancelled(), !apart);
        }
    }

    #[test]
    fn the_end_stops_every_instance_that_is_left() {
        let (callers, stops, _) = callers(true);
        let connections = [callers.connect(), callers.connect()];
        for connection in &connections {
            callers.instance_to_configure(connection, Some(&DynamicValue::default()));
        }
        callers.stop();
        assert_eq!(stops.load(Ordering::Relaxed), 2, "the first provider, never configured, is gone");
    }
}
