//! The state: a declaration, CXone's response to it, and the transitions between states. Pure: the response is a
//! parameter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use crate::settings::claims::{ChangedClaims, ExpectedClaims, InvalidClaim, check_path};
use oauth::{InvalidScope, ScopeDrift, ScopeSet, ScopeSource};
use plugin::value::Value;

/// The attributes of the resource. They hold names of scopes, and declared and found claims.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BaselineState {
    #[serde(flatten)]
    pub declared: Declared,
    granted_scopes: Value<BTreeSet<String>>,
    missing_scopes: Value<BTreeSet<String>>,
    extra_scopes: Value<BTreeSet<String>>,
    /// The found value at each path that differs; null if the token has no such claim.
    changed_claims: Value<BTreeMap<String, Value<String>>>,
    scope_source: Value<String>,
    last_verified_at: Value<String>,
}

/// The arguments, as a configuration declares or the state records them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Declared {
    /// A list, because in a set several unknown elements would become one.
    scopes: Value<Vec<Value<String>>>,
    claims: Value<BTreeMap<String, Value<String>>>,
}

/// A wholly known declaration. At least one field is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// The exact set of scopes to be granted.
    pub scopes: Option<ScopeSet>,
    /// The claims that the token must have.
    pub claims: Option<ExpectedClaims>,
}

/// CXone's response to the request for a declaration.
pub(crate) enum Found {
    /// A token was issued.
    Token {
        /// The granted scopes; `None` if unknown.
        granted: Option<ScopeSet>,
        /// Where they were read.
        source: ScopeSource,
        /// The claims of the token; `None` if it is opaque.
        claims: Option<serde_json::Map<String, serde_json::Value>>,
    },
    /// The requested scopes were rejected.
    Refused,
    /// The request failed for another reason.
    Nothing,
}

/// The result of the last comparison with the declaration.
pub(crate) enum Agreement {
    /// The grant and the claims are as declared.
    InSync,
    /// The grant or the claims differ.
    Drifted(Drift),
    /// The requested scopes were rejected.
    Refused,
    /// Grant or claims could not be read, or CXone was never asked.
    Unknown,
}

/// The difference between a declaration and a token.
pub(crate) struct Drift {
    pub scopes: ScopeDrift,
    /// Where the granted scopes were read.
    pub read_from: ScopeSource,
    pub claims: ChangedClaims,
}

/// Why the arguments are not a valid declaration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDeclaration {
    /// No argument is set.
    #[error("`scopes` and `claims` are both null; set at least one")]
    Nothing,
    /// Every token agrees with the declaration.
    #[error("`claims` is empty and `scopes` is null, so nothing would be verified; declare a claim or set `scopes`")]
    NoClaims,
    /// A null among the scopes.
    #[error("a scope must not be null")]
    NullScope,
    /// A scope that RFC 6749 section 3.3 does not allow.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// A claim that cannot be compared.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
}

impl Declared {
    /// Whether nothing is declared, as in an imported state before its first read.
    pub(crate) fn is_nothing(&self) -> bool {
        self.scopes.is_null() && self.claims.is_null()
    }

    /// The declaration; `None` if there is none, or if it is not wholly known.
    ///
    /// # Errors
    ///
    /// The first known part that is invalid.
    pub(crate) fn declaration(&self) -> Result<Option<Declaration>, InvalidDeclaration> {
        let (scopes, claims) = (self.scopes()?, self.claims()?);
        Ok(match (scopes, claims) {
            (Part::Unknown, _) | (_, Part::Unknown) | (Part::Nothing, Part::Nothing) => None,
            (scopes, claims) => Some(Declaration { scopes: scopes.known(), claims: claims.known() }),
        })
    }

    /// The declaration of a configuration; `None` if it is not wholly known.
    ///
    /// # Errors
    ///
    /// The known part is invalid.
    pub(crate) fn checked(&self) -> Result<Option<Declaration>, InvalidDeclaration> {
        match &self.claims {
            Value::Null if self.scopes.is_null() => Err(InvalidDeclaration::Nothing),
            Value::Value(entries) if self.scopes.is_null() && entries.is_empty() => Err(InvalidDeclaration::NoClaims),
            _ => self.declaration(),
        }
    }

    /// Whether two declarations are equal. A declaration that is not wholly known equals no other.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        matches!((self.declaration(), other.declaration()), (Ok(Some(one)), Ok(Some(other))) if one == other)
    }

    fn scopes(&self) -> Result<Part<ScopeSet>, InvalidDeclaration> {
        let elements = match &self.scopes {
            Value::Null => return Ok(Part::Nothing),
            Value::Unknown => return Ok(Part::Unknown),
            Value::Value(elements) => elements,
        };
        if elements.iter().any(Value::is_null) {
            return Err(InvalidDeclaration::NullScope);
        }
        // The known elements are checked even if others are unknown, so that a mistake is reported at plan.
        let scopes = ScopeSet::try_from_tokens(elements.iter().filter_map(known).cloned())?;
        Ok(if elements.iter().any(Value::is_unknown) { Part::Unknown } else { Part::Known(scopes) })
    }

    fn claims(&self) -> Result<Part<ExpectedClaims>, InvalidDeclaration> {
        let entries = match &self.claims {
            Value::Null => return Ok(Part::Nothing),
            Value::Unknown => return Ok(Part::Unknown),
            Value::Value(entries) => entries,
        };
        // A path is known even if its value is not, so check it at plan.
        entries.keys().try_for_each(|path| check_path(path))?;
        let settled = entries.iter().filter(|(_, value)| !value.is_unknown());
        let claims =
            ExpectedClaims::try_new(settled.map(|(path, value)| (path.as_str(), known(value).map(String::as_str))))?;
        Ok(if entries.values().any(Value::is_unknown) { Part::Unknown } else { Part::Known(claims) })
    }
}

/// One argument of a declaration.
enum Part<T> {
    Nothing,
    Unknown,
    Known(T),
}

impl<T> Part<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Nothing | Self::Unknown => None,
        }
    }
}

impl Found {
    /// Whether a configuration could declare the grant: RFC 6749 section 3.3 limits the characters.
    pub(crate) fn can_be_declared(&self) -> bool {
        match self {
            Self::Token { granted: Some(scopes), .. } => ScopeSet::try_from_tokens(scopes.iter().cloned()).is_ok(),
            Self::Token { granted: None, .. } | Self::Refused | Self::Nothing => false,
        }
    }
}

impl BaselineState {
    /// The state at the start of an import: nothing is known.
    pub(crate) fn imported() -> Self {
        Self {
            declared: Declared { scopes: Value::Null, claims: Value::Null },
            granted_scopes: Value::Null,
            missing_scopes: Value::Null,
            extra_scopes: Value::Null,
            changed_claims: Value::Null,
            scope_source: Value::Null,
            last_verified_at: Value::Null,
        }
    }

    /// The planned state of a verification. The verification succeeds only if CXone and the declaration agree, so a
    /// known declaration already determines the result.
    pub(crate) fn to_be_verified(declared: Declared) -> Self {
        let (granted_scopes, missing_scopes) = match declared.scopes() {
            Ok(Part::Known(scopes)) => (stored(&scopes), stored(&ScopeSet::default())),
            Ok(Part::Nothing) => (Value::Unknown, Value::Null),
            _ => (Value::Unknown, Value::Unknown),
        };
        let changed_claims = match declared.claims() {
            Ok(Part::Known(_)) => Value::Value(BTreeMap::new()),
            Ok(Part::Nothing) => Value::Null,
            _ => Value::Unknown,
        };
        Self {
            declared,
            granted_scopes,
            extra_scopes: missing_scopes.clone(),
            missing_scopes,
            changed_claims,
            scope_source: Value::Unknown,
            last_verified_at: Value::Unknown,
        }
    }

    /// The planned state of an existing object that shall have this declaration.
    ///
    /// The object remains unchanged if the declaration does and CXone's last response agreed with it. Otherwise an
    /// update is planned: Terraform reports a difference in computed attributes alone as "no changes".
    pub(crate) fn planned(&self, declared: Declared) -> Self {
        if self.declared.is_same(&declared) && matches!(self.agreement(), Agreement::InSync) {
            self.declaring(declared)
        } else {
            Self::to_be_verified(declared)
        }
    }

    /// This state with another declaration.
    pub(crate) fn declaring(&self, declared: Declared) -> Self {
        Self { declared, ..self.clone() }
    }

    /// The state after a response of CXone. The declaration stays; an import has none yet, so its grant becomes the
    /// declaration. The time changes only if another attribute does, or every plan would show a change.
    ///
    /// All or nothing: if one part of a declaration cannot be read, the other part is unknown, too.
    pub(crate) fn with(&self, found: Found, at: SystemTime) -> Self {
        let next = match found {
            Found::Refused => self.knowing_nothing(REFUSED),
            Found::Nothing => self.knowing_nothing(ScopeSource::Unknown.as_str()),
            Found::Token { granted, source, claims } => self
                .compared(granted.as_ref(), source, claims.as_ref())
                .unwrap_or_else(|| self.knowing_nothing(ScopeSource::Unknown.as_str())),
        };
        // Compared before the time changes: an unchanged result keeps its time.
        if next == *self {
            return next;
        }
        let time = humantime::format_rfc3339_seconds(at).to_string();
        Self { last_verified_at: Value::Value(time), ..next }
    }

    /// The state with the content of a token; `None` if the token does not have all that is declared.
    fn compared(
        &self,
        granted: Option<&ScopeSet>,
        source: ScopeSource,
        claims: Option<&serde_json::Map<String, serde_json::Value>>,
    ) -> Option<Self> {
        let (declared, declaration) = match self.declared.declaration() {
            Ok(Some(declaration)) => (self.declared.clone(), declaration),
            _ => {
                let scopes = granted?;
                let adopted = Value::Value(scopes.iter().cloned().map(Value::Value).collect());
                let declaration = Declaration { scopes: Some(scopes.clone()), claims: None };
                (Declared { scopes: adopted, claims: Value::Null }, declaration)
            }
        };
        let (missing_scopes, extra_scopes) = match &declaration.scopes {
            Some(scopes) => {
                let ScopeDrift { missing, extra } = ScopeDrift::between(scopes, granted?);
                (stored(&missing), stored(&extra))
            }
            None => (Value::Null, Value::Null),
        };
        let changed_claims = match &declaration.claims {
            Some(expected) => {
                let optional = |found: Option<String>| found.map_or(Value::Null, Value::Value);
                let changed = expected.changed(claims?);
                Value::Value(changed.into_iter().map(|(path, found)| (path, optional(found))).collect())
            }
            None => Value::Null,
        };
        Some(Self {
            declared,
            granted_scopes: granted.map_or(Value::Null, stored),
            missing_scopes,
            extra_scopes,
            changed_claims,
            scope_source: Value::Value(source.as_str().to_owned()),
            last_verified_at: self.last_verified_at.clone(),
        })
    }

    fn knowing_nothing(&self, source: &str) -> Self {
        Self {
            granted_scopes: Value::Null,
            missing_scopes: Value::Null,
            extra_scopes: Value::Null,
            changed_claims: Value::Null,
            scope_source: Value::Value(source.to_owned()),
            ..self.clone()
        }
    }

    /// The granted scopes as recorded; `None` if unknown.
    pub(crate) fn granted(&self) -> Option<ScopeSet> {
        Some(known(&self.granted_scopes)?.iter().cloned().collect())
    }

    /// Compares the last response with the declaration.
    pub(crate) fn agreement(&self) -> Agreement {
        let Ok(Some(declaration)) = self.declared.declaration() else { return Agreement::Unknown };
        let source = known(&self.scope_source).map_or("", String::as_str);
        match (self.scope_drift(&declaration), self.claim_changes(&declaration)) {
            (Some(scopes), Some(claims)) if scopes.is_empty() && claims.is_empty() => Agreement::InSync,
            (Some(scopes), Some(claims)) => {
                Agreement::Drifted(Drift { scopes, read_from: ScopeSource::parse(source), claims })
            }
            _ if source == REFUSED => Agreement::Refused,
            _ => Agreement::Unknown,
        }
    }

    /// The recorded difference of the scopes; `None` if scopes are declared and their grant is unknown.
    fn scope_drift(&self, declaration: &Declaration) -> Option<ScopeDrift> {
        if declaration.scopes.is_none() {
            return Some(ScopeDrift::default());
        }
        let scopes = |names: &BTreeSet<String>| names.iter().cloned().collect();
        Some(ScopeDrift { missing: scopes(known(&self.missing_scopes)?), extra: scopes(known(&self.extra_scopes)?) })
    }

    /// The recorded difference of the claims; `None` if claims are declared and their values are unknown.
    fn claim_changes(&self, declaration: &Declaration) -> Option<ChangedClaims> {
        if declaration.claims.is_none() {
            return Some(ChangedClaims::new());
        }
        let changed = known(&self.changed_claims)?;
        Some(changed.iter().map(|(path, found)| (path.clone(), known(found).cloned())).collect())
    }
}

/// The `scope_source` after a rejection of the requested scopes. It cannot be the source of a token's scopes, because a
/// rejected exchange issues no token.
const REFUSED: &str = "refused";

/// Terraform stores text in Unicode's composed form (NFC). A scope in another form would be drift at every read.
fn stored(scopes: &ScopeSet) -> Value<BTreeSet<String>> {
    const FORM_C: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    Value::Value(scopes.iter().map(|name| FORM_C.normalize(name).into_owned()).collect())
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

    fn declared(text: &str) -> Declared {
        scopes(Value::Value(ScopeSet::split(text).map(|scope| Value::Value(scope.to_owned())).collect()))
    }

    fn scopes(scopes: Value<Vec<Value<String>>>) -> Declared {
        Declared { scopes, claims: Value::Null }
    }

    fn claims(entries: &[(&str, &str)]) -> Declared {
        let entries = entries.iter().map(|(path, value)| ((*path).to_owned(), Value::Value((*value).to_owned())));
        Declared { scopes: Value::Null, claims: Value::Value(entries.collect()) }
    }

    fn token(granted: Option<&str>, claims: serde_json::Value) -> Found {
        let source = if granted.is_some() { ScopeSource::Response } else { ScopeSource::Unknown };
        Found::Token { granted: granted.map(ScopeSet::parse), source, claims: claims.as_object().cloned() }
    }

    fn granted(scopes: &str) -> Found {
        token(Some(scopes), serde_json::Value::Null)
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
        assert!(state.declared == declared("a b"));
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
        let claims = Found::Token { granted: Some(ScopeSet::parse("a b")), source: ScopeSource::Claims, claims: None };
        assert!(state.with(claims, at(60)).last_verified_at == drifted.last_verified_at);
        let refused = state.with(Found::Refused, at(60));
        assert!(refused.with(Found::Refused, at(120)) == refused && refused != state);
    }

    #[test]
    fn an_import_takes_the_grant_for_its_declaration() {
        let state = BaselineState::imported().with(granted("b a"), at(0));
        assert!(state.declared == declared("a b"));
        assert!(state.missing_scopes == names("") && state.extra_scopes == names(""));
        assert!(state.planned(declared("b a")) == verified("b a", "a b"));
    }

    #[test]
    fn an_update_is_planned_exactly_when_something_is_to_be_verified() {
        let unknown_element = scopes(Value::Value(vec![Value::Value("a".into()), Value::Unknown]));
        let cases = [
            ("in sync", verified("a b", "a b"), declared("a b"), false),
            ("in sync, other order", verified("a b", "a b"), declared("b a"), false),
            ("declared and granted nothing", verified("", ""), declared(""), false),
            ("missing", verified("a b", "a"), declared("a b"), true),
            ("extra", verified("a", "a b"), declared("a"), true),
            ("declaration widened", verified("a", "a"), declared("a b"), true),
            ("declaration narrowed", verified("a b", "a b"), declared("a"), true),
            ("declaration unknown", verified("a", "a"), scopes(Value::Unknown), true),
            ("element unknown", verified("a", "a"), unknown_element, true),
            ("refused", verified("a", "a").with(Found::Refused, at(1)), declared("a"), true),
            ("unknown", verified("a", "a").with(Found::Nothing, at(1)), declared("a"), true),
            ("imported, never seen", BaselineState::imported(), declared("a"), true),
        ];
        for (name, prior, declaration, updates) in cases {
            let planned = prior.planned(declaration.clone());
            assert!(planned.declared == declaration, "{name}");
            assert_eq!(planned == BaselineState::to_be_verified(declaration), updates, "{name}");
            let unchanged = planned == BaselineState { declared: planned.declared.clone(), ..prior };
            assert_eq!(unchanged, !updates, "{name}");
        }
    }

    #[test]
    fn declarations_are_checked_as_far_as_they_are_known() {
        let of = |elements| scopes(Value::Value(elements)).declaration();
        let scope = |text: &str| Value::Value(text.to_owned());
        let known = Declaration { scopes: Some(ScopeSet::parse("a b")), claims: None };
        assert_eq!(of(vec![scope("b"), scope("a")]), Ok(Some(known)));
        assert_eq!(of(vec![scope("a"), Value::Unknown]), Ok(None));
        assert_eq!(of(vec![scope("a"), Value::Null]), Err(InvalidDeclaration::NullScope));
        let space = InvalidScope::Character { character: ' ', position: 2 };
        assert_eq!(of(vec![scope("a b"), Value::Unknown]), Err(InvalidDeclaration::Scope(space)));
        assert_eq!(scopes(Value::Null).declaration(), Ok(None));
        assert_eq!(scopes(Value::Unknown).declaration(), Ok(None));
        let of = |value| {
            let entries = BTreeMap::from([("exp".to_owned(), value)]);
            Declared { scopes: Value::Null, claims: Value::Value(entries) }.checked()
        };
        for value in [Value::Unknown, scope("1"), Value::Null] {
            assert!(matches!(of(value), Err(InvalidDeclaration::Claim(InvalidClaim::DiffersInEveryToken(_)))));
        }
    }

    #[test]
    fn unknown_elements_survive_the_wire_one_by_one() {
        let elements = Value::Value(vec![Value::Unknown, Value::Value("a".to_owned()), Value::Unknown]);
        let entries = Value::Value(BTreeMap::from([("a".to_owned(), Value::Unknown), ("b".to_owned(), Value::Null)]));
        let state = BaselineState::imported().declaring(Declared { scopes: elements, claims: entries });
        let wire = rmp_serde::to_vec_named(&state).unwrap();
        assert!(rmp_serde::from_slice::<BaselineState>(&wire).unwrap() == state);
    }

    /// The claim `role.id` declared as `x`, alone or with the scope `a`; the content of a token; and the expected
    /// result.
    #[test]
    fn claims_are_compared_alone_and_beside_scopes() {
        let both = Declared { scopes: declared("a").scopes, ..claims(&[("role.id", "x")]) };
        let alone = claims(&[("role.id", "x")]);
        let role = |id: &str| serde_json::json!({"role": {"id": id}});
        let cases = [
            ("in sync", &alone, token(None, role("x")), "in sync"),
            ("changed", &alone, token(None, role("y")), "drifted"),
            ("vanished", &alone, token(None, serde_json::json!({})), "drifted"),
            ("opaque", &alone, token(Some("a"), serde_json::Value::Null), "unknown"),
            ("both in sync", &both, token(Some("a"), role("x")), "in sync"),
            ("both, claim changed", &both, token(Some("a"), role("y")), "drifted"),
            ("both, scope changed", &both, token(Some("b"), role("x")), "drifted"),
            ("both, scopes unknown", &both, token(None, role("x")), "unknown"),
            ("both, opaque", &both, token(Some("a"), serde_json::Value::Null), "unknown"),
            ("refused", &both, Found::Refused, "refused"),
        ];
        for (name, declared, found, expected) in cases {
            let state = BaselineState::to_be_verified(declared.clone()).with(found, at(0));
            let agreement = match state.agreement() {
                Agreement::InSync => "in sync",
                Agreement::Drifted(_) => "drifted",
                Agreement::Refused => "refused",
                Agreement::Unknown => "unknown",
            };
            assert_eq!(agreement, expected, "{name}");
            assert_eq!(state.planned(declared.clone()) == state, expected == "in sync", "{name}");
            let is_known = ["in sync", "drifted"].contains(&expected);
            assert_eq!(state.changed_claims.is_null(), !is_known, "{name}");
            assert_eq!(state.missing_scopes.is_null(), !is_known || *declared == alone, "{name}");
        }
        let changed = BaselineState::imported().declaring(alone.clone()).with(token(None, role("y")), at(0));
        assert!(changed.changed_claims == Value::Value(BTreeMap::from([("role.id".into(), Value::Value("y".into()))])));
        let vanished = changed.with(token(None, serde_json::json!({})), at(0));
        assert!(vanished.changed_claims == Value::Value(BTreeMap::from([("role.id".into(), Value::Null)])));
    }

    #[test]
    fn a_plan_of_claims_alone_knows_that_none_changes_and_not_what_is_granted() {
        let plan = BaselineState::to_be_verified(claims(&[("role.id", "x")]));
        assert!(plan.changed_claims == Value::Value(BTreeMap::new()) && plan.granted_scopes.is_unknown());
        assert!(plan.missing_scopes.is_null() && plan.extra_scopes.is_null());
        let late = Declared { scopes: Value::Null, claims: Value::Unknown };
        assert!(BaselineState::to_be_verified(late).changed_claims.is_unknown());
    }

    #[test]
    fn a_state_from_before_claims_is_left_as_it_is() {
        let mut stored = serde_json::to_value(verified("a", "a")).unwrap();
        stored["claims"] = serde_json::Value::Null;
        stored["changed_claims"] = serde_json::Value::Null;
        let state: BaselineState = serde_json::from_value(stored).unwrap();
        assert!(state.with(granted("a"), at(60)) == state && state.planned(declared("a")) == state);
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
        let element =
            BaselineState::to_be_verified(scopes(Value::Value(vec![Value::Value("a".into()), Value::Unknown])));
        for unknown in [element, BaselineState::to_be_verified(scopes(Value::Unknown))] {
            assert!(unknown.granted_scopes.is_unknown() && unknown.missing_scopes.is_unknown());
        }
    }

    #[test]
    fn a_refusal_and_an_unreadable_grant_keep_the_declaration_and_claim_nothing() {
        for (found, source) in [(Found::Refused, "refused"), (Found::Nothing, "unknown")] {
            let state = verified("a b", "a").with(found, at(60));
            assert!(state.declared == declared("a b") && state.scope_source == Value::Value(source.to_owned()));
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
        let nothing_beside = |scopes| Declared { scopes, ..claims(&[]) };
        for (declared, expected) in [
            (scopes(Value::Null), Err(InvalidDeclaration::Nothing)),
            (scopes(Value::Unknown), Ok(())),
            (declared(""), Ok(())),
            (claims(&[("role.id", "x")]), Ok(())),
            (claims(&[]), Err(InvalidDeclaration::NoClaims)),
            (nothing_beside(Value::Unknown), Ok(())),
            (nothing_beside(declared("a").scopes), Ok(())),
        ] {
            assert_eq!(declared.checked().map(drop), expected);
        }
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
