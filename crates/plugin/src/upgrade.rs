//! State upgrades of managed resources.

use serde_json::Value;
use tf_provider::{Diagnostics, Resource};

/// Brings a state stored by an older version of the schema to the current one.
///
/// Beside [`Resource`] because `tf_provider`'s own `upgrade` takes a type that it does not export.
pub trait UpgradeState: Resource {
    /// `state` as stored (a JSON object) by schema `version`; returns it in the current schema's form, `None` after
    /// an error. Only called for versions other than the current one.
    fn upgrade_state(&self, diags: &mut Diagnostics, version: i64, state: Value) -> Option<Value>;
}
