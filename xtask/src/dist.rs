//! `cargo xtask dist`: the files of a release, below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use xtask::release::{self, Names};

use crate::{cargo, report, root};

/// The targets and the signature.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Rust targets; by default those that this machine can build.
    targets: Vec<String>,
    /// The GPG key for the signature of the checksums.
    key: Option<String>,
    /// A folder with archives of other machines: only checksums and signature are made.
    assemble: Option<PathBuf>,
}

impl Options {
    /// Parses `--target`, `--sign` and `--assemble`, each with a value.
    ///
    /// # Errors
    /// Any other argument.
    pub(crate) fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self::default();
        for pair in words.chunks(2) {
            match pair {
                ["--target", value] => options.targets.push((*value).to_owned()),
                ["--sign", value] => options.key = Some((*value).to_owned()),
                ["--assemble", value] => options.assemble = Some(PathBuf::from(value)),
                _ => bail!("unknown options for dist: {}", words.join(" ")),
            }
        }
        Ok(options)
    }
}

/// Builds and packs the provider for every target, writes manifest and checksums, and signs.
///
/// # Errors
/// A target cannot be built, a Linux program is not static, or signing fails.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = match &options.assemble {
        Some(folder) => folder.clone(),
        None => build_all(&options.targets)?,
    };
    report::step("Manifest and checksums");
    copy(&root().join("terraform-registry-manifest.json"), &folder.join(NAMES.manifest()))?;
    let checksums = folder.join(NAMES.checksums());
    fs::write(&checksums, checksums_of(&folder)?).with_context(|| format!("cannot write {}", checksums.display()))?;
    match &options.key {
        Some(key) => sign(&checksums, key)?,
        None => report::detail("not signed: registries need a signature: `--sign` with the id of an RSA key"),
    }
    report::step(&format!("Files in {}", folder.display()));
    for name in files(&folder)? {
        let bytes = fs::read(folder.join(&name))?;
        report::detail(&format!("{}  {:>8}  {name}", release::sha256(&bytes), bytes.len()));
    }
    Ok(())
}

/// Builds the archives in a new folder.
fn build_all(targets: &[String]) -> anyhow::Result<PathBuf> {
    let folder = cargo::target_folder()?.join("xtask/dist");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    let targets = if targets.is_empty() { buildable() } else { targets.to_vec() };
    ensure!(!targets.is_empty(), "this machine has no default target: name one with --target");
    for target in &targets {
        build(target, &folder)?;
    }
    Ok(folder)
}

fn build(target: &str, folder: &Path) -> anyhow::Result<()> {
    let platform = release::platform(target).with_context(|| format!("{target} is not a release target"))?;
    report::step(&format!("{platform} ({target})"));
    let mut command = cargo::command(&["build", "--release", "--locked", "--bin", PROVIDER])?;
    as_released(&mut command, target)?;
    cargo::run(&mut command)?;
    let suffix = if platform.starts_with("windows_") { ".exe" } else { "" };
    let built = cargo::target_folder()?.join(target).join("release").join(format!("{PROVIDER}{suffix}"));
    let program = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    if platform.starts_with("linux_") {
        ensure!(release::is_static(&program), "{} is not a static program", built.display());
    }
    let licence = fs::read(root().join("LICENSE"))?;
    let archive = release::archive(&NAMES, platform, &program, &licence)?;
    fs::write(folder.join(NAMES.archive(platform)), archive)?;
    Ok(())
}

/// Configures cargo for the target, with the flags and the compiler of a release.
///
/// # Errors
/// The target is not available.
pub(crate) fn as_released(command: &mut Command, target: &str) -> anyhow::Result<()> {
    add_target(target)?;
    command.args(["--target", target]).env("RUSTFLAGS", flags(target)?).env("SOURCE_DATE_EPOCH", "0");
    if let Some(compiler) = c_compiler(target) {
        let name = target.replace('-', "_");
        command.env(format!("CC_{name}"), compiler);
        // For this machine's own architecture, the usual linker is right: musl-gcc would add musl's dynamic loader.
        if !target.starts_with(std::env::consts::ARCH) {
            command.env(format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()), compiler);
        }
    }
    Ok(())
}

/// Removes this machine's paths from the program, so that every machine builds the same bytes.
fn flags(target: &str) -> anyhow::Result<String> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("CARGO_HOME").or_else(|| Some(variable("HOME")?.join(".cargo")));
    let home = home.context("neither CARGO_HOME nor HOME is set")?;
    let remapped = [(root().to_owned(), "."), (home, "cargo"), (cargo::target_folder()?, "target")];
    let mut flags: Vec<_> =
        remapped.iter().map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())).collect();
    if target.contains("-windows-") || target.contains("-musl") {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    if target == "x86_64-unknown-linux-musl" {
        // Relocations in their short form: 0.4 MB less to read at each start.
        flags.push("-Clink-arg=-Wl,-z,pack-relative-relocs".to_owned());
    }
    Ok(flags.join(" "))
}

/// The compiler for a dependency's C code on a Linux target; `None` if none is installed or needed.
fn c_compiler(target: &str) -> Option<&'static str> {
    let names: &[&str] = match target {
        "x86_64-unknown-linux-musl" => &["x86_64-linux-musl-gcc", "musl-gcc"],
        "aarch64-unknown-linux-musl" => &["aarch64-linux-musl-gcc", "aarch64-linux-gnu-gcc"],
        _ => &[],
    };
    names.iter().copied().find(|name| cargo::on_path(name).is_some())
}

/// The release targets that this machine can build.
fn buildable() -> Vec<String> {
    let targets = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];
    targets.into_iter().filter(|target| c_compiler(target).is_some()).map(str::to_owned).collect()
}

/// Installs the standard library for the target, if there is a rustup.
fn add_target(target: &str) -> anyhow::Result<()> {
    let Some(rustup) = cargo::on_path("rustup") else { return Ok(()) };
    let output = Command::new(rustup).args(["target", "add", target]).stdin(Stdio::null()).output()?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "rustup cannot install the standard library for {target}: {}", messages.trim());
    Ok(())
}

/// The checksums of the archives and the manifest in `folder`.
fn checksums_of(folder: &Path) -> anyhow::Result<String> {
    let names: Vec<_> =
        files(folder)?.into_iter().filter(|name| name.ends_with(".zip") || *name == NAMES.manifest()).collect();
    ensure!(names.iter().any(|name| name.ends_with(".zip")), "no archive in {}", folder.display());
    let contents: Result<Vec<_>, _> = names.iter().map(|name| fs::read(folder.join(name))).collect();
    let contents = contents.context("cannot read an archive")?;
    Ok(release::checksums(names.iter().map(String::as_str).zip(contents.iter().map(Vec::as_slice))))
}

/// A detached binary signature beside the checksums.
fn sign(checksums: &Path, key: &str) -> anyhow::Result<()> {
    let gpg = cargo::on_path("gpg").context("gpg is not installed")?;
    let mut signature = checksums.to_owned().into_os_string();
    signature.push(".sig");
    let mut command = Command::new(gpg);
    command.args(["--batch", "--yes", "--local-user", key, "--detach-sign", "--output"]).arg(signature).arg(checksums);
    report::command(&command);
    let status = command.stdin(Stdio::null()).status().context("cannot start gpg")?;
    if !status.success() {
        bail!("gpg failed to sign ({status})");
    }
    Ok(())
}

fn files(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

const PROVIDER: &str = "terraform-provider-cxone";

/// Every package of the workspace has the provider's version.
const NAMES: Names<'static> = Names { version: env!("CARGO_PKG_VERSION") };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_pairs() {
        let parse = |text: &str| Options::parse(&text.split_whitespace().collect::<Vec<_>>());
        let expected = Options {
            targets: vec!["a".to_owned(), "b".to_owned()],
            key: Some("KEY".to_owned()),
            assemble: Some(PathBuf::from("folder")),
        };
        assert_eq!(parse("--target a --target b --sign KEY --assemble folder").unwrap(), expected);
        for wrong in ["--target", "--other x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
