//! Data sources.

use std::sync::Arc;

use tf_provider::Diagnostics;

use crate::proto::tfplugin6::{read_data_source, validate_data_resource_config};
use crate::session::Instance;
use crate::wire::{Encoded, diagnostics_to_wire, require};

pub(super) async fn validate(
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

pub(super) async fn read(instance: Arc<Instance>, request: read_data_source::Request) -> read_data_source::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let data_source = instance.data_source(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        let meta = Encoded::from_wire(&mut diags, request.provider_meta)?;
        data_source.read(&mut diags, &config, &meta).await
    }
    .await;
    let state = require(&mut diags, outcome).map(Encoded::into_wire);
    read_data_source::Response { state, diagnostics: diagnostics_to_wire(diags), deferred: None }
}
