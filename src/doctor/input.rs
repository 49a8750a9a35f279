//! Flags and the `auth:` file as the arguments of a provider block.

use std::path::Path;

use super::Options;
use crate::settings::auth_file::AuthConfig;
use crate::settings::parse::split_scopes;
use crate::settings::raw_config::{RawConfig, RawValue};
use crate::settings::secret_file;
use crate::settings::source::Source;
use plugin::value::Value;
use plugin::{AttributePath, Diagnostic};

/// The settings that were given to the command itself.
pub struct Input {
    /// As arguments of a provider block, each with its real source.
    pub raw: RawConfig,
}

/// Why the settings cannot be examined.
pub enum InputError {
    /// The file that `--config` names cannot be read: a sentence.
    Unreadable(String),
    /// It can, and what it says is wrong: a finding like any other.
    Unusable(Diagnostic),
}

impl Input {
    /// Reads the `auth:` file and lays the flags over it.
    ///
    /// # Errors
    ///
    /// [`InputError`]; names the file and what is wrong with it, never a value.
    pub fn read(options: &Options) -> Result<Self, InputError> {
        let mut raw = RawConfig::default();
        if let Some(path) = &options.config {
            raw = from_auth_file(raw, path)?;
        }
        Ok(Self { raw: from_flags(raw, options) })
    }
}

fn from_auth_file(mut raw: RawConfig, path: &Path) -> Result<RawConfig, InputError> {
    let text =
        secret_file::read_text(path).map_err(|why| InputError::Unreadable(format!("--config {path:?}: {why}")))?;
    let auth = AuthConfig::try_from_file(text.expose())
        .map_err(|error| InputError::Unusable(unusable(path, &error.to_string())))?;
    let source = |key| Source::auth_file(key, path);
    let texts = [
        ("grant_type", "type", auth.grant_type),
        ("token_url", "endpoint", auth.endpoint),
        ("client_id", "client_id", auth.client_id),
        ("client_secret", "client_secret", auth.client_secret.map(|secret| secret.expose().to_owned())),
    ];
    for (argument, key, value) in texts {
        if let Some(value) = value {
            raw = raw.with_argument(argument, RawValue::Text(value), source(key));
        }
    }
    if let Some(scopes) = auth.scopes {
        let elements = scopes.iter().cloned().map(Value::Value).collect();
        raw = raw.with_argument("scopes", RawValue::Elements(elements), source("scope"));
    }
    Ok(raw)
}

fn unusable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic {
        summary: format!("the file {path:?} cannot be used: {why}").into(),
        detail: EXPECTED.into(),
        attribute: AttributePath::root(),
    }
}

fn from_flags(mut raw: RawConfig, options: &Options) -> RawConfig {
    if options.client_secret_file.is_some() {
        // The flag takes the place of the file's secret; both at once would have to agree.
        raw = raw.without("client_secret");
    }
    let texts = [
        ("token_url", "--token-url", &options.token_url),
        ("client_id", "--client-id", &options.client_id),
        ("client_secret_file", "--client-secret-file", &options.client_secret_file),
        ("audience", "--audience", &options.audience),
        ("token_endpoint_auth_method", "--token-endpoint-auth-method", &options.token_endpoint_auth_method),
        ("basic_auth_encoding", "--basic-auth-encoding", &options.basic_auth_encoding),
        ("request_timeout", "--request-timeout", &options.request_timeout),
        ("ca_cert_file", "--ca-cert-file", &options.ca_cert_file),
        ("http_proxy", "--http-proxy", &options.http_proxy),
        ("http_version", "--http-version", &options.http_version),
    ];
    for (argument, flag, value) in texts {
        if let Some(value) = value {
            raw = raw.with_argument(argument, RawValue::Text(value.clone()), Source::flag(flag));
        }
    }
    if let Some(scopes) = &options.scopes {
        let elements = split_scopes(scopes).map(|scope| Value::Value(scope.to_owned())).collect();
        raw = raw.with_argument("scopes", RawValue::Elements(elements), Source::flag("--scopes"));
    }
    raw
}

const EXPECTED: &str = "The file that --config names looks like this; `endpoint` and `scope` may be left out:\n\n  auth:\n    \
     type: client_credentials\n    endpoint: https://api.nicecxone.com/oauth/token\n    client_id: \"...\"\n    \
     client_secret: \"...\"\n    scope: \"cxone:api\"";
