//! The exchange that a configuration and one object's wishes come to.

use std::collections::BTreeMap;

use crate::session::Overrides;
use crate::settings::config::Settings;
use crate::settings::credential::{AccessKey, AccessKeyExchange, Credential, Exchange};
use oauth::{ClientAuthentication, Endpoint, Grant, ScopeSet, Secret, TokenRequest};
use plugin::{AttributePath, Diagnostic};

impl Exchange {
    /// The request for a token with `scopes` at `endpoint`.
    pub fn request(
        &self,
        endpoint: Endpoint,
        settings: &Settings,
        overrides: Overrides,
        scopes: &ScopeSet,
    ) -> TokenRequest {
        TokenRequest {
            endpoint,
            grant: match &self.access_key {
                None => Grant::ClientCredentials,
                Some(AccessKey { id, secret }) => {
                    Grant::Password { access_key_id: id.value.clone(), access_key_secret: secret.value.clone() }
                }
            },
            client_id: self.client_id.value.clone(),
            client_secret: self.client_secret.value.clone(),
            authentication: self.authentication.value,
            scopes: scopes.clone(),
            audience: overrides.audience.or_else(|| settings.audience.as_ref().map(|audience| audience.value.clone())),
            parameters: overrides.parameters.unwrap_or_else(|| settings.parameters.clone()),
        }
    }
}

impl AccessKeyExchange {
    /// The request for a token at `endpoint`: the key and nothing else.
    pub fn request(&self, endpoint: Endpoint) -> TokenRequest {
        let AccessKey { id, secret } = &self.access_key;
        TokenRequest {
            endpoint,
            grant: Grant::AccessKey { access_key_id: id.value.clone(), access_key_secret: secret.value.clone() },
            client_id: String::new(),
            client_secret: Secret::new(""),
            authentication: ClientAuthentication::default(),
            scopes: ScopeSet::default(),
            audience: None,
            parameters: BTreeMap::new(),
        }
    }
}

/// Whether what one object wishes for can be part of the exchange at all.
///
/// # Errors
///
/// `audience` or `endpoint_params` where there is no form that could hold them.
pub fn check_overrides(credential: &Credential, overrides: &Overrides) -> Result<(), Diagnostic> {
    let why = match credential {
        Credential::Exchange(_) => return Ok(()),
        Credential::AccessKey(_) => "The grant access_key sends an access key and nothing else",
        Credential::AccessToken(_) => "The provider was handed a token, and nothing is requested",
    };
    let unfit = [("audience", overrides.audience.is_some()), ("endpoint_params", overrides.parameters.is_some())];
    let Some((attribute, _)) = unfit.into_iter().find(|(_, is_set)| *is_set) else { return Ok(()) };
    Err(Diagnostic {
        summary: format!("`{attribute}` has no effect with this provider configuration").into(),
        detail: format!("{why}, so `{attribute}` would be ignored silently. Remove it from the token's own block.")
            .into(),
        // Parameters are secrets, and the core quotes the line that a path points at.
        attribute: if attribute == "audience" { AttributePath::new(attribute) } else { AttributePath::root() },
    })
}

/// Identifies a request by everything in it that is not secret; parameters count by name.
pub fn hash(request: &TokenRequest) -> String {
    let scopes = request.scopes.to_wire();
    let mut parts = vec![
        request.endpoint.url().as_str(),
        request.grant.name(),
        &request.client_id,
        &scopes,
        request.audience.as_deref().unwrap_or(""),
    ];
    parts.extend(request.parameters.keys().map(String::as_str));
    if let Grant::Password { access_key_id, .. } | Grant::AccessKey { access_key_id, .. } = &request.grant {
        parts.push(access_key_id);
    }
    hash_of(&parts)
}

/// Identifies what is asked of a token that was handed over, as [`hash`] does; the token plays no part.
pub fn hash_of_handed_over(settings: &Settings, scopes: &ScopeSet) -> String {
    let scopes = scopes.to_wire();
    let audience = settings.audience.as_ref().map_or("", |audience| audience.value.as_str());
    let mut parts = vec!["access_token", &scopes, audience];
    parts.extend(settings.parameters.keys().map(String::as_str));
    hash_of(&parts)
}

/// Half of a SHA-256 over `parts`, in hexadecimal digits.
fn hash_of(parts: &[&str]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::session::Ready;
    use crate::settings::config;
    use crate::settings::config::Resolution;
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;
    use oauth::Clock;
    use plugin::Diagnostics;

    /// What identifies a token object under this provider block, with other scopes than the provider's where some are
    /// given.
    async fn request_id(block: Value, scopes: Option<&str>) -> String {
        let raw = RawConfig::from_json(block);
        let resolution = config::resolve(&raw, &Environment::default(), "", &mut Diagnostics::default());
        let Resolution::Complete(settings) = resolution else { panic!("not resolved") };
        let ready = Ready::new(*settings, Clock::System);
        let overrides = Overrides { scopes: scopes.map(ScopeSet::parse), ..Overrides::default() };
        match ready.token(overrides, Duration::ZERO).await {
            Ok(issued) => issued.request_id,
            Err(failure) => panic!("{:?}", failure.diagnostic),
        }
    }

    #[tokio::test]
    async fn a_token_handed_over_is_identified_by_all_that_is_asked_but_no_secret() {
        let asked = json!({
            "access_token": "canary-one", "scopes": ["a", "b"], "audience": "x", "endpoint_params": {"p": "canary-p"},
        });
        let with = |name: &str, value: Value| {
            let mut block = asked.clone();
            block[name] = value;
            block
        };
        let id = request_id(asked.clone(), None).await;
        let same = [
            ("another token", with("access_token", json!("canary-two")), None),
            ("another order", with("scopes", json!(["b", "a"])), None),
            ("another parameter's value", with("endpoint_params", json!({"p": "canary-q"})), None),
            ("the object's own scopes", with("scopes", json!(["c"])), Some("a b")),
        ];
        for (name, block, scopes) in same {
            assert_eq!(request_id(block, scopes).await, id, "{name}");
        }
        let other = [
            ("scopes", with("scopes", json!(["a"])), None),
            ("audience", with("audience", json!("y")), None),
            ("a parameter's name", with("endpoint_params", json!({"q": "canary-p"})), None),
            ("the object's own scopes", asked.clone(), Some("c")),
        ];
        for (name, block, scopes) in other {
            assert_ne!(request_id(block, scopes).await, id, "{name}");
        }
    }
}
