//! The settings of the provider block as one table: name, variables, type, characters, description.
//!
//! A new argument is one `static` here and its entry in [`ALL`]. Schema, documentation, environment and inspection
//! follow from the table.

#![expect(missing_docs, reason = "the description of a setting is its documentation")]

use plugin::AttributePath;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};

/// One argument of the provider block. Settings with the same name are equal.
#[derive(Debug)]
pub struct Setting {
    /// The argument's name.
    pub attribute: &'static str,
    /// The environment variables for it, in the order of precedence.
    pub variables: &'static [&'static str],
    /// The type of its value.
    pub kind: SettingKind,
    /// Whether its value is a secret.
    pub sensitive: bool,
    /// Whether its value is part of the authentication. It is never shown, because a secret can be pasted there.
    pub is_credential: bool,
    /// Whether it can contain a secret, or often does by mistake. No diagnostic points at it, because the core would
    /// quote its line.
    pub may_hold_secret: bool,
    /// The characters that its text can have; `None` if the text is not inspected.
    pub alphabet: Option<Alphabet>,
    /// Its description in Markdown.
    pub description: &'static str,
    /// The setting for a file with its value.
    pub file: Option<&'static Setting>,
}

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// Text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Number,
    /// A set of text.
    Set,
    /// A map of text.
    Map,
}

/// The characters that a setting can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// RFC 6749 appendix A.1 and A.2: `VSCHAR`, which is %x20-7E.
    Visible,
    /// RFC 6749 appendix A.15 and A.16: Unicode without CR and LF, although nobody issues keys outside of ASCII.
    Unicode,
    /// Printable ASCII without the space, as in an `Authorization` header. RFC 6750 section 2.1 allows fewer
    /// characters, but services issue tokens with `!`, `%` and `|`.
    Bearer,
    /// RFC 6749 section 3.3: `scope-token`, which is %x21 / %x23-5B / %x5D-7E.
    Scope,
    /// RFC 3986: printable ASCII without the space.
    Address,
    /// Letters, digits and hyphens of a host name (RFC 1123 section 2.1).
    Label,
}

impl Alphabet {
    /// Whether the text can contain `character`.
    pub fn allows(self, character: char) -> bool {
        match self {
            // Narrower than the RFC for `Unicode`: CXone issues only ASCII, so other characters are a finding.
            Self::Visible | Self::Unicode => matches!(character, ' '..='~'),
            Self::Scope => matches!(character, '!' | '#'..='[' | ']'..='~'),
            Self::Address | Self::Bearer => matches!(character, '!'..='~'),
            Self::Label => character.is_ascii_alphanumeric() || character == '-',
        }
    }
}

impl Setting {
    const fn text(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self {
            attribute,
            variables,
            kind: SettingKind::Text,
            sensitive: false,
            is_credential: false,
            may_hold_secret: false,
            alphabet: None,
            description,
            file: None,
        }
    }

    const fn secret(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self { sensitive: true, ..Self::text(attribute, variables, description) }
    }

    const fn path(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self::text(attribute, variables, description).which_may_hold_secret()
    }

    const fn or_in(self, file: &'static Setting) -> Self {
        Self { file: Some(file), ..self }
    }

    const fn of(self, alphabet: Alphabet) -> Self {
        Self { alphabet: Some(alphabet), ..self }
    }

    const fn credential(self, alphabet: Alphabet) -> Self {
        Self { is_credential: true, ..self.of(alphabet) }
    }

    const fn which_may_hold_secret(self) -> Self {
        Self { may_hold_secret: true, ..self }
    }

    /// The environment variables for its value or its file.
    pub fn ways_in_environment(&self) -> impl Iterator<Item = &'static str> {
        let file = self.file.into_iter().flat_map(|file| file.variables);
        self.variables.iter().chain(file).copied()
    }

    /// The ways to set it, for messages: `` `client_id` in the provider block or the environment variable … ``.
    pub fn ways_to_set(&self) -> String {
        match self.variables.first() {
            Some(variable) => {
                format!("`{}` in the provider block or the environment variable {variable}", self.attribute)
            }
            None => format!("`{}` in the provider block", self.attribute),
        }
    }

    /// The path for a diagnostic: the argument, or the whole block if the argument's line can contain a secret.
    pub fn attribute_path(&self) -> AttributePath {
        // The id can be the secret, if the two are swapped.
        let may_hold_secret = self.sensitive || self.may_hold_secret || self.is_credential;
        if may_hold_secret { AttributePath::root() } else { AttributePath::new(self.attribute) }
    }

    fn to_attribute(&self) -> Attribute {
        let mut description = self.description.to_owned();
        match self.variables {
            [] => {}
            [variable] => description.push_str(&format!(" Environment variable: `{variable}`.")),
            [first, then @ ..] => {
                let then = then.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                description.push_str(&format!(" Environment variables: `{first}`, then {then}."));
            }
        }
        Attribute {
            attr_type: self.kind.attribute_type(),
            description: Description::markdown(description),
            constraint: AttributeConstraint::Optional,
            sensitive: self.sensitive,
            deprecated: false,
        }
    }
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.attribute == other.attribute
    }
}

impl Eq for Setting {}

impl SettingKind {
    fn attribute_type(self) -> AttributeType {
        match self {
            Self::Text => AttributeType::String,
            Self::Bool => AttributeType::Bool,
            Self::Number => AttributeType::Number,
            Self::Set => AttributeType::Set(Box::new(AttributeType::String)),
            Self::Map => AttributeType::Map(Box::new(AttributeType::String)),
        }
    }
}

/// The path for a diagnostic about the argument `attribute` of any block: see [`Setting::attribute_path`].
pub fn path(attribute: &'static str) -> AttributePath {
    let setting = ALL.iter().find(|setting| setting.attribute == attribute);
    setting.map_or_else(|| AttributePath::new(attribute), |setting| setting.attribute_path())
}

/// The schema of the provider block.
pub fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: ALL.iter().map(|setting| (setting.attribute.to_owned(), setting.to_attribute())).collect(),
            description: Description::markdown(
                "Exchanges NICE CXone client credentials for access tokens and validates them during `plan`.",
            ),
            ..Block::default()
        },
    }
}

pub static TOKEN_URL: Setting = Setting::text(
    "token_url",
    &["CXONE_TOKEN_URL"],
    "Address of the token endpoint. Must be `https`, except for loopback hosts. Default with the grant \
     `client_credentials`: `https://api.nicecxone.com/oauth/token`, which this provider's first users were given; no \
     public NICE page names it. With `access_key` it replaces `region`.",
)
.of(Alphabet::Address)
.which_may_hold_secret();
pub static ISSUER: Setting = Setting::text(
    "issuer",
    &["CXONE_ISSUER"],
    "Base address of an OpenID issuer, such as `https://cxone.niceincontact.com` or \
     `https://cxone-gov.niceincontact.com`. The provider reads the token endpoint from its discovery document. \
     Default with the grant `password`. Conflicts with `token_url`.",
)
.of(Alphabet::Address)
.which_may_hold_secret();
pub static REGION: Setting = Setting::text(
    "region",
    &["CXONE_REGION"],
    "Area of the tenant, such as `na1`. Only for the grant `access_key`: its regional service is \
     `https://{region}.nice-incontact.com`. Any area is accepted.",
)
.of(Alphabet::Label);
pub static GRANT_TYPE: Setting = Setting::text(
    "grant_type",
    &["CXONE_GRANT_TYPE"],
    "How to get a token: `client_credentials` (default), `password` (an access key and a client application at \
     CXone's global service, the flow that NICE documents for back ends) or `access_key` (an access key only, at the \
     regional service).",
);
pub static CLIENT_ID: Setting =
    Setting::text("client_id", &["CXONE_CLIENT_ID"], "Identifier of the client application that CXone issued.")
        .credential(Alphabet::Visible);
pub static CLIENT_SECRET: Setting = Setting::secret(
    "client_secret",
    &["CXONE_CLIENT_SECRET"],
    "Secret of the client application. Prefer `client_secret_file` or the environment variable.",
)
.or_in(&CLIENT_SECRET_FILE)
.credential(Alphabet::Visible);
pub static CLIENT_SECRET_FILE: Setting = Setting::path(
    "client_secret_file",
    &["CXONE_CLIENT_SECRET_FILE"],
    "Path of a file with the client secret. One final newline is ignored.",
);
pub static ACCESS_KEY_ID: Setting = Setting::text(
    "access_key_id",
    &["CXONE_ACCESS_KEY_ID"],
    "Identifier of an access key, for the grants `password` and `access_key`.",
)
.credential(Alphabet::Unicode);
pub static ACCESS_KEY_SECRET: Setting = Setting::secret(
    "access_key_secret",
    &["CXONE_ACCESS_KEY_SECRET"],
    "Secret of the access key. Prefer `access_key_secret_file` or the environment variable.",
)
.or_in(&ACCESS_KEY_SECRET_FILE)
.credential(Alphabet::Unicode);
pub static ACCESS_KEY_SECRET_FILE: Setting = Setting::path(
    "access_key_secret_file",
    &["CXONE_ACCESS_KEY_SECRET_FILE"],
    "Path of a file with the access key's secret. One final newline is ignored.",
);
pub static AUTH_FILE: Setting = Setting::path(
    "auth_file",
    &["CXONE_AUTH_FILE"],
    "Path of a YAML file with an `auth:` section, as `parse_auth_config` reads it: `type`, `endpoint`, `client_id`, \
     `client_secret` and `scope`. The arguments of this block override the file; the file overrides the environment. \
     A credential without a value and a key near a known one are errors; other unknown keys are ignored.",
);
pub static TOKEN_ENDPOINT_AUTH_METHOD: Setting = Setting::text(
    "token_endpoint_auth_method",
    &["CXONE_TOKEN_ENDPOINT_AUTH_METHOD"],
    "How the client authenticates: `client_secret_basic` (default, HTTP Basic) or `client_secret_post` (in the form).",
);
pub static BASIC_AUTH_ENCODING: Setting = Setting::text(
    "basic_auth_encoding",
    &["CXONE_BASIC_AUTH_ENCODING"],
    "How the Basic header encodes identifier and secret: `raw` (default, unchanged) or `rfc6749` (percent-encoded). \
     Only characters other than `A-Za-z0-9-._~` differ.",
);
pub static SCOPES: Setting = Setting {
    kind: SettingKind::Set,
    alphabet: Some(Alphabet::Scope),
    ..Setting::text(
        "scopes",
        &["CXONE_SCOPES"],
        "The declared scopes: sent with the request and compared with the granted scopes. In the environment \
         variable, separated by white space or commas. The grant `access_key` cannot send scopes: the provider then \
         compares them only with the token's claims, and warns.",
    )
};
pub static AUDIENCE: Setting =
    Setting::text("audience", &["CXONE_AUDIENCE"], "Audience to request, sent as `audience`. Not sent if not set.")
        .of(Alphabet::Visible);
// A secret, because such a field can be a credential. A map has no form in an environment variable.
pub static ENDPOINT_PARAMS: Setting = Setting {
    kind: SettingKind::Map,
    ..Setting::secret(
        "endpoint_params",
        &[],
        "Further form fields for the token request. The standard fields cannot be overridden.",
    )
};
pub static SCOPE_DRIFT: Setting = Setting::text(
    "scope_drift",
    &["CXONE_SCOPE_DRIFT"],
    "What to do when CXone did not grant the declared scopes: `warn` (default), `error` or `ignore`.",
);
pub static SKIP_CREDENTIALS_VALIDATION: Setting = Setting {
    kind: SettingKind::Bool,
    ..Setting::text(
        "skip_credentials_validation",
        &["CXONE_SKIP_CREDENTIALS_VALIDATION"],
        "Whether to skip the token exchange when the provider is configured. Default `false`; with `true` the \
         exchange happens when a token is first needed.",
    )
};
pub static REQUEST_TIMEOUT: Setting = Setting::text(
    "request_timeout",
    &["CXONE_REQUEST_TIMEOUT"],
    "Time limit for one attempt, as a duration such as `30s` (default) or `1m30s`.",
);
pub static MAX_RETRIES: Setting = Setting {
    kind: SettingKind::Number,
    ..Setting::text(
        "max_retries",
        &["CXONE_MAX_RETRIES"],
        "How often a request is retried after a connection fault or HTTP 429, 502, 503 or 504. Default `3`. Rejected \
         credentials are never retried.",
    )
};
pub static RETRY_MIN_WAIT: Setting = Setting::text(
    "retry_min_wait",
    &["CXONE_RETRY_MIN_WAIT"],
    "Shortest wait before a retry, as a duration. Default `1s`.",
);
pub static RETRY_MAX_WAIT: Setting = Setting::text(
    "retry_max_wait",
    &["CXONE_RETRY_MAX_WAIT"],
    "Longest wait before a retry, as a duration; also limits a server's `Retry-After`. Default `30s`.",
);
pub static CA_CERT_FILE: Setting = Setting::path(
    "ca_cert_file",
    &["CXONE_CA_CERT_FILE"],
    "Path of a PEM file with certificates to trust in addition to the system's.",
);
pub static CA_CERT_PEM: Setting =
    Setting::text("ca_cert_pem", &["CXONE_CA_CERT_PEM"], "PEM certificates to trust in addition to the system's.")
        .or_in(&CA_CERT_FILE)
        .which_may_hold_secret();
pub static CLIENT_CERT_PEM: Setting = Setting::text(
    "client_cert_pem",
    &["CXONE_CLIENT_CERT_PEM"],
    "PEM certificate chain for mutual TLS, the client's own certificate first. Needs `client_key_pem`.",
)
.which_may_hold_secret();
pub static CLIENT_KEY_PEM: Setting = Setting::secret(
    "client_key_pem",
    &["CXONE_CLIENT_KEY_PEM"],
    "PEM private key for mutual TLS. Needs `client_cert_pem`.",
);
pub static TLS_INSECURE_SKIP_VERIFY: Setting = Setting {
    kind: SettingKind::Bool,
    ..Setting::text(
        "tls_insecure_skip_verify",
        &["CXONE_TLS_INSECURE_SKIP_VERIFY"],
        "Whether to accept any server certificate. Default `false`; `true` exposes the credentials to anyone between \
         this machine and CXone, and warns.",
    )
};
pub static HTTP_PROXY: Setting = Setting::text(
    "http_proxy",
    &["CXONE_HTTP_PROXY"],
    "Proxy for every https request, as a URL; user info is allowed. Default: the environment variables `HTTPS_PROXY` \
     and `NO_PROXY`. Plain http, which is accepted only for this machine, uses no proxy.",
)
.which_may_hold_secret();
pub static HTTP_VERSION: Setting = Setting::text(
    "http_version",
    &["CXONE_HTTP_VERSION"],
    "HTTP version: `auto` (default, HTTP/2 if the server offers it) or `1.1`.",
);
pub static ACCESS_TOKEN: Setting = Setting::secret(
    "access_token",
    &["CXONE_ACCESS_TOKEN"],
    "A token that you already have. No token is requested; lifetime and scopes are read from the token if it is a \
     JWT.",
)
.credential(Alphabet::Bearer);
pub static EXPECTED_TENANT_ID: Setting = Setting::text(
    "expected_tenant_id",
    &["CXONE_EXPECTED_TENANT_ID"],
    "Identifier of the tenant that tokens must belong to. A token of another tenant, or one without a readable \
     tenant, is an error before anything uses it.",
);
// No environment variable: a map has no form there.
pub static EXPECTED_CLAIMS: Setting = Setting {
    kind: SettingKind::Map,
    ..Setting::text(
        "expected_claims",
        &[],
        "Claims that every token must have: a dotted path, such as `role.id`, and its value. A token with another \
         value, and an opaque token, is an error before anything uses it. Numbers, objects and arrays compare as \
         JSON, arrays of texts in any order. `exp`, `iat`, `nbf` and `jti` differ in every token and are not \
         accepted.",
    )
};
pub static APPEND_USER_AGENT: Setting = Setting::text(
    "append_user_agent",
    &["CXONE_APPEND_USER_AGENT", "TF_APPEND_USER_AGENT"],
    "Text to append to the `User-Agent` header of every request.",
);

/// All settings, in the order of the documentation.
pub static ALL: &[&Setting] = &[
    &TOKEN_URL,
    &ISSUER,
    &REGION,
    &GRANT_TYPE,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &CLIENT_SECRET_FILE,
    &ACCESS_KEY_ID,
    &ACCESS_KEY_SECRET,
    &ACCESS_KEY_SECRET_FILE,
    &AUTH_FILE,
    &TOKEN_ENDPOINT_AUTH_METHOD,
    &BASIC_AUTH_ENCODING,
    &SCOPES,
    &AUDIENCE,
    &ENDPOINT_PARAMS,
    &SCOPE_DRIFT,
    &SKIP_CREDENTIALS_VALIDATION,
    &REQUEST_TIMEOUT,
    &MAX_RETRIES,
    &RETRY_MIN_WAIT,
    &RETRY_MAX_WAIT,
    &CA_CERT_FILE,
    &CA_CERT_PEM,
    &CLIENT_CERT_PEM,
    &CLIENT_KEY_PEM,
    &TLS_INSECURE_SKIP_VERIFY,
    &HTTP_PROXY,
    &HTTP_VERSION,
    &ACCESS_TOKEN,
    &EXPECTED_TENANT_ID,
    &EXPECTED_CLAIMS,
    &APPEND_USER_AGENT,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use oauth::{HttpVersion, ProxySettings};
    use plugin::Diagnostics;

    use super::*;
    use crate::settings::config::{self, Resolution, Settings};
    use crate::settings::credential::Credential;
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;
    use crate::settings::source::Source;

    #[test]
    fn every_variable_is_the_attribute_in_upper_case_with_the_prefix() {
        for setting in ALL {
            for variable in setting.variables.iter().take(1) {
                assert_eq!(**variable, format!("CXONE_{}", setting.attribute.to_uppercase()));
            }
        }
    }

    #[test]
    fn settings_that_hold_secrets_are_sensitive() {
        for setting in ALL {
            let holds_secret = setting.attribute.ends_with("_secret")
                || ["access_token", "endpoint_params", "client_key_pem"].contains(&setting.attribute);
            assert_eq!(setting.sensitive, holds_secret, "{}", setting.attribute);
        }
    }

    /// The settings from these variables alone.
    fn settings(variables: &[(&str, &str)]) -> Settings {
        let mut diags = Diagnostics::default();
        let environment = Environment::from_iter(variables.iter().copied());
        match config::resolve(&RawConfig::default(), &environment, "1.11.4", &mut diags) {
            Resolution::Complete(settings) => *settings,
            _ => panic!("{:?}: {diags:?}", variables.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        }
    }

    /// The credential of `settings` in one line.
    fn credential(settings: &Settings) -> String {
        let address = settings.credential.address().map(|address| address.value.first_contact().redacted());
        let address = address.unwrap_or_default();
        match &settings.credential {
            Credential::AccessToken(token) => format!("token {}", token.value.expose()),
            Credential::AccessKey(exchange) => {
                format!("key {}:{} {address}", exchange.access_key.id.value, exchange.access_key.secret.value.expose())
            }
            Credential::Exchange(exchange) => {
                let key = exchange.access_key.as_ref();
                let key = key.map(|key| format!(" {}:{}", key.id.value, key.secret.value.expose())).unwrap_or_default();
                format!(
                    "client {}:{}{key} {:?} {address}",
                    exchange.client_id.value,
                    exchange.client_secret.value.expose(),
                    exchange.authentication.value
                )
            }
        }
    }

    const ID: (&str, &str) = ("CXONE_CLIENT_ID", "abc");
    const SECRET: (&str, &str) = ("CXONE_CLIENT_SECRET", "canary-client");
    const KEY: [(&str, &str); 2] = [("CXONE_ACCESS_KEY_ID", "KEY"), ("CXONE_ACCESS_KEY_SECRET", "canary-key")];

    #[test]
    fn every_variable_sets_what_it_is_named_after() {
        type Check = fn(&Settings) -> bool;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "canary-in-file\n").unwrap();
        let file = path.to_str().unwrap();
        let auth_path = folder.path().join("auth.yaml");
        std::fs::write(&auth_path, "auth:\n  client_secret: canary-in-auth\n").unwrap();
        let auth_file = auth_path.to_str().unwrap();
        let made = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
        let (certificate, key) = (made.cert.pem(), made.key_pair.serialize_pem());
        let certificate_path = folder.path().join("certificate");
        std::fs::write(&certificate_path, &certificate).unwrap();
        let certificate_file = certificate_path.to_str().unwrap();
        let password = ("CXONE_GRANT_TYPE", "password");
        let regional = ("CXONE_GRANT_TYPE", "access_key");
        let cases: Vec<(Vec<(&str, &str)>, Check)> = vec![
            (vec![ID, SECRET, ("CXONE_TOKEN_URL", "https://a.example/t")], |s| {
                credential(s).ends_with("https://a.example/t")
            }),
            (vec![ID, SECRET, ("CXONE_ISSUER", "https://i.example")], |s| {
                credential(s).contains("https://i.example/.well")
            }),
            (vec![regional, KEY[0], KEY[1], ("CXONE_REGION", "au1")], |s| {
                credential(s).contains("https://au1.nice-incontact")
            }),
            (vec![password, ID, SECRET, KEY[0], KEY[1]], |s| {
                credential(s).starts_with("client abc:canary-client KEY:canary-key ")
            }),
            (vec![ID, ("CXONE_CLIENT_SECRET_FILE", file)], |s| credential(s).starts_with("client abc:canary-in-file ")),
            (vec![regional, KEY[0], ("CXONE_ACCESS_KEY_SECRET_FILE", file), ("CXONE_REGION", "na1")], |s| {
                credential(s).starts_with("key KEY:canary-in-file ")
            }),
            (vec![ID, ("CXONE_AUTH_FILE", auth_file)], |s| credential(s).starts_with("client abc:canary-in-auth ")),
            (vec![ID, SECRET, ("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post")], |s| {
                credential(s).contains(" Post")
            }),
            (vec![ID, SECRET, ("CXONE_BASIC_AUTH_ENCODING", "rfc6749")], |s| credential(s).contains("Rfc6749")),
            (vec![ID, SECRET, ("CXONE_SCOPES", "b, a")], |s| s.scopes.value.to_wire() == "a b"),
            (vec![ID, SECRET, ("CXONE_AUDIENCE", "aud")], |s| {
                s.audience.as_ref().is_some_and(|found| found.value == "aud")
            }),
            (vec![ID, SECRET, ("CXONE_SCOPE_DRIFT", "error")], |s| format!("{:?}", s.scope_drift.value) == "Error"),
            (vec![ID, SECRET, ("CXONE_SKIP_CREDENTIALS_VALIDATION", "TRUE")], |s| s.skip_credentials_validation),
            (vec![ID, SECRET, ("CXONE_REQUEST_TIMEOUT", "7s")], |s| s.transport.http.request_timeout.as_secs() == 7),
            (vec![ID, SECRET, ("CXONE_MAX_RETRIES", "7")], |s| s.transport.retry.max_retries == 7),
            (vec![ID, SECRET, ("CXONE_RETRY_MIN_WAIT", "7s")], |s| s.transport.retry.min_wait.as_secs() == 7),
            (vec![ID, SECRET, ("CXONE_RETRY_MAX_WAIT", "7s")], |s| s.transport.retry.max_wait.as_secs() == 7),
            (vec![ID, SECRET, ("CXONE_CA_CERT_FILE", certificate_file)], |s| s.transport.http.extra_ca_pem.is_some()),
            (vec![ID, SECRET, ("CXONE_CA_CERT_PEM", &certificate)], |s| s.transport.http.extra_ca_pem.is_some()),
            (vec![ID, SECRET, ("CXONE_CLIENT_CERT_PEM", &certificate), ("CXONE_CLIENT_KEY_PEM", &key)], |s| {
                s.transport.http.client_identity.is_some()
            }),
            (vec![ID, SECRET, ("CXONE_TLS_INSECURE_SKIP_VERIFY", "1")], |s| s.transport.http.insecure_skip_verify),
            (
                vec![ID, SECRET, ("CXONE_HTTP_PROXY", "http://p:1"), ("HTTPS_PROXY", "http://q:1")],
                |s| matches!(&s.transport.http.proxy, ProxySettings::Url(url) if url.expose() == "http://p:1"),
            ),
            (vec![ID, SECRET, ("HTTPS_PROXY", "http://q:1"), ("NO_PROXY", "x")], |s| {
                s.transport.proxy == Some(Source::environment("HTTPS_PROXY")) && s.transport.plain_proxy.is_none()
            }),
            (
                vec![ID, SECRET, ("HTTP_PROXY", "http://q:1"), ("NO_PROXY", "x")],
                |s| matches!(&s.transport, t if t.http.proxy == ProxySettings::None && t.plain_proxy == Some("HTTP_PROXY")),
            ),
            (vec![ID, SECRET, ("CXONE_HTTP_VERSION", "1.1")], |s| s.transport.http.http_version == HttpVersion::Http11),
            (vec![("CXONE_ACCESS_TOKEN", "canary-token")], |s| credential(s) == "token canary-token"),
            (vec![ID, SECRET, ("CXONE_EXPECTED_TENANT_ID", "t-1")], |s| {
                s.expected_tenant_id.as_ref().is_some_and(|found| found.value == "t-1")
            }),
            (vec![ID, SECRET, ("CXONE_APPEND_USER_AGENT", "x/1")], |s| s.transport.http.user_agent.ends_with(" x/1")),
            (vec![ID, SECRET, ("TF_APPEND_USER_AGENT", "y/1")], |s| s.transport.http.user_agent.ends_with(" y/1")),
        ];
        for (variables, is_set) in &cases {
            let names: Vec<_> = variables.iter().map(|(name, _)| name).collect();
            assert!(is_set(&settings(variables)), "{names:?}");
            let plain = settings(&[ID, SECRET]);
            assert!(!is_set(&plain), "{names:?} make no difference");
        }
        let tried: BTreeSet<_> = cases.iter().flat_map(|(variables, _)| variables).map(|(name, _)| *name).collect();
        let known = ALL.iter().flat_map(|setting| setting.variables).copied();
        assert_eq!(known.filter(|name| !tried.contains(name)).collect::<Vec<_>>(), [""; 0], "these are not tried");
    }
}
