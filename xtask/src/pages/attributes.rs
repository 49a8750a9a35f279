//! The `## Schema` section, in the words and the order of `tfplugindocs`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::{Attribute, Block, NestedBlock};

/// The section of a block: required, optional and read-only, then every nested block, each followed by its own.
pub(super) fn render(block: &Block) -> String {
    let mut sections = vec!["## Schema".to_owned()];
    let root = Nested { anchor: String::new(), path: String::new(), content: (&block.attributes, &block.block_types) };
    root.render_children(|group| format!("### {}", group.title()), &mut sections);
    sections.join("\n\n")
}

/// A type in the words of `tfplugindocs`, such as `Set of String`.
pub(super) fn type_name(kind: &Value) -> String {
    match kind {
        Value::String(name) => capitalised(name),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(name), element] if element.is_object() => capitalised(name),
            [Value::String(name), Value::Array(_)] if name == "tuple" => "Tuple".to_owned(),
            [Value::String(collection), element] => format!("{} of {}", capitalised(collection), type_name(element)),
            _ => "Dynamic".to_owned(),
        },
        _ => "Dynamic".to_owned(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

/// A block or an attribute with attributes of its own.
struct Nested<'a> {
    anchor: String,
    path: String,
    content: Content<'a>,
}

type Content<'a> = (&'a BTreeMap<String, Attribute>, &'a BTreeMap<String, NestedBlock>);

/// What a list says of an attribute or block.
struct Entry<'a> {
    line: String,
    write_only: bool,
    nested: Option<Nested<'a>>,
}

impl<'a> Nested<'a> {
    fn new(prefix: &str, parent: &str, name: &str, content: Content<'a>) -> Self {
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
        Self { anchor: format!("{prefix}--{}", path.replace('.', "--")), path, content }
    }

    fn link(&self) -> String {
        format!("(see [below for nested schema](#{}))", self.anchor)
    }

    fn render(&self, sections: &mut Vec<String>) {
        sections.push(format!("<a id=\"{}\"></a>\n### Nested Schema for `{}`", self.anchor, self.path));
        self.render_children(|group| format!("{}:", group.title()), sections);
    }

    fn render_children(&self, heading: impl Fn(Group) -> String, sections: &mut Vec<String>) {
        let groups = self.groups();
        for (group, entries) in &groups {
            let note = if entries.values().any(|entry| entry.write_only) { WRITE_ONLY_NOTE } else { "" };
            let lines: Vec<_> = entries.values().map(|entry| entry.line.as_str()).collect();
            sections.push(format!("{}\n\n{note}{}", heading(*group), lines.join("\n")));
        }
        for nested in groups.values().flat_map(BTreeMap::values).filter_map(|entry| entry.nested.as_ref()) {
            nested.render(sections);
        }
    }

    /// Attributes and blocks together, by name.
    fn groups(&self) -> BTreeMap<Group, BTreeMap<&'a str, Entry<'a>>> {
        let (attributes, blocks) = self.content;
        let mut groups: BTreeMap<Group, BTreeMap<_, _>> = BTreeMap::new();
        for (name, attribute) in attributes {
            let entry = Entry::of_attribute(name, attribute, &self.path);
            groups.entry(Group::of(attribute)).or_default().insert(name.as_str(), entry);
        }
        for (name, block) in blocks {
            let entry = Entry::of_block(name, block, &self.path);
            groups.entry(Group::of_block(block)).or_default().insert(name.as_str(), entry);
        }
        groups
    }
}

impl<'a> Entry<'a> {
    fn of_attribute(name: &str, attribute: &'a Attribute, parent: &str) -> Self {
        let kind = match &attribute.nested_type {
            Some(inner) if inner.nesting_mode == "single" => "Attributes".to_owned(),
            Some(inner) => format!("Attributes {}", capitalised(&inner.nesting_mode)),
            None => type_name(&attribute.kind),
        };
        let marks = [
            (attribute.sensitive, ", Sensitive"),
            (attribute.deprecated, ", Deprecated"),
            (attribute.write_only, WRITE_ONLY),
        ];
        let marks: String = marks.into_iter().filter(|(is_set, _)| *is_set).map(|(_, text)| text).collect();
        let nested = attribute.nested_type.as_ref();
        let nested = nested.map(|inner| Nested::new("nestedatt", parent, name, (&inner.attributes, &NO_BLOCKS)));
        let line = line(name, &format!("{kind}{marks}"), &attribute.description, nested.as_ref());
        Self { line, write_only: attribute.write_only, nested }
    }

    fn of_block(name: &str, block: &'a NestedBlock, parent: &str) -> Self {
        let mut kind = match block.nesting_mode.as_str() {
            "single" | "group" => format!("Block, {}", Group::of_block(block).title()),
            mode if block.min_items > 0 => format!("Block {}, Min: {}", capitalised(mode), block.min_items),
            mode => format!("Block {}", capitalised(mode)),
        };
        if block.max_items > 0 {
            kind += &format!(", Max: {}", block.max_items);
        }
        if block.block.deprecated {
            kind += ", Deprecated";
        }
        let nested = Nested::new("nestedblock", parent, name, (&block.block.attributes, &block.block.block_types));
        let line = line(name, &kind, &block.block.description, Some(&nested));
        Self { line, write_only: false, nested: Some(nested) }
    }
}

fn line(name: &str, kind: &str, description: &str, nested: Option<&Nested<'_>>) -> String {
    let parts = [format!("- `{name}` ({kind})"), one_line(description), nested.map(Nested::link).unwrap_or_default()];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

impl Group {
    fn of(attribute: &Attribute) -> Self {
        match (attribute.required, attribute.optional) {
            (true, _) => Self::Required,
            (false, true) => Self::Optional,
            (false, false) => Self::ReadOnly,
        }
    }

    fn of_block(block: &NestedBlock) -> Self {
        if block.min_items > 0 { Self::Required } else { Self::Optional }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

fn capitalised(word: &str) -> String {
    let word = if word == "bool" { "boolean" } else { word };
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

static NO_BLOCKS: BTreeMap<String, NestedBlock> = BTreeMap::new();

const WRITE_ONLY: &str =
    ", [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)";

const WRITE_ONLY_NOTE: &str = "> **NOTE**: [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) are supported in Terraform 1.11 and later.\n\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_tfplugindocs_names_them() {
        for (kind, name) in [
            (r#""string""#, "String"),
            (r#""bool""#, "Boolean"),
            (r#"["set","string"]"#, "Set of String"),
            (r#"["map",["list","number"]]"#, "Map of List of Number"),
            (r#"["object",{"a":"string"}]"#, "Object"),
            (r#"["list",["object",{"a":"string"}]]"#, "List of Object"),
            (r#"["tuple",["string"]]"#, "Tuple"),
            (r#""dynamic""#, "Dynamic"),
        ] {
            assert_eq!(type_name(&serde_json::from_str(kind).unwrap()), name);
        }
    }

    #[test]
    fn attributes_stand_in_their_groups_and_nested_ones_below() {
        let block: Block = serde_json::from_value(serde_json::json!({
            "attributes": {
                "b": {"type": "string", "required": true, "description": "B\nmore."},
                "a": {"type": "string", "optional": true, "computed": true, "sensitive": true},
                "c": {"type": "number", "computed": true, "deprecated": true, "description": "C."},
                "d": {"nested_type": {"nesting_mode": "list", "attributes": {
                    "inner": {"type": "bool", "optional": true, "description": "Inner."}}}, "optional": true},
                "h": {"type": "string", "optional": true, "sensitive": true, "write_only": true},
                "z": {"nested_type": {"nesting_mode": "single", "attributes": {
                    "inner": {"type": "bool", "required": true}}}, "required": true},
            },
            "block_types": {"e": {"nesting_mode": "list", "max_items": 1, "block": {"block_types": {
                "f": {"nesting_mode": "single", "block": {"attributes": {"g": {"type": "string", "required": true}}}},
            }}}, "g": {"nesting_mode": "set", "min_items": 1, "block": {"deprecated": true}}},
        }))
        .unwrap();
        let expected = "\
## Schema

### Required

- `b` (String) B more.
- `g` (Block Set, Min: 1, Deprecated) (see [below for nested schema](#nestedblock--g))
- `z` (Attributes) (see [below for nested schema](#nestedatt--z))

### Optional

> **NOTE**: [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) are supported in Terraform 1.11 and later.

- `a` (String, Sensitive)
- `d` (Attributes List) (see [below for nested schema](#nestedatt--d))
- `e` (Block List, Max: 1) (see [below for nested schema](#nestedblock--e))
- `h` (String, Sensitive, [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments))

### Read-Only

- `c` (Number, Deprecated) C.

<a id=\"nestedblock--g\"></a>
### Nested Schema for `g`

<a id=\"nestedatt--z\"></a>
### Nested Schema for `z`

Required:

- `inner` (Boolean)

<a id=\"nestedatt--d\"></a>
### Nested Schema for `d`

Optional:

- `inner` (Boolean) Inner.

<a id=\"nestedblock--e\"></a>
### Nested Schema for `e`

Optional:

- `f` (Block, Optional) (see [below for nested schema](#nestedblock--e--f))

<a id=\"nestedblock--e--f\"></a>
### Nested Schema for `e.f`

Required:

- `g` (String)";
        assert_eq!(render(&block), expected);
    }
}
