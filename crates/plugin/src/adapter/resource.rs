//! Managed resources, erased.

use async_trait::async_trait;
use serde::Serialize;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use super::Typed;
use crate::wire::{Encoded, Private};

/// A state and the private data that belongs to it.
pub(crate) struct EncodedState {
    pub(crate) state: Encoded,
    pub(crate) private: Private,
}

/// A planned state, and what makes it a replacement.
pub(crate) struct EncodedPlan {
    pub(crate) planned: EncodedState,
    pub(crate) requires_replace: Vec<AttributePath>,
}

/// A managed resource of any state. Null states say what is to happen: a null `prior` is a creation, a null
/// `proposed` or `planned` a destruction.
#[async_trait]
pub(crate) trait ErasedResource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()>;

    /// `None`: the object is gone, or `diags` says why it could not be read.
    async fn read(&self, diags: &mut Diagnostics, current: &EncodedState, meta: &Encoded) -> Option<EncodedState>;

    async fn plan(
        &self,
        diags: &mut Diagnostics,
        prior: &EncodedState,
        proposed: &Encoded,
        config: &Encoded,
        meta: &Encoded,
    ) -> Option<EncodedPlan>;

    /// Can return a state and errors: what was done before it went wrong.
    async fn apply(
        &self,
        diags: &mut Diagnostics,
        prior: &Encoded,
        planned: &EncodedState,
        config: &Encoded,
        meta: &Encoded,
    ) -> Option<EncodedState>;

    async fn import(&self, diags: &mut Diagnostics, id: String) -> Option<EncodedState>;
}

#[async_trait]
impl<R: Resource> ErasedResource for Typed<R> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema> {
        self.0.schema(diags)
    }

    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()> {
        let config = config.decode(diags)?;
        self.0.validate(diags, config).await
    }

    async fn read(&self, diags: &mut Diagnostics, current: &EncodedState, meta: &Encoded) -> Option<EncodedState> {
        let state = current.state.decode(diags)?;
        let private = current.private.decode(diags)?;
        let meta = meta.decode(diags)?;
        let read = self.0.read(diags, state, private, meta).await?;
        EncodedState::encode(diags, read)
    }

    async fn plan(
        &self,
        diags: &mut Diagnostics,
        prior: &EncodedState,
        proposed: &Encoded,
        config: &Encoded,
        meta: &Encoded,
    ) -> Option<EncodedPlan> {
        let meta = meta.decode(diags)?;
        if prior.state.is_null() {
            let (proposed, config) = (proposed.decode(diags)?, config.decode(diags)?);
            let planned = self.0.plan_create(diags, proposed, config, meta).await?;
            return EncodedPlan::encode(diags, planned, Vec::new());
        }
        let (prior, private) = (prior.state.decode(diags)?, prior.private.decode(diags)?);
        if proposed.is_null() {
            let private = self.0.plan_destroy(diags, prior, private, meta).await?;
            return EncodedPlan::encode(diags, (None::<()>, private), Vec::new());
        }
        let (proposed, config) = (proposed.decode(diags)?, config.decode(diags)?);
        let (state, private, requires_replace) =
            self.0.plan_update(diags, prior, proposed, config, private, meta).await?;
        EncodedPlan::encode(diags, (state, private), requires_replace)
    }

    async fn apply(
        &self,
        diags: &mut Diagnostics,
        prior: &Encoded,
        planned: &EncodedState,
        config: &Encoded,
        meta: &Encoded,
    ) -> Option<EncodedState> {
        let meta = meta.decode(diags)?;
        let private = planned.private.decode(diags)?;
        if planned.state.is_null() {
            let prior = prior.decode(diags)?;
            self.0.destroy(diags, prior, private, meta).await?;
            return Some(EncodedState { state: Encoded::null(), private: Private::default() });
        }
        let (planned, config) = (planned.state.decode(diags)?, config.decode(diags)?);
        let applied = if prior.is_null() {
            self.0.create(diags, planned, config, private, meta).await?
        } else {
            let prior = prior.decode(diags)?;
            self.0.update(diags, prior, planned, config, private, meta).await?
        };
        EncodedState::encode(diags, applied)
    }

    async fn import(&self, diags: &mut Diagnostics, id: String) -> Option<EncodedState> {
        let imported = self.0.import(diags, id).await?;
        EncodedState::encode(diags, imported)
    }
}

impl EncodedState {
    fn encode(diags: &mut Diagnostics, (state, private): (impl Serialize, impl Serialize)) -> Option<Self> {
        Some(Self { state: Encoded::encode(diags, &state)?, private: Private::encode(diags, &private)? })
    }
}

impl EncodedPlan {
    fn encode(
        diags: &mut Diagnostics,
        planned: (impl Serialize, impl Serialize),
        requires_replace: Vec<AttributePath>,
    ) -> Option<Self> {
        Some(Self { planned: EncodedState::encode(diags, planned)?, requires_replace })
    }
}
