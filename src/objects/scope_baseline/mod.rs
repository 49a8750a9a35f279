//! `resource "cxone_scope_baseline"`: declared scopes that Terraform verifies and whose drift a plan shows.
//!
//! `scopes` in the state is always what was declared. A read asks CXone and records the grant in the computed
//! attributes, which `plan -refresh-only` shows. A plan over a recorded difference marks those attributes as known
//! after apply, so that there is an update: `-detailed-exitcode` gives 2, and the apply verifies again.

mod prose;
mod state;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::objects::scope_baseline::prose::Verification;
use crate::objects::scope_baseline::state::{BaselineState, Observation, same_declaration};
use crate::objects::token::{attributes, output};
use crate::scopes::DriftReport;
use crate::session::{Issued, Overrides, Ready, Session, Stage, argument_names};
use crate::settings::source::Source;
use oauth::{ScopeDrift, ScopeSet};
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{AttributePath, Diagnostic, Diagnostics, Resource};

/// A baseline of scopes.
pub struct ScopeBaseline {
    session: Arc<Session>,
}

impl ScopeBaseline {
    /// A resource that asks `session` what CXone grants.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// Asks CXone and returns the state of `planned` when it agrees, else says what does not.
    async fn verify(
        &self,
        planned: &BaselineState,
        prior: &BaselineState,
        verification: Verification,
    ) -> Result<BaselineState, Diagnostic> {
        let declared = planned.declaration().map_err(|error| prose::invalid(&error))?.unwrap_or_default();
        let ready = self.session.ready()?;
        let issued = ask(&ready, Some(declared.clone())).await?;
        let observation = observation(&issued).ok_or_else(prose::unknowable)?;
        let drift = ScopeDrift::between(&declared, &observation.granted);
        if drift.is_empty() {
            return Ok(prior.declaring(planned.scopes.clone()).observed(observation));
        }
        let read_from = observation.source;
        Err(prose::refused(
            &DriftReport { drift: &drift, read_from, holder: ready.holder(), declared: &HERE },
            verification,
        ))
    }

    /// What the state becomes when CXone is asked; `None` when that leaves it as it is, and `diags` says why.
    async fn refresh(&self, diags: &mut Diagnostics, state: &BaselineState) -> Option<BaselineState> {
        if let Stage::Unknown(arguments) = self.session.stage() {
            diags.add_warning(prose::not_refreshed_unconfigured(&argument_names(&arguments)));
            return None;
        }
        let asked = match (self.session.ready(), state.declaration()) {
            (Ok(ready), Ok(declared)) => ask(&ready, declared).await,
            (Err(diagnostic), _) => Err(diagnostic),
            (_, Err(error)) => Err(prose::invalid(&error)),
        };
        match asked.map(|issued| observation(&issued)) {
            Ok(Some(observation)) if state.is_imported() && !observation.can_be_declared() => {
                diags.add_error(prose::cannot_be_declared(&observation.granted));
                None
            }
            Ok(Some(observation)) => Some(state.observed(observation)),
            Ok(None) => {
                diags.add_warning(prose::not_refreshed_unknowable());
                None
            }
            Err(diagnostic) => {
                diags.add_error(diagnostic);
                None
            }
        }
    }
}

#[async_trait]
impl Resource for ScopeBaseline {
    type State<'a> = BaselineState;
    // The declaration is in the state, and there is nothing else to remember.
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: BaselineState) -> Option<()> {
        match config.declaration() {
            Ok(_) => Some(()),
            Err(error) => {
                diags.add_error(prose::invalid(&error));
                None
            }
        }
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        let next = self.refresh(diags, &state).await;
        Some((next.unwrap_or(state), private))
    }

    async fn plan_create<'a>(
        &self,
        _diags: &mut Diagnostics,
        proposed: BaselineState,
        _config: BaselineState,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        Some((BaselineState::to_be_verified(proposed.scopes), Value::Null))
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: BaselineState,
        proposed: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty, Vec<AttributePath>)> {
        // Where the declaration itself changes, the recorded grant was an answer to another question.
        if same_declaration(&prior.scopes, &proposed.scopes)
            && let Some((drift, read_from)) = prior.drift().filter(|(drift, _)| !drift.is_empty())
            && let Ok(ready) = self.session.ready()
        {
            let finding = DriftReport { drift: &drift, read_from, holder: ready.holder(), declared: &HERE };
            diags.add_warning(prose::drifted(&finding));
        }
        Some((prior.planned(proposed.scopes), private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        match self.verify(&planned, &planned, Verification::Create).await {
            Ok(state) => Some((state, private)),
            Err(diagnostic) => {
                diags.add_error(diagnostic);
                None
            }
        }
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: BaselineState,
        planned: BaselineState,
        _config: BaselineState,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(BaselineState, ValueEmpty)> {
        match self.verify(&planned, &prior, Verification::Update).await {
            Ok(state) => Some((state, private)),
            Err(diagnostic) => {
                diags.add_error(diagnostic);
                Some((prior, private))
            }
        }
    }

    /// Forgets the baseline; CXone is not touched.
    async fn destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: BaselineState,
        _private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }

    /// Takes any id. The read that follows asks with the provider's scopes, and what is granted becomes the baseline.
    async fn import<'a>(&self, _diags: &mut Diagnostics, _id: String) -> Option<(BaselineState, ValueEmpty)> {
        Some((BaselineState::imported(), Value::Null))
    }
}

/// Raise it when a stored attribute changes its meaning or its type; a new attribute is null in states stored before.
const SCHEMA_VERSION: i64 = 1;

async fn ask(ready: &Ready, scopes: Option<ScopeSet>) -> Result<Issued, Diagnostic> {
    let overrides = Overrides { scopes, ..Overrides::default() };
    ready.token(overrides, Duration::ZERO).await.map_err(|failure| failure.diagnostic)
}

/// What `issued` tells; `None` when nothing does.
fn observation(issued: &Issued) -> Option<Observation> {
    let granted = issued.granted.scopes.clone()?;
    Some(Observation { granted, source: issued.granted.source, at: issued.now })
}

fn schema() -> Schema {
    let text = || AttributeType::String;
    let set = || AttributeType::Set(Box::new(text()));
    let scopes = Attribute {
        attr_type: set(),
        description: Description::markdown(
            "The scopes that CXone shall grant, no more and no fewer. Sent with the request.",
        ),
        constraint: AttributeConstraint::Required,
        sensitive: false,
        deprecated: false,
    };
    Schema {
        version: SCHEMA_VERSION,
        block: Block {
            version: SCHEMA_VERSION,
            attributes: attributes([vec![
                ("scopes".to_owned(), scopes),
                output("granted_scopes", set(), "Scopes that CXone granted when it was last asked."),
                output("missing_scopes", set(), "Scopes that are declared and were not granted."),
                output("extra_scopes", set(), "Scopes that were granted and are not declared."),
                output(
                    "scope_source",
                    text(),
                    "What the granted scopes were read from: `response`, `claims` or `requested` (an answer without \
                     `scope` means \"as requested\", RFC 6749 section 5.1).",
                ),
                output(
                    "last_verified_at",
                    text(),
                    "When CXone was first seen to answer like this, RFC 3339 in UTC. Changes only when the rest does.",
                ),
            ]]),
            description: Description::markdown(
                "A baseline of scopes: Terraform verifies that CXone grants exactly these, and shows drift when an \
                 administrator changes the integration. It changes nothing in CXone; the state holds scope names only.",
            ),
            ..Block::default()
        },
    }
}

/// Where this resource's scopes are declared.
const HERE: Source = Source::resource("scopes");
