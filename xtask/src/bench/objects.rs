//! Plans with many objects: what one more costs.

use std::path::{Path, PathBuf};

use super::Bench;
use super::contest::{Contestant, take_turns};
use super::figure::{Figure, Unit};
use super::stopwatch;
use super::table::Row;
use crate::report;

/// Plans with 1, 100 and 1,000 data sources in turns with as many refreshed `terraform_data`.
///
/// # Errors
/// When a plan fails.
pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    report::step("Many objects");
    let plan = |folder: &Path| -> Contestant<'_> {
        let folder = folder.to_owned();
        Box::new(move || bench.playground.plan(&folder))
    };
    let kinds = [
        modules(bench, Some("cxone"), "data \"cxone_token_info\"")?,
        modules(bench, Some("empty"), "data \"empty_nothing\"")?,
        modules(bench, None, "resource \"terraform_data\"")?,
    ];
    for folder in &kinds[2] {
        // What is in the state is read again by each plan, as a data source is.
        stopwatch::until_end(&mut bench.playground.core(folder, &["apply", "-auto-approve", "-no-color"]))?;
    }
    let [[a, b, c], [d, e, f], [g, h, i]] = &kinds;
    let contestants = [a, b, c, d, e, f, g, h, i].map(|folder| plan(folder));
    let [token_1, token_100, token_1000, empty_1, _, empty_1000, floor_1, floor_100, floor_1000] =
        take_turns(bench.runs, Unit::Milliseconds, contestants)?;

    let floor = |count: &str| format!("{count} `terraform_data`");
    let mut rows = vec![
        Row::new("plan with 1 data source", token_1).against(floor("1"), floor_1),
        Row::new("plan with 100 data sources", token_100).against(floor("100"), floor_100),
        Row::new("plan with 1,000 data sources", token_1000).against(floor("1,000"), floor_1000),
    ];
    let each = one_more(token_1, token_1000);
    let what = "one data source more, of 1,000";
    rows.push(
        Row::new(what, each).against("one `terraform_data` more", one_more(floor_1, floor_1000)).within_ratio(1.15),
    );
    rows.push(Row::new(what, each).against("one more of an empty provider", one_more(empty_1, empty_1000)));
    rows.extend(requests(bench, &kinds[0][2])?);
    Ok(rows)
}

/// What the sandbox counts during one plan.
fn requests(bench: &Bench<'_>, module: &Path) -> anyhow::Result<Option<Row>> {
    bench.sandbox.reset()?;
    bench.playground.plan(module)?;
    let exchanges = u32::try_from(bench.sandbox.counters()?.exchanges)?;
    let counted = Figure::single(Unit::Requests, f64::from(exchanges));
    Ok(Some(Row::new("token requests of a plan with 1,000 data sources", counted).within(1.0)))
}

/// A folder for each count.
fn modules(bench: &Bench<'_>, provider: Option<&str>, block: &str) -> anyhow::Result<[PathBuf; 3]> {
    let folder = |count: usize| {
        let name = format!("{}-{count}", provider.unwrap_or("floor"));
        bench.playground.module(&name, provider, &format!("{block} \"it\" {{\n  count = {count}\n}}\n"))
    };
    Ok([folder(1)?, folder(100)?, folder(1_000)?])
}

/// Microseconds for each object beyond the first.
fn one_more(one: Figure, thousand: Figure) -> Figure {
    Figure::single(Unit::Microseconds, (thousand.value - one.value) * 1e3 / 999.0)
}
