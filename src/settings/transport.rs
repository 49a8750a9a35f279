//! How requests travel: time limits, repetitions, TLS, proxy, headers.

use std::time::Duration;

use crate::settings::config::{by_default, parse_duration};
use crate::settings::resolve::Resolver;
use crate::settings::source::{Source, Sourced};
use crate::settings::{certificates, setting};
use oauth::{HttpSettings, HttpVersion, ProxySettings, RetryPolicy, Secret};

/// The resolved transport, and where those settings came from that an explanation names.
pub struct Transport {
    /// Time limit, headers, TLS and proxy.
    pub http: HttpSettings,
    /// Repetitions.
    pub retry: RetryPolicy,
    /// Origin of `request_timeout`.
    pub request_timeout: Source,
    /// Origin of `retry_max_wait`.
    pub retry_max_wait: Source,
    /// Origin of `max_retries`.
    pub max_retries: Source,
    /// Origin of additional roots; `None` where there are none.
    pub ca_cert: Option<Source>,
    /// Origin of the client certificate; `None` where there is none.
    pub client_cert: Option<Source>,
    /// Origin of the proxy; `None` where there is none.
    pub proxy: Option<Source>,
    /// The variable that names a proxy for http addresses alone, which no request takes; `None` where there is none, or
    /// another proxy.
    pub plain_proxy: Option<&'static str>,
}

/// Resolves every transport setting; mistakes become diagnostics and leave the default in place.
pub fn resolve(resolver: &mut Resolver<'_>, terraform_version: &str) -> Transport {
    let default = HttpSettings::default();
    let timeout =
        resolver.parsed(&setting::REQUEST_TIMEOUT, parse_duration).unwrap_or(by_default(default.request_timeout));
    let (retry, max_retries, retry_max_wait) = retry_policy(resolver);
    let ca_cert = certificates::roots(resolver);
    let identity = certificates::identity(resolver);
    let insecure = resolver.parsed(&setting::TLS_INSECURE_SKIP_VERIFY, parse_bool);
    if let Some(insecure) = insecure.as_ref().filter(|insecure| insecure.value) {
        resolver.warn_insecure(&insecure.source);
    }
    let http_version = resolver.parsed(&setting::HTTP_VERSION, parse_http_version);
    let (proxy, proxy_source) = proxy(resolver);
    let http = HttpSettings {
        request_timeout: timeout.value,
        user_agent: user_agent(resolver, terraform_version),
        extra_ca_pem: ca_cert.as_ref().map(|pem| pem.value.expose().to_owned()),
        client_identity: identity.as_ref().map(|identity| identity.value.clone()),
        insecure_skip_verify: insecure.is_some_and(|insecure| insecure.value),
        proxy,
        http_version: http_version.map_or(default.http_version, |version| version.value),
    };
    Transport {
        http,
        retry,
        request_timeout: timeout.source,
        retry_max_wait,
        max_retries,
        ca_cert: ca_cert.map(|pem| pem.source),
        client_cert: identity.map(|identity| identity.source),
        plain_proxy: variable(resolver, ["HTTP_PROXY", "http_proxy"])
            .map(|(name, _)| name)
            .filter(|_| proxy_source.is_none()),
        proxy: proxy_source,
    }
}

/// The proxy of the setting, else that of the conventional variables, and where it came from.
fn proxy(resolver: &mut Resolver<'_>) -> (ProxySettings, Option<Source>) {
    if let Some(url) = resolver.secret(&setting::HTTP_PROXY) {
        let settings = ProxySettings::Url(url.value);
        if let Err(why) = settings.check() {
            resolver.invalid(&setting::HTTP_PROXY, &url.source, why);
        }
        return (settings, Some(url.source));
    }
    let Some((name, url)) = variable(resolver, ["HTTPS_PROXY", "https_proxy"]) else {
        return (ProxySettings::None, None);
    };
    let no_proxy = variable(resolver, ["NO_PROXY", "no_proxy"]).map(|(_, hosts)| hosts);
    (
        ProxySettings::Environment { variable: name, https_proxy: Secret::new(url), no_proxy },
        Some(Source::Environment(name)),
    )
}

/// The first of a conventional variable's two spellings that is set, and its value; a blank one switches it off.
fn variable(resolver: &Resolver<'_>, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let found = names.into_iter().find_map(|name| Some((name, resolver.variable(name)?)));
    found.filter(|(_, value)| !value.trim().is_empty())
}

/// The policy, and where the number of repetitions and the longest wait came from.
fn retry_policy(resolver: &mut Resolver<'_>) -> (RetryPolicy, Source, Source) {
    let default = RetryPolicy::default();
    let max_retries = resolver.parsed(&setting::MAX_RETRIES, parse_retries).unwrap_or(by_default(default.max_retries));
    let min_wait = resolver.parsed(&setting::RETRY_MIN_WAIT, parse_duration);
    let max_wait = resolver.parsed(&setting::RETRY_MAX_WAIT, parse_duration);
    let policy = RetryPolicy {
        max_retries: max_retries.value,
        min_wait: min_wait.as_ref().map_or(default.min_wait, |wait| wait.value),
        max_wait: max_wait.as_ref().map_or(default.max_wait, |wait| wait.value),
    };
    let max_wait_source = max_wait.as_ref().map_or(Source::Default, |wait| wait.source.clone());
    (consistent(policy, min_wait, max_wait, resolver), max_retries.source, max_wait_source)
}

/// Where only one wait was set, the other's default gives way to it.
fn consistent(
    policy: RetryPolicy,
    min_wait: Option<Sourced<Duration>>,
    max_wait: Option<Sourced<Duration>>,
    resolver: &mut Resolver<'_>,
) -> RetryPolicy {
    if policy.min_wait <= policy.max_wait {
        return policy;
    }
    match (min_wait, max_wait) {
        (Some(_), None) => RetryPolicy { max_wait: policy.min_wait, ..policy },
        (None, _) => RetryPolicy { min_wait: policy.max_wait, ..policy },
        (Some(min_wait), Some(_)) => {
            let why = "it is longer than `retry_max_wait`; the shortest wait cannot exceed the longest";
            resolver.invalid(&setting::RETRY_MIN_WAIT, &min_wait.source, why);
            policy
        }
    }
}

fn user_agent(resolver: &mut Resolver<'_>, terraform_version: &str) -> String {
    let mut user_agent = format!("terraform-provider-cxone/{}", env!("CARGO_PKG_VERSION"));
    if !terraform_version.is_empty() {
        user_agent.push_str(&format!(" Terraform/{}", terraform_version.replace(|c: char| !c.is_ascii_graphic(), "_")));
    }
    let is_printable = |c: char| c.is_ascii_graphic() || c == ' ';
    if let Some(appended) = resolver.text(&setting::APPEND_USER_AGENT) {
        user_agent.push(' ');
        match &appended.source {
            // Every provider reads this one: what it holds for others must not stop this one.
            Source::Environment("TF_APPEND_USER_AGENT") => {
                user_agent.push_str(appended.value.replace(|c| !is_printable(c), "_").trim());
            }
            _ if appended.value.chars().all(is_printable) => user_agent.push_str(appended.value.trim()),
            source => {
                let why = "a `User-Agent` header takes printable ASCII only";
                resolver.invalid(&setting::APPEND_USER_AGENT, source, why);
            }
        }
    }
    user_agent
}

fn parse_http_version(text: &str) -> Result<HttpVersion, &'static str> {
    match text {
        "auto" => Ok(HttpVersion::Auto),
        "1.1" => Ok(HttpVersion::Http11),
        _ => Err("it takes `auto` or `1.1`"),
    }
}

/// Parses `true`, `false`, `1` or `0` in any case.
///
/// # Errors
///
/// A sentence that says what is expected.
pub fn parse_bool(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("it takes `true` or `false`"),
    }
}

fn parse_retries(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|retries| *retries <= 100).ok_or("it takes a whole number from 0 to 100")
}
