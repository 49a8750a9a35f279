//! The configured provider, shared by everything it serves.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use super::{
    config::{Credential, Exchange, Settings},
    explain,
    scope_drift::Holder,
    scope_judge::Judge,
    source::{Source, Sourced},
};
use crate::{
    oauth::{
        self, BasicEncoding, ClientAuthentication, Clock, Grant, ScopeSet, Secret, Token, TokenClient, TokenRequest,
        grant::{self, GrantedScopes},
        jwt,
    },
    plugin::{AttributePath, Diagnostic, Diagnostics},
};

/// What the provider knows since it was configured. Starts unconfigured; a later configuration takes its place.
#[derive(Default)]
pub struct Session {
    state: RwLock<State>,
}

/// How far the provider is configured.
#[derive(Clone, Default)]
pub enum State {
    /// `ConfigureProvider` has not been called, or failed.
    #[default]
    Unconfigured,
    /// These arguments are known only after apply.
    Unknown(Vec<&'static str>),
    /// Tokens can be had.
    Ready(Arc<Ready>),
}

/// A configuration and the client that works with it.
pub struct Ready {
    settings: Settings,
    client: TokenClient,
    clock: Clock,
    judge: Judge,
    site: explain::Site,
}

/// What one token object asks for in place of the provider's settings; `None` keeps those.
#[derive(Default)]
pub struct Overrides {
    /// The scopes to ask for.
    pub scopes: Option<ScopeSet>,
    /// The audience to ask for.
    pub audience: Option<String>,
    /// Further form fields, in place of all the provider's.
    pub parameters: Option<BTreeMap<String, Secret>>,
}

/// A token, and what was asked for to get it.
pub struct Issued {
    /// The token.
    pub token: Arc<Token>,
    /// The scopes declared: those asked for, and with a token handed over those that it should have.
    pub requested: Sourced<ScopeSet>,
    /// The scopes that the token has, as far as anything tells.
    pub granted: GrantedScopes,
    /// The moment it is handed out.
    pub now: SystemTime,
    /// Hash of everything asked for that is not secret.
    pub request_id: String,
}

/// Why no token could be handed out.
pub struct Failure {
    /// The failed exchange; `None` when none took place or its token will not do.
    pub error: Option<oauth::Error>,
    /// The explanation.
    pub diagnostic: Diagnostic,
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { error: None, diagnostic }
    }
}

impl Session {
    /// The state at this moment.
    pub fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a new state.
    pub fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Abandons the exchanges in flight.
    pub fn cancel(&self) {
        if let State::Ready(ready) = self.state() {
            ready.client.cancel();
        }
    }
}

impl Ready {
    /// A configuration at work. Nothing is sent yet.
    pub fn new(settings: Settings, clock: Clock) -> Self {
        let client = TokenClient::new(settings.transport.http.clone(), settings.transport.retry, clock.clone());
        let judge = Judge::new(settings.scope_drift.clone());
        Self { settings, client, clock, judge, site: explain::Site::Provider }
    }

    /// As [`Ready::new`], for the command line: explanations do not send the reader there.
    pub fn on_command_line(settings: Settings, clock: Clock) -> Self {
        Self { site: explain::Site::CommandLine, ..Self::new(settings, clock) }
    }

    /// The configuration.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes the configuration back.
    pub fn into_settings(self) -> Settings {
        self.settings
    }

    /// A token that lives at least `min_remaining` more.
    ///
    /// # Errors
    ///
    /// The explanation of what failed; or that the token would not live long enough.
    pub async fn token(&self, overrides: Overrides, min_remaining: Duration) -> Result<Issued, Failure> {
        let requested = match &overrides.scopes {
            Some(scopes) => Sourced { value: scopes.clone(), source: Source::Resource("scopes") },
            None => self.settings.scopes.clone(),
        };
        let (token, granted, request_id) = match &self.settings.credential {
            Credential::AccessToken(token) => {
                let token = self.handed_over(token)?;
                // No request was made, so nothing can be "as requested".
                let granted = grant::granted(&ScopeSet::default(), &token);
                (token, granted, request_id(&["access_token"]))
            }
            Credential::Exchange(exchange) => {
                let request = self.request(exchange, overrides, &requested.value);
                let token = self.client.token(&request, min_remaining).await;
                let token = token.map_err(|error| Failure {
                    diagnostic: self.explain(&error, exchange, &requested),
                    error: Some(error),
                })?;
                let granted = grant::granted(&requested.value, &token);
                (token, granted, request_hash(&request))
            }
        };
        let now = self.clock.now();
        match token.remaining(now) {
            Some(remaining) if remaining < min_remaining => Err(too_short(remaining, min_remaining).into()),
            _ => Ok(Issued { token, requested, granted, now, request_id }),
        }
    }

    /// The request of a token object without arguments as it would travel, secrets masked; `None` when none is made.
    pub fn masked_request(&self) -> Option<String> {
        let Credential::Exchange(exchange) = &self.settings.credential else { return None };
        let mut request = self.request(exchange, Overrides::default(), &self.settings.scopes.value);
        if !exchange.may_show_client_id() {
            request.client_id = oauth::MASK.to_owned();
        }
        request.masked(&self.settings.transport.http.user_agent)
    }

    /// Whose grants the tokens carry.
    pub fn holder(&self) -> Holder<'_> {
        match &self.settings.credential {
            Credential::Exchange(exchange) => {
                Holder::Client { id: &exchange.client_id.value, host: exchange.token_url.value.host() }
            }
            Credential::AccessToken(token) => Holder::Token(&token.source),
        }
    }

    /// Judges the grant of `issued` as the setting `scope_drift` wants it.
    pub fn judge(&self, issued: &Issued, diags: &mut Diagnostics) {
        self.judge.judge(diags, &issued.requested, &issued.granted, self.holder());
    }

    fn request(&self, exchange: &Exchange, overrides: Overrides, scopes: &ScopeSet) -> TokenRequest {
        TokenRequest {
            endpoint: exchange.token_url.value.clone(),
            grant: Grant::ClientCredentials,
            client_id: exchange.client_id.value.clone(),
            client_secret: exchange.client_secret.value.clone(),
            authentication: exchange.authentication.value,
            basic_encoding: exchange.basic_encoding.value,
            scopes: scopes.clone(),
            audience: overrides
                .audience
                .or_else(|| self.settings.audience.as_ref().map(|audience| audience.value.clone())),
            parameters: overrides.parameters.unwrap_or_else(|| self.settings.parameters.clone()),
        }
    }

    fn explain(&self, error: &oauth::Error, exchange: &Exchange, requested: &Sourced<ScopeSet>) -> Diagnostic {
        let context = context(&self.settings, exchange, requested);
        let site = match context.site {
            explain::Site::Provider => self.site,
            site => site,
        };
        explain::explain(error, &explain::Context { site, ..context })
    }

    /// The token of `access_token`, with what its own claims say where it is a JWT.
    fn handed_over(&self, access_token: &Sourced<Secret>) -> Result<Arc<Token>, Diagnostic> {
        let claims = jwt::decode(access_token.value.expose()).ok();
        let expires_at = claims.as_ref().and_then(jwt::Jwt::expires_at);
        let now = self.clock.now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err(expired(access_token));
        }
        Ok(Arc::new(Token {
            access_token: access_token.value.clone(),
            token_type: "Bearer".to_owned(),
            issued_at: claims.as_ref().and_then(jwt::Jwt::issued_at).unwrap_or(now),
            clock_skew_seconds: None,
            expires_at,
            scope: None,
            id_token: None,
        }))
    }
}

/// What an explanation may know: sources and public facts.
fn context(settings: &Settings, exchange: &Exchange, requested: &Sourced<ScopeSet>) -> explain::Context {
    let authentication = match (exchange.authentication.value, exchange.basic_encoding.value) {
        (ClientAuthentication::ClientSecretPost, _) => explain::Authentication::Post,
        (ClientAuthentication::ClientSecretBasic, BasicEncoding::Raw) => explain::Authentication::BasicRaw,
        (ClientAuthentication::ClientSecretBasic, BasicEncoding::Rfc6749) => explain::Authentication::BasicRfc6749,
    };
    let sources = &settings.transport.proxy;
    let proxy_source = if exchange.token_url.value.url().scheme() == "https" { &sources.https } else { &sources.http };
    let proxy = settings.transport.http.proxy.shown_for(&exchange.token_url.value);
    explain::Context {
        grant: explain::GrantType::ClientCredentials,
        authentication,
        client_id: Some(exchange.client_id.clone()),
        show_client_id: exchange.may_show_client_id(),
        client_secret: Some(exchange.client_secret.source.clone()),
        reserved_characters: exchange.has_reserved_characters(),
        scopes: requested.value.iter().cloned().collect(),
        scopes_source: requested.source.clone(),
        audience: settings.audience.as_ref().map(|audience| audience.source.clone()),
        token_url: exchange.token_url.source.clone(),
        proxy: proxy.zip(proxy_source.clone()).map(|(value, source)| Sourced { value, source }),
        request_timeout: settings.transport.request_timeout.clone(),
        max_retries: settings.transport.max_retries.clone(),
        ca_cert: settings.transport.ca_cert.clone(),
        client_cert: settings.transport.client_cert.clone(),
        site: match requested.source {
            Source::Resource(_) => explain::Site::Resource,
            _ => explain::Site::Provider,
        },
        ..explain::Context::default()
    }
}

fn too_short(remaining: Duration, wanted: Duration) -> Diagnostic {
    Diagnostic {
        summary: "The token would not live long enough".into(),
        detail: format!(
            "CXone handed out a token that lives {} more, and `min_remaining_lifetime` asks for at least {}.\n\n\
             A token cannot be renewed while Terraform holds it, so a run that takes longer than the token lives fails \
             half way. Either lower `min_remaining_lifetime` if the run is short, or ask for a longer access token \
             lifetime in the settings of the client application in CXone.",
            humantime::format_duration(Duration::from_secs(remaining.as_secs())),
            humantime::format_duration(wanted),
        )
        .into(),
        attribute: AttributePath::new("min_remaining_lifetime"),
    }
}

fn expired(access_token: &Sourced<Secret>) -> Diagnostic {
    Diagnostic {
        summary: "The access token has expired".into(),
        detail: format!(
            "The token comes {} and its `exp` claim lies in the past. Fetch a new one, or configure `client_id` and \
             `client_secret` so that the provider does.",
            access_token.source
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

/// Identifies a request by everything in it that is not secret; parameters count by name.
fn request_hash(request: &TokenRequest) -> String {
    let scopes = request.scopes.to_wire();
    let mut parts = vec![
        request.endpoint.url().as_str(),
        "client_credentials",
        &request.client_id,
        &scopes,
        request.audience.as_deref().unwrap_or(""),
    ];
    parts.extend(request.parameters.keys().map(String::as_str));
    request_id(&parts)
}

fn request_id(parts: &[&str]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
