//! The flags and commands of the provider's program, for people: a core starts it without any.

use clap::{Parser, Subcommand};

use crate::doctor;

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
    /// Find out why a token cannot be had, outside Terraform
    Doctor(Box<doctor::Options>),
    /// Print the version
    Version,
}

/// What to tell someone who starts the program by hand, below why it does not serve.
pub const HINT: &str = "README.md says how to install it. To find out why a token cannot be had, run:\n  \
                    terraform-provider-cxone doctor --help";
