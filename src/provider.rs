//! The provider that Terraform sees: its schema, its objects and functions, and the configuration of one process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oauth::Clock;
use plugin::schema::Schema;
use plugin::{AttributePath, Diagnostic, Diagnostics, Provider, Registry};

use crate::objects;
use crate::session::{Overrides, Ready, Session, Stage};
use crate::settings::config::{self, Resolution};
use crate::settings::environment::Environment;
use crate::settings::raw_config::RawConfig;
use crate::settings::table;

/// The provider `cxone`.
pub struct CxoneProvider {
    environment: Environment,
    clock: Clock,
    session: Arc<Session>,
}

impl CxoneProvider {
    /// An unconfigured provider that reads `environment` and `clock`.
    pub fn new(environment: Environment, clock: Clock) -> Self {
        Self { environment, clock, session: Arc::default() }
    }
}

impl CxoneProvider {
    /// Resolves the settings on a blocking thread: a secret file can be a pipe without a writer yet, and a stop must
    /// still arrive meanwhile.
    async fn resolve(&self, config: RawConfig, terraform_version: String, diags: &mut Diagnostics) -> Resolution {
        let environment = self.environment.clone();
        let resolution = tokio::task::spawn_blocking(move || {
            let mut diags = Diagnostics::default();
            let resolution = config::resolve(&config, &environment, &terraform_version, &mut diags);
            (resolution, diags)
        });
        match resolution.await {
            Ok((resolution, found)) => {
                diags.add_diagnostics(found);
                resolution
            }
            Err(ended) => match ended.try_into_panic() {
                // The caller turns panics into diagnostics.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Resolution::Invalid,
            },
        }
    }
}

#[async_trait]
impl Provider for CxoneProvider {
    type Config = RawConfig;

    fn name(&self) -> &'static str {
        "cxone"
    }

    fn schema(&self) -> Schema {
        table::schema()
    }

    fn register(&self, registry: &mut Registry) {
        objects::register(registry, &self.session);
    }

    async fn validate(&self, diags: &mut Diagnostics, config: RawConfig) {
        config::check(&config, diags);
    }

    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: RawConfig) {
        // If a core configures the process again, nothing of the former configuration remains, even if this one fails:
        // the next token would belong to another tenant.
        self.session.cancel();
        self.session.set(Stage::Unconfigured);
        match self.resolve(config, terraform_version, diags).await {
            Resolution::Invalid => {}
            Resolution::Unknown(arguments) => self.session.set(Stage::Unknown(arguments)),
            Resolution::Complete(settings) => {
                let ready = Arc::new(Ready::new(*settings, self.clock.clone()));
                // Set before the exchange, so that `stop` can cancel it.
                self.session.set(Stage::Configuring(Arc::clone(&ready)));
                if !ready.settings().skip_credentials_validation {
                    // Any lifetime is enough to validate the credentials. The objects check their own minimum.
                    match ready.token(Overrides::default(), Duration::ZERO).await {
                        Ok(issued) => ready.judge(&issued, diags),
                        Err(failure) => diags.add_error(failure.diagnostic),
                    }
                }
                if diags.errors.is_empty()
                    && let Some(note) = ready.settings().credential.mixed_pair()
                {
                    // After a rejection, the error says this itself.
                    diags.add_warning(Diagnostic {
                        summary: "The auth: file has only one half of the client credentials".into(),
                        detail: note.into(),
                        attribute: AttributePath::root(),
                    });
                }
                // Drift can be an error as well, and must keep all objects from using the token.
                let is_valid = diags.errors.is_empty();
                self.session.set(if is_valid { Stage::Ready(ready) } else { Stage::Unconfigured });
            }
        }
    }

    fn stop(&self) {
        self.session.cancel();
    }
}
