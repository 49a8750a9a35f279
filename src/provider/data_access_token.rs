//! `data "cxone_access_token"`: the token, for places where an ephemeral value is not allowed.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    access_token::{self, Bearer, Facts, Inputs},
    session::Session,
    token_object,
};
use crate::plugin::{
    DataSource, Diagnostics,
    schema::{AttributeType, Schema},
    value::{Value, ValueEmpty},
};

/// Reads a token; it lands in state, marked sensitive.
pub struct AccessTokenDataSource {
    session: Arc<Session>,
}

/// Configuration and result.
#[derive(Serialize, Deserialize)]
pub struct State {
    id: Value<String>,
    #[serde(flatten)]
    inputs: Inputs,
    #[serde(flatten)]
    bearer: Bearer,
    #[serde(flatten)]
    facts: Facts,
}

impl AccessTokenDataSource {
    /// A data source that asks `session` for tokens.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for AccessTokenDataSource {
    type State<'a> = State;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(token_object::schema(
            "An access token for places where an ephemeral value is not allowed. **The token is stored in the state**, \
             marked sensitive; use `ephemeral \"cxone_access_token\"` wherever you can.",
            [
                vec![access_token::output("id", AttributeType::String, token_object::ID_DESCRIPTION)],
                access_token::input_attributes(),
                access_token::bearer_attributes(),
                access_token::fact_attributes(),
            ],
        ))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: State) -> Option<()> {
        config.inputs.parse(diags).map(drop)
    }

    async fn read<'a>(&self, diags: &mut Diagnostics, config: State, _meta: ValueEmpty) -> Option<State> {
        let (issued, tenant) = token_object::read(&self.session, &config.inputs, diags).await?;
        Some(State {
            id: Value::Value(issued.request_id.clone()),
            inputs: config.inputs,
            bearer: Bearer::new(&issued),
            facts: Facts::new(&issued, &tenant),
        })
    }
}
