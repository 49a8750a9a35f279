//! `data "cxone_access_token"` and `data "cxone_token_info"`: the same reading, of a token with and without itself.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::objects::access_token as shared;
use crate::objects::access_token::{Facts, Inputs, Outputs, WholeToken};
use crate::objects::token_object;
use crate::session::Session;
use plugin::schema::{AttributeType, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{DataSource, Diagnostics};

/// Reads a token, and keeps of it what `O` has room for.
pub struct TokenDataSource<O> {
    session: Arc<Session>,
    description: &'static str,
    outputs: PhantomData<fn() -> O>,
}

/// Configuration and result.
#[derive(Serialize, Deserialize)]
pub struct State<O> {
    id: Value<String>,
    #[serde(flatten)]
    inputs: Inputs,
    #[serde(flatten)]
    outputs: O,
}

/// The token, for places where an ephemeral value is not allowed; it lands in state, marked sensitive.
pub fn access_token(session: Arc<Session>) -> TokenDataSource<WholeToken> {
    TokenDataSource {
        session,
        description: "An access token for places where an ephemeral value is not allowed. **The token is stored in the \
                      state**, marked sensitive; use `ephemeral \"cxone_access_token\"` wherever you can.",
        outputs: PhantomData,
    }
}

/// Everything about a token but the token; safe in state.
pub fn token_info(session: Arc<Session>) -> TokenDataSource<Facts> {
    TokenDataSource {
        session,
        description: "Lifetime, claims and tenant of a token, without the token itself: safe in state, made for \
                      `check` blocks and outputs.",
        outputs: PhantomData,
    }
}

#[async_trait]
impl<O: Outputs + Serialize + DeserializeOwned + Send + 'static> DataSource for TokenDataSource<O> {
    type State<'a> = State<O>;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let id = shared::output("id", AttributeType::String, "Hash of everything asked for that is not secret.");
        Some(token_object::schema(self.description, [vec![id], shared::input_attributes(), O::attributes()]))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: State<O>) -> Option<()> {
        config.inputs.parse(diags).map(drop)
    }

    async fn read<'a>(&self, diags: &mut Diagnostics, config: State<O>, _meta: ValueEmpty) -> Option<State<O>> {
        let (issued, tenant) = token_object::read(&self.session, &config.inputs, diags).await?;
        Some(State {
            id: Value::Value(issued.request_id.clone()),
            inputs: config.inputs,
            outputs: O::new(&issued, &tenant),
        })
    }
}
