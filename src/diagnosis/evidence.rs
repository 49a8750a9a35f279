//! All facts about one failed exchange. Plain data without a secret: a credential is present only as its source.

use std::time::{Duration, SystemTime};

use url::Url;

use crate::diagnosis::message;
use crate::diagnosis::message::Message;
use crate::diagnosis::words::Topic;
use crate::hosts;
use crate::hosts::{Certainty, KnownHost, Product};
use crate::settings::clues::Clues;
use crate::settings::config::Settings;
use crate::settings::credential::{AccessKey, Credential};
use crate::settings::grant_type::GrantType;
use crate::settings::inspect::shape;
use crate::settings::source::{Origin, Source, Sourced};
use crate::settings::table::{CLIENT_ID, CLIENT_SECRET};
use crate::text;
use crate::text::{escaped, listed, quoted, shown};
use oauth::{
    BodyShape, ClientAuthentication, Endpoint, Error, ErrorKind, Metadata, PassedBy, ProxyFailure, ScopeSet, TlsFailure,
};

/// The facts of one failed exchange.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The failure, with the marks of the response and the facts of the certificate.
    pub error: Error,
    /// The purpose of the request.
    pub errand: Errand,
    /// The grant.
    pub grant: GrantType,
    /// The authentication of the client.
    pub authentication: Authentication,
    /// The client id, which is public. `None` if the grant has no client.
    pub client_id: Option<Sourced<String>>,
    /// Whether the client id may be shown: not if it contains the secret.
    pub show_client_id: bool,
    /// Source of the client secret; `None` if the grant has none.
    pub client_secret: Option<Source>,
    /// Whether one of id and secret comes from an `auth:` file and the other does not.
    pub is_completed_auth_file: bool,
    /// Source of the access key id; `None` unless the grant is `password` or `access_key`.
    pub access_key_id: Option<Source>,
    /// Source of the access key's secret; `None` unless the grant is `password` or `access_key`.
    pub access_key_secret: Option<Source>,
    /// Whether id or secret contain characters that RFC 6749 section 2.3.1 percent-encodes in a Basic header.
    pub reserved_characters: bool,
    /// The requested scopes, sorted.
    pub scopes: Vec<String>,
    /// Source of the scopes.
    pub scopes_source: Source,
    /// Source of the audience; `None` if none was sent.
    pub audience: Option<Source>,
    /// Whether further form fields were sent.
    pub has_parameters: bool,
    /// Source of the token endpoint's address: `token_url`, `issuer`, `region` or the default.
    pub token_url: Source,
    /// The proxy in use, without user info, and its source; `None` for a direct connection.
    pub proxy: Option<Sourced<String>>,
    /// An unused proxy of the environment, and the reason.
    pub passed_proxy: Option<PassedProxy>,
    /// The time limit of one attempt.
    pub request_timeout: Sourced<Duration>,
    /// The number of retries.
    pub max_retries: Sourced<u32>,
    /// The longest wait between two attempts.
    pub retry_max_wait: Sourced<Duration>,
    /// Source of extra root certificates; `None` if only the system's roots are trusted.
    pub ca_cert: Option<Source>,
    /// Source of the client certificate; `None` without one.
    pub client_cert: Option<Source>,
    /// Suspicious values, near variable names, overridden variables.
    pub clues: Clues,
    /// The content of the discovery document, if the token endpoint was discovered.
    pub discovery: Option<Metadata>,
    /// The token endpoint in the server's own discovery document, if it is another one.
    pub other_endpoint: Option<String>,
    /// The scopes of an earlier accepted request with the same credentials in this run.
    pub accepted: Option<ScopeSet>,
    /// The block of the diagnostic, which decides whether an attribute path is possible.
    pub site: Site,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Errand {
    /// A token.
    #[default]
    Token,
    /// An issuer's discovery document, for the token endpoint.
    Discovery,
}

/// The authentication in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authentication {
    /// `client_secret_basic` with `basic_auth_encoding = "raw"`.
    #[default]
    BasicRaw,
    /// `client_secret_basic` with `basic_auth_encoding = "rfc6749"`.
    BasicRfc6749,
    /// `client_secret_post`.
    Post,
    /// The grant has no client.
    None,
}

/// The block of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Site {
    /// The provider block (`ConfigureProvider`).
    #[default]
    Provider,
    /// An ephemeral resource, data source or resource.
    Resource,
    /// None: the command line.
    CommandLine,
}

/// A proxy of the environment that the request did not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedProxy {
    /// `NO_PROXY` lists the host. Contains the variable of the proxy.
    Exception(&'static str),
    /// The variable applies only to plain http.
    Plain(&'static str),
}

/// The request of one object, with its sources.
pub struct Asked {
    /// The scopes.
    pub scopes: Sourced<ScopeSet>,
    /// Source of the audience; `None` without one.
    pub audience: Option<Source>,
}

impl Evidence {
    /// The evidence in `error` alone, with every setting at its default.
    pub fn new(error: Error) -> Self {
        let by_default = |seconds| Sourced { value: Duration::from_secs(seconds), source: Source::DEFAULT };
        Self {
            error,
            errand: Errand::default(),
            grant: GrantType::default(),
            authentication: Authentication::default(),
            client_id: None,
            show_client_id: true,
            client_secret: None,
            is_completed_auth_file: false,
            access_key_id: None,
            access_key_secret: None,
            reserved_characters: false,
            scopes: Vec::new(),
            scopes_source: Source::DEFAULT,
            audience: None,
            has_parameters: false,
            token_url: Source::DEFAULT,
            proxy: None,
            passed_proxy: None,
            request_timeout: by_default(30),
            max_retries: Sourced { value: 3, source: Source::DEFAULT },
            retry_max_wait: by_default(30),
            ca_cert: None,
            client_cert: None,
            clues: Clues::default(),
            discovery: None,
            other_endpoint: None,
            accepted: None,
            site: Site::default(),
        }
    }

    /// The evidence in `settings` and in `error`, which ended `errand`.
    pub fn gather(settings: &Settings, error: Error, errand: Errand, asked: &Asked) -> Self {
        let transport = &settings.transport;
        let endpoint = Endpoint::try_parse(&error.endpoint).ok();
        // The proxy of this very endpoint: `NO_PROXY` can exclude it.
        let proxy = endpoint.as_ref().and_then(|endpoint| {
            Some(Sourced { value: transport.http.proxy.shown_for(endpoint)?, source: transport.proxy.clone()? })
        });
        let passed_by = endpoint.as_ref().and_then(|endpoint| transport.http.proxy.passed_by(endpoint));
        let passed_proxy = match (passed_by, &transport.proxy, transport.plain_proxy) {
            (Some(PassedBy::Exception), Some(source), _) => source.variable().map(PassedProxy::Exception),
            // No https request uses HTTP_PROXY.
            (None, None, Some(name)) => Some(PassedProxy::Plain(name)),
            _ => None,
        };
        let evidence = Self {
            errand,
            grant: settings.credential.grant().unwrap_or_default(),
            has_parameters: !settings.parameters.is_empty(),
            token_url: settings.credential.address().map_or(Source::DEFAULT, |address| address.source.clone()),
            scopes_source: asked.scopes.source.clone(),
            proxy,
            passed_proxy,
            request_timeout: Sourced {
                value: transport.http.request_timeout,
                source: transport.request_timeout.clone(),
            },
            max_retries: Sourced { value: transport.retry.max_retries, source: transport.max_retries.clone() },
            retry_max_wait: Sourced { value: transport.retry.max_wait, source: transport.retry_max_wait.clone() },
            ca_cert: transport.ca_cert.clone(),
            client_cert: transport.client_cert.clone(),
            clues: settings.clues.clone(),
            discovery: settings.credential.address().and_then(|address| address.value.known_metadata()).cloned(),
            site: match (asked.scopes.source.origin, asked.audience.as_ref().map(|source| source.origin)) {
                // A path into the provider block would be wrong in the diagnostic of another block.
                (Origin::Resource(_), _) | (_, Some(Origin::Resource(_))) => Site::Resource,
                _ => Site::Provider,
            },
            ..Self::new(error)
        };
        evidence.with_credential(settings, asked)
    }

    fn with_credential(self, settings: &Settings, asked: &Asked) -> Self {
        let key_sources = |key: &AccessKey| (Some(key.id.source.clone()), Some(key.secret.source.clone()));
        match &settings.credential {
            Credential::Exchange(exchange) => {
                let (access_key_id, access_key_secret) = exchange.access_key.as_ref().map_or((None, None), key_sources);
                Self {
                    authentication: match exchange.authentication.value {
                        ClientAuthentication::Post => Authentication::Post,
                        ClientAuthentication::BasicRaw => Authentication::BasicRaw,
                        ClientAuthentication::BasicRfc6749 => Authentication::BasicRfc6749,
                    },
                    client_id: Some(exchange.client_id.clone()),
                    show_client_id: exchange.may_show_client_id(),
                    is_completed_auth_file: settings.credential.mixed_pair().is_some(),
                    client_secret: Some(exchange.client_secret.source.clone()),
                    reserved_characters: exchange.has_reserved_characters(),
                    access_key_id,
                    access_key_secret,
                    scopes: asked.scopes.value.iter().cloned().collect(),
                    audience: asked.audience.clone(),
                    ..self
                }
            }
            Credential::AccessKey(exchange) => {
                let (access_key_id, access_key_secret) = key_sources(&exchange.access_key);
                Self {
                    authentication: Authentication::None,
                    access_key_id,
                    access_key_secret,
                    // This grant sends no scopes, declared or not.
                    scopes_source: Source::DEFAULT,
                    ..self
                }
            }
            Credential::AccessToken(_) => self,
        }
    }

    /// The message for this failure.
    pub(super) fn message(&self) -> &'static Message {
        message::of(self)
    }

    pub(super) fn kind(&self) -> &ErrorKind {
        self.error.kind()
    }

    /// The address of the request.
    fn url(&self) -> Option<Url> {
        Url::parse(&self.error.endpoint).ok()
    }

    /// The host of the request.
    pub(super) fn host(&self) -> String {
        self.url().as_ref().and_then(Url::host_str).unwrap_or("the host").to_owned()
    }

    fn port(&self) -> u16 {
        self.url().and_then(|url| url.port_or_known_default()).unwrap_or(443)
    }

    /// Scheme, host and port, for a browser.
    fn origin(&self) -> String {
        self.url().map_or_else(|| self.host(), |url| url.origin().ascii_serialization())
    }

    pub(super) fn path(&self) -> String {
        self.url().map(|url| url.path().to_owned()).unwrap_or_default()
    }

    /// The address of the request with another path.
    pub(super) fn with_path(&self, path: &str) -> String {
        match self.url() {
            Some(mut url) => {
                url.set_path(path);
                url.to_string()
            }
            None => self.error.endpoint.clone(),
        }
    }

    fn known(&self) -> Option<&'static KnownHost> {
        hosts::lookup(&self.host())
    }

    /// Whether the host is one of CXone's global services, which accept an access key together with a client.
    pub(super) fn is_at_issuer(&self) -> bool {
        self.known().is_some_and(|known| known.is_issuer)
    }

    /// Whether the address is that of the regional service, which accepts an access key as JSON.
    pub(super) fn is_at_regional_service(&self) -> bool {
        // By the path as well, because a gateway can publish the service under its own host.
        let regional = |path: &str| path.ends_with("/token/access-key");
        regional(&self.path().to_ascii_lowercase())
            || self
                .known()
                .is_some_and(|known| !known.paths.is_empty() && known.paths.iter().all(|path| regional(path.path)))
    }

    /// Whether no public page of NICE names the host as a token service.
    pub(super) fn is_at_unverified_host(&self) -> bool {
        self.known().is_some_and(|known| {
            // Also a known host without any known path.
            known.product == Product::Cxone && known.paths.iter().all(|path| path.certainty == Certainty::Unverified)
        })
    }

    /// Whether the host is this machine.
    pub(super) fn is_here(&self) -> bool {
        Endpoint::try_parse(&self.error.endpoint).is_ok_and(|endpoint| endpoint.is_loopback())
    }

    /// Whether the user has set the address.
    pub(super) fn is_chosen(&self) -> bool {
        !self.token_url.is_default()
    }

    pub(super) fn has_client(&self) -> bool {
        self.client_secret.is_some()
    }

    pub(super) fn has_access_key(&self) -> bool {
        self.access_key_secret.is_some()
    }

    pub(super) fn is_basic(&self) -> bool {
        self.has_client() && matches!(self.authentication, Authentication::BasicRaw | Authentication::BasicRfc6749)
    }

    pub(super) fn is_post(&self) -> bool {
        self.has_client() && self.authentication == Authentication::Post
    }

    /// Whether id or secret contain characters that servers decode differently, and that are not a mistake.
    pub(super) fn may_be_misread(&self) -> bool {
        // A suspicious character explains itself, and a different encoding would not help.
        let is_of_pair = |setting| [&CLIENT_ID, &CLIENT_SECRET].contains(&setting);
        self.reserved_characters && !self.clues.suspicions.iter().any(|one| is_of_pair(one.finding.setting))
    }

    pub(super) fn is_client_credentials(&self) -> bool {
        self.grant == GrantType::ClientCredentials && self.has_client()
    }

    /// The response's status, if there was a response.
    pub(super) fn status(&self) -> Option<u16> {
        match self.kind() {
            ErrorKind::OAuth { status, .. }
            | ErrorKind::Status { status, .. }
            | ErrorKind::Redirect { status, .. }
            | ErrorKind::NotATokenResponse { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The form of the body.
    pub(super) fn shape(&self) -> Option<&BodyShape> {
        match self.kind() {
            ErrorKind::Status { shape, .. } | ErrorKind::NotATokenResponse { shape, .. } => Some(shape),
            _ => None,
        }
    }

    /// The status of the proxy's rejection.
    pub(super) fn tunnel_status(&self) -> Option<u16> {
        match self.kind() {
            ErrorKind::Proxy(ProxyFailure::TunnelRefused { status, .. }) => *status,
            _ => None,
        }
    }

    /// The words of the server or the proxy.
    pub(super) fn words(&self) -> Option<&str> {
        match self.kind() {
            ErrorKind::OAuth { description, .. } => description.as_deref(),
            ErrorKind::Status { message, .. }
            | ErrorKind::NotATokenResponse { message, .. }
            | ErrorKind::Proxy(ProxyFailure::TunnelRefused { message, .. }) => message.as_deref(),
            _ => None,
        }
    }

    /// The topic of the server's words, of its own code, or of its page's title.
    pub(super) fn topic(&self) -> Option<Topic> {
        let code = match self.kind() {
            // A server's own code can also contain words.
            ErrorKind::OAuth { error, .. } if !STANDARD_CODES.contains(&error.as_str()) => Some(error.as_str()),
            _ => None,
        };
        let title = match self.shape() {
            Some(BodyShape::Html(title)) => title.as_deref(),
            _ => None,
        };
        // The description is the most specific text, the title of a page the least.
        [self.words(), code, title].into_iter().flatten().find_map(Topic::of)
    }

    /// The requested scope in the server's words.
    pub(super) fn named_scope(&self) -> Option<&str> {
        let words = self.words()?;
        // Whole words, because one scope can be a part of another.
        let is_word = |scope: &&String| {
            words
                .split(|character: char| character.is_whitespace() || "\"'`,;()[]".contains(character))
                .any(|word| word == scope.as_str() || word.trim_end_matches(['.', ':', '!', '?']) == scope.as_str())
        };
        self.scopes.iter().find(is_word).map(String::as_str)
    }

    /// The requested scopes that the discovery document does not list.
    pub(super) fn unlisted_scopes(&self) -> Vec<&str> {
        let Some(listed) = self.discovery.as_ref().and_then(|metadata| metadata.scopes.as_ref()) else {
            return Vec::new();
        };
        self.scopes.iter().filter(|scope| !listed.contains(scope)).map(String::as_str).collect()
    }

    /// The requested scopes that were not in the earlier accepted request.
    fn new_scopes(&self) -> Vec<&str> {
        let accepted = |scope: &&String| self.accepted.as_ref().is_some_and(|set| set.iter().any(|one| one == *scope));
        self.scopes.iter().filter(|scope| !accepted(scope)).map(String::as_str).collect()
    }

    /// Whether the same credentials were accepted earlier in this run, so that they cannot be the cause.
    pub(super) fn is_accepted_otherwise(&self) -> bool {
        self.accepted.is_some()
    }

    /// `Some` if the discovery document lists authentication methods without the one in use; `true` if it lists the
    /// other one that this provider supports.
    pub(super) fn unlisted_method(&self) -> Option<bool> {
        let (ours, other) = match self.is_post() {
            true => (ClientAuthentication::Post, ClientAuthentication::BasicRaw),
            false => (ClientAuthentication::BasicRaw, ClientAuthentication::Post),
        };
        let metadata = self.discovery.as_ref().filter(|_| self.has_client())?;
        (!metadata.takes(ours)).then(|| metadata.takes(other))
    }

    /// Whether the discovery document lists grants without the one in use.
    pub(super) fn is_grant_unlisted(&self) -> bool {
        let listed = self.discovery.as_ref().and_then(|metadata| metadata.grant_types.as_ref());
        listed.is_some_and(|listed| !listed.iter().any(|grant| grant == self.grant.as_str()))
    }

    /// Whether the secret comes from the environment, but the id overrides the environment's.
    pub(super) fn is_mixed_pair(&self) -> bool {
        self.clues.overridden.first().is_some_and(|overridden| overridden.attribute.ends_with("_id"))
    }

    /// The first variable that was probably intended to be one of `meant`.
    pub(super) fn near_name(&self, meant: &[&str]) -> Option<(&str, &'static str)> {
        let near = self.clues.near_names.iter().find(|near| meant.contains(&near.meant))?;
        Some((&near.found, near.meant))
    }

    /// The known token endpoint of this host, if the request went to another address.
    pub(super) fn known_endpoint(&self) -> Option<String> {
        let known = self.known()?.paths.first()?;
        (!known.path.eq_ignore_ascii_case(&self.path())).then(|| self.with_path(known.path))
    }

    /// The probably intended host.
    pub(super) fn near_host(&self) -> Option<String> {
        let host = self.host();
        if let Some(meant) = hosts::other_spelling(&host) {
            return Some(meant);
        }
        // A host with a known token endpoint is not misspelled.
        if self.known().is_some_and(|known| !known.paths.is_empty()) {
            return None;
        }
        let names = hosts::all().filter(|(name, known)| !name.contains(['<', '*']) && !known.paths.is_empty());
        let near = names.map(|(name, _)| (text::distance(&name, &host), name)).min();
        // More than two differences are another name.
        near.filter(|(distance, _)| (1..=2).contains(distance)).map(|(_, name)| name)
    }

    /// The probably intended area in the first label of a regional host.
    pub(super) fn near_area(&self) -> Option<&'static str> {
        let host = self.host();
        let area = host.strip_suffix(".nice-incontact.com")?;
        let near = AREAS.iter().filter(|known| **known != area);
        // One difference only, because areas have three characters.
        near.min_by_key(|known| text::distance(known, area)).copied().filter(|known| text::distance(known, area) == 1)
    }

    /// The name of a gateway or filter that a header or the page's title reveals.
    pub(super) fn gateway(&self) -> Option<&'static str> {
        let marks = &self.error.marks;
        let title = match self.shape() {
            Some(BodyShape::Html(title)) => title.as_deref(),
            _ => None,
        };
        let texts: Vec<String> = [marks.server.as_deref(), marks.via.as_deref(), title]
            .into_iter()
            .flatten()
            .map(str::to_lowercase)
            .collect();
        let known = GATEWAYS.iter().find(|(mark, _)| texts.iter().any(|text| text.contains(mark)));
        known.map(|(_, name)| *name)
    }

    /// Whether a token service responded. Nothing else sends OAuth errors.
    fn is_oauth_error(&self) -> bool {
        matches!(self.kind(), ErrorKind::OAuth { .. })
    }

    /// Whether there is a challenge that no token endpoint sends.
    pub(super) fn has_foreign_challenge(&self) -> bool {
        let challenges = &self.error.marks.challenges;
        let is = |scheme: &str, names: &[&str]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
        !self.is_oauth_error()
            && !challenges.is_empty()
            && challenges.iter().all(|scheme| is(scheme, &["negotiate", "ntlm", "kerberos", "digest"]))
    }

    /// Whether there is a realm that is unusual for a token service.
    pub(super) fn has_foreign_realm(&self) -> bool {
        // Words in the realms of token services.
        let usual = ["oauth", "token", "client", "api", "cxone", "nice", "service", "auth"];
        let realm = self.error.marks.realm.as_deref().map(str::to_lowercase);
        let sounds_right = |realm: &str| usual.iter().any(|word| realm.contains(word)) || realm.contains(&self.host());
        !self.is_oauth_error() && realm.is_some_and(|realm| !sounds_right(&realm))
    }

    /// The names of the members of a JSON response.
    pub(super) fn members(&self) -> &[String] {
        match self.shape() {
            Some(BodyShape::JsonObject(names)) => names,
            _ => &[],
        }
    }

    /// Whether the response has a member that is probably a token with another name.
    pub(super) fn has_token_under_another_name(&self) -> bool {
        let names = ["token", "accesstoken", "access-token", "id_token", "jwt"];
        self.members().iter().any(|member| names.contains(&member.to_ascii_lowercase().as_str()))
    }

    /// The difference between this machine's clock and the server's, if it is more than a minute.
    pub(super) fn clock_difference(&self) -> Option<i64> {
        self.error.clock_skew_seconds.filter(|skew| skew.unsigned_abs() > 60)
    }

    /// Whether the machine's clock is so far outside of a certificate's validity that the clock is probably wrong.
    pub(super) fn is_clock_far_off(&self) -> bool {
        let Some(certificate) = &self.error.marks.certificate else { return false };
        let far = |from: Option<SystemTime>, to: Option<SystemTime>| {
            from.zip(to).and_then(|(from, to)| to.duration_since(from).ok()).is_some_and(|gap| gap > A_YEAR)
        };
        // Nobody issues certificates years in advance, but the clocks of machines without a battery start in the past.
        far(Some(certificate.checked_at), certificate.not_before)
    }

    /// The fact `name` in words; `None` if there is no such name, or no such fact in this exchange.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let marks = &self.error.marks;
        match name {
            "host" => Some(self.host()),
            "port" => Some(self.port().to_string()),
            "endpoint" => Some(escaped(&self.error.endpoint)),
            "origin" => Some(self.origin()),
            "path" => Some(escaped(&self.path())),
            "grant" => Some(self.grant.as_str().to_owned()),
            "status" => self.status().map(|status| status.to_string()),
            "code" => match self.kind() {
                ErrorKind::OAuth { error, .. } => Some(escaped(error)),
                _ => None,
            },
            "quote" => Some(self.words().map_or_else(|| "the response gives no reason".to_owned(), quoted)),
            "id" => Some(self.shown_client_id()),
            "known_id" => Some(match &self.client_id {
                Some(_) if self.shows_client_id() => self.shown_client_id(),
                _ => "the application".to_owned(),
            }),
            "id_place" => Some(place(self.client_id.as_ref().map(|id| &id.source))),
            // With the grant `password` there are two secrets. The client's is checked first.
            "secret" => Some(if self.has_client() { "client_secret" } else { "access_key_secret" }.to_owned()),
            "secret_place" => Some(place(self.client_secret.as_ref().or(self.access_key_secret.as_ref()))),
            "key_place" => Some(place(self.access_key_secret.as_ref())),
            "key_id_place" => Some(place(self.access_key_id.as_ref())),
            "url_place" => Some(place(Some(&self.token_url))),
            "url_setting" => Some(self.address_setting().to_owned()),
            "scopes" => Some(joined(self.scopes.iter().map(String::as_str))),
            "scopes_place" => Some(place(Some(&self.scopes_source))),
            "audience_place" => Some(place(self.audience.as_ref())),
            "named_scope" => self.named_scope().map(escaped),
            "unlisted_scopes" => Some(joined(self.unlisted_scopes())),
            "accepted" => self.accepted.as_ref().map(|accepted| match accepted.is_empty() {
                true => "no scopes".to_owned(),
                false => format!("the scopes {}", joined(accepted.iter().map(String::as_str))),
            }),
            "new_scopes" => Some(joined(self.new_scopes())),
            "proxy" => Some(self.proxy.as_ref().map_or_else(|| "the proxy".to_owned(), |proxy| escaped(&proxy.value))),
            // `NO_PROXY` applies to the environment's proxy only.
            "bypass" => Some(match self.proxy.as_ref().map(|proxy| &proxy.source) {
                Some(source) if source.variable().is_none_or(|name| name.starts_with("CXONE_")) => {
                    format!("remove the proxy in {}", place(Some(source)))
                }
                _ => format!("list {} in NO_PROXY", self.host()),
            }),
            "proxy_place" => Some(place(self.proxy.as_ref().map(|proxy| &proxy.source))),
            "passed_proxy" => self.passed_proxy.map(|passed| match passed {
                PassedProxy::Exception(name) => {
                    format!("{name} is set, but NO_PROXY lists this host, so the proxy was not used")
                }
                PassedProxy::Plain(name) => {
                    format!("{name} is set, but it applies to http addresses only, so no proxy was used")
                }
            }),
            "proxy_fix" => self.passed_proxy.map(|passed| match passed {
                PassedProxy::Exception(_) => "remove the host from NO_PROXY".to_owned(),
                PassedProxy::Plain(_) => "set HTTPS_PROXY as well".to_owned(),
            }),
            "ca_place" => Some(self.ca_cert.as_ref().map_or_else(|| place(None), exact_place)),
            "cert_place" => Some(place(self.client_cert.as_ref())),
            "timeout" => Some(limit(&span(self.request_timeout.value), &self.request_timeout.source)),
            "retries" => Some(limit(&self.max_retries.value.to_string(), &self.max_retries.source)),
            "max_wait" => Some(limit(&span(self.retry_max_wait.value), &self.retry_max_wait.source)),
            "attempts" => Some(times(self.error.attempts)),
            "retry_after" => marks.retry_after.map(|wait| span(Duration::from_secs(wait.as_secs()))),
            "server_time" => Some(marks.retry_after.map_or_else(String::new, |wait| {
                format!(" The server asks for a wait of {}.", span(Duration::from_secs(wait.as_secs())))
            })),
            "tunnel_status" => self.tunnel_status().map(|status| status.to_string()),
            "proxy_words" => {
                Some(self.words().map_or_else(String::new, |words| format!(" and says {}", quoted(words))))
            }
            "connected" => Some(match &self.proxy {
                Some(proxy) => format!("the tunnel of the proxy {} is open", escaped(&proxy.value)),
                None => "the TCP connection is there".to_owned(),
            }),
            "challenges" => Some(escaped(&marks.challenges.join(", "))).filter(|text| !text.is_empty()),
            "realm" => marks.realm.as_deref().map(quoted),
            "gateway" => self.gateway().map(str::to_owned),
            "allow" => marks.allow.as_deref().map(escaped),
            "encoding" => marks.content_encoding.as_deref().map(escaped),
            "clock" => self.error.clock_skew_seconds.map(clock_difference),
            "near_host" => self.near_host(),
            "near_area" => self.near_area().map(str::to_owned),
            "near_url" => self.near_host().map(|host| format!("https://{host}{}", self.path())),
            "known_endpoint" => self.known_endpoint(),
            "other_endpoint" => self.other_endpoint.as_deref().map(escaped),
            "other_method" => {
                Some(if self.is_post() { "client_secret_basic" } else { "client_secret_post" }.to_owned())
            }
            "method" => Some(if self.is_post() { "client_secret_post" } else { "client_secret_basic" }.to_owned()),
            "listed_methods" => {
                Some(self.listed(|metadata| metadata.auth_methods.as_ref(), "client_secret_basic only, by default"))
            }
            "listed_grants" => Some(self.listed(|metadata| metadata.grant_types.as_ref(), "no grants")),
            "listed_scopes" => Some(self.listed(|metadata| metadata.scopes.as_ref(), "no scopes")),
            _ => self.environment_value(name).or_else(|| self.kind_value(name)),
        }
    }

    fn environment_value(&self, name: &str) -> Option<String> {
        let near = |meant: &[&str]| self.near_name(meant).map(|(found, meant)| (escaped(found), meant.to_owned()));
        let overridden = self.clues.overridden.first();
        match name {
            "near_credential" => near(CREDENTIAL_VARIABLES).map(|(found, _)| found),
            "meant_credential" => near(CREDENTIAL_VARIABLES).map(|(_, meant)| meant),
            "near_scopes" => near(&["CXONE_SCOPES"]).map(|(found, _)| found),
            "near_address" => near(ADDRESS_VARIABLES).map(|(found, _)| found),
            "meant_address" => near(ADDRESS_VARIABLES).map(|(_, meant)| meant),
            "overridden" => overridden.map(|overridden| overridden.variable.to_owned()),
            "overridden_attribute" => overridden.map(|overridden| overridden.attribute.to_owned()),
            "overridden_by" => overridden.map(|overridden| place(Some(&overridden.by))),
            _ => None,
        }
    }

    fn kind_value(&self, name: &str) -> Option<String> {
        match (name, self.kind()) {
            ("location", ErrorKind::Redirect { location, .. }) => {
                Some(location.as_deref().map_or_else(|| "no address".to_owned(), escaped))
            }
            ("reason", ErrorKind::NotATokenResponse { reason, .. }) => Some(escaped(reason)),
            ("limit", ErrorKind::ResponseTooLarge { limit }) => Some(format!("{limit} bytes")),
            ("limit", ErrorKind::HeadersTooLarge { limit, lines }) => {
                Some(format!("{limit} bytes or {lines} lines of headers"))
            }
            ("limit", ErrorKind::Timeout { limit, .. }) => Some(span(*limit)),
            ("setup", ErrorKind::Setup(text)) => Some(sentence(&escaped(text))),
            ("tls", ErrorKind::Tls(TlsFailure::Other(text))) => Some(escaped(text)),
            ("tls", ErrorKind::Proxy(ProxyFailure::Tls(failure))) => Some(escaped(&failure.to_string())),
            ("names", ErrorKind::Tls(TlsFailure::WrongName { presented })) => Some(match presented.as_slice() {
                [] => "another name".to_owned(),
                names => names.iter().map(|name| escaped(name)).collect::<Vec<_>>().join(", "),
            }),
            ("proxy_status", ErrorKind::Proxy(ProxyFailure::TunnelRefused { status: Some(status), .. })) => {
                Some(format!(" (HTTP {status})"))
            }
            ("proxy_status", _) => Some(String::new()),
            ("members", _) => Some(match self.members() {
                [] => "none".to_owned(),
                names => names.iter().take(SHOWN_MEMBERS).map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
            }),
            ("title", _) => Some(match self.shape() {
                Some(BodyShape::Html(Some(title))) => format!(" titled {}", quoted(title)),
                _ => String::new(),
            }),
            _ => self.certificate_value(name),
        }
    }

    fn certificate_value(&self, name: &str) -> Option<String> {
        let certificate = self.error.marks.certificate.as_ref();
        let reference = certificate.map_or(SystemTime::UNIX_EPOCH, |certificate| certificate.checked_at);
        let date = |time: Option<SystemTime>| {
            Some(time.map_or_else(|| "an unreadable date".to_owned(), |time| moment(time, reference)))
        };
        match name {
            "trust" => Some(self.error.marks.trust.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
            "issuer" => Some(match certificate {
                Some(certificate) if certificate.is_self_signed => "the server itself (self-signed)".to_owned(),
                Some(certificate) => {
                    certificate.issuer.as_deref().map_or_else(|| "an unnamed issuer".to_owned(), quoted)
                }
                None => "an unknown issuer".to_owned(),
            }),
            "not_before" => date(certificate.and_then(|certificate| certificate.not_before)),
            "not_after" => date(certificate.and_then(|certificate| certificate.not_after)),
            "now" => Some(certificate.map_or_else(
                || "another time".to_owned(),
                |certificate| {
                    let mut bounds = [certificate.not_before, certificate.not_after].into_iter().flatten();
                    // The time of day matters only close to the start or the end of the validity.
                    let nearest = bounds.find(|bound| gap(*bound, certificate.checked_at) < TWO_DAYS);
                    moment(certificate.checked_at, nearest.unwrap_or(SystemTime::UNIX_EPOCH))
                },
            )),
            _ => None,
        }
    }

    fn listed(&self, list: fn(&Metadata) -> Option<&Vec<String>>, absent: &str) -> String {
        match self.discovery.as_ref().and_then(list) {
            None => absent.to_owned(),
            Some(items) if items.is_empty() => "none".to_owned(),
            Some(items) => {
                let mut shown: Vec<_> = items.iter().take(SHOWN_LISTED).map(|item| shown(item).into_owned()).collect();
                if items.len() > SHOWN_LISTED {
                    shown.push(format!("{} more", items.len() - SHOWN_LISTED));
                }
                listed(&shown, "and")
            }
        }
    }

    fn shows_client_id(&self) -> bool {
        self.show_client_id && self.client_id.as_ref().is_some_and(|id| shape::client_id(&id.value).is_some())
    }

    /// The client id if it may be shown, else that it is hidden.
    pub(super) fn shown_client_id(&self) -> String {
        match &self.client_id {
            // Not if it may be the secret.
            Some(id) if self.shows_client_id() => shown(&id.value).into_owned(),
            Some(_) => "hidden: it looks like a secret".to_owned(),
            None => "none".to_owned(),
        }
    }

    /// The setting of the address.
    fn address_setting(&self) -> &'static str {
        let names = |origin| match origin {
            Origin::Block(attribute) | Origin::Flag(attribute) => attribute,
            Origin::Environment("CXONE_ISSUER") => "issuer",
            Origin::Environment("CXONE_REGION") => "region",
            _ => "token_url",
        };
        match names(self.token_url.origin).trim_start_matches('-') {
            "issuer" => "issuer",
            "region" => "region",
            _ => "token_url",
        }
    }
}

/// The exact place of a value, with the argument, in words that follow "in".
pub(super) fn exact_place(source: &Source) -> String {
    match (source.origin, &source.file) {
        (Origin::Block(attribute), None) => format!("{attribute} of the provider block"),
        (Origin::Resource(attribute), _) => format!("{attribute} of this block"),
        _ => place(Some(source)),
    }
}

/// The place of a value, in words that follow the name of its setting and "in".
pub(super) fn place(source: Option<&Source>) -> String {
    const BLOCK: &str = "the provider block";
    let Some(Source { origin, file }) = source else { return BLOCK.to_owned() };
    match (origin, file) {
        // A default has no place of its own. The provider block is the place to change it.
        (Origin::Default, _) | (Origin::Block(_), None) => BLOCK.to_owned(),
        (Origin::Block(attribute), Some(path)) => format!("the file {path:?} ({attribute} of the provider block)"),
        (Origin::Environment(variable), None) => format!("the environment variable {variable}"),
        (Origin::Environment(variable), Some(path)) => format!("the file {path:?} (environment variable {variable})"),
        (Origin::Resource(_), _) => "this block".to_owned(),
        (Origin::Flag(flag), None) => format!("the flag {flag}"),
        (Origin::Flag(flag), Some(path)) => format!("the file {path:?} (flag {flag})"),
        (Origin::AuthFile(key), None) => format!("{key} of the auth: file"),
        (Origin::AuthFile(key), Some(path)) => format!("{key} of the file {path:?}"),
    }
}

/// The source of a value, for brackets behind it.
pub(super) fn origin(source: &Source) -> String {
    match (source.origin, &source.file) {
        (Origin::Default, _) => "default".to_owned(),
        (Origin::Block(attribute), None) => format!("{attribute}, provider block"),
        (Origin::Block(attribute), Some(path)) => format!("{attribute} {path:?}, provider block"),
        (Origin::Resource(attribute), _) => format!("{attribute}, this block"),
        (Origin::AuthFile(key), None) => format!("{key} in the auth: file"),
        (Origin::AuthFile(key), Some(path)) => format!("{key} in {path:?}"),
        (Origin::Environment(name) | Origin::Flag(name), None) => name.to_owned(),
        (Origin::Environment(name) | Origin::Flag(name), Some(path)) => format!("{name} {path:?}"),
    }
}

/// A limit with its value and source: `30s (default)`.
fn limit(value: &str, source: &Source) -> String {
    format!("{value} ({})", origin(source))
}

/// A duration in the form of settings: `1m 30s`.
pub(super) fn span(duration: Duration) -> String {
    humantime::format_duration(Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
        .to_string()
}

/// `once`, `3 times`.
fn times(count: u32) -> String {
    match count {
        0 | 1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn joined<'a>(scopes: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = scopes.into_iter().collect();
    let mut text = all.iter().take(SHOWN_SCOPES).map(|scope| escaped(scope)).collect::<Vec<_>>().join(" ");
    if all.len() > SHOWN_SCOPES {
        text += &format!(" and {} more", all.len() - SHOWN_SCOPES);
    }
    text
}

fn gap(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).or_else(|_| other.duration_since(one)).unwrap_or_default()
}

/// The day, with the time of day if it is close to `reference`.
fn moment(time: SystemTime, reference: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    match text.split_once('T') {
        Some((day, rest)) if gap(time, reference) < TWO_DAYS => format!("{day} {} UTC", rest.trim_end_matches('Z')),
        Some((day, _)) => day.to_owned(),
        None => text,
    }
}

/// The local clock relative to the server's: `90 s ahead of`, `3 min behind`.
pub fn clock_difference(skew: i64) -> String {
    let size = match skew.unsigned_abs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    };
    format!("{size} {}", if skew > 0 { "ahead of" } else { "behind" })
}

/// Begins with a capital letter, unless the first word is a setting's name.
fn sentence(text: &str) -> String {
    if text.split(' ').next().is_some_and(|word| word.contains('_')) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The variables for credentials.
pub(super) const CREDENTIAL_VARIABLES: &[&str] = &[
    "CXONE_CLIENT_ID",
    "CXONE_CLIENT_SECRET",
    "CXONE_CLIENT_SECRET_FILE",
    "CXONE_ACCESS_KEY_ID",
    "CXONE_ACCESS_KEY_SECRET",
    "CXONE_ACCESS_KEY_SECRET_FILE",
    "CXONE_ACCESS_TOKEN",
    "CXONE_TOKEN_ENDPOINT_AUTH_METHOD",
    "CXONE_GRANT_TYPE",
];
/// The variables for the address.
pub(super) const ADDRESS_VARIABLES: &[&str] = &["CXONE_TOKEN_URL", "CXONE_ISSUER", "CXONE_REGION"];

// The codes of RFC 6749 section 5.2 and of later RFCs. They say which rule was broken, but not why.
const STANDARD_CODES: [&str; 13] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "insufficient_scope",
    "invalid_token",
    "scope_invalid",
];

// The areas in public sources. New ones appear, so these are only suggestions.
const AREAS: [&str; 8] = ["na1", "na2", "eu1", "au1", "ca1", "uk1", "jp1", "ae1"];

// Parts of `Server`, `Via` or a title, in lower case, and the product that each reveals.
const GATEWAYS: [(&str, &str); 18] = [
    ("akamai", "Akamai"),
    ("cloudflare", "Cloudflare"),
    ("cloudfront", "Amazon CloudFront"),
    ("awselb", "an AWS load balancer"),
    ("zscaler", "Zscaler"),
    ("squid", "a Squid proxy"),
    ("bluecoat", "a Blue Coat proxy"),
    ("forcepoint", "Forcepoint"),
    ("netskope", "Netskope"),
    ("mcafee", "a McAfee gateway"),
    ("fortigate", "FortiGate"),
    ("fortinet", "Fortinet"),
    ("palo alto", "a Palo Alto firewall"),
    ("sophos", "Sophos"),
    ("imperva", "Imperva"),
    ("incapsula", "Imperva"),
    ("big-ip", "an F5 BIG-IP"),
    ("bigip", "an F5 BIG-IP"),
];

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
// A message has 28 lines at most: lists in it are cut, with a count of the rest.
const SHOWN_SCOPES: usize = 8;
const SHOWN_MEMBERS: usize = 6;
const SHOWN_LISTED: usize = 5;
