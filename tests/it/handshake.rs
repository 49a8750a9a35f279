//! The provider's program in the hands of a host and of a person. (What serves any provider is tested in crates/plugin.)

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use plugin::proto::plugin::Empty;
use plugin::proto::plugin::grpc_controller_client::GrpcControllerClient;
use plugin::proto::tfplugin6::{
    close_ephemeral_resource, renew_ephemeral_resource, schema, stop_provider, validate_provider_config,
};
use testkit::deadline::poll;
use testkit::plugin_client::{Identity, LIMIT, Plugin, client, connect, encoded, try_schema};

/// What a core allows between asking for the end and killing.
const FAREWELL: Duration = Duration::from_secs(2);

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_terraform-provider-cxone").into()
}

fn folder() -> tempfile::TempDir {
    // Not below a long TMPDIR: socket paths are short.
    tempfile::tempdir_in("/tmp").unwrap()
}

fn refused(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "nothing may stand on standard output");
    output
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn started_by_hand_it_explains_itself() {
    let folder = folder();
    for cookie in [None, Some("wrong")] {
        let mut command = Plugin::command(&program(), folder.path());
        command.env_remove("TF_PLUGIN_MAGIC_COOKIE").envs(cookie.map(|cookie| ("TF_PLUGIN_MAGIC_COOKIE", cookie)));
        let text = String::from_utf8(refused(&mut command).stderr).unwrap();
        assert!(text.contains("plugin") && text.contains("Terraform"), "{text}");
    }
    assert!(is_empty(folder.path()));
}

#[test]
fn the_version_is_told_in_every_usual_way() {
    for word in ["version", "--version", "-V"] {
        let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone")).arg(word).output().unwrap();
        assert!(output.status.success(), "{word}: {output:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told, concat!("terraform-provider-cxone ", env!("CARGO_PKG_VERSION"), "\n"), "{word}");
    }
}

#[test]
fn debug_mode_prints_what_reattaches_a_core_and_ends_at_an_interrupt() {
    // With one dash as providers written in Go are told.
    for flag in ["--debug", "-debug", "-debug=true", "--debug=true"] {
        debug(flag);
    }
}

fn debug(flag: &str) {
    let folder = folder();
    let mut command = Command::new(program());
    let output = folder.path().join("output");
    command.env_clear().env("TMPDIR", folder.path()).arg(flag);
    command.stdin(Stdio::null()).stdout(fs::File::create(&output).unwrap()).stderr(Stdio::null());
    let mut process = testkit::process::ProcessGroup::spawn(&mut command);
    let line = poll(LIMIT, || {
        let text = fs::read_to_string(&output).ok()?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS='"))?;
        line.strip_suffix('\'').map(str::to_owned)
    });
    let providers: serde_json::Value = serde_json::from_str(&line.expect("the reattach line")).unwrap();
    for registry in ["registry.terraform.io", "registry.opentofu.org"] {
        let entry = &providers[format!("{registry}/cxone-tools/cxone")];
        assert_eq!((&entry["Test"], &entry["ProtocolVersion"]), (&true.into(), &6.into()), "{providers}");
        assert!(Path::new(entry["Addr"]["String"].as_str().unwrap()).exists());
    }
    process.interrupt();
    assert!(process.wait(FAREWELL).expect("it ends in time").success());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the test's own file is left");
}

#[test]
fn debug_mode_can_be_switched_off_by_its_flag() {
    let folder = folder();
    let mut command = Plugin::command(&program(), folder.path());
    refused(command.env_remove("TF_PLUGIN_MAGIC_COOKIE").arg("-debug=false"));
}

#[tokio::test]
async fn it_answers_its_host_and_nobody_else_and_ends_when_told() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let identity = Identity::p521();
    let mut plugin = Plugin::start(&program(), folder.path(), &identity);
    for stranger in [None, Some(&Identity::p256())] {
        assert!(try_schema(&plugin.handshake, stranger).await.is_err(), "a stranger was let in");
    }

    let schema = try_schema(&plugin.handshake, Some(&identity)).await.unwrap();
    assert!(schema.diagnostics.is_empty(), "{:?}", schema.diagnostics);
    let types = [&schema.data_source_schemas, &schema.ephemeral_resource_schemas, &schema.resource_schemas];
    let names: Vec<&String> = types.iter().flat_map(|schemas| schemas.keys()).collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.starts_with("cxone_")), "{names:?}");

    let channel = connect(&plugin.handshake, Some(&identity)).await.unwrap();
    let mut provider = client(channel.clone());
    let config = empty_block(&schema.provider.unwrap().block.unwrap());
    let request = validate_provider_config::Request { config: encoded(config) };
    let checked = provider.validate_provider_config(request).await.unwrap().into_inner();
    assert!(checked.diagnostics.is_empty(), "an empty provider block is valid: {:?}", checked.diagnostics);
    // OpenTofu closes with what the latest renewal kept, which may be nothing.
    for private in [None, Some(Vec::new())] {
        let type_name = "cxone_access_token".to_owned();
        let request = renew_ephemeral_resource::Request { type_name: type_name.clone(), private: private.clone() };
        let renewed = provider.renew_ephemeral_resource(request).await.unwrap().into_inner();
        let request = close_ephemeral_resource::Request { type_name, private };
        let closed = provider.close_ephemeral_resource(request).await.unwrap().into_inner();
        assert!(renewed.diagnostics.is_empty() && closed.diagnostics.is_empty(), "{renewed:?} {closed:?}");
    }

    assert_eq!(provider.stop_provider(stop_provider::Request {}).await.unwrap().into_inner().error, "");
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    let status = plugin.process.wait(Duration::from_secs(2)).expect("it ends before a core would kill it");
    assert!(status.success(), "{status}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left behind");
}

/// The block as a core sends it when nothing is set: every attribute null, every nested block absent.
fn empty_block(block: &schema::Block) -> BTreeMap<String, Option<Vec<()>>> {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name.clone(), None));
    let blocks = block.block_types.iter().map(|nested| (nested.type_name.clone(), Some(Vec::new())));
    attributes.chain(blocks).collect()
}
