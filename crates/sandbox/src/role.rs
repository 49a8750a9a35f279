//! The role of an access key's employee, as in CXone's tokens.

use serde::Deserialize;
use serde_json::{Value, json};

/// A role. At CXone, it decides the permissions of an access key, which has no scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) id: String,
    pub(crate) legacy_id: String,
    /// The time of the last edit of the role, in milliseconds since the Unix epoch.
    pub(crate) last_update_time: i64,
    pub(crate) secondary_roles: Vec<String>,
}

/// A change to a role. Absent members keep their value.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RoleChange {
    id: Option<String>,
    legacy_id: Option<String>,
    last_update_time: Option<i64>,
    secondary_roles: Option<Vec<String>>,
}

impl Role {
    /// Applies every present member of `change`.
    pub(crate) fn apply(&mut self, change: RoleChange) {
        let RoleChange { id, legacy_id, last_update_time, secondary_roles } = change;
        *self = Self {
            id: id.unwrap_or_else(|| self.id.clone()),
            legacy_id: legacy_id.unwrap_or_else(|| self.legacy_id.clone()),
            last_update_time: last_update_time.unwrap_or(self.last_update_time),
            secondary_roles: secondary_roles.unwrap_or_else(|| self.secondary_roles.clone()),
        };
    }

    /// The claim `role`.
    pub(crate) fn claim(&self) -> Value {
        let Self { id, legacy_id, last_update_time, secondary_roles } = self;
        json!({
            "legacyId": legacy_id, "id": id, "lastUpdateTime": last_update_time, "secondaryRoles": secondary_roles,
        })
    }
}

impl Default for Role {
    fn default() -> Self {
        Self {
            id: "11e70000-0a1e-b0c5-0000-0242ac110002".to_owned(),
            legacy_id: "Administrator".to_owned(),
            last_update_time: 1_700_000_000_000,
            secondary_roles: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_unnamed_members_alone() {
        let mut role = Role::default();
        role.apply(serde_json::from_str(r#"{"id":"r-2","secondary_roles":["s-1"]}"#).unwrap());
        assert_eq!(
            role.claim(),
            json!({"legacyId": "Administrator", "id": "r-2", "lastUpdateTime": 1_700_000_000_000_i64, "secondaryRoles": ["s-1"]})
        );
        assert!(serde_json::from_str::<RoleChange>(r#"{"name":"x"}"#).is_err());
    }
}
