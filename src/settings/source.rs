//! Where a setting came from, in words for diagnostics.

use std::fmt;
use std::path::{Path, PathBuf};

use plugin::AttributePath;

use crate::settings::table;

/// Where one resolved setting came from: who named it, and the file that it was read from, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Who set the value, or named the file that holds it.
    pub origin: Origin,
    /// The file with the value.
    pub file: Option<PathBuf>,
}

/// Who set a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An argument of the provider block: its name, such as `client_secret` or `client_secret_file`.
    Block(&'static str),
    /// An argument of a token's own block, which overrides the provider's: its name.
    Resource(&'static str),
    /// An environment variable: its name.
    Environment(&'static str),
    /// A flag of the command line: its name.
    Flag(&'static str),
    /// A key of the `auth:` YAML that [`Source::file`] names.
    AuthFile(&'static str),
    /// Nothing: the default.
    Default,
}

impl Origin {
    /// Its place in the order of precedence: the lower one wins.
    pub fn rank(self) -> u8 {
        match self {
            Self::Resource(_) => 0,
            Self::Block(_) | Self::Flag(_) => 1,
            Self::AuthFile(_) => 2,
            Self::Environment(_) => 3,
            Self::Default => 4,
        }
    }
}

/// A resolved value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub source: Source,
}

impl Source {
    /// Nothing was set.
    pub const DEFAULT: Self = Self::of(Origin::Default);

    /// The argument `attribute` of the provider block.
    pub const fn block(attribute: &'static str) -> Self {
        Self::of(Origin::Block(attribute))
    }

    /// The argument `attribute` of a token's own block.
    pub const fn resource(attribute: &'static str) -> Self {
        Self::of(Origin::Resource(attribute))
    }

    /// The environment variable `variable`.
    pub const fn environment(variable: &'static str) -> Self {
        Self::of(Origin::Environment(variable))
    }

    /// The flag `flag` of the command line.
    pub const fn flag(flag: &'static str) -> Self {
        Self::of(Origin::Flag(flag))
    }

    /// The key `key` of the `auth:` file `file`.
    pub fn auth_file(key: &'static str, file: impl Into<PathBuf>) -> Self {
        Self::of(Origin::AuthFile(key)).in_file(file)
    }

    /// The file that this source names, in place of a value of its own.
    #[must_use]
    pub fn in_file(self, file: impl Into<PathBuf>) -> Self {
        Self { file: Some(file.into()), ..self }
    }

    const fn of(origin: Origin) -> Self {
        Self { origin, file: None }
    }

    /// Whether nothing was set.
    pub fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }

    /// The file that holds nothing but the value, as a secret file does; an `auth:` file holds more.
    pub fn value_file(&self) -> Option<&Path> {
        self.file.as_deref().filter(|_| !matches!(self.origin, Origin::AuthFile(_)))
    }

    /// The environment variable that holds the value itself.
    pub fn variable(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Environment(variable) if self.file.is_none() => Some(variable),
            _ => None,
        }
    }

    /// Whether the value itself is written in the provider block.
    pub fn is_in_block(&self) -> bool {
        matches!(self.origin, Origin::Block(_)) && self.file.is_none()
    }

    /// The path of the argument, in whichever block; the root when the value did not come from the configuration, or is
    /// a secret that is written there: the core quotes the line that a diagnostic points at.
    pub fn attribute_path(&self) -> AttributePath {
        match self.origin {
            Origin::Block(attribute) | Origin::Resource(attribute) => table::path(attribute),
            Origin::Environment(_) | Origin::Flag(_) | Origin::AuthFile(_) | Origin::Default => AttributePath::root(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, &self.file) {
            (Origin::Block(attribute), None) => write!(formatter, "from `{attribute}` in the provider block"),
            (Origin::Block(attribute), Some(file)) => {
                write!(formatter, "from the file {file:?} (`{attribute}` in the provider block)")
            }
            (Origin::Resource(attribute), _) => write!(formatter, "from `{attribute}` in the token's own block"),
            (Origin::Environment(variable), None) => write!(formatter, "from the environment variable {variable}"),
            (Origin::Environment(variable), Some(file)) => {
                write!(formatter, "from the file {file:?} (environment variable {variable})")
            }
            (Origin::Flag(flag), None) => write!(formatter, "from the flag {flag}"),
            (Origin::Flag(flag), Some(file)) => write!(formatter, "from the file {file:?} (flag {flag})"),
            (Origin::AuthFile(key), None) => write!(formatter, "from `{key}` in the `auth:` file"),
            (Origin::AuthFile(key), Some(file)) => write!(formatter, "from `{key}` in the file {file:?}"),
            (Origin::Default, _) => formatter.write_str("by default"),
        }
    }
}
