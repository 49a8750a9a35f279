//! The configured provider, shared by everything it serves.

mod exchange_request;
mod handed_over;
mod issued;
pub mod tenant;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::diagnosis;
use crate::diagnosis::{Asked, Errand, Evidence, Site, discovery_failure};
use crate::scopes::drift::Holder;
use crate::scopes::judge::Judge;
use crate::session::tenant::{Claims, Directory, Tenant};
use crate::settings::address::Address;
use crate::settings::config::{Credential, Settings};
use crate::settings::source::{Source, Sourced};
pub use issued::{Failure, Issued, Overrides};
use oauth::discovery::{DiscoveryError, Metadata};
use oauth::{Clock, Endpoint, ErrorKind, Issuer, ScopeSet, Token, TokenClient, TokenRequest, grant};
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
    /// The scopes for which the credentials were accepted last: what speaks for them when other scopes are refused.
    accepted: Mutex<Option<ScopeSet>>,
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
            accepted: Mutex::default(),
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
            Ok(token) => {
                *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.scopes.clone());
                Ok((token, exchange_request::hash(request)))
            }
            Err(error) => {
                let other_endpoint = self.other_endpoint(&error, &request.endpoint).await;
                let evidence = Evidence { other_endpoint, ..self.evidence(&error, Errand::Token, asked) };
                let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // The same request that was accepted says nothing about its scopes when it fails later.
                let accepted = accepted.filter(|accepted| *accepted != request.scopes);
                let diagnostic = diagnosis::explain(&Evidence { accepted, ..evidence });
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
                let evidence = self.evidence(&error, Errand::Discovery, asked);
                let diagnostic = discovery_failure::no_document(&evidence, discovery.issuer());
                Err(Failure { error: Some(error), diagnostic })
            }
            Err(DiscoveryError::Invalid(why)) => {
                Err(discovery_failure::invalid(&why, discovery.issuer(), &address.source).into())
            }
        }
    }

    /// The token endpoint that the document of the same host names, where a chosen address turned out to be none: one
    /// quick look without a credential, so that the message can name the right address.
    async fn other_endpoint(&self, error: &oauth::Error, asked: &Endpoint) -> Option<String> {
        let is_wrong_address = matches!(
            error.kind(),
            ErrorKind::Status { status: 404 | 405 | 410, .. } | ErrorKind::OAuth { status: 404 | 405 | 410, .. }
        ) && matches!(self.settings.credential.address()?.value, Address::Endpoint(_));
        if !is_wrong_address {
            return None;
        }
        let issuer = Issuer::of_host(asked);
        let document = self.client.document_within(&issuer.openid_configuration(), LONGEST_LOOK).await.ok()?;
        let named = Metadata::read(&issuer, &document).ok()?.token_endpoint.redacted();
        (named != asked.redacted()).then_some(named)
    }

    fn evidence(&self, error: &oauth::Error, errand: Errand, asked: &Asked) -> Evidence {
        let evidence = Evidence::gather(&self.settings, error.clone(), errand, asked);
        let site = match evidence.site {
            Site::Provider => self.site,
            site => site,
        };
        Evidence { site, ..evidence }
    }
}

/// A better message is worth a short wait, after a failure that came at once.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
