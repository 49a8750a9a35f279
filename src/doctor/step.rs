//! One line of the checklist.

use crate::settings::flags::on_command_line;
use plugin::Diagnostic;

/// What was looked at and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// A stable name, such as `dns`.
    pub name: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// The finding in one line, without a period.
    pub summary: String,
    /// Causes and next steps; empty when there is nothing more to say.
    pub detail: String,
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing wrong.
    Fine,
    /// Likely wrong, or worth knowing.
    Warning,
    /// Wrong.
    Problem,
    /// Not looked at, or nothing to look at.
    Skipped,
}

impl Step {
    /// A step without a fault.
    pub(super) fn fine(name: &'static str, summary: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Fine, summary: summary.into(), detail: String::new() }
    }

    /// A step that was not taken, and why.
    pub(super) fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Skipped, ..Self::fine(name, why) }
    }

    /// A step with a finding.
    pub(super) fn found(name: &'static str, verdict: Verdict, diagnostic: &Diagnostic) -> Self {
        Self { name, verdict, summary: diagnostic.summary.to_string(), detail: on_command_line(&diagnostic.detail) }
    }

    /// Whether something was found.
    pub(super) fn is_finding(&self) -> bool {
        matches!(self.verdict, Verdict::Warning | Verdict::Problem)
    }
}

impl Verdict {
    /// The word for it, on the screen and in JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}
