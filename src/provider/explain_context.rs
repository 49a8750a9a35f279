//! What an explanation may know about a configuration: sources and public facts.

use url::Url;

use super::{
    config::Settings,
    credential::{AccessKey, Credential},
    explain::{Authentication, Context, Errand, Site, needs_percent_encoding},
    source::{Source, Sourced},
};
use crate::oauth::{self, BasicEncoding, ClientAuthentication, ScopeSet};

/// The context of `error`, which ended `errand`.
pub fn context(settings: &Settings, error: &oauth::Error, errand: Errand, requested: &Sourced<ScopeSet>) -> Context {
    let transport = &settings.transport;
    let proxy = Url::parse(&error.endpoint).ok().and_then(|url| transport.proxy_for(&url));
    let context = Context {
        errand,
        grant: settings.credential.grant().unwrap_or_default(),
        token_url: settings.credential.address().map_or(Source::Default, |address| address.source.clone()),
        scopes_source: requested.source.clone(),
        proxy,
        request_timeout: transport.request_timeout.clone(),
        max_retries: transport.max_retries.clone(),
        ca_cert: transport.ca_cert.clone(),
        client_cert: transport.client_cert.clone(),
        site: match requested.source {
            Source::Resource(_) => Site::Resource,
            _ => Site::Provider,
        },
        ..Context::default()
    };
    with_credential(context, settings, requested)
}

fn with_credential(context: Context, settings: &Settings, requested: &Sourced<ScopeSet>) -> Context {
    let key_sources = |key: &AccessKey| (Some(key.id.source.clone()), Some(key.secret.source.clone()));
    match &settings.credential {
        Credential::Exchange(exchange) => {
            let (access_key_id, access_key_secret) = exchange.access_key.as_ref().map_or((None, None), key_sources);
            Context {
                authentication: match (exchange.authentication.value, exchange.basic_encoding.value) {
                    (ClientAuthentication::ClientSecretPost, _) => Authentication::Post,
                    (ClientAuthentication::ClientSecretBasic, BasicEncoding::Raw) => Authentication::BasicRaw,
                    (ClientAuthentication::ClientSecretBasic, BasicEncoding::Rfc6749) => Authentication::BasicRfc6749,
                },
                client_id: Some(exchange.client_id.clone()),
                client_secret: Some(exchange.client_secret.source.clone()),
                reserved_characters: needs_percent_encoding(&exchange.client_id.value)
                    || needs_percent_encoding(exchange.client_secret.value.expose()),
                access_key_id,
                access_key_secret,
                scopes: requested.value.iter().cloned().collect(),
                audience: settings.audience.as_ref().map(|audience| audience.source.clone()),
                ..context
            }
        }
        Credential::AccessKey(exchange) => {
            let (access_key_id, access_key_secret) = key_sources(&exchange.access_key);
            Context {
                authentication: Authentication::None,
                access_key_id,
                access_key_secret,
                // Declared or not, none are sent.
                scopes_source: Source::Default,
                ..context
            }
        }
        Credential::AccessToken(_) => context,
    }
}
