//! `terraform-provider-cxone doctor`: the provider's diagnosis, outside of Terraform.
//!
//! It resolves the same settings as a provider block, from flags, an `auth:` YAML file and the environment. It makes at
//! most one exchange, and prints a checklist. The first line is the result.

mod checkup;
mod equivalents;
mod methods;
mod options;
mod outcome;
mod report;
mod step;
mod way;

use std::io;
use std::io::Write;

pub use options::{Emit, Options};

use crate::settings::environment::Environment;
use crate::settings::flags::FlagsError;
use checkup::Checkup;
use oauth::Clock;

/// The result of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No problem was found.
    Healthy,
    /// A likely mistake was found, but no request was sent that could settle it.
    Suspicious,
    /// At least one problem was found.
    ProblemFound,
    /// The command line is wrong.
    WrongUsage,
}

/// The style of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Colours, for a terminal.
    Coloured,
    /// Plain text, for a pipe, a file or whoever set `NO_COLOR`.
    Plain,
}

impl Style {
    /// The style of an output. `NO_COLOR` and `TERM=dumb` turn colours off, as does an output that is not a terminal.
    pub fn for_output(is_terminal: bool, environment: &Environment) -> Self {
        let is_dumb = environment.text("TERM").is_ok_and(|terminal| terminal == Some("dumb"));
        if is_terminal && !environment.is_set("NO_COLOR") && !is_dumb { Self::Coloured } else { Self::Plain }
    }
}

impl Outcome {
    /// The process's exit code: 0 healthy, 1 problem found, 2 wrong usage, 3 suspicious.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::ProblemFound => 1,
            Self::WrongUsage => 2,
            Self::Suspicious => 3,
        }
    }
}

/// Runs the command. The report goes to `out`; wrong usage and announcements go to `err`.
///
/// An `--auth-file` that cannot be read is wrong usage. A readable one without an `auth:` configuration is a problem.
/// Warnings alone leave the outcome healthy, except with `--offline`.
///
/// # Errors
///
/// `out` or `err` cannot be written.
pub async fn run(
    options: &Options,
    environment: &Environment,
    clock: Clock,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Outcome> {
    let checkup = match options.settings.read() {
        Ok(raw) => checkup::run(&raw, options, environment, clock, err).await?,
        Err(FlagsError::Unusable(fault)) => Checkup::unusable(&fault),
        Err(FlagsError::Unreadable(why)) => {
            writeln!(err, "error: {why}")?;
            return Ok(Outcome::WrongUsage);
        }
    };
    let outcome = match (checkup.has_problem(), checkup.has_suspicion()) {
        (true, _) => Outcome::ProblemFound,
        // With `--emit`, the exit code only says whether the form was printed.
        (false, true) if options.emit.is_none() => Outcome::Suspicious,
        (false, _) => Outcome::Healthy,
    };
    match write(options, &checkup, style, out, err) {
        // A reader that closes the pipe, such as `head`, has seen enough. That is not an error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(outcome),
        written => written.map(|()| outcome),
    }
}

fn write(
    options: &Options,
    checkup: &Checkup,
    style: Style,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    match (options.emit, &checkup.equivalents) {
        (Some(emit), Some(equivalents)) => out.write_all(equivalents.of(emit).as_bytes()),
        // A caller that reads a form from standard output gets none; the reason goes to standard error.
        (Some(_), None) => report::write_text(checkup, Style::Plain, err),
        (None, _) if options.json => report::write_json(checkup, out),
        (None, _) => report::write_text(checkup, style, out),
    }
}
