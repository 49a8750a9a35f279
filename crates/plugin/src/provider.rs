//! The provider: its trait, its registry, and the RPCs about it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use tf_provider::schema::Schema;
use tf_provider::{DataSource, Diagnostics, Function, Resource};

use crate::caller::Instance;
use crate::data_source::ErasedDataSource;
use crate::ephemeral_resource::{EphemeralResource, ErasedEphemeralResource};
use crate::function::ErasedFunction;
use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::{ServerCapabilities, get_metadata, get_provider_schema};
use crate::resource::ErasedResource;
use crate::wire::{Encoded, diagnostics_to_wire, function_to_wire, require, schema_to_wire};

/// A provider: its configuration, and all objects that it registers.
///
/// The implementor owns shared state, such as the configured client, typically in an `Arc` that the registered objects
/// share.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The decoded provider block.
    type Config: DeserializeOwned + Send;

    /// The provider's type name, the prefix of every object type: `cloud` in `cloud_network`.
    fn name(&self) -> &'static str;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// Registers data sources, ephemeral resources, resources and functions. Called once.
    fn register(&self, registry: &mut Registry);

    /// Validates the block offline. Called before every `configure` and by `validate`, so it must not have side effects
    /// or use the network.
    async fn validate(&self, diags: &mut Diagnostics, config: Self::Config);

    /// Configures the provider. At plan, values can be unknown, and the core still reads and plans with this provider:
    /// remember unknown values, and do not replace them by defaults. Do not rely on `terraform_version`: OpenTofu 1.12
    /// always sends "1.13.0".
    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: Self::Config);

    /// The host asked to stop, or the process ends: cancel the work in flight, and close open resources. The server
    /// cancels the RPCs in flight, and rejects later ones except `close`.
    fn stop(&self) {}
}

/// The typed objects of a provider by their names.
///
/// Names have no provider prefix: `access_token` of the provider `cloud` becomes `cloud_access_token`. A repeated name
/// replaces the earlier object.
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

/// A typed object behind its erased trait. The RPCs have no type parameters.
pub(crate) struct Typed<T>(pub(crate) T);

/// A [`Provider`] with any configuration type.
#[async_trait]
pub(crate) trait ErasedProvider: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn register(&self, registry: &mut Registry);
    async fn validate(&self, diags: &mut Diagnostics, config: Encoded);
    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: Encoded);
    fn stop(&self);
}

#[async_trait]
impl<P: Provider> ErasedProvider for Typed<P> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn schema(&self) -> Schema {
        self.0.schema()
    }

    fn register(&self, registry: &mut Registry) {
        self.0.register(registry);
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Encoded) {
        if let Some(config) = config.decode(diags) {
            self.0.validate(diags, config).await;
        }
    }

    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: Encoded) {
        if let Some(config) = config.decode(diags) {
            self.0.configure(diags, terraform_version, config).await;
        }
    }

    fn stop(&self) {
        self.0.stop();
    }
}

pub(crate) async fn metadata(instance: Arc<Instance>, _: get_metadata::Request) -> get_metadata::Response {
    let types = |names: Vec<&&'static str>| {
        let named = |name: &&'static str| get_metadata::TypeMetadata { type_name: instance.type_name(name) };
        names.into_iter().map(named).collect()
    };
    let registry = &instance.registry;
    let function = |name: &&'static str| get_metadata::FunctionMetadata { name: (*name).to_owned() };
    get_metadata::Response {
        server_capabilities: Some(CAPABILITIES),
        data_sources: types(registry.data_sources.keys().collect()),
        resources: types(registry.resources.keys().collect()),
        ephemeral_resources: types(registry.ephemeral_resources.keys().collect()),
        functions: registry.functions.keys().map(function).collect(),
        ..get_metadata::Response::default()
    }
}

pub(crate) async fn schema(instance: Arc<Instance>, _: get_provider_schema::Request) -> get_provider_schema::Response {
    let mut diags = Diagnostics::default();
    let registry = &instance.registry;
    let mut schemas = Collected { instance: &instance, diags: &mut diags };
    let data_source_schemas = schemas.of(&registry.data_sources, |object, diags| object.schema(diags));
    let ephemeral_resource_schemas = schemas.of(&registry.ephemeral_resources, |object, diags| object.schema(diags));
    let resource_schemas = schemas.of(&registry.resources, |object, diags| object.schema(diags));
    // Not only in GetFunctions: Terraform never calls it, OpenTofu only for functions that are missing here.
    let functions = functions(&instance, &mut diags);
    get_provider_schema::Response {
        // Even for an empty block. Without it, the core reports "missing provider schema".
        provider: Some(schema_to_wire(&instance.provider.schema())),
        data_source_schemas,
        ephemeral_resource_schemas,
        resource_schemas,
        functions,
        diagnostics: diagnostics_to_wire(diags),
        server_capabilities: Some(CAPABILITIES),
        ..get_provider_schema::Response::default()
    }
}

pub(crate) fn functions(instance: &Instance, diags: &mut Diagnostics) -> HashMap<String, wire::Function> {
    let mut functions = HashMap::new();
    for (name, function) in &instance.registry.functions {
        let schema = function.schema(diags);
        if let Some(schema) = require(diags, schema) {
            functions.insert((*name).to_owned(), function_to_wire(&schema));
        }
    }
    functions
}

pub(crate) async fn validate(
    instance: Arc<Instance>,
    request: wire::validate_provider_config::Request,
) -> wire::validate_provider_config::Response {
    let mut diags = Diagnostics::default();
    if let Some(config) = Encoded::from_wire(&mut diags, request.config) {
        instance.provider.validate(&mut diags, config).await;
    }
    wire::validate_provider_config::Response { diagnostics: diagnostics_to_wire(diags) }
}

pub(crate) async fn configure(
    instance: Arc<Instance>,
    request: wire::configure_provider::Request,
) -> wire::configure_provider::Response {
    let mut diags = Diagnostics::default();
    if let Some(config) = Encoded::from_wire(&mut diags, request.config) {
        instance.provider.configure(&mut diags, request.terraform_version, config).await;
    }
    wire::configure_provider::Response { diagnostics: diagnostics_to_wire(diags) }
}

struct Collected<'a> {
    instance: &'a Instance,
    diags: &'a mut Diagnostics,
}

impl Collected<'_> {
    fn of<T: ?Sized>(
        &mut self,
        objects: &BTreeMap<&'static str, Box<T>>,
        schema: impl Fn(&T, &mut Diagnostics) -> Option<Schema>,
    ) -> HashMap<String, wire::Schema> {
        let mut schemas = HashMap::new();
        for (name, object) in objects {
            let schema = schema(object, self.diags);
            if let Some(schema) = require(self.diags, schema) {
                schemas.insert(self.instance.type_name(name), schema_to_wire(&schema));
            }
        }
        schemas
    }
}

const CAPABILITIES: ServerCapabilities = ServerCapabilities {
    // Without it, the core would not ask before a destruction, and a provider could not refuse one at plan.
    plan_destroy: true,
    // A core starts three to five processes in a run. With this, it asks only the first one for the schema.
    get_provider_schema_optional: true,
    move_resource_state: false,
    generate_resource_config: false,
};
