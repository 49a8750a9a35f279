//! A whole plan with one token, against what the core and the protocol cost without it.

use std::path::PathBuf;

use super::Bench;
use super::contest::{Contestant, take_turns};
use super::figure::{Figure, Unit};
use super::table::Row;
use crate::report;

/// Plans in turns; `exchange` is what one exchange costs by itself.
///
/// # Errors
/// When a plan fails.
pub(super) fn measure(bench: &Bench<'_>, exchange: Figure) -> anyhow::Result<Vec<Row>> {
    report::step("Plans");
    let module = |name, provider, text| bench.playground.module(name, provider, text);
    let token = module("token", Some("cxone"), TOKEN)?;
    let empty = module("empty", Some("empty"), EMPTY)?;
    let floor = module("floor", None, FLOOR)?;
    let plan = |folder: PathBuf| -> Contestant<'_> { Box::new(move || bench.playground.plan(&folder)) };

    let what = "plan with one ephemeral and one data source";
    let mut rows = Vec::new();
    let (token, empty, floor) = if bench.programs.null_example.is_some() {
        let null = module("null", Some("null"), NULL)?;
        let [token, empty, floor, null] =
            take_turns(bench.runs, Unit::Milliseconds, [plan(token), plan(empty), plan(floor), plan(null)])?;
        rows.push(Row::new(what, token).against("a plan with the example of `tf-provider`", null).within_ratio(0.5));
        (token, empty, floor)
    } else {
        let [token, empty, floor] =
            take_turns(bench.runs, Unit::Milliseconds, [plan(token), plan(empty), plan(floor)])?;
        (token, empty, floor)
    };
    rows.insert(0, Row::new(what, token).against("the same with `terraform_data`", floor).within_ratio(2.2));
    let best = empty.plus(exchange);
    rows.push(
        Row::new(what, token).against("the same with an empty provider, and one exchange", best).within_ratio(1.1),
    );
    rows.push(Row::new("the same with an empty provider", empty).against("the same with `terraform_data`", floor));
    Ok(rows)
}

const TOKEN: &str = "ephemeral \"cxone_access_token\" \"it\" {}\ndata \"cxone_token_info\" \"it\" {}\n";
const EMPTY: &str = "ephemeral \"empty_nothing\" \"it\" {}\ndata \"empty_nothing\" \"it\" {}\n";
const FLOOR: &str = "resource \"terraform_data\" \"one\" {}\nresource \"terraform_data\" \"other\" {}\n";
const NULL: &str = "resource \"null_resource\" \"one\" {}\nresource \"null_resource\" \"other\" {}\n";
