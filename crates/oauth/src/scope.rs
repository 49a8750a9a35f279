//! Scopes: case-sensitive tokens, compared as sets (RFC 6749 section 3.3); the scopes of a token; and their difference
//! from the declared ones.

use std::collections::{BTreeSet, btree_set};
use std::fmt;

use serde_json::Value;

use super::Token;
use super::jwt::Jwt;

/// A set of scope tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeSet(BTreeSet<String>);

impl ScopeSet {
    /// The scopes of a list, in its order. RFC 6749 section 3.3 separates them by one space. Any ASCII white space is
    /// accepted, because responses, claims and settings contain tabs and line ends.
    pub fn split(text: &str) -> impl Iterator<Item = &str> {
        text.split_ascii_whitespace()
    }

    /// Parses a list as [`ScopeSet::split`] does. Accepts all characters: a scope that a server granted is a fact.
    pub fn parse(text: &str) -> Self {
        Self::split(text).map(str::to_owned).collect()
    }

    /// Collects one scope from each item. RFC 6749 section 3.3 allows one or more of `%x21`, `%x23-5B` and `%x5D-7E`.
    ///
    /// # Errors
    ///
    /// An empty item, or a character that a scope must not contain.
    pub fn try_from_tokens(tokens: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, InvalidScope> {
        tokens
            .into_iter()
            .map(|token| {
                let token = token.into();
                check(&token)?;
                Ok(token)
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The scopes in order.
    pub fn iter(&self) -> btree_set::Iter<'_, String> {
        self.0.iter()
    }

    /// The number of scopes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set contains `scope`; case matters.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// The value of the `scope` parameter: sorted, with single spaces.
    pub fn to_wire(&self) -> String {
        // RFC 6749 section 3.3: exactly one space between two scopes. A sorted list makes equal requests equal bytes.
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The same scopes, with commas as separators if `declared` shows that. A comma is a valid character of a scope
    /// (RFC 6749 section 3.3), but some servers separate scopes by commas. A text is split if it is not declared
    /// itself, but one of its parts is.
    #[must_use]
    pub fn separated_as(&self, declared: &Self) -> Self {
        let parts = |scope: &'_ str| scope.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let scopes = self.iter().flat_map(|scope| {
            let parts: Vec<String> = parts(scope);
            let is_list = !declared.contains(scope) && parts.iter().any(|part| declared.contains(part));
            if is_list { parts } else { vec![scope.clone()] }
        });
        scopes.collect()
    }

    /// The scopes that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.0.difference(&other.0).cloned().collect()
    }
}

impl FromIterator<String> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = String>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a String;
    type IntoIter = btree_set::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Why a text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// The text is empty.
    #[error("a scope must not be empty")]
    Empty,
    /// The text contains a character outside of RFC 6749 section 3.3.
    #[error("character {position} of a scope is U+{:04X}, which a scope must not contain", u32::from(*.character))]
    Character {
        /// The invalid character.
        character: char,
        /// Its place in the scope, counted in characters from 1.
        position: usize,
    },
}

/// The source of the granted scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeSource {
    /// The `scope` member of the token response.
    Response,
    /// The claims of the token itself, a JWT.
    Claims,
    /// A missing `scope`, which means "as requested" (RFC 6749 section 5.1).
    Requested,
    /// No source.
    Unknown,
}

impl ScopeSource {
    /// The value of `scope_source`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Claims => "claims",
            Self::Requested => "requested",
            Self::Unknown => "unknown",
        }
    }

    /// Parses [`ScopeSource::as_str`]. Any other text is [`ScopeSource::Unknown`].
    pub fn parse(text: &str) -> Self {
        [Self::Response, Self::Claims, Self::Requested]
            .into_iter()
            .find(|source| source.as_str() == text)
            .unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for ScopeSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The scopes in a response or a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StatedScopes {
    /// No scopes are stated.
    #[default]
    Absent,
    /// Neither text nor a list of texts. Scopes were stated, so "as requested" cannot be assumed.
    Unreadable,
    /// These scopes, possibly none.
    Scopes(ScopeSet),
}

impl StatedScopes {
    /// Reads text (RFC 6749 section 3.3) or a list of texts, which some servers write.
    pub(crate) fn read(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Absent,
            Some(Value::String(text)) => Self::Scopes(ScopeSet::parse(text)),
            Some(Value::Array(items)) => match items.iter().map(Value::as_str).collect::<Option<Vec<&str>>>() {
                Some(texts) => Self::Scopes(texts.into_iter().flat_map(ScopeSet::split).map(str::to_owned).collect()),
                None => Self::Unreadable,
            },
            Some(_) => Self::Unreadable,
        }
    }
}

/// The scopes of a token, if known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedScopes {
    /// The granted scopes; `None` exactly when `source` is [`ScopeSource::Unknown`].
    pub scopes: Option<ScopeSet>,
    /// The source of the scopes.
    pub source: ScopeSource,
    /// The reason if the scopes were stated, but are unreadable.
    pub unreadable: Option<UnreadableScopes>,
}

/// Why granted scopes are unreadable, so that "as requested" cannot be assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadableScopes {
    /// The response's `scope` is neither text nor a list of texts.
    Response,
    /// The token's claim is neither text nor a list of texts.
    Claims,
    /// Scopes were requested, the response lists none, and the token is an `at+jwt` without a scope claim. RFC 9068
    /// section 2.2.3 requires that claim if scopes were granted, and one certified server leaves `scope` out if it
    /// granted none.
    MissingClaim,
}

impl GrantedScopes {
    /// The scopes of `token` after a request for `requested`; `jwt` is the decoded access token.
    ///
    /// In this order: the response's `scope`, even if empty; the JWT's `scope` or `scp`; the requested scopes, unless
    /// the token is an `at+jwt`; unknown.
    pub fn of(requested: &ScopeSet, token: &Token, jwt: Option<&Jwt>) -> Self {
        let known =
            |scopes: &ScopeSet, source| Self { scopes: Some(scopes.separated_as(requested)), source, unreadable: None };
        let unknown = |unreadable| Self { scopes: None, source: ScopeSource::Unknown, unreadable };
        match (&token.scope, &token.claimed_scopes) {
            (StatedScopes::Scopes(scopes), _) => known(scopes, ScopeSource::Response),
            // Scopes were stated, so neither the claims nor the request may replace them.
            (StatedScopes::Unreadable, _) => unknown(Some(UnreadableScopes::Response)),
            (StatedScopes::Absent, StatedScopes::Scopes(scopes)) => known(scopes, ScopeSource::Claims),
            (StatedScopes::Absent, StatedScopes::Unreadable) => unknown(Some(UnreadableScopes::Claims)),
            // Nothing was requested, so the server's default set was granted, and only the server knows it.
            (StatedScopes::Absent, StatedScopes::Absent) if requested.is_empty() => unknown(None),
            (StatedScopes::Absent, StatedScopes::Absent) if jwt.is_some_and(Jwt::is_access_token_type) => {
                unknown(Some(UnreadableScopes::MissingClaim))
            }
            // RFC 6749 section 5.1: without `scope`, the granted scopes are the requested ones.
            (StatedScopes::Absent, StatedScopes::Absent) => known(requested, ScopeSource::Requested),
        }
    }

    /// The same with commas as in [`ScopeSet::separated_as`], for scopes that were declared and not requested.
    #[must_use]
    pub fn separated_as(self, declared: &ScopeSet) -> Self {
        Self { scopes: self.scopes.map(|scopes| scopes.separated_as(declared)), ..self }
    }
}

/// The difference between declared and granted scopes, in both directions. RFC 6749 section 3.3 allows a server to
/// grant fewer; some servers grant more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeDrift {
    /// Declared, but not granted.
    pub missing: ScopeSet,
    /// Granted, but not declared.
    pub extra: ScopeSet,
}

impl ScopeDrift {
    /// Compares two sets, both ways.
    pub fn between(declared: &ScopeSet, granted: &ScopeSet) -> Self {
        Self { missing: declared.difference(granted), extra: granted.difference(declared) }
    }

    /// Whether exactly the declared scopes were granted.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }
}

fn check(token: &str) -> Result<(), InvalidScope> {
    if token.is_empty() {
        return Err(InvalidScope::Empty);
    }
    match token.chars().enumerate().find(|(_, character)| !is_scope_character(*character)) {
        None => Ok(()),
        Some((index, character)) => Err(InvalidScope::Character { character, position: index + 1 }),
    }
}

fn is_scope_character(character: char) -> bool {
    // RFC 6749 section 3.3: printable ASCII without the space, the quote and the backslash.
    matches!(character, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::Secret;
    use crate::jwt::decode;
    use crate::jwt::tests::token as jwt;

    #[test]
    fn granted_scopes_are_read_leniently() {
        let cases = [
            ("nothing", "", ""),
            ("spaces alone", "  \t ", ""),
            ("order and duplicates", "b a b", "a b"),
            ("any ASCII white space", "\ta\r\nb\x0cc ", "a b c"),
            ("case matters", "Api api", "Api api"),
            ("what a strict client would refuse", "é \"x\"", "\"x\" é"),
        ];
        for (name, text, wire) in cases {
            assert_eq!(ScopeSet::parse(text).to_wire(), wire, "{name}");
        }
    }

    #[test]
    fn declared_scopes_are_checked() {
        let character = |character, position| Err(InvalidScope::Character { character, position });
        let cases = [
            ("plain", "cxone:api", Ok(())),
            ("every allowed class", "!#[]~", Ok(())),
            ("empty", "", Err(InvalidScope::Empty)),
            ("space", "a b", character(' ', 2)),
            ("quote", "\"a\"", character('"', 1)),
            ("backslash", "a\\", character('\\', 2)),
            ("delete", "a\u{7f}", character('\u{7f}', 2)),
            ("zero width space counted in characters", "é\u{200b}", character('é', 1)),
        ];
        for (name, text, expected) in cases {
            assert_eq!(ScopeSet::try_from_tokens([text]).map(|_| ()), expected, "{name}");
        }
    }

    #[test]
    fn a_refused_character_is_named_by_code_point_and_position() {
        let error = ScopeSet::try_from_tokens(["api\u{200b}"]).unwrap_err();
        assert_eq!(error.to_string(), "character 4 of a scope is U+200B, which a scope must not contain");
    }

    #[test]
    fn differences_are_one_sided() {
        let declared = ScopeSet::parse("a b c");
        let granted = ScopeSet::parse("b d");
        assert_eq!(declared.difference(&granted), ScopeSet::parse("a c"));
        assert_eq!(granted.difference(&declared), ScopeSet::parse("d"));
    }

    proptest! {
        #[test]
        fn the_wire_form_reads_back_as_the_same_set(tokens in proptest::collection::vec("[!#-\\[\\]-~]{1,20}", 0..8)) {
            let scopes = ScopeSet::try_from_tokens(tokens).unwrap();
            prop_assert_eq!(ScopeSet::parse(&scopes.to_wire()), scopes);
        }

        #[test]
        fn parsing_never_panics_and_is_stable(text in any::<String>()) {
            let scopes = ScopeSet::parse(&text);
            prop_assert_eq!(ScopeSet::parse(&scopes.to_wire()), scopes);
        }
    }

    fn response(scope: Option<&str>, access_token: &str) -> Token {
        Token {
            access_token: Secret::new(access_token),
            token_type: "Bearer".into(),
            issued_at: SystemTime::UNIX_EPOCH,
            clock_skew_seconds: None,
            expires_at: None,
            scope: scope.map_or(StatedScopes::Absent, |text| StatedScopes::Scopes(ScopeSet::parse(text))),
            claimed_scopes: crate::jwt::decode(access_token).map(|jwt| jwt.scope()).unwrap_or_default(),
            id_token: None,
        }
    }

    #[test]
    fn granted_scopes_are_decided_in_the_documented_order() {
        use ScopeSource::{Claims, Requested, Response, Unknown};
        let plain = |claims: &Value| jwt(&json!({"typ": "JWT"}), claims);
        let typed = |claims: &Value| jwt(&json!({"typ": "at+jwt"}), claims);
        let opaque = || "canary-opaque".to_owned();
        let (none, claim) = (json!({}), json!({"scope": "c"}));
        let missing = Some(UnreadableScopes::MissingClaim);
        let broken = Some(UnreadableScopes::Claims);
        let cases = [
            ("the response wins over claims", "a", Some("r"), plain(&claim), Some("r"), Response, None),
            ("an empty response grants nothing", "a", Some(""), plain(&claim), Some(""), Response, None),
            ("a response beside an opaque token", "", Some("r"), opaque(), Some("r"), Response, None),
            ("a response beside an unreadable at+jwt", "a", Some("r"), typed(&none), Some("r"), Response, None),
            ("claims win over the request", "a", None, plain(&claim), Some("c"), Claims, None),
            ("scp as array", "a", None, plain(&json!({"scp": ["x", "y"]})), Some("x y"), Claims, None),
            ("an empty claim grants nothing", "a", None, typed(&json!({"scope": ""})), Some(""), Claims, None),
            ("an at+jwt with a claim", "a", None, typed(&claim), Some("c"), Claims, None),
            ("omitted means as requested", "a b", None, opaque(), Some("a b"), Requested, None),
            ("a JWT without the claim", "a", None, plain(&none), Some("a"), Requested, None),
            ("a JWT with a broken claim", "a", None, plain(&json!({"scope": ["a", 1]})), None, Unknown, broken),
            ("an at+jwt without the claim", "a", None, typed(&none), None, Unknown, missing),
            ("an at+jwt with a broken claim", "a", None, typed(&json!({"scope": 1})), None, Unknown, broken),
            ("nothing requested, nothing told", "", None, opaque(), None, Unknown, None),
            ("nothing requested of an at+jwt", "", None, typed(&none), None, Unknown, None),
        ];
        for (name, requested, scope, access_token, scopes, source, unreadable) in cases {
            let expected = GrantedScopes { scopes: scopes.map(ScopeSet::parse), source, unreadable };
            let (token, jwt) = (response(scope, &access_token), decode(&access_token).ok());
            assert_eq!(GrantedScopes::of(&ScopeSet::parse(requested), &token, jwt.as_ref()), expected, "{name}");
        }
    }

    #[test]
    fn commas_separate_where_the_declaration_shows_it() {
        let cases = [
            ("two", "a b", "a,b", "a b"),
            ("two with a space", "a b", "a, b", "a b"),
            ("two with an end", "a b", "a,b,", "a b"),
            ("fewer", "a b c", "a,b", "a b"),
            ("more", "a", "a,b", "a b"),
            ("mixed", "a b c", "a,b c", "a b c"),
            ("a comma of its own", "a,b", "a,b", "a,b"),
            ("a comma of its own beside its parts", "a a,b", "a,b a", "a a,b"),
            ("nothing known of it", "c", "a,b", "a,b"),
            ("nothing declared", "", "a,b", "a,b"),
            ("commas alone", "a", ",,", ",,"),
        ];
        for (name, declared, granted, expected) in cases {
            let found = ScopeSet::parse(granted).separated_as(&ScopeSet::parse(declared));
            assert_eq!(found, ScopeSet::parse(expected), "{name}");
        }
    }

    #[test]
    fn sources_read_back() {
        use ScopeSource::{Claims, Requested, Response, Unknown};
        for source in [Response, Claims, Requested, Unknown] {
            assert_eq!(ScopeSource::parse(source.as_str()), source);
        }
        assert_eq!(ScopeSource::parse("elsewhere"), Unknown);
    }

    #[test]
    fn drift_has_two_directions_and_no_order() {
        let cases = [
            ("equal", "a b", "b a", "", ""),
            ("narrower", "a b", "a", "b", ""),
            ("wider", "a", "a b", "", "b"),
            ("both", "a b", "b c", "a", "c"),
            ("case matters", "Api", "api", "Api", "api"),
            ("duplicates and white space do not", " a  a ", "a\t", "", ""),
            ("nothing declared", "", "a", "", "a"),
            ("nothing granted", "a", "", "a", ""),
        ];
        for (name, declared, granted, missing, extra) in cases {
            let drift = ScopeDrift::between(&ScopeSet::parse(declared), &ScopeSet::parse(granted));
            let expected = ScopeDrift { missing: ScopeSet::parse(missing), extra: ScopeSet::parse(extra) };
            assert_eq!(drift, expected, "{name}");
            assert_eq!(drift.is_empty(), missing.is_empty() && extra.is_empty(), "{name}");
        }
    }

    fn scope_set() -> impl Strategy<Value = ScopeSet> {
        proptest::collection::vec("[a-e]{1,2}", 0..12).prop_map(|scopes| scopes.into_iter().collect())
    }

    proptest! {
        #[test]
        fn missing_and_what_is_shared_make_up_the_declaration(declared in scope_set(), granted in scope_set()) {
            let drift = ScopeDrift::between(&declared, &granted);
            let shared = declared.difference(&drift.missing);
            prop_assert!(shared.iter().all(|scope| granted.contains(scope)));
            prop_assert!(drift.missing.iter().all(|scope| !granted.contains(scope)));
            let union: ScopeSet = shared.iter().chain(drift.missing.iter()).cloned().collect();
            prop_assert_eq!(union, declared);
        }

        #[test]
        fn swapping_the_sides_swaps_the_directions(declared in scope_set(), granted in scope_set()) {
            let there = ScopeDrift::between(&declared, &granted);
            let back = ScopeDrift::between(&granted, &declared);
            prop_assert_eq!((there.missing, there.extra), (back.extra, back.missing));
        }

        #[test]
        fn drift_is_empty_exactly_for_equal_sets(declared in scope_set(), granted in scope_set()) {
            prop_assert_eq!(ScopeDrift::between(&declared, &granted).is_empty(), declared == granted);
            prop_assert!(ScopeDrift::between(&declared, &declared).is_empty());
        }
    }
}
