//! Resident memory of the provider.

use std::path::Path;

use anyhow::Context as _;

use super::figure::{Figure, Unit};
use super::table::Row;
use super::{Bench, host};
use crate::report;

/// At the handshake, once configured, and after a thousand reads; where the system tells.
///
/// # Errors
/// When the provider does not work.
pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    report::step("Memory");
    if !Path::new("/proc/self/status").exists() {
        report::detail("not measured: this system has no /proc");
        return Ok(Vec::new());
    }
    let mut samples = [const { Vec::new() }; 3];
    for _ in 0..bench.runs {
        let measured = host::measure(bench, "memory", &[])?;
        for (sample, moment) in samples.iter_mut().zip(["handshake", "configured", "read"]) {
            sample.push(measured[moment].as_f64().context("the host measured no memory")? / 1e6);
        }
    }
    let [handshake, configured, read] = samples.map(|sample| Figure::median(Unit::Megabytes, sample));
    Ok(vec![
        Row::new("resident memory at the handshake", handshake),
        Row::new("resident memory once configured", configured).within(10.0),
        Row::new("resident memory after 1,000 reads", read),
    ])
}
