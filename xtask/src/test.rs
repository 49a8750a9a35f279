//! `cargo xtask test`: everything, by the runner that is installed.

use crate::{cargo, report, servers, terraform};

/// Runs the documentation's examples and then all tests, so that the runner's own summary closes the output.
///
/// # Errors
/// When anything is missing or fails.
pub(crate) fn run(runner_arguments: &[String]) -> anyhow::Result<()> {
    if runner_arguments == ["--units"] {
        report::step("Running the units' tests, without a core");
        return cargo::run(&mut cargo::command(&["test", "--workspace", "--lib", "--locked"])?);
    }
    report::step("Looking for a core");
    let core = terraform::find()?;
    let servers = servers::install()?;
    let arguments: Vec<&str> = runner_arguments.iter().map(String::as_str).collect();

    if !has_nextest()? {
        report::step("Running all tests (cargo-nextest is not installed: with cargo test)");
        let mut command = cargo::command(&[&["test", "--workspace", "--locked"], arguments.as_slice()].concat())?;
        return cargo::run(command.env(terraform::PATH_VARIABLE, &core.path).env(servers::PATH_VARIABLE, &servers));
    }
    if arguments.is_empty() {
        report::step("Running the documentation's examples");
        cargo::run(&mut cargo::command(&["test", "--workspace", "--locked", "--doc", "--quiet"])?)?;
    }
    report::step("Running all tests");
    let mut command = cargo::command(&[&["nextest", "run", "--workspace", "--locked"], arguments.as_slice()].concat())?;
    cargo::run(command.env(terraform::PATH_VARIABLE, &core.path).env(servers::PATH_VARIABLE, &servers))
}

fn has_nextest() -> anyhow::Result<bool> {
    Ok(cargo::command(&["nextest", "--version"])?.output().is_ok_and(|output| output.status.success()))
}
