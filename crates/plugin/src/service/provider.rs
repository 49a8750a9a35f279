//! The provider itself: schemas, its own configuration.

use std::collections::HashMap;
use std::sync::Arc;

use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::{ServerCapabilities, get_metadata, get_provider_schema};
use crate::session::Instance;
use crate::wire::{Encoded, diagnostics_to_wire, function_to_wire, require, schema_to_wire};

pub(super) async fn metadata(instance: Arc<Instance>, _: get_metadata::Request) -> get_metadata::Response {
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

pub(super) async fn schema(instance: Arc<Instance>, _: get_provider_schema::Request) -> get_provider_schema::Response {
    let mut diags = Diagnostics::default();
    let registry = &instance.registry;
    let mut schemas = Collected { instance: &instance, diags: &mut diags };
    let data_source_schemas = schemas.of(&registry.data_sources, |object, diags| object.schema(diags));
    let ephemeral_resource_schemas = schemas.of(&registry.ephemeral_resources, |object, diags| object.schema(diags));
    let resource_schemas = schemas.of(&registry.resources, |object, diags| object.schema(diags));
    let functions = functions(&instance, &mut diags);
    get_provider_schema::Response {
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

/// The signatures of all functions.
pub(super) fn functions(instance: &Instance, diags: &mut Diagnostics) -> HashMap<String, wire::Function> {
    let mut functions = HashMap::new();
    for (name, function) in &instance.registry.functions {
        let schema = function.schema(diags);
        if let Some(schema) = require(diags, schema) {
            functions.insert((*name).to_owned(), function_to_wire(&schema));
        }
    }
    functions
}

pub(super) async fn validate(
    instance: Arc<Instance>,
    request: wire::validate_provider_config::Request,
) -> wire::validate_provider_config::Response {
    let mut diags = Diagnostics::default();
    if let Some(config) = Encoded::from_wire(&mut diags, request.config) {
        instance.provider.validate(&mut diags, config).await;
    }
    wire::validate_provider_config::Response { diagnostics: diagnostics_to_wire(diags) }
}

pub(super) async fn configure(
    instance: Arc<Instance>,
    request: wire::configure_provider::Request,
) -> wire::configure_provider::Response {
    let mut diags = Diagnostics::default();
    if let Some(config) = Encoded::from_wire(&mut diags, request.config) {
        instance.provider.configure(&mut diags, request.terraform_version, config).await;
    }
    wire::configure_provider::Response { diagnostics: diagnostics_to_wire(diags) }
}

/// Collects the schemas of one kind of object after the other.
struct Collected<'a> {
    instance: &'a Instance,
    diags: &'a mut Diagnostics,
}

impl Collected<'_> {
    fn of<T: ?Sized>(
        &mut self,
        objects: &std::collections::BTreeMap<&'static str, Box<T>>,
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
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: false,
    generate_resource_config: false,
};
