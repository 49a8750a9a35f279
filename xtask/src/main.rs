//! The project's commands, behind `cargo xtask`. They need Rust, and Python 3 only where no Terraform is installed.

mod cargo;
mod dist;
mod fuzz;
mod lint;
mod report;
// These run a core. Its tests and workspaces need process groups and sockets of Unix.
#[cfg(unix)]
mod bench;
#[cfg(unix)]
mod demo;
#[cfg(unix)]
mod docs;
#[cfg(unix)]
mod suite;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> anyhow::Result<()> {
    match words {
        ["build", options @ ..] => cargo::build(options),
        ["test", "--units"] => cargo::run(&mut cargo::command(&["test", "--workspace", "--lib", "--locked"])?),
        ["lint"] => lint::run(lint::MissingTools::Report),
        ["lint", "--install-missing"] => lint::run(lint::MissingTools::Install),
        ["dist", options @ ..] => dist::run(&dist::Options::parse(options)?),
        ["fuzz"] => fuzz::run("60"),
        ["fuzz", "--seconds", seconds] => fuzz::run(seconds),
        #[cfg(unix)]
        ["demo"] => demo::run(),
        #[cfg(unix)]
        ["docs"] => docs::run(docs::Mode::Write),
        #[cfg(unix)]
        ["docs", "--check"] => docs::run(docs::Mode::Check),
        #[cfg(unix)]
        ["test", options @ ..] => suite::all(options),
        #[cfg(unix)]
        ["matrix"] => suite::matrix(&testkit::core::Core::known_versions().collect::<Vec<_>>()),
        #[cfg(unix)]
        ["matrix", "--versions", versions] => suite::matrix(&versions.split(',').collect::<Vec<_>>()),
        #[cfg(unix)]
        ["bench", options @ ..] => bench::run(options),
        [] | ["help" | "--help" | "-h", ..] => {
            report::text(HELP);
            Ok(())
        }
        _ => anyhow::bail!("no such command: {}\n\n{HELP}", words.join(" ")),
    }
}

/// The repository's root.
fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

const HELP: &str = "\
cargo xtask build [cargo arguments]   the provider and the sandbox, as cargo build does
cargo xtask demo                      exchange a token with a stand-in CXone through a real Terraform
cargo xtask test [test arguments]     every test, through a real Terraform too; --units: those that need none
cargo xtask lint [--install-missing]  formatting, clippy, documentation, licences and the dependency graph
cargo xtask docs [--check]            pages, transcripts and pictures of the documentation (needs Go)
cargo xtask fuzz [--seconds 60]       fuzz every parser for its share of the time (needs cargo-fuzz and a C++ compiler)
cargo xtask matrix [--versions 1.8.4,1.15.5]
                                      the end-to-end tests on many versions of Terraform and OpenTofu
cargo xtask dist [--target TARGET] [--sign KEY] [--assemble FOLDER]
                                      release archives, manifest, checksums, signature
cargo xtask bench [--target TARGET] [-- ROUNDS]
                                      what the provider costs, beside what it could cost at best

Each needs a Rust tool chain. protoc comes with a crate. demo and test use the core that TF_ACC_TERRAFORM_PATH names,
else terraform, else tofu on the path; where none fits, one is installed below target/, which needs Python 3.9.";
