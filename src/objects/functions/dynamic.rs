//! JSON values as values of dynamic type.

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// A JSON value with the type that `jsondecode` would give it. Numbers beyond 64 bits have the precision of a double.
///
/// Its wire form is an array of the type (JSON in a byte string) and the value; a null is nil without a type
/// (Terraform, `docs/plugin-protocol/object-wire-format.md`).
#[derive(Clone, PartialEq)]
pub(super) struct Dynamic(Value);

impl From<Map<String, Value>> for Dynamic {
    fn from(members: Map<String, Value>) -> Self {
        Self::from(Value::Object(members))
    }
}

impl From<Value> for Dynamic {
    fn from(value: Value) -> Self {
        Self(normalized(value))
    }
}

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_null() {
            return serializer.serialize_none();
        }
        // The type is part of the value, because a parameter of dynamic type has none in the schema.
        let implied_type = implied_type(&self.0).to_string();
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&Bytes(implied_type.as_bytes()))?;
        pair.serialize_element(&Wire(&self.0))?;
        pair.end()
    }
}

/// The wire format needs msgpack's `bin`, but `serde` writes a slice of bytes as a list of numbers.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// A value in its wire form.
///
/// Numbers are decimal text, because 0.1 has no exact binary form. A binary integer would also differ in precision from
/// the same integer in state: `plan -refresh-only -detailed-exitcode` reports that as a change (Terraform 1.11.4).
struct Wire<'a>(&'a Value);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => serializer.collect_str(number),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Wire)),
            Value::Object(members) => serializer.collect_map(members.iter().map(|(name, member)| (name, Wire(member)))),
            other => other.serialize(serializer),
        }
    }
}

/// Terraform's name for the type of `value`. A null inside has the dynamic type.
fn implied_type(value: &Value) -> Value {
    match value {
        Value::Null => json!("dynamic"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => json!(["tuple", items.iter().map(implied_type).collect::<Vec<_>>()]),
        Value::Object(members) => {
            let types: Map<_, _> = members.iter().map(|(name, member)| (name.clone(), implied_type(member))).collect();
            json!(["object", types])
        }
    }
}

/// Terraform converts the names in a type to Unicode's form C, and looks up these converted names in the value. A name
/// in another form would be an unknown attribute. If two names become equal, the last one remains.
fn normalized(value: Value) -> Value {
    const FORM_C: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    match value {
        Value::Array(items) => items.into_iter().map(normalized).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (FORM_C.normalize(&name).into_owned(), normalized(member)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    type Pair = (serde_bytes::ByteBuf, Value);

    fn wire(value: Value) -> Vec<u8> {
        rmp_serde::to_vec_named(&Dynamic::from(value)).unwrap()
    }

    #[test]
    fn every_kind_of_value_goes_with_its_type() {
        let cases = [
            ("bool", json!(true), json!("bool")),
            ("integer", json!(-7), json!("number")),
            ("fraction", json!(1.5), json!("number")),
            ("beyond i64", json!(u64::MAX), json!("number")),
            ("text", json!("a"), json!("string")),
            ("empty array", json!([]), json!(["tuple", []])),
            ("mixed array", json!([1, "a", null]), json!(["tuple", ["number", "string", "dynamic"]])),
            ("empty object", json!({}), json!(["object", {}])),
            (
                "nested",
                json!({"b": [{"c": null}], "a": true}),
                json!(["object", {"a": "bool", "b": ["tuple", [["object", {"c": "dynamic"}]]]}]),
            ),
        ];
        for (name, value, expected) in cases {
            let (implied, answered): Pair = rmp_serde::from_slice(&wire(value.clone())).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&implied).unwrap(), expected, "{name}");
            assert_eq!(answered, with_numbers_as_text(value), "{name}");
        }
    }

    fn with_numbers_as_text(value: Value) -> Value {
        match value {
            Value::Number(number) => Value::String(number.to_string()),
            Value::Array(items) => items.into_iter().map(with_numbers_as_text).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, member)| (name, with_numbers_as_text(member))).collect()
            }
            other => other,
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_protocol() {
        // array of 2, bin8 of 6 bytes `"bool"`, true
        assert_eq!(wire(json!(true)), b"\x92\xc4\x06\"bool\"\xc3");
        // array of 2, bin8 of 8 bytes `"number"`, fixstr of 3
        assert_eq!(wire(json!(0.1)), b"\x92\xc4\x08\"number\"\xa30.1");
        assert_eq!(wire(Value::Null), b"\xc0");
    }

    #[test]
    fn names_are_brought_to_form_c() {
        let (implied, answered): Pair = rmp_serde::from_slice(&wire(json!({"a": [{"cafe\u{301}": 1}]}))).unwrap();
        assert_eq!(answered, json!({"a": [{"caf\u{e9}": "1"}]}));
        assert!(String::from_utf8(implied.into_vec()).unwrap().contains("caf\u{e9}"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map("[a-z]{0,3}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_value_survives_the_wire(value in any_json()) {
            let bytes = wire(value.clone());
            let answered = Option::<Pair>::deserialize(&mut rmp_serde::Deserializer::from_read_ref(&bytes)).unwrap();
            prop_assert_eq!(answered.map_or(Value::Null, |(_, value)| value), with_numbers_as_text(value));
        }
    }
}
