//! The facts of one failed exchange, as conditions and as words.

use std::time::Duration;

use url::Url;

use crate::diagnosis::entry::When;
use crate::diagnosis::{Authentication, Context, Site};
use crate::hosts;
use crate::hosts::{Certainty, KnownHost, Product};
use crate::settings::grant_type::GrantType;
use crate::settings::source::Source;
use crate::text::{escaped, quoted};
use oauth::{BodyShape, Endpoint, Error, ErrorKind, TlsFailure};

/// Everything that a template or a condition may ask.
pub(super) struct Facts<'a> {
    pub(super) error: &'a Error,
    pub(super) context: &'a Context,
    pub(super) host: String,
    port: u16,
    pub(super) known: Option<&'static KnownHost>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(error: &'a Error, context: &'a Context) -> Self {
        let url = Url::parse(&error.endpoint).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("the host").to_owned();
        let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or(443);
        let known = hosts::lookup(&host);
        Self { error, context, host, port, known }
    }

    /// Whether a line with this condition applies.
    pub(super) fn holds(&self, when: When) -> bool {
        let context = self.context;
        let client_credentials = context.grant == GrantType::ClientCredentials;
        match when {
            When::Always => true,
            When::InTerraform => context.site != Site::CommandLine,
            When::ClientCredentials => client_credentials,
            When::ClientCredentialsAtIssuer => client_credentials && self.is_issuer(),
            When::AccessKey => !client_credentials,
            When::FromEnvironment => self.credentials().any(|source| source.variable().is_some()),
            When::FromFile => self.credentials().any(is_file),
            When::ScopesSent => !context.scopes.is_empty(),
            When::NoScopes => context.scopes.is_empty(),
            When::Proxied => context.proxy.is_some(),
            When::Direct => context.proxy.is_none() && !self.is_here(),
            When::Here => self.is_here(),
            When::Elsewhere => !self.is_here(),
            When::SystemRoots => context.ca_cert.is_none(),
            When::OwnRoots => context.ca_cert.is_some(),
            When::ClientCertificate => context.client_cert.is_some(),
            When::NoClientCertificate => context.client_cert.is_none(),
            When::Basic | When::Post | When::ReservedRaw | When::ReservedEncoded | When::Client => {
                self.authenticated(when)
            }
            When::DefaultAddress | When::ChosenAddress | When::Issuer | When::UnverifiedHost | When::Misspelled => {
                self.addressed(when)
            }
            When::ClockOff | When::ForeignChallenge | When::Status401 | When::TokenUnderAnotherName => {
                self.answered(when)
            }
        }
    }

    fn is_here(&self) -> bool {
        Endpoint::try_parse(&self.error.endpoint).is_ok_and(|endpoint| endpoint.is_loopback())
    }

    /// Conditions on how the client was authenticated.
    fn authenticated(&self, when: When) -> bool {
        let (style, reserved) = (self.context.authentication, self.context.reserved_characters);
        match when {
            When::Basic => matches!(style, Authentication::BasicRaw | Authentication::BasicRfc6749),
            When::Post => style == Authentication::Post,
            When::ReservedRaw => reserved && style == Authentication::BasicRaw,
            When::ReservedEncoded => reserved && style == Authentication::BasicRfc6749,
            _ => style != Authentication::None,
        }
    }

    /// Conditions on where the request went.
    fn addressed(&self, when: When) -> bool {
        match when {
            When::DefaultAddress => self.context.token_url.is_default(),
            When::ChosenAddress => !self.context.token_url.is_default(),
            When::Issuer => self.is_issuer(),
            When::UnverifiedHost => self.known.is_some_and(is_unverified),
            _ => hosts::other_spelling(&self.host).is_some(),
        }
    }

    /// Conditions on what came back.
    fn answered(&self, when: When) -> bool {
        let asks_for_basic = |schemes: &[String]| schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
        match when {
            When::ClockOff => self.error.clock_skew_seconds.is_some_and(|skew| skew.unsigned_abs() > 60),
            When::ForeignChallenge => self.challenges().is_some_and(|schemes| !asks_for_basic(schemes)),
            When::Status401 => self.status() == Some(401),
            _ => self.members().iter().any(|name| is_token_name(name)),
        }
    }

    /// The fact called `name` in words; `None` when there is no such name, or no such fact in this exchange.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let context = self.context;
        match name {
            "host" => Some(self.host.clone()),
            "endpoint" => Some(escaped(&self.error.endpoint)),
            "port" => Some(self.port.to_string()),
            "grant" => Some(context.grant.as_str().to_owned()),
            "status" => self.status().map(|status| status.to_string()),
            "clock" => self.error.clock_skew_seconds.map(clock_difference),
            "secret_source" => Some(origin(context.client_secret.as_ref())),
            "access_key_source" => Some(origin(context.access_key_secret.as_ref())),
            "scopes" => Some(context.scopes.iter().map(|scope| escaped(scope)).collect::<Vec<_>>().join(" ")),
            "scopes_source" => Some(origin(Some(&context.scopes_source))),
            "token_url_source" => Some(origin(Some(&context.token_url))),
            "timeout_source" => Some(origin(Some(&context.request_timeout))),
            "proxy" => Some(context.proxy.as_ref().map_or_else(|| "in use".to_owned(), |proxy| escaped(&proxy.value))),
            "proxy_source" => Some(origin(context.proxy.as_ref().map(|proxy| &proxy.source))),
            "ca_source" => Some(origin(context.ca_cert.as_ref())),
            "meant_host" => hosts::other_spelling(&self.host),
            "challenges" => self.challenges().map(|schemes| escaped(&schemes.join(", "))),
            "members" => Some(match self.members() {
                [] => "none".to_owned(),
                names => names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "),
            }),
            other => self.kind_value(other),
        }
    }

    fn kind_value(&self, name: &str) -> Option<String> {
        match (name, self.error.kind()) {
            ("error", ErrorKind::OAuth { error, .. }) => Some(escaped(error)),
            ("location", ErrorKind::Redirect { location, .. }) => {
                Some(location.as_deref().map_or_else(|| "an unnamed place".to_owned(), escaped))
            }
            ("reason", ErrorKind::NotATokenResponse { reason, .. }) => Some(escaped(reason)),
            ("limit", ErrorKind::ResponseTooLarge { limit }) => Some(format!("{limit} bytes")),
            ("limit", ErrorKind::HeadersTooLarge { limit, lines }) => {
                Some(format!("{limit} bytes or {lines} lines of headers"))
            }
            ("limit", ErrorKind::Timeout { limit, .. }) => Some(seconds(*limit)),
            ("setup", ErrorKind::Setup(text)) => Some(capitalised(&escaped(text))),
            ("tls", ErrorKind::Tls(TlsFailure::Other(text))) => Some(escaped(text)),
            ("names", ErrorKind::Tls(TlsFailure::WrongName { presented })) => Some(match presented.as_slice() {
                [] => "no name that could be read".to_owned(),
                names => names.iter().map(|name| escaped(name)).collect::<Vec<_>>().join(", "),
            }),
            ("proxy_status", ErrorKind::Proxy(oauth::ProxyFailure::TunnelRefused { status })) => {
                Some(status.map_or_else(|| "no status".to_owned(), |status| format!("HTTP {status}")))
            }
            ("title", ErrorKind::Status { shape, .. } | ErrorKind::NotATokenResponse { shape, .. }) => match shape {
                BodyShape::Html(Some(title)) => Some(format!(" titled {}", quoted(title))),
                _ => Some(String::new()),
            },
            ("title", _) => Some(String::new()),
            _ => None,
        }
    }

    /// The answer's status, when there was an answer.
    pub(super) fn status(&self) -> Option<u16> {
        match self.error.kind() {
            ErrorKind::OAuth { status, .. }
            | ErrorKind::Status { status, .. }
            | ErrorKind::Redirect { status, .. }
            | ErrorKind::NotATokenResponse { status, .. } => Some(*status),
            _ => None,
        }
    }

    fn is_issuer(&self) -> bool {
        self.known.is_some_and(|known| known.is_issuer)
    }

    fn credentials(&self) -> impl Iterator<Item = &Source> {
        let context = self.context;
        let id = context.client_id.as_ref().map(|id| &id.source);
        let others = [&context.client_secret, &context.access_key_id, &context.access_key_secret];
        id.into_iter().chain(others.into_iter().flatten())
    }

    /// The schemes of the answer's challenge; `None` when there were none.
    fn challenges(&self) -> Option<&[String]> {
        match self.error.kind() {
            ErrorKind::Status { challenges, .. } if !challenges.is_empty() => Some(challenges),
            _ => None,
        }
    }

    fn members(&self) -> &[String] {
        match self.error.kind() {
            ErrorKind::Status { shape: BodyShape::JsonObject(names), .. }
            | ErrorKind::NotATokenResponse { shape: BodyShape::JsonObject(names), .. } => names,
            _ => &[],
        }
    }
}

/// Where a setting came from, in words that follow "came".
fn origin(source: Option<&Source>) -> String {
    match source {
        None => "from the configuration".to_owned(),
        Some(source) if source.is_default() => "from the provider's default".to_owned(),
        Some(source) => source.to_string(),
    }
}

/// A duration as people say it: `850 ms`, `12.4 s`.
pub(super) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{} ms", duration.as_millis());
    }
    let text = format!("{:.1}", duration.as_secs_f64());
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

/// `90 s ahead of`, `3 min behind`: the local clock against the server's.
pub fn clock_difference(skew: i64) -> String {
    let size = match skew.unsigned_abs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    };
    format!("{size} {}", if skew > 0 { "ahead of" } else { "behind" })
}

/// With a capital at the beginning, unless that is the name of a setting.
fn capitalised(text: &str) -> String {
    if text.split(' ').next().is_some_and(|word| word.contains('_')) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn is_file(source: &Source) -> bool {
    source.value_file().is_some()
}

fn is_unverified(known: &KnownHost) -> bool {
    known.product == Product::Cxone && known.paths.iter().all(|path| path.certainty == Certainty::Unverified)
}

/// Names under which services hand out tokens, other than `access_token`.
fn is_token_name(name: &str) -> bool {
    ["token", "accesstoken", "access-token", "id_token", "jwt"].contains(&name.to_ascii_lowercase().as_str())
}
