//! Cargo, with the `protoc` for a dependency's build script.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::root;

/// Cargo with these arguments, in the repository's root.
///
/// # Errors
/// There is no `protoc` for this machine.
pub(crate) fn command(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os().filter(|(name, _)| describes_this_package(name)) {
        command.env_remove(name);
    }
    if std::env::var_os("PROTOC").is_none_or(|path| path.is_empty()) {
        let (protoc, include) = protoc()?;
        command.env("PROTOC", protoc).envs(include.map(|include| ("PROTOC_INCLUDE", include)));
    }
    Ok(command)
}

/// Runs cargo with its output shown.
///
/// # Errors
/// Cargo cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    crate::report::command(command);
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "cargo failed ({status})");
    Ok(())
}

/// Cargo's standard output. Its messages are shown.
///
/// # Errors
/// Cargo cannot be started, or fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo failed ({})", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Builds the provider and the sandbox, with further arguments for cargo.
///
/// # Errors
/// As [`run`].
pub(crate) fn build(options: &[&str]) -> anyhow::Result<()> {
    let words = ["build", "--locked", "--package", "terraform-provider-cxone", "--package", "sandbox"];
    run(&mut command(&[&words[..], options].concat())?)
}

/// Builds programs of the workspace with the features of all its packages together, as the tests do, so that nothing is
/// compiled twice.
///
/// # Errors
/// As [`run`].
#[cfg(unix)]
pub(crate) fn build_programs(programs: &[&str]) -> anyhow::Result<()> {
    let programs: Vec<_> = programs.iter().flat_map(|program| ["--bin", program]).collect();
    run(&mut command(&[&["build", "--locked", "--workspace"], programs.as_slice()].concat())?)
}

/// The first program of this name on the path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// Cargo's target folder, two levels above this program.
///
/// # Errors
/// The path of this program is unknown.
pub(crate) fn target_folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("the path of this program is unknown")?;
    let folder = own.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    Ok(folder.with_context(|| format!("{} is not in a target folder", own.display()))?.to_owned())
}

/// The vendored protoc, else one on the path; and the folder of its own `.proto` files.
fn protoc() -> anyhow::Result<(PathBuf, Option<PathBuf>)> {
    if let (Ok(protoc), Ok(include)) = (protoc_bin_vendored::protoc_bin_path(), protoc_bin_vendored::include_path()) {
        return Ok((protoc, Some(include)));
    }
    let found = on_path("protoc").map(|protoc| (protoc, None));
    found.context("protoc is missing: install the Protocol Buffers compiler, or set PROTOC to its path")
}

/// Whether cargo set this variable to describe xtask. Build scripts watch such variables: passed on, they would make
/// every crate with one compile again whenever plain cargo and xtask alternate.
fn describes_this_package(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_protoc_runs() {
        let (protoc, include) = protoc().unwrap();
        let output = Command::new(protoc).arg("--version").output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("libprotoc "));
        assert!(include.is_none_or(|include| include.join("google/protobuf/empty.proto").is_file()));
    }

    #[test]
    fn cargo_is_not_told_of_this_package() {
        let command = command(&["version"]).unwrap();
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).collect();
        assert!(removed.iter().any(|(name, _)| *name == "CARGO_MANIFEST_DIR"), "{removed:?}");
    }
}
