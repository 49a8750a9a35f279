//! The settings of the provider block: name, type, environment variable and meaning, as one table.

#[cfg(test)]
mod environment_tests;
mod table;

pub use table::*;

use plugin::AttributePath;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};

/// One argument of the provider block.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The argument's name.
    pub attribute: &'static str,
    /// The environment variables that stand in for it, first one first; empty when there is none.
    pub variables: &'static [&'static str],
    /// The type of its value.
    pub kind: Kind,
    /// Whether its value is a secret.
    pub sensitive: bool,
    /// What it means, in Markdown.
    pub description: &'static str,
    /// The setting that names a file with its value, where there is one.
    pub file: Option<&'static Setting>,
}

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Number,
    /// A set of text.
    Set,
    /// A map of text.
    Map,
}

impl Setting {
    const fn text(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self { attribute, variables, kind: Kind::Text, sensitive: false, description, file: None }
    }

    const fn secret(attribute: &'static str, variables: &'static [&'static str], description: &'static str) -> Self {
        Self { sensitive: true, ..Self::text(attribute, variables, description) }
    }

    const fn or_in(self, file: &'static Setting) -> Self {
        Self { file: Some(file), ..self }
    }

    /// The environment variables that can hold its value, or name the file that does.
    pub fn ways_in_environment(&self) -> impl Iterator<Item = &'static str> {
        let file = self.file.into_iter().flat_map(|file| file.variables);
        self.variables.iter().chain(file).copied()
    }

    /// How to set it, for messages: `` `client_id` in the provider block or the environment variable … ``.
    pub fn ways_to_set(&self) -> String {
        match self.variables.first() {
            Some(variable) => {
                format!("`{}` in the provider block or the environment variable {variable}", self.attribute)
            }
            None => format!("`{}` in the provider block", self.attribute),
        }
    }

    fn to_attribute(&self) -> Attribute {
        let mut description = self.description.to_owned();
        match self.variables {
            [] => {}
            [variable] => description.push_str(&format!(" Environment variable: `{variable}`.")),
            [first, then @ ..] => {
                let then = then.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                description.push_str(&format!(" Environment variables: `{first}`, then {then}."));
            }
        }
        Attribute {
            attr_type: self.kind.attribute_type(),
            description: Description::markdown(description),
            constraint: AttributeConstraint::Optional,
            sensitive: self.sensitive,
            deprecated: false,
        }
    }
}

impl Kind {
    fn attribute_type(self) -> AttributeType {
        match self {
            Self::Text => AttributeType::String,
            Self::Bool => AttributeType::Bool,
            Self::Number => AttributeType::Number,
            Self::Set => AttributeType::Set(Box::new(AttributeType::String)),
            Self::Map => AttributeType::Map(Box::new(AttributeType::String)),
        }
    }
}

/// Where a diagnostic about the argument `attribute` points: at the argument, or at the whole block when its value is
/// a secret or may hold one, since the core quotes the source line that a diagnostic points at.
pub fn path(attribute: &'static str) -> AttributePath {
    let is_secret = ALL.iter().any(|setting| setting.attribute == attribute && setting.sensitive);
    // An address may carry credentials or a query, a certificate its key; a secret is easily put where its file's path
    // belongs.
    let may_hold_one = attribute.ends_with("_file")
        || ["token_url", "issuer", "http_proxy", "ca_cert_pem", "client_cert_pem"].contains(&attribute);
    if is_secret || may_hold_one { AttributePath::root() } else { AttributePath::new(attribute) }
}

/// The schema of the provider block.
pub fn schema() -> Schema {
    Schema {
        version: 0,
        block: Block {
            version: 0,
            attributes: ALL.iter().map(|setting| (setting.attribute.to_owned(), setting.to_attribute())).collect(),
            description: Description::markdown(
                "Exchanges NICE CXone client credentials for access tokens and validates them during `plan`.",
            ),
            ..Block::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_the_attribute_in_upper_case_with_the_prefix() {
        for setting in ALL {
            for variable in setting.variables.iter().take(1) {
                assert_eq!(**variable, format!("CXONE_{}", setting.attribute.to_uppercase()));
            }
        }
    }

    #[test]
    fn settings_that_hold_secrets_are_sensitive() {
        for setting in ALL {
            let holds_secret = setting.attribute.ends_with("_secret")
                || ["access_token", "endpoint_params", "client_key_pem"].contains(&setting.attribute);
            assert_eq!(setting.sensitive, holds_secret, "{}", setting.attribute);
        }
    }
}
