//! One run of the command.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fmt, fs};

use serde_json::Value;
use tempfile::TempDir;

use super::{SECRET, TOKEN};
use testkit::canary::{Canary, Scanner};
use testkit::process::ProcessGroup;

/// The command with its arguments and a controlled environment: nothing of the caller's gets in but `PATH`.
pub(super) struct Doctor {
    command: Command,
    folder: TempDir,
    canaries: Vec<Canary>,
}

/// What a run printed. It held no canary, no panic and no backtrace.
pub(super) struct Report {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Doctor {
    pub(super) fn new() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"));
        command
            .arg("doctor")
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null());
        let canaries = vec![Canary::new("client secret", SECRET), Canary::new("access token", TOKEN)];
        Self { command, folder: tempfile::tempdir().unwrap(), canaries }
    }

    /// With credentials from the environment, for the endpoint at `token_url`.
    pub(super) fn at(token_url: &str) -> Self {
        Self::new()
            .env("CXONE_TOKEN_URL", token_url)
            .env("CXONE_CLIENT_ID", "doctor-client")
            .env("CXONE_CLIENT_SECRET", SECRET)
    }

    pub(super) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Has the leak check look for `value`.
    pub(super) fn canary(mut self, value: &str) -> Self {
        self.canaries.push(Canary::new("another secret", value));
        self
    }

    /// Writes a file beside the run and names it in the flag `flag`.
    pub(super) fn file(mut self, flag: &str, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        self.command.arg(flag).arg(path);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command to its end and looks for leaks in all that it printed.
    #[track_caller]
    pub(super) fn run(mut self) -> Report {
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.path(name));
        let stream = |path: &PathBuf| Stdio::from(fs::File::create(path).unwrap());
        self.command.stdout(stream(&stdout)).stderr(stream(&stderr));
        let status = ProcessGroup::spawn(&mut self.command).wait(RUN_LIMIT).expect("in time");
        let [stdout, stderr] = [stdout, stderr].map(|path| fs::read_to_string(path).unwrap());
        let code = status.code().expect("no signal ended it");
        let report = Report { code, stdout, stderr };
        let scanner = Scanner::new(&self.canaries);
        for text in [&report.stdout, &report.stderr] {
            assert_eq!(scanner.scan(text.as_bytes()), [], "{report}");
            assert!(!text.contains("panicked at") && !text.to_lowercase().contains("backtrace"), "{report}");
        }
        report
    }
}

impl Report {
    /// Fails the test unless the exit code is `code`.
    #[track_caller]
    pub(super) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// The first line of standard output.
    pub(super) fn answer(&self) -> &str {
        self.stdout.lines().next().unwrap_or_default()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }

    /// The result of the step `name`, in the text.
    #[track_caller]
    pub(super) fn result(&self, name: &str) -> &str {
        let mut lines = self.stdout.lines().filter_map(|line| {
            let mut words = line.strip_prefix("  ")?.split_whitespace();
            Some((words.next()?, words.next()?))
        });
        lines.find(|(_, step)| *step == name).unwrap_or_else(|| panic!("no step {name}: {self}")).0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "exit code {}\n{}\n-- stderr:\n{}", self.code, self.stdout, self.stderr)
    }
}

const RUN_LIMIT: Duration = Duration::from_secs(60);
