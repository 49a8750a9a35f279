//! `ephemeral "cxone_access_token"`: the token, never in plan or state.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::objects::token;
use crate::objects::token::{Inputs, Outputs, WholeToken};
use crate::session::{NOT_YET, Session, Stage, argument_names};
use plugin::schema::Schema;
use plugin::value::StructEmpty;
use plugin::{AttributePath, ClientCapabilities, Diagnostic, Diagnostics, EphemeralResource, Opened};

pub(super) struct EphemeralToken {
    session: Arc<Session>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct EphemeralTokenState {
    #[serde(flatten)]
    inputs: Inputs,
    #[serde(flatten)]
    token: WholeToken,
}

impl EphemeralToken {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl EphemeralResource for EphemeralToken {
    type State<'a> = EphemeralTokenState;
    // A bearer token needs no close, so there is nothing to remember between open and close.
    type PrivateState<'a> = StructEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(token::schema(
            "An access token that is never stored in a plan or state. Terraform opens it during plan and again \
             during apply. Objects with equal settings share one token request.",
            [token::input_attributes(), WholeToken::attributes()],
        ))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: EphemeralTokenState) -> Option<()> {
        // Offline, because `validate` must not need credentials.
        config.inputs.parse(diags).map(drop)
    }

    async fn open<'a>(
        &self,
        diags: &mut Diagnostics,
        config: EphemeralTokenState,
        client: ClientCapabilities,
    ) -> Option<Opened<EphemeralTokenState, StructEmpty>> {
        let inputs = config.inputs;
        let result = match self.session.stage() {
            Stage::Unknown(arguments) if !client.takes_unknown_results() => {
                diags.add_error(not_deferred(&arguments));
                return None;
            }
            // Terraform accepts unknown results at plan, and opens the block again at apply (plugin protocol,
            // OpenEphemeralResource).
            Stage::Unknown(arguments) => {
                diags.add_warning(deferred(&arguments));
                EphemeralTokenState { inputs, token: WholeToken::unknown() }
            }
            _ => {
                let (issued, tenant) = token::read(&self.session, &inputs, diags).await?;
                EphemeralTokenState { inputs, token: WholeToken::new(&issued, &tenant) }
            }
        };
        // No renewal: a renewal cannot change the value while the block is open, and a bearer token cannot be extended.
        Some(Opened { result, private: StructEmpty {}, renew_at: None })
    }
}

fn deferred(arguments: &[&'static str]) -> Diagnostic {
    Diagnostic {
        summary: NOT_YET.into(),
        detail: format!(
            "{} in the provider block will be known only after apply, so no token was requested and the credentials \
             were not validated. The token is unknown during this plan.",
            argument_names(arguments)
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

/// OpenTofu rejects an unknown result, but defers a block with a `depends_on` on a resource that is yet to change.
fn not_deferred(arguments: &[&'static str]) -> Diagnostic {
    Diagnostic {
        summary: NOT_YET.into(),
        detail: format!(
            "{} of the provider block will be known only after apply, so nothing was exchanged. OpenTofu opens this \
             ephemeral resource during plan and accepts no unknown token.\n\nAdd a `depends_on` to this block that names \
             the resource that the value comes from: OpenTofu then opens the block during apply. Or apply that resource \
             first, with `-target`.",
            argument_names(arguments)
        )
        .into(),
        attribute: AttributePath::root(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use plugin::value::{Value, ValueAny};

    #[test]
    fn arguments_survive_the_wire_exactly_and_unknown_stays_unknown() {
        let mut config: BTreeMap<String, ValueAny> = [token::input_attributes(), WholeToken::attributes()]
            .into_iter()
            .flatten()
            .map(|(name, _)| (name, ValueAny::Null))
            .collect();
        let set = ValueAny::List(vec![ValueAny::String("b".into()), ValueAny::Unknown]);
        config.insert("scopes".into(), set);
        config.insert("endpoint_params".into(), ValueAny::Unknown);
        config.insert("min_remaining_lifetime".into(), ValueAny::String(String::new()));
        let wire = rmp_serde::to_vec_named(&config).unwrap();
        let state: EphemeralTokenState = rmp_serde::from_slice(&wire).unwrap();
        let back = rmp_serde::to_vec_named(&state).unwrap();
        assert_eq!(rmp_serde::from_slice::<BTreeMap<String, ValueAny>>(&back).unwrap(), config);
    }

    #[test]
    fn every_computed_attribute_of_a_deferred_token_is_unknown() {
        let wire = rmp_serde::to_vec_named(&WholeToken::unknown()).unwrap();
        let attributes: BTreeMap<String, Value<String>> = rmp_serde::from_slice(&wire).unwrap();
        assert!(attributes.values().all(Value::is_unknown));
        assert_eq!(attributes.len(), WholeToken::attributes().len());
    }
}
