//! What a provider serves, by name.

use std::collections::BTreeMap;

use tf_provider::{DataSource, Function, Resource};

use super::EphemeralResource;
use super::adapter::{ErasedDataSource, ErasedEphemeralResource, ErasedFunction, ErasedResource, Typed};

/// Collects the typed objects of a provider and serves them by name.
///
/// Names are given without the provider's prefix: `access_token` of the provider `cloud` becomes
/// `cloud_access_token`. A name given twice replaces what it named before.
#[derive(Default)]
pub struct Registry {
    pub(crate) data_sources: BTreeMap<&'static str, Box<dyn ErasedDataSource>>,
    pub(crate) ephemeral_resources: BTreeMap<&'static str, Box<dyn ErasedEphemeralResource>>,
    pub(crate) resources: BTreeMap<&'static str, Box<dyn ErasedResource>>,
    pub(crate) functions: BTreeMap<&'static str, Box<dyn ErasedFunction>>,
}

impl Registry {
    /// Serves `data_source` as `data "<provider>_<name>"`.
    pub fn data_source<D: DataSource + 'static>(&mut self, name: &'static str, data_source: D) {
        self.data_sources.insert(name, Box::new(Typed(data_source)));
    }

    /// Serves `ephemeral_resource` as `ephemeral "<provider>_<name>"`.
    pub fn ephemeral_resource<E: EphemeralResource + 'static>(&mut self, name: &'static str, ephemeral_resource: E) {
        self.ephemeral_resources.insert(name, Box::new(Typed(ephemeral_resource)));
    }

    /// Serves `resource` as `resource "<provider>_<name>"`.
    pub fn resource<R: Resource + 'static>(&mut self, name: &'static str, resource: R) {
        self.resources.insert(name, Box::new(Typed(resource)));
    }

    /// Serves `function` as `provider::<provider>::<name>`.
    pub fn function<F: Function + 'static>(&mut self, name: &'static str, function: F) {
        self.functions.insert(name, Box::new(Typed(function)));
    }
}
