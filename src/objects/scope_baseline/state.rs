//! What the state holds, and how it may go from one to the next. Pure: CXone's answer comes in as a value.

use std::collections::BTreeSet;
use std::time::SystemTime;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use oauth::{InvalidScope, ScopeDrift, ScopeSet, ScopeSource};
use plugin::value::Value;

/// The attributes of the resource; scope names only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineState {
    /// The declared baseline. A list here, so that several unknown elements stay several.
    pub scopes: Value<Vec<Value<String>>>,
    granted_scopes: Value<BTreeSet<String>>,
    missing_scopes: Value<BTreeSet<String>>,
    extra_scopes: Value<BTreeSet<String>>,
    scope_source: Value<String>,
    last_verified_at: Value<String>,
}

/// What CXone grants at one moment.
pub struct Observation {
    /// The granted scopes.
    pub granted: ScopeSet,
    /// Where they were read.
    pub source: ScopeSource,
    /// When.
    pub at: SystemTime,
}

impl Observation {
    /// Whether a configuration could declare what was granted: RFC 6749 section 3.3 limits the characters.
    pub fn can_be_declared(&self) -> bool {
        ScopeSet::try_from_tokens(self.granted.iter().cloned()).is_ok()
    }
}

/// Why `scopes` is no declaration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDeclaration {
    /// A null among the scopes.
    #[error("a scope may not be null")]
    Null,
    /// A scope that RFC 6749 section 3.3 does not allow.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
}

impl BaselineState {
    /// Nothing is known yet: what an import begins with.
    pub fn imported() -> Self {
        Self {
            scopes: Value::Null,
            granted_scopes: Value::Null,
            missing_scopes: Value::Null,
            extra_scopes: Value::Null,
            scope_source: Value::Null,
            last_verified_at: Value::Null,
        }
    }

    /// The plan of a verification: everything computed is known only after it.
    pub fn to_be_verified(scopes: Value<Vec<Value<String>>>) -> Self {
        Self {
            scopes,
            granted_scopes: Value::Unknown,
            missing_scopes: Value::Unknown,
            extra_scopes: Value::Unknown,
            scope_source: Value::Unknown,
            last_verified_at: Value::Unknown,
        }
    }

    /// The plan for an object that exists and shall declare `scopes`.
    ///
    /// The object stays as it is when the declaration does and the last answer of CXone agreed with it. Otherwise an
    /// update is planned. Drift alone would show in computed attributes only, and Terraform calls that "no changes".
    pub fn planned(&self, scopes: Value<Vec<Value<String>>>) -> Self {
        if same_declaration(&self.scopes, &scopes) && self.is_in_sync() {
            self.declaring(scopes)
        } else {
            Self::to_be_verified(scopes)
        }
    }

    /// Whether the state comes from an import and has no declaration yet.
    pub fn is_imported(&self) -> bool {
        self.scopes.is_null()
    }

    /// The same with another declaration.
    pub fn declaring(&self, scopes: Value<Vec<Value<String>>>) -> Self {
        Self { scopes, ..self.clone() }
    }

    /// The state after CXone answered. Where there is no declaration yet, after an import, what is granted becomes
    /// it. The time of verification stays unless anything else changes.
    pub fn observed(&self, observation: Observation) -> Self {
        let names = |scopes: ScopeSet| scopes.iter().map(|name| stored_form(name)).collect::<BTreeSet<_>>();
        let Observation { granted, source, at } = observation;
        let (scopes, ScopeDrift { missing, extra }) = match self.declaration() {
            Ok(Some(declared)) => (self.scopes.clone(), ScopeDrift::between(&declared, &granted)),
            _ => (elements(&granted), ScopeDrift::default()),
        };
        let next = Self {
            scopes,
            granted_scopes: Value::Value(names(granted)),
            missing_scopes: Value::Value(names(missing)),
            extra_scopes: Value::Value(names(extra)),
            scope_source: Value::Value(source.as_str().to_owned()),
            last_verified_at: self.last_verified_at.clone(),
        };
        if next == *self {
            return next;
        }
        let time = humantime::format_rfc3339_seconds(at).to_string();
        Self { last_verified_at: Value::Value(time), ..next }
    }

    /// The declared scopes; `None` when they are null or not wholly known.
    ///
    /// # Errors
    ///
    /// The first element that is no scope.
    pub fn declaration(&self) -> Result<Option<ScopeSet>, InvalidDeclaration> {
        let Value::Value(elements) = &self.scopes else { return Ok(None) };
        if elements.iter().any(Value::is_null) {
            return Err(InvalidDeclaration::Null);
        }
        let known = elements.iter().filter_map(text);
        let scopes = ScopeSet::try_from_tokens(known)?;
        Ok((!elements.iter().any(Value::is_unknown)).then_some(scopes))
    }

    /// How the grant differed from the declaration when CXone was last asked; `None` when it never was.
    pub fn drift(&self) -> Option<(ScopeDrift, ScopeSource)> {
        match (&self.missing_scopes, &self.extra_scopes, &self.scope_source) {
            (Value::Value(missing), Value::Value(extra), Value::Value(source)) => {
                let scopes = |names: &BTreeSet<String>| names.iter().cloned().collect();
                Some((ScopeDrift { missing: scopes(missing), extra: scopes(extra) }, ScopeSource::parse(source)))
            }
            _ => None,
        }
    }

    fn is_in_sync(&self) -> bool {
        self.drift().is_some_and(|(drift, _)| drift.is_empty())
    }
}

/// Whether two declarations are the same set. An unknown one is the same as none.
pub fn same_declaration(one: &Value<Vec<Value<String>>>, other: &Value<Vec<Value<String>>>) -> bool {
    let set = |scopes: &Value<Vec<Value<String>>>| match scopes {
        Value::Value(elements) => elements.iter().map(|element| text(element).map(str::to_owned)).collect(),
        Value::Null | Value::Unknown => None::<BTreeSet<String>>,
    };
    matches!((set(one), set(other)), (Some(one), Some(other)) if one == other)
}

/// Terraform stores text in Unicode's composed form (NFC); another form would look like drift at every read.
fn stored_form(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(name).into_owned()
}

fn elements(scopes: &ScopeSet) -> Value<Vec<Value<String>>> {
    Value::Value(scopes.iter().cloned().map(Value::Value).collect())
}

fn text(element: &Value<String>) -> Option<&str> {
    match element {
        Value::Value(text) => Some(text),
        Value::Null | Value::Unknown => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::time::Duration;

    pub(in super::super) fn declared(text: &str) -> Value<Vec<Value<String>>> {
        Value::Value(ScopeSet::split(text).map(|scope| Value::Value(scope.to_owned())).collect())
    }

    fn seen(granted: &str, seconds: u64) -> Observation {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Observation { granted: ScopeSet::parse(granted), source: ScopeSource::Response, at }
    }

    pub(in super::super) fn verified(scopes: &str, granted: &str) -> BaselineState {
        BaselineState::to_be_verified(declared(scopes)).observed(seen(granted, 0))
    }

    fn names(text: &str) -> Value<BTreeSet<String>> {
        Value::Value(ScopeSet::parse(text).iter().cloned().collect())
    }

    #[test]
    fn an_answer_fills_every_computed_attribute() {
        let state = verified("a b", "b c");
        assert!(state.scopes == declared("a b"));
        assert!(state.granted_scopes == names("b c"));
        assert!(state.missing_scopes == names("a"));
        assert!(state.extra_scopes == names("c"));
        assert!(state.scope_source == Value::Value("response".into()));
        assert!(state.last_verified_at == Value::Value("1970-01-01T00:00:00Z".into()));
    }

    #[test]
    fn the_time_moves_only_with_the_rest() {
        let state = verified("b a", "a b");
        assert!(state.observed(seen("b a", 60)) == state);
        let drifted = state.observed(seen("a", 60));
        assert!(drifted.last_verified_at == Value::Value("1970-01-01T00:01:00Z".into()));
        assert!(drifted.observed(seen("a", 120)) == drifted);
        let claims = Observation { source: ScopeSource::Claims, ..seen("a b", 60) };
        assert!(state.observed(claims).last_verified_at == drifted.last_verified_at);
    }

    #[test]
    fn an_import_takes_the_grant_for_its_declaration() {
        let state = BaselineState::imported().observed(seen("b a", 0));
        assert!(state.scopes == declared("a b"));
        assert!(state.missing_scopes == names("") && state.extra_scopes == names(""));
        assert!(state.planned(declared("b a")) == verified("b a", "a b"));
    }

    #[test]
    fn an_update_is_planned_exactly_when_something_is_to_be_verified() {
        let unknown_element = Value::Value(vec![Value::Value("a".into()), Value::Unknown]);
        let cases = [
            ("in sync", verified("a b", "a b"), declared("a b"), false),
            ("in sync, other order", verified("a b", "a b"), declared("b a"), false),
            ("declared and granted nothing", verified("", ""), declared(""), false),
            ("missing", verified("a b", "a"), declared("a b"), true),
            ("extra", verified("a", "a b"), declared("a"), true),
            ("declaration widened", verified("a", "a"), declared("a b"), true),
            ("declaration narrowed", verified("a b", "a b"), declared("a"), true),
            ("declaration unknown", verified("a", "a"), Value::Unknown, true),
            ("element unknown", verified("a", "a"), unknown_element, true),
            ("imported, never seen", BaselineState::imported(), declared("a"), true),
        ];
        for (name, prior, scopes, updates) in cases {
            let planned = prior.planned(scopes.clone());
            assert!(planned.scopes == scopes, "{name}");
            assert_eq!(planned == BaselineState::to_be_verified(scopes), updates, "{name}");
            let unchanged = planned == BaselineState { scopes: planned.scopes.clone(), ..prior };
            assert_eq!(unchanged, !updates, "{name}");
        }
    }

    #[test]
    fn declarations_are_checked_as_far_as_they_are_known() {
        let of = |elements| BaselineState::to_be_verified(Value::Value(elements)).declaration();
        let scope = |text: &str| Value::Value(text.to_owned());
        assert_eq!(of(vec![scope("b"), scope("a")]), Ok(Some(ScopeSet::parse("a b"))));
        assert_eq!(of(vec![scope("a"), Value::Unknown]), Ok(None));
        assert_eq!(of(vec![scope("a"), Value::Null]), Err(InvalidDeclaration::Null));
        let space = InvalidScope::Character { character: ' ', position: 2 };
        assert_eq!(of(vec![scope("a b"), Value::Unknown]), Err(InvalidDeclaration::Scope(space)));
        assert_eq!(BaselineState::imported().declaration(), Ok(None));
        assert_eq!(BaselineState::to_be_verified(Value::Unknown).declaration(), Ok(None));
    }

    #[test]
    fn unknown_elements_survive_the_wire_one_by_one() {
        let scopes = Value::Value(vec![Value::Unknown, Value::Value("a".to_owned()), Value::Unknown]);
        let state = BaselineState::to_be_verified(scopes);
        let wire = rmp_serde::to_vec_named(&state).unwrap();
        assert!(rmp_serde::from_slice::<BaselineState>(&wire).unwrap() == state);
    }

    #[test]
    fn only_scopes_of_the_standard_can_be_declared() {
        assert!(seen("a:read b", 0).can_be_declared());
        assert!(!seen("caf\u{e9}", 0).can_be_declared());
    }

    #[test]
    fn text_that_terraform_would_store_in_another_form_comes_to_rest() {
        let state = BaselineState::imported().declaring(declared("a"));
        let first = state.observed(seen("a e\u{301}", 1));
        let stored: BaselineState = serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap();
        assert_eq!(stored.extra_scopes, Value::Value(BTreeSet::from(["\u{e9}".to_owned()])));
        assert!(stored.observed(seen("a e\u{301}", 2)) == stored);
    }
}
