//! The source of a setting, and its description in diagnostics.

use std::fmt;
use std::path::{Path, PathBuf};

use plugin::AttributePath;

use crate::settings::table;

/// The source of a resolved setting: its origin, and the file that contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The origin of the value, or of its file's path.
    pub origin: Origin,
    /// The file that contains the value.
    pub file: Option<PathBuf>,
}

/// The kinds of origins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An argument of the provider block, such as `client_secret` or `client_secret_file`.
    Block(&'static str),
    /// An argument of a token object's block, which overrides the provider's.
    Resource(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A command-line flag.
    Flag(&'static str),
    /// A key of the `auth:` YAML in [`Source::file`].
    AuthFile(&'static str),
    /// The default, because no other source has a value.
    Default,
}

impl Origin {
    /// The rank in the order of precedence: the lower one takes precedence.
    pub fn rank(self) -> u8 {
        match self {
            Self::Resource(_) => 0,
            // The same rank, because flags exist only on the command line, where there is no provider block.
            Self::Block(_) | Self::Flag(_) => 1,
            Self::AuthFile(_) => 2,
            Self::Environment(_) => 3,
            Self::Default => 4,
        }
    }
}

/// A resolved value and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
}

impl Source {
    /// The source of defaults.
    pub const DEFAULT: Self = Self::of(Origin::Default);

    /// The argument `attribute` of the provider block.
    pub const fn block(attribute: &'static str) -> Self {
        Self::of(Origin::Block(attribute))
    }

    /// The argument `attribute` of a token object's block.
    pub const fn resource(attribute: &'static str) -> Self {
        Self::of(Origin::Resource(attribute))
    }

    /// The environment variable `variable`.
    pub const fn environment(variable: &'static str) -> Self {
        Self::of(Origin::Environment(variable))
    }

    /// The command-line flag `flag`.
    pub const fn flag(flag: &'static str) -> Self {
        Self::of(Origin::Flag(flag))
    }

    /// The key `key` of the `auth:` file `file`.
    pub fn auth_file(key: &'static str, file: impl Into<PathBuf>) -> Self {
        Self::of(Origin::AuthFile(key)).in_file(file)
    }

    /// The file that this source names, instead of a value.
    #[must_use]
    pub fn in_file(self, file: impl Into<PathBuf>) -> Self {
        Self { file: Some(file.into()), ..self }
    }

    const fn of(origin: Origin) -> Self {
        Self { origin, file: None }
    }

    /// Whether this is the default.
    pub fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }

    /// The file that contains only the value, such as a secret file. An `auth:` file contains more.
    pub fn value_file(&self) -> Option<&Path> {
        self.file.as_deref().filter(|_| !matches!(self.origin, Origin::AuthFile(_)))
    }

    /// The environment variable that contains the value itself.
    pub fn variable(&self) -> Option<&'static str> {
        match self.origin {
            Origin::Environment(variable) if self.file.is_none() => Some(variable),
            _ => None,
        }
    }

    /// Whether the provider block contains the value itself.
    pub fn is_in_block(&self) -> bool {
        matches!(self.origin, Origin::Block(_)) && self.file.is_none()
    }

    /// The path of the argument; the root if the value does not come from the configuration, or is a secret in it,
    /// because the core quotes the line of a diagnostic's path.
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
