//! What a provider implements.

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use super::Registry;

/// A provider: its own configuration, and everything it registers.
///
/// Shared state (the configured client) is the implementor's, typically behind an `Arc` that is also handed to
/// the data sources, ephemeral resources and resources it registers.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The provider block as decoded from the wire.
    type Config: DeserializeOwned + Send;

    /// The provider's type name, the prefix of every object type: `cloud` in `cloud_network`.
    fn name(&self) -> &'static str;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// Registers data sources, ephemeral resources, resources and functions. Called once.
    fn register(&self, registry: &mut Registry);

    /// Checks the block offline. Called several times a run: no side effects, no network.
    async fn validate(&self, diags: &mut Diagnostics, config: Self::Config);

    /// Takes the configuration. Values can be unknown; that is no error.
    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: Self::Config);

    /// The host asked to stop (`StopProvider`): abandon work in flight. RPCs under way are cancelled by the server.
    fn stop(&self) {}
}
