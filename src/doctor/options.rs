//! The flags of the command.

use std::path::PathBuf;

/// Finds out why a token cannot be had. Sends one token request at most, unless told otherwise.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(
    after_help = "Settings come from the flags, then from --config, then from the environment variables that the \
                  provider reads (CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, ...). There is no flag for a secret: other \
                  users can read the command lines of running programs. What has no flag otherwise (grant type, issuer, \
                  region, access key id, tenant) comes from its variable. A provider block is not read.\n\nThe request is \
                  made once: max_retries does not count here.\n\nExit codes: 0 healthy, warnings or not; 1 problem \
                  found; 2 wrong usage, such as a --config file that cannot be read."
)]
pub struct Options {
    /// YAML file with an `auth:` section (type, endpoint, client_id, client_secret, scope)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Stop before anything is sent
    #[arg(long)]
    pub offline: bool,

    /// Print one JSON object
    #[arg(long, conflicts_with = "emit")]
    pub json: bool,

    /// Print only the equivalent of these settings, without secrets: a provider block, a curl command or Python
    #[arg(long, value_name = "FORM")]
    pub emit: Option<Emit>,

    /// After a refusal, try the other authentication methods too: costs up to two more failed logins
    #[arg(long, conflicts_with_all = ["offline", "emit"])]
    pub try_auth_methods: bool,

    /// Address of the token endpoint
    #[arg(long, value_name = "URL")]
    pub token_url: Option<String>,

    /// Identifier of the client application
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,

    /// File that holds the client secret
    #[arg(long, value_name = "FILE")]
    pub client_secret_file: Option<String>,

    /// Scopes to ask for, separated by spaces or commas
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,

    /// Audience to ask for
    #[arg(long)]
    pub audience: Option<String>,

    /// client_secret_basic or client_secret_post
    #[arg(long, value_name = "METHOD")]
    pub token_endpoint_auth_method: Option<String>,

    /// raw or rfc6749
    #[arg(long, value_name = "ENCODING")]
    pub basic_auth_encoding: Option<String>,

    /// Time limit for one attempt, such as 30s
    #[arg(long, value_name = "DURATION")]
    pub request_timeout: Option<String>,

    /// PEM file with certificates to trust in addition to the system's
    #[arg(long, value_name = "FILE")]
    pub ca_cert_file: Option<String>,

    /// Proxy to go through; one with a password belongs into CXONE_HTTP_PROXY
    #[arg(long, value_name = "URL")]
    pub http_proxy: Option<String>,

    /// auto or 1.1
    #[arg(long, value_name = "VERSION")]
    pub http_version: Option<String>,
}

/// What `--emit` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Emit {
    /// A provider block.
    Hcl,
    /// A curl command.
    Curl,
    /// A Python script with `requests`.
    Python,
}
