//! The configured provider, shared by everything it serves.

mod exchange_request;
mod handed_over;
mod issued;
pub mod tenant;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::diagnosis;
use crate::diagnosis::explain_context::Asked;
use crate::diagnosis::{Context, Errand, Site};
use crate::diagnosis::{discovery_failure, explain_context};
use crate::scopes::drift::Holder;
use crate::scopes::judge::Judge;
use crate::session::tenant::{Claims, Directory, Tenant};
use crate::settings::address::Address;
use crate::settings::config::{Credential, Settings};
use crate::settings::source::{Source, Sourced};
pub use issued::{Failure, Issued, Overrides};
use oauth::discovery::DiscoveryError;
use oauth::{Clock, Endpoint, ScopeSet, Token, TokenClient, TokenRequest, grant};
use plugin::Diagnostics;

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
    /// The credentials are being validated: there is an exchange to cancel, and no token to hand out yet.
    Configuring(Arc<Ready>),
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
    directory: Directory,
    /// Whether the warning of [`Ready::announce`] was given.
    warned: AtomicBool,
    site: Site,
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
        if let State::Ready(ready) | State::Configuring(ready) = self.state() {
            ready.client.cancel();
        }
    }
}

impl Ready {
    /// A configuration at work. Nothing is sent yet.
    pub fn new(settings: Settings, clock: Clock) -> Self {
        let client = TokenClient::new(settings.transport.http.clone(), settings.transport.retry, clock.clone());
        let judge = Judge::new(settings.scope_drift.clone());
        Self {
            settings,
            client,
            clock,
            judge,
            directory: Directory::default(),
            warned: AtomicBool::default(),
            site: Site::Provider,
        }
    }

    /// As [`Ready::new`], for the command line: explanations do not send the reader there.
    pub fn on_command_line(settings: Settings, clock: Clock) -> Self {
        Self { site: Site::CommandLine, ..Self::new(settings, clock) }
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
    /// The explanation of what failed; that the token would not live long enough; or that it is another tenant's.
    pub async fn token(&self, overrides: Overrides, min_remaining: Duration) -> Result<Issued, Failure> {
        let asked = self.asked(&overrides);
        exchange_request::check_overrides(&self.settings.credential, &overrides)?;
        let (token, request_id) = match &self.settings.credential {
            Credential::AccessToken(token) => {
                let token = handed_over::token(token, self.clock.now())?;
                (token, exchange_request::hash_of_handed_over(&self.settings, &asked.scopes.value))
            }
            Credential::Exchange(exchange) => {
                let endpoint = self.endpoint(&exchange.token_url, &asked).await?;
                let request = exchange.request(endpoint, &self.settings, overrides, &asked.scopes.value);
                self.exchange(&request, &asked, min_remaining).await?
            }
            Credential::AccessKey(exchange) => {
                let endpoint = self.endpoint(&exchange.token_url, &asked).await?;
                self.exchange(&exchange.request(endpoint), &asked, min_remaining).await?
            }
        };
        let claims = Claims::of(&token);
        if let Some(expected) = &self.settings.expected_tenant_id {
            tenant::expect(expected, &claims)?;
        }
        let sent = match &self.settings.credential {
            Credential::Exchange(_) => &asked.scopes.value,
            // No scopes were sent, so that nothing can be "as requested".
            Credential::AccessKey(_) | Credential::AccessToken(_) => &ScopeSet::default(),
        };
        let granted = grant::granted(sent, &token, claims.access_token.as_ref());
        let now = self.clock.now();
        match token.remaining(now) {
            Some(remaining) if remaining < min_remaining => {
                Err(issued::too_short(remaining, min_remaining, &self.settings.credential).into())
            }
            _ => Ok(Issued { token, claims, requested: asked.scopes, granted, now, request_id }),
        }
    }

    /// Where a token object without arguments asks for its token: the address that is set, or the one that the issuer
    /// names, which is asked at most once. `None` where the token was handed over.
    ///
    /// # Errors
    ///
    /// The explanation of why the issuer names none.
    pub async fn token_endpoint(&self) -> Result<Option<Endpoint>, Failure> {
        let Some(address) = self.settings.credential.address() else { return Ok(None) };
        self.endpoint(address, &self.asked(&Overrides::default())).await.map(Some)
    }

    /// The request of a token object without arguments as it would travel, secrets masked; `None` when none is made, or
    /// its address is not known before the issuer was asked.
    pub fn masked_request(&self) -> Option<String> {
        let (overrides, scopes) = (Overrides::default(), &self.settings.scopes.value);
        let request = match &self.settings.credential {
            Credential::Exchange(exchange) => {
                let endpoint = exchange.token_url.value.endpoint()?;
                let mut request = exchange.request(endpoint.clone(), &self.settings, overrides, scopes);
                if !exchange.may_show_client_id() {
                    request.client_id = oauth::MASK.to_owned();
                }
                request
            }
            Credential::AccessKey(exchange) => exchange.request(exchange.token_url.value.endpoint()?.clone()),
            Credential::AccessToken(_) => return None,
        };
        request.masked(&self.settings.transport.http.user_agent)
    }

    /// What is known about the tenant of `issued`; looks it up at most once a tenant, and never fails.
    pub async fn tenant(&self, issued: &Issued) -> Tenant {
        let limit = self.settings.transport.http.request_timeout;
        self.directory.tenant(&self.client, &self.settings.whereabouts, &issued.claims, limit).await
    }

    /// Warns, once, of what an issuer's document says against the exchange that is to come. That there is no document
    /// is for [`Ready::token`] to report.
    pub async fn announce(&self, diags: &mut Diagnostics) {
        let Credential::Exchange(exchange) = &self.settings.credential else { return };
        if let Address::Issuer(discovery) = &exchange.token_url.value
            && let Ok(metadata) = discovery.metadata(&self.client).await
            && !metadata.takes(exchange.authentication.value)
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            diags.add_warning(discovery_failure::unlisted_method(
                metadata,
                &exchange.token_url,
                &exchange.authentication,
            ));
        }
    }

    /// Whose grants the tokens carry.
    pub fn holder(&self) -> Holder<'_> {
        match &self.settings.credential {
            Credential::Exchange(exchange) => {
                let id = exchange.may_show_client_id().then_some(exchange.client_id.value.as_str());
                Holder::Client { id, host: exchange.token_url.value.host() }
            }
            Credential::AccessKey(exchange) => Holder::AccessKey { host: exchange.token_url.value.host() },
            Credential::AccessToken(token) => Holder::Token(&token.source),
        }
    }

    /// Judges the grant of `issued` as the setting `scope_drift` wants it.
    pub fn judge(&self, issued: &Issued, diags: &mut Diagnostics) {
        self.judge.judge(diags, &issued.requested, &issued.granted, self.holder());
    }

    /// What a token object with these overrides asks for.
    fn asked(&self, overrides: &Overrides) -> Asked {
        let scopes = match &overrides.scopes {
            Some(scopes) => Sourced { value: scopes.clone(), source: Source::Resource("scopes") },
            None => self.settings.scopes.clone(),
        };
        let audience = match &overrides.audience {
            Some(_) => Some(Source::Resource("audience")),
            None => self.settings.audience.as_ref().map(|audience| audience.source.clone()),
        };
        Asked { scopes, audience }
    }

    /// One exchange, and the hash of what was asked.
    async fn exchange(
        &self,
        request: &TokenRequest,
        asked: &Asked,
        min_remaining: Duration,
    ) -> Result<(Arc<Token>, String), Failure> {
        match self.client.token(request, min_remaining).await {
            Ok(token) => Ok((token, exchange_request::hash(request))),
            Err(error) => {
                let context = self.context(&error, Errand::Token, asked);
                let diagnostic = diagnosis::explain(&error, &context);
                Err(Failure { error: Some(error), diagnostic })
            }
        }
    }

    /// The token endpoint: the one that is set, or the one that the issuer names.
    async fn endpoint(&self, address: &Sourced<Address>, asked: &Asked) -> Result<Endpoint, Failure> {
        let discovery = match &address.value {
            Address::Endpoint(endpoint) => return Ok(endpoint.clone()),
            Address::Issuer(discovery) => discovery,
        };
        match discovery.metadata(&self.client).await {
            Ok(metadata) => Ok(metadata.token_endpoint.clone()),
            Err(DiscoveryError::NoDocument(error)) => {
                let context = self.context(&error, Errand::Discovery, asked);
                let diagnostic = discovery_failure::no_document(&error, discovery.issuer(), &context);
                Err(Failure { error: Some(error), diagnostic })
            }
            Err(DiscoveryError::Invalid(why)) => {
                Err(discovery_failure::invalid(&why, discovery.issuer(), &address.source).into())
            }
        }
    }

    fn context(&self, error: &oauth::Error, errand: Errand, asked: &Asked) -> Context {
        let context = explain_context::context(&self.settings, error, errand, asked);
        let site = match context.site {
            Site::Provider => self.site,
            site => site,
        };
        Context { site, ..context }
    }
}
