//! `cargo xtask test` and `cargo xtask matrix`: the test suite with `cargo test`, and a count that includes skipped
//! tests.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use testkit::core::{self, Core};
use testkit::{packages, real_server, skip};

use crate::{cargo, report};

/// Runs all tests with one core. The last line is the sum over all test programs.
///
/// # Errors
/// Something is missing, or a test fails.
pub(crate) fn all(options: &[&str]) -> anyhow::Result<()> {
    report::step("Finding a core and authorization servers");
    let core = Core::locate()?;
    report::detail(&format!("{core} at {}", core.path.display()));
    real_server::install();
    report::step("Running all tests");
    let outcome = Outcome::of(&core, &[&["test", "--workspace", "--locked", "--no-fail-fast"], options].concat())?;
    report::text(&format!("\n{outcome}"));
    outcome.expect_success()
}

/// Runs the scenarios with a core of each of these versions, and prints a table.
///
/// # Errors
/// A version is unknown or cannot be installed, or a test fails.
pub(crate) fn matrix(versions: &[&str]) -> anyhow::Result<()> {
    let cores: Vec<Core> = versions.iter().map(|version| Core::fetched(version)).collect::<Result<_, _>>()?;
    real_server::install();
    report::step("Building the programs and the tests");
    cargo::run(&mut cargo::command(&["test", "--workspace", "--locked", "--no-run", "--quiet"])?)?;
    let mut outcomes = Vec::new();
    for core in cores {
        report::step(&core.to_string());
        let arguments = ["test", "--workspace", "--locked", "--quiet", "--test", "it", "--"];
        outcomes.push((core.to_string(), Outcome::of(&core, &[&arguments[..], &SCENARIOS].concat())?));
    }
    report::step("Versions");
    report::text(&table(&outcomes));
    outcomes.iter().try_for_each(|(core, outcome)| outcome.expect_success().with_context(|| format!("on {core}")))
}

/// The results of the tests.
#[derive(Default)]
struct Outcome {
    passed: usize,
    failed: usize,
    succeeded: bool,
    /// The reasons for skipped tests and skipped parts of tests, with their numbers.
    skipped: [BTreeMap<String, usize>; 2],
}

impl Outcome {
    /// Runs cargo with this core, shows the output, and counts.
    fn of(core: &Core, arguments: &[&str]) -> anyhow::Result<Self> {
        let notes = packages::cache(&format!("skips-{}", std::process::id()))?;
        fs::create_dir_all(notes.parent().context("no target folder")?)?;
        fs::write(&notes, "").with_context(|| format!("cannot write {}", notes.display()))?;
        let mut command = cargo::command(arguments)?;
        command.env(core::PATH_VARIABLE, &core.path).env(skip::NOTES_VARIABLE, &notes);
        report::command(&command);
        let mut process = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
        let mut outcome = Self::default();
        for line in BufReader::new(process.stdout.take().context("cargo has no output")?).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            report::text(&line);
            outcome.add(&line);
        }
        outcome.succeeded = process.wait()?.success();
        outcome.count_skipped(&notes)?;
        Ok(outcome)
    }

    /// Adds the numbers of a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let count = |word: &str| {
            let before = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(word))?;
            before.trim().parse::<usize>().ok()
        };
        self.passed += count("passed").unwrap_or(0);
        self.failed += count("failed").unwrap_or(0);
    }

    /// Counts skipped tests. The test runner counts a test that ended early as passed, so such tests write a line into
    /// a file: `what<tab>place<tab>reason`.
    fn count_skipped(&mut self, notes: &Path) -> anyhow::Result<()> {
        let text = fs::read_to_string(notes)?;
        fs::remove_file(notes)?;
        self.skipped = skipped(&text);
        self.passed = self.passed.saturating_sub(self.skipped[0].values().sum());
        Ok(())
    }

    fn expect_success(&self) -> anyhow::Result<()> {
        ensure!(self.succeeded, "{} tests failed, or a test program aborted", self.failed);
        ensure!(self.passed > 0, "no test ran");
        Ok(())
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [tests, parts] = self.skipped.each_ref().map(counted);
        write!(formatter, "{} passed, {} failed, {tests} skipped", self.passed, self.failed)?;
        if self.skipped[1].is_empty() { Ok(()) } else { write!(formatter, " (and in part: {parts})") }
    }
}

/// The reasons for skipped tests, and for skipped parts of tests, with their numbers.
fn skipped(notes: &str) -> [BTreeMap<String, usize>; 2] {
    ["test", "part"].map(|what| {
        let mut counts = BTreeMap::new();
        for note in notes.lines().filter_map(|line| line.strip_prefix(what)?.strip_prefix('\t')) {
            // Without the place and the core's name.
            let reason = note.split_once('\t').map_or(note, |(_, reason)| reason);
            let lacks = reason.split_once(" has no ").map_or(reason, |(_, lacks)| lacks);
            *counts.entry(format!("no {lacks}")).or_insert(0) += 1;
        }
        counts
    })
}

fn table(outcomes: &[(String, Outcome)]) -> String {
    let head = "| version | passed | failed | skipped | skipped in part |\n|---|---|---|---|---|".to_owned();
    outcomes.iter().fold(head, |table, (core, outcome)| {
        let [tests, parts] = outcome.skipped.each_ref().map(counted);
        format!("{table}\n| {core} | {} | {} | {tests} | {parts} |", outcome.passed, outcome.failed)
    })
}

/// The sum, and each reason with its number.
fn counted(reasons: &BTreeMap<String, usize>) -> String {
    let sum: usize = reasons.values().sum();
    let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    if reasons.is_empty() { sum.to_string() } else { format!("{sum}: {}", reasons.join(", ")) }
}

// The modules with tests that start a core and depend on its version. The tests of a hostile machine are the same with
// every core.
const SCENARIOS: [&str; 4] = ["terraform::", "docs::", "leaks::", "release::"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_skips_are_not_passed() {
        let notes = "test\ta.rs:1\tTerraform 1.8.4 has no ephemeral resources\n\
            test\tb.rs:2\tTerraform 1.8.4 has no ephemeral resources\ntest\tc.rs:3\tT 1.8.4 has no mocks\n\
            part\td.rs:4\tTerraform 1.8.4 has no functions\n";
        let path = packages::cache(&format!("skips-of-a-test-{}", std::process::id())).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, notes).unwrap();
        let mut outcome = Outcome::default();
        for line in [
            "test result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; finished in 2.10s",
            "test a ... ok",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            outcome.add(line);
        }
        outcome.count_skipped(&path).unwrap();
        let text =
            "8 passed, 2 failed, 3: 2 no ephemeral resources, 1 no mocks skipped (and in part: 1: 1 no functions)";
        assert_eq!(outcome.to_string(), text);
        let row = "| Terraform 1.8.4 | 8 | 2 | 3: 2 no ephemeral resources, 1 no mocks | 1: 1 no functions |";
        assert_eq!(table(&[("Terraform 1.8.4".to_owned(), outcome)]).lines().last(), Some(row));
    }

    #[test]
    fn a_run_without_tests_is_no_success() {
        assert!(Outcome { succeeded: true, ..Outcome::default() }.expect_success().is_err());
    }
}
