//! The project's commands, behind `cargo xtask`. They need Rust, and Python 3 only where no Terraform is installed.

mod bench;
mod cargo;
mod demo;
mod dist;
mod docs;
mod environment;
mod fuzz;
mod lint;
mod matrix;
mod npm;
mod python;
mod report;
mod sandbox;
mod servers;
mod terraform;
mod test;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> anyhow::Result<()> {
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    match (command, rest) {
        ("bench", options) => match bench::Options::parse(options) {
            Some(options) => bench::run(&options),
            None => anyhow::bail!("no such options for bench: {}\n\n{HELP}", options.join(" ")),
        },
        ("build", cargo_arguments) => build(cargo_arguments),
        ("demo", []) => demo::run(),
        ("dist", options) => match dist::Options::parse(options) {
            Some(options) => dist::run(&options),
            None => anyhow::bail!("no such options for dist: {}\n\n{HELP}", options.join(" ")),
        },
        ("docs", []) => docs::run(docs::Mode::Write),
        ("docs", [flag]) if flag == "--check" => docs::run(docs::Mode::Check),
        ("fuzz", []) => fuzz::run(60),
        ("fuzz", [flag, seconds]) if flag == "--seconds" => fuzz::run(seconds.parse()?),
        ("matrix", []) => matrix::run(&[]),
        ("matrix", [flag, versions]) if flag == "--versions" => matrix::run(&versions.split(',').collect::<Vec<_>>()),
        ("test", runner_arguments) => test::run(runner_arguments),
        ("lint", []) => lint::run(lint::MissingTools::Report),
        ("lint", [flag]) if flag == "--install-missing" => lint::run(lint::MissingTools::Install),
        ("help" | "--help" | "-h", _) => {
            report::text(HELP);
            Ok(())
        }
        _ => anyhow::bail!("no such command: {}\n\n{HELP}", arguments.join(" ")),
    }
}

/// Plain `cargo build`, with the protoc that it needs.
fn build(cargo_arguments: &[String]) -> anyhow::Result<()> {
    let cargo_arguments: Vec<&str> = cargo_arguments.iter().map(String::as_str).collect();
    cargo::run(&mut cargo::command(&[&["build", "--locked"], cargo_arguments.as_slice()].concat())?)
}

const HELP: &str = "\
cargo xtask build [cargo arguments]   the provider and the sandbox, as cargo build does
cargo xtask demo                      exchange a token with a stand-in CXone through a real Terraform
cargo xtask test [runner arguments]   every test, through a real Terraform too; --units: those that need none
cargo xtask lint [--install-missing]  formatting, clippy, documentation, licences and the dependency graph
cargo xtask docs [--check]            pages, transcripts and pictures of the documentation
cargo xtask fuzz [--seconds 60]       fuzz every parser for its share of the time (needs a C++ compiler)
cargo xtask matrix [--versions 1.8.4,1.15.5]
                                      the end-to-end tests on many versions of Terraform and OpenTofu
cargo xtask dist [--target TARGET] [--sign KEY] [--assemble FOLDER]
                                      release archives, manifest, checksums, signature, list of contents
cargo xtask bench [--runs N] [--target TARGET]
                                      what the provider costs, beside what it could cost at best

Each needs a Rust tool chain. protoc comes with a crate. demo and test use the core that TF_ACC_TERRAFORM_PATH names,
else terraform, else tofu on the path; where none fits, one is installed below target/, which needs Python 3.9.";
