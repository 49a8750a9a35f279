//! `cargo xtask fuzz`: cargo-fuzz for every parser of foreign bytes, on stable Rust.

use std::fs;

use anyhow::{Context as _, ensure};

use crate::{cargo, report, root};

/// Fuzzes every target for its share of `seconds`, starting with the seeds and the results of earlier runs.
///
/// # Errors
/// cargo-fuzz is not installed, or a target fails. The failing input is then in `fuzz/regressions`.
pub(crate) fn run(seconds: &str) -> anyhow::Result<()> {
    let seconds: usize = seconds.parse().context("--seconds needs a number")?;
    let is_installed = cargo::command(&["fuzz", "--version"])?.output().is_ok_and(|output| output.status.success());
    ensure!(is_installed, "cargo-fuzz is not installed: run `cargo install --locked cargo-fuzz`");
    let targets = targets()?;
    let time = format!("-max_total_time={}", seconds.div_ceil(targets.len()).max(1));
    let mut failed = Vec::new();
    for target in targets {
        report::step(&target);
        let [corpus, seeds, regressions] =
            ["corpus", "seeds", "regressions"].map(|kind| format!("fuzz/{kind}/{target}"));
        fs::create_dir_all(root().join(&corpus))?;
        let artifacts = format!("-artifact_prefix={regressions}/");
        // A sanitizer needs a nightly compiler. Without one, cargo-fuzz instruments with the stable compiler.
        let mut words = vec!["fuzz", "run", "--sanitizer=none", &target, &corpus, &seeds];
        let had_regressions = root().join(&regressions).is_dir();
        if had_regressions {
            words.push(&regressions);
        }
        fs::create_dir_all(root().join(&regressions))?;
        words.extend(["--", &time, &artifacts, "-max_len=4096", "-timeout=5", "-rss_limit_mb=1024"]);
        if cargo::run(&mut cargo::command(&words)?).is_err() {
            failed.push(target.clone());
        } else if !had_regressions {
            // Made for the fuzzer, but still empty.
            _ = fs::remove_dir(root().join(&regressions));
        }
    }
    ensure!(failed.is_empty(), "failed: {}; the inputs are in fuzz/regressions", failed.join(", "));
    Ok(())
}

/// The programs in `fuzz/fuzz_targets`.
fn targets() -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(root().join("fuzz/fuzz_targets")).context("cannot list the fuzz targets")?;
    let mut targets: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    targets.sort();
    Ok(targets)
}
