//! What the user wrote, resolved to settings. Offline and pure.

pub mod address;
pub mod auth_config;
mod certificates;
pub mod clues;
pub mod config;
pub mod credential;
pub mod endpoint_params;
pub mod environment;
pub mod grant_type;
pub mod inspect;
pub mod raw_config;
pub mod reaction;
mod resolve;
pub mod secret_file;
pub mod setting;
pub mod source;
mod transport;
