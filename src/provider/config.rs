//! The provider's configuration, resolved: every value parsed, every value remembering its source.

use std::{collections::BTreeMap, time::Duration};

use super::{
    env::Environment,
    explain,
    raw_config::RawConfig,
    resolve::{Moment, Resolver},
    scope_drift::Reaction,
    setting::{self, Setting},
    source::{Source, Sourced},
    transport::{self, Transport},
};
use crate::{
    oauth::{BasicEncoding, ClientAuthentication, Endpoint, ScopeSet, Secret},
    plugin::Diagnostics,
};

/// Where `client_credentials` posts to when nothing else is set.
pub const DEFAULT_TOKEN_URL: &str = "https://api.nicecxone.com/oauth/token";

/// Everything the provider needs to hand out tokens.
pub struct Settings {
    /// How a token is come by.
    pub credential: Credential,
    /// The declared scopes.
    pub scopes: Sourced<ScopeSet>,
    /// The audience to ask for.
    pub audience: Option<Sourced<String>>,
    /// Further form fields.
    pub parameters: BTreeMap<String, Secret>,
    /// What to do when other scopes are granted than declared.
    pub scope_drift: Sourced<Reaction>,
    /// Whether configuring leaves the exchange out.
    pub skip_credentials_validation: bool,
    /// How requests travel and how often they are repeated.
    pub transport: Transport,
}

/// How a token is come by.
pub enum Credential {
    /// By exchanging client credentials.
    Exchange(Box<Exchange>),
    /// It was handed over: no exchange.
    AccessToken(Sourced<Secret>),
}

/// The client credentials and how to present them.
pub struct Exchange {
    /// The token endpoint.
    pub token_url: Sourced<Endpoint>,
    /// The client's identifier.
    pub client_id: Sourced<String>,
    /// The client's secret.
    pub client_secret: Sourced<Secret>,
    /// Basic header or form.
    pub authentication: Sourced<ClientAuthentication>,
    /// Raw or percent-encoded Basic header.
    pub basic_encoding: Sourced<BasicEncoding>,
}

impl Exchange {
    /// Whether the client id may appear in texts: not when it has the look of a secret, or has so much in common with
    /// the secret that it would give it away, as when one was pasted into both places.
    pub fn may_show_client_id(&self) -> bool {
        let (id, secret) = (&self.client_id.value, self.client_secret.value.expose());
        let mut runs = id.as_bytes().windows(8);
        let is_shared = runs.any(|run| secret.as_bytes().windows(8).any(|other| other == run));
        explain::may_show_client_id(id) && !is_shared && !id.contains(secret)
    }

    /// Whether id or secret have characters that RFC 6749 section 2.3.1 percent-encodes in a Basic header.
    pub fn has_reserved_characters(&self) -> bool {
        explain::needs_percent_encoding(&self.client_id.value)
            || explain::needs_percent_encoding(self.client_secret.value.expose())
    }
}

/// The outcome of resolving a provider block.
pub enum Resolution {
    /// Everything is known and valid.
    Complete(Box<Settings>),
    /// These arguments are known only after apply; nothing takes their place.
    Unknown(Vec<&'static str>),
    /// The diagnostics say what is wrong.
    Invalid,
}

/// Checks what the block itself says, offline: no environment, no file, nothing missing.
pub fn check(raw: &RawConfig, diags: &mut Diagnostics) {
    let nothing = Environment::default();
    let mut resolver = Resolver::new(raw, &nothing, Moment::Validate, diags);
    let _ = assemble(&mut resolver, "");
    let (_, findings) = resolver.into_parts();
    diags.add_diagnostics(findings);
}

/// Resolves the block with the environment and the files it names.
pub fn resolve(
    raw: &RawConfig,
    environment: &Environment,
    terraform_version: &str,
    diags: &mut Diagnostics,
) -> Resolution {
    let (resolution, findings) = resolve_and_inspect(raw, environment, terraform_version, diags);
    diags.add_diagnostics(findings);
    resolution
}

/// As [`resolve`], with what a closer look at the values found apart from the other diagnostics.
pub fn resolve_and_inspect(
    raw: &RawConfig,
    environment: &Environment,
    terraform_version: &str,
    diags: &mut Diagnostics,
) -> (Resolution, Diagnostics) {
    let errors_before = diags.errors.len();
    let mut resolver = Resolver::new(raw, environment, Moment::Configure, diags);
    let settings = assemble(&mut resolver, terraform_version);
    let (unknown, findings) = resolver.into_parts();
    let resolution = match settings {
        _ if diags.errors.len() > errors_before || !findings.errors.is_empty() => Resolution::Invalid,
        _ if !unknown.is_empty() => Resolution::Unknown(unknown),
        Some(settings) => Resolution::Complete(Box::new(settings)),
        None => Resolution::Invalid,
    };
    (resolution, findings)
}

fn assemble(resolver: &mut Resolver<'_>, terraform_version: &str) -> Option<Settings> {
    let credential = credential(resolver);
    let scopes = resolver.scopes(&setting::SCOPES);
    let audience = resolver.text(&setting::AUDIENCE);
    let parameters = resolver.parameters(&setting::ENDPOINT_PARAMS);
    let scope_drift = resolver.parsed(&setting::SCOPE_DRIFT, Reaction::parse);
    let skip = resolver.parsed(&setting::SKIP_CREDENTIALS_VALIDATION, transport::parse_bool);
    let transport = transport::resolve(resolver, terraform_version);
    Some(Settings {
        credential: credential?,
        scopes,
        audience,
        parameters,
        scope_drift: scope_drift.unwrap_or(by_default(Reaction::default())),
        skip_credentials_validation: skip.is_some_and(|skip| skip.value),
        transport,
    })
}

fn credential(resolver: &mut Resolver<'_>) -> Option<Credential> {
    let exchange_in_block = resolver.is_in_block(&setting::CLIENT_SECRET)
        || resolver.is_in_block(&setting::CLIENT_SECRET_FILE)
        || resolver.is_in_block(&setting::CLIENT_ID);
    if resolver.is_in_block(&setting::ACCESS_TOKEN) {
        if exchange_in_block {
            resolver.conflict(&setting::ACCESS_TOKEN, &[&setting::CLIENT_ID, &setting::CLIENT_SECRET]);
        }
        return resolver.secret(&setting::ACCESS_TOKEN, None).map(Credential::AccessToken);
    }
    if !exchange_in_block && let Some(token) = resolver.secret(&setting::ACCESS_TOKEN, None) {
        return Some(Credential::AccessToken(token));
    }
    let client_id = resolver.text(&setting::CLIENT_ID);
    let client_secret = resolver.secret(&setting::CLIENT_SECRET, Some(&setting::CLIENT_SECRET_FILE));
    resolver.compare(client_id.as_ref(), client_secret.as_ref());
    let mut missing: Vec<&Setting> = Vec::new();
    if client_id.is_none() {
        missing.push(&setting::CLIENT_ID);
    }
    if client_secret.is_none() {
        missing.push(&setting::CLIENT_SECRET);
    }
    resolver.missing(&missing);
    let token_url = match resolver.parsed(&setting::TOKEN_URL, Endpoint::try_parse) {
        None => Endpoint::try_parse(DEFAULT_TOKEN_URL).ok().map(|value| Sourced { value, source: Source::Default }),
        set => set,
    };
    let authentication = resolver.parsed(&setting::TOKEN_ENDPOINT_AUTH_METHOD, parse_authentication);
    let basic_encoding = resolver.parsed(&setting::BASIC_AUTH_ENCODING, parse_encoding);
    Some(Credential::Exchange(Box::new(Exchange {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        authentication: authentication.unwrap_or(by_default(ClientAuthentication::ClientSecretBasic)),
        basic_encoding: basic_encoding.unwrap_or(by_default(BasicEncoding::Raw)),
    })))
}

/// A value that nothing has set.
pub fn by_default<T>(value: T) -> Sourced<T> {
    Sourced { value, source: Source::Default }
}

fn parse_authentication(text: &str) -> Result<ClientAuthentication, &'static str> {
    match text {
        "client_secret_basic" => Ok(ClientAuthentication::ClientSecretBasic),
        "client_secret_post" => Ok(ClientAuthentication::ClientSecretPost),
        _ => Err("it takes `client_secret_basic` or `client_secret_post`"),
    }
}

fn parse_encoding(text: &str) -> Result<BasicEncoding, &'static str> {
    match text {
        "raw" => Ok(BasicEncoding::Raw),
        "rfc6749" => Ok(BasicEncoding::Rfc6749),
        _ => Err("it takes `raw` or `rfc6749`"),
    }
}

/// Parses a duration such as `30s`, `1m30s` or `250ms`; above zero and at most a day.
///
/// # Errors
///
/// A sentence that says what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "it takes a duration above zero and up to a day, such as `30s`, `1m30s` or `250ms`";
    let duration = humantime::parse_duration(text).map_err(|_| EXPECTED)?;
    let day = Duration::from_secs(24 * 60 * 60);
    if duration.is_zero() || duration > day { Err(EXPECTED) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(raw: &RawConfig, variables: &[(&str, &str)]) -> (Resolution, Diagnostics) {
        let mut diags = Diagnostics::default();
        let environment = Environment::from_iter(variables.iter().copied());
        (resolve(raw, &environment, "1.11.4", &mut diags), diags)
    }

    fn exchange(block: serde_json::Value, variables: &[(&str, &str)]) -> Exchange {
        match outcome(&RawConfig::from_json(block), variables) {
            (Resolution::Complete(settings), _) => match settings.credential {
                Credential::Exchange(exchange) => *exchange,
                Credential::AccessToken(_) => panic!("a token was taken instead"),
            },
            (_, diags) => panic!("{diags:?}"),
        }
    }

    fn errors(block: serde_json::Value, variables: &[(&str, &str)]) -> Vec<String> {
        let (resolution, diags) = outcome(&RawConfig::from_json(block), variables);
        assert!(matches!(resolution, Resolution::Invalid));
        diags.errors.iter().map(|error| format!("{}: {}", error.summary, error.detail)).collect()
    }

    fn secret_file(content: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        (folder, path.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_first_source_in_the_order_of_precedence_wins() {
        let (_folder, path) = secret_file("canary-from-file\n");
        let variable = ("CXONE_CLIENT_SECRET", "canary-from-environment");
        let variable_file = ("CXONE_CLIENT_SECRET_FILE", path.as_str());
        let id = ("CXONE_CLIENT_ID", "abc");
        let inline = json!({"client_secret": "canary-inline"});
        let file = json!({"client_secret_file": path});
        let cases = [
            ("block over environment", inline, vec![id, variable], "canary-inline", "`client_secret` in the provider"),
            ("block file over environment", file, vec![id, variable], "canary-from-file", "(`client_secret_file`"),
            ("environment", json!({}), vec![id, variable], "canary-from-environment", "variable CXONE_CLIENT_SECRET"),
            ("environment file", json!({}), vec![id, variable_file], "canary-from-file", "CXONE_CLIENT_SECRET_FILE)"),
            ("empty is not set", json!({"client_secret": ""}), vec![id, variable], "canary-from-environment", "CXONE"),
        ];
        for (name, block, variables, secret, source) in cases {
            let exchange = exchange(block, &variables);
            assert_eq!(exchange.client_secret.value.expose(), secret, "{name}");
            assert!(exchange.client_secret.source.to_string().contains(source), "{name}");
        }
    }

    #[test]
    fn inline_and_file_may_stand_together_only_when_they_agree() {
        let (_folder, path) = secret_file("canary-one\r\n");
        let id = [("CXONE_CLIENT_ID", "abc")];
        let same = exchange(json!({"client_secret": "canary-one", "client_secret_file": path}), &id);
        assert_eq!(same.client_secret.value.expose(), "canary-one");
        let differ = errors(json!({"client_secret": "canary-two", "client_secret_file": path}), &id);
        assert_eq!(differ.len(), 1);
        assert!(differ[0].contains("`client_secret` in the provider block") && differ[0].contains(&path));
        assert!(!differ[0].contains("canary"));
    }

    #[test]
    fn what_is_missing_is_one_diagnostic_with_the_ways_to_set_it() {
        let missing = errors(json!({}), &[]);
        assert_eq!(missing.len(), 1);
        for part in
            ["`client_id`", "CXONE_CLIENT_ID", "`client_secret`", "CXONE_CLIENT_SECRET", "CXONE_CLIENT_SECRET_FILE"]
        {
            assert!(missing[0].contains(part), "{part}");
        }
    }

    #[test]
    fn nothing_takes_the_place_of_an_unknown_value() {
        let raw = RawConfig::from_json(json!({"client_id": "abc"})).with_unknown("client_secret");
        let (resolution, diags) = outcome(&raw, &[("CXONE_CLIENT_SECRET", "canary")]);
        assert!(matches!(resolution, Resolution::Unknown(names) if names == ["client_secret"]));
        assert_eq!(diags, Diagnostics::default());
    }

    #[test]
    fn invalid_values_name_the_setting_and_its_source() {
        let good = [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary")];
        let cases = [
            (json!({"request_timeout": "soon"}), "`request_timeout` in the provider block", "30s"),
            (json!({"request_timeout": "0s"}), "`request_timeout`", "above zero"),
            (json!({"max_retries": 1.5}), "`max_retries`", "whole number"),
            (json!({"max_retries": -1}), "`max_retries`", "whole number"),
            (json!({"retry_min_wait": "9s", "retry_max_wait": "3s"}), "`retry_min_wait`", "`retry_max_wait`"),
            (json!({"token_endpoint_auth_method": "none"}), "`token_endpoint_auth_method`", "client_secret_post"),
            (json!({"scope_drift": "fail"}), "`scope_drift`", "`ignore`"),
            (json!({"basic_auth_encoding": "RFC"}), "`basic_auth_encoding`", "rfc6749"),
            (json!({"token_url": "http://api.nicecxone.com/oauth/token"}), "`token_url`", "https"),
            (json!({"scopes": ["a b"]}), "`scopes`", "U+0020"),
            (json!({"endpoint_params": {"grant_type": "x"}}), "endpoint_params", "\"grant_type\""),
            (json!({"append_user_agent": "a\nb"}), "`append_user_agent`", "ASCII"),
            (json!({"client_secret_file": "/nonexistent/secret"}), "/nonexistent/secret", "cannot be read"),
            (json!({"access_token": "t", "client_id": "abc"}), "`access_token`", "exclude"),
        ];
        for (block, setting, why) in cases {
            let errors = errors(block.clone(), &good);
            assert_eq!(errors.len(), 1, "{block}: {errors:?}");
            assert!(errors[0].contains(setting) && errors[0].contains(why), "{block}: {errors:?}");
        }
        let from_environment = errors(json!({}), &[good[0], good[1], ("CXONE_MAX_RETRIES", "many")]);
        assert!(from_environment[0].contains("environment variable CXONE_MAX_RETRIES"));
    }

    #[test]
    fn scopes_in_the_environment_are_separated_by_spaces_or_commas() {
        let variables =
            [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary"), ("CXONE_SCOPES", "b:write, a:read  c")];
        let (Resolution::Complete(settings), _) = outcome(&RawConfig::from_json(json!({})), &variables) else {
            panic!("not resolved");
        };
        assert_eq!(settings.scopes.value.to_wire(), "a:read b:write c");
    }

    #[test]
    fn a_token_in_the_environment_yields_to_credentials_in_the_block() {
        let variables = [("CXONE_ACCESS_TOKEN", "canary-token")];
        let block = json!({"client_id": "abc", "client_secret": "canary"});
        assert_eq!(exchange(block, &variables).client_id.value, "abc");
        let (Resolution::Complete(settings), _) = outcome(&RawConfig::from_json(json!({})), &variables) else {
            panic!("not resolved");
        };
        assert!(matches!(settings.credential, Credential::AccessToken(_)));
    }

    #[test]
    fn the_block_alone_is_checked_without_asking_for_what_may_come_later() {
        let mut diags = Diagnostics::default();
        check(&RawConfig::from_json(json!({"client_secret_file": "/nonexistent"})), &mut diags);
        assert_eq!(diags, Diagnostics::default());
        check(&RawConfig::from_json(json!({"request_timeout": "soon"})), &mut diags);
        assert_eq!(diags.errors.len(), 1);
    }
}
