//! A resolved configuration in use: settings become a token request, and a request becomes a token or a diagnostic.
//!
//! ```text
//! ConfigureProvider ─▶ Session ─▶ Ready ─▶ TokenRequest ─▶ crates/oauth ─▶ Issued, or Failure with its diagnostic
//! ```
//!
//! The ephemeral resource, the data sources, the baseline and doctor get their tokens from [`Ready`] alone.

pub mod tenant;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use crate::diagnosis;
use crate::diagnosis::{Asked, Errand, Evidence, Site, discovery_failure};
use crate::scopes::{Case, Holder, Judge};
use crate::session::tenant::{Claims, Directory, Tenant};
use crate::settings::address::Address;
use crate::settings::config::Settings;
use crate::settings::credential::{AccessKey, AccessKeyExchange, Credential, Exchange};
use crate::settings::source::{Source, Sourced};
use oauth::{
    ClientAuthentication, Clock, DiscoveryError, Endpoint, ErrorKind, Grant, GrantedScopes, Issuer, LookUp, Metadata,
    ScopeSet, Secret, StatedScopes, Token, TokenClient, TokenRequest, jwt,
};
use plugin::{AttributePath, Diagnostic, Diagnostics};

/// The minimum remaining lifetime of a token unless an object sets its own: a token must outlive the call that uses
/// it, and CXone's tokens live one hour.
pub const DEFAULT_MIN_REMAINING: Duration = Duration::from_secs(60);

/// How far this process is configured. It starts unconfigured, and a later configuration replaces an earlier one.
#[derive(Default)]
pub struct Session {
    stage: RwLock<Stage>,
}

/// The stages of configuration.
#[derive(Clone, Default)]
pub enum Stage {
    /// `ConfigureProvider` was not called, or it failed.
    #[default]
    Unconfigured,
    /// The credentials are being validated: an exchange can be cancelled, but no token is available yet.
    Configuring(Arc<Ready>),
    /// These arguments of the provider block will be known only after apply.
    Unknown(Vec<&'static str>),
    /// Tokens are available.
    Ready(Arc<Ready>),
}

/// A configuration, and the client that makes its requests.
pub struct Ready {
    settings: Settings,
    client: TokenClient,
    clock: Clock,
    judge: Judge,
    directory: Directory,
    /// The scopes of the last accepted request. They are evidence for the credentials when other scopes are rejected.
    accepted: Mutex<Option<ScopeSet>>,
    /// The last token and its claims. A thousand data sources can share one token, and to clean claims means to search
    /// every text in them for every form of the secrets.
    latest_claims: Mutex<Option<(Arc<Token>, Arc<Claims>)>>,
    site: Site,
}

/// The arguments of one token object that replace provider settings; `None` keeps the setting.
#[derive(Default)]
pub struct Overrides {
    /// The scopes to ask for.
    pub scopes: Option<ScopeSet>,
    /// The audience to ask for.
    pub audience: Option<String>,
    /// Form fields that replace all `endpoint_params` of the provider.
    pub parameters: Option<BTreeMap<String, Secret>>,
}

/// A token, and the request that it answers.
pub struct Issued {
    /// The token.
    pub token: Arc<Token>,
    /// Its claims.
    pub claims: Arc<Claims>,
    /// The declared scopes: those of the request, or with `access_token` those that the token should have.
    pub requested: Sourced<ScopeSet>,
    /// The scopes that the token has, if the response or the token lists them.
    pub granted: GrantedScopes,
    /// The time at which the token is returned.
    pub now: SystemTime,
    /// Hash of all parts of the request that are not secret.
    pub request_id: String,
}

/// Why no token is available.
pub struct Failure {
    /// The failed exchange; `None` if no request was sent or its token is not usable.
    pub error: Option<oauth::Error>,
    /// The explanation.
    pub diagnostic: Diagnostic,
}

impl Failure {
    /// The server's words if it rejected the requested scopes (RFC 6749 section 5.2), with any HTTP status; `None` for
    /// any other failure.
    pub fn refused_scopes(&self) -> Option<&str> {
        match self.error.as_ref()?.kind() {
            // `scope_invalid` is not an RFC code; some servers send it.
            ErrorKind::OAuth { error, description, .. } if error == "invalid_scope" || error == "scope_invalid" => {
                Some(description.as_deref().unwrap_or_default())
            }
            _ => None,
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { error: None, diagnostic }
    }
}

impl Session {
    /// The current stage.
    pub fn stage(&self) -> Stage {
        self.stage.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Enters `stage`.
    pub fn set(&self, stage: Stage) {
        *self.stage.write().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    /// The configuration in use.
    ///
    /// # Errors
    ///
    /// The provider is not configured, or its configuration is not known yet.
    pub fn ready(&self) -> Result<Arc<Ready>, Diagnostic> {
        match self.stage() {
            Stage::Ready(ready) => Ok(ready),
            Stage::Unknown(arguments) => Err(not_known_yet(&arguments)),
            Stage::Unconfigured | Stage::Configuring(_) => Err(unconfigured()),
        }
    }

    /// Cancels the exchanges in flight.
    pub fn cancel(&self) {
        if let Stage::Ready(ready) | Stage::Configuring(ready) = self.stage() {
            ready.client.cancel();
        }
    }
}

impl Ready {
    /// A configuration in use. Sends nothing.
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
            latest_claims: Mutex::default(),
            site: Site::Provider,
        }
    }

    /// As [`Ready::new`], for the commands: diagnostics name flags, and do not advise the reader to run `doctor`.
    pub fn on_command_line(settings: Settings, clock: Clock) -> Self {
        Self { site: Site::CommandLine, ..Self::new(settings, clock) }
    }

    /// The configuration.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the configuration.
    pub fn into_settings(self) -> Settings {
        self.settings
    }

    /// A token that is valid for at least `min_remaining`.
    ///
    /// # Errors
    ///
    /// The exchange failed, the token expires too soon, or it is not of the expected tenant or claims.
    pub async fn token(&self, overrides: Overrides, min_remaining: Duration) -> Result<Issued, Failure> {
        let asked = self.asked(&overrides);
        check_overrides(&self.settings.credential, &overrides)?;
        // A token issued from here on counts with its full lifetime; one from the cache, with the rest of it.
        let asked_at = self.clock.now();
        let (token, request_id, request) = match &self.settings.credential {
            Credential::AccessToken(token) => {
                let token = handed_over(token, self.clock.now())?;
                (token, handed_over_id(&self.settings, &asked.scopes.value), None)
            }
            Credential::Exchange(exchange) => {
                let endpoint = self.endpoint(&exchange.token_url, &asked).await?;
                let request = client_request(exchange, endpoint, &self.settings, overrides, &asked.scopes.value);
                let (token, request_id) = self.exchange(&request, &asked, min_remaining).await?;
                (token, request_id, Some(request))
            }
            Credential::AccessKey(exchange) => {
                let endpoint = self.endpoint(&exchange.token_url, &asked).await?;
                let request = access_key_request(exchange, endpoint);
                let (token, request_id) = self.exchange(&request, &asked, min_remaining).await?;
                (token, request_id, Some(request))
            }
        };
        // A new token and one from `access_token` are checked in the same way: both can belong to another tenant.
        let claims = self.claims(&token, request.as_ref());
        if let Some(expected) = &self.settings.expected_tenant_id {
            tenant::expect(expected, &claims)?;
        }
        if let Some(expected) = &self.settings.expected_claims {
            tenant::expect_claims(expected, &claims)?;
        }
        let sent = match &self.settings.credential {
            Credential::Exchange(_) => &asked.scopes.value,
            // The request had no scopes, so a missing `scope` in the response cannot mean "as requested".
            Credential::AccessKey(_) | Credential::AccessToken(_) => &ScopeSet::default(),
        };
        // With `access_token` no scopes were sent, so the declaration shows whether commas separate scopes.
        let granted = GrantedScopes::of(sent, &token, claims.access_token.as_ref()).separated_as(&asked.scopes.value);
        let now = self.clock.now();
        match token.life_for(asked_at, now) {
            // An unknown lifetime is accepted: some services send none, and there is nothing to check.
            Some(remaining) if remaining < min_remaining => {
                Err(too_short(&token, remaining, min_remaining, &self.settings.credential).into())
            }
            _ => Ok(Issued { token, claims, requested: asked.scopes, granted, now, request_id }),
        }
    }

    /// The claims of `token`, decoded and cleaned once for the objects that share the token.
    fn claims(&self, token: &Arc<Token>, request: Option<&TokenRequest>) -> Arc<Claims> {
        let mut latest = self.latest_claims.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, claims)) = &*latest
            && Arc::ptr_eq(known, token)
        {
            return Arc::clone(claims);
        }
        let claims = Claims::of(token);
        let claims = Arc::new(match request {
            Some(request) => claims.cleaned(request),
            None => claims,
        });
        *latest = Some((Arc::clone(token), Arc::clone(&claims)));
        claims
    }

    /// The token endpoint for a token object without arguments: the configured address, or the one in the issuer's
    /// discovery document, which is fetched at most once. `None` with `access_token`.
    ///
    /// # Errors
    ///
    /// Discovery failed; the diagnostic says why.
    pub async fn token_endpoint(&self) -> Result<Option<Endpoint>, Failure> {
        let Some(address) = self.settings.credential.address() else { return Ok(None) };
        self.endpoint(address, &self.asked(&Overrides::default())).await.map(Some)
    }

    /// The request of a token object without arguments, secrets masked; `None` if no request is made, or if its address
    /// is known only after discovery.
    pub fn masked_request(&self) -> Option<String> {
        let (overrides, scopes) = (Overrides::default(), &self.settings.scopes.value);
        let request = match &self.settings.credential {
            Credential::Exchange(exchange) => {
                let endpoint = exchange.token_url.value.endpoint()?;
                let mut request = client_request(exchange, endpoint.clone(), &self.settings, overrides, scopes);
                // An id that may be the secret is masked like one.
                if !exchange.may_show_client_id() {
                    request.client_id = oauth::MASK.to_owned();
                }
                request
            }
            Credential::AccessKey(exchange) => {
                access_key_request(exchange, exchange.token_url.value.endpoint()?.clone())
            }
            Credential::AccessToken(_) => return None,
        };
        request.masked(&self.settings.transport.http.user_agent)
    }

    /// The tenant of `issued`. Makes at most one look-up a tenant, and never fails.
    pub async fn tenant(&self, issued: &Issued) -> Tenant {
        // A shorter limit of the user also applies to this optional request.
        let limit = self.settings.transport.http.request_timeout;
        self.directory.tenant(&self.client, &self.settings.whereabouts, &issued.claims, limit).await
    }

    /// The owner of the grants.
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

    /// Compares the grant of `issued` with the declaration, and reports drift as the setting `scope_drift` says.
    pub fn judge(&self, issued: &Issued, diags: &mut Diagnostics) {
        self.judge.judge(diags, &issued.requested, &issued.granted, self.holder());
    }

    /// Whether this process has not reported this case yet.
    pub fn is_news(&self, case: Case) -> bool {
        self.judge.is_news(case)
    }

    /// The time by this configuration's clock.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The scopes and the audience of a token object with these overrides.
    fn asked(&self, overrides: &Overrides) -> Asked {
        let scopes = match &overrides.scopes {
            Some(scopes) => Sourced { value: scopes.clone(), source: Source::resource("scopes") },
            None => self.settings.scopes.clone(),
        };
        let audience = match &overrides.audience {
            Some(_) => Some(Source::resource("audience")),
            None => self.settings.audience.as_ref().map(|audience| audience.source.clone()),
        };
        Asked { scopes, audience }
    }

    /// Makes one exchange. Returns the token and the hash of the request.
    async fn exchange(
        &self,
        request: &TokenRequest,
        asked: &Asked,
        min_remaining: Duration,
    ) -> Result<(Arc<Token>, String), Failure> {
        match self.client.token(request, min_remaining).await {
            Ok(token) => {
                // Evidence for a later failure: with these credentials the exchange has worked.
                *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.scopes.clone());
                Ok((token, request_id(request)))
            }
            Err(error) => {
                // Before the diagnosis, because it is part of the evidence.
                let other_endpoint = self.other_endpoint(&error, &request.endpoint).await;
                let evidence = Evidence { other_endpoint, ..self.evidence(&error, Errand::Token, asked) };
                let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // An accepted request is no evidence for its own scopes when the same request fails later.
                let accepted = accepted.filter(|accepted| *accepted != request.scopes);
                let diagnostic = diagnosis::explain(&Evidence { accepted, ..evidence });
                Err(Failure { error: Some(error), diagnostic })
            }
        }
    }

    /// The token endpoint: the configured one, or the one in the discovery document.
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

    /// The token endpoint in the host's discovery document, if the configured address is no token endpoint. One short
    /// request without credentials, so that the diagnostic can name the right address.
    async fn other_endpoint(&self, error: &oauth::Error, asked: &Endpoint) -> Option<String> {
        // With 404, 405 and 410, nothing answers token requests at this path. Other statuses come from a token
        // endpoint.
        let is_wrong_address = matches!(
            error.kind(),
            ErrorKind::Status { status: 404 | 405 | 410, .. } | ErrorKind::OAuth { status: 404 | 405 | 410, .. }
        ) && matches!(self.settings.credential.address()?.value, Address::Endpoint(_));
        if !is_wrong_address {
            return None;
        }
        let issuer = Issuer::of_host(asked);
        // The token request has just shown the client certificate to the same host.
        let look_up = LookUp { limit: LONGEST_LOOK, shows_identity: true };
        // Any failure here is ignored: the diagnostic of the token request is what the user needs.
        let document = self.client.document_within(&issuer.openid_configuration(), look_up).await.ok()?;
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

/// The request of a client for `scopes` at `endpoint`.
fn client_request(
    exchange: &Exchange,
    endpoint: Endpoint,
    settings: &Settings,
    overrides: Overrides,
    scopes: &ScopeSet,
) -> TokenRequest {
    TokenRequest {
        endpoint,
        grant: match &exchange.access_key {
            None => Grant::ClientCredentials,
            Some(AccessKey { id, secret }) => {
                Grant::Password { access_key_id: id.value.clone(), access_key_secret: secret.value.clone() }
            }
        },
        client_id: exchange.client_id.value.clone(),
        client_secret: exchange.client_secret.value.clone(),
        authentication: exchange.authentication.value,
        scopes: scopes.clone(),
        audience: overrides.audience.or_else(|| settings.audience.as_ref().map(|audience| audience.value.clone())),
        parameters: overrides.parameters.unwrap_or_else(|| settings.parameters.clone()),
    }
}

/// The request of an access key at the regional `endpoint`. It contains the key alone: that service has no clients and
/// no scopes.
fn access_key_request(exchange: &AccessKeyExchange, endpoint: Endpoint) -> TokenRequest {
    let AccessKey { id, secret } = &exchange.access_key;
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

/// Checks that the exchange can send the arguments of one object.
///
/// # Errors
///
/// `audience` or `endpoint_params` is set, but this credential has no form fields.
fn check_overrides(credential: &Credential, overrides: &Overrides) -> Result<(), Diagnostic> {
    let why = match credential {
        Credential::Exchange(_) => return Ok(()),
        Credential::AccessKey(_) => "The grant access_key sends an access key and nothing else",
        Credential::AccessToken(_) => "`access_token` is set, and no token is requested",
    };
    let unfit = [("audience", overrides.audience.is_some()), ("endpoint_params", overrides.parameters.is_some())];
    let Some((attribute, _)) = unfit.into_iter().find(|(_, is_set)| *is_set) else { return Ok(()) };
    Err(Diagnostic {
        summary: format!("`{attribute}` has no effect with this provider configuration").into(),
        detail: format!("{why}, so `{attribute}` has no effect. Remove it from this block.").into(),
        // Parameters are secrets, and the core prints the line that an attribute path points at.
        attribute: if attribute == "audience" { AttributePath::new(attribute) } else { AttributePath::root() },
    })
}

/// The token in `access_token`. If it is a JWT, its claims replace the missing token response.
///
/// # Errors
///
/// The token has expired.
fn handed_over(access_token: &Sourced<Secret>, now: SystemTime) -> Result<Arc<Token>, Diagnostic> {
    let claims = jwt::decode(access_token.value.expose()).ok();
    let expires_at = claims.as_ref().and_then(jwt::Jwt::expires_at);
    // An expired token would only lead to a 401 in another provider, far away from its cause.
    if expires_at.is_some_and(|end| end <= now) {
        return Err(expired(access_token));
    }
    Ok(Arc::new(Token {
        access_token: access_token.value.clone(),
        token_type: "Bearer".to_owned(),
        issued_at: claims.as_ref().and_then(jwt::Jwt::issued_at).unwrap_or(now),
        clock_skew_seconds: None,
        expires_at,
        scope: StatedScopes::Absent,
        claimed_scopes: claims.as_ref().map(jwt::Jwt::scope).unwrap_or_default(),
        id_token: None,
    }))
}

fn expired(access_token: &Sourced<Secret>) -> Diagnostic {
    Diagnostic {
        summary: "The access token has expired".into(),
        detail: format!(
            "The token comes {}, and its `exp` claim is in the past. Set a new token, or set `client_id` and \
             `client_secret`, so that the provider requests one.",
            access_token.source
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

fn too_short(token: &Token, remaining: Duration, wanted: Duration, credential: &Credential) -> Diagnostic {
    let (origin, longer) = match credential {
        Credential::AccessToken(token) => {
            (format!("The token ({})", token.source), "set a token that is valid for longer")
        }
        Credential::Exchange(_) | Credential::AccessKey(_) => {
            ("The new token".to_owned(), "set a longer access token lifetime for the client application in CXone")
        }
    };
    let (summary, detail) = if token.expires_at.is_some_and(|end| end <= token.issued_at) {
        // By RFC 6749 section 5.1 the lifetime is in seconds, so 0 has ended. Accepting it would hide a real fault.
        let detail = "The response gives the token a lifetime of 0 seconds (`expires_in`). Some services write 0 for a \
                      token that never expires: ask the service's administrators to omit `expires_in` instead.";
        ("The new token has already expired", detail.to_owned())
    } else {
        let detail = format!(
            "{origin} is valid for another {}, but `min_remaining_lifetime` is {}.\n\nTerraform cannot renew a token \
             during a run, so a run that outlasts the token fails midway. Lower `min_remaining_lifetime` if the run \
             is short, or {longer}.",
            humantime::format_duration(Duration::from_secs(remaining.as_secs())),
            humantime::format_duration(wanted),
        );
        ("The token expires too soon", detail)
    };
    Diagnostic {
        summary: summary.into(),
        detail: detail.into(),
        attribute: AttributePath::new("min_remaining_lifetime"),
    }
}

/// Identifies a request by all parts that are not secret. Parameters count by name only: their values may be secrets.
fn request_id(request: &TokenRequest) -> String {
    let scopes = request.scopes.to_wire();
    let mut parts = vec![
        request.endpoint.url().as_str(),
        request.grant.name(),
        &request.client_id,
        &scopes,
        request.audience.as_deref().unwrap_or(""),
    ];
    parts.extend(request.parameters.keys().map(String::as_str));
    // An access key id is a name: two keys of one client are two requests.
    if let Grant::Password { access_key_id, .. } | Grant::AccessKey { access_key_id, .. } = &request.grant {
        parts.push(access_key_id);
    }
    hash_of(&parts)
}

/// Identifies a use of `access_token`, as [`request_id`] does for a request. The token is a secret and not part of it.
fn handed_over_id(settings: &Settings, scopes: &ScopeSet) -> String {
    let scopes = scopes.to_wire();
    let audience = settings.audience.as_ref().map_or("", |audience| audience.value.as_str());
    // Without an endpoint or a client, only the settings of the request remain.
    let mut parts = vec!["access_token", &scopes, audience];
    parts.extend(settings.parameters.keys().map(String::as_str));
    hash_of(&parts)
}

/// The first half of a SHA-256 over `parts`, in hexadecimal digits.
fn hash_of(parts: &[&str]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    // 128 bits are enough to tell requests apart, and keep the `id` short.
    digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// `` `a`, `b` `` for a message.
pub fn argument_names(arguments: &[&'static str]) -> String {
    arguments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn not_known_yet(arguments: &[&'static str]) -> Diagnostic {
    Diagnostic {
        summary: NOT_YET.into(),
        detail: format!(
            "{} of the provider block will be known only after apply, and this data source is read now, during \
             plan.\n\nAdd a `depends_on` to this block that names the resource that the value comes from: the data \
             source is then read during apply. Or apply that resource first, with `-target`.",
            argument_names(arguments)
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

fn unconfigured() -> Diagnostic {
    Diagnostic {
        summary: "The provider is not configured".into(),
        detail: "A token was requested before the provider was configured. Please report this as a bug.".into(),
        attribute: AttributePath::root(),
    }
}

/// The summary if a token is requested while arguments of the provider block are unknown.
pub const NOT_YET: &str = "No token yet: the provider configuration is not known";

// The look-up only improves a diagnostic, so a user should not wait long for it.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::config;
    use crate::settings::config::Resolution;
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;

    /// The `request_id` of a token object under this provider block, with `scopes` instead of the provider's if given.
    async fn id_of(block: Value, scopes: Option<&str>) -> String {
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
        let id = id_of(asked.clone(), None).await;
        let same = [
            ("another token", with("access_token", json!("canary-two")), None),
            ("another order", with("scopes", json!(["b", "a"])), None),
            ("another parameter's value", with("endpoint_params", json!({"p": "canary-q"})), None),
            ("the object's own scopes", with("scopes", json!(["c"])), Some("a b")),
        ];
        for (name, block, scopes) in same {
            assert_eq!(id_of(block, scopes).await, id, "{name}");
        }
        let other = [
            ("scopes", with("scopes", json!(["a"])), None),
            ("audience", with("audience", json!("y")), None),
            ("a parameter's name", with("endpoint_params", json!({"q": "canary-p"})), None),
            ("the object's own scopes", asked.clone(), Some("c")),
        ];
        for (name, block, scopes) in other {
            assert_ne!(id_of(block, scopes).await, id, "{name}");
        }
    }
}
