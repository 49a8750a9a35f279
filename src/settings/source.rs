//! Where a setting came from, in words for diagnostics.

use std::fmt;
use std::path::PathBuf;

/// The origin of one resolved setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An argument of the provider block: its name.
    Block(&'static str),
    /// A file named by an argument of the provider block.
    BlockFile {
        /// The argument, such as `client_secret_file`.
        attribute: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// An environment variable: its name.
    Environment(&'static str),
    /// A file named by an environment variable.
    EnvironmentFile {
        /// The variable, such as `CXONE_CLIENT_SECRET_FILE`.
        variable: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// An argument of a token resource, which overrides the provider's: its name.
    Resource(&'static str),
    /// A flag of the command line: its name.
    Flag(&'static str),
    /// A file named by a flag of the command line.
    FlagFile {
        /// The flag, such as `--client-secret-file`.
        flag: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A key of an `auth:` YAML file.
    AuthFile {
        /// The key, such as `client_id`.
        key: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Nothing was set.
    Default,
}

/// A resolved value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub source: Source,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(attribute) => write!(formatter, "from `{attribute}` in the provider block"),
            Self::BlockFile { attribute, path } => {
                write!(formatter, "from the file {path:?} (`{attribute}` in the provider block)")
            }
            Self::Environment(variable) => write!(formatter, "from the environment variable {variable}"),
            Self::EnvironmentFile { variable, path } => {
                write!(formatter, "from the file {path:?} (environment variable {variable})")
            }
            Self::Resource(attribute) => write!(formatter, "from `{attribute}` in the token's own block"),
            Self::Flag(flag) => write!(formatter, "from the flag {flag}"),
            Self::FlagFile { flag, path } => write!(formatter, "from the file {path:?} (flag {flag})"),
            Self::AuthFile { key, path } => write!(formatter, "from `{key}` in the file {path:?}"),
            Self::Default => formatter.write_str("by default"),
        }
    }
}
