//! The CXone provider: settings, schemas, data sources, ephemeral resources and the prose of its diagnostics.

mod access_token;
pub mod auth_config;
pub(crate) mod config;
mod data_access_token;
mod data_token_info;
mod endpoint_params;
mod env;
mod ephemeral_access_token;
pub mod explain;
pub mod functions;
#[doc(hidden)]
pub mod fuzzing;
pub mod inspect;
pub(crate) mod raw_config;
mod resolve;
mod resource_scope_baseline;
pub mod scope_drift;
mod scope_judge;
pub(crate) mod secret_file;
pub(crate) mod session;
mod setting;
mod source;
mod token_object;
mod transport;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

pub use env::{Environment, NotUnicode};
pub use source::{Source, Sourced};

use crate::{
    oauth::Clock,
    plugin::{Diagnostics, Provider, Registry, schema::Schema},
};
use config::Resolution;
use raw_config::RawConfig;
use session::{Overrides, Ready, Session, State};

/// The provider `cxone`.
pub struct CxoneProvider {
    environment: Environment,
    clock: Clock,
    session: Arc<Session>,
}

impl CxoneProvider {
    /// A provider that reads `environment` and lives by `clock`; not configured yet.
    pub fn new(environment: Environment, clock: Clock) -> Self {
        Self { environment, clock, session: Arc::default() }
    }
}

#[async_trait]
impl Provider for CxoneProvider {
    type Config = RawConfig;

    fn name(&self) -> &'static str {
        "cxone"
    }

    fn schema(&self) -> Schema {
        setting::schema()
    }

    fn register(&self, registry: &mut Registry) {
        let session = || Arc::clone(&self.session);
        registry
            .ephemeral_resource("access_token", ephemeral_access_token::AccessTokenEphemeralResource::new(session()));
        registry.data_source("access_token", data_access_token::AccessTokenDataSource::new(session()));
        registry.data_source("token_info", data_token_info::TokenInfoDataSource::new(session()));
        registry.resource("scope_baseline", resource_scope_baseline::ScopeBaselineResource::new(session()));
        functions::register(registry);
    }

    async fn validate(&self, diags: &mut Diagnostics, config: RawConfig) {
        config::check(&config, diags);
    }

    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: RawConfig) {
        self.session.set(State::Unconfigured);
        match config::resolve(&config, &self.environment, &terraform_version, diags) {
            Resolution::Invalid => {}
            Resolution::Unknown(arguments) => self.session.set(State::Unknown(arguments)),
            Resolution::Complete(settings) => {
                let ready = Arc::new(Ready::new(*settings, self.clock.clone()));
                if !ready.settings().skip_credentials_validation {
                    match ready.token(Overrides::default(), Duration::ZERO).await {
                        Ok(issued) => ready.judge(&issued, diags),
                        Err(failure) => diags.add_error(failure.diagnostic),
                    }
                }
                if diags.errors.is_empty() {
                    self.session.set(State::Ready(ready));
                }
            }
        }
    }

    fn stop(&self) {
        self.session.cancel();
    }
}
