//! The flags of the command.

use crate::settings::flags::Flags;

/// Find out why CXone gives no token, outside Terraform
///
/// The doctor sends at most one token request, except with --try-auth-methods.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(
    after_help = "Settings come from the flags, then from --auth-file, then from the environment variables that the \
                  provider reads (CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, ...). There is no flag for a secret: other \
                  users can read the command lines of running programs. The grant type, the issuer, the region, the \
                  access key id and the tenant have no flags either: set their environment variables. doctor does \
                  not read provider blocks.\n\ndoctor sends one request: max_retries has no effect.\n\nExit codes: 0 \
                  healthy, with or without warnings; 1 problem found; 2 wrong usage, such as an --auth-file that \
                  cannot be read; 3 a likely mistake, found with --offline."
)]
pub struct Options {
    /// Where the settings come from.
    #[command(flatten)]
    pub settings: Flags,

    /// Check the settings only, and send nothing
    #[arg(long)]
    pub offline: bool,

    /// Print one JSON object
    #[arg(long, conflicts_with = "emit")]
    pub json: bool,

    /// Print only the equivalent of these settings, without secrets: a provider block, a curl command or Python
    #[arg(long, value_name = "FORM")]
    pub emit: Option<Emit>,

    /// If CXone rejects the credentials, try the other authentication methods: costs up to two more failed logins
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
