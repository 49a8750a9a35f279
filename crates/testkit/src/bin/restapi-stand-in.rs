//! Stands in for `mastercard/restapi`, for examples and transcripts: a provider that takes a bearer token in its
//! `headers` and has one resource. It talks to nobody. Never shipped.

use std::collections::BTreeMap;
use std::io;

use async_trait::async_trait;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{AttributePath, Diagnostic, Diagnostics, Provider, Registry, Resource};
use serde::{Deserialize, Serialize};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let environment = plugin::Environment::from_process("restapi");
    let launch = plugin::Launch::from_environment(&environment)?;
    plugin::install_logging(&environment, &["restapi_stand_in"]);
    plugin::serve(|| StandIn, launch, io::stdout()).await?;
    Ok(())
}

struct StandIn;

#[derive(Deserialize)]
struct Config {
    headers: Value<BTreeMap<String, Value<String>>>,
}

#[async_trait]
impl Provider for StandIn {
    type Config = Config;

    fn name(&self) -> &'static str {
        "restapi"
    }

    fn schema(&self) -> Schema {
        let headers = AttributeType::Map(Box::new(AttributeType::String));
        schema([
            ("uri", AttributeType::String, AttributeConstraint::Required),
            ("headers", headers, AttributeConstraint::Optional),
        ])
    }

    fn register(&self, registry: &mut Registry) {
        registry.resource("object", Object);
    }

    async fn validate(&self, _diags: &mut Diagnostics, _config: Config) {}

    /// Fails without a bearer token, so that what hands one over is known to work.
    async fn configure(&self, diags: &mut Diagnostics, _terraform_version: String, config: Config) {
        let Value::Value(headers) = &config.headers else { return };
        match headers.get("Authorization") {
            Some(Value::Value(header)) if header.len() > BEARER.len() && header.starts_with(BEARER) => {}
            Some(Value::Unknown) => {}
            _ => diags.add_error(Diagnostic {
                summary: "No bearer token".into(),
                detail: "The header Authorization holds no bearer token.".into(),
                attribute: AttributePath::new("headers"),
            }),
        }
    }
}

struct Object;

#[derive(Serialize, Deserialize)]
struct State {
    id: Value<String>,
    path: Value<String>,
    data: Value<String>,
}

impl State {
    fn with_id(self, id: Value<String>) -> Self {
        Self { id, ..self }
    }
}

#[async_trait]
impl Resource for Object {
    type State<'a> = State;
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _diags: &mut Diagnostics) -> Option<Schema> {
        Some(schema([
            ("id", AttributeType::String, AttributeConstraint::Computed),
            ("path", AttributeType::String, AttributeConstraint::Required),
            ("data", AttributeType::String, AttributeConstraint::Required),
        ]))
    }

    async fn read<'a>(
        &self,
        _diags: &mut Diagnostics,
        state: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _diags: &mut Diagnostics,
        proposed: State,
        _config: State,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((proposed.with_id(Value::Unknown), Value::Null))
    }

    async fn plan_update<'a>(
        &self,
        _diags: &mut Diagnostics,
        prior: State,
        proposed: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty, Vec<AttributePath>)> {
        Some((proposed.with_id(prior.id), private, Vec::new()))
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
        _diags: &mut Diagnostics,
        planned: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((planned.with_id(Value::Value("1".to_owned())), private))
    }

    async fn update<'a>(
        &self,
        _diags: &mut Diagnostics,
        _prior: State,
        planned: State,
        _config: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        Some((planned, private))
    }

    async fn destroy<'a>(
        &self,
        _diags: &mut Diagnostics,
        _state: State,
        _private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }

    async fn import<'a>(&self, _diags: &mut Diagnostics, _id: String) -> Option<(State, ValueEmpty)> {
        None
    }
}

fn schema<const N: usize>(attributes: [(&str, AttributeType, AttributeConstraint); N]) -> Schema {
    let attribute = |(name, attr_type, constraint): (&str, _, _)| {
        let description = Description::plain(String::new());
        (name.to_owned(), Attribute { attr_type, description, constraint, sensitive: false, deprecated: false })
    };
    let attributes = attributes.into_iter().map(attribute).collect();
    Schema { version: 0, block: Block { attributes, ..Block::default() } }
}

const BEARER: &str = "Bearer ";
