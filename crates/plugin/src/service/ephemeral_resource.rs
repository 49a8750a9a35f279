//! Ephemeral resources.

use std::sync::Arc;

use tf_provider::Diagnostics;

use crate::adapter::{EncodedOpened, EncodedRenewed};
use crate::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource, validate_ephemeral_resource_config,
};
use crate::session::Instance;
use crate::wire::{Encoded, Private, diagnostics_to_wire, require};

pub(super) async fn validate(
    instance: Arc<Instance>,
    request: validate_ephemeral_resource_config::Request,
) -> validate_ephemeral_resource_config::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.ephemeral_resource(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        resource.validate(&mut diags, &config).await
    }
    .await;
    require(&mut diags, outcome);
    validate_ephemeral_resource_config::Response { diagnostics: diagnostics_to_wire(diags) }
}

pub(super) async fn open(
    instance: Arc<Instance>,
    request: open_ephemeral_resource::Request,
) -> open_ephemeral_resource::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.ephemeral_resource(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        resource.open(&mut diags, &config).await
    }
    .await;
    let opened = require(&mut diags, outcome);
    let mut response = open_ephemeral_resource::Response {
        diagnostics: diagnostics_to_wire(diags),
        ..open_ephemeral_resource::Response::default()
    };
    if let Some(EncodedOpened { result, private, renew_at }) = opened {
        response.result = Some(result.into_wire());
        response.private = Some(private.into_wire());
        response.renew_at = renew_at.map(Into::into);
    }
    response
}

pub(super) async fn renew(
    instance: Arc<Instance>,
    request: renew_ephemeral_resource::Request,
) -> renew_ephemeral_resource::Response {
    let mut response = unrenewed(&request);
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.ephemeral_resource(&mut diags, &request.type_name)?;
        let private = Private::from_wire(request.private.unwrap_or_default());
        resource.renew(&mut diags, &private).await
    }
    .await;
    if let Some(EncodedRenewed { private, renew_at }) = require(&mut diags, outcome) {
        response.private = Some(private.into_wire());
        response.renew_at = renew_at.map(Into::into);
    }
    response.diagnostics = diagnostics_to_wire(diags);
    response
}

/// The answer to a renewal that failed: with the private data it came with, since OpenTofu closes with what the
/// latest answer held.
pub(super) fn unrenewed(request: &renew_ephemeral_resource::Request) -> renew_ephemeral_resource::Response {
    renew_ephemeral_resource::Response {
        private: request.private.clone(),
        ..renew_ephemeral_resource::Response::default()
    }
}

pub(super) async fn close(
    instance: Arc<Instance>,
    request: close_ephemeral_resource::Request,
) -> close_ephemeral_resource::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.ephemeral_resource(&mut diags, &request.type_name)?;
        let private = Private::from_wire(request.private.unwrap_or_default());
        resource.close(&mut diags, &private).await
    }
    .await;
    require(&mut diags, outcome);
    close_ephemeral_resource::Response { diagnostics: diagnostics_to_wire(diags) }
}
