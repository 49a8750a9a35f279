//! Providers, erased.

use async_trait::async_trait;
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use super::Typed;
use crate::wire::Encoded;
use crate::{Provider, Registry};

/// A [`Provider`] of any configuration type.
#[async_trait]
pub(crate) trait ErasedProvider: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn register(&self, registry: &mut Registry);
    async fn validate(&self, diags: &mut Diagnostics, config: Encoded);
    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: Encoded);
    fn stop(&self);
}

#[async_trait]
impl<P: Provider> ErasedProvider for Typed<P> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn schema(&self) -> Schema {
        self.0.schema()
    }

    fn register(&self, registry: &mut Registry) {
        self.0.register(registry);
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Encoded) {
        if let Some(config) = config.decode(diags) {
            self.0.validate(diags, config).await;
        }
    }

    async fn configure(&self, diags: &mut Diagnostics, terraform_version: String, config: Encoded) {
        if let Some(config) = config.decode(diags) {
            self.0.configure(diags, terraform_version, config).await;
        }
    }

    fn stop(&self) {
        self.0.stop();
    }
}
