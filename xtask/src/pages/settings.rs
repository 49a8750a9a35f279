//! The table of settings and their environment variables, from the descriptions in the schema.

use anyhow::ensure;

use super::schema::{Attribute, Block};

/// One row a setting of the provider block: what it is, its argument, its variables.
///
/// # Errors
/// When no description names a variable: then the descriptions have changed their wording.
pub(super) fn table(provider: &Block) -> anyhow::Result<String> {
    let mut lines = vec!["| Setting | Argument | Environment variable |".to_owned(), "|---|---|---|".to_owned()];
    for (name, attribute) in &provider.attributes {
        let variables = variables(attribute);
        let variables = if variables.is_empty() { "none".to_owned() } else { variables.join(", then ") };
        lines.push(format!("| {} | `{name}` | {variables} |", first_sentence(&attribute.description)));
    }
    ensure!(lines.iter().any(|line| line.contains("`CXONE_")), "no description names its environment variable");
    Ok(lines.join("\n"))
}

/// The variables that a description ends with, as code.
fn variables(attribute: &Attribute) -> Vec<String> {
    let Some((_, names)) = attribute.description.rsplit_once("Environment variable") else { return Vec::new() };
    names.split('`').skip(1).step_by(2).map(|name| format!("`{name}`")).collect()
}

/// The text up to its first full stop at the end of a word, or its first colon or semicolon.
fn first_sentence(description: &str) -> String {
    let description = description.split("Environment variable").next().unwrap_or_default().trim();
    let ends = [". ", "; ", ": "].into_iter().filter_map(|mark| description.find(mark));
    let sentence = ends.min().map_or(description, |end| &description[..end]);
    sentence.trim_end_matches('.').replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_a_setting_is_in_its_row() {
        let provider: Block = serde_json::from_value(serde_json::json!({"attributes": {
            "b": {"type": "string", "description": "Text for `x.y`. More. Environment variables: `CXONE_B`, then `TF_B`."},
            "a": {"type": "string", "description": "Fields; more."},
        }}))
        .unwrap();
        let expected = "| Setting | Argument | Environment variable |\n|---|---|---|\n\
            | Fields | `a` | none |\n| Text for `x.y` | `b` | `CXONE_B`, then `TF_B` |";
        assert_eq!(table(&provider).unwrap(), expected);
        assert!(table(&Block::default()).is_err());
    }
}
