//! A provider with nothing in it, on the same plugin layer: what the protocol itself costs. `cargo xtask bench` has a
//! core start it.

use std::io;
use std::io::Write as _;
use std::process::ExitCode;

use async_trait::async_trait;
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use plugin::value::{StructEmpty, Value, ValueEmpty};
use plugin::{ClientCapabilities, DataSource, Diagnostics, EphemeralResource, Opened, Provider, Registry};
use serde::{Deserialize, Serialize};

fn main() -> anyhow::Result<ExitCode> {
    let environment = plugin::Environment::from_process("empty");
    let Ok(launch) = plugin::Launch::from_environment(&environment) else {
        // Also how `cargo bench` starts it, beside the benchmarks that run by themselves.
        writeln!(io::stderr(), "a core has to start this program: run `cargo xtask bench`")?;
        return Ok(ExitCode::SUCCESS);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    plugin::install_logging(&environment, &[]);
    runtime.block_on(plugin::serve(|| Empty, launch, io::stdout()))?;
    Ok(ExitCode::SUCCESS)
}

/// Provider, data source and ephemeral resource in one: none of them does anything.
struct Empty;

#[derive(Serialize, Deserialize)]
struct State {
    id: Value<String>,
}

#[async_trait]
impl Provider for Empty {
    type Config = StructEmpty;

    fn name(&self) -> &'static str {
        "empty"
    }

    fn schema(&self) -> Schema {
        Schema { version: 0, block: Block::default() }
    }

    fn register(&self, registry: &mut Registry) {
        registry.data_source("nothing", Self);
        registry.ephemeral_resource("nothing", Self);
    }

    async fn validate(&self, _: &mut Diagnostics, _: StructEmpty) {}

    async fn configure(&self, _: &mut Diagnostics, _: String, _: StructEmpty) {}

    fn stop(&self) {}
}

#[async_trait]
impl DataSource for Empty {
    type State<'a> = State;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(state_schema())
    }

    async fn validate<'a>(&self, _: &mut Diagnostics, _: State) -> Option<()> {
        Some(())
    }

    async fn read<'a>(&self, _: &mut Diagnostics, _: State, _: ValueEmpty) -> Option<State> {
        Some(State { id: Value::Value("nothing".to_owned()) })
    }
}

#[async_trait]
impl EphemeralResource for Empty {
    type State<'a> = State;
    type PrivateState<'a> = StructEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(state_schema())
    }

    async fn open<'a>(
        &self,
        _: &mut Diagnostics,
        _: State,
        _: ClientCapabilities,
    ) -> Option<Opened<State, StructEmpty>> {
        let result = State { id: Value::Value("nothing".to_owned()) };
        Some(Opened { result, private: StructEmpty {}, renew_at: None })
    }
}

fn state_schema() -> Schema {
    let constraint = AttributeConstraint::Computed;
    let id = Attribute { attr_type: AttributeType::String, constraint, ..Attribute::default() };
    Schema { version: 0, block: Block { attributes: [("id".to_owned(), id)].into(), ..Block::default() } }
}
