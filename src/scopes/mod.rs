//! Compares declared with granted scopes. The setting `scope_drift` decides whether a difference is a warning, an error
//! or ignored.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::settings::claims::ExpectedClaims;
use crate::settings::config::Reaction;
use crate::settings::source::{Origin, Source, Sourced};
use crate::text::shown;
use oauth::{GrantedScopes, ScopeDrift, ScopeSet, ScopeSource, UnreadableScopes};
use plugin::{AttributePath, Diagnostic, Diagnostics};

/// Compares grants with declarations. It warns once for each pair of declaration and grant, no matter how many objects
/// share it.
pub struct Judge {
    reaction: Sourced<Reaction>,
    warned: Mutex<HashSet<Case>>,
}

/// A case that gets one warning.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// The declared or requested scopes.
    pub declared: ScopeSet,
    /// The declared claims, if the warning is also about them.
    pub claims: Option<ExpectedClaims>,
    /// The granted scopes; `None` if they are unknown or the scopes were rejected.
    pub granted: Option<ScopeSet>,
}

impl Case {
    fn of_scopes(declared: &ScopeSet, granted: Option<&ScopeSet>) -> Self {
        Self { declared: declared.clone(), claims: None, granted: granted.cloned() }
    }
}

impl Judge {
    /// A judge that has not warned yet.
    pub fn new(reaction: Sourced<Reaction>) -> Self {
        Self { reaction, warned: Mutex::default() }
    }

    /// Compares the grant of `holder` with the declaration. A warning is added once, an error every time, so that no
    /// second object continues with a wrong grant. Without a declaration, there is nothing to compare.
    pub fn judge(
        &self,
        diags: &mut Diagnostics,
        declared: &Sourced<ScopeSet>,
        granted: &GrantedScopes,
        holder: Holder<'_>,
    ) {
        if declared.source.is_default() || self.reaction.value == Reaction::Ignore {
            return;
        }
        match &granted.scopes {
            // As sets: the order and repetitions of scopes mean nothing (RFC 6749 section 3.3).
            Some(scopes) if *scopes == declared.value => {}
            Some(scopes) => {
                let drift = ScopeDrift::between(&declared.value, scopes);
                let finding =
                    DriftReport { drift: &drift, read_from: granted.source, holder, declared: &declared.source };
                match self.reaction.value {
                    // Every time, because each object with a wrong grant must fail.
                    Reaction::Error => diags.add_error(finding.diagnostic(&self.reaction)),
                    _ if self.is_news(Case::of_scopes(&declared.value, Some(scopes))) => {
                        diags.add_warning(finding.diagnostic(&self.reaction));
                    }
                    _ => {}
                }
            }
            None => {
                if let Some(why) = granted.unreadable
                    && self.is_news(Case::of_scopes(&declared.value, None))
                {
                    diags.add_warning(unreadable(holder, &declared.source, why));
                }
            }
        }
    }

    /// Whether this case is new. Remembers it.
    pub fn is_news(&self, case: Case) -> bool {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(case)
    }
}

/// The owner of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A client that exchanged its credentials.
    Client {
        /// The client's identifier; `None` if it may be a secret.
        id: Option<&'a str>,
        /// The host of the token endpoint.
        host: &'a str,
    },
    /// An access key of the regional service.
    AccessKey {
        /// The host of the service.
        host: &'a str,
    },
    /// Unknown: the token comes from `access_token`, and this is its source.
    Token(&'a Source),
}

/// A difference, and the facts of its diagnostic.
#[derive(Debug, Clone, Copy)]
pub struct DriftReport<'a> {
    /// The difference.
    pub drift: &'a ScopeDrift,
    /// Where the granted scopes were read.
    pub read_from: ScopeSource,
    /// The owner of the grant.
    pub holder: Holder<'a>,
    /// Where the scopes were declared.
    pub declared: &'a Source,
}

impl DriftReport<'_> {
    /// The diagnostic of the setting `scope_drift`.
    pub fn diagnostic(&self, reaction: &Sourced<Reaction>) -> Diagnostic {
        let why = match reaction.value {
            Reaction::Error => format!("This is an error because `scope_drift` is `error` ({}).", reaction.source),
            Reaction::Warn | Reaction::Ignore => {
                "To make this an error, set `scope_drift` in the provider block to `error`; to silence it, set \
                 `ignore`."
                    .to_owned()
            }
        };
        let summary = if self.drift.missing.is_empty() {
            "CXone granted more scopes than declared"
        } else {
            "CXone did not grant the declared scopes"
        };
        Diagnostic {
            summary: summary.into(),
            detail: format!(
                "The declared scopes ({}) differ from those granted to {}.\n\n{}\n\n{why}",
                self.declared,
                granted_to(self.holder),
                self.paragraphs(),
            )
            .into(),
            attribute: attribute(self.declared),
        }
    }

    /// The scopes that differ, where the grant was read, and the next step.
    pub fn paragraphs(&self) -> String {
        let ScopeDrift { missing, extra } = self.drift;
        let mut lines = Vec::new();
        if !missing.is_empty() {
            lines.push(format!("Missing (declared, not granted): {}.", names(missing)));
        }
        if !extra.is_empty() {
            lines.push(format!("Extra (granted, not declared): {}.", names(extra)));
        }
        format!(
            "{}\n\nThe granted scopes come from {}.\n\n{}",
            lines.join("\n"),
            origin(self.read_from),
            self.next_step()
        )
    }

    fn next_step(&self) -> String {
        let setting = setting(self.declared);
        let ScopeDrift { missing, extra } = self.drift;
        let (missing_them, missing_it) = mention(missing, "missing");
        let (extra_them, extra_it) = mention(extra, "extra");
        let (add, revoke) = match self.holder {
            Holder::Client { id, .. } => {
                let client = client(id);
                (
                    format!("in CXone, add {missing_them} to the integration of {client}"),
                    format!("in CXone, remove {extra_them} from the integration of {client}"),
                )
            }
            Holder::AccessKey { .. } => (
                format!("in CXone, grant {missing_them} to the owner of the access key"),
                format!("in CXone, revoke {extra_them} from the owner of the access key"),
            ),
            Holder::Token(_) => {
                (format!("use a token with {missing_them}"), format!("use a token without {extra_them}"))
            }
        };
        let for_missing = format!("{add}, or remove {missing_it} from {setting}");
        let for_extra = format!("{revoke}, or add {extra_it} to {setting}");
        match (missing.is_empty(), extra.is_empty()) {
            (false, true) => format!("Next step: {for_missing}."),
            (true, false) => format!("Next step: {for_extra}."),
            _ => format!("Next steps: {for_missing}; {for_extra}."),
        }
    }
}

/// The warning that the granted scopes cannot be read, and that "as requested" cannot be assumed.
pub fn unreadable(holder: Holder<'_>, declared: &Source, why: UnreadableScopes) -> Diagnostic {
    let holder = granted_to(holder);
    let evidence = match why {
        UnreadableScopes::Response => format!(
            "Scopes are declared ({declared}), but the `scope` in the response for {holder} is neither text nor a \
             list of texts."
        ),
        UnreadableScopes::Claims => format!(
            "Scopes are declared ({declared}), but the response does not list the granted scopes, and the scope \
             claim in the token of {holder} is neither text nor a list of texts."
        ),
        UnreadableScopes::MissingClaim => format!(
            "Scopes were requested ({declared}), but the response does not list the granted scopes, and the token of \
             {holder} has the type `at+jwt` without a `scope` claim. A response without `scope` usually means \"as \
             requested\" (RFC 6749 section 5.1). A token of this type should then have the claim (RFC 9068 section \
             2.2.3). One server is known to send this response when it granted nothing."
        ),
    };
    Diagnostic {
        summary: "The granted scopes are unknown".into(),
        detail: format!(
            "{evidence}\n\n`granted_scopes`, `missing_scopes`, `extra_scopes` and `scope_drift_detected` are \
             therefore null. Compare the scopes of the integration in CXone with {} by hand.",
            setting(declared),
        )
        .into(),
        attribute: attribute(declared),
    }
}

/// The scopes for a sentence: escaped, the first `MAX_NAMES` by name, the rest as a number.
pub fn names(scopes: &ScopeSet) -> String {
    let mut text = scopes.iter().take(MAX_NAMES).map(|scope| shown(scope)).collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = scopes.len().checked_sub(MAX_NAMES) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// The place where a grant was read, for a sentence.
fn origin(source: ScopeSource) -> &'static str {
    match source {
        ScopeSource::Response => "the `scope` of the token response",
        ScopeSource::Claims => "the claims of the token (a JWT; its signature was not verified)",
        ScopeSource::Requested => {
            "the request: the response has no `scope`, which means \"as requested\" (RFC 6749 \
                                   section 5.1)"
        }
        ScopeSource::Unknown => "nowhere: neither the response nor the token lists them",
    }
}

/// The owner of a grant, for a sentence.
pub fn granted_to(holder: Holder<'_>) -> String {
    match holder {
        Holder::Client { id, host } => format!("{} at {}", client(id), shown(host)),
        Holder::AccessKey { host } => format!("the access key at {}", shown(host)),
        Holder::Token(source) => format!("the token {source}"),
    }
}

fn client(id: Option<&str>) -> String {
    id.map_or_else(|| "the client".to_owned(), |id| format!("client {}", shown(id)))
}

/// One scope by name, or several as "the missing scopes"; and the pronoun for them.
fn mention<'a>(scopes: &'a ScopeSet, kind: &str) -> (Cow<'a, str>, &'static str) {
    match (scopes.len(), scopes.iter().next()) {
        (1, Some(scope)) => (shown(scope), "it"),
        _ => (format!("the {kind} scopes").into(), "them"),
    }
}

fn setting(declared: &Source) -> Cow<'static, str> {
    match declared.origin {
        Origin::Environment(variable) => format!("the environment variable {variable}").into(),
        Origin::Flag(flag) => format!("the flag {flag}").into(),
        Origin::Block(_) | Origin::Resource(_) | Origin::AuthFile(_) | Origin::Default => "`scopes`".into(),
    }
}

fn attribute(declared: &Source) -> AttributePath {
    match declared.origin {
        Origin::Block(attribute) | Origin::Resource(attribute) => AttributePath::new(attribute),
        _ => AttributePath::root(),
    }
}

// A server can grant any number of scopes, and a diagnostic must stay readable.
const MAX_NAMES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Holder<'_> = Holder::Client { id: Some("abc-123"), host: "api.nicecxone.com" };
    static BLOCK: Source = Source::block("scopes");

    fn finding<'a>(drift: &'a ScopeDrift, declared: &'a Source) -> DriftReport<'a> {
        DriftReport { drift, read_from: ScopeSource::Response, holder: CLIENT, declared }
    }

    fn drift(declared: &str, granted: &str) -> ScopeDrift {
        ScopeDrift::between(&ScopeSet::parse(declared), &ScopeSet::parse(granted))
    }

    fn reaction(value: Reaction) -> Sourced<Reaction> {
        Sourced { value, source: Source::environment("CXONE_SCOPE_DRIFT") }
    }

    #[test]
    fn a_missing_scope_says_what_to_add_or_remove() {
        let diagnostic = finding(&drift("a:read b:write", "a:read"), &BLOCK).diagnostic(&reaction(Reaction::Warn));
        assert_eq!(diagnostic.attribute, AttributePath::new("scopes"));
        insta::assert_snapshot!(format!("{}\n\n{}", diagnostic.summary, diagnostic.detail), @"
        CXone did not grant the declared scopes

        The declared scopes (from `scopes` in the provider block) differ from those granted to client abc-123 at api.nicecxone.com.

        Missing (declared, not granted): b:write.

        The granted scopes come from the `scope` of the token response.

        Next step: in CXone, add b:write to the integration of client abc-123, or remove it from `scopes`.

        To make this an error, set `scope_drift` in the provider block to `error`; to silence it, set `ignore`.
        ");
    }

    #[test]
    fn both_directions_from_the_environment_as_an_error() {
        let declared = Source::environment("CXONE_SCOPES");
        let drift = drift("a b c", "c x");
        let finding = DriftReport { read_from: ScopeSource::Claims, ..finding(&drift, &declared) };
        let diagnostic = finding.diagnostic(&reaction(Reaction::Error));
        assert_eq!(diagnostic.attribute, AttributePath::root());
        insta::assert_snapshot!(diagnostic.detail, @"
        The declared scopes (from the environment variable CXONE_SCOPES) differ from those granted to client abc-123 at api.nicecxone.com.

        Missing (declared, not granted): a, b.
        Extra (granted, not declared): x.

        The granted scopes come from the claims of the token (a JWT; its signature was not verified).

        Next steps: in CXone, add the missing scopes to the integration of client abc-123, or remove them from the environment variable CXONE_SCOPES; in CXone, remove x from the integration of client abc-123, or add it to the environment variable CXONE_SCOPES.

        This is an error because `scope_drift` is `error` (from the environment variable CXONE_SCOPE_DRIFT).
        ");
    }

    #[test]
    fn a_handed_over_token_has_no_client() {
        let source = Source::environment("CXONE_ACCESS_TOKEN");
        let drift = drift("a", "a x");
        let finding = DriftReport { holder: Holder::Token(&source), ..finding(&drift, &BLOCK) };
        insta::assert_snapshot!(finding.diagnostic(&reaction(Reaction::Warn)).detail, @"
        The declared scopes (from `scopes` in the provider block) differ from those granted to the token from the environment variable CXONE_ACCESS_TOKEN.

        Extra (granted, not declared): x.

        The granted scopes come from the `scope` of the token response.

        Next step: use a token without x, or add it to `scopes`.

        To make this an error, set `scope_drift` in the provider block to `error`; to silence it, set `ignore`.
        ");
    }

    #[test]
    fn hostile_scopes_are_shown_escaped_and_cut() {
        let cases = [
            ("plain", "cxone:api/v1.read~", "cxone:api/v1.read~"),
            ("empty", "", "\"\""),
            ("control characters", "a\u{1b}[31m\u{7}", r#""a\u{1b}[31m\u{7}""#),
            ("line break", "a\nError: no", r#""a\nError: no""#),
            ("quote", "a\"b", r#""a\"b""#),
            ("backslash", "a\\b", r#""a\\b""#),
            ("the list's own comma", "a,b", r#""a,b""#),
            ("non-ASCII", "\u{202e}é", r#""\u{202e}\u{e9}""#),
        ];
        for (name, scope, expected) in cases {
            assert_eq!(shown(scope), expected, "{name}");
        }
        let long = shown(&"é".repeat(5_000)).into_owned();
        assert!(long.ends_with("\\u{e9}…\"") && long.len() < 1_000);
    }

    #[test]
    fn long_lists_are_counted_after_fifty() {
        let scopes = |count: usize| (0..count).map(|index| format!("s{index:05}")).collect::<ScopeSet>();
        assert!(names(&scopes(50)).ends_with("s00048, s00049"));
        assert!(names(&scopes(51)).ends_with("s00049 and 1 more"));
        assert!(names(&scopes(10_000)).ends_with("s00049 and 9950 more"));
        let many = ScopeDrift { missing: scopes(10_000), extra: ScopeSet::default() };
        assert!(finding(&many, &BLOCK).diagnostic(&reaction(Reaction::Warn)).detail.len() < 2_000);
    }

    #[test]
    fn an_unreadable_grant_claims_nothing() {
        insta::assert_snapshot!(unreadable(CLIENT, &BLOCK, UnreadableScopes::MissingClaim).detail, @r#"
        Scopes were requested (from `scopes` in the provider block), but the response does not list the granted scopes, and the token of client abc-123 at api.nicecxone.com has the type `at+jwt` without a `scope` claim. A response without `scope` usually means "as requested" (RFC 6749 section 5.1). A token of this type should then have the claim (RFC 9068 section 2.2.3). One server is known to send this response when it granted nothing.

        `granted_scopes`, `missing_scopes`, `extra_scopes` and `scope_drift_detected` are therefore null. Compare the scopes of the integration in CXone with `scopes` by hand.
        "#);
    }

    #[test]
    fn the_setting_takes_three_values() {
        let cases = [("warn", Reaction::Warn), ("error", Reaction::Error), ("ignore", Reaction::Ignore)];
        for (text, expected) in cases {
            assert_eq!(Reaction::parse(text), Ok(expected), "{text}");
        }
        assert!(Reaction::parse("WARN").is_err());
    }

    fn judge(reaction: Reaction) -> Judge {
        Judge::new(Sourced { value: reaction, source: Source::DEFAULT })
    }

    /// The number of errors and warnings for a grant of `granted`; `None` is an `at+jwt` without a `scope` claim.
    fn verdict(judge: &Judge, source: Source, declared: &str, granted: Option<&str>) -> (usize, usize) {
        let granted = GrantedScopes {
            scopes: granted.map(ScopeSet::parse),
            source: ScopeSource::Response,
            unreadable: granted.is_none().then_some(UnreadableScopes::MissingClaim),
        };
        let declared = Sourced { value: ScopeSet::parse(declared), source };
        let mut diags = Diagnostics::default();
        judge.judge(&mut diags, &declared, &granted, CLIENT);
        (diags.errors.len(), diags.warnings.len())
    }

    #[test]
    fn the_setting_decides_the_severity() {
        let cases = [
            (Reaction::Warn, "a", Some("a b"), (0, 1)),
            (Reaction::Error, "a", Some("a b"), (1, 0)),
            (Reaction::Ignore, "a", Some("a b"), (0, 0)),
            (Reaction::Error, "a b", Some("b a"), (0, 0)),
            (Reaction::Warn, "a", None, (0, 1)),
            (Reaction::Error, "a", None, (0, 1)),
            (Reaction::Ignore, "a", None, (0, 0)),
            (Reaction::Error, "", Some("a"), (1, 0)),
        ];
        for (reaction, declared, granted, expected) in cases {
            let found = verdict(&judge(reaction), BLOCK.clone(), declared, granted);
            assert_eq!(found, expected, "{reaction:?}, declared {declared:?}, granted {granted:?}");
        }
    }

    #[test]
    fn a_declaration_is_warned_of_once_and_fails_every_time() {
        let warning = judge(Reaction::Warn);
        assert_eq!(verdict(&warning, BLOCK.clone(), "a b", Some("a")), (0, 1));
        assert_eq!(verdict(&warning, Source::resource("scopes"), "b a", Some("a")), (0, 0));
        assert_eq!(verdict(&warning, Source::resource("scopes"), "c", Some("a")), (0, 1));
        let failing = judge(Reaction::Error);
        assert_eq!(verdict(&failing, BLOCK.clone(), "a b", Some("a")), (1, 0));
        assert_eq!(verdict(&failing, BLOCK.clone(), "a b", Some("a")), (1, 0));
    }

    #[test]
    fn without_a_declaration_there_is_nothing_to_judge() {
        assert_eq!(verdict(&judge(Reaction::Error), Source::DEFAULT, "", Some("a")), (0, 0));
    }

    #[test]
    fn another_grant_for_the_same_declaration_is_news() {
        let judge = judge(Reaction::Warn);
        assert_eq!(verdict(&judge, BLOCK.clone(), "a b", Some("a")), (0, 1));
        assert_eq!(verdict(&judge, BLOCK.clone(), "a b", Some("a")), (0, 0));
        assert_eq!(verdict(&judge, BLOCK.clone(), "a b", Some("a b admin")), (0, 1));
        assert_eq!(verdict(&judge, BLOCK.clone(), "a b", None), (0, 1));
    }
}
