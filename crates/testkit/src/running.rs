//! A run of the core under way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::deadline;
use crate::process::ProcessGroup;
use crate::run::Run;

/// A run under way.
pub struct Running {
    group: ProcessGroup,
    command: String,
    started: Instant,
    outputs: [PathBuf; 2],
    log_file: PathBuf,
}

impl Running {
    /// Starts `command`, described as `arguments`, with its output and TRACE log in files whose names start with `files`.
    pub(super) fn start(mut command: Command, arguments: String, files: &Path) -> Self {
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

    /// The processes, to send signals to.
    pub fn group(&mut self) -> &mut ProcessGroup {
        &mut self.group
    }

    /// What the log holds so far.
    pub fn log(&self) -> String {
        fs::read(&self.log_file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Waits for the end; fails the test, and ends everything, when `limit` passes first.
    #[track_caller]
    pub fn finish(mut self, limit: Duration) -> Run {
        let status = self.group.wait(limit);
        let [stdout, stderr] = self.outputs.each_ref().map(|path| {
            let bytes = fs::read(path).expect("a readable file");
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let elapsed = self.started.elapsed();
        let code = status.and_then(|status| status.code());
        let run = Run::new(self.command.clone(), code, (stdout, stderr), self.log_file.clone(), elapsed);
        assert!(status.is_some(), "still running after {limit:?}: {run}");
        run
    }
}
