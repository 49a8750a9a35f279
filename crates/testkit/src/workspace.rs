//! A folder with a configuration, a controlled environment, and the real core: for scenarios, and for commands that
//! show or measure one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::canary::{Canary, Scanner};
use crate::core::Core;
use crate::leak_check::LeakCheck;
use crate::run::{Run, Running};
use crate::sandbox::Sandbox;
use crate::{deadline, process};

/// A workspace. A scenario must end with [`Workspace::finish`], which is the leak check.
pub struct Workspace {
    core: Core,
    folder: TempDir,
    environment: BTreeMap<String, String>,
    /// Files of the test itself, by path. They are searched only if they changed.
    inputs: BTreeMap<PathBuf, Vec<u8>>,
    canaries: Vec<Canary>,
    /// The program and arguments that start the core, unless it is started directly.
    starter: Vec<String>,
    runs: usize,
    finished: bool,
}

impl Workspace {
    /// A scenario with ephemeral resources. Its test begins with `needs!(ephemerals)`. Of the caller's environment, it
    /// gets only `PATH`.
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "it starts a scenario, which fails on some cores")]
    pub fn new() -> Self {
        let core = Core::find();
        assert!(
            core.has_ephemerals(),
            "{core} has no ephemeral resources: the test has to begin with `needs!(ephemerals)`"
        );
        Self::for_any_core()
    }

    /// A scenario that any core can run.
    pub fn for_any_core() -> Self {
        let mut workspace = Self::with_core(Core::find(), &[(SOURCE, crate::program(PROVIDER))]);
        workspace.write_file("versions.tf", VERSIONS);
        // A backtrace in a diagnostic would be a defect, so enable backtraces. The log is searched for canaries.
        workspace.env("RUST_BACKTRACE", "1").env("TF_LOG", "TRACE");
        workspace
    }

    /// A workspace for a command. It is not a scenario, so it needs no leak check at its end.
    pub fn for_command(core: &Core, providers: &[(&str, PathBuf)]) -> Self {
        let mut workspace = Self::with_core(core, providers);
        workspace.finished = true;
        workspace
    }

    /// A workspace with these `providers`, each a source address and a program.
    fn with_core(core: &Core, providers: &[(&str, PathBuf)]) -> Self {
        let folder = tempfile::Builder::new().prefix("cx").tempdir().expect("a temporary folder");
        let mut workspace = Self {
            core: core.clone(),
            folder,
            environment: BTreeMap::new(),
            inputs: BTreeMap::new(),
            canaries: Vec::new(),
            starter: Vec::new(),
            runs: 0,
            finished: false,
        };
        for name in ["module", "home", "tmp", "plugins", "runs"] {
            fs::create_dir(workspace.path(name)).expect("a new folder");
        }
        let overrides: String = providers.iter().map(|(source, built)| workspace.override_of(source, built)).collect();
        workspace.write_core_settings(&format!("dev_overrides {{\n{overrides}  }}\n  direct {{}}"));
        workspace.set_base_environment();
        workspace
    }

    /// Installs a provider's program for a development override, and returns the override's line.
    ///
    /// Its own path distinguishes this scenario's processes from others. Its own folder is needed because a core uses
    /// the first file with a name that begins like the provider's.
    fn override_of(&self, source: &str, built: &Path) -> String {
        let name = program_name(source);
        let folder = self.path("plugins").join(&name);
        install(built, &folder.join(&name));
        format!("    {source:?} = {folder:?}\n")
    }

    /// From now on, `init` installs the providers from a mirror in a folder: this one as `version`, and the stand-in
    /// for a provider that uses a token.
    pub fn use_mirror(&self, version: &str) {
        let mirror = self.path("plugins").join("mirror");
        for (source, built) in [(SOURCE, crate::program(PROVIDER)), (STAND_IN, stand_in())] {
            let folder = mirror.join(self.core.registry()).join(source).join(version).join(PLATFORM);
            install(&built, &folder.join(format!("{}_v{version}", program_name(source))));
        }
        self.use_mirror_at(&mirror);
    }

    /// From now on, `init` installs providers from the mirror in `folder`, and from nowhere else.
    pub fn use_mirror_at(&self, folder: &Path) {
        self.write_core_settings(&format!("filesystem_mirror {{\n    path = {folder:?}\n  }}"));
    }

    fn write_core_settings(&self, installation: &str) {
        let settings = format!("disable_checkpoint = true\nprovider_installation {{\n  {installation}\n}}\n");
        fs::write(self.path("cli.tfrc"), settings).expect("a writable folder");
    }

    fn set_base_environment(&mut self) {
        let path = env::var_os("PATH").unwrap_or_default().to_string_lossy().into_owned();
        let [home, tmp, config] = ["home", "tmp", "cli.tfrc"].map(|name| self.path(name).display().to_string());
        let variables = [
            ("PATH", path.as_str()),
            ("HOME", &home),
            ("TMPDIR", &tmp),
            ("TF_CLI_CONFIG_FILE", &config),
            ("TF_INPUT", "0"),
            ("TF_IN_AUTOMATION", "1"),
            ("CHECKPOINT_DISABLE", "1"),
        ];
        for (name, value) in variables {
            self.env(name, value);
        }
    }

    /// Writes the module's `main.tf`. The `terraform` block is already in its own file.
    pub fn write(&mut self, hcl: &str) -> &mut Self {
        self.write_file("main.tf", hcl);
        self
    }

    /// Writes a file of the module. Returns its path.
    pub fn write_file(&mut self, name: &str, text: &str) -> PathBuf {
        let path = self.path("module").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        fs::write(&path, text).expect("a writable folder");
        self.inputs.insert(path.clone(), text.as_bytes().to_vec());
        path
    }

    /// A file of the module.
    pub fn read_file(&self, name: &str) -> String {
        fs::read_to_string(self.path("module").join(name)).expect("a readable file")
    }

    /// Removes a folder of the module.
    pub fn remove_folder(&self, name: &str) {
        fs::remove_dir_all(self.path("module").join(name)).expect("a folder");
    }

    /// Writes a file with `secret` and a final newline, outside of the module. Returns its path. The leak check
    /// searches for the secret.
    pub fn secret_file(&mut self, name: &str, secret: &str) -> String {
        self.canary(name, secret);
        self.secret_file_exactly(name, &format!("{secret}\n"))
    }

    /// Writes a file with exactly this text, outside of the module. Returns its path.
    pub fn secret_file_exactly(&mut self, name: &str, text: &str) -> String {
        let path = self.path("home").join(name);
        fs::write(&path, text).expect("a writable folder");
        self.inputs.insert(path.clone(), text.as_bytes().to_vec());
        path.display().to_string()
    }

    /// Sets an environment variable for later runs.
    pub fn env(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the environment variables for credentials at `sandbox`.
    pub fn use_sandbox(&mut self, sandbox: &Sandbox, client_id: &str, secret: &str) -> &mut Self {
        self.env("CXONE_TOKEN_URL", sandbox.token_url());
        self.env("CXONE_CLIENT_ID", client_id).env("CXONE_CLIENT_SECRET", secret)
    }

    /// Removes an environment variable for later runs.
    pub fn env_remove(&mut self, name: &str) -> &mut Self {
        self.environment.remove(name);
        self
    }

    /// Starts the core by this program in later runs. The core's path and arguments follow these words.
    pub fn start_with(&mut self, starter: &[&str]) -> &mut Self {
        self.starter = starter.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Runs `script` in a shell that then becomes the core.
    pub fn start_after(&mut self, script: &str) -> &mut Self {
        self.start_with(&["sh", "-ec", &format!("{script}\nexec \"$0\" \"$@\"")])
    }

    /// Adds `value` to the leak check, and returns it.
    pub fn canary<'a>(&mut self, name: &str, value: &'a str) -> &'a str {
        let canary = Canary::new(name, value);
        if !self.canaries.contains(&canary) {
            self.canaries.push(canary);
        }
        value
    }

    /// `validate`.
    pub fn validate(&mut self) -> Run {
        self.run(&["validate", "-json"])
    }

    /// `plan`, saved as `plan.tfplan`.
    pub fn plan(&mut self) -> Run {
        self.plan_with(&[])
    }

    /// `plan` with more arguments.
    pub fn plan_with(&mut self, arguments: &[&str]) -> Run {
        self.run(&[&["plan", "-json", "-out=plan.tfplan"], arguments].concat())
    }

    /// `apply` of the saved plan.
    pub fn apply_plan(&mut self) -> Run {
        self.run(&["apply", "-json", "plan.tfplan"])
    }

    /// `apply` without a saved plan.
    pub fn apply(&mut self) -> Run {
        self.run(&["apply", "-json", "-auto-approve"])
    }

    /// Runs the core to its end.
    #[track_caller]
    pub fn run(&mut self, arguments: &[&str]) -> Run {
        self.start(arguments).finish(RUN_LIMIT)
    }

    /// Starts the core.
    pub fn start(&mut self, arguments: &[&str]) -> Running {
        self.runs += 1;
        let run = self.path("runs").join(format!("{:02}-{}", self.runs, arguments[0]));
        Running::start(self.command(arguments), arguments.join(" "), &run)
    }

    /// The core with these arguments, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut words = self.starter.iter().map(OsStr::new).chain([self.core.path.as_os_str()]);
        let mut command = Command::new(words.next().expect("the core at least"));
        command.args(words).args(arguments).current_dir(self.path("module")).env_clear().envs(&self.environment);
        command
    }

    /// The ids of this scenario's living provider processes.
    pub fn providers(&self) -> Vec<u32> {
        process::running(&self.provider_binary())
    }

    /// Ends the scenario. The provider must leave no process, no socket and no panic behind, and no canary in any file.
    #[track_caller]
    pub fn finish(mut self) {
        self.finished = true;
        self.show_everything();
        deadline::eventually(LAST_PROVIDER_LIMIT, "the last provider process ends", || self.providers().is_empty());
        let left: Vec<_> = fs::read_dir(self.path("tmp")).expect("a folder").filter_map(Result::ok).collect();
        assert!(left.is_empty(), "left in the temporary folder: {left:?}");
        self.expect_no_trace();
    }

    /// [`Self::finish`] for scenarios that kill the provider, which then cannot clean up.
    #[track_caller]
    pub fn finish_after_kill(mut self) {
        self.finished = true;
        self.expect_no_trace();
    }

    /// Makes the core show the saved plan and the state as JSON, for the leak check.
    #[track_caller]
    fn show_everything(&mut self) {
        self.starter.clear();
        let shown: [(&str, &[&str]); 2] =
            [("plan.tfplan", &["show", "-json", "plan.tfplan"]), ("terraform.tfstate", &["show", "-json"])];
        for (file, arguments) in shown {
            if !self.path("module").join(file).exists() {
                continue;
            }
            let run = self.run(arguments);
            // A core does not show a state with a newer schema.
            assert!(run.exit_code == Some(0) || run.stderr.contains("schema version"), "{run}");
        }
    }

    /// Checks that no file contains a panic or a canary.
    #[track_caller]
    fn expect_no_trace(&self) {
        self.expect_no_panic();
        let mut check = LeakCheck::new(Scanner::new(&self.canaries));
        let plugins = self.path("plugins");
        check.folder(self.folder.path(), &|path| path.starts_with(&plugins) || self.is_unchanged_input(path));
        assert!(
            check.leaks().is_empty(),
            "leaked:\n{}",
            check
                .leaks()
                .iter()
                .map(ToString::to_string)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join("\n")
        );
    }

    #[track_caller]
    fn expect_no_panic(&self) {
        for entry in fs::read_dir(self.path("runs")).expect("a folder").filter_map(Result::ok) {
            let bytes = fs::read(entry.path()).expect("a readable file");
            let text = String::from_utf8_lossy(&bytes);
            let panic = text.lines().find(|line| line.contains("panicked at") || line.contains("panic: "));
            assert_eq!(panic, None, "a panic in {:?}", entry.path());
        }
    }

    fn is_unchanged_input(&self, path: &Path) -> bool {
        self.inputs.get(path).is_some_and(|text| fs::read(path).is_ok_and(|bytes| bytes == *text))
    }

    fn provider_binary(&self) -> PathBuf {
        self.path("plugins").join(PROVIDER).join(PROVIDER)
    }

    /// A path below the scenario's own folder: `module`, `home`, `tmp`, `plugins`, `runs`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if !self.finished && !thread::panicking() {
            panic!("a scenario must end in Workspace::finish, the leak check");
        }
    }
}

/// The program of [`STAND_IN`].
pub fn stand_in() -> PathBuf {
    crate::program("restapi-stand-in")
}

/// The file name that a core expects for a provider's program.
fn program_name(source: &str) -> String {
    format!("terraform-provider-{}", source.rsplit('/').next().unwrap_or(source))
}

fn install(built: &Path, installed: &Path) {
    fs::create_dir_all(installed.parent().expect("a folder")).expect("a writable folder");
    // A hard link if possible: a scenario then starts at once, and hundreds of them do not fill the disk.
    if fs::hard_link(built, installed).is_err() {
        fs::copy(built, installed).expect("the provider can be copied");
    }
}

/// The name of the provider's program.
pub const PROVIDER: &str = "terraform-provider-cxone";

/// The provider's source address.
pub const SOURCE: &str = "cxone-tools/cxone";

/// The source address of a provider that takes a token; a stand-in serves it.
pub const STAND_IN: &str = "mastercard/restapi";

/// This machine as cores name it.
pub const PLATFORM: &str = match (cfg!(target_os = "macos"), cfg!(target_arch = "aarch64")) {
    (false, false) => "linux_amd64",
    (false, true) => "linux_arm64",
    (true, false) => "darwin_amd64",
    (true, true) => "darwin_arm64",
};

const VERSIONS: &str = r#"
terraform {
  required_providers {
    cxone = { source = "cxone-tools/cxone" }
  }
}
"#;

// Generous, because many concurrent runs can share two cores.
const RUN_LIMIT: Duration = Duration::from_secs(90);

/// The time limit for the end of an orphaned or stopped provider.
const LAST_PROVIDER_LIMIT: Duration = Duration::from_secs(5);
