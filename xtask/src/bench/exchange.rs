//! One exchange: over a bare socket, by the token client alone, and through the provider and its protocol.

use anyhow::Context as _;
use serde_json::Value;

use super::figure::{Figure, Unit};
use super::table::Row;
use super::{Bench, host};
use crate::report;

/// The rows, and the figure that plans are held against.
pub(super) struct Exchanges {
    pub(super) rows: Vec<Row>,
    /// Milliseconds.
    pub(super) first_through_client: Figure,
}

/// Exchanges with the sandbox as fast as it answers, and when it takes its time as a service on the internet does.
///
/// # Errors
/// When an exchange fails.
pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Exchanges> {
    report::step("Exchanges");
    let at_once = Ways::measure(bench, 0)?;
    let slowly = Ways::measure(bench, SERVICE_TIME)?;
    let (first, later) = ("one exchange on a new bare connection", "one exchange on a kept bare connection");
    let slow = |what: &str| format!("{what}; the service takes {SERVICE_TIME} ms");
    let rows = vec![
        Row::new("first exchange, token client alone", at_once.of("client_cold")?)
            .against(first, at_once.of("bare_cold")?),
        Row::new("later exchange, token client alone", at_once.of("client_warm")?)
            .against(later, at_once.of("bare_warm")?),
        Row::new("first exchange through the provider", at_once.of("provider_cold")?)
            .against(first, at_once.of("bare_cold")?)
            .within_ratio(1.1),
        Row::new("later exchange through the provider", at_once.of("provider_warm")?)
            .against(later, at_once.of("bare_warm")?),
        Row::new("call of the protocol that the cache answers", at_once.of("provider_cached")?),
        Row::new(slow("first exchange through the provider"), slowly.of("provider_cold")?)
            .against(first, slowly.of("bare_cold")?)
            .within_ratio(1.1),
        Row::new(slow("later exchange through the provider"), slowly.of("provider_warm")?)
            .against(later, slowly.of("bare_warm")?)
            .within_ratio(1.1),
    ];
    let first_through_client = Figure::single(Unit::Milliseconds, at_once.of("client_cold")?.value / 1e3);
    Ok(Exchanges { rows, first_through_client })
}

/// What the host measured, by way.
struct Ways(Value);

impl Ways {
    fn measure(bench: &Bench<'_>, delay: u64) -> anyhow::Result<Self> {
        host::measure(bench, "exchange", &[&bench.runs.to_string(), &delay.to_string()]).map(Self)
    }

    fn of(&self, way: &str) -> anyhow::Result<Figure> {
        let values = self.0[way].as_array().with_context(|| format!("the host measured no {way}"))?;
        Ok(Figure::median(Unit::Microseconds, values.iter().filter_map(Value::as_f64).collect()))
    }
}

/// Milliseconds: what a near service takes at best.
const SERVICE_TIME: u64 = 20;
