//! The programs that are measured, and those that measure.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;

use super::null_example;
use crate::{cargo, dist, report};

/// Where the programs are.
pub(super) struct Programs {
    pub(super) provider: PathBuf,
    pub(super) sandbox: PathBuf,
    /// The provider with nothing in it.
    pub(super) empty: PathBuf,
    /// Plays the core.
    pub(super) host: PathBuf,
    /// The example of the `tf-provider` crate; `None` when it cannot be built.
    pub(super) null_example: Option<PathBuf>,
}

/// Builds everything, optimised; with a `target` as a release is built for it.
///
/// # Errors
/// When a build does not succeed, but for the example of another crate.
pub(super) fn all(target: Option<&str>) -> anyhow::Result<Programs> {
    // First, since what cargo builds for benchmarks has more features in its dependencies than a release.
    let benches = ["bench", "--no-run", "--locked", "--bench", "empty_provider", "--bench", "host"];
    let benches = built(&benches, target, "bench")?;
    let programs = ["build", "--release", "--locked", "--workspace", "--bin", PROVIDER];
    let programs = built(&programs, target, "bin")?;
    let null_example = null_example::build()
        .inspect_err(|error| report::warning(&format!("The example of tf-provider cannot be built: {error:#}")))
        .ok();
    Ok(Programs {
        provider: find(&programs, PROVIDER)?,
        sandbox: find(&programs, SANDBOX)?,
        empty: find(&benches, "empty_provider")?,
        host: find(&benches, "host")?,
        null_example,
    })
}

/// Runs cargo and returns the names and paths of the programs of this kind that it built.
///
/// # Errors
/// When it does not succeed.
pub(super) fn built(arguments: &[&str], target: Option<&str>, kind: &str) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let (command, options) = arguments.split_at(1);
    let mut command = cargo::command(&[command, FORMAT, options].concat())?;
    if let Some(target) = target {
        dist::as_released(&mut command, target)?;
    }
    report::command(&command);
    Ok(cargo::output(&mut command)?.lines().filter_map(|line| program(line, kind)).collect())
}

/// The program that one of cargo's messages tells of.
fn program(message: &str, kind: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_kind = target["kind"].as_array()?.iter().any(|it| it == kind);
    let program = message["executable"].as_str().filter(|_| is_kind)?;
    Some((target["name"].as_str()?.to_owned(), PathBuf::from(program)))
}

/// The program of this name among those built.
///
/// # Errors
/// When it is not there.
pub(super) fn find(programs: &[(String, PathBuf)], name: &str) -> anyhow::Result<PathBuf> {
    let found = programs.iter().find(|(built, _)| built == name);
    found.map(|(_, path)| path.clone()).with_context(|| format!("cargo did not build {name}"))
}

const PROVIDER: &str = "terraform-provider-cxone";
/// The program that has the command `sandbox`.
const SANDBOX: &str = PROVIDER;
const FORMAT: &[&str] = &["--message-format=json-render-diagnostics"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_cargos_messages() {
        let message =
            r#"{"reason":"compiler-artifact","target":{"kind":["bench"],"name":"host"},"executable":"/t/host-1"}"#;
        assert_eq!(program(message, "bench"), Some(("host".to_owned(), PathBuf::from("/t/host-1"))));
        assert_eq!(program(message, "bin"), None);
        let library = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"x"},"executable":null}"#;
        assert_eq!(program(library, "lib"), None);
        assert_eq!(program("no JSON", "bin"), None);
    }
}
