//! A temporary folder with the quickstart, and the core that runs in it.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

use super::Sandbox;
use crate::terraform::Core;
use crate::{environment, report, terraform};

/// The folder; removed when dropped.
pub(super) struct Workspace {
    folder: TempDir,
    core: PathBuf,
    token_url: String,
    client_id: String,
}

impl Workspace {
    /// Copies the quickstart, and writes a configuration file for the core that points to `provider`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(super) fn try_new(core: &Core, provider: &Path, sandbox: &Sandbox) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let (token_url, client_id) = (sandbox.token_url().to_owned(), sandbox.client_id().to_owned());
        let workspace = Self { folder, core: core.path.clone(), token_url, client_id };
        copy_configuration(&environment::root().join("examples/quickstart"), &workspace.module())?;
        // A folder with nothing else in it: a core takes the first file whose name begins like the provider's.
        let plugins = workspace.folder.path().join("provider");
        std::fs::create_dir(&plugins)?;
        let name = provider.file_name().context("the provider has no name")?;
        std::fs::copy(provider, plugins.join(name)).context("cannot copy the provider")?;
        std::fs::write(workspace.settings(), settings(&plugins)).context("cannot write the core's settings")?;
        Ok(workspace)
    }

    /// Runs the core with its output as it comes; returns its exit code.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn run(&self, arguments: &[&str], secret: &str) -> anyhow::Result<Option<i32>> {
        let plain: &[&str] = if std::io::stdout().is_terminal() { &[] } else { &["-no-color"] };
        let (command, plan) = arguments.split_at(1);
        let arguments = [command, plain, plan].concat();
        let status = self.command(&arguments, secret).status().context("cannot start the core")?;
        Ok(status.code())
    }

    /// Runs the core and returns its exit code and all it wrote.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn capture(&self, arguments: &[&str], secret: &str) -> anyhow::Result<(Option<i32>, String)> {
        let output =
            self.command(&[arguments, &["-no-color"]].concat(), secret).output().context("cannot start the core")?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok((output.status.code(), text.concat()))
    }

    /// The names of files that hold one of these texts. Compressed files such as plans are unpacked first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn files_with(&self, texts: &[&str]) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.module())? {
            let path = entry?.path();
            if path.is_file() {
                let content = self.content(&path)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                found.extend(texts.iter().any(|text| content.contains(text)).then(|| name.into_owned()));
            }
        }
        Ok(found)
    }

    /// The text of a file; of a plan, what the core shows of it as JSON.
    fn content(&self, path: &Path) -> anyhow::Result<String> {
        if path.extension() == Some(OsStr::new("tfplan")) {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let (exit, text) = self.capture(&["show", "-json", name], "")?;
            anyhow::ensure!(exit == Some(0), "cannot read the plan file");
            return Ok(text);
        }
        Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
    }

    fn command(&self, arguments: &[&str], secret: &str) -> Command {
        let mut command = Command::new(&self.core);
        command.args(arguments);
        report::command(&command);
        terraform::isolate(&mut command)
            .current_dir(self.module())
            .stdin(Stdio::null())
            .env("TF_CLI_CONFIG_FILE", self.settings())
            .env("CXONE_TOKEN_URL", &self.token_url)
            .env("CXONE_CLIENT_ID", &self.client_id)
            .env("CXONE_CLIENT_SECRET", secret);
        command
    }

    fn module(&self) -> PathBuf {
        self.folder.path().join("quickstart")
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("core.tfrc")
    }
}

fn copy_configuration(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("tf")) {
            std::fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// The core's settings: the provider from this folder, without `init` and without a registry.
fn settings(plugins: &Path) -> String {
    let folder = serde_json::Value::from(plugins.to_string_lossy());
    format!(
        "provider_installation {{\n  dev_overrides {{\n    \"cxone-tools/cxone\" = {folder}\n  }}\n  direct {{}}\n}}\n"
    )
}
