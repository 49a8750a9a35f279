//! `data "cxone_access_token"` and `data "cxone_token_info"`: the same read, with and without the token itself.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::objects::token;
use crate::objects::token::{Inputs, Outputs, TokenFacts, WholeToken};
use crate::session::Session;
use plugin::schema::{AttributeType, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{DataSource, Diagnostics};

/// A data source whose result has the attributes of `O`.
pub(super) struct TokenDataSource<O> {
    session: Arc<Session>,
    description: &'static str,
    outputs: PhantomData<fn() -> O>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TokenDataState<O> {
    id: Value<String>,
    #[serde(flatten)]
    inputs: Inputs,
    #[serde(flatten)]
    outputs: O,
}

/// For places that do not accept ephemeral values: the token is stored in state, marked sensitive.
pub(super) fn access_token(session: Arc<Session>) -> TokenDataSource<WholeToken> {
    TokenDataSource {
        session,
        description: "An access token for places that do not accept ephemeral values. **The token is stored in the \
                      state**, marked sensitive: use `ephemeral \"cxone_access_token\"` wherever possible.",
        outputs: PhantomData,
    }
}

/// Everything about a token except the token itself, so that it is safe in state.
pub(super) fn token_info(session: Arc<Session>) -> TokenDataSource<TokenFacts> {
    TokenDataSource {
        session,
        description: "Lifetime, claims and tenant of a token, without the token itself: safe in state, made for \
                      `check` blocks and outputs.",
        outputs: PhantomData,
    }
}

#[async_trait]
impl<O: Outputs + Serialize + DeserializeOwned + Send + 'static> DataSource for TokenDataSource<O> {
    type State<'a> = TokenDataState<O>;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        let id = token::output(
            "id",
            AttributeType::String,
            "Hash of the request's settings, without the secret \
                                                             ones.",
        );
        Some(token::schema(self.description, [vec![id], token::input_attributes(), O::attributes()]))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: TokenDataState<O>) -> Option<()> {
        config.inputs.parse(diags).map(drop)
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        config: TokenDataState<O>,
        _meta: ValueEmpty,
    ) -> Option<TokenDataState<O>> {
        let (issued, tenant) = token::read(&self.session, &config.inputs, diags).await?;
        Some(TokenDataState {
            // A data source needs a stable `id`: it must not change unless the request does.
            id: Value::Value(issued.request_id.clone()),
            inputs: config.inputs,
            outputs: O::new(&issued, &tenant),
        })
    }
}
