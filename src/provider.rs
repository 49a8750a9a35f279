//! The CXone provider: settings, schemas, data sources, ephemeral resources and the prose of its diagnostics.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oauth::Clock;
use plugin::schema::Schema;
use plugin::{Diagnostics, Provider, Registry};

use crate::objects::functions;
use crate::objects::scope_baseline::ScopeBaselineResource;
use crate::objects::{self, AccessTokenEphemeralResource};
use crate::session::{Overrides, Ready, Session, State};
use crate::settings::config::{self, Resolution};
use crate::settings::environment::Environment;
use crate::settings::raw_config::RawConfig;
use crate::settings::setting;

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
        registry.ephemeral_resource("access_token", AccessTokenEphemeralResource::new(session()));
        registry.data_source("access_token", objects::access_token(session()));
        registry.data_source("token_info", objects::token_info(session()));
        registry.resource("scope_baseline", ScopeBaselineResource::new(session()));
        functions::register(registry);
    }

    async fn validate(&self, diags: &mut Diagnostics, config: RawConfig) {
        config::check(&config, diags);
    }

    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: RawConfig) {
        self.session.cancel();
        self.session.set(State::Unconfigured);
        match config::resolve(&config, &self.environment, &terraform_version, diags) {
            Resolution::Invalid => {}
            Resolution::Unknown(arguments) => self.session.set(State::Unknown(arguments)),
            Resolution::Complete(settings) => {
                let ready = Arc::new(Ready::new(*settings, self.clock.clone()));
                self.session.set(State::Configuring(Arc::clone(&ready)));
                if !ready.settings().skip_credentials_validation {
                    match ready.token(Overrides::default(), Duration::ZERO).await {
                        Ok(issued) => ready.judge(&issued, diags),
                        Err(failure) => diags.add_error(failure.diagnostic),
                    }
                }
                let is_valid = diags.errors.is_empty();
                self.session.set(if is_valid { State::Ready(ready) } else { State::Unconfigured });
            }
        }
    }

    fn stop(&self) {
        self.session.cancel();
    }
}
