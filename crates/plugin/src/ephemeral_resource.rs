//! Ephemeral resources, in the style of `tf_provider::DataSource`.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use crate::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource, validate_ephemeral_resource_config,
};
use crate::provider::Typed;
use crate::session::Instance;
use crate::wire::{Encoded, Private, diagnostics_to_wire, require};

/// An object that lives for one walk of the core and never touches plan or state.
#[async_trait]
pub trait EphemeralResource: Send + Sync {
    /// Configuration and result, as one object.
    type State<'a>: Serialize + Deserialize<'a> + Send;

    /// Opaque data that the core hands back to `renew` and `close`. The configuration is not handed back.
    type PrivateState<'a>: Serialize + Deserialize<'a> + Send;

    /// The schema. `None` without an error becomes one, as in `tf_provider`'s traits.
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;

    /// Checks the configuration offline.
    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Self::State<'a>) -> Option<()> {
        _ = (diags, config);
        Some(())
    }

    /// Opens the object: at plan and again at apply.
    async fn open<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Self::State<'a>,
        client: ClientCapabilities,
    ) -> Option<Opened<Self::State<'a>, Self::PrivateState<'a>>>;

    /// Extends the object's life. The result cannot change. Return the same private data as `open` did:
    /// Terraform closes with that of `open`, OpenTofu with that of the latest `renew`.
    async fn renew<'a>(
        &self,
        diags: &mut Diagnostics,
        private: Self::PrivateState<'a>,
    ) -> Option<Renewed<Self::PrivateState<'a>>> {
        _ = diags;
        Some(Renewed { private, renew_at: None })
    }

    /// Ends the object. Not called after errors or Ctrl-C: clean up at shutdown, too.
    async fn close<'a>(&self, diags: &mut Diagnostics, private: Self::PrivateState<'a>) -> Option<()> {
        _ = (diags, private);
        Some(())
    }
}

/// What the core that opens says it can do. Terraform (to 1.15) says nothing here, whatever it can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ClientCapabilities {
    /// Whether the core takes write-only arguments.
    pub write_only_attributes_allowed: bool,
}

impl ClientCapabilities {
    /// Whether the core takes a result that is not wholly known. Both open objects even where the provider's
    /// configuration is unknown, but OpenTofu (from 1.11) then refuses such a result as a bug of the provider. That it
    /// says anything at all about write-only arguments here tells it from Terraform.
    pub fn takes_unknown_results(self) -> bool {
        !self.write_only_attributes_allowed
    }
}

/// What `open` hands out.
pub struct Opened<S, P> {
    /// The result: set arguments as configured, everything else known (unknown only when the provider itself is
    /// configured with unknown values, and the core takes that).
    pub result: S,
    /// Handed back to `renew` and `close`.
    pub private: P,
    /// When the core shall call `renew`; `None`: never.
    pub renew_at: Option<SystemTime>,
}

/// What `renew` hands out.
pub struct Renewed<P> {
    /// Handed back to the next `renew` and, by OpenTofu, to `close`.
    pub private: P,
    /// When the core shall call `renew` again; `None`: never.
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

/// An [`EphemeralResource`] of any state.
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
        // Their content is the sign, not their presence: Terraform sends the message too, empty. Nor does the version
        // in ConfigureProvider tell the cores apart: OpenTofu makes up one of Terraform's.
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
    // With errors the core takes neither, and never closes: what was opened is the provider's to clean up.
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
    // Terraform to 1.16 drops the diagnostics of a renewal and goes on with what it has; OpenTofu reports them at the
    // close.
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
