//! The exchange that a configuration and one object's wishes come to.

use std::collections::BTreeMap;

use super::{
    config::Settings,
    credential::{AccessKey, AccessKeyExchange, Credential, Exchange},
    session::Overrides,
};
use crate::{
    oauth::{BasicEncoding, ClientAuthentication, Endpoint, Grant, ScopeSet, Secret, TokenRequest},
    plugin::{AttributePath, Diagnostic},
};

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
            basic_encoding: self.basic_encoding.value,
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
            basic_encoding: BasicEncoding::default(),
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

/// Half of a SHA-256 over `parts`, in hexadecimal digits.
pub fn hash_of(parts: &[&str]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
