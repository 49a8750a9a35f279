//! The provider's program, started by a host and by a person. (crates/plugin tests the parts that serve any provider.)

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use plugin::proto::plugin::Empty;
use plugin::proto::plugin::grpc_controller_client::GrpcControllerClient;
use plugin::proto::tfplugin6::{
    close_ephemeral_resource, renew_ephemeral_resource, schema, stop_provider, validate_provider_config,
};
use testkit::plugin_client::{
    FAREWELL, Identity, Plugin, client, connect, encoded, refused, serve_for_debugger, socket_folder, try_schema,
};

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_terraform-provider-cxone").into()
}

#[test]
fn started_by_hand_it_names_the_doctor() {
    let folder = socket_folder();
    let mut command = Plugin::command(&program(), folder.path());
    let text = String::from_utf8(refused(command.env_remove("TF_PLUGIN_MAGIC_COOKIE")).stderr).unwrap();
    assert!(text.contains("plugin") && text.contains("doctor --help"), "{text}");
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
    // One dash, as for providers written in Go.
    for flag in ["--debug", "-debug", "-debug=true", "--debug=true"] {
        serve_for_debugger(&program(), flag, "cxone-tools/cxone");
    }
}

#[test]
fn debug_mode_can_be_switched_off_by_its_flag() {
    let folder = socket_folder();
    let mut command = Plugin::command(&program(), folder.path());
    refused(command.env_remove("TF_PLUGIN_MAGIC_COOKIE").arg("-debug=false"));
}

#[tokio::test]
async fn it_answers_its_host_and_nobody_else_and_ends_when_told() {
    let folder = socket_folder();
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
    // OpenTofu closes with the private data of the latest renewal, which can be none.
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
    let status = plugin.process.wait(FAREWELL).expect("it ends before a core would kill it");
    assert!(status.success(), "{status}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left behind");
}

/// The block as a core sends it when nothing is set: every attribute null, every nested block absent.
fn empty_block(block: &schema::Block) -> BTreeMap<String, Option<Vec<()>>> {
    let attributes = block.attributes.iter().map(|attribute| (attribute.name.clone(), None));
    let blocks = block.block_types.iter().map(|nested| (nested.type_name.clone(), Some(Vec::new())));
    attributes.chain(blocks).collect()
}
