//! The command-line flags that are settings, and the `auth:` file.

use std::path::{Path, PathBuf};

use clap::Args as _;

use crate::settings::auth_file::{AuthFile, AuthFileError, SHAPE};
use crate::settings::parse::split_scopes;
use crate::settings::raw_config::{RawConfig, RawValue};
use crate::settings::source::Source;
use crate::settings::table;
use plugin::value::Value;
use plugin::{AttributePath, Diagnostic};

/// The settings of every command. No flag holds a secret: other users can read the command lines of
/// running programs.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// YAML file with an `auth:` section (type, endpoint, client_id, client_secret, scope)
    #[arg(long, value_name = "FILE", visible_alias = "config")]
    pub auth_file: Option<PathBuf>,

    /// Address of the token endpoint
    #[arg(long, value_name = "URL")]
    pub token_url: Option<String>,

    /// Identifier of the client application
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,

    /// File with the client secret
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<String>,

    /// Scopes to request, separated by spaces or commas
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,

    /// Audience to request
    #[arg(long)]
    pub audience: Option<String>,

    /// How the client authenticates: client_secret_basic or client_secret_post
    #[arg(long, value_name = "METHOD")]
    pub token_endpoint_auth_method: Option<String>,

    /// How HTTP Basic encodes id and secret: raw or rfc6749
    #[arg(long, value_name = "ENCODING")]
    pub basic_auth_encoding: Option<String>,

    /// Time limit for one attempt, such as 30s
    #[arg(long, value_name = "DURATION")]
    pub request_timeout: Option<String>,

    /// PEM file with certificates to trust in addition to the system's
    #[arg(long, value_name = "FILE")]
    pub ca_cert_file: Option<String>,

    /// Proxy to use; set one with a password in CXONE_HTTP_PROXY instead
    #[arg(long, value_name = "URL")]
    pub http_proxy: Option<String>,

    /// HTTP version: auto or 1.1
    #[arg(long, value_name = "VERSION")]
    pub http_version: Option<String>,
}

/// Why the flags give no settings.
pub enum FlagsError {
    /// The `auth:` file cannot be read, with a sentence that says why.
    Unreadable(String),
    /// The content of the `auth:` file is invalid.
    Unusable(Diagnostic),
}

impl Flags {
    /// The settings as arguments of a provider block, each with its real source. Flags override the `auth:` file.
    ///
    /// # Errors
    ///
    /// [`FlagsError`] names the file and its fault, never a value.
    pub fn read(&self) -> Result<RawConfig, FlagsError> {
        let mut raw = RawConfig::default();
        if let Some(path) = &self.auth_file {
            raw = from_auth_file(raw, path)?;
        }
        Ok(from_flags(raw, self))
    }
}

/// Advice about arguments of a provider block, in terms of the command line: flags, else environment variables.
pub fn on_command_line(advice: &str) -> String {
    let command = Flags::augment_args(clap::Command::new(""));
    let mut text = advice.to_owned();
    for setting in table::ALL {
        let (attribute, Some(variable)) = (setting.attribute, setting.variables.first()) else { continue };
        let in_block = format!("`{attribute}` in the provider block");
        let with_file = format!("`{attribute}` or {variable}");
        let assigned = format!("{attribute} = \"");
        let has_flag = command.get_arguments().any(|flag| flag.get_id() == attribute);
        let flag = format!("--{}", attribute.replace('_', "-"));
        let [set, either, assignment] = match has_flag {
            true => [format!("the flag {flag}"), format!("{flag} or {variable}"), format!("{flag} ")],
            false => [format!("the environment variable {variable}"), (*variable).to_owned(), format!("{variable}=")],
        };
        if !has_flag {
            text = text.replace(&format!("{in_block} or the environment variable"), "the environment variable");
        }
        text = text.replace(&in_block, &set).replace(&with_file, &either);
        let mut parts = text.split(&assigned);
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |text, part| text + &assignment + &part.replacen('"', "", 1));
    }
    text = text.replace("in the provider block", "in an `auth:` file (--auth-file)");
    text.replace("to stop a plan here", "to fail here").replace("`min_remaining_lifetime`", "--min-remaining-lifetime")
}

fn from_auth_file(raw: RawConfig, path: &Path) -> Result<RawConfig, FlagsError> {
    match AuthFile::read(path) {
        Ok(file) => Ok(raw.with_auth_file(file)),
        Err(AuthFileError::Unreadable(why)) => Err(FlagsError::Unreadable(format!("--auth-file {path:?}: {why}"))),
        Err(AuthFileError::Unusable(why)) => Err(FlagsError::Unusable(unusable(path, &why.to_string()))),
    }
}

fn unusable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic {
        summary: format!("the file {path:?} cannot be used: {why}").into(),
        detail: format!("{EXPECTED}{SHAPE}").into(),
        attribute: AttributePath::root(),
    }
}

fn from_flags(mut raw: RawConfig, flags: &Flags) -> RawConfig {
    let texts = [
        ("token_url", "--token-url", &flags.token_url),
        ("client_id", "--client-id", &flags.client_id),
        ("client_secret_file", "--client-secret-file", &flags.client_secret_file),
        ("audience", "--audience", &flags.audience),
        ("token_endpoint_auth_method", "--token-endpoint-auth-method", &flags.token_endpoint_auth_method),
        ("basic_auth_encoding", "--basic-auth-encoding", &flags.basic_auth_encoding),
        ("request_timeout", "--request-timeout", &flags.request_timeout),
        ("ca_cert_file", "--ca-cert-file", &flags.ca_cert_file),
        ("http_proxy", "--http-proxy", &flags.http_proxy),
        ("http_version", "--http-version", &flags.http_version),
    ];
    for (argument, flag, value) in texts {
        if let Some(value) = value {
            raw = raw.with_argument(argument, RawValue::Text(value.clone()), Source::flag(flag));
        }
    }
    if let Some(scopes) = &flags.scopes {
        let elements = split_scopes(scopes).map(|scope| Value::Value(scope.to_owned())).collect();
        raw = raw.with_argument("scopes", RawValue::Elements(elements), Source::flag("--scopes"));
    }
    raw
}

const EXPECTED: &str = "Format of the --auth-file (`endpoint` and `scope` are optional):\n\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_speaks_of_flags_else_of_variables() {
        for (advice, expected) in [
            (format!("set {}", table::CLIENT_SECRET.ways_to_set()), "set the environment variable CXONE_CLIENT_SECRET"),
            (
                format!("set {}", table::CLIENT_ID.ways_to_set()),
                "set the flag --client-id or the environment variable CXONE_CLIENT_ID",
            ),
            (
                "`client_secret_file` or CXONE_CLIENT_SECRET_FILE".into(),
                "--client-secret-file or CXONE_CLIENT_SECRET_FILE",
            ),
            ("`access_key_secret_file` or CXONE_ACCESS_KEY_SECRET_FILE.".into(), "CXONE_ACCESS_KEY_SECRET_FILE."),
            (
                "Set `scope_drift` in the provider block to `error`.".into(),
                "Set the environment variable CXONE_SCOPE_DRIFT to `error`.",
            ),
            ("set http_version = \"1.1\".".into(), "set --http-version 1.1."),
            ("with grant_type = \"password\" (a) or \"b\"".into(), "with CXONE_GRANT_TYPE=password (a) or \"b\""),
            ("Set credentials in the provider block.".into(), "Set credentials in an `auth:` file (--auth-file)."),
        ] {
            assert_eq!(on_command_line(&advice), expected);
        }
    }
}
