//! The provider block from the wire, before its values are resolved.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::settings::auth_file::AuthFile;
use crate::settings::source::Source;
use plugin::value::Value;

/// The arguments of the provider block by name: null, unknown or a value of the schema's type.
///
/// No `Debug`, because it contains secrets in clear.
#[derive(Default, Deserialize)]
#[serde(from = "BTreeMap<String, Value<RawValue>>")]
pub struct RawConfig {
    arguments: BTreeMap<String, Value<RawValue>>,
    /// The arguments that come from elsewhere, with their sources.
    sources: BTreeMap<String, Source>,
    /// The `auth:` file that a command has already read, because a pipe cannot be read twice.
    auth_file: Option<AuthFile>,
}

/// A known argument.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum RawValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or one beyond 64 bits.
    Float(f64),
    /// Text, or a number that no binary form represents exactly.
    Text(String),
    /// The elements of a set.
    Elements(Vec<Value<String>>),
    /// The entries of a map.
    Entries(BTreeMap<String, Value<String>>),
}

/// An argument's value, if known.
#[derive(Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// Null or empty.
    Unset,
    /// Known only after apply.
    Unknown,
    /// Set.
    Set(T),
}

impl From<BTreeMap<String, Value<RawValue>>> for RawConfig {
    fn from(arguments: BTreeMap<String, Value<RawValue>>) -> Self {
        Self { arguments, sources: BTreeMap::new(), auth_file: None }
    }
}

impl RawConfig {
    /// Sets `name` to a value that comes from `source` instead of a provider block.
    pub fn with_argument(mut self, name: &str, value: RawValue, source: Source) -> Self {
        self.arguments.insert(name.to_owned(), Value::Value(value));
        self.sources.insert(name.to_owned(), source);
        self
    }

    /// Sets an `auth:` file that was already read. It replaces the file that `auth_file` names.
    pub fn with_auth_file(self, auth_file: AuthFile) -> Self {
        Self { auth_file: Some(auth_file), ..self }
    }

    /// The `auth:` file that was already read.
    pub fn auth_file(&self) -> Option<&AuthFile> {
        self.auth_file.as_ref()
    }

    /// The source of the argument.
    pub fn source(&self, name: &'static str) -> Source {
        self.sources.get(name).cloned().unwrap_or(Source::block(name))
    }

    /// A text argument. Empty text means "not set".
    pub fn text(&self, name: &str) -> Known<&str> {
        self.known(name, |value| match value {
            // Modules pass an empty text for "not set".
            RawValue::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
            _ => None,
        })
    }

    /// A boolean argument.
    pub fn bool(&self, name: &str) -> Known<bool> {
        self.known(name, |value| match value {
            RawValue::Bool(value) => Some(*value),
            _ => None,
        })
    }

    /// A number argument in decimal form.
    pub fn number(&self, name: &str) -> Known<String> {
        self.known(name, |value| match value {
            RawValue::Integer(value) => Some(value.to_string()),
            RawValue::Float(value) => Some(value.to_string()),
            // The core sends a number as text if no double represents it exactly.
            RawValue::Text(value) => Some(value.clone()),
            _ => None,
        })
    }

    /// Whether a set contains a null.
    pub fn holds_null(&self, name: &str) -> bool {
        let elements = self.arguments.get(name);
        matches!(elements, Some(Value::Value(RawValue::Elements(elements))) if elements.iter().any(Value::is_null))
    }

    /// A set of text; unknown if any element is. Null elements are left out. An empty set counts as set.
    pub fn elements(&self, name: &str) -> Known<Vec<&str>> {
        match self.arguments.get(name) {
            Some(Value::Unknown) => Known::Unknown,
            Some(Value::Value(RawValue::Elements(elements))) => {
                // An unknown element can equal another one, so even the size of the set is unknown.
                if elements.iter().any(Value::is_unknown) {
                    return Known::Unknown;
                }
                Known::Set(elements.iter().filter_map(known_text).collect())
            }
            _ => Known::Unset,
        }
    }

    /// A map of text; unknown if any value is. Null values are left out.
    pub fn entries(&self, name: &str) -> Known<BTreeMap<&str, &str>> {
        match self.arguments.get(name) {
            Some(Value::Unknown) => Known::Unknown,
            Some(Value::Value(RawValue::Entries(entries))) => {
                // A request with only a part of the entries would be another one.
                if entries.values().any(Value::is_unknown) {
                    return Known::Unknown;
                }
                let known = |(key, value)| Some((key, known_text(value)?));
                Known::Set(entries.iter().map(|(key, value)| (key.as_str(), value)).filter_map(known).collect())
            }
            _ => Known::Unset,
        }
    }

    /// A map of text with its null values; unknown if any value is.
    pub fn entries_or_null(&self, name: &str) -> Known<BTreeMap<&str, Option<&str>>> {
        match self.arguments.get(name) {
            Some(Value::Unknown) => Known::Unknown,
            Some(Value::Value(RawValue::Entries(entries))) if entries.values().any(Value::is_unknown) => Known::Unknown,
            Some(Value::Value(RawValue::Entries(entries))) if !entries.is_empty() => {
                Known::Set(entries.iter().map(|(key, value)| (key.as_str(), known_text(value))).collect())
            }
            _ => Known::Unset,
        }
    }

    fn known<'a, T>(&'a self, name: &str, take: impl FnOnce(&'a RawValue) -> Option<T>) -> Known<T> {
        match self.arguments.get(name) {
            Some(Value::Unknown) => Known::Unknown,
            Some(Value::Value(value)) => take(value).map_or(Known::Unset, Known::Set),
            Some(Value::Null) | None => Known::Unset,
        }
    }
}

fn known_text(value: &Value<String>) -> Option<&str> {
    match value {
        Value::Value(text) => Some(text.as_str()),
        Value::Null | Value::Unknown => None,
    }
}

#[cfg(test)]
impl RawConfig {
    /// A block from JSON, for tests. [`RawConfig::with_unknown`] adds unknown values.
    pub fn from_json(json: serde_json::Value) -> Self {
        serde_json::from_value(json).unwrap()
    }

    /// Makes the argument `name` unknown.
    pub fn with_unknown(mut self, name: &str) -> Self {
        self.arguments.insert(name.to_owned(), Value::Unknown);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_null_unknown_and_empty_apart() {
        let raw = RawConfig::from_json(serde_json::json!({
            "client_id": "", "audience": null, "token_url": "https://x", "scopes": ["b", "a"], "max_retries": 3,
            "endpoint_params": {"a": "1", "b": null}, "skip_credentials_validation": true,
        }))
        .with_unknown("client_secret");
        assert_eq!(raw.text("client_id"), Known::Unset);
        assert_eq!(raw.text("audience"), Known::Unset);
        assert_eq!(raw.text("client_secret"), Known::Unknown);
        assert_eq!(raw.text("token_url"), Known::Set("https://x"));
        assert_eq!(raw.elements("scopes"), Known::Set(vec!["b", "a"]));
        assert_eq!(raw.number("max_retries"), Known::Set("3".to_owned()));
        assert_eq!(raw.bool("skip_credentials_validation"), Known::Set(true));
        assert_eq!(raw.entries("endpoint_params"), Known::Set(BTreeMap::from([("a", "1")])));
    }
}
