//! Data sources.

use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{DataSource, Diagnostics};

use crate::caller::Instance;
use crate::proto::tfplugin6::{read_data_source, validate_data_resource_config};
use crate::provider::Typed;
use crate::wire::{Encoded, diagnostics_to_wire, require};

// The erased traits are the border inside this crate: typed values on one side, encoded ones on the other.
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

pub(crate) async fn validate(
    instance: Arc<Instance>,
    request: validate_data_resource_config::Request,
) -> validate_data_resource_config::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let data_source = instance.data_source(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        data_source.validate(&mut diags, &config).await
    }
    .await;
    require(&mut diags, outcome);
    validate_data_resource_config::Response { diagnostics: diagnostics_to_wire(diags) }
}

pub(crate) async fn read(instance: Arc<Instance>, request: read_data_source::Request) -> read_data_source::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let data_source = instance.data_source(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        let meta = Encoded::from_wire(&mut diags, request.provider_meta)?;
        data_source.read(&mut diags, &config, &meta).await
    }
    .await;
    // Never deferred: cores support that only in experiments, although Terraform claims to in every apply.
    let state = require(&mut diags, outcome).map(Encoded::into_wire);
    read_data_source::Response { state, diagnostics: diagnostics_to_wire(diags), deferred: None }
}
