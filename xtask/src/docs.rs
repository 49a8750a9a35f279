//! `cargo xtask docs`: the pages, transcripts and pictures of the documentation, from the provider itself.

mod captures;
mod normal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use xtask::pages::{self, ProviderSchema};

use crate::terraform::Core;
use crate::workspace::{Plugin, Workspace};
use crate::{cargo, environment, report, terraform};

/// What to do with what is rendered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Put it in place of what is there.
    Write,
    /// Compare it with what is there.
    Check,
}

/// Renders everything with the core that the documentation always uses, so that its output is the same everywhere.
///
/// # Errors
/// When something cannot be rendered, or with [`Mode::Check`] is not what is committed.
pub(crate) fn run(mode: Mode) -> anyhow::Result<()> {
    report::step("Building the provider, the sandbox and the stand-in for another provider");
    cargo::build(&[PROVIDER, STAND_IN, GUIDE])?;
    report::step("Looking for the core of the documentation");
    let core = terraform::of_documentation()?;

    report::step("Capturing what the core prints");
    let captured = captures::all(&core)?;
    let mut stale = Vec::new();
    for (path, text) in &captured {
        stale.extend(settle(mode, path, text)?);
    }

    report::step("Rendering the pages from the schema that the core reads");
    let pages = pages::render(&schema(&core)?, environment::root())?;
    for (path, text) in &pages {
        stale.extend(settle(mode, &Path::new("docs").join(path), text)?);
    }
    stale.extend(left_over(mode, &pages)?);
    stale.extend(settle(mode, Path::new("docs/guides/troubleshooting.md"), &troubleshooting()?)?);

    ensure!(stale.is_empty(), "stale: {}\nrun `cargo xtask docs` and commit what changed", stale.join(", "));
    report::detail(&format!("{} pages, {} captures", pages.len() + 1, captured.len()));
    Ok(())
}

/// The provider's schema as a core prints it.
fn schema(core: &Core) -> anyhow::Result<ProviderSchema> {
    let plugins = [Plugin::provider()?];
    let workspace = Workspace::try_new(core, &plugins, VERSIONS)?;
    let (exit, json) = workspace.output(&["providers", "schema", "-json"])?;
    ensure!(exit == Some(0), "{core} cannot read the provider's schema");
    ProviderSchema::from_json(&json)
}

/// The guide through every error, from the table that the provider explains them by.
fn troubleshooting() -> anyhow::Result<String> {
    let output = Command::new(environment::program(GUIDE)?).stdin(Stdio::null()).output();
    let output = output.context("cannot start the program that prints the guide")?;
    ensure!(output.status.success(), "the guide cannot be printed ({})", output.status);
    String::from_utf8(output.stdout).context("the guide is not UTF-8")
}

/// Writes the file, or names it when it is not as it should be.
fn settle(mode: Mode, path: &Path, text: &str) -> anyhow::Result<Option<String>> {
    let target = environment::root().join(path);
    if std::fs::read_to_string(&target).is_ok_and(|present| present == text) {
        return Ok(None);
    }
    if mode == Mode::Check {
        return Ok(Some(path.display().to_string()));
    }
    report::detail(&format!("writing {}", path.display()));
    std::fs::create_dir_all(target.parent().context("a file without a folder")?)?;
    std::fs::write(&target, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(None)
}

/// Pages of objects that are no more: removed, or named.
fn left_over(mode: Mode, pages: &BTreeMap<PathBuf, String>) -> anyhow::Result<Vec<String>> {
    let mut named = Vec::new();
    let committed = pages::committed(environment::root(), pages)?;
    for path in committed.into_iter().filter(|path| !pages.contains_key(path)) {
        let path = Path::new("docs").join(path);
        match mode {
            Mode::Write => std::fs::remove_file(environment::root().join(&path))?,
            Mode::Check => named.push(path.display().to_string()),
        }
    }
    Ok(named)
}

const PROVIDER: &str = "terraform-provider-cxone";
/// The program that has the command `sandbox`.
const SANDBOX: &str = PROVIDER;
const STAND_IN: &str = "restapi-stand-in";
const GUIDE: &str = "troubleshooting-guide";

const VERSIONS: &str = "terraform {\n  required_providers {\n    cxone = { source = \"cxone-tools/cxone\" }\n  }\n}\n";
