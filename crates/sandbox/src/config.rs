//! The configuration: a tenant, its clients and its access keys.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use oauth::Secret;
use serde::Deserialize;

use crate::client::{Client, ClientChange, secret};
use crate::role::{Role, RoleChange};

/// The configuration at the start.
pub(crate) struct Config {
    pub(crate) tenant: Tenant,
    /// By client id.
    pub(crate) clients: BTreeMap<String, Client>,
    /// By access key id.
    pub(crate) access_keys: BTreeMap<String, AccessKey>,
}

/// An access key, without its id.
pub(crate) struct AccessKey {
    pub(crate) secret: Secret,
    /// The role of its employee.
    pub(crate) role: Role,
}

/// The tenant in tokens and discovery documents.
#[derive(Clone)]
pub(crate) struct Tenant {
    /// The issuer to publish; `None` for the sandbox's own address.
    pub(crate) issuer: Option<String>,
    /// The API address to publish; `None` for the sandbox's own address, so that no demo sends its token to NICE.
    pub(crate) api_endpoint: Option<String>,
    pub(crate) id: String,
    pub(crate) area: String,
    pub(crate) cluster: String,
    pub(crate) business_unit: i64,
}

impl Config {
    /// The default tenant with one client and no access key.
    pub(crate) fn with_client(client: Client) -> Self {
        let clients = BTreeMap::from([(client.id.clone(), client)]);
        Self { tenant: Tenant::default(), clients, access_keys: BTreeMap::new() }
    }

    /// Parses a configuration file.
    ///
    /// # Errors
    /// Not the expected JSON, unknown members, clients without an id, or repeated clients.
    pub(crate) fn try_from_json(text: &str) -> anyhow::Result<Self> {
        let file: File = serde_json::from_str(text).context("not a configuration")?;
        let mut config = Self { tenant: file.tenant(), clients: BTreeMap::new(), access_keys: BTreeMap::new() };
        for mut change in file.clients {
            let id = change.client_id.take().filter(|id| !id.is_empty()).context("a client has no client_id")?;
            let mut client = Client::new(id.as_str());
            client.apply(change);
            ensure!(config.clients.insert(id.clone(), client).is_none(), "client {id:?} is listed twice");
        }
        for ListedKey { access_key_id: id, access_key_secret, role: change } in file.access_keys {
            let secret = access_key_secret.filter(|secret| !secret.is_empty());
            let secret = secret.with_context(|| format!("access key {id:?} has no access_key_secret"))?;
            let mut role = Role::default();
            role.apply(change);
            let key = AccessKey { secret, role };
            ensure!(config.access_keys.insert(id.clone(), key).is_none(), "access key {id:?} is listed twice");
        }
        Ok(config)
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            issuer: None,
            api_endpoint: None,
            id: "11e70000-5a4d-b0c5-0000-0242ac110002".to_owned(),
            area: "na1".to_owned(),
            cluster: "B32".to_owned(),
            business_unit: -1_234_567,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    issuer: Option<String>,
    api_endpoint: Option<String>,
    tenant_id: Option<String>,
    area: Option<String>,
    cluster: Option<String>,
    business_unit: Option<i64>,
    #[serde(default)]
    clients: Vec<ClientChange>,
    #[serde(default)]
    access_keys: Vec<ListedKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedKey {
    access_key_id: String,
    #[serde(default, deserialize_with = "secret")]
    access_key_secret: Option<Secret>,
    #[serde(default)]
    role: RoleChange,
}

impl File {
    fn tenant(&self) -> Tenant {
        let default = Tenant::default();
        Tenant {
            issuer: self.issuer.clone(),
            api_endpoint: self.api_endpoint.clone(),
            id: self.tenant_id.clone().unwrap_or(default.id),
            area: self.area.clone().unwrap_or(default.area),
            cluster: self.cluster.clone().unwrap_or(default.cluster),
            business_unit: self.business_unit.unwrap_or(default.business_unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_sets_what_it_names() {
        let config = Config::try_from_json(
            r#"{"area":"eu1","clients":[{"client_id":"a","client_secret":"canary-a","scopes":["x"]}],
                "access_keys":[{"access_key_id":"k","access_key_secret":"canary-k"}]}"#,
        )
        .unwrap();
        assert_eq!((config.tenant.area.as_str(), config.tenant.cluster.as_str()), ("eu1", "B32"));
        assert!(config.clients["a"].has_secret(&Secret::new("canary-a")));
        assert!(config.access_keys["k"].secret == Secret::new("canary-k"));
        assert_eq!(config.access_keys["k"].role, Role::default());
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("[]", "not a configuration"),
            (r#"{"client":[]}"#, "unknown field `client`"),
            (r#"{"clients":[{"scopes":[]}]}"#, "no client_id"),
            (r#"{"clients":[{"client_id":"a"},{"client_id":"a"}]}"#, "listed twice"),
            (r#"{"access_keys":[{"access_key_id":"k"}]}"#, "no access_key_secret"),
        ] {
            let message = Config::try_from_json(text).err().map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
