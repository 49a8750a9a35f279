//! The flags of the command.

use crate::settings::flags::Flags;

/// Finds out why a token cannot be had. Sends one token request at most, unless told otherwise.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(
    after_help = "Settings come from the flags, then from --auth-file, then from the environment variables that the \
                  provider reads (CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, ...). There is no flag for a secret: other \
                  users can read the command lines of running programs. What has no flag otherwise (grant type, issuer, \
                  region, access key id, tenant) comes from its variable. A provider block is not read.\n\nThe request is \
                  made once: max_retries does not count here.\n\nExit codes: 0 healthy, warnings or not; 1 problem \
                  found; 2 wrong usage, such as an --auth-file that cannot be read; 3 a likely mistake, found with \
                  --offline."
)]
pub struct Options {
    /// Where the settings come from.
    #[command(flatten)]
    pub settings: Flags,

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
