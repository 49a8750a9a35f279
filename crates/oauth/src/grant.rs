//! What a token grants, and how that differs from what was declared.

use std::fmt;

use super::jwt::Jwt;
use super::{ScopeSet, Token};

/// Where the knowledge of a grant comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeSource {
    /// The `scope` member of the token response.
    Response,
    /// The claims of the token itself, a JWT.
    Claims,
    /// An omitted `scope`, which means "as requested" (RFC 6749 section 5.1).
    Requested,
    /// Nothing tells.
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

    /// Reads [`ScopeSource::as_str`] back; any other text is [`ScopeSource::Unknown`].
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

/// The scopes of a token, as far as they can be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedScopes {
    /// The granted scopes; `None` exactly when `source` is [`ScopeSource::Unknown`].
    pub scopes: Option<ScopeSet>,
    /// Where they were read.
    pub source: ScopeSource,
    /// Scopes were requested, the answer names none, and the token is an `at+jwt` without a scope claim. RFC 9068
    /// section 2.2.3 wants that claim when scopes were granted, so "as requested" cannot be assumed.
    pub unreadable_access_token_jwt: bool,
}

/// Decides what `token` grants to a request for `requested`; `jwt` is the access token, decoded, where it is one.
///
/// In this order: the answer's `scope`, be it empty; the JWT's `scope` or `scp`; what was requested, unless an
/// `at+jwt` speaks against it; nothing.
pub fn granted(requested: &ScopeSet, token: &Token, jwt: Option<&Jwt>) -> GrantedScopes {
    let known =
        |scopes: ScopeSet, source| GrantedScopes { scopes: Some(scopes), source, unreadable_access_token_jwt: false };
    if let Some(scopes) = &token.scope {
        return known(scopes.clone(), ScopeSource::Response);
    }
    if let Some(scopes) = jwt.and_then(Jwt::scope) {
        return known(scopes, ScopeSource::Claims);
    }
    let contradicted = jwt.is_some_and(Jwt::is_access_token_type);
    if !requested.is_empty() && !contradicted {
        return known(requested.clone(), ScopeSource::Requested);
    }
    GrantedScopes {
        scopes: None,
        source: ScopeSource::Unknown,
        unreadable_access_token_jwt: contradicted && !requested.is_empty(),
    }
}

/// The two ways in which a grant can differ from its declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeDrift {
    /// Declared, but not granted.
    pub missing: ScopeSet,
    /// Granted, but not declared.
    pub extra: ScopeSet,
}

impl ScopeDrift {
    /// Whether the grant is exactly what was declared.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }
}

/// Compares two sets, both ways.
pub fn drift(declared: &ScopeSet, granted: &ScopeSet) -> ScopeDrift {
    ScopeDrift { missing: declared.difference(granted), extra: granted.difference(declared) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::jwt::decode;
    use crate::jwt::tests::token as jwt;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::time::SystemTime;

    fn answer(scope: Option<&str>, access_token: &str) -> Token {
        Token {
            access_token: Secret::new(access_token),
            token_type: "Bearer".into(),
            issued_at: SystemTime::UNIX_EPOCH,
            clock_skew_seconds: None,
            expires_at: None,
            scope: scope.map(ScopeSet::parse),
            id_token: None,
        }
    }

    #[test]
    fn the_grant_is_decided_in_the_documented_order() {
        use ScopeSource::{Claims, Requested, Response, Unknown};
        let plain = |claims: &Value| jwt(&json!({"typ": "JWT"}), claims);
        let typed = |claims: &Value| jwt(&json!({"typ": "at+jwt"}), claims);
        let opaque = || "canary-opaque".to_owned();
        let (none, claim) = (json!({}), json!({"scope": "c"}));
        let cases = [
            ("the answer wins over claims", "a", Some("r"), plain(&claim), Some("r"), Response, false),
            ("an empty answer grants nothing", "a", Some(""), plain(&claim), Some(""), Response, false),
            ("an answer beside an opaque token", "", Some("r"), opaque(), Some("r"), Response, false),
            ("an answer beside an unreadable at+jwt", "a", Some("r"), typed(&none), Some("r"), Response, false),
            ("claims win over the request", "a", None, plain(&claim), Some("c"), Claims, false),
            ("scp as array", "a", None, plain(&json!({"scp": ["x", "y"]})), Some("x y"), Claims, false),
            ("an empty claim grants nothing", "a", None, typed(&json!({"scope": ""})), Some(""), Claims, false),
            ("an at+jwt with a claim", "a", None, typed(&claim), Some("c"), Claims, false),
            ("omitted means as requested", "a b", None, opaque(), Some("a b"), Requested, false),
            ("a JWT without the claim", "a", None, plain(&none), Some("a"), Requested, false),
            ("an at+jwt without the claim", "a", None, typed(&none), None, Unknown, true),
            ("an at+jwt with a broken claim", "a", None, typed(&json!({"scope": 1})), None, Unknown, true),
            ("nothing requested, nothing told", "", None, opaque(), None, Unknown, false),
            ("nothing requested of an at+jwt", "", None, typed(&none), None, Unknown, false),
        ];
        for (name, requested, scope, access_token, scopes, source, unreadable) in cases {
            let expected =
                GrantedScopes { scopes: scopes.map(ScopeSet::parse), source, unreadable_access_token_jwt: unreadable };
            let (answer, jwt) = (answer(scope, &access_token), decode(&access_token).ok());
            assert_eq!(granted(&ScopeSet::parse(requested), &answer, jwt.as_ref()), expected, "{name}");
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
            let drift = drift(&ScopeSet::parse(declared), &ScopeSet::parse(granted));
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
            let drift = drift(&declared, &granted);
            let shared = declared.difference(&drift.missing);
            prop_assert!(shared.iter().all(|scope| granted.contains(scope)));
            prop_assert!(drift.missing.iter().all(|scope| !granted.contains(scope)));
            let union: ScopeSet = shared.iter().chain(drift.missing.iter()).cloned().collect();
            prop_assert_eq!(union, declared);
        }

        #[test]
        fn swapping_the_sides_swaps_the_directions(declared in scope_set(), granted in scope_set()) {
            let there = drift(&declared, &granted);
            let back = drift(&granted, &declared);
            prop_assert_eq!((there.missing, there.extra), (back.extra, back.missing));
        }

        #[test]
        fn drift_is_empty_exactly_for_equal_sets(declared in scope_set(), granted in scope_set()) {
            prop_assert_eq!(drift(&declared, &granted).is_empty(), declared == granted);
            prop_assert!(drift(&declared, &declared).is_empty());
        }
    }
}
