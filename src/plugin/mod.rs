//! Terraform's plugin protocol, version 6: handshake, transport, RPCs and the typed traits a provider implements.
//!
//! Serves `tf_provider`'s [`DataSource`], [`Resource`] and [`Function`] and adds [`EphemeralResource`] in the same
//! style. Nothing here knows what the provider is for.

mod ephemeral_resource;
mod provider;
mod registry;
mod upgrade;

pub use ephemeral_resource::{EphemeralResource, Opened, Renewed};
pub use provider::Provider;
pub use registry::Registry;
pub use tf_provider::{AttributePath, AttributePathStep, DataSource, Diagnostic, Diagnostics, Function, Resource};
pub use tf_provider::{schema, value};
pub use upgrade::UpgradeState;
