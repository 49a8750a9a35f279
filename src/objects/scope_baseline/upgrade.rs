//! States that other versions of the schema wrote.

use serde_json::{Map, Value};

/// The version of the schema. Raise it when a stored attribute changes its meaning or its type, and say in
/// [`upgrade`] how the old form becomes the new.
pub const SCHEMA_VERSION: i64 = 1;

/// The attributes of a stored state.
const ATTRIBUTES: [&str; 8] = [
    "scopes",
    "claims",
    "granted_scopes",
    "missing_scopes",
    "extra_scopes",
    "changed_claims",
    "scope_source",
    "last_verified_at",
];

/// Why a stored state cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// Not an object.
    #[error("the stored state is not an object")]
    NotAnObject,
}

/// Brings a state that an older provider stored to [`SCHEMA_VERSION`]: attributes that are no more are left out, and those that are new are
/// null until CXone is asked, which the read after every upgrade does.
pub fn upgrade(state: Value) -> Result<Value, UpgradeError> {
    let Value::Object(mut stored) = state else { return Err(UpgradeError::NotAnObject) };
    let current: Map<_, _> =
        ATTRIBUTES.into_iter().map(|name| (name.to_owned(), stored.remove(name).unwrap_or(Value::Null))).collect();
    Ok(Value::Object(current))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::scope_baseline::schema;
    use crate::objects::scope_baseline::state::BaselineState;
    use serde_json::json;

    #[test]
    fn an_older_state_keeps_what_still_is_and_gains_the_rest() {
        let old = json!({"scopes": ["a"], "granted_scopes": ["a"], "id": "left behind"});
        let expected = json!({
            "scopes": ["a"], "granted_scopes": ["a"], "missing_scopes": null, "extra_scopes": null,
            "claims": null, "changed_claims": null, "scope_source": null, "last_verified_at": null,
        });
        let upgraded = upgrade(old).unwrap();
        assert_eq!(upgraded, expected);
        assert!(serde_json::from_value::<BaselineState>(upgraded).is_ok());
    }

    #[test]
    fn a_state_that_is_no_object_is_refused() {
        assert_eq!(upgrade(json!([])), Err(UpgradeError::NotAnObject));
    }

    #[test]
    fn the_upgrade_knows_every_attribute_of_the_schema() {
        let mut names: Vec<_> = schema().block.attributes.into_keys().collect();
        let mut known = ATTRIBUTES.map(str::to_owned);
        names.sort();
        known.sort();
        assert_eq!(names, known);
        assert_eq!(schema().version, SCHEMA_VERSION);
    }
}
