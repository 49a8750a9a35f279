//! Scopes: case-sensitive tokens, compared as sets (RFC 6749 section 3.3).

use std::collections::{BTreeSet, btree_set};

/// A set of scope tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeSet(BTreeSet<String>);

impl ScopeSet {
    /// Reads a list separated by ASCII white space, as answers and claims have it. Nothing is refused.
    pub fn parse(text: &str) -> Self {
        text.split_ascii_whitespace().map(str::to_owned).collect()
    }

    /// Takes one scope an item and checks each against RFC 6749 section 3.3: one or more of `%x21`, `%x23-5B` and
    /// `%x5D-7E`.
    ///
    /// # Errors
    ///
    /// An empty item, or the first character that a scope may not hold.
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

    /// How many scopes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `scope` is one of them; case matters.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// The value of the `scope` parameter: in order, single spaces between.
    pub fn to_wire(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The scopes that are here and not in `other`.
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
    #[error("a scope may not be empty")]
    Empty,
    /// The text holds a character outside RFC 6749 section 3.3.
    #[error("character {position} of a scope is U+{:04X}, which a scope may not hold", u32::from(*.character))]
    Character {
        /// The offending character.
        character: char,
        /// Its place in the scope, counted in characters from 1.
        position: usize,
    },
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
    matches!(character, '\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_read_leniently() {
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
        assert_eq!(error.to_string(), "character 4 of a scope is U+200B, which a scope may not hold");
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
}
