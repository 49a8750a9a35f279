//! Programs that come as Python packages, installed below the target folder: no root, nothing outside the repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::{environment, report};

/// A package and the version that is known to work.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// The Python 3 on the path; behind a version manager's wrapper the program itself, which starts faster.
///
/// # Errors
/// When there is none; says what to install.
pub(crate) fn interpreter() -> anyhow::Result<PathBuf> {
    let candidates = ["python3", "python"].into_iter().filter_map(environment::on_path);
    let found = candidates.filter_map(|python| executable(&python)).next();
    found.context("Python 3.9 or later is not installed (Debian, Ubuntu: python3)")
}

/// What a Python says it is; `None` when it is too old or does not run.
fn executable(python: &Path) -> Option<PathBuf> {
    let question = "import sys; print(sys.executable if sys.version_info >= (3, 9) else '')";
    let output = Command::new(python).args(["-I", "-c", question]).stdin(Stdio::null()).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_file().then_some(path)
}

/// The folder with the installed package; installs it when it is not there yet.
///
/// # Errors
/// When there is no Python, no pip, or the package cannot be had for this machine.
pub(crate) fn installed(package: &Package) -> anyhow::Result<PathBuf> {
    let folder = environment::cache(&format!("{}-{}", package.name, package.version))?;
    if folder.is_dir() {
        return Ok(folder);
    }
    let parent = folder.parent().context("the target folder has no parent")?;
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    // Installed beside and renamed at the end, so that what was cut short is never taken for whole.
    let unfinished = tempfile::tempdir_in(parent).context("cannot make a folder below target")?;
    install(package, unfinished.path())?;
    match std::fs::rename(unfinished.path(), &folder) {
        Ok(()) => Ok(folder),
        // Another run was faster.
        Err(_) if folder.is_dir() => Ok(folder),
        Err(error) => Err(error).with_context(|| format!("cannot make {}", folder.display())),
    }
}

fn install(package: &Package, folder: &Path) -> anyhow::Result<()> {
    let python = interpreter()?;
    let Package { name, version } = package;
    report::detail(&format!("installing the Python package {name} {version} below target/ (once)"));
    let environment = tempfile::tempdir().context("cannot make a temporary folder")?;
    let python = with_pip(&python, environment.path())?;
    let output = Command::new(python)
        .args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"])
        .args(["--only-binary", ":all:", "--target"])
        .arg(folder)
        .arg(format!("{name}=={version}"))
        .stdin(Stdio::null())
        .output()
        .context("cannot start pip")?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pip cannot install {name} {version} on this machine:\n{}", messages.trim());
    Ok(())
}

/// A Python that has pip: this one, else one of a virtual environment made for it.
fn with_pip(python: &Path, environment: &Path) -> anyhow::Result<PathBuf> {
    if quiet(Command::new(python).args(["-I", "-m", "pip", "--version"])) {
        return Ok(python.to_owned());
    }
    if quiet(Command::new(python).args(["-I", "-m", "venv"]).arg(environment)) {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        return Ok(environment.join(folder).join(format!("python{}", std::env::consts::EXE_SUFFIX)));
    }
    bail!("Python is here but neither pip nor venv (Debian, Ubuntu: python3-pip or python3-venv)")
}

/// Whether the command succeeds; shows nothing of it.
fn quiet(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
