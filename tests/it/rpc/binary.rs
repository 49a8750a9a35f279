//! The provider binary, called as a core calls it: pinned certificates, and every value null.

use std::collections::BTreeMap;
use std::time::Duration;

use plugin::proto::plugin::Empty;
use plugin::proto::plugin::grpc_controller_client::GrpcControllerClient;
use plugin::proto::tfplugin6::{
    close_ephemeral_resource, renew_ephemeral_resource, schema, stop_provider, validate_provider_config,
};

use testkit::plugin_client::{Identity, Plugin, client, connect, encoded, try_schema};

#[tokio::test]
async fn the_binary_answers_its_host_and_nobody_else_and_ends_when_told() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let identity = Identity::p521();
    let mut plugin = Plugin::start(folder.path(), &identity);
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
    assert_eq!(provider.stop_provider(stop_provider::Request {}).await.unwrap().into_inner().error, "");

    // OpenTofu closes with what the latest renewal kept, which may be nothing.
    for private in [None, Some(Vec::new())] {
        let type_name = "cxone_access_token".to_owned();
        let request = renew_ephemeral_resource::Request { type_name: type_name.clone(), private: private.clone() };
        let renewed = provider.renew_ephemeral_resource(request).await.unwrap().into_inner();
        let request = close_ephemeral_resource::Request { type_name, private };
        let closed = provider.close_ephemeral_resource(request).await.unwrap().into_inner();
        assert!(renewed.diagnostics.is_empty() && closed.diagnostics.is_empty(), "{renewed:?} {closed:?}");
    }

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
