//! The program that plays the core.

use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::Bench;

/// Runs it and reads its line of JSON.
///
/// # Errors
/// When it fails.
pub(super) fn measure(bench: &Bench<'_>, measurement: &str, options: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new(&bench.programs.host);
    command.arg(measurement).arg(&bench.programs.provider).args(options).stdin(Stdio::null());
    bench.playground.with_credentials(&mut command);
    let output = command.output().context("cannot start the host")?;
    ensure!(output.status.success(), "the host failed:\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the host gave no JSON")
}
