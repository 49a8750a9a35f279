//! The resolved configuration: every value is parsed and remembers its source.

use std::collections::BTreeMap;

use crate::settings::address::Whereabouts;
use crate::settings::claims::ExpectedClaims;
use crate::settings::clues::{Clues, NearName, Overridden};
use crate::settings::credential::{AccessKey, Credential, Exchange};
use crate::settings::environment::Environment;
use crate::settings::parse::{boolean, by_default, choice};
use crate::settings::precedence::{Operation, Resolver};
use crate::settings::raw_config::RawConfig;
use crate::settings::source::{Origin, Source, Sourced};
use crate::settings::transport::Transport;
use crate::settings::{address, credential, misplaced, table, transport};
use oauth::{ScopeSet, Secret};
use plugin::Diagnostics;

/// Everything that is needed to get tokens.
pub struct Settings {
    /// The credentials and their grant.
    pub credential: Credential,
    /// The places of the tenant's documents.
    pub whereabouts: Whereabouts,
    /// The tenant that every token must belong to.
    pub expected_tenant_id: Option<Sourced<String>>,
    /// The claims that every token must have.
    pub expected_claims: Option<Sourced<ExpectedClaims>>,
    /// The declared scopes.
    pub scopes: Sourced<ScopeSet>,
    /// The audience to request.
    pub audience: Option<Sourced<String>>,
    /// Further form fields.
    pub parameters: BTreeMap<String, Secret>,
    /// The reaction to granted scopes that differ from the declaration.
    pub scope_drift: Sourced<Reaction>,
    /// Whether the provider is configured without an exchange.
    pub skip_credentials_validation: bool,
    /// The transport and its retries.
    pub transport: Transport,
    /// Signs of mistakes, for the case that CXone rejects these settings.
    pub clues: Clues,
}

/// The outcome of resolving a provider block.
pub enum Resolution {
    /// All settings are known and valid.
    Complete(Box<Settings>),
    /// These arguments are known only after apply. No other source replaces them.
    Unknown(Vec<&'static str>),
    /// The diagnostics contain the errors.
    Invalid,
}

/// The reaction to drift: the setting `scope_drift`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reaction {
    /// A warning.
    #[default]
    Warn,
    /// An error, so that a plan fails before anything changes.
    Error,
    /// Nothing.
    Ignore,
}

impl Reaction {
    /// Parses the setting's value.
    ///
    /// # Errors
    ///
    /// The accepted values.
    pub fn parse(text: &str) -> Result<Self, String> {
        choice(text, &[("warn", Self::Warn), ("error", Self::Error), ("ignore", Self::Ignore)])
    }
}

/// Validates only the block itself, offline: no environment, no files, and nothing counts as missing.
pub fn check(raw: &RawConfig, diags: &mut Diagnostics) {
    // An empty environment, because `validate` judges only the block.
    let nothing = Environment::default();
    let mut resolver = Resolver::new(raw, &nothing, Operation::Validate, diags);
    let _ = assemble(&mut resolver, "");
    let (_, findings, _) = resolver.into_parts();
    diags.errors.extend(findings.errors);
}

/// Resolves the block with the environment and all named files.
pub fn resolve(
    raw: &RawConfig,
    environment: &Environment,
    terraform_version: &str,
    diags: &mut Diagnostics,
) -> Resolution {
    let (resolution, findings) = resolve_and_inspect(raw, environment, terraform_version, diags);
    // Suspicions block nothing and are not reported here. They are among the clues.
    diags.errors.extend(findings.errors);
    resolution
}

/// As [`resolve`], but returns the findings about values separately.
pub fn resolve_and_inspect(
    raw: &RawConfig,
    environment: &Environment,
    terraform_version: &str,
    diags: &mut Diagnostics,
) -> (Resolution, Diagnostics) {
    let errors_before = diags.errors.len();
    let mut resolver = Resolver::new(raw, environment, Operation::Configure, diags);
    let settings = assemble(&mut resolver, terraform_version);
    let (unknown, mut findings, suspicions) = resolver.into_parts();
    findings.errors.extend(settings.iter().flat_map(misplaced::secrets));
    let settings = settings.map(|settings| {
        let (near_names, overridden) = (NearName::all(environment), overridden(&settings.credential, environment));
        Settings { clues: Clues { suspicions, near_names, overridden }, ..settings }
    });
    // Errors first: an unknown argument must not hide a wrong one.
    let resolution = match settings {
        _ if diags.errors.len() > errors_before || !findings.errors.is_empty() => Resolution::Invalid,
        _ if !unknown.is_empty() => Resolution::Unknown(unknown),
        Some(settings) => Resolution::Complete(Box::new(settings)),
        None => Resolution::Invalid,
    };
    (resolution, findings)
}

fn assemble(resolver: &mut Resolver<'_>, terraform_version: &str) -> Option<Settings> {
    let credential = credential::resolve(resolver);
    let whereabouts = whereabouts(resolver, credential.as_ref());
    let expected_tenant_id = resolver.text(&table::EXPECTED_TENANT_ID);
    let expected_claims = resolver.claims(&table::EXPECTED_CLAIMS);
    if let (Some(id), Some(claims)) = (&expected_tenant_id, &expected_claims) {
        resolver.check_tenant(id, claims);
    }
    let scopes = resolver.scopes(&table::SCOPES);
    let audience = resolver.text(&table::AUDIENCE);
    let parameters = resolver.parameters(&table::ENDPOINT_PARAMS);
    let scope_drift = resolver.parsed(&table::SCOPE_DRIFT, Reaction::parse);
    let skip = resolver.parsed(&table::SKIP_CREDENTIALS_VALIDATION, boolean);
    let scope_drift = scope_drift.unwrap_or(by_default(Reaction::default()));
    // The regional service accepts no scopes, so declared ones would silently have no effect.
    let sends_no_scopes = matches!(credential, Some(Credential::AccessKey(_)));
    if sends_no_scopes && !scopes.source.is_default() && scope_drift.value != Reaction::Ignore {
        resolver.warn_scopes_not_sent(&scopes.source);
    }
    let transport = transport::resolve(resolver, terraform_version);
    Some(Settings {
        credential: credential?,
        whereabouts,
        expected_tenant_id,
        expected_claims,
        scopes,
        audience,
        parameters,
        scope_drift,
        skip_credentials_validation: skip.is_some_and(|skip| skip.value),
        transport,
        clues: Clues::default(),
    })
}

/// The overridden credential variables that indicate a mistake. If a whole pair overrides another, that is intended: a
/// configuration with several provider blocks does so.
fn overridden(credential: &Credential, environment: &Environment) -> Vec<Overridden> {
    let find = |attribute, value: &str, source: &Source| Overridden::find(environment, attribute, value, source);
    let pair = |id: Option<Overridden>, secret: Option<Overridden>, secret_source: &Source| {
        let is_environments = matches!(secret_source.origin, Origin::Environment(_));
        match (id, secret) {
            (Some(_), Some(_)) => None,
            // An id that overrides the environment's is suspicious only together with the environment's secret.
            (id, None) => id.filter(|_| is_environments),
            (None, secret) => secret,
        }
    };
    let of_key = |AccessKey { id, secret }: &AccessKey| {
        let (found_id, found_secret) = (
            find("access_key_id", &id.value, &id.source),
            find("access_key_secret", secret.value.expose(), &secret.source),
        );
        pair(found_id, found_secret, &secret.source)
    };
    let found = match credential {
        Credential::Exchange(exchange) => {
            let Exchange { client_id: id, client_secret: secret, access_key, .. } = &**exchange;
            let (found_id, found_secret) = (
                find("client_id", &id.value, &id.source),
                find("client_secret", secret.value.expose(), &secret.source),
            );
            [pair(found_id, found_secret, &secret.source), access_key.as_ref().and_then(of_key)]
        }
        Credential::AccessKey(exchange) => [of_key(&exchange.access_key), None],
        Credential::AccessToken(_) => [None, None],
    };
    found.into_iter().flatten().collect()
}

/// The places of a tenant's documents.
fn whereabouts(resolver: &mut Resolver<'_>, credential: Option<&Credential>) -> Whereabouts {
    match credential {
        // Without an exchange, `token_url` and `issuer` only say where the documents are.
        Some(Credential::AccessToken(_)) => Whereabouts::new(address::chosen(resolver).as_ref()),
        Some(credential) => Whereabouts::new(credential.address()),
        None => Whereabouts::default(),
    }
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
                Credential::AccessKey(_) | Credential::AccessToken(_) => panic!("a token was taken instead"),
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
            (json!({"ca_cert_pem": "ca.pem"}), "`ca_cert_pem` in the provider block", "no PEM certificate"),
            (json!({"client_key_pem": "canary"}), "`client_key_pem` in the provider block", "no PEM private key"),
            (json!({"client_cert_pem": "cert"}), "`client_cert_pem` in the provider block", "no PEM certificate"),
            (json!({"http_proxy": "socks5://u:canary@p:1"}), "`http_proxy` in the provider block", "http nor an https"),
        ];
        for (block, setting, why) in cases {
            let errors = errors(block.clone(), &good);
            assert_eq!(errors.len(), 1, "{block}: {errors:?}");
            assert!(errors[0].contains(setting) && errors[0].contains(why), "{block}: {errors:?}");
            assert!(!errors[0].contains("canary"), "{block}: {errors:?}");
        }
        let from_environment = errors(json!({}), &[good[0], good[1], ("CXONE_MAX_RETRIES", "many")]);
        assert!(from_environment[0].contains("environment variable CXONE_MAX_RETRIES"));
    }

    #[test]
    fn scopes_in_the_environment_are_separated_by_white_space_or_commas() {
        let variables =
            [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary"), ("CXONE_SCOPES", "b:write, a:read\n c")];
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

    #[test]
    fn a_secret_put_where_its_file_belongs_is_not_shown() {
        let errors = errors(json!({"client_id": "abc", "client_secret_file": "canaryPastedSecret"}), &[]);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains("`client_secret_file`") && !errors[0].contains("canary"), "{errors:?}");
    }

    #[test]
    fn a_user_agent_suffix_meant_for_every_provider_stops_none() {
        let variables =
            [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary"), ("TF_APPEND_USER_AGENT", "Bj\u{f6}rn\n1")];
        let (Resolution::Complete(settings), _) = outcome(&RawConfig::from_json(json!({})), &variables) else {
            panic!("not resolved");
        };
        assert!(settings.transport.http.user_agent.ends_with(" Bj_rn_1"));
    }
}
