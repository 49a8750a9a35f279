//! Programs that come as npm packages, installed below the target folder.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::{environment, report};

/// The folder with the installed package in its `node_modules`; installs it when it is not there yet. No script of a
/// package is run.
///
/// # Errors
/// When npm is not installed or the package cannot be had.
pub(crate) fn installed(name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let folder = environment::cache(&format!("{name}-{version}"))?;
    if folder.join("node_modules").join(name).is_dir() {
        return Ok(folder);
    }
    let npm = environment::on_path("npm").context("npm is not installed (Debian, Ubuntu: npm)")?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    report::detail(&format!("installing the npm package {name} {version} below target/ (once)"));
    let output = Command::new(npm)
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"])
        .arg(&folder)
        .arg(format!("{name}@{version}"))
        .stdin(Stdio::null())
        .output()
        .context("cannot start npm")?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "npm cannot install {name} {version}:\n{}", messages.trim());
    Ok(folder)
}
