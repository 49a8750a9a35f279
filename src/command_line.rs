//! The flags and commands of the provider's program, for people: a core starts it without any.

use std::ffi::OsString;

use clap::{ArgAction, Parser, Subcommand};

use crate::{doctor, token_command};

/// Terraform and OpenTofu provider for NICE CXone authentication.
#[derive(Parser)]
#[command(name = "terraform-provider-cxone", version)]
pub struct Arguments {
    /// Serve for a debugger: print the value for TF_REATTACH_PROVIDERS, and run until interrupted
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    #[arg(value_name = "BOOL", hide_default_value = true, hide_possible_values = true, action = ArgAction::Set)]
    pub debug: bool,
    /// A command for people, instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// The arguments of this process. Without any, as a core starts the program, none of the commands is built: a plan
    /// starts the program three to five times.
    pub fn from_process() -> Self {
        match std::env::args_os().len() {
            0 | 1 => Self { debug: false, command: None },
            _ => Self::read(std::env::args_os()),
        }
    }

    /// Reads a command line, the program's name first; ends the process where it is wrong, or asks for help.
    ///
    /// Providers written in Go take `-debug` and `-debug=true`, and debuggers are set up for that.
    fn read(command_line: impl IntoIterator<Item = OsString>) -> Self {
        Self::parse_from(command_line.into_iter().enumerate().map(|(position, argument)| match argument.to_str() {
            Some("-debug") if position == 1 => "--debug".into(),
            Some(debug) if position == 1 && debug.starts_with("-debug=") => format!("-{debug}").into(),
            _ => argument,
        }))
    }
}

/// The commands for people.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "a comment on a variant would replace the help text of the command's own type")]
pub enum Command {
    Doctor(Box<doctor::Options>),
    Token(Box<token_command::Options>),
    Sandbox(Box<sandbox::Command>),
    /// Print the version
    Version,
}

/// Printed below the reason when somebody starts the program by hand.
pub const HINT: &str = "README.md says how to install it. To find out why CXone gives no token, run:\n  \
                    terraform-provider-cxone doctor --help";
