//! Stored state: JSON out of a state file, brought to the form of the current schema.

use std::collections::BTreeMap;

use rmp::encode;
use serde_json::{Map, Value};
use tf_provider::schema::{Attribute, AttributeType, Block, NestedBlock, Schema};

use super::Encoded;

/// Encodes `state` as `schema` wants it: exactly the schema's attributes and blocks, so that what the schema no
/// longer knows falls away and what the state does not yet know is null (or, for blocks, none).
pub(crate) fn encode_stored(schema: &Schema, state: &Value) -> Encoded {
    let mut out = Writer(Vec::new());
    out.block(&schema.block, state);
    Encoded::from_msgpack(out.0)
}

/// Writes msgpack. Writing to a `Vec` cannot fail, so that results are dropped.
struct Writer(Vec<u8>);

impl Writer {
    fn block(&mut self, block: &Block, value: &Value) {
        let Value::Object(members) = value else { return self.plain(value) };
        let attributes = block.attributes.iter().map(|(name, attribute)| (name, Member::Attribute(attribute)));
        let blocks = block.blocks.iter().map(|(name, nested)| (name, Member::Block(nested)));
        self.object(attributes.chain(blocks).collect(), members, |out, member, value| match member {
            Member::Attribute(attribute) => out.attribute(&attribute.attr_type, value),
            Member::Block(nested) => out.nested_block(nested, value),
        });
    }

    fn nested_block(&mut self, nested: &NestedBlock, value: &Value) {
        match (nested, value) {
            (NestedBlock::List(_) | NestedBlock::Set(_) | NestedBlock::Optional(_), Value::Null) => self.array(0),
            (NestedBlock::Map(_), Value::Null) => self.map(0),
            (NestedBlock::Group(block), Value::Null) => self.block(block, &Value::Object(Map::new())),
            (NestedBlock::Single(block) | NestedBlock::Group(block), value) => self.block(block, value),
            (NestedBlock::List(block) | NestedBlock::Set(block) | NestedBlock::Optional(block), value) => {
                self.elements(value, |out, element| out.block(block, element));
            }
            (NestedBlock::Map(block), value) => self.entries(value, |out, entry| out.block(block, entry)),
        }
    }

    fn attribute(&mut self, attribute_type: &AttributeType, value: &Value) {
        use AttributeType as Type;
        match (attribute_type, value) {
            (_, Value::Null) | (Type::String | Type::Number | Type::Bool, _) => self.plain(value),
            (Type::List(inner) | Type::Set(inner), _) => self.elements(value, |out, it| out.attribute(inner, it)),
            (Type::Map(inner), _) => self.entries(value, |out, it| out.attribute(inner, it)),
            (Type::Object(members), Value::Object(values)) => {
                self.object(members.iter().collect(), values, |out, inner, it| out.attribute(inner, it));
            }
            (Type::Tuple(types), Value::Array(values)) => {
                self.array(values.len());
                types.iter().zip(values).for_each(|(inner, it)| self.attribute(inner, it));
            }
            (Type::AttributeSingle(members), Value::Object(_)) => self.nested_object(members, value),
            (Type::AttributeList(members) | Type::AttributeSet(members), _) => {
                self.elements(value, |out, it| out.nested_object(members, it));
            }
            (Type::AttributeMap(members), _) => self.entries(value, |out, it| out.nested_object(members, it)),
            (Type::Any, Value::Object(typed)) => self.dynamic(typed),
            // A state that contradicts the schema: passed on for the core to name.
            (Type::Any | Type::Object(_) | Type::Tuple(_) | Type::AttributeSingle(_), _) => self.plain(value),
        }
    }

    fn nested_object(&mut self, members: &std::collections::HashMap<String, Attribute>, value: &Value) {
        let Value::Object(values) = value else { return self.plain(value) };
        self.object(members.iter().collect(), values, |out, inner, it| out.attribute(&inner.attr_type, it));
    }

    /// In state, a value of dynamic type is `{"value": …, "type": …}`; on the wire, an array of type and value.
    fn dynamic(&mut self, typed: &Map<String, Value>) {
        let part = |name: &str| typed.get(name).unwrap_or(&Value::Null);
        let described = part("type").to_string();
        self.array(2);
        _ = encode::write_bin(&mut self.0, described.as_bytes());
        self.plain(part("value"));
    }

    fn object<T>(
        &mut self,
        members: BTreeMap<&String, T>,
        values: &Map<String, Value>,
        write: impl Fn(&mut Self, T, &Value),
    ) {
        self.map(members.len());
        for (name, member) in members {
            self.text(name);
            write(self, member, values.get(name).unwrap_or(&Value::Null));
        }
    }

    fn elements(&mut self, value: &Value, write: impl Fn(&mut Self, &Value)) {
        let Value::Array(elements) = value else { return self.plain(value) };
        self.array(elements.len());
        elements.iter().for_each(|element| write(self, element));
    }

    fn entries(&mut self, value: &Value, write: impl Fn(&mut Self, &Value)) {
        let Value::Object(entries) = value else { return self.plain(value) };
        self.map(entries.len());
        for (key, entry) in entries {
            self.text(key);
            write(self, entry);
        }
    }

    fn plain(&mut self, value: &Value) {
        // serde_json's values are a subset of what msgpack carries.
        self.0.extend(rmp_serde::to_vec_named(value).unwrap_or_else(|_| vec![NIL]));
    }

    fn text(&mut self, text: &str) {
        _ = encode::write_str(&mut self.0, text);
    }

    fn array(&mut self, len: usize) {
        _ = encode::write_array_len(&mut self.0, u32::try_from(len).unwrap_or(u32::MAX));
    }

    fn map(&mut self, len: usize) {
        _ = encode::write_map_len(&mut self.0, u32::try_from(len).unwrap_or(u32::MAX));
    }
}

enum Member<'a> {
    Attribute(&'a Attribute),
    Block(&'a NestedBlock),
}

const NIL: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use serde_json::json;
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
        encode_stored(&schema(), state).decode(&mut Diagnostics::default()).unwrap()
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
        let encoded = encode_stored(&schema, &json!({"d": {"value": "v", "type": "string"}})).into_wire().msgpack;
        assert_eq!(encoded, b"\x81\xa1d\x92\xc4\x08\"string\"\xa1v");
    }
}
