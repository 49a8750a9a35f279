//! `cargo xtask bench`: builds the release, and measures it with `benches/ratios.rs`.

use anyhow::ensure;
use testkit::core::Core;
use testkit::workspace::PROVIDER;

use crate::{cargo, dist, report};

/// Accepts `--target TARGET` for a build as in a release, and the number of rounds after `--`.
///
/// # Errors
/// A build or a measurement fails. A figure above its budget is only marked.
pub(crate) fn run(options: &[&str]) -> anyhow::Result<()> {
    let (target, rounds) = match options {
        [] => (None, &[][..]),
        ["--target", target] => (Some(*target), &[][..]),
        ["--", rounds] => (None, std::slice::from_ref(rounds)),
        ["--target", target, "--", rounds] => (Some(*target), std::slice::from_ref(rounds)),
        _ => anyhow::bail!("unknown options for bench: {}", options.join(" ")),
    };
    report::step("Building the release and the benchmark (some minutes the first time)");
    // A separate build: cargo enables more features in the dependencies of a benchmark build.
    let mut build = cargo::command(&["build", "--release", "--locked", "--bin", PROVIDER])?;
    let mut folder = cargo::target_folder()?;
    if let Some(target) = target {
        dist::as_released(&mut build, target)?;
        folder.push(target);
    }
    cargo::run(&mut build)?;
    let provider = folder.join("release").join(PROVIDER);
    ensure!(provider.is_file(), "cargo did not build {}", provider.display());
    let core = Core::locate()?;
    let mut bench = cargo::command(&[&["bench", "--locked", "--bench", "ratios", "--"], rounds].concat())?;
    bench.env("CXONE_BENCH_PROVIDER", &provider).env(testkit::core::PATH_VARIABLE, &core.path);
    cargo::run(&mut bench)
}
