//! What is downloaded and stored.

use anyhow::Context as _;
use xtask::release::{self, Names};

use super::Bench;
use super::figure::{Figure, Unit};
use super::table::Row;
use crate::{environment, report};

/// The program, and the archive that a release would hold it in.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<[Row; 2]> {
    report::step("Size");
    let path = &bench.programs.provider;
    let program = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let licence = std::fs::read(environment::root().join("LICENSE")).context("cannot read the licence")?;
    let names = Names { version: env!("CARGO_PKG_VERSION") };
    let archive = release::archive(&names, "linux_amd64", &program, &licence)?;
    Ok([
        Row::new("program", megabytes(program.len())?).within(7.0),
        Row::new("release archive", megabytes(archive.len())?).within(3.5),
    ])
}

fn megabytes(bytes: usize) -> anyhow::Result<Figure> {
    Ok(Figure::single(Unit::Megabytes, f64::from(u32::try_from(bytes)?) / 1e6))
}
