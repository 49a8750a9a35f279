//! Ephemeral resources, erased.

use std::time::SystemTime;

use async_trait::async_trait;
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use super::Typed;
use crate::wire::{Encoded, Private};
use crate::{EphemeralResource, Opened, Renewed};

/// What an open hands out.
pub(crate) struct EncodedOpened {
    pub(crate) result: Encoded,
    pub(crate) private: Private,
    pub(crate) renew_at: Option<SystemTime>,
}

/// What a renewal hands out.
pub(crate) struct EncodedRenewed {
    pub(crate) private: Private,
    pub(crate) renew_at: Option<SystemTime>,
}

/// An [`EphemeralResource`] of any state.
#[async_trait]
pub(crate) trait ErasedEphemeralResource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()>;
    async fn open(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<EncodedOpened>;
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

    async fn open(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<EncodedOpened> {
        let config = config.decode(diags)?;
        let Opened { result, private, renew_at } = self.0.open(diags, config).await?;
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
