//! Managed resources.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use tf_provider::schema::Schema;
use tf_provider::{AttributePath, Diagnostics, Resource};

use crate::caller::Instance;
use crate::proto::tfplugin6::{
    DynamicValue, apply_resource_change, import_resource_state, plan_resource_change, read_resource,
    upgrade_resource_identity, upgrade_resource_state, validate_resource_config,
};
use crate::provider::Typed;
use crate::wire::{Encoded, Private, diagnostics_to_wire, encode_stored, error, path_to_wire, require};

/// A state and its private data.
pub(crate) struct EncodedState {
    pub(crate) state: Encoded,
    pub(crate) private: Private,
}

/// A planned state, and the attributes that force a replacement.
pub(crate) struct EncodedPlan {
    pub(crate) planned: EncodedState,
    pub(crate) requires_replace: Vec<AttributePath>,
}

/// A managed resource with any state type. Null states say what happens: a null `prior` is a creation, a null
/// `proposed` or `planned` is a destruction.
#[async_trait]
pub(crate) trait ErasedResource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;
    async fn validate(&self, diags: &mut Diagnostics, config: &Encoded) -> Option<()>;

    /// `None` if the object no longer exists, or with the reason in `diags` if it could not be read.
    async fn read(&self, diags: &mut Diagnostics, current: &EncodedState, meta: &Encoded) -> Option<EncodedState>;

    async fn plan(
        &self,
        diags: &mut Diagnostics,
        prior: &EncodedState,
        proposed: &Encoded,
        config: &Encoded,
        meta: &Encoded,
    ) -> Option<EncodedPlan>;

    /// Can return a state together with errors: the part that was done before the failure.
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
        // One RPC plans creations, changes and destructions. Null values distinguish them.
        if prior.state.is_null() {
            let (proposed, config) = (proposed.decode(diags)?, config.decode(diags)?);
            let planned = self.0.plan_create(diags, proposed, config, meta).await?;
            return EncodedPlan::encode(diags, planned, Vec::new());
        }
        let (prior, private) = (prior.state.decode(diags)?, prior.private.decode(diags)?);
        if proposed.is_null() {
            // The core asks only because of the capability `plan_destroy`. A provider can then refuse a destruction at
            // plan.
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

pub(crate) async fn validate(
    instance: Arc<Instance>,
    request: validate_resource_config::Request,
) -> validate_resource_config::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.resource(&mut diags, &request.type_name)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        resource.validate(&mut diags, &config).await
    }
    .await;
    require(&mut diags, outcome);
    validate_resource_config::Response { diagnostics: diagnostics_to_wire(diags) }
}

pub(crate) async fn upgrade(
    instance: Arc<Instance>,
    request: upgrade_resource_state::Request,
) -> upgrade_resource_state::Response {
    let mut diags = Diagnostics::default();
    let upgraded = instance
        .resource(&mut diags, &request.type_name)
        .and_then(|resource| upgraded_state(resource, &mut diags, &request));
    let upgraded_state = require(&mut diags, upgraded).map(Encoded::into_wire);
    upgrade_resource_state::Response { upgraded_state, diagnostics: diagnostics_to_wire(diags) }
}

/// The core sends every stored object here in every run, even in the current version. Attributes are matched by name:
/// an older state keeps those that still exist, and gets nulls for new ones.
fn upgraded_state(
    resource: &dyn ErasedResource,
    diags: &mut Diagnostics,
    request: &upgrade_resource_state::Request,
) -> Option<Encoded> {
    // `flatmap` is the format of Terraform before 0.12.
    let stored = request.raw_state.as_ref().map(|state| &*state.json).unwrap_or_default();
    let schema = resource.schema(diags)?;
    if request.version > schema.version {
        diags.errors.push(error(
            "State was written by a newer provider",
            format!(
                "The stored state of this object has schema version {}, but this provider supports versions up to \
                 {}. Use the provider version that wrote the state, or a later one.",
                request.version, schema.version
            ),
        ));
        return None;
    }
    // The core removes attributes that the schema does not have, but only if the version is the same.
    let encoded = encode_stored(&schema, stored);
    if encoded.is_none() {
        diags.errors.push(error("Unreadable state", "The stored state of this object is not a JSON document."));
    }
    encoded
}

// No identity schemas are served, so a core should never call this.
pub(crate) async fn upgrade_identity(
    _: Arc<Instance>,
    request: upgrade_resource_identity::Request,
) -> upgrade_resource_identity::Response {
    let detail = format!("The resource type \"{}\" has no identity.", request.type_name);
    let diags = Diagnostics { errors: vec![error("Resource has no identity", detail)], warnings: Vec::new() };
    upgrade_resource_identity::Response { upgraded_identity: None, diagnostics: diagnostics_to_wire(diags) }
}

pub(crate) async fn read(instance: Arc<Instance>, request: read_resource::Request) -> read_resource::Response {
    let unread = unread(&request);
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.resource(&mut diags, &request.type_name)?;
        let state = Encoded::from_wire(&mut diags, request.current_state)?;
        let meta = Encoded::from_wire(&mut diags, request.provider_meta)?;
        let current = EncodedState { state, private: Private::from_wire(request.private) };
        // A state file can hold an object without attributes: it is gone already.
        if current.state.is_null() {
            return None;
        }
        resource.read(&mut diags, &current, &meta).await
    }
    .await;
    let failed = !diags.errors.is_empty();
    let diagnostics = diagnostics_to_wire(diags);
    match outcome {
        Some(EncodedState { state, private }) => read_resource::Response {
            new_state: Some(state.into_wire()),
            private: private.into_wire(),
            diagnostics,
            ..read_resource::Response::default()
        },
        None if failed => read_resource::Response { diagnostics, ..unread },
        // No object and no error: the object no longer exists, and the core plans to create it.
        None => read_resource::Response { new_state: null(), diagnostics, ..read_resource::Response::default() },
    }
}

/// The response to a failed read: the object as it was. A null would mean that it no longer exists.
pub(crate) fn unread(request: &read_resource::Request) -> read_resource::Response {
    read_resource::Response {
        new_state: request.current_state.clone(),
        private: request.private.clone(),
        ..read_resource::Response::default()
    }
}

pub(crate) async fn plan(
    instance: Arc<Instance>,
    request: plan_resource_change::Request,
) -> plan_resource_change::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.resource(&mut diags, &request.type_name)?;
        let state = Encoded::from_wire(&mut diags, request.prior_state)?;
        let prior = EncodedState { state, private: Private::from_wire(request.prior_private) };
        let proposed = Encoded::from_wire(&mut diags, request.proposed_new_state)?;
        let config = Encoded::from_wire(&mut diags, request.config)?;
        let meta = Encoded::from_wire(&mut diags, request.provider_meta)?;
        resource.plan(&mut diags, &prior, &proposed, &config, &meta).await
    }
    .await;
    let plan = require(&mut diags, outcome);
    // `legacy_type_system` stays false: it would turn off the core's checks of this plan.
    let mut response = plan_resource_change::Response {
        diagnostics: diagnostics_to_wire(diags),
        ..plan_resource_change::Response::default()
    };
    if let Some(EncodedPlan { planned, requires_replace }) = plan {
        response.planned_state = Some(planned.state.into_wire());
        response.planned_private = planned.private.into_wire();
        response.requires_replace = requires_replace.into_iter().map(path_to_wire).collect();
    }
    response
}

pub(crate) async fn apply(
    instance: Arc<Instance>,
    request: apply_resource_change::Request,
) -> apply_resource_change::Response {
    let unapplied = unapplied(&request);
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.resource(&mut diags, &request.type_name)?;
        let prior = Encoded::from_wire(&mut diags, request.prior_state)?;
        let state = Encoded::from_wire(&mut diags, request.planned_state)?;
        let planned = EncodedState { state, private: Private::from_wire(request.planned_private) };
        let config = Encoded::from_wire(&mut diags, request.config)?;
        let meta = Encoded::from_wire(&mut diags, request.provider_meta)?;
        resource.apply(&mut diags, &prior, &planned, &config, &meta).await
    }
    .await;
    let applied = require(&mut diags, outcome);
    let failed = !diags.errors.is_empty();
    let diagnostics = diagnostics_to_wire(diags);
    match applied {
        // A partial state with errors is right: the core stores it, and taints a creation. But a destruction with
        // errors has not destroyed the object.
        Some(applied) if !(failed && applied.state.is_null()) => apply_resource_change::Response {
            new_state: Some(applied.state.into_wire()),
            private: applied.private.into_wire(),
            diagnostics,
            ..apply_resource_change::Response::default()
        },
        _ => apply_resource_change::Response { diagnostics, ..unapplied },
    }
}

/// The response to a change that was not made: the object as it was (null before a creation). Without it, the core
/// would forget the object.
pub(crate) fn unapplied(request: &apply_resource_change::Request) -> apply_resource_change::Response {
    apply_resource_change::Response {
        new_state: request.prior_state.clone(),
        private: request.planned_private.clone(),
        ..apply_resource_change::Response::default()
    }
}

pub(crate) async fn import(
    instance: Arc<Instance>,
    request: import_resource_state::Request,
) -> import_resource_state::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let resource = instance.resource(&mut diags, &request.type_name)?;
        resource.import(&mut diags, request.id).await
    }
    .await;
    let imported = require(&mut diags, outcome).map(|imported| import_resource_state::ImportedResource {
        type_name: request.type_name,
        state: Some(imported.state.into_wire()),
        private: imported.private.into_wire(),
        identity: None,
    });
    import_resource_state::Response {
        imported_resources: imported.into_iter().collect(),
        diagnostics: diagnostics_to_wire(diags),
        deferred: None,
    }
}

fn null() -> Option<DynamicValue> {
    Some(Encoded::null().into_wire())
}
