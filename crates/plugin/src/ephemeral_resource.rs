//! Ephemeral resources, in the style of `tf_provider::DataSource`.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use crate::caller::Instance;
use crate::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource, validate_ephemeral_resource_config,
};
use crate::provider::Typed;
use crate::wire::{Encoded, Private, diagnostics_to_wire, require};

/// An object that exists during one walk of the core, and is never stored in plan or state.
#[async_trait]
pub trait EphemeralResource: Send + Sync {
    /// Configuration and result, as one object.
    type State<'a>: Serialize + Deserialize<'a> + Send;

    /// Opaque data that the core passes to `renew` and `close`. It does not pass the configuration.
    type PrivateState<'a>: Serialize + Deserialize<'a> + Send;

    /// The schema. `None` without an error is reported as an error, as in `tf_provider`'s traits.
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;

    /// Validates the configuration offline.
    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Self::State<'a>) -> Option<()> {
        _ = (diags, config);
        Some(())
    }

    /// Opens the object, at plan and again at apply.
    async fn open<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Self::State<'a>,
        client: ClientCapabilities,
    ) -> Option<Opened<Self::State<'a>, Self::PrivateState<'a>>>;

    /// Extends the object's lifetime. The result cannot change. Return the private data of `open`: Terraform closes the
    /// object with that, OpenTofu with the data of the latest `renew`.
    async fn renew<'a>(
        &self,
        diags: &mut Diagnostics,
        private: Self::PrivateState<'a>,
    ) -> Option<Renewed<Self::PrivateState<'a>>> {
        _ = diags;
        Some(Renewed { private, renew_at: None })
    }

    /// Closes the object. Not called after errors or Ctrl-C, so clean up at shutdown, too.
    async fn close<'a>(&self, diags: &mut Diagnostics, private: Self::PrivateState<'a>) -> Option<()> {
        _ = (diags, private);
        Some(())
    }
}

/// The capabilities that the core states when it opens an object. Terraform up to 1.15 states none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ClientCapabilities {
    /// Whether the core accepts write-only arguments.
    pub write_only_attributes_allowed: bool,
}

impl ClientCapabilities {
    /// Whether the core accepts a result that is not wholly known. Both cores open objects even if the provider's
    /// configuration is unknown. But OpenTofu (from 1.11) rejects an unknown result as a bug of the provider, and only
    /// OpenTofu states a capability here.
    pub fn takes_unknown_results(self) -> bool {
        !self.write_only_attributes_allowed
    }
}

/// The result of `open`.
pub struct Opened<S, P> {
    /// Set arguments as configured, everything else known. Unknown only if the provider's configuration is unknown and
    /// the core accepts that.
    pub result: S,
    /// Passed to `renew` and `close`.
    pub private: P,
    /// The time for `renew`; `None` for never.
    pub renew_at: Option<SystemTime>,
}

/// The result of `renew`.
pub struct Renewed<P> {
    /// Passed to the next `renew` and, by OpenTofu, to `close`.
    pub private: P,
    /// The time for the next `renew`; `None` for never.
    pub renew_at: Option<SystemTime>,
}

pub(crate) struct EncodedOpened {
    pub(crate) result: Encoded,
    pub(crate) private: Private,
    pub(crate) renew_at: Option<SystemTime>,
}

pub(crate) struct EncodedRenewed {
    pub(crate) private: Private,
    pub(crate) renew_at: Option<SystemTime>,
}

/// An [`EphemeralResource`] with any state type.
#[async_trait]
pub(crate) trait ErasedEphemeralResource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()>;
    async fn open(
        &self,
        diags: &mut Diagnostics,
        config: &Encoded,
        client: ClientCapabilities,
    ) -> Option<EncodedOpened>;
    async fn renew(&self, diags: &mut Diagnostics, private: &Private) -> Option<EncodedRenewed>;
    async fn close(&self, diags: &mut Diagnostics, private: &Private) -> Option<()>;
}

#[async_trait]
impl<E: EphemeralResource> ErasedEphemeralResource for Typed<E> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        self.0.schema(diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()> {
        let config = config.decode(diags)?;
        self.0.validate(diags, config).await
    }

    async fn open(
        &self,
        diags: &mut Diagnostics,
        config: &Encoded,
        client: ClientCapabilities,
    ) -> Option<EncodedOpened> {
        let config = config.decode(diags)?;
        let Opened { result, private, renew_at } = self.0.open(diags, config, client).await?;
        let private = Private::encode(diags, &private)?;
        Some(EncodedOpened { result: Encoded::encode(diags, &result)?, private, renew_at })
    }

    async fn renew(&self, diags: &mut Diagnostics, private: &Private) -> Option<EncodedRenewed> {
        let private = private.decode(diags)?;
        let Renewed { private, renew_at } = self.0.renew(diags, private).await?;
        Some(EncodedRenewed { private: Private::encode(diags, &private)?, renew_at })
    }

    async fn close(&self, diags: &mut Diagnostics, private: &Private) -> Option<()> {
        let private = private.decode(diags)?;
        self.0.close(diags, private).await
    }
}

pub(crate) async fn validate(
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

pub(crate) async fn open(
    instance: Arc<Instance>,
    request: open_ephemeral_resource::Request,
) -> open_ephemeral_resource::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.ephemeral_resource(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        // Terraform sends this message as well, but empty, so its content counts and not its presence. The version in
        // ConfigureProvider does not identify the core: OpenTofu 1.12 always sends "1.13.0".
        let capabilities = request.client_capabilities.unwrap_or_default();
        let client = ClientCapabilities { write_only_attributes_allowed: capabilities.write_only_attributes_allowed };
        resource.open(&mut diags, &config, client).await
    }
    .await;
    let opened = require(&mut diags, outcome);
    let mut response = open_ephemeral_resource::Response {
        diagnostics: diagnostics_to_wire(diags),
        ..open_ephemeral_resource::Response::default()
    };
    // After errors, the core ignores the result and never calls close. The provider itself cleans up.
    if let Some(EncodedOpened { result, private, renew_at }) = opened {
        response.result = Some(result.into_wire());
        response.private = Some(private.into_wire());
        response.renew_at = renew_at.map(Into::into);
    }
    response
}

pub(crate) async fn renew(
    instance: Arc<Instance>,
    request: renew_ephemeral_resource::Request,
) -> renew_ephemeral_resource::Response {
    // Terraform up to 1.16 drops the diagnostics of a renewal and continues with the old result. OpenTofu reports them
    // at close.
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

/// The response to a failed renewal. It returns the private data, because OpenTofu closes with that of the latest
/// response.
pub(crate) fn unrenewed(request: &renew_ephemeral_resource::Request) -> renew_ephemeral_resource::Response {
    renew_ephemeral_resource::Response {
        private: request.private.clone(),
        ..renew_ephemeral_resource::Response::default()
    }
}

pub(crate) async fn close(
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
