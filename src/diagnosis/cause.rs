//! The form of the table of causes: the evidence for each, its strength, and the texts.

use std::borrow::Cow;

use crate::diagnosis::evidence::{Evidence, Site};
use crate::settings::flags::on_command_line;

/// A cause of a failure, and its texts.
///
/// Texts are templates: `{name}` is a fact, see [`Evidence::value`].
pub(super) struct Cause {
    /// A stable name. Entries with one name are one cause with different evidence: only the strongest is shown.
    pub(super) id: &'static str,
    /// The strength of the evidence; `None` if this failure cannot have this cause.
    pub(super) when: fn(&Evidence) -> Option<Rank>,
    /// The condition, in words for the guide; empty if the cause is always possible.
    pub(super) applies: &'static str,
    /// Cause, evidence and fix in one to four sentences, for the first place.
    pub(super) verdict: &'static str,
    /// Cause and fix in a line or two, for a later place.
    pub(super) other: &'static str,
}

/// The strength of evidence, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Only the failure itself.
    Usual,
    /// The request, which some servers reject.
    Possible,
    /// The environment of this run.
    Environment,
    /// Facts about NICE's own addresses.
    Address,
    /// An issuer's discovery document.
    Discovery,
    /// Marks of the response.
    Response,
    /// The server's words.
    Words,
    /// A probably wrong value.
    Value,
    /// It explains the failure completely, so no other cause is named.
    Decisive,
}

/// A cause in its place, with its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranked {
    pub(super) id: Cow<'static, str>,
    pub(super) rank: Rank,
    pub(super) verdict: String,
    pub(super) other: String,
}

impl Cause {
    /// The cause with its texts, if there is evidence for it.
    pub(super) fn judge(&self, evidence: &Evidence) -> Option<Ranked> {
        let rank = (self.when)(evidence)?;
        Some(Ranked {
            id: self.id.into(),
            rank,
            verdict: fill(self.verdict, evidence),
            other: fill(self.other, evidence),
        })
    }
}

/// Replaces the facts in a template. An unknown fact becomes a word that still makes sense. A test finds templates with
/// facts that do not exist.
pub(super) fn fill(template: &str, evidence: &Evidence) -> String {
    let text = replace(template, |name| evidence.value(name).unwrap_or_else(|| "unknown".to_owned()));
    // Before the layout, because this changes the length of lines.
    if evidence.site == Site::CommandLine { on_command_line(&text) } else { text }
}

/// Replaces each `{name}` by the result of `value`.
pub(super) fn replace(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, remainder)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push_str(&value(name));
        rest = remainder;
    }
    text.push_str(rest);
    text
}
