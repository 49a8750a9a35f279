//! `cargo xtask bench`: builds what is released, and has `benches/ratios.rs` measure it.

use anyhow::ensure;
use testkit::core::Core;
use testkit::workspace::PROVIDER;

use crate::{cargo, dist, report};

/// Takes `--target TARGET` to build as for a release, and after `--` how many rounds to measure.
///
/// # Errors
/// When something cannot be built or does not work. A figure over its budget is no error: it is marked.
pub(crate) fn run(options: &[&str]) -> anyhow::Result<()> {
    let (target, rounds) = match options {
        [] => (None, &[][..]),
        ["--target", target] => (Some(*target), &[][..]),
        ["--", rounds] => (None, std::slice::from_ref(rounds)),
        ["--target", target, "--", rounds] => (Some(*target), std::slice::from_ref(rounds)),
        _ => anyhow::bail!("no such options for bench: {}", options.join(" ")),
    };
    report::step("Building the release and the programs that measure it (some minutes the first time)");
    // A build of its own: what cargo builds for benchmarks has more features in its dependencies than a release.
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
