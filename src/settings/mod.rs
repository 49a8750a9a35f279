//! From the user's input to resolved settings. Offline and pure.
//!
//! `table` lists all settings. `raw_config`, `auth_file` and `environment` are the sources of values; `precedence`
//! finds each setting's value and source; `parse` interprets texts; `inspect` and `clues` find pasting and naming
//! mistakes; and `config` combines `credential`, `address` and `transport`.

pub mod address;
pub mod auth_file;
pub mod claims;
pub mod clues;
pub mod config;
pub mod credential;
pub mod environment;
pub mod flags;
pub mod grant_type;
pub mod inspect;
pub mod misplaced;
pub mod parse;
mod precedence;
pub mod raw_config;
pub mod secret_file;
pub mod source;
pub mod table;
mod transport;
