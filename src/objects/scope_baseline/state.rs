//! What the state holds, declaration and what was found, and how it goes from one to the next. Pure: CXone's response
//! comes in as a value.

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

/// What came of asking CXone for a declaration.
pub enum Found {
    /// It granted these scopes.
    Granted {
        /// The granted scopes.
        scopes: ScopeSet,
        /// Where they were read.
        source: ScopeSource,
    },
    /// It refused the declared scopes as such.
    Refused,
    /// It issued a token, and nothing tells what that grants.
    Unknown,
}

/// How the last thing found compares with the declaration.
pub enum Agreement {
    /// CXone granted what is declared.
    InSync,
    /// It granted something else, read from this source.
    Drifted(ScopeDrift, ScopeSource),
    /// It refused the declared scopes.
    Refused,
    /// Nothing is known: the grant could not be read, or CXone was never asked.
    Unknown,
}

impl Found {
    /// Whether a configuration could declare what was granted: RFC 6749 section 3.3 limits the characters.
    pub fn can_be_declared(&self) -> bool {
        match self {
            Self::Granted { scopes, .. } => ScopeSet::try_from_tokens(scopes.iter().cloned()).is_ok(),
            Self::Refused | Self::Unknown => false,
        }
    }
}

/// Why `scopes` is no declaration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDeclaration {
    /// Nothing is declared.
    #[error("it is null. Set at least one scope, or remove the resource")]
    Nothing,
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

    /// The plan of a verification. It succeeds only when CXone grants exactly what is declared, so the grant is known
    /// already where the declaration is.
    pub fn to_be_verified(scopes: Value<Vec<Value<String>>>) -> Self {
        let plan = Self {
            scopes,
            granted_scopes: Value::Unknown,
            missing_scopes: Value::Unknown,
            extra_scopes: Value::Unknown,
            scope_source: Value::Unknown,
            last_verified_at: Value::Unknown,
        };
        match plan.declaration() {
            Ok(Some(declared)) => Self {
                granted_scopes: stored(&declared),
                missing_scopes: stored(&ScopeSet::default()),
                extra_scopes: stored(&ScopeSet::default()),
                ..plan
            },
            _ => plan,
        }
    }

    /// The plan for an object that exists and shall declare `scopes`.
    ///
    /// The object stays as it is when the declaration does and CXone's last response agreed with it. Otherwise an
    /// update is planned: a difference in computed attributes alone would be "no changes" to Terraform.
    pub fn planned(&self, scopes: Value<Vec<Value<String>>>) -> Self {
        if same_declaration(&self.scopes, &scopes) && matches!(self.agreement(), Agreement::InSync) {
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

    /// The state after CXone was asked. The declaration stays; where there is none yet, after an import, what is granted
    /// becomes it. The time stays unless anything else changes, or every plan would show a change.
    pub fn with(&self, found: Found, at: SystemTime) -> Self {
        let nothing_known = |source: &str| Self {
            granted_scopes: Value::Null,
            missing_scopes: Value::Null,
            extra_scopes: Value::Null,
            scope_source: Value::Value(source.to_owned()),
            ..self.clone()
        };
        let next = match found {
            Found::Refused => nothing_known(REFUSED),
            Found::Unknown => nothing_known(ScopeSource::Unknown.as_str()),
            Found::Granted { scopes: granted, source } => {
                let (scopes, ScopeDrift { missing, extra }) = match self.declaration() {
                    Ok(Some(declared)) => (self.scopes.clone(), ScopeDrift::between(&declared, &granted)),
                    _ => (elements(&granted), ScopeDrift::default()),
                };
                Self {
                    scopes,
                    granted_scopes: stored(&granted),
                    missing_scopes: stored(&missing),
                    extra_scopes: stored(&extra),
                    scope_source: Value::Value(source.as_str().to_owned()),
                    last_verified_at: self.last_verified_at.clone(),
                }
            }
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

    /// Whether this can be the declaration of a configuration, as far as it is known.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn check(&self) -> Result<(), InvalidDeclaration> {
        if self.scopes.is_null() {
            return Err(InvalidDeclaration::Nothing);
        }
        self.declaration().map(drop)
    }

    /// The granted scopes as recorded; `None` when nothing is known of them.
    pub fn granted(&self) -> Option<ScopeSet> {
        match &self.granted_scopes {
            Value::Value(names) => Some(names.iter().cloned().collect()),
            Value::Null | Value::Unknown => None,
        }
    }

    /// How what was found last compares with the declaration.
    pub fn agreement(&self) -> Agreement {
        match (&self.missing_scopes, &self.extra_scopes, &self.scope_source) {
            (Value::Value(missing), Value::Value(extra), source) => {
                let scopes = |names: &BTreeSet<String>| names.iter().cloned().collect();
                let drift = ScopeDrift { missing: scopes(missing), extra: scopes(extra) };
                if drift.is_empty() {
                    return Agreement::InSync;
                }
                Agreement::Drifted(drift, ScopeSource::parse(known(source).map_or("", String::as_str)))
            }
            (_, _, Value::Value(source)) if source == REFUSED => Agreement::Refused,
            _ => Agreement::Unknown,
        }
    }
}

/// The value of `scope_source` where CXone refused the declared scopes. Tokens never have it: a refused exchange gives
/// none.
const REFUSED: &str = "refused";

/// Whether two declarations are the same set. An unknown one is the same as none.
pub fn same_declaration(one: &Value<Vec<Value<String>>>, other: &Value<Vec<Value<String>>>) -> bool {
    let set = |scopes: &Value<Vec<Value<String>>>| match scopes {
        Value::Value(elements) => elements.iter().map(|element| text(element).map(str::to_owned)).collect(),
        Value::Null | Value::Unknown => None::<BTreeSet<String>>,
    };
    matches!((set(one), set(other)), (Some(one), Some(other)) if one == other)
}

/// Terraform stores text in Unicode's composed form (NFC); another form would look like drift at every read.
fn stored(scopes: &ScopeSet) -> Value<BTreeSet<String>> {
    const FORM_C: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    Value::Value(scopes.iter().map(|name| FORM_C.normalize(name).into_owned()).collect())
}

fn elements(scopes: &ScopeSet) -> Value<Vec<Value<String>>> {
    Value::Value(scopes.iter().cloned().map(Value::Value).collect())
}

fn text(element: &Value<String>) -> Option<&str> {
    known(element).map(String::as_str)
}

fn known<T>(value: &Value<T>) -> Option<&T> {
    match value {
        Value::Value(value) => Some(value),
        Value::Null | Value::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn declared(text: &str) -> Value<Vec<Value<String>>> {
        Value::Value(ScopeSet::split(text).map(|scope| Value::Value(scope.to_owned())).collect())
    }

    fn granted(scopes: &str) -> Found {
        Found::Granted { scopes: ScopeSet::parse(scopes), source: ScopeSource::Response }
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn verified(scopes: &str, grants: &str) -> BaselineState {
        BaselineState::to_be_verified(declared(scopes)).with(granted(grants), at(0))
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
        assert!(state.with(granted("b a"), at(60)) == state);
        let drifted = state.with(granted("a"), at(60));
        assert!(drifted.last_verified_at == Value::Value("1970-01-01T00:01:00Z".into()));
        assert!(drifted.with(granted("a"), at(120)) == drifted);
        let claims = Found::Granted { scopes: ScopeSet::parse("a b"), source: ScopeSource::Claims };
        assert!(state.with(claims, at(60)).last_verified_at == drifted.last_verified_at);
        let refused = state.with(Found::Refused, at(60));
        assert!(refused.with(Found::Refused, at(120)) == refused && refused != state);
    }

    #[test]
    fn an_import_takes_the_grant_for_its_declaration() {
        let state = BaselineState::imported().with(granted("b a"), at(0));
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
            ("refused", verified("a", "a").with(Found::Refused, at(1)), declared("a"), true),
            ("unknown", verified("a", "a").with(Found::Unknown, at(1)), declared("a"), true),
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
        assert!(granted("a:read b").can_be_declared());
        assert!(!granted("caf\u{e9}").can_be_declared());
    }

    #[test]
    fn what_a_verification_can_only_end_in_is_known_before() {
        let known = BaselineState::to_be_verified(declared("b a"));
        assert!(
            known.granted_scopes == names("a b")
                && known.missing_scopes == names("")
                && known.extra_scopes == names("")
        );
        assert!(known.scope_source.is_unknown() && known.last_verified_at.is_unknown());
        let element = BaselineState::to_be_verified(Value::Value(vec![Value::Value("a".into()), Value::Unknown]));
        for unknown in [element, BaselineState::to_be_verified(Value::Unknown)] {
            assert!(unknown.granted_scopes.is_unknown() && unknown.missing_scopes.is_unknown());
        }
    }

    #[test]
    fn a_refusal_and_an_unreadable_grant_keep_the_declaration_and_claim_nothing() {
        for (found, source) in [(Found::Refused, "refused"), (Found::Unknown, "unknown")] {
            let state = verified("a b", "a").with(found, at(60));
            assert!(state.scopes == declared("a b") && state.scope_source == Value::Value(source.to_owned()));
            for attribute in [&state.granted_scopes, &state.missing_scopes, &state.extra_scopes] {
                assert!(attribute.is_null(), "{source}");
            }
            assert!(state.last_verified_at == Value::Value("1970-01-01T00:01:00Z".into()), "{source}");
            assert!(
                state.with(granted("a b"), at(120)).planned(declared("a b"))
                    != BaselineState::to_be_verified(declared("a b"))
            );
        }
    }

    #[test]
    fn a_configuration_declares_something() {
        assert_eq!(BaselineState::imported().check(), Err(InvalidDeclaration::Nothing));
        assert_eq!(BaselineState::to_be_verified(Value::Unknown).check(), Ok(()));
        assert_eq!(BaselineState::to_be_verified(declared("")).check(), Ok(()));
    }

    #[test]
    fn text_that_terraform_would_store_in_another_form_comes_to_rest() {
        let state = BaselineState::imported().declaring(declared("a"));
        let first = state.with(granted("a e\u{301}"), at(1));
        let stored: BaselineState = serde_json::from_value(serde_json::to_value(&first).unwrap()).unwrap();
        assert_eq!(stored.extra_scopes, Value::Value(BTreeSet::from(["\u{e9}".to_owned()])));
        assert!(stored.with(granted("a e\u{301}"), at(2)) == stored);
    }
}
