//! The credential: the grant and its secrets.

use crate::settings::address::Address;
use crate::settings::grant_type::{GrantRule, GrantType};
use crate::settings::inspect::shape;
use crate::settings::parse::{by_default, choice};
use crate::settings::precedence::Resolver;
use crate::settings::source::{Origin, Source, Sourced};
use crate::settings::table::Setting;
use crate::settings::{address, table};
use oauth::{ClientAuthentication, Secret};

/// The way to a token.
pub enum Credential {
    /// An exchange of client credentials, with an access key (grant `password`) or without.
    Exchange(Box<Exchange>),
    /// An exchange of an access key alone.
    AccessKey(Box<AccessKeyExchange>),
    /// A given token, without an exchange.
    AccessToken(Sourced<Secret>),
}

/// The client credentials and their authentication method.
pub struct Exchange {
    /// The token endpoint, or its issuer.
    pub token_url: Sourced<Address>,
    /// The client's identifier.
    pub client_id: Sourced<String>,
    /// The client's secret.
    pub client_secret: Sourced<Secret>,
    /// Basic header, raw or percent-encoded, or form. The source is that of the method.
    pub authentication: Sourced<ClientAuthentication>,
    /// The access key of the grant `password`; `None` with `client_credentials`.
    pub access_key: Option<AccessKey>,
}

impl Exchange {
    /// Whether the client id may be shown: not if it may be a secret or contain one.
    pub fn may_show_client_id(&self) -> bool {
        // The grant `password` has two secrets, and the id must not be one of either.
        let key = self.access_key.as_ref().map(|key| &key.secret);
        let mut secrets = [Some(&self.client_secret), key].into_iter().flatten();
        secrets.all(|secret| shape::may_show_id(&self.client_id.value, secret.value.expose()))
    }

    /// Whether id or secret contain characters that RFC 6749 section 2.3.1 percent-encodes in a Basic header.
    pub fn has_reserved_characters(&self) -> bool {
        needs_percent_encoding(&self.client_id.value) || needs_percent_encoding(self.client_secret.value.expose())
    }
}

/// An access key at the regional service.
pub struct AccessKeyExchange {
    /// The service.
    pub token_url: Sourced<Address>,
    /// The key.
    pub access_key: AccessKey,
}

/// An access key of CXone.
pub struct AccessKey {
    /// Its identifier.
    pub id: Sourced<String>,
    /// Its secret.
    pub secret: Sourced<Secret>,
}

impl Credential {
    /// The grant; `None` with a given token.
    pub fn grant(&self) -> Option<GrantType> {
        match self {
            Self::Exchange(exchange) if exchange.access_key.is_some() => Some(GrantType::Password),
            Self::Exchange(_) => Some(GrantType::ClientCredentials),
            Self::AccessKey(_) => Some(GrantType::AccessKey),
            Self::AccessToken(_) => None,
        }
    }

    /// The address for token requests; `None` with a given token.
    pub fn address(&self) -> Option<&Sourced<Address>> {
        match self {
            Self::Exchange(exchange) => Some(&exchange.token_url),
            Self::AccessKey(exchange) => Some(&exchange.token_url),
            Self::AccessToken(_) => None,
        }
    }

    /// A note for the user before the request, if only one of id and secret comes from an `auth:` file. The other one
    /// then comes from a variable that may belong to another application.
    pub fn mixed_pair(&self) -> Option<String> {
        let Self::Exchange(exchange) = self else { return None };
        let (id, secret) = (&exchange.client_id.source, &exchange.client_secret.source);
        let in_auth_file = |source: &Source| matches!(source.origin, Origin::AuthFile(_));
        (in_auth_file(id) != in_auth_file(secret)).then(|| {
            format!(
                "client_id comes {id}, but client_secret {secret}. Check that both belong to the same \
                              application."
            )
        })
    }
}

/// Resolves the credential. `None` after an error, or while a setting is unknown.
pub fn resolve(resolver: &mut Resolver<'_>) -> Option<Credential> {
    let credentials_in_block = OWN_CREDENTIALS.iter().any(|setting| resolver.is_in_block(setting));
    if resolver.is_in_block(&table::ACCESS_TOKEN) {
        // A token and credentials in one block contradict each other, so neither silently takes precedence.
        if credentials_in_block {
            resolver.conflict(&table::ACCESS_TOKEN, OWN_CREDENTIALS);
        }
        return resolver.secret(&table::ACCESS_TOKEN).map(Credential::AccessToken);
    }
    // Credentials in the block or in an `auth:` file override a token in the environment.
    let is_overridden = credentials_in_block || resolver.has_credentials_in_auth_file();
    if !is_overridden && let Some(token) = resolver.secret(&table::ACCESS_TOKEN) {
        if let Some(variables) = idle_credentials(resolver) {
            resolver.warn_idle_credentials(&token.source, &variables);
        }
        return Some(Credential::AccessToken(token));
    }
    if !is_overridden && resolver.has_refused(&table::ACCESS_TOKEN) {
        // Nothing else is missing: the token was meant to be enough.
        return None;
    }
    let grant = resolver.parsed(&table::GRANT_TYPE, GrantType::parse);
    // The grant decides which settings are required. While it is unknown, nothing else can be judged.
    if grant.is_none() && !resolver.is_settled(&table::GRANT_TYPE) {
        return None;
    }
    let grant = grant.unwrap_or(by_default(GrantType::default()));
    let rule = GrantRule::of(grant.value);
    let credential = match grant.value {
        GrantType::ClientCredentials | GrantType::Password => exchange(resolver, grant.value),
        GrantType::AccessKey => access_key_exchange(resolver),
    };
    // After the credentials, because the look-ups record which settings are missing.
    resolver.check_grant(&grant, rule);
    credential
}

/// The variables with complete credentials that a token in the environment overrides; `None` if some are missing,
/// because then only the token can be intended.
fn idle_credentials(resolver: &Resolver<'_>) -> Option<Vec<&'static str>> {
    let grant = match resolver.variable(table::GRANT_TYPE.variables[0]) {
        Some(text) => GrantType::parse(&text).ok()?,
        None => GrantType::default(),
    };
    let in_block = |group: &&[&'static Setting]| group.iter().any(|setting| resolver.is_in_block(setting));
    let groups = GrantRule::of(grant).needs.iter().copied().filter(|group| !in_block(group));
    groups
        .map(|group| {
            let mut ways = group.iter().flat_map(|setting| setting.ways_in_environment());
            ways.find(|name| resolver.variable(name).is_some())
        })
        .collect()
}

fn exchange(resolver: &mut Resolver<'_>, grant: GrantType) -> Option<Credential> {
    let client_id = resolver.text(&table::CLIENT_ID);
    let client_secret = resolver.secret(&table::CLIENT_SECRET);
    let (key_id, key_secret) = match grant {
        GrantType::Password => access_key_parts(resolver),
        _ => (None, None),
    };
    // Before the first `?`, so that mistakes in present credentials are reported even if others are missing.
    resolver.compare(client_id.as_ref(), client_secret.as_ref(), key_id.as_ref(), key_secret.as_ref());
    let token_url = address::resolve(resolver, grant);
    let authentication = authentication(resolver);
    let access_key = match grant {
        GrantType::Password => Some(AccessKey { id: key_id?, secret: key_secret? }),
        _ => None,
    };
    Some(Credential::Exchange(Box::new(Exchange {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        authentication,
        access_key,
    })))
}

fn access_key_exchange(resolver: &mut Resolver<'_>) -> Option<Credential> {
    let (id, secret) = access_key_parts(resolver);
    resolver.compare(None, None, id.as_ref(), secret.as_ref());
    let token_url = address::resolve(resolver, GrantType::AccessKey);
    let access_key = AccessKey { id: id?, secret: secret? };
    Some(Credential::AccessKey(Box::new(AccessKeyExchange { token_url: token_url?, access_key })))
}

fn access_key_parts(resolver: &mut Resolver<'_>) -> (Option<Sourced<String>>, Option<Sourced<Secret>>) {
    let id = resolver.text(&table::ACCESS_KEY_ID);
    let secret = resolver.secret(&table::ACCESS_KEY_SECRET);
    (id, secret)
}

// If the provider block has one of these, its own credentials take precedence over a token in the environment.
const OWN_CREDENTIALS: &[&Setting] = &[
    &table::CLIENT_ID,
    &table::CLIENT_SECRET,
    &table::CLIENT_SECRET_FILE,
    &table::ACCESS_KEY_ID,
    &table::ACCESS_KEY_SECRET,
    &table::ACCESS_KEY_SECRET_FILE,
    &table::AUTH_FILE,
    &table::GRANT_TYPE,
];

/// One value for two settings. The encoding has no effect with the form.
fn authentication(resolver: &mut Resolver<'_>) -> Sourced<ClientAuthentication> {
    let method = resolver.parsed(&table::TOKEN_ENDPOINT_AUTH_METHOD, parse_method);
    let encoding = resolver.parsed(&table::BASIC_AUTH_ENCODING, parse_encoding);
    let method = method.unwrap_or(by_default(ClientAuthentication::BasicRaw));
    match (method.value, encoding) {
        // The fields of a form are always form-encoded, so the encoding has no effect there.
        (ClientAuthentication::Post, _) | (_, None) => method,
        (_, Some(encoding)) => Sourced { value: encoding.value, source: method.source },
    }
}

fn parse_method(text: &str) -> Result<ClientAuthentication, String> {
    let methods = [ClientAuthentication::BasicRaw, ClientAuthentication::Post];
    choice(text, &methods.map(|method| (method.method(), method)))
}

fn parse_encoding(text: &str) -> Result<ClientAuthentication, String> {
    choice(text, &[("raw", ClientAuthentication::BasicRaw), ("rfc6749", ClientAuthentication::BasicRfc6749)])
}

/// Whether RFC 6749 section 2.3.1 percent-encodes any character of `text` in a Basic header.
fn needs_percent_encoding(text: &str) -> bool {
    !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::config::{self, Resolution, Settings};
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;
    use plugin::{AttributePath, Diagnostic, Diagnostics};

    fn resolution(block: Value, variables: &[(&str, &str)]) -> (Resolution, Diagnostics) {
        let mut diags = Diagnostics::default();
        let environment = Environment::from_iter(variables.iter().copied());
        (config::resolve(&RawConfig::from_json(block), &environment, "1.11.4", &mut diags), diags)
    }

    fn settings(block: Value, variables: &[(&str, &str)]) -> Settings {
        match resolution(block, variables) {
            (Resolution::Complete(settings), _) => *settings,
            (_, diags) => panic!("{diags:?}"),
        }
    }

    fn only_error(diags: &Diagnostics) -> &Diagnostic {
        assert_eq!(diags.errors.len(), 1, "{diags:?}");
        &diags.errors[0]
    }

    const CLIENT: [(&str, &str); 2] = [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary-client")];
    const KEY: [(&str, &str); 2] = [("CXONE_ACCESS_KEY_ID", "KEY===="), ("CXONE_ACCESS_KEY_SECRET", "canary-key====")];

    #[test]
    fn each_grant_has_its_own_default_address() {
        let all = [CLIENT, KEY].concat();
        let cases = [
            (json!({}), "https://api.nicecxone.com/oauth/token"),
            (json!({"grant_type": "password"}), "https://cxone.niceincontact.com/.well-known/openid-configuration"),
            (
                json!({"grant_type": "access_key", "region": "au1"}),
                "https://au1.nice-incontact.com/authentication/v1/token/access-key",
            ),
            (
                json!({"issuer": "https://cxone-gov.niceincontact.com"}),
                "https://cxone-gov.niceincontact.com/.well-known/openid-configuration",
            ),
            (
                json!({"grant_type": "password", "issuer": "https://nicecxone-sov1.au"}),
                "https://nicecxone-sov1.au/.well-known/openid-configuration",
            ),
            (json!({"grant_type": "password", "token_url": "https://a.example/t"}), "https://a.example/t"),
            (json!({"grant_type": "access_key", "token_url": "https://a.example/t"}), "https://a.example/t"),
        ];
        for (block, expected) in cases {
            let settings = settings(block.clone(), &all);
            assert_eq!(
                settings.credential.address().unwrap().value.first_contact().url().as_str(),
                expected,
                "{block}"
            );
        }
    }

    #[test]
    fn the_block_names_the_address_before_the_environment_does() {
        let cases = [
            (json!({"issuer": "https://i.example"}), ("CXONE_TOKEN_URL", "https://t.example/t"), "i.example"),
            (json!({"token_url": "https://t.example/t"}), ("CXONE_ISSUER", "https://i.example"), "t.example"),
            (json!({}), ("CXONE_ISSUER", "https://i.example"), "i.example"),
        ];
        for (block, variable, host) in cases {
            let settings = settings(block, &[CLIENT[0], CLIENT[1], variable]);
            assert_eq!(settings.credential.address().unwrap().value.host(), host);
        }
        let both = [("CXONE_TOKEN_URL", "https://t.example/t"), ("CXONE_ISSUER", "https://i.example")];
        let (_, diags) = resolution(json!({}), &[CLIENT, both].concat());
        let detail = &only_error(&diags).detail;
        assert!(detail.contains("CXONE_TOKEN_URL") && detail.contains("CXONE_ISSUER"), "{detail}");
        let block = json!({"token_url": "https://t.example/t", "issuer": "https://i.example"});
        let (_, diags) = resolution(block, &CLIENT);
        let detail = &only_error(&diags).detail;
        assert!(detail.contains("`token_url` in the provider block") && detail.contains("`issuer` in"), "{detail}");
        let regional = json!({"grant_type": "access_key", "region": "na1", "token_url": "https://t.example/t"});
        assert!(only_error(&resolution(regional, &KEY).1).summary.contains("`region`"));
    }

    #[test]
    fn what_a_grant_needs_and_does_not_take_is_one_diagnostic() {
        type Case<'a> = (Value, &'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);
        let cases: [Case<'_>; 9] = [
            (
                json!({"grant_type": "password"}),
                &CLIENT,
                "Missing CXone credentials: `access_key_id` and `access_key_secret`",
                &["CXONE_ACCESS_KEY_ID", "`access_key_secret_file` or CXONE_ACCESS_KEY_SECRET_FILE"],
            ),
            (
                json!({"grant_type": "password", "region": "na1"}),
                &KEY,
                "The grant password does not use `region`, and lacks `client_id` and `client_secret`",
                &["CXONE_CLIENT_ID", "`grant_type` to `access_key`"],
            ),
            (
                json!({"grant_type": "access_key"}),
                &[],
                "Missing CXone credentials: `access_key_id`, `access_key_secret` and `region`",
                &["CXONE_REGION; or `token_url`"],
            ),
            (
                json!({
                    "grant_type": "access_key", "region": "na1", "client_id": "abc", "audience": "x",
                    "issuer": "https://i.example", "endpoint_params": {"a": "b"}, "basic_auth_encoding": "raw",
                }),
                &KEY,
                "The grant access_key does not use `client_id`, `basic_auth_encoding`, `issuer`, `audience` or \
                 `endpoint_params`",
                &["`grant_type` to `password`"],
            ),
            (
                json!({"access_key_id": "KEY====", "access_key_secret_file": "/x", "region": "na1"}),
                &CLIENT,
                "The grant client_credentials does not use `access_key_id`, `access_key_secret_file` or `region`",
                &["the default of `grant_type`", "to `access_key` (without one"],
            ),
            (
                json!({}),
                &KEY,
                "Missing CXone credentials: `client_id` and `client_secret`",
                &["CXONE_CLIENT_SECRET_FILE"],
            ),
            (
                json!({"access_token": "t", "access_key_id": "KEY===="}),
                &[],
                "`access_token` and `access_key_id` exclude each other",
                &["no token is requested"],
            ),
            (
                json!({"grant_type": "implicit"}),
                &CLIENT,
                "Invalid value for `grant_type`",
                &["`password` or `access_key`"],
            ),
            (
                json!({"grant_type": "access_key", "region": "na1.evil.example"}),
                &KEY,
                "Invalid value for `region`",
                &["`na1`", "no dot"],
            ),
        ];
        for (block, variables, summary, facts) in cases {
            let (_, diags) = resolution(block.clone(), variables);
            let error = only_error(&diags);
            assert_eq!(error.summary, summary, "{block}");
            for fact in facts {
                assert!(error.detail.contains(fact), "{fact} is not in {}", error.detail);
            }
            assert!(!error.detail.contains("canary"));
        }
    }

    #[test]
    fn a_misplaced_setting_is_pointed_at_unless_it_is_secret() {
        let cases = [
            (json!({"grant_type": "password", "region": "na1"}), AttributePath::new("region")),
            (
                json!({"grant_type": "access_key", "client_secret": "canary-client", "audience": "a"}),
                AttributePath::new("audience"),
            ),
            (json!({"grant_type": "access_key", "endpoint_params": {"a": "b"}}), AttributePath::root()),
            (json!({"grant_type": "access_key", "client_id": "canary-misplaced"}), AttributePath::root()),
        ];
        for (block, path) in cases {
            let mut diags = Diagnostics::default();
            config::check(&RawConfig::from_json(block), &mut diags);
            assert_eq!(only_error(&diags).attribute, path);
        }
    }

    #[test]
    fn validate_judges_what_the_block_itself_says_and_no_more() {
        let quiet = [
            json!({"access_key_id": "KEY====", "region": "na1"}),
            json!({"grant_type": "password", "client_id": "abc"}),
            json!({"grant_type": "access_key", "scopes": ["a"]}),
            json!({"access_token": "eyJhbGciOiJub25lIn0.e30.c2ln", "token_url": "https://a.example/t"}),
        ];
        for block in quiet {
            let mut diags = Diagnostics::default();
            config::check(&RawConfig::from_json(block.clone()), &mut diags);
            assert!(diags.errors.is_empty(), "{block}: {diags:?}");
        }
    }

    #[test]
    fn nothing_is_concluded_from_an_unknown_grant() {
        let raw = RawConfig::from_json(json!({"region": "na1"})).with_unknown("grant_type");
        let mut diags = Diagnostics::default();
        let resolution = config::resolve(&raw, &Environment::default(), "", &mut diags);
        assert!(matches!(resolution, Resolution::Unknown(names) if names.contains(&"grant_type")));
        assert_eq!(diags, Diagnostics::default());
    }

    #[test]
    fn an_access_key_secret_has_the_same_sources_as_a_client_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "canary-key-in-file====\n").unwrap();
        let path = path.to_str().unwrap();
        let id = ("CXONE_ACCESS_KEY_ID", "KEY====");
        let region = ("CXONE_REGION", "na1");
        let file_variable = ("CXONE_ACCESS_KEY_SECRET_FILE", path);
        let cases = [
            (json!({"access_key_secret": "canary-inline===="}), vec![KEY[1]], "canary-inline====", "provider block"),
            (
                json!({"access_key_secret_file": path}),
                vec![KEY[1]],
                "canary-key-in-file====",
                "`access_key_secret_file`",
            ),
            (json!({}), vec![KEY[1]], "canary-key====", "variable CXONE_ACCESS_KEY_SECRET"),
            (json!({}), vec![file_variable], "canary-key-in-file====", "CXONE_ACCESS_KEY_SECRET_FILE)"),
        ];
        for (mut block, variables, secret, source) in cases {
            block["grant_type"] = json!("access_key");
            let settings = settings(block, &[vec![id, region], variables].concat());
            let Credential::AccessKey(exchange) = settings.credential else { panic!("another grant") };
            assert_eq!(exchange.access_key.secret.value.expose(), secret);
            assert!(exchange.access_key.secret.source.to_string().contains(source), "{source}");
        }
        let (_, diags) = resolution(json!({"grant_type": "access_key"}), &[id, region, KEY[1], file_variable]);
        let detail = &only_error(&diags).detail;
        assert!(detail.contains("variable CXONE_ACCESS_KEY_SECRET,") && detail.contains(path), "{detail}");
    }

    #[test]
    fn a_token_in_the_environment_that_beats_complete_credentials_warns_and_names_both() {
        let token = ("CXONE_ACCESS_TOKEN", "canary-token");
        let regional = ("CXONE_GRANT_TYPE", "access_key");
        let region = ("CXONE_REGION", "na1");
        let file = ("CXONE_CLIENT_SECRET_FILE", "/nonexistent");
        type Case<'a> = (Value, Vec<(&'a str, &'a str)>, Option<&'a str>);
        let cases: [Case<'_>; 8] = [
            (json!({}), CLIENT.to_vec(), Some("CXONE_CLIENT_ID and CXONE_CLIENT_SECRET")),
            (json!({}), vec![CLIENT[0], file], Some("CXONE_CLIENT_ID and CXONE_CLIENT_SECRET_FILE")),
            (
                json!({}),
                vec![regional, KEY[0], KEY[1], region],
                Some("CXONE_ACCESS_KEY_ID, CXONE_ACCESS_KEY_SECRET and CXONE_REGION"),
            ),
            (
                json!({"token_url": "https://a.example/t"}),
                vec![regional, KEY[0], KEY[1]],
                Some("CXONE_ACCESS_KEY_ID and CXONE_ACCESS_KEY_SECRET"),
            ),
            (json!({}), vec![], None),
            (json!({}), vec![CLIENT[0]], None),
            (json!({}), vec![("CXONE_GRANT_TYPE", "password"), CLIENT[0], CLIENT[1]], None),
            (json!({"access_token": "t"}), CLIENT.to_vec(), None),
        ];
        for (block, variables, named) in cases {
            let (resolution, diags) = resolution(block, &[vec![token], variables.clone()].concat());
            let Resolution::Complete(settings) = resolution else { panic!("{diags:?}") };
            assert!(matches!(settings.credential, Credential::AccessToken(_)));
            let warnings: Vec<_> = diags.warnings.iter().map(|warning| &warning.detail).collect();
            match named {
                Some(named) => {
                    assert!(warnings.len() == 1 && warnings[0].contains(&format!("({named})")), "{warnings:?}");
                    assert!(warnings[0].contains("variable CXONE_ACCESS_TOKEN"), "{warnings:?}");
                    assert!(!warnings[0].contains("canary"), "{warnings:?}");
                }
                None => assert!(warnings.is_empty(), "{warnings:?}"),
            }
        }
    }

    #[test]
    fn declared_scopes_warn_where_they_cannot_be_sent() {
        let block =
            |drift: &str| json!({"grant_type": "access_key", "region": "na1", "scopes": ["a"], "scope_drift": drift});
        for (drift, warnings) in [("warn", 1), ("error", 1), ("ignore", 0)] {
            let (_, diags) = resolution(block(drift), &KEY);
            assert_eq!((diags.errors.len(), diags.warnings.len()), (0, warnings), "{diags:?}");
        }
        let (_, diags) = resolution(json!({"scopes": ["a"]}), &CLIENT);
        assert_eq!(diags, Diagnostics::default());
    }
}
