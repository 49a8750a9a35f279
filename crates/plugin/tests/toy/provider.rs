//! A small provider for tests of the plugin crate: it stores nothing, uses no network, and misbehaves on request.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, FunctionSchema, Parameter, Schema, Type};
use plugin::value::{Value, ValueEmpty};
use plugin::{
    AttributePath, ClientCapabilities, DataSource, Diagnostic, Diagnostics, EphemeralResource, Function, Opened,
    Provider, Registry, Renewed, Resource,
};
use serde::{Deserialize, Serialize};
use tf_provider::map;

/// The provider; clones share what it saw.
#[derive(Clone)]
pub(crate) struct Toy {
    pub name: &'static str,
    pub seen: Arc<Mutex<Seen>>,
}

/// What happened to the provider.
#[derive(Default)]
pub(crate) struct Seen {
    /// The greeting of the latest configuration.
    pub greeting: Option<String>,
    pub stops: usize,
    pub closed: Vec<String>,
}

impl Toy {
    pub(crate) fn named(name: &'static str) -> Self {
        Self { name, seen: Arc::default() }
    }

    fn greeting(&self) -> Value<String> {
        self.seen.lock().unwrap().greeting.clone().map_or(Value::Null, Value::Value)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Config {
    pub greeting: Value<String>,
}

#[async_trait]
impl Provider for Toy {
    type Config = Config;

    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> Schema {
        schema(map! { "greeting" => optional(AttributeType::String) })
    }

    fn register(&self, registry: &mut Registry) {
        registry.data_source("echo", Echo(self.clone()));
        registry.ephemeral_resource("lease", Lease(self.clone()));
        registry.resource("note", Note);
        registry.function("join", Join);
    }

    async fn validate(&self, diags: &mut Diagnostics, config: Config) {
        if config.greeting == Value::Value("rude".to_owned()) {
            diags.errors.push(at("Bad greeting", AttributePath::new("greeting")));
        }
    }

    async fn configure(&self, _: &mut Diagnostics, _: String, config: Config) {
        assert!(config.greeting != Value::Value("panic".to_owned()), "canary-panic-message");
        if config.greeting == Value::Value("hang".to_owned()) {
            std::future::pending::<()>().await;
        }
        self.seen.lock().unwrap().greeting = config.greeting.as_option();
    }

    fn stop(&self) {
        self.seen.lock().unwrap().stops += 1;
        assert!(self.greeting() != Value::Value("unstoppable".to_owned()), "canary-panic-message");
    }
}

/// `data "toy_echo"`: gives back its arguments and the provider's greeting.
struct Echo(Toy);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EchoState {
    pub text: Value<String>,
    pub amount: Value<Number>,
    pub words: Value<BTreeSet<String>>,
    pub greeting: Value<String>,
}

/// A number in any form that a core sends: `0.1` and `1e30` come as text, so that no precision is lost.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Whole(i64),
    Float(f64),
    Decimal(String),
}

#[async_trait]
impl DataSource for Echo {
    type State<'a> = EchoState;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(map! {
            "text" => optional(AttributeType::String),
            "amount" => optional(AttributeType::Number),
            "words" => optional(AttributeType::Set(Box::new(AttributeType::String))),
            "greeting" => computed(AttributeType::String),
        }))
    }

    async fn validate<'a>(&self, diags: &mut Diagnostics, config: EchoState) -> Option<()> {
        if config.text == Value::Value("bad".to_owned()) {
            diags.warnings.push(at("Odd text", AttributePath::new("text")));
            diags.errors.push(at("Bad text", AttributePath::new("text")));
        }
        Some(())
    }

    async fn read<'a>(&self, _: &mut Diagnostics, config: EchoState, _: ValueEmpty) -> Option<EchoState> {
        match config.text.as_ref().as_option().map(String::as_str) {
            Some("panic") => panic!("canary-panic-message"),
            Some("hang") => std::future::pending().await,
            Some("nothing") => None,
            _ => Some(EchoState { greeting: self.0.greeting(), ..config }),
        }
    }
}

/// `ephemeral "toy_lease"`.
struct Lease(Toy);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeaseState {
    pub name: Value<String>,
    pub token: Value<String>,
}

#[async_trait]
impl EphemeralResource for Lease {
    type State<'a> = LeaseState;
    type PrivateState<'a> = String;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(map! {
            "name" => Attribute { constraint: AttributeConstraint::Required, ..optional(AttributeType::String) },
            "token" => Attribute { sensitive: true, ..computed(AttributeType::String) },
        }))
    }

    async fn open<'a>(
        &self,
        diags: &mut Diagnostics,
        config: LeaseState,
        client: ClientCapabilities,
    ) -> Option<Opened<LeaseState, String>> {
        let name = config.name.clone().unwrap_or_default();
        let token = match &*name {
            "late" if client.takes_unknown_results() => Value::Unknown,
            "late" => {
                diags.errors.push(at("Not yet", AttributePath::root()));
                return None;
            }
            _ => Value::Value(format!("token-of-{name}")),
        };
        let renew_at = SystemTime::UNIX_EPOCH + Duration::from_millis(4_102_444_800_500);
        Some(Opened { result: LeaseState { token, ..config }, private: name, renew_at: Some(renew_at) })
    }

    async fn renew<'a>(&self, diags: &mut Diagnostics, private: String) -> Option<Renewed<String>> {
        if private == "fails" {
            diags.errors.push(at("Not renewed", AttributePath::root()));
            return None;
        }
        Some(Renewed { private, renew_at: None })
    }

    async fn close<'a>(&self, _: &mut Diagnostics, private: String) -> Option<()> {
        self.0.seen.lock().unwrap().closed.push(private);
        Some(())
    }
}

/// `resource "toy_note"`: schema version 1. A `kind` cannot change in place; the text `fail` fails half-way.
struct Note;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NoteState {
    pub id: Value<String>,
    pub kind: Value<String>,
    pub text: Value<String>,
}

/// How often the note was written.
type Writes = Value<u32>;

#[async_trait]
impl Resource for Note {
    type State<'a> = NoteState;
    type PrivateState<'a> = Writes;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema(map! {
            "id" => computed(AttributeType::String),
            "kind" => optional(AttributeType::String),
            "text" => optional(AttributeType::String),
        }))
    }

    async fn read<'a>(
        &self,
        diags: &mut Diagnostics,
        state: NoteState,
        writes: Writes,
        _: ValueEmpty,
    ) -> Option<(NoteState, Writes)> {
        match state.text.as_ref().as_option().map(String::as_str) {
            Some("gone") => None,
            Some("unreadable") => {
                diags.errors.push(at("Cannot read", AttributePath::root()));
                None
            }
            _ => Some((state, writes)),
        }
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        proposed: NoteState,
        _: NoteState,
        _: ValueEmpty,
    ) -> Option<(NoteState, Writes)> {
        Some((NoteState { id: Value::Unknown, ..proposed }, Value::Value(0)))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        prior: NoteState,
        proposed: NoteState,
        _: NoteState,
        writes: Writes,
        _: ValueEmpty,
    ) -> Option<(NoteState, Writes, Vec<AttributePath>)> {
        let replace = if prior.kind == proposed.kind { vec![] } else { vec![AttributePath::new("kind")] };
        Some((proposed, writes, replace))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: NoteState,
        writes: Writes,
        _: ValueEmpty,
    ) -> Option<Writes> {
        Some(writes)
    }

    async fn create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: NoteState,
        _: NoteState,
        writes: Writes,
        _: ValueEmpty,
    ) -> Option<(NoteState, Writes)> {
        if planned.text == Value::Value("hang".to_owned()) {
            std::future::pending::<()>().await;
        }
        if planned.text == Value::Value("fail".to_owned()) {
            diags.errors.push(at("Written half-way", AttributePath::new("text")));
        }
        Some((NoteState { id: Value::Value("note-1".into()), ..planned }, writes.map(|count| count + 1)))
    }

    async fn update<'a>(
        &self,
        diags: &mut Diagnostics,
        _: NoteState,
        planned: NoteState,
        _: NoteState,
        writes: Writes,
        _: ValueEmpty,
    ) -> Option<(NoteState, Writes)> {
        if planned.text == Value::Value("fail".to_owned()) {
            diags.errors.push(at("Not written", AttributePath::new("text")));
            return None;
        }
        Some((planned, writes.map(|count| count + 1)))
    }

    async fn destroy<'a>(&self, diags: &mut Diagnostics, prior: NoteState, _: Writes, _: ValueEmpty) -> Option<()> {
        if prior.text == Value::Value("sticky".to_owned()) {
            diags.errors.push(at("Not destroyed", AttributePath::root()));
        }
        Some(())
    }

    async fn import<'a>(&self, _: &mut Diagnostics, id: String) -> Option<(NoteState, Writes)> {
        Some((NoteState { id: Value::Value(id), kind: Value::Null, text: Value::Null }, Value::Value(1)))
    }
}

/// `provider::toy::join(separator, words...)`.
struct Join;

#[async_trait]
impl Function for Join {
    type Input<'a> = Vec<Value<String>>;
    type Output<'a> = String;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        let parameter = |name: &str| Parameter { name: name.into(), param_type: Type::String, ..Parameter::default() };
        Some(FunctionSchema {
            parameters: vec![parameter("separator")],
            variadic: Some(Parameter { allow_null: true, ..parameter("words") }),
            return_type: Type::String,
            summary: "Joins words".into(),
            ..FunctionSchema::default()
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, words: Self::Input<'a>) -> Option<String> {
        let mut words = words.into_iter().map(Value::as_option);
        let separator = words.next().flatten()?;
        let mut joined = Vec::new();
        for (index, word) in (1..).zip(words) {
            let Some(word) = word else {
                diags.errors.push(at("null cannot be joined", AttributePath::function_argument(index)));
                return None;
            };
            joined.push(word);
        }
        Some(joined.join(&separator))
    }
}

fn schema(attributes: std::collections::HashMap<String, Attribute>) -> Schema {
    Schema { version: 1, block: Block { attributes, description: "".into(), ..Block::default() } }
}

fn optional(attr_type: AttributeType) -> Attribute {
    let constraint = AttributeConstraint::Optional;
    Attribute { attr_type, constraint, description: "".into(), ..Attribute::default() }
}

fn computed(attr_type: AttributeType) -> Attribute {
    Attribute { constraint: AttributeConstraint::Computed, ..optional(attr_type) }
}

fn at(summary: &'static str, attribute: AttributePath) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: "".into(), attribute }
}
