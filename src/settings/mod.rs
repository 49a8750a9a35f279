//! What the user wrote, resolved to settings. Offline and pure.
//!
//! `table` has every setting; `raw_config`, `auth_file` and `environment` are where values stand; `precedence` finds
//! each one's value and source; `parse` gives texts their meaning; `inspect` and
//! `clues` see what was pasted or named wrongly; and `config` puts `credential`, `address` and `transport` together.

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
