//! `terraform-provider-cxone doctor`: the provider's knowledge of failures, outside Terraform.
//!
//! Resolves the same settings as a provider block does, from flags, an `auth:` YAML file and the environment; makes at
//! most one exchange; and reports a checklist whose first line says what is wrong.

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

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is wrong.
    Healthy,
    /// A likely mistake was found, and no request was sent that would settle it.
    Suspicious,
    /// At least one problem was found.
    ProblemFound,
    /// The command could not be carried out as it was written.
    WrongUsage,
}

/// How the report is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Colours, for a terminal.
    Coloured,
    /// Plain text, for a pipe, a file or whoever set `NO_COLOR`.
    Plain,
}

impl Style {
    /// The style for an output that is a terminal or not, as `NO_COLOR` and `TERM` want it.
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

/// Carries the command out. What it found goes to `out`; wrong usage, and what is said before something is done, to
/// `err`.
///
/// An `--auth-file` that cannot be read is wrong usage; one that can and is no `auth:` configuration is a problem
/// found. Warnings alone leave the outcome healthy, unless nothing was to be sent.
///
/// # Errors
///
/// Only when `out` or `err` cannot be written.
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
        // A form was requested and printed: the exit code says only that.
        (false, true) if options.emit.is_none() => Outcome::Suspicious,
        (false, _) => Outcome::Healthy,
    };
    match write(options, &checkup, style, out, err) {
        // Whoever read the report has seen enough of it, as `head` has.
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
        // What asked for a form gets none, and the reason where people read it.
        (Some(_), None) => report::write_text(checkup, Style::Plain, err),
        (None, _) if options.json => report::write_json(checkup, out),
        (None, _) => report::write_text(checkup, style, out),
    }
}
