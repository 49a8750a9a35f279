//! The `auth:` YAML, in which users already keep their CXone credentials.

mod yaml;

use std::path::{Path, PathBuf};

use oauth::{InvalidScope, ScopeSet, Secret};

use crate::settings::parse::split_scopes;
use crate::settings::secret_file::{self, UnreadableFile};
use crate::settings::source::{Source, Sourced};
use crate::settings::table::{self, Setting};
use crate::text::{distance, shown};
use yaml::{Node, YamlMember};

/// A parsed `auth:` file.
pub struct AuthFile {
    path: PathBuf,
    config: AuthConfig,
}

impl AuthFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or its content is invalid.
    pub fn read(path: &Path) -> Result<Self, AuthFileError> {
        let text = secret_file::read_text(path)?;
        Ok(Self { path: path.to_owned(), config: AuthConfig::try_from_file(text.expose())? })
    }

    /// Whether the file contains credentials or a grant type, which override the environment.
    pub fn has_credentials(&self) -> bool {
        let AuthConfig { grant_type, client_id, client_secret, .. } = &self.config;
        grant_type.is_some() || client_id.is_some() || client_secret.is_some()
    }

    /// The text for the setting `attribute`.
    pub fn text(&self, attribute: &str) -> Option<Sourced<&str>> {
        let (key, value) = match attribute {
            "grant_type" => ("type", self.config.grant_type.as_deref()),
            "token_url" => ("endpoint", self.config.endpoint.as_deref()),
            "client_id" => ("client_id", self.config.client_id.as_deref()),
            "client_secret" => ("client_secret", self.config.client_secret.as_ref().map(Secret::expose)),
            _ => return None,
        };
        Some(Sourced { value: value?, source: Source::auth_file(key, &self.path) })
    }

    /// The declared scopes.
    pub fn scopes(&self) -> Option<Sourced<&ScopeSet>> {
        let key = self.config.scope_key?;
        Some(Sourced { value: self.config.scopes.as_ref()?, source: Source::auth_file(key, &self.path) })
    }
}

/// Why an `auth:` file is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthFileError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableFile),
    /// Its content is invalid.
    #[error(transparent)]
    Unusable(#[from] AuthConfigError),
}

/// The settings that an `auth:` file can contain.
pub const CARRIED: [&Setting; 5] =
    [&table::GRANT_TYPE, &table::TOKEN_URL, &table::CLIENT_ID, &table::CLIENT_SECRET, &table::SCOPES];

/// An example of such a file, for messages.
pub const SHAPE: &str = "  auth:\n    type: client_credentials\n    endpoint: https://api.nicecxone.com/oauth/token\n    \
                         client_id: \"...\"\n    client_secret: \"...\"\n    scope: \"cxone:api\"";

/// The content of an `auth:` mapping. `None` if the key is absent, null or empty.
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
    /// The key that `scopes` was read from, for messages.
    pub scope_key: Option<&'static str>,
}

impl AuthConfig {
    /// Reads the keys under `auth:`. If `auth:` is null, reads them beside it: YAML can lose its indentation in a copy.
    /// A key that resembles a known one is an error, other unknown keys are ignored, and scalars are not interpreted.
    ///
    /// # Errors
    ///
    /// The first fault, by key and line, without any value.
    pub fn try_from_yaml(text: &str) -> Result<Self, AuthConfigError> {
        Self::from_members(&members(text)?)
    }

    /// As [`AuthConfig::try_from_yaml`], but a credential without a value is an error: otherwise another source would
    /// supply it.
    ///
    /// # Errors
    ///
    /// The first fault, by key and line, without any value.
    pub fn try_from_file(text: &str) -> Result<Self, AuthConfigError> {
        let members = members(text)?;
        let config = Self::from_members(&members)?;
        for key in ["client_id", "client_secret"] {
            if let Some(YamlMember { line, value: Node::Null | Node::Cut, .. }) = find(&members, key)? {
                return Err(AuthConfigError::NoValue { key, line: *line });
            }
        }
        Ok(config)
    }

    fn from_members(entries: &[YamlMember]) -> Result<Self, AuthConfigError> {
        check(entries)?;
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
    /// Longer than the limit.
    #[error("the YAML is longer than {limit} bytes")]
    TooLong {
        /// The cap in bytes.
        limit: usize,
    },
    /// Not YAML.
    #[error("line {line} is not valid YAML: check its indentation, quotes and colons")]
    Syntax {
        /// The line at which the parser stopped.
        line: usize,
    },
    /// A tab in the indentation of a line.
    #[error("line {line} is indented with a tab, which YAML does not allow: use spaces")]
    TabIndent {
        /// The first such line.
        line: usize,
    },
    /// Nested more deeply than the limit.
    #[error("line {line} is nested more than {limit} levels deep")]
    TooDeep {
        /// The line at which the limit was exceeded.
        line: usize,
        /// The cap in levels.
        limit: usize,
    },
    /// `*name`: a small text with aliases can expand enormously, so they are not supported.
    #[error("line {line} holds a YAML alias (`*name`), which is not supported: write the value out")]
    Alias {
        /// The line of the alias.
        line: usize,
    },
    /// `<<`: the merged values would be lost.
    #[error("line {line} holds a YAML merge key (`<<`), which is not supported: write the keys out")]
    Merge {
        /// Its line.
        line: usize,
    },
    /// A character that YAML does not allow.
    #[error(
        "line {line} holds the character U+{:04X}, which YAML does not allow: save the file as plain UTF-8",
        u32::from(*.character)
    )]
    Character {
        /// Its line.
        line: usize,
        /// The character.
        character: char,
    },
    /// More tabs between keys and values than the limit.
    #[error("the YAML has more than {limit} tabs between keys and values: use spaces")]
    Tabs {
        /// The cap.
        limit: usize,
    },
    /// An unknown key that resembles a known one. Its value would be lost.
    #[error("`{found}` in line {line} is not a known key: did you mean `{meant}`?")]
    NearKey {
        /// The key in the file.
        found: String,
        /// The known key.
        meant: &'static str,
        /// Its line.
        line: usize,
    },
    /// A part of an unquoted value in braces, after a comma.
    #[error("a comma ends an unquoted value in braces, in line {line}: put the value in quotes")]
    Cut {
        /// The line of that part.
        line: usize,
    },
    /// A credential without a value.
    #[error("`{key}` in line {line} has no value: write the value out, or remove the key")]
    NoValue {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// A `#` at the start of the value.
    #[error("`{key}` in line {line} has a comment for its value: put a value that begins with # in quotes")]
    Commented {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// `&name` before a value.
    #[error("`{key}` in line {line} has a YAML anchor (`&name`): put a value that begins with & in quotes")]
    Anchored {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// More than one document.
    #[error("line {line} begins a second YAML document, and only one is read")]
    SeveralDocuments {
        /// The line of the second document.
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
    /// `auth` is null, and there is no known key beside it.
    #[error(
        "`auth` in line {line} is empty: expected `type`, `endpoint`, `client_id`, `client_secret` or `scope` under it"
    )]
    AuthEmpty {
        /// The line of `auth`.
        line: usize,
    },
    /// `auth` is a list or a scalar.
    #[error("`auth` in line {line} is not a mapping: expected keys such as `client_id` under it")]
    AuthNotAMapping {
        /// The line of `auth`.
        line: usize,
    },
    /// A repeated key.
    #[error("`{key}` in line {line} repeats the key of line {first}")]
    Duplicate {
        /// The key.
        key: &'static str,
        /// The line of the second one.
        line: usize,
        /// The line of the first one.
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
    #[error(
        "`{key}` in line {line} has a YAML tag, which is not supported: decrypt or resolve the value first, or put a value that begins with ! in quotes"
    )]
    Tagged {
        /// The key.
        key: &'static str,
        /// Its line.
        line: usize,
    },
    /// `scope` and `scopes`.
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
        /// The fault.
        fault: InvalidScope,
    },
}

impl AuthConfigError {
    fn near(member: &YamlMember, meant: &'static str) -> Self {
        Self::NearKey { found: shown(&member.key).into_owned(), meant, line: member.line }
    }
}

/// The keys and values under `auth:`, or beside it.
fn members(text: &str) -> Result<Vec<YamlMember>, AuthConfigError> {
    // Before the parser sees it.
    if text.len() > MAX_BYTES {
        return Err(AuthConfigError::TooLong { limit: MAX_BYTES });
    }
    let mut root = match yaml::parse(text)? {
        Node::Mapping(members) => members,
        Node::Null => return Err(AuthConfigError::Empty),
        _ => return Err(AuthConfigError::NotAMapping),
    };
    // At the top as well, because the keys can be beside `auth:`.
    check_merges(&root)?;
    let Some(YamlMember { line, .. }) = find(&root, "auth")? else {
        // `Auth` and `AUTH:` are the key with another case.
        let near = root.iter().find(|member| bare(&member.key) == "auth");
        return Err(near.map_or(AuthConfigError::NoAuth, |member| AuthConfigError::near(member, "auth")));
    };
    let line = *line;
    let is_beside = KEYS.iter().any(|key| root.iter().any(|member| member.key == *key));
    let index = root.iter().position(|member| member.key == "auth").unwrap_or_default();
    match root.remove(index).value {
        Node::Mapping(members) => Ok(members),
        // The indentation was lost in a copy, and all keys are at the top.
        Node::Null | Node::Cut | Node::Commented if is_beside => Ok(root),
        Node::Null | Node::Cut | Node::Commented => Err(AuthConfigError::AuthEmpty { line }),
        _ => Err(AuthConfigError::AuthNotAMapping { line }),
    }
}

/// Rejects everything that would silently lose a value: a merge key, a key near a known one, a value cut by a comma.
fn check(members: &[YamlMember]) -> Result<(), AuthConfigError> {
    check_merges(members)?;
    for member in members.iter().filter(|member| !KEYS.contains(&member.key.as_str())) {
        if let Some(meant) = near(&member.key) {
            return Err(AuthConfigError::near(member, meant));
        }
        if let Node::Cut = member.value {
            return Err(AuthConfigError::Cut { line: member.line });
        }
    }
    Ok(())
}

/// `yamldecode` treats a quoted `<<` as a merge key, too.
fn check_merges(members: &[YamlMember]) -> Result<(), AuthConfigError> {
    let merge = members.iter().find(|member| member.key == "<<");
    merge.map_or(Ok(()), |member| Err(AuthConfigError::Merge { line: member.line }))
}

/// The known key that `key` resembles.
fn near(key: &str) -> Option<&'static str> {
    let bare_key = bare(key);
    let bare_key =
        ["cxone", "nice", "oauth"].iter().find_map(|front| bare_key.strip_prefix(front)).unwrap_or(&bare_key);
    let is_same = |known: &&&str| bare(known) == bare_key;
    // Short names resemble too many words: `typo` does not mean `type`.
    let is_near = |known: &&&str| {
        let known_bare = bare(known);
        known.len() > 6 && known_bare.len().abs_diff(bare_key.len()) < 2 && distance(&known_bare, bare_key) == 1
    };
    let other_name = OTHER_NAMES.iter().find(|(name, _)| *name == bare_key).map(|(_, meant)| *meant);
    // The same name in another spelling is certain, one different letter is only likely.
    KEYS.iter().find(is_same).or_else(|| KEYS.iter().find(is_near)).copied().or(other_name)
}

/// A key without case, hyphens, underscores and spaces, which people write differently.
fn bare(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

/// The member of `key`. A repeated key is an error.
fn find<'a>(entries: &'a [YamlMember], key: &'static str) -> Result<Option<&'a YamlMember>, AuthConfigError> {
    let mut found = entries.iter().filter(|entry| entry.key == key);
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => Err(AuthConfigError::Duplicate { key, line: second.line, first: first.line }),
        (first, _) => Ok(first),
    }
}

fn text<'a>(entries: &'a [YamlMember], key: &'static str) -> Result<Option<&'a Secret>, AuthConfigError> {
    let Some(YamlMember { line, value, .. }) = find(entries, key)? else { return Ok(None) };
    match value {
        Node::Text(text) => Ok(Some(text)),
        // Null means "not set" in YAML.
        Node::Null | Node::Cut => Ok(None),
        // A secret that begins with # would silently be lost.
        Node::Commented => Err(AuthConfigError::Commented { key, line: *line }),
        // `!vault` is ciphertext, not the value.
        Node::Tagged => Err(AuthConfigError::Tagged { key, line: *line }),
        Node::Anchored => Err(AuthConfigError::Anchored { key, line: *line }),
        Node::List(_) | Node::Mapping(_) => Err(AuthConfigError::NotText { key, line: *line }),
    }
}

fn scopes(entries: &[YamlMember]) -> Result<Option<(ScopeSet, &'static str)>, AuthConfigError> {
    match (find(entries, "scope")?, find(entries, "scopes")?) {
        // Neither key is more specific, so no order of precedence would be right for everyone.
        (Some(scope), Some(scopes)) => {
            Err(AuthConfigError::ScopeTwice { scope_line: scope.line, scopes_line: scopes.line })
        }
        (Some(entry), None) => scope_value("scope", entry),
        (None, Some(entry)) => scope_value("scopes", entry),
        (None, None) => Ok(None),
    }
}

fn scope_value(key: &'static str, entry: &YamlMember) -> Result<Option<(ScopeSet, &'static str)>, AuthConfigError> {
    let line = entry.line;
    let texts = match &entry.value {
        Node::Null | Node::Cut | Node::Commented => return Ok(None),
        Node::Text(text) => vec![text],
        Node::List(items) => items
            .iter()
            .map(|item| match item {
                Node::Text(text) => Ok(text),
                Node::Tagged => Err(AuthConfigError::Tagged { key, line }),
                Node::Anchored => Err(AuthConfigError::Anchored { key, line }),
                _ => Err(AuthConfigError::NotScopes { key, line }),
            })
            .collect::<Result<_, _>>()?,
        Node::Tagged => return Err(AuthConfigError::Tagged { key, line }),
        Node::Anchored => return Err(AuthConfigError::Anchored { key, line }),
        Node::Mapping(_) => return Err(AuthConfigError::NotScopes { key, line }),
    };
    let tokens = texts.iter().flat_map(|text| split_scopes(text.expose()));
    match ScopeSet::try_from_tokens(tokens) {
        Ok(scopes) => Ok(Some((scopes, key))),
        Err(fault) => Err(AuthConfigError::InvalidScope { key, line, fault }),
    }
}

const KEYS: [&str; 6] = ["type", "endpoint", "client_id", "client_secret", "scope", "scopes"];

// Other names for the same things: the provider's own arguments, and the half of a name.
const OTHER_NAMES: [(&str, &str); 3] = [("secret", "client_secret"), ("tokenurl", "endpoint"), ("granttype", "type")];

// A hundred times the configuration of one client.
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
            ("auth twice", "auth: {}\nauth: {}\n", "`auth` in line 2 repeats the key of line 1"),
            ("key twice", "auth:\n  type: canary\n  type: canary\n", "`type` in line 3 repeats the key of line 2"),
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
                "`scope` in line 2: character 7 of a scope is U+0022, which a scope must not contain",
            ),
            ("a tag of YAML's own", "auth:\n  client_secret: !!binary Y2FuYXJ5\n", TAG),
            ("a tag that makes null", "auth:\n  client_secret: !!null canary\n", TAG),
            ("a tag that makes a number", "auth:\n  client_secret: !!int 0x10\n", TAG),
            ("a secret that begins like a tag", "auth:\n  client_secret: !canary\n", TAG),
            ("a tag of a list", "auth:\n  scopes: !split [canary]\n", &TAG.replace("client_secret", "scopes")),
            ("a tag in a list", "auth:\n  scopes: [!!binary canary]\n", &TAG.replace("client_secret", "scopes")),
            (
                "a secret that begins like an anchor",
                "auth:\n  client_secret: &canary\n",
                "`client_secret` in line 2 has a YAML anchor (`&name`): put a value that begins with & in quotes",
            ),
            (
                "an anchor",
                "auth:\n  client_secret: &canary canary\n",
                "`client_secret` in line 2 has a YAML anchor (`&name`): put a value that begins with & in quotes",
            ),
            (
                "a secret that begins like a comment",
                "auth:\n  client_secret: #canary\n",
                "`client_secret` in line 2 has a comment for its value: put a value that begins with # in quotes",
            ),
            (
                "a secret with a comma in braces",
                "{auth: {client_secret: canary,canary2}}",
                "a comma ends an unquoted value in braces, in line 1: put the value in quotes",
            ),
            (
                "an inline merge",
                "auth:\n  type: x\n  <<: {client_secret: canary}\n",
                "line 3 holds a YAML merge key (`<<`), which is not supported: write the keys out",
            ),
            (
                "an inline merge at the top",
                "<<: {auth: {client_secret: canary}}\nauth: {}\n",
                "line 1 holds a YAML merge key (`<<`), which is not supported: write the keys out",
            ),
            (
                "an end in the middle",
                "auth:\n  client_secret: canary\0canary\n",
                "line 2 holds the character U+0000, which YAML does not allow: save the file as plain UTF-8",
            ),
            (
                "hyphens",
                "auth:\n  client-secret: canary\n",
                "`client-secret` in line 2 is not a known key: did you mean `client_secret`?",
            ),
            (
                "camel case",
                "auth:\n  client_id: a\n  clientSecret: canary\n",
                "`clientSecret` in line 3 is not a known key: did you mean `client_secret`?",
            ),
            (
                "a slip of the finger",
                "auth:\n  client_secert: canary\n",
                "`client_secert` in line 2 is not a known key: did you mean `client_secret`?",
            ),
            (
                "the variable's name",
                "auth:\nCXONE_CLIENT_ID: canary\ntype: x\n",
                "`CXONE_CLIENT_ID` in line 2 is not a known key: did you mean `client_id`?",
            ),
            (
                "half of a name",
                "auth: {secret: canary}",
                "`secret` in line 1 is not a known key: did you mean `client_secret`?",
            ),
            ("a capital", "Auth:\n  type: canary\n", "`Auth` in line 1 is not a known key: did you mean `auth`?"),
            ("a tag", "auth:\n  client_secret: !vault canary\n", TAG),
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
            ("tab", "auth:\n\ttype: canary\n", "line 2 is indented with a tab, which YAML does not allow: use spaces"),
            ("too deep", &deep, "line 1 is nested more than 64 levels deep"),
            ("too long", &long, "the YAML is longer than 65536 bytes"),
        ];
        for (name, text, expected) in cases {
            let error = AuthConfig::try_from_yaml(text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{name}");
            assert!(!format!("{error:?}").contains("canary"), "{name}");
        }
    }

    const TAG: &str = "`client_secret` in line 2 has a YAML tag, which is not supported: decrypt or resolve the value \
                       first, or put a value that begins with ! in quotes";

    #[test]
    fn tabs_are_white_space_where_yaml_says_so() {
        let tabbed = [
            "auth:\n  client_id:\tabc\n  scope:\t\t-x\n",
            "auth:\n  client_id: \tabc\t\n  scope:\t -x\t# comment\n",
            "auth:\t\n  client_id\t: abc\n  scope:\t\"-x\"\n",
            "auth: {client_id:\tabc,\tscope:\t-x}\n",
            "auth: {\n\tclient_id: abc,\n\t\tscope:\t-x\t}\n",
            "auth:\n  client_id:\t|-\n    abc\n  scope:\t'-x'\n",
        ];
        for text in tabbed {
            let config = AuthConfig::try_from_yaml(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(
                (config.client_id.as_deref(), config.scopes),
                (Some("abc"), Some(ScopeSet::parse("-x"))),
                "{text:?}"
            );
        }
        let kept = "auth:\n  client_id:\t\"a:\tb\"\n  client_secret: |-\n    c:\td\n    e\n  endpoint:\tf:\tg\n";
        let error = AuthConfig::try_from_yaml(kept).unwrap_err();
        assert_eq!(error, AuthConfigError::Syntax { line: 6 }, "a second colon");
        let config = AuthConfig::try_from_yaml(&kept.replace("f:\tg", "f\tg")).unwrap();
        assert_eq!(config.client_id.as_deref(), Some("a:\tb"));
        assert_eq!(config.client_secret.unwrap().expose(), "c:\td\ne");
        assert_eq!(config.endpoint.as_deref(), Some("f\tg"));
        let many = format!("auth:\n{}  client_id: a\n", "  k:\ta\n".repeat(200));
        assert!(matches!(AuthConfig::try_from_yaml(&many), Err(AuthConfigError::Tabs { .. })));
    }

    #[test]
    fn unknown_keys_that_are_near_to_none_are_ignored() {
        for key in ["timeout", "typo", "tenant_id", "comment", "version", "scoped", "client", "audience", "_", "\"\""] {
            let text = format!("auth:\n  client_id: a\n  {key}: [1]\nother-{key}: {{client-id: 1}}\n");
            assert!(AuthConfig::try_from_yaml(&text).is_ok(), "{key}");
        }
    }

    #[test]
    fn a_file_has_no_credential_without_a_value() {
        for (value, is_named) in [("", true), ("''", true), ("null", true), ("~", true), ("a", false)] {
            let text = format!("auth:\n  type: x\n  client_secret: {value}\n  endpoint:\n  scope:\n");
            let error = AuthConfig::try_from_file(&text).err().map(|error| error.to_string());
            let named = "`client_secret` in line 3 has no value: write the value out, or remove the key".to_owned();
            assert_eq!(error, is_named.then_some(named), "{value}");
            assert!(AuthConfig::try_from_yaml(&text).is_ok(), "a function gives null");
        }
        assert!(AuthConfig::try_from_file("auth:\n  client_id: a\n").is_ok(), "what is absent may come from elsewhere");
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
