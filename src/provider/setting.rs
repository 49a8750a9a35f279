//! The settings of the provider block: name, type, environment variable and meaning, as one table.

use crate::plugin::{
    AttributePath,
    schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema},
};

/// One argument of the provider block.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The argument's name.
    pub attribute: &'static str,
    /// The environment variables that stand in for it, first one first; empty when there is none.
    pub variables: &'static [&'static str],
    /// The type of its value.
    pub kind: Kind,
    /// Whether its value is a secret.
    pub sensitive: bool,
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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

/// `token_url`
pub const TOKEN_URL: Setting = Setting::text(
    "token_url",
    &["CXONE_TOKEN_URL"],
    "Address of the token endpoint. Only `https`, except for loopback hosts. Defaults to \
     `https://api.nicecxone.com/oauth/token`, the address that the people who asked for this provider use; no public \
     NICE page names it.",
);
/// `client_id`
pub const CLIENT_ID: Setting =
    Setting::text("client_id", &["CXONE_CLIENT_ID"], "Identifier of the client application that CXone issued.");
/// `client_secret`
pub const CLIENT_SECRET: Setting = Setting::secret(
    "client_secret",
    &["CXONE_CLIENT_SECRET"],
    "Secret of the client application. Prefer `client_secret_file` or the environment to writing it here.",
);
/// `client_secret_file`
pub const CLIENT_SECRET_FILE: Setting = Setting::text(
    "client_secret_file",
    &["CXONE_CLIENT_SECRET_FILE"],
    "Path of a file that holds the client secret. One final newline is not part of the secret.",
);
/// `token_endpoint_auth_method`
pub const TOKEN_ENDPOINT_AUTH_METHOD: Setting = Setting::text(
    "token_endpoint_auth_method",
    &["CXONE_TOKEN_ENDPOINT_AUTH_METHOD"],
    "How the client authenticates: `client_secret_basic` (default, HTTP Basic) or `client_secret_post` (in the form).",
);
/// `basic_auth_encoding`
pub const BASIC_AUTH_ENCODING: Setting = Setting::text(
    "basic_auth_encoding",
    &["CXONE_BASIC_AUTH_ENCODING"],
    "How identifier and secret are written into the Basic header: `raw` (default, as they are) or `rfc6749` \
     (percent-encoded first). The same bytes unless they hold characters other than `A-Za-z0-9-._~`.",
);
/// `scopes`
pub const SCOPES: Setting = Setting {
    kind: Kind::Set,
    ..Setting::text(
        "scopes",
        &["CXONE_SCOPES"],
        "The declared scopes: sent with the request and compared with what CXone grants. In the environment, \
         separated by spaces or commas.",
    )
};
/// `audience`
pub const AUDIENCE: Setting =
    Setting::text("audience", &["CXONE_AUDIENCE"], "Audience to ask for, sent as `audience`; not sent by default.");
/// `endpoint_params`
pub const ENDPOINT_PARAMS: Setting = Setting {
    kind: Kind::Map,
    ..Setting::secret(
        "endpoint_params",
        &[],
        "Further form fields for the token request. The standard fields cannot be overridden.",
    )
};
/// `scope_drift`
pub const SCOPE_DRIFT: Setting = Setting::text(
    "scope_drift",
    &["CXONE_SCOPE_DRIFT"],
    "What to do when CXone grants other scopes than declared: `warn` (default), `error` or `ignore`.",
);
/// `skip_credentials_validation`
pub const SKIP_CREDENTIALS_VALIDATION: Setting = Setting {
    kind: Kind::Bool,
    ..Setting::text(
        "skip_credentials_validation",
        &["CXONE_SKIP_CREDENTIALS_VALIDATION"],
        "Whether to leave out the token exchange when the provider is configured. Defaults to `false`; with `true` \
         the exchange happens when a token is first needed.",
    )
};
/// `request_timeout`
pub const REQUEST_TIMEOUT: Setting = Setting::text(
    "request_timeout",
    &["CXONE_REQUEST_TIMEOUT"],
    "Time limit for one attempt, as a duration such as `30s` (default) or `1m30s`.",
);
/// `max_retries`
pub const MAX_RETRIES: Setting = Setting {
    kind: Kind::Number,
    ..Setting::text(
        "max_retries",
        &["CXONE_MAX_RETRIES"],
        "How often a request is repeated after a connection fault or HTTP 429, 502, 503 or 504. Defaults to `3`. \
         Refused credentials are never tried again.",
    )
};
/// `retry_min_wait`
pub const RETRY_MIN_WAIT: Setting = Setting::text(
    "retry_min_wait",
    &["CXONE_RETRY_MIN_WAIT"],
    "Shortest wait before a repetition, as a duration. Defaults to `1s`.",
);
/// `retry_max_wait`
pub const RETRY_MAX_WAIT: Setting = Setting::text(
    "retry_max_wait",
    &["CXONE_RETRY_MAX_WAIT"],
    "Longest wait before a repetition, as a duration; also caps what a server asks for in `Retry-After`. Defaults \
     to `30s`.",
);
/// `ca_cert_file`
pub const CA_CERT_FILE: Setting = Setting::text(
    "ca_cert_file",
    &["CXONE_CA_CERT_FILE"],
    "Path of a PEM file with certificates to trust in addition to the system's roots.",
);
/// `ca_cert_pem`
pub const CA_CERT_PEM: Setting =
    Setting::text("ca_cert_pem", &["CXONE_CA_CERT_PEM"], "PEM certificates to trust beside the system's roots.");
/// `client_cert_pem`
pub const CLIENT_CERT_PEM: Setting = Setting::text(
    "client_cert_pem",
    &["CXONE_CLIENT_CERT_PEM"],
    "PEM certificate chain for mutual TLS, the client's own certificate first. Needs `client_key_pem`.",
);
/// `client_key_pem`
pub const CLIENT_KEY_PEM: Setting = Setting::secret(
    "client_key_pem",
    &["CXONE_CLIENT_KEY_PEM"],
    "PEM private key for mutual TLS. Needs `client_cert_pem`.",
);
/// `tls_insecure_skip_verify`
pub const TLS_INSECURE_SKIP_VERIFY: Setting = Setting {
    kind: Kind::Bool,
    ..Setting::text(
        "tls_insecure_skip_verify",
        &["CXONE_TLS_INSECURE_SKIP_VERIFY"],
        "Whether to accept any server certificate. Defaults to `false`; `true` exposes the credentials to whoever \
         stands between, and warns.",
    )
};
/// `http_proxy`
pub const HTTP_PROXY: Setting = Setting::text(
    "http_proxy",
    &["CXONE_HTTP_PROXY"],
    "Proxy for every request, as a URL, user info allowed. Defaults to what `HTTPS_PROXY`, `HTTP_PROXY` and \
     `NO_PROXY` say.",
);
/// `http_version`
pub const HTTP_VERSION: Setting = Setting::text(
    "http_version",
    &["CXONE_HTTP_VERSION"],
    "HTTP version to speak: `auto` (default, HTTP/2 where the server offers it) or `1.1`.",
);
/// `access_token`
pub const ACCESS_TOKEN: Setting = Setting::secret(
    "access_token",
    &["CXONE_ACCESS_TOKEN"],
    "A token that you already have. No exchange takes place; lifetime and scopes are read from the token where it \
     is a JWT.",
);
/// `append_user_agent`
pub const APPEND_USER_AGENT: Setting = Setting::text(
    "append_user_agent",
    &["CXONE_APPEND_USER_AGENT", "TF_APPEND_USER_AGENT"],
    "Text appended to the `User-Agent` header of every request.",
);

/// Every setting.
pub const ALL: &[&Setting] = &[
    &TOKEN_URL,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &CLIENT_SECRET_FILE,
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
    &APPEND_USER_AGENT,
];

impl Setting {
    const fn text(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self { attribute, variables, kind: Kind::Text, sensitive: false, description }
    }

    const fn secret(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self { sensitive: true, ..Self::text(attribute, variables, description) }
    }

    /// How to set it, for messages: `` `client_id` in the provider block or the environment variable … ``.
    pub fn ways_to_set(&self) -> String {
        match self.variables.first() {
            Some(variable) => {
                format!("`{}` in the provider block or the environment variable {variable}", self.attribute)
            }
            None => format!("`{}` in the provider block", self.attribute),
        }
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

impl Kind {
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

/// Where a diagnostic about the argument `attribute` points: at the argument, or at the whole block when its value is
/// a secret or may hold one, since the core quotes the source line that a diagnostic points at.
pub fn path(attribute: &'static str) -> AttributePath {
    let is_secret = ALL.iter().any(|setting| setting.attribute == attribute && setting.sensitive);
    // An address may carry credentials or a query; a secret is easily put where its file's path belongs.
    let may_hold_one = attribute.ends_with("_file") || ["token_url", "issuer", "http_proxy"].contains(&attribute);
    if is_secret || may_hold_one { AttributePath::root() } else { AttributePath::new(attribute) }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
