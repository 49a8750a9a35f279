//! A temporary folder with a configuration, the providers that it uses, and the core that runs in it.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::sandbox::Sandbox;
use crate::terraform::Core;
use crate::{environment, report, terraform};

/// The folder; removed when dropped.
pub(crate) struct Workspace {
    folder: TempDir,
    core: PathBuf,
    environment: Vec<(&'static str, String)>,
}

/// A provider that a core starts from a program on this machine.
pub(crate) struct Plugin {
    source: &'static str,
    /// What the core expects the program to be called.
    name: &'static str,
    program: PathBuf,
}

impl Plugin {
    /// The provider that cargo built.
    ///
    /// # Errors
    /// When it is not built.
    pub(crate) fn provider() -> anyhow::Result<Self> {
        let name = "terraform-provider-cxone";
        Ok(Self { source: "cxone-tools/cxone", name, program: environment::program(name)? })
    }

    /// The stand-in for another provider.
    ///
    /// # Errors
    /// When it is not built.
    pub(crate) fn stand_in() -> anyhow::Result<Self> {
        let program = environment::program("restapi-stand-in")?;
        Ok(Self { source: "mastercard/restapi", name: "terraform-provider-restapi", program })
    }
}

impl Workspace {
    /// Writes the configuration, and a settings file for the core that points to the `plugins`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn try_new(core: &Core, plugins: &[Plugin], configuration: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let workspace = Self { folder, core: core.path.clone(), environment: Vec::new() };
        std::fs::create_dir(workspace.module())?;
        std::fs::write(workspace.module().join("main.tf"), configuration)?;
        let overrides: Result<Vec<_>, _> = plugins.iter().map(|plugin| workspace.install(plugin)).collect();
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{\n{}  }}\n  direct {{}}\n}}\n",
            overrides.context("cannot copy a provider")?.concat()
        );
        std::fs::write(workspace.settings(), settings).context("cannot write the core's settings")?;
        Ok(workspace)
    }

    /// Adds a file to the module.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn with_file(self, name: &str, text: &str) -> anyhow::Result<Self> {
        let path = self.module().join(name);
        std::fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {name}"))?;
        Ok(self)
    }

    /// Has the provider get its credentials for `sandbox` from the environment.
    pub(crate) fn with_sandbox(mut self, sandbox: &Sandbox) -> Self {
        self.environment.push(("CXONE_TOKEN_URL", sandbox.token_url().to_owned()));
        self.environment.push(("CXONE_CLIENT_ID", sandbox.client_id().to_owned()));
        self
    }

    /// Sets the client secret for the runs to come.
    pub(crate) fn set_secret(&mut self, secret: &str) {
        self.environment.retain(|(name, _)| *name != SECRET);
        self.environment.push((SECRET, secret.to_owned()));
    }

    /// Runs the core with its output as it comes; returns its exit code.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Option<i32>> {
        let plain: &[&str] = if std::io::stdout().is_terminal() { &[] } else { &["-no-color"] };
        let (command, plan) = arguments.split_at(1);
        let status = self.command(&[command, plain, plan].concat()).status().context("cannot start the core")?;
        Ok(status.code())
    }

    /// Runs the core and returns its exit code and all it wrote.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn capture(&self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let output = self.command(arguments).output().context("cannot start the core")?;
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok((output.status.code(), text.concat()))
    }

    /// Runs the core and returns its exit code and its standard output.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn output(&self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
        let output = self.command(arguments).output().context("cannot start the core")?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    /// The names of files that hold one of these texts. Compressed files such as plans are unpacked first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn files_with(&self, texts: &[&str]) -> anyhow::Result<Vec<String>> {
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
            let (exit, text) = self.output(&["show", "-json", name])?;
            anyhow::ensure!(exit == Some(0), "cannot read the plan file");
            return Ok(text);
        }
        Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.core);
        command.args(arguments);
        report::command(&command);
        terraform::isolate(&mut command)
            .current_dir(self.module())
            .stdin(Stdio::null())
            .env("TF_CLI_CONFIG_FILE", self.settings())
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Copies the program into a folder with nothing else in it: a core takes the first file whose name begins like the
    /// provider's. Returns the line of the core's settings that names it.
    fn install(&self, plugin: &Plugin) -> std::io::Result<String> {
        let folder = self.folder.path().join(plugin.name);
        std::fs::create_dir(&folder)?;
        std::fs::copy(&plugin.program, folder.join(format!("{}{}", plugin.name, std::env::consts::EXE_SUFFIX)))?;
        let folder = serde_json::Value::from(folder.to_string_lossy());
        Ok(format!("    \"{}\" = {folder}\n", plugin.source))
    }

    fn module(&self) -> PathBuf {
        self.folder.path().join("module")
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("core.tfrc")
    }
}

const SECRET: &str = "CXONE_CLIENT_SECRET";
