//! What a user writes besides the provider block: one file for each.

pub mod access_token;
mod data_token;
mod ephemeral_access_token;
pub mod functions;
pub mod scope_baseline;
mod token_object;

pub use access_token::DEFAULT_MIN_REMAINING;
pub use data_token::{access_token, token_info};
pub use ephemeral_access_token::AccessTokenEphemeralResource;
