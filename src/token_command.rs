//! `terraform-provider-cxone token`: one token on standard output, for scripts.

use std::io;
use std::io::Write;
use std::time::Duration;

use crate::objects::token::{Outputs, WholeToken};
use crate::session::{Failure, Issued, Overrides, Ready};
use crate::settings::config;
use crate::settings::config::Resolution;
use crate::settings::environment::Environment;
use crate::settings::flags::{Flags, FlagsError, on_command_line};
use crate::settings::parse::duration;
use oauth::Clock;
use plugin::{Diagnostic, Diagnostics};

/// Print an access token, for scripts
///
/// Standard output gets the token and nothing else. Errors go to standard error.
#[derive(Debug, Default, Clone, clap::Args)]
#[command(
    after_help = "Settings come from the flags, then from --auth-file, then from the environment variables that \
                        the provider reads (CXONE_CLIENT_ID, CXONE_CLIENT_SECRET, ...). There is no flag for a secret: \
                        other users can read the command lines of running programs.\n\nExit codes: 0 token printed; 1 no \
                        token; 2 wrong usage, such as an --auth-file that cannot be read.\n\nExample:\n  header=$(terraform-provider-cxone \
                        token --header) && curl --header \"$header\" https://..."
)]
pub struct Options {
    /// Print the HTTP header: Authorization: Bearer ...
    #[arg(long)]
    pub header: bool,

    /// Print one JSON object: access_token, token_type, expires_at, granted_scopes and the other attributes of
    /// cxone_access_token
    #[arg(long, conflicts_with = "header")]
    pub json: bool,

    /// Fail if the token expires sooner than this, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_remaining_lifetime: Option<Duration>,

    /// The sources of the settings.
    #[command(flatten)]
    pub settings: Flags,
}

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The token was printed.
    Printed,
    /// No token is available.
    Failed,
    /// The command line is wrong.
    WrongUsage,
}

impl Outcome {
    /// The process's exit code: 0 token printed, 1 no token, 2 wrong usage.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Printed => 0,
            Self::Failed => 1,
            Self::WrongUsage => 2,
        }
    }
}

/// Runs the command. The token goes to `out`, everything else to `err`.
///
/// # Errors
///
/// `out` or `err` cannot be written.
pub async fn run(
    options: &Options,
    environment: &Environment,
    clock: Clock,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Outcome> {
    let raw = match options.settings.read() {
        Ok(raw) => raw,
        Err(FlagsError::Unreadable(why)) => {
            writeln!(err, "error: {why}")?;
            return Ok(Outcome::WrongUsage);
        }
        Err(FlagsError::Unusable(fault)) => {
            write_diagnostic("Error", &fault, err)?;
            return Ok(Outcome::Failed);
        }
    };
    let mut diags = Diagnostics::default();
    let (resolution, findings) = config::resolve_and_inspect(&raw, environment, "", &mut diags);
    let Resolution::Complete(settings) = resolution else {
        diags.add_diagnostics(findings);
        return failed(&diags, err);
    };
    if let Some(note) = settings.credential.mixed_pair() {
        // Before the request: with the secret of another application, it is a failed login.
        writeln!(err, "note: {note}")?;
    }
    let ready = Ready::on_command_line(*settings, clock);
    let Some(issued) = issue(&ready, options, &mut diags).await else {
        return failed(&diags, err);
    };
    // To standard error, so that standard output contains only the token.
    write_all("Warning", &diags.warnings, err)?;
    let text = match (options.json, options.header) {
        (true, _) => {
            let token = WholeToken::new(&issued, &ready.tenant(&issued).await);
            format!("{:#}", serde_json::to_value(token).map_err(io::Error::other)?)
        }
        (false, true) => format!("Authorization: Bearer {}", issued.token.access_token.expose()),
        (false, false) => issued.token.access_token.expose().to_owned(),
    };
    writeln!(out, "{text}")?;
    // A closed pipe must be an error of this command, not a token that silently disappears.
    out.flush()?;
    Ok(Outcome::Printed)
}

/// The token, checked for drift as in a plan. `None` after an error, which is then in `diags`.
async fn issue(ready: &Ready, options: &Options, diags: &mut Diagnostics) -> Option<Issued> {
    let min_remaining = options.min_remaining_lifetime.unwrap_or(NOT_EXPIRED);
    match ready.token(Overrides::default(), min_remaining).await {
        Ok(issued) => {
            ready.judge(&issued, diags);
            diags.errors.is_empty().then_some(issued)
        }
        Err(Failure { diagnostic, .. }) => {
            diags.add_error(diagnostic);
            None
        }
    }
}

fn failed(diags: &Diagnostics, err: &mut dyn Write) -> io::Result<Outcome> {
    write_all("Warning", &diags.warnings, err)?;
    write_all("Error", &diags.errors, err)?;
    Ok(Outcome::Failed)
}

fn write_all(severity: &str, diagnostics: &[Diagnostic], err: &mut dyn Write) -> io::Result<()> {
    diagnostics.iter().try_for_each(|diagnostic| write_diagnostic(severity, diagnostic, err))
}

/// Prints a diagnostic in a core's layout, without the frame.
fn write_diagnostic(severity: &str, diagnostic: &Diagnostic, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "{severity}: {}\n", diagnostic.summary)?;
    match diagnostic.detail.is_empty() {
        true => Ok(()),
        false => writeln!(err, "{}\n", on_command_line(&diagnostic.detail)),
    }
}

// Shorter than the minimum of Terraform's objects: a script uses its token at once. Zero would print a token that
// expires before it can be sent.
const NOT_EXPIRED: Duration = Duration::from_secs(1);
