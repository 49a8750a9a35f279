//! Claims that a token must have, in `expected_claims` and in a baseline's `claims`, and their comparison with a token.
//!
//! A path such as `role.id` names one member at each level. NICE's documented grants issue no scopes: an access key's
//! permissions come from its employee's role, and the claims contain the role.

use std::collections::BTreeMap;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::{Map, Number, Value};

use crate::settings::inspect::shape;
use crate::text::{escaped, shown};

/// Paths, and the value that a token must have at each.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExpectedClaims(BTreeMap<String, String>);

/// The paths at which a token differs, each with the found value in a form that may be shown and stored; `None` if the
/// token has no such claim.
pub type ChangedClaims = BTreeMap<String, Option<String>>;

/// Why an expectation is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaim {
    /// A path without a name.
    #[error("a path must not be empty")]
    Empty,
    /// A null value, which cannot be compared.
    #[error("the value at {} is null. Set a value, or remove the path", shown(.0))]
    Null(String),
    /// A claim that differs in every token.
    #[error("the claim {0} differs in every token, so it cannot be compared. Remove it")]
    DiffersInEveryToken(String),
}

impl ExpectedClaims {
    /// Checks paths and values.
    ///
    /// # Errors
    ///
    /// The first invalid path or value.
    pub fn try_new<'a>(entries: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Result<Self, InvalidClaim> {
        let checked = entries.into_iter().map(|(path, value)| {
            check_path(path)?;
            let value = value.ok_or_else(|| InvalidClaim::Null(path.to_owned()))?;
            Ok((path.to_owned(), value.to_owned()))
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    /// The value expected at `path`.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The paths, for a sentence.
    pub fn paths(&self) -> String {
        self.0.keys().map(|path| shown(path)).collect::<Vec<_>>().join(", ")
    }

    /// The paths at which `claims` differ.
    pub fn changed(&self, claims: &Map<String, Value>) -> ChangedClaims {
        let differs = |(path, expected): (&String, &String)| {
            let found = find(claims, path);
            // A missing claim differs from every expectation: a role that disappears is drift.
            let is_same = found.is_some_and(|found| is_same(expected, found));
            (!is_same).then(|| (path.clone(), found.map(stored)))
        };
        self.0.iter().filter_map(differs).collect()
    }

    /// One line for each change: path, expected and found value. Hides values that look like a secret.
    pub fn lines(&self, changed: &ChangedClaims) -> String {
        let line = |(path, found): (&String, &Option<String>)| {
            let expected = self.value(path).map_or_else(String::new, |value| masked(value).into_owned());
            let found = found.as_deref().map_or_else(|| "not in the token".to_owned(), in_line);
            format!("  {}: expected {}, found: {found}", shown(path), in_line(&expected))
        };
        changed.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Checks that `path` can be compared.
///
/// # Errors
///
/// The path is empty, or its claim differs in every token.
pub fn check_path(path: &str) -> Result<(), InvalidClaim> {
    if path.is_empty() {
        return Err(InvalidClaim::Empty);
    }
    match DIFFERS_IN_EVERY_TOKEN.contains(&path) {
        true => Err(InvalidClaim::DiffersInEveryToken(path.to_owned())),
        false => Ok(()),
    }
}

// The issue time, validity and identifier of a token (RFC 7519 section 4.1).
const DIFFERS_IN_EVERY_TOKEN: [&str; 4] = ["exp", "iat", "nbf", "jti"];

/// The value at `path`. At each level, the longest matching member name is used, because the names of claims can
/// contain dots, such as names that are addresses.
fn find<'a>(members: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let ends = std::iter::once(path.len()).chain(path.rmatch_indices('.').map(|(index, _)| index));
    let (member, rest) = ends.filter_map(|end| Some((member(members, &path[..end])?, path.get(end + 1..)))).next()?;
    match rest {
        None => Some(member),
        Some(rest) => find(member.as_object()?, rest),
    }
}

fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    // Terraform has normalised the path, but the token's member names can be in another form.
    let normal = form_c(name);
    members.get(name).or_else(|| members.iter().find(|(other, _)| form_c(other) == normal).map(|(_, value)| value))
}

/// Whether `found` equals `expected`: text as text, everything else as JSON.
fn is_same(expected: &str, found: &Value) -> bool {
    match found {
        Value::String(found) => form_c(expected) == form_c(found),
        found => serde_json::from_str(expected).is_ok_and(|expected| is_same_json(&expected, found)),
    }
}

fn is_same_json(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(one), Value::String(other)) => form_c(one) == form_c(other),
        (Value::Number(one), Value::Number(other)) => is_same_number(one, other),
        (Value::Array(one), Value::Array(other)) => {
            // A set of names, such as `secondaryRoles`, has no order.
            if let (Some(one), Some(other)) = (sorted_texts(one), sorted_texts(other)) {
                return one == other;
            }
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_json(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| member(other, name).is_some_and(|other| is_same_json(one, other)))
        }
        (one, other) => one == other,
    }
}

/// 1 and 1.0 are the same JSON number. Integers are compared exactly, even beyond the precision of a double.
fn is_same_number(one: &Number, other: &Number) -> bool {
    // A double cannot distinguish neighbouring integers beyond 2^53.
    let integer = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}

fn sorted_texts(items: &[Value]) -> Option<Vec<String>> {
    let mut texts: Vec<_> = items.iter().map(|item| item.as_str().map(form_c)).collect::<Option<_>>()?;
    texts.sort();
    Some(texts)
}

/// The found value in a form that may be shown and stored: independent of its order, without a possible secret.
fn stored(found: &Value) -> String {
    let text = match canonical(found) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(form_c(&masked(text))),
        Value::Array(items) => match sorted_texts(items) {
            Some(texts) => texts.iter().map(|text| masked(text).into_owned()).collect(),
            None => items.iter().map(canonical).collect(),
        },
        Value::Object(members) => members.iter().map(|(name, member)| (form_c(name), canonical(member))).collect(),
        other => other.clone(),
    }
}

/// `text`, or a fixed text if it looks like a token, a hash or a key.
fn masked(text: &str) -> std::borrow::Cow<'_, str> {
    // Parts of an address, a time or a list are judged one by one. NICE's identifiers are UUIDs.
    let mut parts = text.split([':', '/', '.', ',', ' ', '@', ';', '|', '"', '[', ']', '{', '}']);
    if parts.any(|part| !shape::is_uuid(part) && shape::looks_random(part)) { HIDDEN.into() } else { text.into() }
}

/// A value for one line. JSON is not quoted again, because that would be hard to read.
fn in_line(text: &str) -> String {
    if text == HIDDEN || text.starts_with(['[', '{']) { escaped(text) } else { shown(text).into_owned() }
}

/// Terraform stores text in Unicode's composed form (NFC).
fn form_c(text: &str) -> String {
    const FORM_C: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    FORM_C.normalize(text).into_owned()
}

// Replaces a possible secret in messages and in the state.
const HIDDEN: &str = "(hidden: it looks like a secret)";

// A state is no place for whole documents, so a found value is cut.
const LONGEST: usize = 1_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn changed(path: &str, expected: &str, found: Value) -> Option<Option<String>> {
        let expected = ExpectedClaims::try_new([(path, Some(expected))]).unwrap();
        expected.changed(&claims(found)).remove(path)
    }

    #[test]
    fn a_path_takes_the_longest_name_that_fits_at_each_level() {
        let cases = [
            ("role.id", json!({"role": {"id": "x"}}), true),
            ("role.id", json!({"role.id": "x", "role": {"id": "other"}}), true),
            ("role.id", json!({"role.id": "other", "role": {"id": "x"}}), false),
            ("https://cxone.example/role.id", json!({"https://cxone.example/role": {"id": "x"}}), true),
            ("a.b.c", json!({"a.b": {"c": "x"}, "a": {"b": {"c": "other"}}}), true),
            ("a.b.c", json!({"a.b": 1, "a": {"b": {"c": "x"}}}), false),
            ("role.id", json!({"role": "x"}), false),
            ("role.id", json!({"role": ["x"]}), false),
            ("role..id", json!({"role": {"": {"id": "x"}}}), true),
            ("caf\u{e9}.id", json!({"cafe\u{301}": {"id": "x"}}), true),
        ];
        for (path, found, is_same) in cases {
            assert_eq!(changed(path, "x", found.clone()).is_none(), is_same, "{path} in {found}");
        }
    }

    #[test]
    fn values_compare_as_text_or_as_json() {
        let cases = [
            ("a", json!("a"), true),
            ("a", json!("A"), false),
            ("caf\u{e9}", json!("cafe\u{301}"), true),
            ("", json!(""), true),
            ("true", json!(true), true),
            ("true", json!("true"), true),
            ("true", json!(1), false),
            ("false", json!(true), false),
            ("32", json!(32), true),
            ("32.0", json!(32), true),
            ("3.2e1", json!(32), true),
            ("032", json!(32), false),
            ("-1234567", json!(-1_234_567), true),
            ("18446744073709551615", json!(u64::MAX), true),
            ("18446744073709551614", json!(u64::MAX), false),
            ("9007199254740993", json!(9_007_199_254_740_992_i64), false),
            ("32", json!("32"), true),
            ("[\"b\", \"a\"]", json!(["a", "b"]), true),
            ("[\"a\"]", json!(["a", "a"]), false),
            ("[1, 2]", json!([2, 1]), false),
            ("[]", json!([]), true),
            ("a", json!(["a"]), false),
            ("{\"b\": [\"y\", \"x\"], \"a\": 1}", json!({"a": 1.0, "b": ["x", "y"]}), true),
            ("{\"a\": 1}", json!({"a": 1, "b": 2}), false),
            ("null", json!(null), true),
            ("\"a\"", json!("a"), false),
        ];
        for (expected, found, is_same) in cases {
            assert_eq!(changed("c", expected, json!({ "c": found })).is_none(), is_same, "{expected} against {found}");
        }
    }

    #[test]
    fn what_was_found_is_told_in_one_form_and_never_a_secret() {
        let cases = [
            (json!("e\u{301}"), "\u{e9}"),
            (json!(7), "7"),
            (json!(["b", "a"]), "[\"a\",\"b\"]"),
            (json!({"b": 1, "a": ["z", "y"]}), "{\"a\":[\"y\",\"z\"],\"b\":1}"),
            (json!("11e9b5a0-5a4d-b0c5-8a6e-0242ac110002"), "11e9b5a0-5a4d-b0c5-8a6e-0242ac110002"),
            (json!("user:11e9b5a0-5a4d-b0c5-8a6e-0242ac110002"), "user:11e9b5a0-5a4d-b0c5-8a6e-0242ac110002"),
            (json!("2026-02-01T10:00:00.000Z"), "2026-02-01T10:00:00.000Z"),
            (json!("https://cxone.niceincontact.com"), "https://cxone.niceincontact.com"),
            (json!("Reporting (EMEA)"), "Reporting (EMEA)"),
            (json!("eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkxMjMifQ.c2ln"), HIDDEN),
            (json!("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), HIDDEN),
            (json!("canary1Qx7Vd2Lm8Rk4Tz9Wp"), HIDDEN),
        ];
        for (found, expected) in cases {
            assert_eq!(changed("c", "x", json!({ "c": found })), Some(Some(expected.to_owned())), "{found}");
        }
        let nested = changed("c", "x", json!({"c": {"token": "canary1Qx7Vd2Lm8Rk4Tz9Wp", "id": 1}})).unwrap().unwrap();
        assert_eq!(nested, format!("{{\"id\":1,\"token\":\"{HIDDEN}\"}}"));
        assert_eq!(changed("c", "x", json!({})), Some(None));
        let long = changed("c", "x", json!({ "c": "é ".repeat(5_000) })).unwrap().unwrap();
        assert_eq!(long.chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_change_is_a_line_with_path_expected_and_found() {
        let expected = [
            ("role.id", Some("one")),
            ("c", Some("canary1Qx7Vd2Lm8Rk4Tz9Wp")),
            ("gone", Some("a\nb")),
            ("list", Some("[]")),
        ];
        let expected = ExpectedClaims::try_new(expected).unwrap();
        let changed = expected.changed(&claims(json!({"role": {"id": "two"}, "c": "three", "list": ["b", "a\u{1b}"]})));
        insta::assert_snapshot!(expected.lines(&changed), @r#"
          c: expected (hidden: it looks like a secret), found: three
          gone: expected "a\nb", found: not in the token
          list: expected [], found: ["a\u001b","b"]
          role.id: expected one, found: two
        "#);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        for path in ["exp", "iat", "nbf", "jti"] {
            let error = ExpectedClaims::try_new([(path, Some("1"))]).unwrap_err();
            assert_eq!(error, InvalidClaim::DiffersInEveryToken(path.to_owned()));
        }
        assert_eq!(ExpectedClaims::try_new([("", Some("1"))]), Err(InvalidClaim::Empty));
        assert_eq!(ExpectedClaims::try_new([("a", None)]), Err(InvalidClaim::Null("a".to_owned())));
        assert!(ExpectedClaims::try_new([("role.exp", Some("1"))]).is_ok());
    }
}
