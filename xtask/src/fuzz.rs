//! `cargo xtask fuzz`: libFuzzer on the parsers, with coverage, on stable Rust.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::{cargo, environment, report};

/// Fuzzes every target for its share of `seconds`, beginning with the seeds and what earlier runs found.
///
/// # Errors
/// When the fuzzer cannot be built, or a target fails: the input that did it is then in `fuzz/regressions`.
pub(crate) fn run(seconds: u64) -> anyhow::Result<()> {
    let folder = environment::root().join("fuzz");
    let targets = targets(&folder)?;
    report::step("Building the fuzzer");
    let output = environment::cache("fuzz")?;
    let host = host()?;
    build(&host, &output)?;
    let share = seconds.div_ceil(u64::try_from(targets.len())?).max(1);
    report::step(&format!("Fuzzing {} targets for {share} s each", targets.len()));
    let mut failed = Vec::new();
    for target in &targets {
        let corpus = output.join("corpus").join(target);
        let regressions = folder.join("regressions").join(target);
        let had_regressions = regressions.is_dir();
        for path in [&corpus, &regressions] {
            std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        let program = output.join(&host).join("release").join(target);
        let fuzzer = Command::new(program)
            .arg(&corpus)
            .arg(folder.join("seeds").join(target))
            .arg(&regressions)
            .arg(format!("-max_total_time={share}"))
            .arg(format!("-artifact_prefix={}/", regressions.display()))
            .args(["-max_len=4096", "-timeout=5", "-rss_limit_mb=1024", "-print_final_stats=1"])
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {target}"))?;
        let messages = String::from_utf8_lossy(&fuzzer.stderr);
        report::detail(&summary(target, &messages));
        if !fuzzer.status.success() {
            report::text(
                &messages.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n"),
            );
            failed.push(target.as_str());
        } else if !had_regressions {
            _ = std::fs::remove_dir(&regressions);
        }
    }
    ensure!(failed.is_empty(), "failed: {}; the inputs are in fuzz/regressions", failed.join(", "));
    Ok(())
}

/// The names of the programs in `fuzz/fuzz_targets`.
fn targets(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder.join("fuzz_targets")).context("cannot list the fuzzer's targets")?;
    let stem = |entry: std::io::Result<std::fs::DirEntry>| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned());
    let mut targets: Vec<_> = entries.filter_map(stem).collect();
    targets.sort();
    Ok(targets)
}

/// Instruments everything as cargo-fuzz does without a sanitizer, which needs no nightly compiler. Naming the target
/// keeps build scripts and macros from being instrumented.
fn build(host: &str, output: &Path) -> anyhow::Result<()> {
    let manifest = environment::root().join("fuzz/Cargo.toml");
    let manifest = manifest.to_str().context("the repository's path is not Unicode")?;
    let mut command =
        cargo::command(&["build", "--release", "--locked", "--target", host, "--manifest-path", manifest])?;
    cargo::run(command.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", output))
}

/// Executions and coverage out of libFuzzer's messages.
fn summary(target: &str, messages: &str) -> String {
    let last = |name: &str| {
        let lines = messages.lines().rev();
        let mut words = lines.filter_map(|line| line.split_once(name)?.1.split_whitespace().next());
        words.next().unwrap_or("?").to_owned()
    };
    format!("{target:<16} {:>10} executions, {:>6} edges", last("stat::number_of_executed_units:"), last("cov:"))
}

/// The triple that this machine's rustc builds for.
fn host() -> anyhow::Result<String> {
    let output = Command::new(environment::variable("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output();
    let text =
        String::from_utf8(output.context("cannot run rustc")?.stdout).context("rustc does not say what it is")?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it builds for")?.to_owned())
}

const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_and_coverage_are_read() {
        let messages =
            "#2 INITED cov: 10 ft: 11\n#9 NEW    cov: 12 ft: 14 corp: 3\nstat::number_of_executed_units: 4711\n";
        assert_eq!(summary("x", messages), "x                      4711 executions,     12 edges");
    }

    #[test]
    fn every_target_has_seeds() {
        let folder = environment::root().join("fuzz");
        for target in targets(&folder).unwrap() {
            assert!(std::fs::read_dir(folder.join("seeds").join(&target)).unwrap().next().is_some(), "{target}");
        }
    }
}
