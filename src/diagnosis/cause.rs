//! The form of the table of causes: what each is recognised by, how strong that evidence is, and its words.

use std::borrow::Cow;

use crate::diagnosis::evidence::{Evidence, Site};
use crate::settings::flags::on_command_line;

/// A cause of a failure, and its words.
///
/// Texts are templates: `{name}` stands for a fact, see [`Evidence::value`].
pub(super) struct Cause {
    /// A stable name. Two entries with one name are the same cause with other evidence: only the stronger is told.
    pub(super) id: &'static str,
    /// The evidence that speaks for it; `None` when this failure cannot have this cause.
    pub(super) when: fn(&Evidence) -> Option<Rank>,
    /// When it applies, in words for the guide; empty for what may always be.
    pub(super) applies: &'static str,
    /// Cause, evidence and fix in one to four sentences, for the first place.
    pub(super) verdict: &'static str,
    /// Cause and fix in a line or two, for a later place.
    pub(super) other: &'static str,
}

/// How strong the evidence for a cause is, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// No evidence but the failure itself.
    Usual,
    /// What was sent could be the reason with some servers.
    Possible,
    /// The environment of this run.
    Environment,
    /// What is known of NICE's own addresses.
    Address,
    /// What an issuer's document lists.
    Discovery,
    /// Marks of the response.
    Response,
    /// The server's words.
    Words,
    /// A value that is probably wrong.
    Value,
    /// It explains the failure whole: nothing else is named beside it.
    Decisive,
}

/// A cause in its place, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranked {
    pub(super) id: Cow<'static, str>,
    pub(super) rank: Rank,
    pub(super) verdict: String,
    pub(super) other: String,
}

impl Cause {
    /// The cause in words, where `evidence` speaks for it.
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

/// Puts the facts into a template. A fact that is not known leaves a word that a reader can live with; a test finds
/// templates that ask for facts that do not exist.
pub(super) fn fill(template: &str, evidence: &Evidence) -> String {
    let text = replace(template, |name| evidence.value(name).unwrap_or_else(|| "unknown".to_owned()));
    // Before the text is laid out in lines.
    if evidence.site == Site::CommandLine { on_command_line(&text) } else { text }
}

/// Replaces each `{name}` by what `value` says.
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
