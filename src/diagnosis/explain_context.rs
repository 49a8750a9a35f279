//! What an explanation may know about a configuration: sources and public facts.

use crate::diagnosis::{Authentication, Context, Errand, Site};
use crate::settings::config::Settings;
use crate::settings::credential::{AccessKey, Credential};
use crate::settings::source::{Origin, Source, Sourced};
use oauth::{ClientAuthentication, Endpoint, ScopeSet};

/// What was asked for, and where that came from.
pub struct Asked {
    /// The scopes.
    pub scopes: Sourced<ScopeSet>,
    /// Origin of the audience; `None` where none was asked for.
    pub audience: Option<Source>,
}

/// The context of `error`, which ended `errand`.
pub fn context(settings: &Settings, error: &oauth::Error, errand: Errand, asked: &Asked) -> Context {
    let transport = &settings.transport;
    let proxy = Endpoint::try_parse(&error.endpoint).ok().and_then(|endpoint| {
        Some(Sourced { value: transport.http.proxy.shown_for(&endpoint)?, source: transport.proxy.clone()? })
    });
    let context = Context {
        errand,
        grant: settings.credential.grant().unwrap_or_default(),
        token_url: settings.credential.address().map_or(Source::DEFAULT, |address| address.source.clone()),
        scopes_source: asked.scopes.source.clone(),
        proxy,
        request_timeout: transport.request_timeout.clone(),
        max_retries: transport.max_retries.clone(),
        ca_cert: transport.ca_cert.clone(),
        client_cert: transport.client_cert.clone(),
        site: match (asked.scopes.source.origin, asked.audience.as_ref().map(|source| source.origin)) {
            (Origin::Resource(_), _) | (_, Some(Origin::Resource(_))) => Site::Resource,
            _ => Site::Provider,
        },
        ..Context::default()
    };
    with_credential(context, settings, asked)
}

fn with_credential(context: Context, settings: &Settings, asked: &Asked) -> Context {
    let key_sources = |key: &AccessKey| (Some(key.id.source.clone()), Some(key.secret.source.clone()));
    match &settings.credential {
        Credential::Exchange(exchange) => {
            let (access_key_id, access_key_secret) = exchange.access_key.as_ref().map_or((None, None), key_sources);
            Context {
                authentication: match exchange.authentication.value {
                    ClientAuthentication::Post => Authentication::Post,
                    ClientAuthentication::BasicRaw => Authentication::BasicRaw,
                    ClientAuthentication::BasicRfc6749 => Authentication::BasicRfc6749,
                },
                client_id: Some(exchange.client_id.clone()),
                show_client_id: exchange.may_show_client_id(),
                client_secret: Some(exchange.client_secret.source.clone()),
                reserved_characters: exchange.has_reserved_characters(),
                access_key_id,
                access_key_secret,
                scopes: asked.scopes.value.iter().cloned().collect(),
                audience: asked.audience.clone(),
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
                scopes_source: Source::DEFAULT,
                ..context
            }
        }
        Credential::AccessToken(_) => context,
    }
}
