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
        _ => anyhow::bail!("unknown command: {}\n\n{HELP}", words.join(" ")),
    }
}

/// The repository's root.
fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

const HELP: &str = "\
cargo xtask build [cargo arguments]   build the provider and the sandbox with cargo build
cargo xtask demo                      run a real Terraform against a sandbox, a stand-in for CXone
cargo xtask test [test arguments]     run all tests, also with a real Terraform; --units: only tests without it
cargo xtask lint [--install-missing]  check formatting, clippy, documentation, licences and the dependency graph
cargo xtask docs [--check]            render pages, transcripts and pictures of the documentation (needs Go)
cargo xtask fuzz [--seconds 60]       fuzz all parsers within this time (needs cargo-fuzz and a C++ compiler)
cargo xtask matrix [--versions 1.8.4,1.15.5]
                                      run the end-to-end tests on many versions of Terraform and OpenTofu
cargo xtask dist [--target TARGET] [--sign KEY] [--assemble FOLDER]
                                      make release archives, manifest, checksums, signature
cargo xtask bench [--target TARGET] [-- ROUNDS]
                                      measure the provider's cost against the least possible cost

All commands need a Rust tool chain. A crate supplies protoc. demo and test use the core that TF_ACC_TERRAFORM_PATH
names, else terraform or tofu on the path. If neither has ephemeral resources, they install a core below target/ (needs
Python 3.9).";
