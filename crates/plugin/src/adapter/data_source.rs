//! Data sources, erased.

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{DataSource, Diagnostics};

use super::Typed;
use crate::wire::Encoded;

/// A [`DataSource`] of any state.
#[async_trait]
pub(crate) trait ErasedDataSource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()>;
    async fn read(&self, diags: &mut Diagnostics, config: &Encoded, meta: &Encoded) -> Option<Encoded>;
}

#[async_trait]
impl<D: DataSource> ErasedDataSource for Typed<D> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        self.0.schema(diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()> {
        let config = config.decode(diags)?;
        self.0.validate(diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, config: &Encoded, meta: &Encoded) -> Option<Encoded> {
        let config = config.decode(diags)?;
        let meta = meta.decode(diags)?;
        let state = self.0.read(diags, config, meta).await?;
        Encoded::encode(diags, &state)
    }
}
