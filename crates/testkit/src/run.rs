//! One run of the core: first in progress, then with its output and log.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, fs};

use serde_json::Value;

use crate::deadline;
use crate::process::ProcessGroup;

/// A run in progress.
pub struct Running {
    group: ProcessGroup,
    command: String,
    started: Instant,
    outputs: [PathBuf; 2],
    log_file: PathBuf,
}

impl Running {
    /// Starts `command`, shown as `arguments`. Its output and TRACE log go to files whose names start with `files`.
    pub(crate) fn start(mut command: Command, arguments: String, files: &Path) -> Self {
        let file = |extension| files.with_extension(extension);
        let stream = |path: &PathBuf| Stdio::from(fs::File::create(path).expect("a writable folder"));
        let outputs = [file("stdout"), file("stderr")];
        let log_file = file("log");
        command
            .env("TF_LOG_PATH", &log_file)
            .stdin(Stdio::null())
            .stdout(stream(&outputs[0]))
            .stderr(stream(&outputs[1]));
        let started = deadline::now();
        Self { group: ProcessGroup::spawn(&mut command), command: arguments, started, outputs, log_file }
    }

    /// The processes, for signals.
    pub fn group(&mut self) -> &mut ProcessGroup {
        &mut self.group
    }

    /// The log so far.
    pub fn log(&self) -> String {
        fs::read(&self.log_file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Waits for the end. Fails the test and ends all processes after `limit`.
    #[track_caller]
    pub fn finish(mut self, limit: Duration) -> Run {
        let status = self.group.wait(limit);
        let [stdout, stderr] = self.outputs.each_ref().map(|path| {
            let bytes = fs::read(path).expect("a readable file");
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let elapsed = self.started.elapsed();
        let code = status.and_then(|status| status.code());
        let run = Run::new(self.command, code, (stdout, stderr), self.log_file, elapsed);
        assert!(status.is_some(), "still running after {limit:?}: {run}");
        run
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Run {
    /// The arguments, for messages.
    pub command: String,
    /// The exit code; `None` if a signal ended it.
    pub exit_code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The TRACE log.
    pub log_file: PathBuf,
    pub elapsed: Duration,
    /// The core's diagnostics with `-json`.
    pub diagnostics: Vec<Diagnostic>,
}

/// One error or warning.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub severity: String,
    pub summary: String,
    pub detail: String,
    /// The address of the object, such as `data.cxone_access_token.this`; empty if the core names none.
    pub address: String,
}

impl Run {
    /// Collects the output of the core.
    fn new(command: String, exit_code: Option<i32>, output: (String, String), log: PathBuf, elapsed: Duration) -> Self {
        let (stdout, stderr) = output;
        let diagnostics = diagnostics(&stdout);
        Self { command, exit_code, stdout, stderr, log_file: log, elapsed, diagnostics }
    }

    /// Fails the test unless the run succeeded.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.exit_code, Some(0), "a failed run: {self}");
        self
    }

    /// Fails the test unless the run failed with exit code 1 and an error diagnostic.
    #[track_caller]
    pub fn expect_failure(self) -> Self {
        assert_eq!(self.exit_code, Some(1), "not a failed run: {self}");
        assert!(self.errors().next().is_some(), "a failure without an error: {self}");
        self
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == "error")
    }

    /// The warnings, except the core's own about the development override.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| {
            diagnostic.severity == "warning" && !diagnostic.summary.contains("development overrides")
        })
    }

    /// The only error of the object or provider configuration with an address that ends in `address`.
    #[track_caller]
    pub fn error_at(&self, address: &str) -> &Diagnostic {
        let errors: Vec<_> = self.errors().filter(|error| error.address.ends_with(address)).collect();
        match errors.as_slice() {
            [error] => error,
            _ => panic!("{} errors at {address} where one was expected: {self}", errors.len()),
        }
    }

    /// The number of plugin processes that the core started. All of them are this provider's, because scenarios use no
    /// other.
    pub fn provider_starts(&self) -> usize {
        self.log().matches(": plugin started: ").count()
    }

    /// The TRACE log; empty if the core wrote none.
    pub fn log(&self) -> String {
        fs::read(&self.log_file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Standard output of `show -json` or `output -json` as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON document ({error}): {self}"))
    }
}

impl Diagnostic {
    /// Summary and detail as one text with single spaces.
    pub fn text(&self) -> String {
        let text = format!("{} {}", self.summary, self.detail);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Fails the test unless summary and detail contain all `facts`.
    #[track_caller]
    pub fn expect_facts(&self, facts: &[&str]) -> &Self {
        let text = self.text();
        let missing: Vec<_> = facts.iter().filter(|fact| !text.contains(**fact)).collect();
        assert!(missing.is_empty(), "{missing:?} not in: {text}");
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "`{}` ended with {:?} after {:?}", self.command, self.exit_code, self.elapsed)?;
        for Diagnostic { severity, summary, detail, address, .. } in &self.diagnostics {
            writeln!(formatter, "{severity} [{address}] {summary}: {detail}")?;
        }
        let tail: Vec<_> = self.stderr.lines().rev().take(20).collect();
        tail.iter().rev().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

/// The diagnostics in the output of a command with `-json`: one object (`validate`) or one a line (`plan`, `apply`).
fn diagnostics(stdout: &str) -> Vec<Diagnostic> {
    if let Ok(document) = serde_json::from_str::<Value>(stdout)
        && let Some(list) = document.get("diagnostics").and_then(Value::as_array)
    {
        return list.iter().map(diagnostic).collect();
    }
    let lines = stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line.get("diagnostic").map(diagnostic)).collect()
}

fn diagnostic(value: &Value) -> Diagnostic {
    let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Diagnostic {
        severity: text("/severity"),
        summary: text("/summary"),
        detail: text("/detail"),
        address: text("/address"),
    }
}
