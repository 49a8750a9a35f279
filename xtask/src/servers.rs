//! The authorization servers that nobody here wrote, installed below the target folder for the tests.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::{environment, report};

/// Where the tests are told to look for the servers.
pub(crate) const PATH_VARIABLE: &str = "CXONE_TEST_SERVERS";

/// Installs the servers where they are not yet, and nginx where it is to be had without root.
///
/// A machine without Node.js or without a network cannot have them: the tests that want them then say that they were
/// skipped. Where `CI` is set, they fail instead.
///
/// # Errors
/// When there is no folder for them.
pub(crate) fn install() -> anyhow::Result<std::path::PathBuf> {
    let folder = environment::cache("servers")?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    if let Err(error) = install_servers(&folder) {
        report::warning(&format!("No real authorization servers, so their tests are skipped: {error:#}"));
    }
    if let Err(error) = install_nginx(&folder) {
        report::warning(&format!("No nginx, so its tests are skipped: {error:#}"));
    }
    Ok(folder)
}

/// The packages of the lock file, and the programs that start them.
fn install_servers(folder: &Path) -> anyhow::Result<()> {
    let npm = environment::on_path("npm").context("npm is not installed")?;
    ensure!(environment::on_path("node").is_some(), "Node.js is not installed");
    let source = environment::root().join("tests/servers");
    let lock = std::fs::read(source.join(LOCK)).context("cannot read the lock file")?;
    let installed = folder.join("node_modules").is_dir() && std::fs::read(folder.join(LOCK)).is_ok_and(|it| it == lock);
    if !installed {
        // Removed first, so that an installation cut short is never taken for a whole one.
        _ = std::fs::remove_file(folder.join(LOCK));
        let staging = tempfile::tempdir_in(folder).context("cannot make a folder below target")?;
        copy(&source, staging.path(), &["package.json", LOCK, ".npmrc"])?;
        report::detail("installing authorization servers for the tests below target/ (once)");
        quietly(Command::new(npm).arg("ci").current_dir(staging.path()))?;
        _ = std::fs::remove_dir_all(folder.join("node_modules"));
        std::fs::rename(staging.path().join("node_modules"), folder.join("node_modules"))
            .context("cannot put the packages in their place")?;
    }
    copy(&source, folder, &["oidc-provider.mjs", "oauth2-server.mjs", "lifetime.mjs", "package.json", LOCK])
}

/// nginx: the one on the path, else Debian's package, unpacked and not installed.
fn install_nginx(folder: &Path) -> anyhow::Result<()> {
    if environment::on_path("nginx").is_some() || folder.join("nginx/usr/sbin/nginx").is_file() {
        return Ok(());
    }
    let fetch = environment::on_path("apt-get").context("it is not installed, and this is no Debian or Ubuntu")?;
    let unpack = environment::on_path("dpkg-deb").context("dpkg-deb is not installed")?;
    report::detail("unpacking nginx for the tests below target/ (once)");
    let staging = tempfile::tempdir_in(folder).context("cannot make a folder below target")?;
    if quietly(Command::new(&fetch).args(["download", "nginx"]).current_dir(staging.path())).is_err() {
        // A new machine knows no packages yet. The lists go below the staging folder, which needs no root.
        let lists = ["-o", "Dir::State::lists=./lists", "-o", "Dir::Cache=./cache"];
        for folder in ["lists/partial", "cache"] {
            std::fs::create_dir_all(staging.path().join(folder)).context("cannot make a folder below target")?;
        }
        quietly(Command::new(&fetch).args(lists).arg("update").current_dir(staging.path()))?;
        quietly(Command::new(&fetch).args(lists).args(["download", "nginx"]).current_dir(staging.path()))?;
    }
    let entries = std::fs::read_dir(staging.path()).context("cannot list a folder below target")?;
    let package =
        entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.extension() == Some("deb".as_ref()));
    let package = package.context("apt-get downloaded no package")?;
    quietly(Command::new(unpack).arg("-x").arg(package).arg("nginx").current_dir(staging.path()))?;
    std::fs::rename(staging.path().join("nginx"), folder.join("nginx")).context("cannot put nginx in its place")
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> anyhow::Result<()> {
    for name in names {
        std::fs::copy(from.join(name), to.join(name)).with_context(|| format!("cannot copy tests/servers/{name}"))?;
    }
    Ok(())
}

/// Runs a command; its messages are shown when it fails.
fn quietly(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} did not succeed: {}", messages.trim());
    Ok(())
}

const LOCK: &str = "package-lock.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_pins_every_package_and_names_no_host_to_fetch_from() {
        let lock = std::fs::read_to_string(environment::root().join("tests/servers").join(LOCK)).unwrap();
        let lock: serde_json::Value = serde_json::from_str(&lock).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].as_str().is_some_and(|it| it.starts_with("sha512-")), "{name}");
            assert!(package.get("resolved").is_none(), "{name}");
        }
        for (name, version) in [("oidc-provider", "9.13.3"), ("@node-oauth/oauth2-server", "5.3.0")] {
            assert_eq!(packages[&format!("node_modules/{name}")]["version"], version);
        }
    }
}
