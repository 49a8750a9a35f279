//! A measured figure.

use std::fmt;

/// A median with its spread, or a single value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figure {
    pub(super) value: f64,
    /// Between which the middle half of the runs lies.
    spread: Option<(f64, f64)>,
    unit: Unit,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Microseconds,
    /// Millions of bytes.
    Megabytes,
    /// Millions of CPU instructions.
    Instructions,
    Requests,
}

impl Figure {
    /// The median of at least one value.
    pub(super) fn median(unit: Unit, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let spread = Some((quantile(&values, 0.25), quantile(&values, 0.75)));
        Self { value: quantile(&values, 0.5), spread, unit }
    }

    /// A value that has no spread: counted, or computed from others.
    pub(super) fn single(unit: Unit, value: f64) -> Self {
        Self { value, spread: None, unit }
    }

    /// This figure and another of the same unit, one after the other.
    pub(super) fn plus(self, other: Self) -> Self {
        Self::single(self.unit, self.value + other.value)
    }

    /// The value alone, in its unit.
    pub(super) fn in_unit(self, value: f64) -> String {
        Self::single(self.unit, value).to_string()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, decimals) = match self.unit {
            Unit::Milliseconds => ("ms", if self.value < 10.0 { 2 } else { 1 }),
            Unit::Microseconds => ("µs", 0),
            Unit::Megabytes => ("MB", 2),
            Unit::Instructions => ("million", 2),
            Unit::Requests => ("requests", 0),
        };
        write!(formatter, "{:.decimals$} {unit}", self.value)?;
        match self.spread {
            Some((low, high)) => write!(formatter, " ({low:.decimals$}–{high:.decimals$})"),
            None => Ok(()),
        }
    }
}

/// Between the two nearest of the sorted values; zero when there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a handful of runs")]
    let place = last as f64 * share;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the slice's bounds")]
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle() {
        for (values, median, spread) in [
            (vec![3.0], 3.0, (3.0, 3.0)),
            (vec![4.0, 1.0], 2.5, (1.75, 3.25)),
            (vec![5.0, 1.0, 3.0, 2.0, 4.0], 3.0, (2.0, 4.0)),
        ] {
            let figure = Figure::median(Unit::Requests, values.clone());
            assert_eq!((figure.value, figure.spread), (median, Some(spread)), "{values:?}");
        }
    }

    #[test]
    fn figures_show_their_unit_and_spread() {
        let show = |unit, values: &[f64]| Figure::median(unit, values.to_vec()).to_string();
        assert_eq!(show(Unit::Milliseconds, &[1.0, 2.0, 3.0]), "2.00 ms (1.50–2.50)");
        assert_eq!(show(Unit::Milliseconds, &[100.0, 100.0]), "100.0 ms (100.0–100.0)");
        assert_eq!(Figure::single(Unit::Megabytes, 6.871).to_string(), "6.87 MB");
    }
}
