//! The flags and commands of the provider's program, for people: a core starts it without any.

use clap::{Parser, Subcommand};

use crate::{doctor, token_command};

/// Terraform and OpenTofu provider for NICE CXone authentication.
#[derive(Parser)]
#[command(name = "terraform-provider-cxone", version)]
pub struct Arguments {
    /// Serve for a debugger: print what to set TF_REATTACH_PROVIDERS to, and run until interrupted
    #[arg(long)]
    pub debug: bool,
    /// What to do in place of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does for people.
#[derive(Subcommand)]
pub enum Command {
    /// Find out why CXone gives no token, outside Terraform
    Doctor(Box<doctor::Options>),
    /// Print an access token, for scripts
    Token(Box<token_command::Options>),
    /// Stand in for the CXone token service, on this machine alone
    Sandbox(Box<sandbox::Command>),
    /// Print the version
    Version,
}

impl Arguments {
    /// The arguments of this process. Without any, as a core starts the program, none of the commands is built: a plan
    /// starts the program three to five times.
    pub fn from_process() -> Self {
        match std::env::args_os().len() {
            0 | 1 => Self { debug: false, command: None },
            _ => Self::parse(),
        }
    }
}

/// What to say to someone who starts the program by hand, below why it does not serve.
pub const HINT: &str = "README.md says how to install it. To find out why CXone gives no token, run:\n  \
                    terraform-provider-cxone doctor --help";
