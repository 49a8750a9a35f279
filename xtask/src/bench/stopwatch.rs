//! The clock of the benchmarks, and processes by it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// Milliseconds until the command has ended, successfully.
///
/// # Errors
/// When it cannot be started or fails; then with what it said.
pub(super) fn until_end(command: &mut Command) -> anyhow::Result<f64> {
    let started = now();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {command:?}"))?;
    let took = started.elapsed();
    ensure!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(milliseconds(took))
}

/// Milliseconds until the command has written its first line. Its process is then ended.
///
/// # Errors
/// When it cannot be started or ends without a line.
pub(super) fn until_first_line(command: &mut Command) -> anyhow::Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let started = now();
    let mut process = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let output = process.stdout.take().context("no output")?;
    let mut line = String::new();
    let read = BufReader::new(output).read_line(&mut line);
    let took = started.elapsed();
    // It may have ended already; either way it is gone afterwards.
    let _ = process.kill();
    let _ = process.wait();
    ensure!(read? > 0, "{command:?} wrote nothing");
    Ok(milliseconds(took))
}

#[expect(clippy::disallowed_methods, reason = "the benchmarks' one reader of the clock")]
fn now() -> Instant {
    Instant::now()
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
