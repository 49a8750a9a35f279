//! The setting `scope_drift` at work.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::scope_drift::{Finding, Holder, Reaction, unreadable};
use super::source::{Source, Sourced};
use oauth::{GrantedScopes, ScopeDrift, ScopeSet};
use plugin::Diagnostics;

/// Judges grants, and remembers what it warned of: one warning for a declaration and what was granted for it, however
/// many objects share them.
pub struct Judge {
    reaction: Sourced<Reaction>,
    /// What was declared, and what was granted; `None` where that could not be read.
    warned: Mutex<HashSet<(ScopeSet, Option<ScopeSet>)>>,
}

impl Judge {
    /// A judge that has not warned of anything yet.
    pub fn new(reaction: Sourced<Reaction>) -> Self {
        Self { reaction, warned: Mutex::default() }
    }

    /// Compares what `holder` was granted with what was declared. A warning comes once, an error every time, lest a
    /// second object goes ahead. Where nothing was declared, there is nothing to judge.
    pub fn judge(
        &self,
        diags: &mut Diagnostics,
        declared: &Sourced<ScopeSet>,
        granted: &GrantedScopes,
        holder: Holder<'_>,
    ) {
        if declared.source == Source::Default || self.reaction.value == Reaction::Ignore {
            return;
        }
        match &granted.scopes {
            Some(scopes) if *scopes == declared.value => {}
            Some(scopes) => {
                let drift = ScopeDrift::between(&declared.value, scopes);
                let finding = Finding { drift: &drift, read_from: granted.source, holder, declared: &declared.source };
                match self.reaction.value {
                    Reaction::Error => diags.add_error(finding.diagnostic(&self.reaction)),
                    _ if self.is_news(&declared.value, Some(scopes)) => {
                        diags.add_warning(finding.diagnostic(&self.reaction));
                    }
                    _ => {}
                }
            }
            None => {
                if let Some(why) = granted.unreadable
                    && self.is_news(&declared.value, None)
                {
                    diags.add_warning(unreadable(holder, &declared.source, why));
                }
            }
        }
    }

    fn is_news(&self, declared: &ScopeSet, granted: Option<&ScopeSet>) -> bool {
        let case = (declared.clone(), granted.cloned());
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth::{ScopeSource, UnreadableScopes};

    const BLOCK: Source = Source::Block("scopes");

    fn judge(reaction: Reaction) -> Judge {
        Judge::new(Sourced { value: reaction, source: Source::Default })
    }

    /// Errors and warnings for a grant of `granted`; `None` is an `at+jwt` that does not say.
    fn verdict(judge: &Judge, source: Source, declared: &str, granted: Option<&str>) -> (usize, usize) {
        let granted = GrantedScopes {
            scopes: granted.map(ScopeSet::parse),
            source: ScopeSource::Response,
            unreadable: granted.is_none().then_some(UnreadableScopes::MissingClaim),
        };
        let declared = Sourced { value: ScopeSet::parse(declared), source };
        let mut diags = Diagnostics::default();
        judge.judge(&mut diags, &declared, &granted, Holder::Client { id: Some("abc-123"), host: "api.nicecxone.com" });
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
            let found = verdict(&judge(reaction), BLOCK, declared, granted);
            assert_eq!(found, expected, "{reaction:?}, declared {declared:?}, granted {granted:?}");
        }
    }

    #[test]
    fn a_declaration_is_warned_of_once_and_fails_every_time() {
        let warning = judge(Reaction::Warn);
        assert_eq!(verdict(&warning, BLOCK, "a b", Some("a")), (0, 1));
        assert_eq!(verdict(&warning, Source::Resource("scopes"), "b a", Some("a")), (0, 0));
        assert_eq!(verdict(&warning, Source::Resource("scopes"), "c", Some("a")), (0, 1));
        let failing = judge(Reaction::Error);
        assert_eq!(verdict(&failing, BLOCK, "a b", Some("a")), (1, 0));
        assert_eq!(verdict(&failing, BLOCK, "a b", Some("a")), (1, 0));
    }

    #[test]
    fn without_a_declaration_there_is_nothing_to_judge() {
        assert_eq!(verdict(&judge(Reaction::Error), Source::Default, "", Some("a")), (0, 0));
    }

    #[test]
    fn another_grant_for_the_same_declaration_is_news() {
        let judge = judge(Reaction::Warn);
        assert_eq!(verdict(&judge, BLOCK, "a b", Some("a")), (0, 1));
        assert_eq!(verdict(&judge, BLOCK, "a b", Some("a")), (0, 0));
        assert_eq!(verdict(&judge, BLOCK, "a b", Some("a b admin")), (0, 1));
        assert_eq!(verdict(&judge, BLOCK, "a b", None), (0, 1));
    }
}
