//! Signature, arguments and result of a function.

use serde_json::Value;

use super::attributes::type_name;
use super::schema::{Function, Parameter};

/// The `## Signature` section.
pub(super) fn signature(name: &str, function: &Function) -> String {
    let mut parameters: Vec<_> =
        function.parameters.iter().map(|parameter| format!("{} {}", parameter.name, lower(&parameter.kind))).collect();
    parameters.extend(function.variadic_parameter.iter().map(|last| format!("{} {}...", last.name, lower(&last.kind))));
    format!("## Signature\n\n```text\n{name}({}) {}\n```", parameters.join(", "), lower(&function.return_type))
}

/// The `## Arguments` section. Every number is 1, as `tfplugindocs` writes it: Markdown counts by itself.
pub(super) fn arguments(function: &Function) -> String {
    let line = |variadic: &str, parameter: &Parameter| {
        let nullable = if parameter.is_nullable { ", Nullable" } else { "" };
        let Parameter { name, kind, description, .. } = parameter;
        format!("1. `{name}` ({variadic}{}{nullable}) {description}", type_name(kind))
    };
    let mut lines: Vec<_> = function.parameters.iter().map(|parameter| line("", parameter)).collect();
    lines.extend(function.variadic_parameter.iter().map(|last| line("Variadic, ", last)));
    format!("## Arguments\n\n{}", lines.join("\n"))
}

/// The attributes of the object that the function returns, one a line, else its type.
pub(super) fn result(function: &Function) -> String {
    let attributes = function.return_type.get(1).and_then(Value::as_object);
    match attributes {
        Some(attributes) => {
            let lines = attributes.iter().map(|(name, kind)| format!("- `{name}` ({})", type_name(kind)));
            lines.collect::<Vec<_>>().join("\n")
        }
        None => type_name(&function.return_type),
    }
}

fn lower(kind: &Value) -> String {
    type_name(kind).to_lowercase().replace("boolean", "bool")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_described_with_its_parameters_and_its_object() {
        let function: Function = serde_json::from_value(serde_json::json!({
            "return_type": ["object", {"b": ["set", "string"], "a": "bool"}],
            "parameters": [{"name": "one", "type": "string", "description": "First.", "is_nullable": true}],
            "variadic_parameter": {"name": "rest", "type": ["list", "bool"], "description": "Others."},
        }))
        .unwrap();
        assert_eq!(
            signature("f", &function),
            "## Signature\n\n```text\nf(one string, rest list of bool...) object\n```"
        );
        assert_eq!(
            arguments(&function),
            "## Arguments\n\n1. `one` (String, Nullable) First.\n1. `rest` (Variadic, List of Boolean) Others."
        );
        assert_eq!(result(&function), "- `a` (Boolean)\n- `b` (Set of String)");
    }
}
