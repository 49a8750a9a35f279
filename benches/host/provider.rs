//! The provider under measurement: a process, and the calls to it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use plugin::proto::tfplugin6::provider_client::ProviderClient;
use plugin::proto::tfplugin6::{
    Diagnostic, DynamicValue, Schema, configure_provider, get_provider_schema, open_ephemeral_resource,
    read_data_source, schema,
};
use serde_json::Value;
use tonic::transport::Channel;

use crate::protocol::{COOKIE, Handshake, Identity, client, connect, encoded};

/// A running provider. Its process ends when this is dropped.
pub(crate) struct Provider {
    process: Child,
    _output: BufReader<ChildStdout>,
    handshake: Handshake,
    identity: Identity,
    _folder: tempfile::TempDir,
}

/// A connection to it, with its schemas.
pub(crate) struct Caller {
    client: ProviderClient<Channel>,
    schemas: get_provider_schema::Response,
}

impl Provider {
    /// Starts the program as a core does, and returns when its handshake line has come.
    pub(crate) fn start(program: &Path) -> anyhow::Result<Self> {
        let (identity, folder) = (Identity::p521(), tempfile::tempdir()?);
        let mut process = Command::new(program)
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .env("PLUGIN_CLIENT_CERT", &identity.pem)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the provider")?;
        let mut output = BufReader::new(process.stdout.take().context("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok(Self { process, _output: output, handshake: Handshake::parse(&line), identity, _folder: folder })
    }

    /// Connects, and asks for the schemas.
    pub(crate) async fn connect(&self) -> anyhow::Result<Caller> {
        let channel = connect(&self.handshake, Some(&self.identity)).await.map_err(anyhow::Error::msg)?;
        let mut client = client(channel);
        let schemas = client.get_provider_schema(get_provider_schema::Request {}).await?.into_inner();
        Ok(Caller { client, schemas })
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .context("this system does not tell the memory of a process under /proc")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended already; either way it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Caller {
    /// Configures the provider from its environment, without an exchange.
    pub(crate) async fn configure(&mut self) -> anyhow::Result<()> {
        let config = object(self.schemas.provider.as_ref(), &[("skip_credentials_validation", true.into())])?;
        let terraform_version = "1.11.4".to_owned();
        let request = configure_provider::Request { terraform_version, config, ..Default::default() };
        check(&self.client.configure_provider(request).await?.into_inner().diagnostics)
    }

    /// Opens a token for this audience.
    pub(crate) async fn open(&mut self, audience: &str) -> anyhow::Result<()> {
        let schema = self.schemas.ephemeral_resource_schemas.get(TOKEN);
        let config = object(schema, &[("audience", audience.into())])?;
        let request = open_ephemeral_resource::Request { type_name: TOKEN.to_owned(), config, ..Default::default() };
        check(&self.client.open_ephemeral_resource(request).await?.into_inner().diagnostics)
    }

    /// Reads what is known about the token.
    pub(crate) async fn read(&mut self) -> anyhow::Result<()> {
        let config = object(self.schemas.data_source_schemas.get(INFO), &[])?;
        let request = read_data_source::Request { type_name: INFO.to_owned(), config, ..Default::default() };
        check(&self.client.read_data_source(request).await?.into_inner().diagnostics)
    }
}

/// An object of this schema with these attributes, all others null and all blocks absent.
fn object(schema: Option<&Schema>, set: &[(&str, Value)]) -> anyhow::Result<Option<DynamicValue>> {
    let block = schema.and_then(|schema| schema.block.as_ref()).context("the provider has no such schema")?;
    let mut members: BTreeMap<&str, Value> = BTreeMap::new();
    members.extend(block.attributes.iter().map(|attribute| (attribute.name.as_str(), Value::Null)));
    members.extend(block.block_types.iter().map(|block| (block.type_name.as_str(), absent(block))));
    members.extend(set.iter().map(|(name, value)| (*name, value.clone())));
    Ok(encoded(members))
}

fn absent(block: &schema::NestedBlock) -> Value {
    use schema::nested_block::NestingMode;
    match block.nesting() {
        NestingMode::List | NestingMode::Set => Value::Array(Vec::new()),
        _ => Value::Null,
    }
}

fn check(diagnostics: &[Diagnostic]) -> anyhow::Result<()> {
    let errors: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str()).collect();
    ensure!(errors.is_empty(), "the provider complained: {}", errors.join("; "));
    Ok(())
}

const TOKEN: &str = "cxone_access_token";
const INFO: &str = "cxone_token_info";
