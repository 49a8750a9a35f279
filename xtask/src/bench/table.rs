//! The table of results.

use super::figure::Figure;

/// One line: a figure, what it is held against, and its budget.
pub(super) struct Row {
    what: String,
    figure: Figure,
    against: Option<(String, Figure)>,
    budget: Option<Budget>,
}

/// How much is allowed.
enum Budget {
    /// Times the figure it is held against.
    Ratio(f64),
    /// In the figure's own unit.
    Value(f64),
}

impl Row {
    pub(super) fn new(what: impl Into<String>, figure: Figure) -> Self {
        Self { what: what.into(), figure, against: None, budget: None }
    }

    pub(super) fn against(self, what: impl Into<String>, figure: Figure) -> Self {
        Self { against: Some((what.into(), figure)), ..self }
    }

    /// At most this many times the figure that it is held against.
    pub(super) fn within_ratio(self, ratio: f64) -> Self {
        Self { budget: Some(Budget::Ratio(ratio)), ..self }
    }

    /// At most this much, in its own unit.
    pub(super) fn within(self, value: f64) -> Self {
        Self { budget: Some(Budget::Value(value)), ..self }
    }

    fn ratio(&self) -> Option<f64> {
        self.against.as_ref().map(|(_, other)| self.figure.value / other.value)
    }

    fn budget(&self) -> (String, &'static str) {
        let (text, kept) = match self.budget {
            None => return Default::default(),
            Some(Budget::Ratio(limit)) => (format!("× {limit:.2}"), self.ratio().is_some_and(|ratio| ratio <= limit)),
            Some(Budget::Value(limit)) => (self.figure.in_unit(limit), self.figure.value <= limit),
        };
        (text, if kept { "met" } else { "**not met**" })
    }

    fn line(&self) -> String {
        let against = self.against.as_ref().map(|(what, figure)| (what.as_str(), figure.to_string()));
        let (other, figure) = against.unwrap_or_default();
        let ratio = self.ratio().map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
        let (budget, verdict) = self.budget();
        format!("| {} | {} | {other} | {figure} | {ratio} | {budget} | {verdict} |\n", self.what, self.figure)
    }
}

/// The rows as a Markdown table.
pub(super) fn markdown(rows: &[Row]) -> String {
    let head = "| what | | against | | ratio | budget | |\n|---|---|---|---|---|---|---|\n".to_owned();
    rows.iter().map(Row::line).fold(head, |text, line| text + &line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::Unit;

    #[test]
    fn budgets_are_judged_by_ratio_or_by_value() {
        let figure = |value| Figure::single(Unit::Milliseconds, value);
        let rows = [
            Row::new("a", figure(3.0)).against("b", figure(2.0)).within_ratio(1.5),
            Row::new("a", figure(3.1)).against("b", figure(2.0)).within_ratio(1.5),
            Row::new("a", figure(3.0)).within(2.9),
            Row::new("a", figure(3.0)),
        ];
        let text = markdown(&rows);
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "| a | 3.00 ms | b | 2.00 ms | 1.500 | × 1.50 | met |");
        assert!(lines[1].ends_with("| 1.550 | × 1.50 | **not met** |"), "{}", lines[1]);
        assert_eq!(lines[2], "| a | 3.00 ms |  |  |  | 2.90 ms | **not met** |");
        assert_eq!(lines[3], "| a | 3.00 ms |  |  |  |  |  |");
    }
}
