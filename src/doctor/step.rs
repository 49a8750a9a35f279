//! One line of the checklist.

use crate::settings::flags::on_command_line;
use plugin::Diagnostic;

/// A check and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// A stable name, such as `dns`.
    pub name: &'static str,
    pub verdict: Verdict,
    /// The finding in one line, without a period.
    pub summary: String,
    /// Causes and next steps; empty if the summary says everything.
    pub detail: String,
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing wrong.
    Fine,
    /// Likely wrong, or worth knowing.
    Warning,
    /// Wrong.
    Problem,
    /// Not checked, or nothing to check.
    Skipped,
}

impl Step {
    /// A step without a problem.
    pub(super) fn fine(name: &'static str, summary: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fine, summary: summary.into(), detail: String::new() }
    }

    /// A step that was not made, and the reason.
    pub(super) fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, ..Self::fine(name, why) }
    }

    /// A step with a diagnostic.
    pub(super) fn found(name: &'static str, verdict: Verdict, diagnostic: &Diagnostic) -> Self {
        Self { name, verdict, summary: diagnostic.summary.to_string(), detail: on_command_line(&diagnostic.detail) }
    }

    pub(super) fn is_finding(&self) -> bool {
        matches!(self.verdict, Verdict::Warning | Verdict::Problem)
    }
}

impl Verdict {
    /// The word for it in the report and in JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}
