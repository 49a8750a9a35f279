//! Finding what a request is about.

use std::collections::BTreeMap;

use tf_provider::Diagnostics;

use crate::adapter::{ErasedDataSource, ErasedEphemeralResource, ErasedFunction, ErasedResource};
use crate::session::Instance;
use crate::wire::error;

impl Instance {
    /// The name by which cores know an object: with the provider's prefix.
    pub(super) fn type_name(&self, name: &str) -> String {
        format!("{}_{name}", self.provider.name())
    }

    pub(super) fn data_source(&self, diags: &mut Diagnostics, type_name: &str) -> Option<&dyn ErasedDataSource> {
        let found = self.find(&self.registry.data_sources, type_name);
        found.or_else(|| self.unknown(diags, "data source", type_name))
    }

    pub(super) fn ephemeral_resource(
        &self,
        diags: &mut Diagnostics,
        type_name: &str,
    ) -> Option<&dyn ErasedEphemeralResource> {
        let found = self.find(&self.registry.ephemeral_resources, type_name);
        found.or_else(|| self.unknown(diags, "ephemeral resource", type_name))
    }

    pub(super) fn resource(&self, diags: &mut Diagnostics, type_name: &str) -> Option<&dyn ErasedResource> {
        let found = self.find(&self.registry.resources, type_name);
        found.or_else(|| self.unknown(diags, "resource", type_name))
    }

    pub(super) fn function(&self, diags: &mut Diagnostics, name: &str) -> Option<&dyn ErasedFunction> {
        let found = self.registry.functions.get(name).map(|function| &**function);
        found.or_else(|| self.unknown(diags, "function", name))
    }

    fn find<'a, T: ?Sized>(&self, objects: &'a BTreeMap<&'static str, Box<T>>, type_name: &str) -> Option<&'a T> {
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
