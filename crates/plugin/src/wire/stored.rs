//! Stored state: the JSON of a state file in the form of the current schema.

use std::collections::{BTreeMap, HashMap};

use rmpv::Value;
use serde_json::value::RawValue;
use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock, Schema};

use crate::wire::Encoded;

/// Encodes `state` with exactly the attributes and blocks of `schema`, because the cores count them. Attributes that
/// the schema no longer has are dropped, and new ones are null (new blocks are empty). `None` if the state is neither
/// an object nor null.
pub(crate) fn encode_stored(schema: &Schema, state: &[u8]) -> Option<Encoded> {
    // Limits the depth. Reading raw values does not.
    let bounded: serde_json::Value = serde_json::from_slice(state).ok()?;
    if !bounded.is_object() && !bounded.is_null() {
        return None;
    }
    Some(Encoded::from_value(&block(&schema.block, serde_json::from_slice(state).ok()?)))
}

/// Raw values, so that a number keeps all its digits.
type Members<'a> = BTreeMap<String, &'a RawValue>;

fn block(block: &Block, stored: &RawValue) -> Value {
    match serde_json::from_str::<Members>(stored.get()) {
        Ok(members) => block_of(block, &members),
        Err(_) => plain(stored),
    }
}

fn block_of(block: &Block, stored: &Members) -> Value {
    let attributes = block
        .attributes
        .iter()
        .map(|(name, attribute)| (name, self::attribute(&attribute.attr_type, member(stored, name))));
    let blocks = block.blocks.iter().map(|(name, nested)| (name, nested_block(nested, member(stored, name))));
    object(attributes.chain(blocks))
}

/// The cores reject null for a block that can repeat: without elements, it is an empty collection. A group always
/// exists.
fn nested_block(nested: &NestedBlock, stored: &RawValue) -> Value {
    match (nested, is_null(stored)) {
        // The schema got this block after the state was stored.
        (NestedBlock::List(_) | NestedBlock::Set(_) | NestedBlock::Optional(_), true) => Value::Array(Vec::new()),
        (NestedBlock::Map(_), true) => Value::Map(Vec::new()),
        (NestedBlock::Group(content), true) => block_of(content, &Members::new()),
        (NestedBlock::Single(content) | NestedBlock::Group(content), _) => block(content, stored),
        (NestedBlock::List(content) | NestedBlock::Set(content) | NestedBlock::Optional(content), false) => {
            elements(stored, |element| block(content, element))
        }
        (NestedBlock::Map(content), false) => entries(stored, |entry| block(content, entry)),
    }
}

/// Passes a value that contradicts the schema on unchanged, so that the core reports it.
fn attribute(attribute_type: &AttributeType, stored: &RawValue) -> Value {
    use AttributeType as Type;
    match attribute_type {
        _ if is_null(stored) => Value::Nil,
        Type::String | Type::Number | Type::Bool => plain(stored),
        Type::List(inner) | Type::Set(inner) => elements(stored, |it| attribute(inner, it)),
        Type::Map(inner) => entries(stored, |it| attribute(inner, it)),
        Type::Tuple(types) => tuple(types, stored),
        Type::Object(types) => match serde_json::from_str::<Members>(stored.get()) {
            Ok(members) => object(types.iter().map(|(name, inner)| (name, attribute(inner, member(&members, name))))),
            Err(_) => plain(stored),
        },
        Type::AttributeSingle(attributes) => nested_object(attributes, stored),
        Type::AttributeList(attributes) | Type::AttributeSet(attributes) => {
            elements(stored, |it| nested_object(attributes, it))
        }
        Type::AttributeMap(attributes) => entries(stored, |it| nested_object(attributes, it)),
        Type::Any => dynamic(stored),
    }
}

fn nested_object(attributes: &HashMap<String, Attribute>, stored: &RawValue) -> Value {
    let typed = |members: &Members| {
        object(attributes.iter().map(|(name, it)| (name, attribute(&it.attr_type, member(members, name)))))
    };
    serde_json::from_str(stored.get()).map_or_else(|_| plain(stored), |members| typed(&members))
}

fn tuple(types: &[AttributeType], stored: &RawValue) -> Value {
    match serde_json::from_str::<Vec<&RawValue>>(stored.get()) {
        Ok(values) if values.len() == types.len() => {
            Value::Array(types.iter().zip(values).map(|(inner, it)| attribute(inner, it)).collect())
        }
        _ => plain(stored),
    }
}

/// In state, a value of dynamic type is `{"value": …, "type": …}`. On the wire, it is an array of the type's JSON as
/// `bin` and the value.
fn dynamic(stored: &RawValue) -> Value {
    let Ok(members) = serde_json::from_str::<Members>(stored.get()) else { return plain(stored) };
    // Parsed and written again, because the wire form is compact JSON, while a state file can contain any.
    let described: serde_json::Value = serde_json::from_str(member(&members, "type").get()).unwrap_or_default();
    Value::Array(vec![Value::Binary(described.to_string().into_bytes()), plain(member(&members, "value"))])
}

/// An object sorted by names, as in the cores.
fn object<'a>(members: impl Iterator<Item = (&'a String, Value)>) -> Value {
    let sorted: BTreeMap<&String, Value> = members.collect();
    Value::Map(sorted.into_iter().map(|(name, member)| (name.as_str().into(), member)).collect())
}

fn elements(stored: &RawValue, element: impl Fn(&RawValue) -> Value) -> Value {
    let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(stored.get()) else { return plain(stored) };
    Value::Array(elements.into_iter().map(element).collect())
}

fn entries(stored: &RawValue, entry: impl Fn(&RawValue) -> Value) -> Value {
    let Ok(entries) = serde_json::from_str::<Members>(stored.get()) else { return plain(stored) };
    Value::Map(entries.into_iter().map(|(key, it)| (key.into(), entry(it))).collect())
}

fn plain(stored: &RawValue) -> Value {
    match stored.get().as_bytes() {
        [b'{', ..] => entries(stored, plain),
        [b'[', ..] => elements(stored, plain),
        [b'-' | b'0'..=b'9', ..] => number(stored.get()),
        _ => serde_json::from_str(stored.get()).unwrap_or(Value::Nil),
    }
}

/// A number as the cores write it: an integer, an exact float, or else text.
fn number(text: &str) -> Value {
    let integer = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
    integer.unwrap_or_else(|_| match text.parse::<f64>() {
        Ok(float) if is_exact(float, text) => float.into(),
        _ => text.into(),
    })
}

/// Whether `text` has exactly the digits of `float`. Numbers with an exponent remain text.
fn is_exact(float: f64, text: &str) -> bool {
    let significant = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    significant(&format!("{float:.MOST_DECIMALS$}")) == significant(text)
}

fn member<'a>(members: &Members<'a>, name: &str) -> &'a RawValue {
    members.get(name).copied().unwrap_or(RawValue::NULL)
}

fn is_null(stored: &RawValue) -> bool {
    stored.get() == "null"
}

// The digits after the point of the smallest positive float, 2^-1074.
const MOST_DECIMALS: usize = 1074;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tf_provider::{Diagnostics, map};

    use super::*;

    fn typed(attr_type: AttributeType) -> Attribute {
        Attribute { attr_type, ..Attribute::default() }
    }

    fn schema() -> Schema {
        let inner = Block { attributes: map! {"x" => typed(AttributeType::Number)}, ..Block::default() };
        let block = Block {
            attributes: map! {
                "name" => typed(AttributeType::String),
                "tags" => typed(AttributeType::Map(Box::new(AttributeType::String))),
                "pair" => typed(AttributeType::Tuple(vec![AttributeType::Bool, AttributeType::String])),
                "nested" => typed(AttributeType::AttributeList(map! {"a" => typed(AttributeType::Bool)})),
            },
            blocks: map! {
                "group" => NestedBlock::Group(inner.clone()), "list" => NestedBlock::List(inner.clone()),
                "map" => NestedBlock::Map(inner.clone()), "single" => NestedBlock::Single(inner),
            },
            ..Block::default()
        };
        Schema { version: 1, block }
    }

    fn stored(state: &Value) -> Value {
        let encoded = encode_stored(&schema(), state.to_string().as_bytes()).unwrap();
        encoded.decode(&mut Diagnostics::default()).unwrap()
    }

    #[test]
    fn what_the_schema_does_not_know_falls_away_at_every_level() {
        let state = json!({
            "name": "n", "gone": "canary", "tags": {"k": "v"}, "pair": [true, "p"],
            "nested": [{"a": true, "gone": 1}, null],
            "group": {"x": 1, "gone": 1}, "list": [{"x": 1.5, "gone": 1}], "map": {"k": {"x": 2}}, "single": {"x": 3},
        });
        let expected = json!({
            "name": "n", "tags": {"k": "v"}, "pair": [true, "p"], "nested": [{"a": true}, null],
            "group": {"x": 1}, "list": [{"x": 1.5}], "map": {"k": {"x": 2}}, "single": {"x": 3},
        });
        assert_eq!(stored(&state), expected);
    }

    #[test]
    fn what_the_state_does_not_know_is_null_or_no_block() {
        let expected = json!({
            "name": null, "tags": null, "pair": null, "nested": null,
            "group": {"x": null}, "list": [], "map": {}, "single": null,
        });
        assert_eq!(stored(&json!({})), expected);
        assert_eq!(stored(&Value::Null), Value::Null);
    }

    #[test]
    fn a_dynamic_value_carries_its_type_as_bytes() {
        let schema = Schema {
            version: 1,
            block: Block { attributes: map! {"d" => typed(AttributeType::Any)}, ..Block::default() },
        };
        let encoded =
            encode_stored(&schema, br#"{"d": {"value": "v", "type": "string"}}"#).unwrap().into_wire().msgpack;
        assert_eq!(encoded, b"\x81\xa1d\x92\xc4\x08\"string\"\xa1v");
    }

    #[test]
    fn numbers_keep_every_digit() {
        let schema = Schema {
            version: 1,
            block: Block { attributes: map! {"n" => typed(AttributeType::Number)}, ..Block::default() },
        };
        for (stored, expected) in [
            ("7", json!(7)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("9007199254740993", json!((1_u64 << 53) + 1)),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.5", json!(1.5)),
            ("-0.250", json!(-0.25)),
            ("0.1", json!("0.1")),
            ("1e30", json!("1e30")),
            ("18446744073709551616", json!(18_446_744_073_709_551_616_f64)),
            ("18446744073709551617", json!("18446744073709551617")),
        ] {
            let encoded = encode_stored(&schema, format!("{{\"n\": {stored}}}").as_bytes()).unwrap();
            assert_eq!(encoded.decode::<Value>(&mut Diagnostics::default()).unwrap()["n"], expected, "{stored}");
        }
    }

    #[test]
    fn what_is_no_state_is_refused() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        for stored in [&b""[..], b"{", b"[]", b"7", br#"{"name": nul}"#, &deep] {
            assert!(encode_stored(&schema(), stored).is_none());
        }
    }
}
