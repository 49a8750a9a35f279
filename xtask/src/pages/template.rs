//! Templates: text with directives such as `{{ schema }}` and `{{ tffile "quickstart/main.tf" }}`, each on a line of
//! its own.

use anyhow::{Context as _, ensure};

/// What a template asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) name: String,
    /// What stands in quotes behind the name.
    pub(super) argument: Option<String>,
}

/// The template with every directive replaced by what `expand` makes of it. Ends with one newline.
///
/// # Errors
/// When a directive is malformed or `expand` fails.
pub(super) fn expand(
    template: &str,
    expand: &mut dyn FnMut(&Directive) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for line in template.trim_end().lines() {
        match Directive::parse(line)? {
            Some(directive) => lines.push(expand(&directive).with_context(|| format!("at {line}"))?),
            None => lines.push(line.to_owned()),
        }
    }
    Ok(lines.join("\n") + "\n")
}

impl Directive {
    /// The directive that a line consists of; `None` when it is text.
    fn parse(line: &str) -> anyhow::Result<Option<Self>> {
        let Some(inner) = line.strip_prefix("{{ ").and_then(|rest| rest.strip_suffix(" }}")) else {
            ensure!(!line.starts_with("{{"), "a directive is malformed: {line}");
            return Ok(None);
        };
        let (name, argument) = inner.split_once(' ').map_or((inner, None), |(name, rest)| (name, Some(rest)));
        let argument = argument.map(|text| {
            let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            text.map(str::to_owned).with_context(|| format!("an argument stands in double quotes: {line}"))
        });
        Ok(Some(Self { name: name.to_owned(), argument: argument.transpose()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_replaced_and_text_stays() {
        let template = "# Title\n\n{{ schema }}\ntext {{ stays }}\n{{ tffile \"a b.tf\" }}\n\n";
        let mut seen = Vec::new();
        let text = expand(template, &mut |Directive { name, argument }| {
            seen.push((name.clone(), argument.clone()));
            Ok(format!("<{name}>"))
        });
        assert_eq!(text.unwrap(), "# Title\n\n<schema>\ntext {{ stays }}\n<tffile>\n");
        assert_eq!(seen, [("schema".to_owned(), None), ("tffile".to_owned(), Some("a b.tf".to_owned()))]);
    }

    #[test]
    fn malformed_directives_are_errors() {
        for template in ["{{schema}}", "{{ schema", "{{ tffile a.tf }}"] {
            assert!(expand(template, &mut |_| Ok(String::new())).is_err(), "{template}");
        }
    }
}
