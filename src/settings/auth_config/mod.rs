//! The `auth:` YAML in which people already keep their CXone credentials.

mod yaml;

use oauth::{InvalidScope, ScopeSet, Secret};
use yaml::{Entry, Node};

/// What an `auth:` mapping holds. `None`: the key is absent, null or empty text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthConfig {
    /// `type`: the grant type, such as `client_credentials`.
    pub grant_type: Option<String>,
    /// `endpoint`: the token endpoint.
    pub endpoint: Option<String>,
    /// `client_id`.
    pub client_id: Option<String>,
    /// `client_secret`.
    pub client_secret: Option<Secret>,
    /// `scope` or `scopes`: text separated by white space or commas, or a list.
    pub scopes: Option<ScopeSet>,
    /// The one of the two keys that `scopes` was read from, as messages name it.
    pub scope_key: Option<&'static str>,
}

impl AuthConfig {
    /// Reads the keys under `auth:`. Where `auth:` is null, they are looked for beside it: YAML that lost its
    /// indentation when it was copied. Unknown keys are ignored, scalars are taken as written.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, by key and line, without a value.
    pub fn try_from_yaml(text: &str) -> Result<Self, AuthConfigError> {
        if text.len() > MAX_BYTES {
            return Err(AuthConfigError::TooLong { limit: MAX_BYTES });
        }
        let root = match yaml::parse(text)? {
            Node::Mapping(entries) => entries,
            Node::Null => return Err(AuthConfigError::Empty),
            _ => return Err(AuthConfigError::NotAMapping),
        };
        let auth = find(&root, "auth")?.ok_or(AuthConfigError::NoAuth)?;
        match &auth.value {
            Node::Mapping(entries) => Self::from_entries(entries),
            Node::Null if KEYS.iter().any(|key| root.iter().any(|entry| entry.key == *key)) => {
                Self::from_entries(&root)
            }
            Node::Null => Err(AuthConfigError::AuthEmpty { line: auth.line }),
            _ => Err(AuthConfigError::AuthNotAMapping { line: auth.line }),
        }
    }

    fn from_entries(entries: &[Entry]) -> Result<Self, AuthConfigError> {
        let (scopes, scope_key) = scopes(entries)?.unzip();
        let plain = |key| Ok(text(entries, key)?.map(|value| value.expose().to_owned()));
        Ok(Self {
            grant_type: plain("type")?,
            endpoint: plain("endpoint")?,
            client_id: plain("client_id")?,
            client_secret: text(entries, "client_secret")?.cloned(),
            scopes,
            scope_key,
        })
    }
}

/// Why a text is not an `auth:` configuration. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthConfigError {
    /// Longer than any configuration that is read.
    #[error("the YAML is longer than {limit} bytes")]
    TooLong {
        /// The cap in bytes.
        limit: usize,
    },
    /// Not YAML.
    #[error("line {line} is not valid YAML: check its indentation, quotes and colons")]
    Syntax {
        /// Where the parser gave up.
        line: usize,
    },
    /// Nested deeper than any configuration that is read.
    #[error("line {line} is nested more than {limit} levels deep")]
    TooDeep {
        /// Where the limit was passed.
        line: usize,
        /// The cap in levels.
        limit: usize,
    },
    /// `*name`: aliases can blow up a small text, and are not read.
    #[error("line {line} holds a YAML alias (`*name`), which is not supported: write the value out")]
    Alias {
        /// Where the alias stands.
        line: usize,
    },
    /// More than one document.
    #[error("line {line} begins a second YAML document, and only one is read")]
    SeveralDocuments {
        /// Where it begins.
        line: usize,
    },
    /// No content.
    #[error("the YAML is empty: expected a mapping with the key `auth`")]
    Empty,
    /// A list or a scalar at the top.
    #[error("the YAML is not a mapping: expected the key `auth` at the top")]
    NotAMapping,
    /// The key `auth` is absent.
    #[error("the YAML has no key `auth` at the top")]
    NoAuth,
    /// `auth` is null, and no known key stands beside it.
    #[error(
        "`auth` in line {line} is empty: expected `type`, `endpoint`, `client_id`, `client_secret` or `scope` under it"
    )]
    AuthEmpty {
        /// Where `auth` stands.
        line: usize,
    },
    /// `auth` is a list or a scalar.
    #[error("`auth` in line {line} is not a mapping: expected keys such as `client_id` under it")]
    AuthNotAMapping {
        /// Where `auth` stands.
        line: usize,
    },
    /// A key stands twice.
    #[error("`{key}` in line {line} stands a second time, after line {first}")]
    Duplicate {
        /// The key.
        key: &'static str,
        /// The second place.
        line: usize,
        /// The first place.
        first: usize,
    },
    /// A list or a mapping where text is expected.
    #[error("`{key}` in line {line} is not text: put the value in quotes on the same line")]
    NotText {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// Neither text nor a list of texts.
    #[error("`{key}` in line {line} is neither text nor a list of texts")]
    NotScopes {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// A tag such as `!vault`: the text is not the value.
    #[error("`{key}` in line {line} has a YAML tag, which is not supported: decrypt or resolve the value first")]
    Tagged {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// Both spellings at once.
    #[error("`scope` in line {scope_line} and `scopes` in line {scopes_line} are both set: keep one")]
    ScopeTwice {
        /// The line of `scope`.
        scope_line: usize,
        /// The line of `scopes`.
        scopes_line: usize,
    },
    /// A scope that RFC 6749 section 3.3 does not allow.
    #[error("`{key}` in line {line}: {fault}")]
    InvalidScope {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
        /// What is wrong with it.
        fault: InvalidScope,
    },
}

/// The entry of `key`, which may stand once.
fn find<'a>(entries: &'a [Entry], key: &'static str) -> Result<Option<&'a Entry>, AuthConfigError> {
    let mut found = entries.iter().filter(|entry| entry.key == key);
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => Err(AuthConfigError::Duplicate { key, line: second.line, first: first.line }),
        (first, _) => Ok(first),
    }
}

fn text<'a>(entries: &'a [Entry], key: &'static str) -> Result<Option<&'a Secret>, AuthConfigError> {
    let Some(Entry { line, value, .. }) = find(entries, key)? else { return Ok(None) };
    match value {
        Node::Text(text) => Ok(Some(text)),
        Node::Null => Ok(None),
        Node::Tagged => Err(AuthConfigError::Tagged { key, line: *line }),
        Node::List(_) | Node::Mapping(_) => Err(AuthConfigError::NotText { key, line: *line }),
    }
}

fn scopes(entries: &[Entry]) -> Result<Option<(ScopeSet, &'static str)>, AuthConfigError> {
    match (find(entries, "scope")?, find(entries, "scopes")?) {
        (Some(scope), Some(scopes)) => {
            Err(AuthConfigError::ScopeTwice { scope_line: scope.line, scopes_line: scopes.line })
        }
        (Some(entry), None) => scope_value("scope", entry),
        (None, Some(entry)) => scope_value("scopes", entry),
        (None, None) => Ok(None),
    }
}

fn scope_value(key: &'static str, entry: &Entry) -> Result<Option<(ScopeSet, &'static str)>, AuthConfigError> {
    let line = entry.line;
    let texts = match &entry.value {
        Node::Null => return Ok(None),
        Node::Text(text) => vec![text],
        Node::List(items) => items
            .iter()
            .map(|item| match item {
                Node::Text(text) => Ok(text),
                _ => Err(AuthConfigError::NotScopes { key, line }),
            })
            .collect::<Result<_, _>>()?,
        Node::Tagged => return Err(AuthConfigError::Tagged { key, line }),
        Node::Mapping(_) => return Err(AuthConfigError::NotScopes { key, line }),
    };
    let separator = |character: char| character == ',' || character.is_ascii_whitespace();
    let tokens = texts.iter().flat_map(|text| text.expose().split(separator)).filter(|token| !token.is_empty());
    match ScopeSet::try_from_tokens(tokens) {
        Ok(scopes) => Ok(Some((scopes, key))),
        Err(fault) => Err(AuthConfigError::InvalidScope { key, line, fault }),
    }
}

const KEYS: [&str; 6] = ["type", "endpoint", "client_id", "client_secret", "scope", "scopes"];

/// A hundred times what the configuration of one client needs.
const MAX_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: &str = r#"auth:
  type: client_credentials
  endpoint: https://api.nicecxone.com/oauth/token
  client_id: "abc-123"
  client_secret: "canary-client-secret"
  scope: "cxone:api"
"#;

    fn seed() -> AuthConfig {
        AuthConfig {
            grant_type: Some("client_credentials".into()),
            endpoint: Some("https://api.nicecxone.com/oauth/token".into()),
            client_id: Some("abc-123".into()),
            client_secret: Some(Secret::new("canary-client-secret")),
            scopes: Some(ScopeSet::parse("cxone:api")),
            scope_key: Some("scope"),
        }
    }

    #[test]
    fn the_same_settings_are_read_from_every_layout() {
        let flow = r#"{auth: {type: client_credentials, endpoint: "https://api.nicecxone.com/oauth/token",
            client_id: abc-123, client_secret: canary-client-secret, scopes: ["cxone:api"]}}"#;
        let cases = [
            ("as people keep it", SEED.to_owned()),
            ("indentation lost", SEED.replace("  ", "")),
            ("indentation lost and null written", SEED.replace("  ", "").replace("auth:", "auth: null")),
            ("Windows line ends", SEED.replace('\n', "\r\n")),
            ("byte order mark", format!("\u{feff}{SEED}")),
            ("document markers and comments", format!("# mine\n---\n{SEED}...\n")),
            ("scopes as list", SEED.replace("scope: \"cxone:api\"", "scopes:\n    - cxone:api")),
            ("list under scope", SEED.replace("scope: \"cxone:api\"", "scope: [cxone:api, cxone:api]")),
            ("flow style", flow.to_owned()),
            (
                "unknown keys",
                format!("version: 3\n{SEED}  timeout: [1, {{a: b}}]\n  ? [x]\n  : y\nother:\n  type: x\n"),
            ),
        ];
        for (name, text) in cases {
            let scope_key = Some(if text.contains("scopes") { "scopes" } else { "scope" });
            assert_eq!(AuthConfig::try_from_yaml(&text), Ok(AuthConfig { scope_key, ..seed() }), "{name}");
        }
    }

    #[test]
    fn the_nested_mapping_wins_over_keys_beside_it() {
        let config = AuthConfig::try_from_yaml("client_id: other\nauth:\n  client_id: mine\ntype: [1]\n").unwrap();
        assert_eq!(config, AuthConfig { client_id: Some("mine".into()), ..AuthConfig::default() });
    }

    #[test]
    fn values_are_taken_as_written_and_absent_ones_are_none() {
        let cases = [
            ("number", "0123", Some("0123")),
            ("boolean", "yes", Some("yes")),
            ("number in quotes", "'42'", Some("42")),
            ("null in quotes", "'null'", Some("null")),
            ("block text", "|-\n    abc\n", Some("abc")),
            ("YAML's own tag", "!!str 7", Some("7")),
            ("hash inside", "a#b", Some("a#b")),
            ("nothing", "", None),
            ("tilde", "~", None),
            ("null", "null", None),
            ("empty text", "\"\"", None),
        ];
        for (name, value, expected) in cases {
            let config = AuthConfig::try_from_yaml(&format!("auth:\n  client_id: {value}\n")).unwrap();
            assert_eq!(config.client_id.as_deref(), expected, "{name}");
            assert_eq!(config.client_secret, None, "{name}");
        }
    }

    #[test]
    fn scopes_are_separated_by_white_space_or_commas() {
        let cases = [
            ("spaces", "\"b a  b\"", Some("a b")),
            ("commas", "a,b, c", Some("a b c")),
            ("folded text", ">\n    a\n    b\n", Some("a b")),
            ("list of lists in text", "[a b, \"c,d\"]", Some("a b c d")),
            ("empty list", "[]", Some("")),
            ("empty text", "''", None),
            ("null", "", None),
        ];
        for (name, value, expected) in cases {
            let config = AuthConfig::try_from_yaml(&format!("auth:\n  scope: {value}\n")).unwrap();
            assert_eq!(config.scopes, expected.map(ScopeSet::parse), "{name}");
        }
    }

    #[test]
    fn every_fault_names_key_and_line_and_quotes_no_value() {
        let bomb = "a: &a [x,x]\nb: &b [*a,*a,*a,*a]\nauth: *b\n";
        let deep = format!("auth: {}", "[".repeat(200));
        let long = "#".repeat(MAX_BYTES + 1);
        let cases = [
            ("nothing", "", "the YAML is empty: expected a mapping with the key `auth`"),
            ("comment only", "# canary\n", "the YAML is empty: expected a mapping with the key `auth`"),
            ("null", "~", "the YAML is empty: expected a mapping with the key `auth`"),
            ("list", "- canary", "the YAML is not a mapping: expected the key `auth` at the top"),
            ("text", "canary", "the YAML is not a mapping: expected the key `auth` at the top"),
            ("no auth", "client_id: canary", "the YAML has no key `auth` at the top"),
            (
                "auth empty",
                "a: 1\nauth:\n",
                "`auth` in line 2 is empty: expected `type`, `endpoint`, `client_id`, `client_secret` or `scope` under it",
            ),
            (
                "auth text",
                "auth: canary",
                "`auth` in line 1 is not a mapping: expected keys such as `client_id` under it",
            ),
            ("auth twice", "auth: {}\nauth: {}\n", "`auth` in line 2 stands a second time, after line 1"),
            (
                "key twice",
                "auth:\n  type: canary\n  type: canary\n",
                "`type` in line 3 stands a second time, after line 2",
            ),
            (
                "list for text",
                "auth:\n  type: x\n  client_secret:\n    - canary\n",
                "`client_secret` in line 3 is not text: put the value in quotes on the same line",
            ),
            (
                "mapping for text",
                "auth:\n  client_id: {canary: 1}\n",
                "`client_id` in line 2 is not text: put the value in quotes on the same line",
            ),
            (
                "flat list for text",
                "auth:\nendpoint: [canary]\n",
                "`endpoint` in line 2 is not text: put the value in quotes on the same line",
            ),
            (
                "mapping for scopes",
                "auth:\n  scopes: {canary: 1}\n",
                "`scopes` in line 2 is neither text nor a list of texts",
            ),
            (
                "nested list for scopes",
                "auth:\n  scope: [[canary]]\n",
                "`scope` in line 2 is neither text nor a list of texts",
            ),
            (
                "both spellings",
                "auth:\n  scope: a\n  scopes: b\n",
                "`scope` in line 2 and `scopes` in line 3 are both set: keep one",
            ),
            (
                "bad scope",
                "auth:\n  scope: canary\"\n",
                "`scope` in line 2: character 7 of a scope is U+0022, which a scope may not hold",
            ),
            (
                "a tag",
                "auth:\n  client_secret: !vault canary\n",
                "`client_secret` in line 2 has a YAML tag, which is not supported: decrypt or resolve the value first",
            ),
            ("alias bomb", bomb, "line 2 holds a YAML alias (`*name`), which is not supported: write the value out"),
            (
                "merge key",
                "x: &x {type: y}\nauth:\n  <<: *x\n",
                "line 3 holds a YAML alias (`*name`), which is not supported: write the value out",
            ),
            (
                "two documents",
                "auth: {}\n---\nauth: {}\n",
                "line 2 begins a second YAML document, and only one is read",
            ),
            (
                "open quote",
                "auth:\n  type: \"canary\n",
                "line 2 is not valid YAML: check its indentation, quotes and colons",
            ),
            ("tab", "auth:\n\ttype: canary\n", "line 2 is not valid YAML: check its indentation, quotes and colons"),
            ("too deep", &deep, "line 1 is nested more than 64 levels deep"),
            ("too long", &long, "the YAML is longer than 65536 bytes"),
        ];
        for (name, text, expected) in cases {
            let error = AuthConfig::try_from_yaml(text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{name}");
            assert!(!format!("{error:?}").contains("canary"), "{name}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", seed()).contains("canary"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            _ = AuthConfig::try_from_yaml(&text);
        }

        #[test]
        fn anything_made_of_yaml_signs_is_read_or_refused(text in "[-a:\\[\\]{}?&*!|>'\"%@#, \n\t.~]{0,200}") {
            _ = AuthConfig::try_from_yaml(&text);
            _ = AuthConfig::try_from_yaml(&format!("auth:\n  client_id: {text}"));
        }
    }
}
