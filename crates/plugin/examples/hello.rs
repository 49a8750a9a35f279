//! A whole provider: `data "hello_greeting"`, `ephemeral "hello_pass"` and `provider::hello::shout`.

use std::error::Error;
use std::io;

use async_trait::async_trait;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, FunctionSchema, Parameter, Schema, Type};
use plugin::value::{StructEmpty, Value, ValueEmpty};
use plugin::{
    ClientCapabilities, DataSource, Diagnostics, Environment, EphemeralResource, Function, Launch, Opened, Provider,
    Registry,
};
use serde::{Deserialize, Serialize};

fn main() -> Result<(), Box<dyn Error>> {
    let environment = Environment::from_process("hello");
    let launch = match std::env::args().any(|argument| argument == "--debug") {
        true => Launch::standalone("example/hello"),
        false => Launch::from_environment(&environment)?,
    };
    plugin::install_logging(&environment, &["hello"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(plugin::serve(|| Hello, launch, io::stdout()))?)
}

/// Has no configuration. A configured provider shares its configuration with the objects in `register`, in an `Arc`.
struct Hello;

#[async_trait]
impl Provider for Hello {
    type Config = StructEmpty;

    fn name(&self) -> &'static str {
        "hello"
    }

    fn schema(&self) -> Schema {
        schema([])
    }

    fn register(&self, registry: &mut Registry) {
        registry.data_source("greeting", Greeting);
        registry.ephemeral_resource("pass", Pass);
        registry.function("shout", Shout);
    }

    async fn validate(&self, _: &mut Diagnostics, _: StructEmpty) {}

    async fn configure(&self, _: &mut Diagnostics, _: String, _: StructEmpty) {}
}

struct Greeting;

/// Arguments and results in one object. Each can be null, and at plan, arguments can be unknown.
#[derive(Serialize, Deserialize)]
struct GreetingState {
    name: Value<String>,
    text: Value<String>,
}

#[async_trait]
impl DataSource for Greeting {
    type State<'a> = GreetingState;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema([("name", AttributeConstraint::Required), ("text", AttributeConstraint::Computed)]))
    }

    async fn read<'a>(&self, _: &mut Diagnostics, config: GreetingState, _: ValueEmpty) -> Option<GreetingState> {
        let text = config.name.as_ref().map(|name| format!("Hello, {name}!"));
        Some(GreetingState { text, ..config })
    }
}

struct Pass;

#[derive(Serialize, Deserialize)]
struct PassState {
    word: Value<String>,
}

#[async_trait]
impl EphemeralResource for Pass {
    type State<'a> = PassState;
    type PrivateState<'a> = StructEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(schema([("word", AttributeConstraint::Computed)]))
    }

    async fn open<'a>(
        &self,
        _: &mut Diagnostics,
        _: PassState,
        _: ClientCapabilities,
    ) -> Option<Opened<PassState, StructEmpty>> {
        let result = PassState { word: Value::Value("sesame".to_owned()) };
        Some(Opened { result, private: StructEmpty {}, renew_at: None })
    }
}

struct Shout;

#[async_trait]
impl Function for Shout {
    type Input<'a> = (String,);
    type Output<'a> = String;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        let text = Parameter { name: "text".into(), param_type: Type::String, ..Parameter::default() };
        Some(FunctionSchema { parameters: vec![text], return_type: Type::String, ..FunctionSchema::default() })
    }

    async fn call<'a>(&self, _: &mut Diagnostics, (text,): (String,)) -> Option<String> {
        Some(text.to_uppercase())
    }
}

fn schema<const N: usize>(attributes: [(&str, AttributeConstraint); N]) -> Schema {
    let text = |constraint| Attribute { attr_type: AttributeType::String, constraint, ..Attribute::default() };
    let attributes = attributes.map(|(name, constraint)| (name.to_owned(), text(constraint))).into();
    Schema { version: 0, block: Block { attributes, ..Block::default() } }
}
