//! The provider's schema as `terraform providers schema -json` prints it.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::Value;

/// The provider's name in configurations, and the prefix of its objects.
pub(super) const PROVIDER: &str = "cxone";

/// All that a core knows of the provider.
#[derive(Debug, Deserialize)]
pub struct ProviderSchema {
    pub(super) provider: Object,
    #[serde(default)]
    pub(super) ephemeral_resource_schemas: BTreeMap<String, Object>,
    #[serde(default)]
    pub(super) data_source_schemas: BTreeMap<String, Object>,
    #[serde(default)]
    pub(super) resource_schemas: BTreeMap<String, Object>,
    #[serde(default)]
    pub(super) functions: BTreeMap<String, Function>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Object {
    pub(super) block: Block,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Block {
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    pub(super) block_types: BTreeMap<String, NestedBlock>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) deprecated: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct NestedBlock {
    pub(super) nesting_mode: String,
    pub(super) block: Block,
    #[serde(default)]
    pub(super) min_items: u64,
    #[serde(default)]
    pub(super) max_items: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Attribute {
    /// Absent where `nested_type` stands in for it.
    #[serde(default, rename = "type")]
    pub(super) kind: Value,
    #[serde(default)]
    pub(super) nested_type: Option<NestedType>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) deprecated: bool,
    #[serde(default)]
    pub(super) write_only: bool,
}

/// An attribute that is an object with described attributes.
#[derive(Debug, Deserialize)]
pub(super) struct NestedType {
    pub(super) attributes: BTreeMap<String, Attribute>,
    pub(super) nesting_mode: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Function {
    #[serde(default)]
    pub(super) summary: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) return_type: Value,
    #[serde(default)]
    pub(super) parameters: Vec<Parameter>,
    #[serde(default)]
    pub(super) variadic_parameter: Option<Parameter>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: Value,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) is_nullable: bool,
}

impl ProviderSchema {
    /// Reads the document; it has to be about one provider only.
    ///
    /// # Errors
    /// When it is not such a document.
    pub fn from_json(json: &str) -> anyhow::Result<Self> {
        let mut document: Value = serde_json::from_str(json).context("the schema is not JSON")?;
        let providers = document["provider_schemas"].as_object_mut().context("the document holds no schemas")?;
        ensure!(providers.len() == 1, "the document is about {} providers, not about one", providers.len());
        let (_, provider) = std::mem::take(providers).into_iter().next().context("the document is empty")?;
        serde_json::from_value(provider).context("the schema is of another form")
    }
}
