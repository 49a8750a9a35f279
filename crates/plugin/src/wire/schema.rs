//! Schemas in their wire form, in a stable order.

use std::collections::HashMap;

use serde::Serialize;
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, FunctionSchema, NestedBlock, Parameter, Schema,
    StringKind,
};

use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use crate::proto::tfplugin6::schema::object::NestingMode as ObjectNesting;
use crate::proto::tfplugin6::{function, schema};

pub(crate) fn schema_to_wire(schema: &Schema) -> wire::Schema {
    wire::Schema { version: schema.version, block: Some(block(&schema.block)) }
}

pub(crate) fn function_to_wire(function: &FunctionSchema) -> wire::Function {
    let (description, description_kind) = text(&function.description);
    wire::Function {
        parameters: function.parameters.iter().map(parameter).collect(),
        variadic_parameter: function.variadic.as_ref().map(parameter),
        r#return: Some(function::Return { r#type: type_json(&function.return_type) }),
        summary: function.summary.clone(),
        description,
        description_kind,
        deprecation_message: function.deprecated.clone().unwrap_or_default(),
    }
}

fn block(block: &Block) -> schema::Block {
    let (description, description_kind) = text(&block.description);
    schema::Block {
        version: block.version,
        attributes: attributes(&block.attributes),
        block_types: sorted(&block.blocks).map(|(name, nested)| nested_block(name, nested)).collect(),
        description,
        description_kind,
        deprecated: block.deprecated,
    }
}

fn nested_block(name: &str, nested: &NestedBlock) -> schema::NestedBlock {
    // A maximum of zero means no limit.
    let (nesting, content, min_items, max_items) = match nested {
        NestedBlock::Single(block) => (BlockNesting::Single, block, 1, 1),
        NestedBlock::List(block) => (BlockNesting::List, block, 0, 0),
        NestedBlock::Set(block) => (BlockNesting::Set, block, 0, 0),
        NestedBlock::Map(block) => (BlockNesting::Map, block, 0, 0),
        NestedBlock::Group(block) => (BlockNesting::Group, block, 0, 0),
        // The protocol has no optional block. Providers in Go use a list of at most one, too.
        NestedBlock::Optional(block) => (BlockNesting::List, block, 0, 1),
    };
    let content = Some(block(content));
    schema::NestedBlock { type_name: name.to_owned(), block: content, nesting: nesting.into(), min_items, max_items }
}

fn attributes(attributes: &HashMap<String, Attribute>) -> Vec<schema::Attribute> {
    sorted(attributes).map(|(name, content)| attribute(name, content)).collect()
}

fn attribute(name: &str, attribute: &Attribute) -> schema::Attribute {
    use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};

    let (description, description_kind) = text(&attribute.description);
    let nested_type = nested_type(&attribute.attr_type);
    schema::Attribute {
        name: name.to_owned(),
        // The cores accept only one of the two.
        r#type: if nested_type.is_some() { Vec::new() } else { type_json(&attribute.attr_type) },
        nested_type,
        description,
        description_kind,
        required: attribute.constraint == Required,
        optional: matches!(attribute.constraint, Optional | OptionalComputed),
        computed: matches!(attribute.constraint, Computed | OptionalComputed),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated,
        // `tf_provider`'s schema has no write-only attributes.
        write_only: false,
    }
}

fn nested_type(attribute_type: &AttributeType) -> Option<schema::Object> {
    let (nesting, content) = match attribute_type {
        AttributeType::AttributeSingle(content) => (ObjectNesting::Single, content),
        AttributeType::AttributeList(content) => (ObjectNesting::List, content),
        AttributeType::AttributeSet(content) => (ObjectNesting::Set, content),
        AttributeType::AttributeMap(content) => (ObjectNesting::Map, content),
        _ => return None,
    };
    Some(schema::Object { attributes: attributes(content), nesting: nesting.into() })
}

fn parameter(parameter: &Parameter) -> function::Parameter {
    let (description, description_kind) = text(&parameter.description);
    function::Parameter {
        name: parameter.name.clone(),
        r#type: type_json(&parameter.param_type),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description,
        description_kind,
    }
}

fn text(description: &Description) -> (String, i32) {
    let kind = match description.kind {
        StringKind::Plain => wire::StringKind::Plain,
        StringKind::Markdown => wire::StringKind::Markdown,
    };
    (description.content.clone(), kind.into())
}

/// A type as JSON. `serde_json::Value` sorts its objects, while `tf_provider` keeps attributes in hash maps, so that
/// the order would change from run to run.
pub(super) fn type_json(described: &impl Serialize) -> Vec<u8> {
    serde_json::to_value(described).map(|json| json.to_string().into_bytes()).unwrap_or_default()
}

fn sorted<T>(map: &HashMap<String, T>) -> impl Iterator<Item = (&String, &T)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(name, _)| *name);
    entries.into_iter()
}

#[cfg(test)]
mod tests {
    use tf_provider::map;
    use tf_provider::schema::Type;

    use super::*;

    fn leaf(attr_type: AttributeType, constraint: AttributeConstraint) -> Attribute {
        Attribute { attr_type, constraint, description: "text".into(), sensitive: true, deprecated: true }
    }

    #[test]
    fn attributes_are_sorted_and_complete() {
        use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
        let object = AttributeType::Object(map! {"z" => AttributeType::Bool, "a" => AttributeType::Any});
        let wire = attributes(&map! {
            "d" => leaf(object, Required),
            "a" => leaf(AttributeType::Set(Box::new(AttributeType::String)), Optional),
            "c" => leaf(AttributeType::Number, Computed),
            "b" => leaf(AttributeType::AttributeList(map! {"x" => leaf(AttributeType::String, Required)}), OptionalComputed),
        });
        let shown: Vec<_> = wire
            .iter()
            .map(|it| (&*it.name, std::str::from_utf8(&it.r#type).unwrap(), it.required, it.optional, it.computed))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", r#"["set","string"]"#, false, true, false),
                ("b", "", false, true, true),
                ("c", r#""number""#, false, false, true),
                ("d", r#"["object",{"a":"dynamic","z":"bool"}]"#, true, false, false),
            ]
        );
        assert!(wire.iter().all(|it| it.sensitive && it.deprecated && it.description == "text"));
        let nested = wire[1].nested_type.as_ref().unwrap();
        assert_eq!((nested.nesting(), &*nested.attributes[0].name), (ObjectNesting::List, "x"));
    }

    #[test]
    fn blocks_carry_description_nesting_and_limits() {
        let inner = |description: &str| Block { description: Description::markdown(description), ..Block::default() };
        let outer = Block {
            version: 3,
            blocks: map! {
                "single" => NestedBlock::Single(inner("s")), "list" => NestedBlock::List(inner("l")),
                "set" => NestedBlock::Set(inner("t")), "map" => NestedBlock::Map(inner("m")),
                "group" => NestedBlock::Group(inner("g")), "optional" => NestedBlock::Optional(inner("o")),
            },
            ..Block::default()
        };
        let wire = schema_to_wire(&Schema { version: 3, block: outer }).block.unwrap();
        assert_eq!((wire.version, &*wire.description), (3, "empty"), "tf_provider's default is kept");
        let shown: Vec<_> =
            wire.block_types.iter().map(|it| (&*it.type_name, it.nesting(), it.min_items, it.max_items)).collect();
        assert_eq!(
            shown,
            [
                ("group", BlockNesting::Group, 0, 0),
                ("list", BlockNesting::List, 0, 0),
                ("map", BlockNesting::Map, 0, 0),
                ("optional", BlockNesting::List, 0, 1),
                ("set", BlockNesting::Set, 0, 0),
                ("single", BlockNesting::Single, 1, 1),
            ]
        );
        let group = wire.block_types[0].block.as_ref().unwrap();
        assert_eq!((&*group.description, group.description_kind()), ("g", wire::StringKind::Markdown));
    }

    #[test]
    fn a_function_is_described_in_full() {
        let wire = function_to_wire(&FunctionSchema {
            parameters: vec![Parameter {
                name: "text".into(),
                param_type: Type::List(Box::new(Type::String)),
                allow_null: true,
                allow_unknown: true,
                description: "first".into(),
            }],
            variadic: Some(Parameter { name: "rest".into(), ..Parameter::default() }),
            return_type: Type::Object(map! {"b" => Type::Bool, "a" => Type::Number}),
            summary: "short".into(),
            description: Description::markdown("long"),
            deprecated: Some("use another".into()),
        });
        let parameter = &wire.parameters[0];
        assert_eq!(parameter.r#type, br#"["list","string"]"#);
        assert!(parameter.allow_null_value && parameter.allow_unknown_values && parameter.description == "first");
        assert_eq!(wire.variadic_parameter.unwrap().name, "rest");
        assert_eq!(wire.r#return.unwrap().r#type, br#"["object",{"a":"number","b":"bool"}]"#);
        assert_eq!((&*wire.summary, &*wire.description, &*wire.deprecation_message), ("short", "long", "use another"));
    }
}
