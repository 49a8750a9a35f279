//! `cargo xtask bench`: what the provider costs beside what it could cost at best, in one run, as ratios.

mod build;
mod contest;
mod exchange;
mod figure;
mod host;
mod machine;
mod memory;
mod null_example;
mod objects;
mod plans;
mod playground;
mod size;
mod startup;
mod stopwatch;
mod table;

use anyhow::Context as _;

use crate::{environment, report, sandbox::Sandbox, terraform};
use build::Programs;
use playground::Playground;

/// How to measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How often each figure is taken.
    runs: usize,
    /// The Rust target to build for as a release is built; this machine's own kind when none is named.
    target: Option<String>,
}

impl Options {
    /// Reads `--runs` and `--target`, each with a value; `None` for anything else.
    pub(crate) fn parse(arguments: &[String]) -> Option<Self> {
        let mut options = Self { runs: PUBLISHED_RUNS, target: None };
        for pair in arguments.chunks(2) {
            let [flag, value] = pair else { return None };
            match flag.as_str() {
                "--runs" => options.runs = value.parse().ok().filter(|runs| *runs > 0)?,
                "--target" => options.target = Some(value.clone()),
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Builds, measures, prints the table, and writes it to `benches/RESULTS.md` unless the runs were too few for that.
///
/// # Errors
/// When something cannot be built or does not work. A missed budget is no error: it stands in the table.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    report::step("Building the release and what it is measured with (some minutes the first time)");
    let programs = build::all(options.target.as_deref())?;
    report::step("Looking for a core");
    let core = terraform::find()?;
    let sandbox = Sandbox::start(&programs.sandbox)?;
    let playground = Playground::try_new(&core, &programs, &sandbox)?;
    let load_before = machine::load();

    let rows = measure(&Bench { runs: options.runs, programs: &programs, playground: &playground, sandbox: &sandbox })?;
    let machine = machine::describe(&core, options.target.as_deref(), &load_before);
    let text = table::markdown(&rows);
    report::text(&format!("\n{machine}\n\n{text}"));
    if options.runs < PUBLISHED_RUNS {
        report::detail("not written: fewer runs than a published figure needs");
        return Ok(());
    }
    let path = environment::root().join("benches/RESULTS.md");
    std::fs::write(&path, document(&machine, &text)).with_context(|| format!("cannot write {}", path.display()))?;
    report::detail(&format!("written to {}", path.display()));
    Ok(())
}

/// What the measurements share.
struct Bench<'a> {
    runs: usize,
    programs: &'a Programs,
    playground: &'a Playground,
    sandbox: &'a Sandbox,
}

fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<table::Row>> {
    let mut rows = startup::measure(bench)?;
    let exchanges = exchange::measure(bench)?;
    rows.extend(plans::measure(bench, exchanges.first_through_client)?);
    rows.extend(objects::measure(bench)?);
    rows.extend(exchanges.rows);
    rows.extend(memory::measure(bench)?);
    rows.extend(size::measure(bench)?);
    Ok(rows)
}

fn document(machine: &str, table: &str) -> String {
    format!("{INTRODUCTION}\n{machine}\n\n{table}\n{READING}")
}

const INTRODUCTION: &str = "\
# What the provider costs

Written by `cargo xtask bench`. [README.md](README.md) says what was done about it and where the rest of the time goes.
";

const READING: &str = "
Medians; in brackets the middle half of the runs. What a row compares was measured in turns, so that whatever else the
machine did hit both sides alike. MB are millions of bytes.
";

/// Fewer runs are for trying out.
const PUBLISHED_RUNS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let parse = |words: &[&str]| Options::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(parse(&[]), Some(Options { runs: 20, target: None }));
        let some = Options { runs: 3, target: Some("t".to_owned()) };
        assert_eq!(parse(&["--target", "t", "--runs", "3"]), Some(some));
        for wrong in [&["--runs", "0"][..], &["--runs"], &["--runs", "x"], &["--walks", "3"]] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
