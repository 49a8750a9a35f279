//! `data "cxone_token_info"`: everything about a token but the token.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    access_token::{self, Facts, Inputs},
    session::Session,
    token_object,
};
use crate::plugin::{
    DataSource, Diagnostics,
    schema::{AttributeType, Schema},
    value::{Value, ValueEmpty},
};

/// Reads what is known about a token; safe in state.
pub struct TokenInfoDataSource {
    session: Arc<Session>,
}

/// Configuration and result.
#[derive(Serialize, Deserialize)]
pub struct State {
    id: Value<String>,
    #[serde(flatten)]
    inputs: Inputs,
    #[serde(flatten)]
    facts: Facts,
}

impl TokenInfoDataSource {
    /// A data source that asks `session` for tokens.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

#[async_trait]
impl DataSource for TokenInfoDataSource {
    type State<'a> = State;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(token_object::schema(
            "Lifetime, claims and tenant of a token, without the token itself: safe in state, made for `check` blocks \
             and outputs.",
            [
                vec![access_token::output("id", AttributeType::String, token_object::ID_DESCRIPTION)],
                access_token::input_attributes(),
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
            facts: Facts::new(&issued, &tenant),
        })
    }
}
