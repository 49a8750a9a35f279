//! Cargo, with the `protoc` that one dependency's build script needs.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::environment;

/// Cargo with these arguments, in the repository's root.
///
/// # Errors
/// When no `protoc` is to be had for this machine.
pub(crate) fn command(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(environment::variable("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(environment::root());
    for (name, _) in std::env::vars_os().filter(|(name, _)| describes_this_package(name)) {
        command.env_remove(name);
    }
    if environment::variable("PROTOC").is_none() {
        let (protoc, include) = protoc()?;
        command.env("PROTOC", protoc).envs(include.map(|include| ("PROTOC_INCLUDE", include)));
    }
    Ok(command)
}

/// Runs cargo with its output as it comes.
///
/// # Errors
/// When cargo cannot be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    crate::report::command(command);
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "cargo did not succeed ({status})");
    Ok(())
}

/// What cargo writes on standard output; its messages are shown as they come.
///
/// # Errors
/// When cargo cannot be started or does not succeed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo did not succeed ({})", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The graph of packages, as `cargo metadata` tells it.
///
/// # Errors
/// As [`output`]; when that is no JSON.
pub(crate) fn metadata(options: &[&str]) -> anyhow::Result<Value> {
    let text = output(&mut command(&[&["metadata", "--format-version", "1", "--locked"], options].concat())?)?;
    serde_json::from_str(&text).context("cargo's metadata is not JSON")
}

/// Builds programs of the repository. Shows one line of progress instead of hundreds, and everything on failure.
///
/// # Errors
/// When the build does not succeed.
pub(crate) fn build(programs: &[&str]) -> anyhow::Result<()> {
    let mut command = command(&["build", "--locked", "--workspace"])?;
    for program in programs {
        command.args(["--bin", program]);
    }
    crate::report::command(&command);
    let mut process = command.stderr(Stdio::piped()).spawn().context("cannot start cargo")?;
    let messages = process.stderr.take().context("cargo has no messages")?;
    let mut progress = Progress::default();
    for message in BufReader::new(messages).split(b'\n') {
        progress.show(&String::from_utf8_lossy(&message.context("cannot read cargo's messages")?));
    }
    let status = process.wait().context("cannot wait for cargo")?;
    progress.finish(status.success());
    ensure!(status.success(), "the build did not succeed ({status})");
    Ok(())
}

/// What cargo said so far.
#[derive(Default)]
struct Progress {
    messages: String,
    compiled: usize,
}

impl Progress {
    fn show(&mut self, message: &str) {
        self.messages.push_str(message);
        self.messages.push('\n');
        let Some(package) = message.trim_start().strip_prefix("Compiling ") else { return };
        self.compiled += 1;
        if std::io::stderr().is_terminal() {
            let package = package.split(" (").next().unwrap_or_default();
            let _ = write!(std::io::stderr(), "\r\x1b[2K    compiling {} {package}", self.compiled);
        } else if self.compiled.is_multiple_of(50) {
            let _ = writeln!(std::io::stderr(), "    compiled {} packages", self.compiled);
        }
    }

    fn finish(&self, success: bool) {
        if std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
        if !success {
            let _ = std::io::stderr().write_all(self.messages.as_bytes());
        }
    }
}

/// The protoc of the crate, else one on the path; and where its own `.proto` files are.
fn protoc() -> anyhow::Result<(PathBuf, Option<PathBuf>)> {
    if let (Ok(protoc), Ok(include)) = (protoc_bin_vendored::protoc_bin_path(), protoc_bin_vendored::include_path()) {
        return Ok((protoc, Some(include)));
    }
    let found = environment::on_path("protoc").map(|protoc| (protoc, None));
    found.context("no protoc comes for this machine: install the Protocol Buffers compiler, or set PROTOC to its path")
}

/// Whether cargo set this variable to describe xtask. Build scripts watch such variables: handed down, they would make
/// every crate with one compile again whenever plain cargo and xtask take turns.
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

    #[test]
    fn progress_counts_packages() {
        let mut progress = Progress::default();
        for message in ["   Compiling a v1.0.0", "warning: x", "   Compiling b v1.0.0 (/path)"] {
            progress.show(message);
        }
        assert_eq!(progress.compiled, 2);
        assert!(progress.messages.contains("warning: x\n"));
    }
}
