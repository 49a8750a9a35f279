//! The objects of a configuration besides the provider block, one a file.

mod ephemeral_token;
mod functions;
mod scope_baseline;
pub mod token;
mod token_data;

use std::sync::Arc;

use crate::session::Session;
use plugin::Registry;

/// Registers all objects and functions. Objects that need a token get it from `session`.
pub fn register(registry: &mut Registry, session: &Arc<Session>) {
    let session = || Arc::clone(session);
    registry.ephemeral_resource("access_token", ephemeral_token::EphemeralToken::new(session()));
    registry.data_source("access_token", token_data::access_token(session()));
    registry.data_source("token_info", token_data::token_info(session()));
    registry.resource("scope_baseline", scope_baseline::ScopeBaseline::new(session()));
    functions::register(registry);
}
