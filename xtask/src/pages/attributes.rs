//! The `## Schema` section, in the words and the order of `tfplugindocs`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::{Attribute, Block, NestedBlock};

/// The section of a block: required, optional and read-only, then every nested block.
pub(super) fn render(block: &Block) -> String {
    let mut nested = Vec::new();
    let groups = groups(&block.attributes, &block.block_types, "", &mut nested);
    let mut sections = vec!["## Schema".to_owned()];
    for (group, lines) in groups {
        sections.push(format!("### {}\n\n{}", group.title(), lines.join("\n")));
    }
    while !nested.is_empty() {
        let level = std::mem::take(&mut nested);
        sections.extend(level.into_iter().map(|section| section.render(&mut nested)));
    }
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
    attributes: &'a BTreeMap<String, Attribute>,
    blocks: Option<&'a BTreeMap<String, NestedBlock>>,
}

fn groups<'a>(
    attributes: &'a BTreeMap<String, Attribute>,
    blocks: &'a BTreeMap<String, NestedBlock>,
    parent: &str,
    nested: &mut Vec<Nested<'a>>,
) -> BTreeMap<Group, Vec<String>> {
    let mut groups: BTreeMap<Group, Vec<String>> = BTreeMap::new();
    for (name, attribute) in attributes {
        groups.entry(Group::of(attribute)).or_default().push(attribute_line(name, attribute, parent, nested));
    }
    for (name, block) in blocks {
        let group = if block.min_items > 0 { Group::Required } else { Group::Optional };
        groups.entry(group).or_default().push(block_line(name, block, parent, nested));
    }
    groups
}

fn attribute_line<'a>(name: &str, attribute: &'a Attribute, parent: &str, nested: &mut Vec<Nested<'a>>) -> String {
    let kind = match &attribute.nested_type {
        Some(inner) if inner.nesting_mode == "single" => "Attributes".to_owned(),
        Some(inner) => format!("Attributes {}", capitalised(&inner.nesting_mode)),
        None => type_name(&attribute.kind),
    };
    let marks = [
        (attribute.sensitive, ", Sensitive"),
        (attribute.deprecated, ", Deprecated"),
        (attribute.write_only, ", Write-only"),
    ];
    let marks: String = marks.into_iter().filter(|(is_set, _)| *is_set).map(|(_, text)| text).collect();
    let mut line = format!("- `{name}` ({kind}{marks}) {}", one_line(&attribute.description));
    if let Some(inner) = &attribute.nested_type {
        let section = Nested::new("nestedatt", parent, name, &inner.attributes, None);
        line = format!("{} {}", line.trim_end(), section.link());
        nested.push(section);
    }
    line.trim_end().to_owned()
}

fn block_line<'a>(name: &str, block: &'a NestedBlock, parent: &str, nested: &mut Vec<Nested<'a>>) -> String {
    let kind = match block.nesting_mode.as_str() {
        "single" | "group" => "Block".to_owned(),
        mode => format!("Block {}", capitalised(mode)),
    };
    let bounds = [("Min", block.min_items), ("Max", block.max_items)];
    let bounds: String =
        bounds.into_iter().filter(|(_, items)| *items > 0).map(|(name, items)| format!(", {name}: {items}")).collect();
    let section = Nested::new("nestedblock", parent, name, &block.block.attributes, Some(&block.block.block_types));
    let line = format!("- `{name}` ({kind}{bounds}) {}", one_line(&block.block.description));
    let line = format!("{} {}", line.trim_end(), section.link());
    nested.push(section);
    line
}

impl<'a> Nested<'a> {
    fn new(
        prefix: &str,
        parent: &str,
        name: &str,
        attributes: &'a BTreeMap<String, Attribute>,
        blocks: Option<&'a BTreeMap<String, NestedBlock>>,
    ) -> Self {
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
        Self { anchor: format!("{prefix}--{}", path.replace('.', "--")), path, attributes, blocks }
    }

    fn link(&self) -> String {
        format!("(see [below for nested schema](#{}))", self.anchor)
    }

    fn render(self, nested: &mut Vec<Self>) -> String {
        static NONE: BTreeMap<String, NestedBlock> = BTreeMap::new();
        let groups = groups(self.attributes, self.blocks.unwrap_or(&NONE), &self.path, nested);
        let groups: Vec<_> =
            groups.into_iter().map(|(group, lines)| format!("{}:\n\n{}", group.title(), lines.join("\n"))).collect();
        format!("<a id=\"{}\"></a>\n### Nested Schema for `{}`\n\n{}", self.anchor, self.path, groups.join("\n\n"))
    }
}

impl Group {
    fn of(attribute: &Attribute) -> Self {
        match (attribute.required, attribute.optional) {
            (true, _) => Self::Required,
            (false, true) => Self::Optional,
            (false, false) => Self::ReadOnly,
        }
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
            },
            "block_types": {"e": {"nesting_mode": "list", "max_items": 1, "block": {"block_types": {
                "f": {"nesting_mode": "single", "block": {"attributes": {"g": {"type": "string", "required": true}}}},
            }}}},
        }))
        .unwrap();
        let expected = "\
## Schema

### Required

- `b` (String) B more.

### Optional

- `a` (String, Sensitive)
- `d` (Attributes List) (see [below for nested schema](#nestedatt--d))
- `e` (Block List, Max: 1) (see [below for nested schema](#nestedblock--e))

### Read-Only

- `c` (Number, Deprecated) C.

<a id=\"nestedatt--d\"></a>
### Nested Schema for `d`

Optional:

- `inner` (Boolean) Inner.

<a id=\"nestedblock--e\"></a>
### Nested Schema for `e`

Optional:

- `f` (Block) (see [below for nested schema](#nestedblock--e--f))

<a id=\"nestedblock--e--f\"></a>
### Nested Schema for `e.f`

Required:

- `g` (String)";
        assert_eq!(render(&block), expected);
    }
}
