//! A temporary folder with the providers and the configurations that are measured.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use tempfile::TempDir;

use super::build::Programs;
use super::stopwatch;
use crate::sandbox::Sandbox;
use crate::terraform::{self, Core};

/// The folder; removed when dropped.
pub(super) struct Playground {
    folder: TempDir,
    core: PathBuf,
    token_url: String,
    client_id: String,
}

impl Playground {
    /// Puts every provider where a core finds it.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn try_new(core: &Core, programs: &Programs, sandbox: &Sandbox) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let (token_url, client_id) = (sandbox.token_url().to_owned(), sandbox.client_id().to_owned());
        let playground = Self { folder, core: core.path.clone(), token_url, client_id };
        let mut overrides = String::new();
        let providers = [("cxone", Some(&programs.provider)), ("empty", Some(&programs.empty))];
        for (name, program) in providers.into_iter().chain([("null", programs.null_example.as_ref())]) {
            let Some(program) = program else { continue };
            let plugins = serde_json::Value::from(playground.install(name, program)?.to_string_lossy());
            overrides.push_str(&format!("    \"cxone-tools/{name}\" = {plugins}\n"));
        }
        let settings = format!("provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n");
        std::fs::write(playground.settings(), settings)?;
        Ok(playground)
    }

    /// Writes a configuration that uses the provider `cxone-tools/<provider>`, if one is named.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn module(&self, name: &str, provider: Option<&str>, text: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder)?;
        let required = provider.map(|provider| {
            let source = format!("{provider} = {{ source = \"cxone-tools/{provider}\" }}");
            format!("terraform {{\n  required_providers {{\n    {source}\n  }}\n}}\n")
        });
        std::fs::write(folder.join("main.tf"), required.unwrap_or_default() + text)?;
        Ok(folder)
    }

    /// The core in that folder.
    pub(super) fn core(&self, module: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.core);
        terraform::isolate(&mut command).args(arguments).current_dir(module);
        command.env("TF_CLI_CONFIG_FILE", self.settings());
        self.with_credentials(&mut command);
        command
    }

    /// Milliseconds that a plan of that folder takes.
    ///
    /// # Errors
    /// When it fails.
    pub(super) fn plan(&self, module: &Path) -> anyhow::Result<f64> {
        stopwatch::until_end(&mut self.core(module, &["plan", "-no-color"]))
    }

    /// Tells the provider where to ask for tokens, and as whom.
    pub(super) fn with_credentials(&self, command: &mut Command) {
        command
            // Backtraces would be paid for by errors only, but there is no need to ask for them.
            .env_remove("RUST_BACKTRACE")
            .env("CXONE_TOKEN_URL", &self.token_url)
            .env("CXONE_CLIENT_ID", &self.client_id)
            .env("CXONE_CLIENT_SECRET", SECRET);
    }

    /// A place for files of the programs.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A folder with nothing but the program in it: a core takes the first file whose name begins like the provider's.
    fn install(&self, name: &str, program: &Path) -> anyhow::Result<PathBuf> {
        let folder = self.folder.path().join(format!("provider-{name}"));
        std::fs::create_dir(&folder)?;
        let installed = folder.join(format!("terraform-provider-{name}{}", std::env::consts::EXE_SUFFIX));
        std::fs::copy(program, installed).with_context(|| format!("cannot copy {}", program.display()))?;
        Ok(folder)
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("core.tfrc")
    }
}

/// The secret of the client that the sandbox starts with. Not a secret: it opens nothing else.
const SECRET: &str = "not-a-real-secret";
