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

use self::prose::Moment;
use self::state::{Observation, State, same_declaration};
use super::access_token::{attributes, output};
use super::scope_drift::Finding;
use super::session::{Issued, Overrides, Ready, Session, State as SessionState};
use super::source::Source;
use super::token_object;
use oauth::{ScopeSet, grant};
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{AttributePath, Diagnostic, Diagnostics, Resource};

/// A baseline of scopes.
pub struct ScopeBaselineResource {
    session: Arc<Session>,
}

impl ScopeBaselineResource {
    /// A resource that asks `session` what CXone grants.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// Asks CXone and returns the state of `planned` when it agrees, else says what does not.
    async fn verify(&self, planned: &State, prior: &State, moment: Moment) -> Result<State, Diagnostic> {
        let declared = planned.declaration().map_err(|error| prose::invalid(&error))?.unwrap_or_default();
        let ready = token_object::ready(&self.session)?;
        let issued = ask(&ready, Some(declared.clone())).await?;
        let observation = observation(&issued).ok_or_else(prose::unknowable)?;
        let drift = grant::drift(&declared, &observation.granted);
        if drift.is_empty() {
            return Ok(prior.declaring(planned.scopes.clone()).observed(observation));
        }
        let read_from = observation.source;
        Err(prose::refused(&Finding { drift: &drift, read_from, holder: ready.holder(), declared: &HERE }, moment))
    }

    /// What the state becomes when CXone is asked; `None` when that leaves it as it is, and `diags` says why.
    async fn refresh(&self, diags: &mut Diagnostics, state: &State) -> Option<State> {
        if let SessionState::Unknown(arguments) = self.session.state() {
            diags.add_warning(prose::not_refreshed_unconfigured(&token_object::list(&arguments)));
            return None;
        }
        let asked = match (token_object::ready(&self.session), state.declaration()) {
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
impl Resource for ScopeBaselineResource {
    type State<'a> = State;
    // The declaration is in the state, and there is nothing else to remember.
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema())
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: State) -> Option<()> {
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
        state: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        let next = self.refresh(diags, &state).await;
        Some((next.unwrap_or(state), private))
    }

    async fn plan_create<'a>(
        &self,
        _diags: &mut Diagnostics,
        proposed: State,
        _config: State,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((State::to_be_verified(proposed.scopes), Value::Null))
    }

    async fn plan_update<'a>(
        &self,
        diags: &mut Diagnostics,
        prior: State,
        proposed: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty, Vec<AttributePath>)> {
        // Where the declaration itself changes, the recorded grant was an answer to another question.
        if same_declaration(&prior.scopes, &proposed.scopes)
            && let Some((drift, read_from)) = prior.drift().filter(|(drift, _)| !drift.is_empty())
            && let Ok(ready) = token_object::ready(&self.session)
        {
            let finding = Finding { drift: &drift, read_from, holder: ready.holder(), declared: &HERE };
            diags.add_warning(prose::drifted(&finding));
        }
        Some((prior.planned(proposed.scopes), private, Vec::new()))
    }

    async fn plan_destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        match self.verify(&planned, &planned, Moment::Create).await {
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
        prior: State,
        planned: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        match self.verify(&planned, &prior, Moment::Update).await {
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
        _prior: State,
        _private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }

    /// Takes any id. The read that follows asks with the provider's scopes, and what is granted becomes the baseline.
    async fn import<'a>(&self, _diags: &mut Diagnostics, _id: String) -> Option<(State, ValueEmpty)> {
        Some((State::imported(), Value::Null))
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
const HERE: Source = Source::Resource("scopes");
