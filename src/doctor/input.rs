//! Flags and the `auth:` file as the arguments of a provider block.

use std::path::Path;

use super::Options;
use crate::settings::auth_file::{AuthFile, AuthFileError, SHAPE};
use crate::settings::parse::split_scopes;
use crate::settings::raw_config::{RawConfig, RawValue};
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

fn from_auth_file(raw: RawConfig, path: &Path) -> Result<RawConfig, InputError> {
    match AuthFile::read(path) {
        Ok(file) => Ok(raw.with_auth_file(file)),
        Err(AuthFileError::Unreadable(why)) => Err(InputError::Unreadable(format!("--config {path:?}: {why}"))),
        Err(AuthFileError::Unusable(why)) => Err(InputError::Unusable(unusable(path, &why.to_string()))),
    }
}

fn unusable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic {
        summary: format!("the file {path:?} cannot be used: {why}").into(),
        detail: format!("{EXPECTED}{SHAPE}").into(),
        attribute: AttributePath::root(),
    }
}

fn from_flags(mut raw: RawConfig, options: &Options) -> RawConfig {
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

const EXPECTED: &str = "The file that --config names looks like this; `endpoint` and `scope` may be left out:\n\n";
