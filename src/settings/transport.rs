//! The transport: time limits, retries, TLS, proxy, headers.

use std::time::Duration;

use crate::settings::parse::{boolean, by_default, choice, duration, retries};
use crate::settings::precedence::Resolver;
use crate::settings::source::{Source, Sourced};
use crate::settings::table::{self, Setting};
use oauth::pem::InvalidPem;
use oauth::{ClientIdentity, HttpSettings, HttpVersion, ProxySettings, RetryPolicy, Secret, TrustStore, pem};

/// The resolved transport, and the sources that diagnostics name.
pub struct Transport {
    /// Time limit, headers, TLS and proxy.
    pub http: HttpSettings,
    /// Retries.
    pub retry: RetryPolicy,
    /// Source of `request_timeout`.
    pub request_timeout: Source,
    /// Source of `retry_max_wait`.
    pub retry_max_wait: Source,
    /// Source of `max_retries`.
    pub max_retries: Source,
    /// Source of the extra roots; `None` without any.
    pub ca_cert: Option<Source>,
    /// Source of the client certificate; `None` without one.
    pub client_cert: Option<Source>,
    /// Source of the proxy; `None` without one.
    pub proxy: Option<Source>,
    /// The variable with a proxy for plain http only, which no request uses; `None` if there is none, or another proxy
    /// is used.
    pub plain_proxy: Option<&'static str>,
}

/// Resolves all transport settings. Mistakes become diagnostics, and leave the default in use.
pub(super) fn resolve(resolver: &mut Resolver<'_>, terraform_version: &str) -> Transport {
    let timeout =
        resolver.parsed(&table::REQUEST_TIMEOUT, duration).unwrap_or(by_default(HttpSettings::DEFAULT_REQUEST_TIMEOUT));
    let (retry, max_retries, retry_max_wait) = retry_policy(resolver);
    let ca_cert = extra_roots(resolver);
    let identity = client_identity(resolver);
    let insecure = resolver.parsed(&table::TLS_INSECURE_SKIP_VERIFY, boolean);
    if let Some(insecure) = insecure.as_ref().filter(|insecure| insecure.value) {
        resolver.warn_insecure(&insecure.source);
    }
    let http_version = resolver.parsed(&table::HTTP_VERSION, parse_http_version);
    let (proxy, proxy_source) = proxy(resolver);
    let http = HttpSettings {
        request_timeout: timeout.value,
        user_agent: user_agent(resolver, terraform_version),
        extra_ca_pem: ca_cert.as_ref().map(|pem| pem.value.clone()),
        trust: TrustStore {
            file: resolver.variable("SSL_CERT_FILE").map(Into::into),
            folders: resolver.variable("SSL_CERT_DIR").map(Into::into),
        },
        client_identity: identity.as_ref().map(|identity| identity.value.clone()),
        insecure_skip_verify: insecure.is_some_and(|insecure| insecure.value),
        proxy,
        http_version: http_version.map_or(HttpVersion::default(), |version| version.value),
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

/// The configured proxy, else that of the conventional variables, with its source.
fn proxy(resolver: &mut Resolver<'_>) -> (ProxySettings, Option<Source>) {
    if let Some(url) = resolver.secret(&table::HTTP_PROXY) {
        let settings = ProxySettings::Url(url.value);
        // Checked at once, because the user has set this proxy for the provider. A variable of many programs is checked
        // only when a request would use it.
        if let Err(why) = settings.check() {
            resolver.invalid(&table::HTTP_PROXY, &url.source, why);
        }
        return (settings, Some(url.source));
    }
    let Some((name, url)) = variable(resolver, ["HTTPS_PROXY", "https_proxy"]) else {
        return (ProxySettings::None, None);
    };
    let no_proxy = variable(resolver, ["NO_PROXY", "no_proxy"]).map(|(_, hosts)| hosts);
    (
        ProxySettings::Environment { variable: name, https_proxy: Secret::new(url), no_proxy },
        Some(Source::environment(name)),
    )
}

/// The first spelling of a conventional variable that is set, and its value. A blank value turns the proxy off.
fn variable(resolver: &Resolver<'_>, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let found = names.into_iter().find_map(|name| Some((name, resolver.variable(name)?)));
    // An empty variable switches an inherited proxy off.
    found.filter(|(_, value)| !value.trim().is_empty())
}

/// The policy, with the sources of the number of retries and of the longest wait.
fn retry_policy(resolver: &mut Resolver<'_>) -> (RetryPolicy, Source, Source) {
    let default = RetryPolicy::default();
    let max_retries = resolver.parsed(&table::MAX_RETRIES, retries).unwrap_or(by_default(default.max_retries));
    let min_wait = resolver.parsed(&table::RETRY_MIN_WAIT, duration);
    let max_wait = resolver.parsed(&table::RETRY_MAX_WAIT, duration);
    let policy = RetryPolicy {
        max_retries: max_retries.value,
        min_wait: min_wait.as_ref().map_or(default.min_wait, |wait| wait.value),
        max_wait: max_wait.as_ref().map_or(default.max_wait, |wait| wait.value),
    };
    let max_wait_source = max_wait.as_ref().map_or(Source::DEFAULT, |wait| wait.source.clone());
    (consistent(policy, min_wait, max_wait, resolver), max_retries.source, max_wait_source)
}

/// If only one wait is set, the default of the other is adapted to it.
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
            resolver.invalid(&table::RETRY_MIN_WAIT, &min_wait.source, why);
            policy
        }
    }
}

/// The certificates that are trusted besides the system's roots. Reports unusable ones.
fn extra_roots(resolver: &mut Resolver<'_>) -> Option<Sourced<Secret>> {
    let roots = resolver.secret(&table::CA_CERT_PEM)?;
    let judgement = pem::check_roots(roots.value.expose());
    let is_usable = judge(resolver, &table::CA_CERT_PEM, &roots.source, judgement);
    if is_usable {
        resolver.warn_unused(&table::CA_CERT_PEM, &roots.source, &pem::unused_blocks(roots.value.expose()));
    }
    is_usable.then_some(roots)
}

/// The client certificate and its key: both or neither, each usable, and belonging together.
fn client_identity(resolver: &mut Resolver<'_>) -> Option<Sourced<ClientIdentity>> {
    let (certificate, key) = (certificate(resolver), key(resolver));
    match (certificate, key) {
        (Some(certificate), Some(key)) => together(resolver, certificate, key),
        (Some(certificate), None) => {
            resolver.half(&table::CLIENT_CERT_PEM, &certificate.source, &table::CLIENT_KEY_PEM);
            None
        }
        (None, Some(key)) => {
            resolver.half(&table::CLIENT_KEY_PEM, &key.source, &table::CLIENT_CERT_PEM);
            None
        }
        (None, None) => None,
    }
}

fn certificate(resolver: &mut Resolver<'_>) -> Option<Sourced<String>> {
    let chain = resolver.text(&table::CLIENT_CERT_PEM)?;
    let judgement = pem::check_chain(&chain.value);
    judge(resolver, &table::CLIENT_CERT_PEM, &chain.source, judgement).then_some(chain)
}

fn key(resolver: &mut Resolver<'_>) -> Option<Sourced<Secret>> {
    let key = resolver.secret(&table::CLIENT_KEY_PEM)?;
    let judgement = pem::check_key(&key.value);
    judge(resolver, &table::CLIENT_KEY_PEM, &key.source, judgement).then_some(key)
}

fn together(
    resolver: &mut Resolver<'_>,
    certificate: Sourced<String>,
    key: Sourced<Secret>,
) -> Option<Sourced<ClientIdentity>> {
    let identity = ClientIdentity { certificate_pem: certificate.value, key_pem: key.value };
    if identity.check().is_err() {
        let why =
            format!("it is not the key of the certificate in `client_cert_pem`, which comes {}", certificate.source);
        resolver.invalid(&table::CLIENT_KEY_PEM, &key.source, why);
        return None;
    }
    Some(Sourced { value: identity, source: certificate.source })
}

/// Whether the setting is usable. Reports its fault.
fn judge(
    resolver: &mut Resolver<'_>,
    setting: &'static Setting,
    source: &Source,
    judgement: Result<(), InvalidPem>,
) -> bool {
    judgement.map_err(|why| resolver.invalid(setting, source, why)).is_ok()
}

fn user_agent(resolver: &mut Resolver<'_>, terraform_version: &str) -> String {
    let mut user_agent = format!("terraform-provider-cxone/{}", env!("CARGO_PKG_VERSION"));
    if !terraform_version.is_empty() {
        user_agent.push_str(&format!(" Terraform/{}", terraform_version.replace(|c: char| !c.is_ascii_graphic(), "_")));
    }
    let is_printable = |c: char| c.is_ascii_graphic() || c == ' ';
    if let Some(appended) = resolver.text(&table::APPEND_USER_AGENT) {
        user_agent.push(' ');
        match &appended.source {
            // All providers read this variable. Its content for others must not be an error here.
            source if source.variable() == Some("TF_APPEND_USER_AGENT") => {
                user_agent.push_str(appended.value.replace(|c| !is_printable(c), "_").trim());
            }
            _ if appended.value.chars().all(is_printable) => user_agent.push_str(appended.value.trim()),
            source => {
                let why = "a `User-Agent` header accepts only printable ASCII";
                resolver.invalid(&table::APPEND_USER_AGENT, source, why);
            }
        }
    }
    user_agent
}

fn parse_http_version(text: &str) -> Result<HttpVersion, String> {
    choice(text, &[("auto", HttpVersion::Auto), ("1.1", HttpVersion::Http11)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::settings::config;
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;
    use plugin::{AttributePath, Diagnostics};

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["canary.example".to_owned()]).unwrap();
        (made.cert.pem(), made.key_pair.serialize_pem())
    }

    /// The only error of this block with the environment's credentials.
    #[track_caller]
    fn error(block: serde_json::Value, variables: &[(&str, &str)]) -> (String, AttributePath) {
        let credentials = [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary-secret")];
        let environment = Environment::from_iter(credentials.iter().chain(variables).copied());
        let mut diags = Diagnostics::default();
        config::resolve(&RawConfig::from_json(block), &environment, "", &mut diags);
        assert_eq!(diags.errors.len(), 1, "{diags:?}");
        let error = diags.errors.remove(0);
        assert!(!error.detail.contains("canary"), "{}", error.detail);
        (error.detail.into_owned(), error.attribute)
    }

    #[test]
    fn a_text_that_may_have_a_key_in_it_is_never_pointed_at() {
        let (_, key) = made();
        for setting in ["ca_cert_pem", "client_cert_pem"] {
            let (text, path) = error(json!({ setting: "/etc/ssl/ca.pem" }), &[]);
            assert!(text.contains("no PEM certificate"), "{text}");
            assert_eq!(path, AttributePath::root());
            let (text, path) = error(json!({ setting: key }), &[]);
            assert!(text.contains("a private key and no certificate"), "{text}");
            assert_eq!(path, AttributePath::root(), "{setting}");
        }
        let (text, path) = error(json!({"client_key_pem": "/etc/ssl/key.pem"}), &[]);
        assert!(text.contains("no PEM private key"), "{text}");
        assert_eq!(path, AttributePath::root());
    }

    #[test]
    fn what_is_left_out_of_a_file_of_authorities_is_told() {
        let (certificate, key) = made();
        let environment =
            Environment::from_iter([("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary-secret")]);
        for (text, expected) in [(format!("{key}{certificate}"), Some("PRIVATE KEY")), (certificate, None)] {
            let mut diags = Diagnostics::default();
            config::resolve(&RawConfig::from_json(json!({"ca_cert_pem": text})), &environment, "", &mut diags);
            let told = diags.warnings.iter().find(|warning| warning.summary.contains("is not used"));
            assert_eq!(told.is_some(), expected.is_some(), "{diags:?}");
            assert!(told.is_none_or(|told| told.detail.contains(expected.unwrap())), "{told:?}");
        }
    }

    #[test]
    fn a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
        let path = path.to_str().unwrap();
        let (text, _) = error(json!({"ca_cert_file": path}), &[]);
        assert!(text.contains(path) && text.contains("`ca_cert_file`") && text.contains("not valid PEM"), "{text}");
        let (text, _) = error(json!({}), &[("CXONE_CA_CERT_FILE", path)]);
        assert!(text.contains(path) && text.contains("CXONE_CA_CERT_FILE"), "{text}");
    }

    #[test]
    fn a_key_of_another_certificate_names_both_sources() {
        let ((certificate, _), (_, key)) = (made(), made());
        let (text, path) = error(json!({"client_cert_pem": certificate}), &[("CXONE_CLIENT_KEY_PEM", &key)]);
        for part in ["`client_key_pem`", "variable CXONE_CLIENT_KEY_PEM", "`client_cert_pem` in the provider block"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(path, AttributePath::root());
    }

    #[test]
    fn validate_judges_what_the_block_has() {
        let (certificate, _) = made();
        let block = json!({"client_cert_pem": certificate, "ca_cert_file": "/nonexistent"});
        let mut diags = Diagnostics::default();
        config::check(&RawConfig::from_json(block), &mut diags);
        assert_eq!(diags, Diagnostics::default(), "the other half and the file may come later");
        config::check(&RawConfig::from_json(json!({"ca_cert_pem": "x", "client_key_pem": "y"})), &mut diags);
        assert_eq!(diags.errors.len(), 2, "{diags:?}");
    }
}
