//! What a provider serves, by name.

use tf_provider::{DataSource, Function};

use super::{EphemeralResource, UpgradeState};

/// Collects the typed objects of a provider and serves them by name.
///
/// Names are given without the provider's prefix: `access_token` becomes `cxone_access_token`.
#[derive(Default)]
pub struct Registry {}

impl Registry {
    /// Serves `data_source` as `data "<provider>_<name>"`.
    pub fn data_source<D: DataSource + 'static>(&mut self, name: &'static str, data_source: D) {
        _ = (name, data_source);
    }

    /// Serves `ephemeral_resource` as `ephemeral "<provider>_<name>"`.
    pub fn ephemeral_resource<E: EphemeralResource + 'static>(&mut self, name: &'static str, ephemeral_resource: E) {
        _ = (name, ephemeral_resource);
    }

    /// Serves `resource` as `resource "<provider>_<name>"`.
    pub fn resource<R: UpgradeState + 'static>(&mut self, name: &'static str, resource: R) {
        _ = (name, resource);
    }

    /// Serves `function` as `provider::<provider>::<name>`.
    pub fn function<F: Function + 'static>(&mut self, name: &'static str, function: F) {
        _ = (name, function);
    }
}
