//! A stand-in for `mastercard/restapi` in examples and transcripts: a provider with a bearer token in its `headers` and
//! one resource, with those rules of the real provider that configurations meet. It uses no network: its imaginary
//! server gives every object the same id. Never shipped.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Description, Schema};
use plugin::value::{Value, ValueEmpty};
use plugin::{AttributePath, Diagnostic, Diagnostics, Provider, Registry, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let environment = plugin::Environment::from_process("restapi");
    let launch = plugin::Launch::from_environment(&environment)?;
    plugin::install_logging(&environment, &["restapi_stand_in"]);
    plugin::serve(StandIn::default, launch, io::stdout()).await?;
    Ok(())
}

#[derive(Default)]
struct StandIn {
    writes_return_object: Arc<AtomicBool>,
}

#[derive(Deserialize)]
struct Config {
    headers: Value<BTreeMap<String, Value<String>>>,
    write_returns_object: Value<bool>,
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
            ("write_returns_object", AttributeType::Bool, AttributeConstraint::Optional),
        ])
    }

    fn register(&self, registry: &mut Registry) {
        registry.resource("object", Object { writes_return_object: Arc::clone(&self.writes_return_object) });
    }

    async fn validate(&self, _diags: &mut Diagnostics, _config: Config) {}

    /// Fails without a bearer token, so that a successful run proves that one was passed.
    async fn configure(&self, diags: &mut Diagnostics, _terraform_version: String, config: Config) {
        let returns_object = matches!(config.write_returns_object, Value::Value(true));
        self.writes_return_object.store(returns_object, Ordering::Relaxed);
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

struct Object {
    writes_return_object: Arc<AtomicBool>,
}

#[derive(Serialize, Deserialize)]
struct State {
    id: Value<String>,
    path: Value<String>,
    data: Value<String>,
    ignore_server_additions: Value<bool>,
    api_data: Value<BTreeMap<String, Value<String>>>,
    api_response: Value<String>,
    create_response: Value<String>,
}

impl State {
    /// The object on the server: the data, and the members that only the server sets.
    fn on_server(&self) -> BTreeMap<String, Json> {
        let Value::Value(data) = &self.data else { return BTreeMap::new() };
        let mut object: BTreeMap<String, Json> = serde_json::from_str(data).unwrap_or_default();
        object.entry("id".to_owned()).or_insert_with(|| json!("1"));
        object
    }

    fn unanswered(self, id: Value<String>) -> Self {
        Self { id, api_data: Value::Unknown, api_response: Value::Unknown, ..self }
    }

    fn answered(mut self) -> Self {
        let object = self.on_server();
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.id = Value::Value(text(&object["id"]));
        self.api_response = Value::Value(json!(object).to_string());
        self.api_data = Value::Value(object.iter().map(|(name, it)| (name.clone(), Value::Value(text(it)))).collect());
        self
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
            ("ignore_server_additions", AttributeType::Bool, AttributeConstraint::Optional),
            ("api_data", AttributeType::Map(Box::new(AttributeType::String)), AttributeConstraint::Computed),
            ("api_response", AttributeType::String, AttributeConstraint::Computed),
            ("create_response", AttributeType::String, AttributeConstraint::Computed),
        ]))
    }

    async fn read<'a>(
        &self,
        _diags: &mut Diagnostics,
        mut state: State,
        private: ValueEmpty,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        if !matches!(state.ignore_server_additions, Value::Value(true)) {
            // The real provider treats these members as drift, and plans to remove them every time.
            state.data = Value::Value(json!(state.on_server()).to_string());
        }
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _diags: &mut Diagnostics,
        proposed: State,
        _config: State,
        _meta: ValueEmpty,
    ) -> Option<(State, ValueEmpty)> {
        let created = State { create_response: Value::Unknown, ..proposed };
        Some((created.unanswered(Value::Unknown), Value::Null))
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
        let planned = if proposed.data == prior.data { proposed } else { proposed.unanswered(prior.id) };
        Some((planned, private, Vec::new()))
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
        let declares_id = matches!(&planned.data, Value::Value(data) if data.contains("\"id\""));
        if !declares_id && !self.writes_return_object.load(Ordering::Relaxed) {
            diags.add_error(Diagnostic {
                summary: "No id".into(),
                detail: "Neither the data nor the response has an id: set write_returns_object to true.".into(),
                attribute: AttributePath::new("data"),
            });
            return None;
        }
        let mut created = planned.answered();
        created.create_response = match &created.api_response {
            Value::Value(text) => Value::Value(text.clone()),
            _ => Value::Null,
        };
        Some((created, private))
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
        Some((planned.answered(), private))
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
