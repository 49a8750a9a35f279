//! `terraform-provider-cxone doctor`: the provider's knowledge of failures, outside Terraform.
//!
//! Resolves the same settings as a provider block does, from flags, an `auth:` YAML file and the environment; makes at
//! most one exchange; and reports a checklist whose first line says what is wrong.

mod checkup;
mod input;
mod options;
mod report;
mod snippet;

use std::io::{self, Write};

pub use options::{Emit, Options};

use crate::{oauth::Clock, provider::Environment};
use input::Input;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is wrong.
    Healthy,
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

impl Outcome {
    /// The process's exit code: 0 healthy, 1 problem found, 2 wrong usage.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::ProblemFound => 1,
            Self::WrongUsage => 2,
        }
    }
}

/// Carries the command out and writes what it found to `out`.
///
/// # Errors
///
/// Only when `out` cannot be written.
pub async fn run(
    options: &Options,
    environment: &Environment,
    clock: Clock,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let input = match Input::read(options) {
        Ok(input) => input,
        Err(error) => {
            writeln!(out, "{error}")?;
            return Ok(Outcome::WrongUsage);
        }
    };
    let checkup = checkup::run(&input, options, environment, clock).await;
    match options.emit {
        Some(emit) => snippet::write(emit, &checkup, out)?,
        None if options.json => report::write_json(&checkup, out)?,
        None => report::write_text(&checkup, style, out)?,
    }
    Ok(if checkup.has_problem() { Outcome::ProblemFound } else { Outcome::Healthy })
}
