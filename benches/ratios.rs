//! The costs of the provider, compared with the least possible costs: `cargo xtask bench`.
//!
//! The compared programs take turns within one run, so that a busy moment of the machine affects all of them. Each row
//! ends in the ratio of two medians. Absolute figures differ between machines; ratios hardly do.
//!
//! If a core starts this program, it is an empty provider, which shows the costs of the protocol itself.
#![expect(clippy::unwrap_used, reason = "a failed step ends the measurement")]

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth::{Clock, HttpSettings, RetryPolicy, TokenClient, TokenRequest};
use plugin::proto::tfplugin6::provider_client::ProviderClient;
use plugin::proto::tfplugin6::{
    Diagnostic, DynamicValue, Schema as WireSchema, configure_provider, get_provider_schema, open_ephemeral_resource,
    schema,
};
use plugin::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use plugin::value::{StructEmpty, Value, ValueEmpty};
use plugin::{DataSource, Diagnostics, EphemeralResource, Opened, Provider, Registry};
use serde::{Deserialize, Serialize};
use serde_json::json;
use testkit::core::Core;
use testkit::host::{COOKIE, Handshake, Identity, client, connect, encoded};
use testkit::process::ProcessGroup;
use testkit::sandbox::Sandbox;
use testkit::workspace::{SOURCE, Workspace};
use testkit::{deadline, exchange};
use tokio::runtime::Runtime;
use tonic::transport::Channel;

fn main() -> anyhow::Result<()> {
    let environment = plugin::Environment::from_process("empty");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Ok(launch) = plugin::Launch::from_environment(&environment) {
        plugin::install_logging(&environment, &[]);
        return Ok(runtime.block_on(plugin::serve(|| Empty, launch, io::stdout()))?);
    }
    // `cargo bench` adds its own flag.
    let rounds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let bench = Bench::new(rounds, runtime);
    bench.print(&format!("{}, {rounds} rounds, medians\n", bench.core));
    bench.handshake();
    bench.plan();
    bench.objects();
    bench.exchange(0);
    // The best response time of a nearby service on the internet.
    bench.exchange(20);
    bench.memory_and_size();
    Ok(())
}

/// The common data of the measurements.
struct Bench {
    rounds: usize,
    core: Core,
    provider: PathBuf,
    /// This program.
    empty: PathBuf,
    sandbox: Sandbox,
    runtime: Runtime,
    identity: Identity,
    folder: tempfile::TempDir,
}

/// One compared program. Returns one figure for each turn.
type Contestant<'a> = Box<dyn FnMut() -> f64 + 'a>;

impl Bench {
    fn new(rounds: usize, runtime: Runtime) -> Self {
        let built = std::env::var_os("CXONE_BENCH_PROVIDER").map(PathBuf::from);
        Self {
            rounds,
            core: Core::locate().unwrap(),
            provider: built.unwrap_or_else(|| env!("CARGO_BIN_EXE_terraform-provider-cxone").into()),
            empty: std::env::current_exe().unwrap(),
            sandbox: Sandbox::start(&[
                json!({ "client_id": CLIENT, "client_secret": SECRET, "scopes": ["cxone:api"] }),
            ]),
            runtime,
            identity: Identity::p521(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// From the start of the process to its handshake line.
    fn handshake(&self) {
        let [provider, empty, core, version] = self.medians([
            Box::new(|| until_first_line(&mut self.hosted(&self.provider))),
            Box::new(|| until_first_line(&mut self.hosted(&self.empty))),
            Box::new(|| until_first_line(Command::new(&self.core.path).arg("version").env("CHECKPOINT_DISABLE", "1"))),
            Box::new(|| until_first_line(Command::new(&self.provider).arg("version"))),
        ]);
        self.row("start to handshake line", provider, "the core's `version`", core, Some(0.06));
        self.row("start to handshake line", provider, "the provider's own `version`", version, None);
        self.row("start to handshake line", provider, "the same of an empty provider", empty, None);
    }

    /// A whole plan with one token.
    fn plan(&self) {
        let [token, empty, floor] = self.medians([
            self.plans("ephemeral \"cxone_access_token\" \"it\" {}\ndata \"cxone_token_info\" \"it\" {}\n"),
            self.plans("ephemeral \"empty_nothing\" \"it\" {}\ndata \"empty_nothing\" \"it\" {}\n"),
            self.plans("resource \"terraform_data\" \"one\" {}\nresource \"terraform_data\" \"other\" {}\n"),
        ]);
        let what = "plan with one ephemeral and one data source";
        self.row(what, token, "the same with `terraform_data`", floor, Some(2.2));
        self.row(what, token, "the same with an empty provider", empty, Some(1.1));
    }

    /// One more object, as the average over a thousand.
    fn objects(&self) {
        let count = |block: &str, count: usize| self.plans(&format!("{block} \"it\" {{\n  count = {count}\n}}\n"));
        let (token, empty) = ("data \"cxone_token_info\"", "data \"empty_nothing\"");
        let floor = "resource \"terraform_data\"";
        let [token_1, token_1000, empty_1, empty_1000, floor_1, floor_1000] = self.medians([
            count(token, 1),
            count(token, 1_000),
            count(empty, 1),
            count(empty, 1_000),
            count(floor, 1),
            count(floor, 1_000),
        ]);
        let more = |one: f64, thousand: f64| (thousand - one) / 999.0;
        let (what, token) = ("one data source more, of 1,000", more(token_1, token_1000));
        self.row(what, token, "one `terraform_data` more", more(floor_1, floor_1000), Some(1.15));
        self.row(what, token, "one more of an empty provider", more(empty_1, empty_1000), None);
    }

    /// One exchange over a bare socket, by the token client alone, and through the provider and its protocol.
    fn exchange(&self, delay: u64) {
        self.sandbox.fault(&json!({ "count": 1_000_000, "delay_ms": delay }));
        let number = std::cell::Cell::new(0);
        // Another audience each time, because the cache would answer a repeated request.
        let audience = || {
            number.set(number.get() + 1);
            format!("audience-{}", number.get())
        };
        let [bare, client, first, later] = self.medians([
            Box::new(|| self.bare()),
            Box::new(|| self.client(&audience())),
            Box::new(|| self.through_provider(&audience(), 0)),
            Box::new(|| self.through_provider(&audience(), 1)),
        ]);
        self.sandbox.reset();
        let service = format!("the service takes {delay} ms");
        let floor = "one on a new bare connection";
        self.row(&format!("first exchange, token client alone; {service}"), client, floor, bare, None);
        self.row(&format!("first exchange through the provider; {service}"), first, floor, bare, Some(1.1));
        self.row(&format!("later exchange through the provider; {service}"), later, floor, bare, None);
    }

    fn memory_and_size(&self) {
        let megabytes = |bytes: f64, limit: f64, what: &str| {
            let mark = if bytes / 1e6 > limit { "  OVER" } else { "" };
            self.print(&format!("{what:<60} {:>9.2} MB (at most {limit:.2}){mark}", bytes / 1e6));
        };
        let (process, _) = self.configured();
        if let Some(kilobytes) = process.peak_memory() {
            megabytes(kilobytes as f64 * 1024.0, 10.0, "resident memory once configured");
        }
        megabytes(std::fs::metadata(&self.provider).unwrap().len() as f64, 7.5, "the program");
    }

    /// Gives each contestant a turn in every round, after a round that does not count. In milliseconds.
    fn medians<const N: usize>(&self, mut contestants: [Contestant<'_>; N]) -> [f64; N] {
        let mut samples = [const { Vec::new() }; N];
        for round in 0..=self.rounds {
            for (sample, contestant) in samples.iter_mut().zip(&mut contestants) {
                let taken = contestant();
                if round > 0 {
                    sample.push(taken);
                }
            }
        }
        samples.map(|mut sample| {
            sample.sort_by(f64::total_cmp);
            sample[sample.len() / 2]
        })
    }

    fn row(&self, what: &str, figure: f64, against: &str, other: f64, budget: Option<f64>) {
        let ratio = figure / other;
        let mark = match budget {
            Some(limit) if ratio > limit => format!(" (at most {limit})  OVER"),
            Some(limit) => format!(" (at most {limit})"),
            None => String::new(),
        };
        self.print(&format!("{what:<60} {figure:>9.3} ms : {other:>9.3} ms {against:<34} = {ratio:.3}{mark}"));
    }

    fn print(&self, line: &str) {
        // A closed output is no reason to panic.
        _ = writeln!(io::stdout(), "{line}");
    }

    /// Plans this configuration in its own workspace. A plan reads all objects in the state again, including data
    /// sources, so everything is applied first.
    fn plans(&self, text: &str) -> Contestant<'_> {
        let providers = [(SOURCE, self.provider.clone()), ("cxone-tools/empty", self.empty.clone())];
        let mut workspace = Workspace::for_command(&self.core, &providers);
        let source = |name: &str| format!("    {name} = {{ source = \"cxone-tools/{name}\" }}\n");
        let used = ["cxone", "empty"].into_iter().filter(|name| text.contains(&format!("\"{name}_"))).map(source);
        let head = format!("terraform {{\n  required_providers {{\n{}  }}\n}}\n", used.collect::<String>());
        workspace.write(&(head + text)).use_sandbox(&self.sandbox, CLIENT, SECRET);
        workspace.run(&["apply", "-auto-approve", "-no-color"]).expect_success();
        Box::new(move || {
            let started = deadline::now();
            let output = workspace.command(&["plan", "-no-color"]).stdin(Stdio::null()).output().unwrap();
            let took = started.elapsed();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            milliseconds(took)
        })
    }

    /// A provider as started by a core.
    fn hosted(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let token_url = self.sandbox.token_url();
        command
            .env_remove("RUST_BACKTRACE")
            .envs([("CXONE_TOKEN_URL", token_url), ("CXONE_CLIENT_ID", CLIENT), ("CXONE_CLIENT_SECRET", SECRET)])
            .envs([("TF_PLUGIN_MAGIC_COOKIE", COOKIE), ("PLUGIN_PROTOCOL_VERSIONS", "5,6")])
            .env("PLUGIN_CLIENT_CERT", &self.identity.pem)
            // Files that a killed process leaves behind are removed with the folder.
            .env("TMPDIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// The provider, configured without an exchange.
    fn configured(&self) -> (ProcessGroup, Caller) {
        let mut process = ProcessGroup::spawn(&mut self.hosted(&self.provider));
        let mut line = String::new();
        // The pipe stays open, as in a core.
        let mut output = BufReader::new(process.take_stdout());
        output.read_line(&mut line).unwrap();
        let caller = self.runtime.block_on(Caller::configure(&Handshake::parse(&line), &self.identity));
        (process, Caller { _output: Some(output), ..caller })
    }

    /// The exchange of a new provider process after `before` earlier ones.
    fn through_provider(&self, audience: &str, before: usize) -> f64 {
        let (_process, mut caller) = self.configured();
        for index in 0..before {
            self.runtime.block_on(caller.open(&format!("before-{index}")));
        }
        let started = deadline::now();
        self.runtime.block_on(caller.open(audience));
        milliseconds(started.elapsed())
    }

    fn client(&self, audience: &str) -> f64 {
        let client = TokenClient::new(HttpSettings::new("ratios"), RetryPolicy::default(), Clock::System);
        let request = TokenRequest {
            client_id: CLIENT.to_owned(),
            client_secret: oauth::Secret::new(SECRET),
            audience: Some(audience.to_owned()),
            ..exchange::request(self.sandbox.token_url())
        };
        let started = deadline::now();
        self.runtime.block_on(client.token(&request, Duration::ZERO)).unwrap();
        milliseconds(started.elapsed())
    }

    /// The least possible costs of an exchange: one write and one read on one blocking socket.
    fn bare(&self) -> f64 {
        let (host, path) = self.sandbox.token_url().strip_prefix("http://").unwrap().split_once('/').unwrap();
        let credentials = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
        let body = "grant_type=client_credentials&scope=cxone%3Aapi";
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\nauthorization: Basic {credentials}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let started = deadline::now();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let took = started.elapsed();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        milliseconds(took)
    }
}

/// A connection to the provider, with its schemas.
struct Caller {
    client: ProviderClient<Channel>,
    schemas: get_provider_schema::Response,
    _output: Option<BufReader<std::process::ChildStdout>>,
}

impl Caller {
    async fn configure(handshake: &Handshake, identity: &Identity) -> Self {
        let mut client = client(connect(handshake, Some(identity)).await.unwrap());
        let schemas = client.get_provider_schema(get_provider_schema::Request {}).await.unwrap().into_inner();
        let config = object(schemas.provider.as_ref(), &[("skip_credentials_validation", true.into())]);
        let request = configure_provider::Request { config, ..Default::default() };
        check(&client.configure_provider(request).await.unwrap().into_inner().diagnostics);
        Self { client, schemas, _output: None }
    }

    async fn open(&mut self, audience: &str) {
        let type_name = "cxone_access_token".to_owned();
        let config = object(self.schemas.ephemeral_resource_schemas.get(&type_name), &[("audience", audience.into())]);
        let request = open_ephemeral_resource::Request { type_name, config, ..Default::default() };
        check(&self.client.open_ephemeral_resource(request).await.unwrap().into_inner().diagnostics);
    }
}

/// An object of this schema with these attributes. All others are null, and all blocks absent.
fn object(schema: Option<&WireSchema>, set: &[(&str, serde_json::Value)]) -> Option<DynamicValue> {
    use schema::nested_block::NestingMode::{List, Set};
    let block = schema.unwrap().block.as_ref().unwrap();
    let mut members: BTreeMap<&str, serde_json::Value> = BTreeMap::new();
    members.extend(block.attributes.iter().map(|attribute| (attribute.name.as_str(), json!(null))));
    members.extend(block.block_types.iter().map(|block| {
        let absent = if matches!(block.nesting(), List | Set) { json!([]) } else { json!(null) };
        (block.type_name.as_str(), absent)
    }));
    members.extend(set.iter().map(|(name, value)| (*name, value.clone())));
    encoded(members)
}

fn check(diagnostics: &[Diagnostic]) {
    let errors: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str()).collect();
    assert!(errors.is_empty(), "the provider complained: {}", errors.join("; "));
}

/// Milliseconds until the command's first line. Ends its process then.
fn until_first_line(command: &mut Command) -> f64 {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let started = deadline::now();
    let mut process = ProcessGroup::spawn(command);
    let mut line = String::new();
    let read = BufReader::new(process.take_stdout()).read_line(&mut line).unwrap();
    let took = started.elapsed();
    assert!(read > 0, "{command:?} wrote nothing");
    milliseconds(took)
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

const CLIENT: &str = "sandbox-client";
const SECRET: &str = "not-a-real-secret";

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
        _: plugin::ClientCapabilities,
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
