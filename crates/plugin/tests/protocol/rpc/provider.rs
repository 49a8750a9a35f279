//! Schemas, the provider's own configuration, stop and shutdown.

use std::time::Duration;

use plugin::proto::health::HealthCheckRequest;
use plugin::proto::health::health_check_response::ServingStatus;
use plugin::proto::health::health_client::HealthClient;
use plugin::proto::plugin::Empty;
use plugin::proto::plugin::grpc_controller_client::GrpcControllerClient;
use plugin::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use plugin::proto::tfplugin6::{
    close_ephemeral_resource, configure_provider, get_functions, get_metadata, get_provider_schema,
    get_resource_identity_schemas, get_states, read_data_source, stop_provider, upgrade_resource_identity,
    validate_provider_config,
};
use serde_json::json;
use tokio::time::timeout;
use tonic::Code;

use super::{attribute, errors, let_it_hang, toy};
use testkit::plugin_client::{connect, encoded};

#[tokio::test]
async fn the_schema_holds_everything_that_is_served() {
    let (server, _, mut client) = toy().await;
    let first = client.get_provider_schema(get_provider_schema::Request {}).await.unwrap().into_inner();
    let names: Vec<&String> =
        first.provider.as_ref().unwrap().block.iter().flat_map(|it| &it.attributes).map(|it| &it.name).collect();
    assert_eq!(names, ["greeting"]);
    assert!(first.data_source_schemas.contains_key("toy_echo"));
    assert!(first.ephemeral_resource_schemas.contains_key("toy_lease"));
    assert_eq!(first.resource_schemas["toy_note"].version, 1);
    assert_eq!(first.functions["join"].parameters[0].name, "separator");
    assert!(first.diagnostics.is_empty());
    let capabilities = first.server_capabilities.unwrap();
    assert!(
        capabilities.get_provider_schema_optional && capabilities.plan_destroy && !capabilities.move_resource_state
    );
    let second = client.get_provider_schema(get_provider_schema::Request {}).await.unwrap().into_inner();
    assert!(first == second);
    server.stop().await;
}

#[tokio::test]
async fn metadata_functions_and_identities_are_told() {
    let (server, _, mut client) = toy().await;
    let metadata = client.get_metadata(get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(metadata.data_sources[0].type_name, "toy_echo");
    assert_eq!(metadata.resources[0].type_name, "toy_note");
    assert_eq!(metadata.ephemeral_resources[0].type_name, "toy_lease");
    assert_eq!(metadata.functions[0].name, "join");
    let functions = client.get_functions(get_functions::Request {}).await.unwrap().into_inner();
    assert!(functions.functions.contains_key("join"));
    let request = get_resource_identity_schemas::Request {};
    let identities = client.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert!(identities.identity_schemas.is_empty() && identities.diagnostics.is_empty());
    let request = upgrade_resource_identity::Request { type_name: "toy_note".into(), ..Default::default() };
    let upgraded = client.upgrade_resource_identity(request).await.unwrap().into_inner();
    assert_eq!(errors(&upgraded.diagnostics), ["Resource has no identity"]);
    server.stop().await;
}

#[tokio::test]
async fn calls_that_are_not_served_are_unimplemented() {
    let (server, _, mut client) = toy().await;
    let status = client.get_states(get_states::Request::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    server.stop().await;
}

#[tokio::test]
async fn the_provider_block_is_checked_and_taken() {
    let (server, _, mut client) = toy().await;
    let config = encoded(json!({"greeting": "rude"}));
    let checked =
        client.validate_provider_config(validate_provider_config::Request { config }).await.unwrap().into_inner();
    assert_eq!(errors(&checked.diagnostics), ["Bad greeting"]);
    assert_eq!(attribute(&checked.diagnostics[0]), Some("greeting"));

    let config = encoded(json!({"greeting": ["canary-value"]}));
    let misfit =
        client.validate_provider_config(validate_provider_config::Request { config }).await.unwrap().into_inner();
    assert_eq!(attribute(&misfit.diagnostics[0]), Some("greeting"));
    assert!(!format!("{:?}", misfit.diagnostics).contains("canary"));

    let config = encoded(json!({"greeting": "hello"}));
    let request = configure_provider::Request { terraform_version: "1.15.5".into(), config, ..Default::default() };
    let configured = client.configure_provider(request).await.unwrap().into_inner();
    assert!(configured.diagnostics.is_empty());
    assert_eq!(server.toy.seen.lock().unwrap().greeting.as_deref(), Some("hello"));
    server.stop().await;
}

#[tokio::test]
async fn panics_of_the_provider_itself_are_errors() {
    let (server, _, mut client) = toy().await;
    let configuring = |greeting: &str| configure_provider::Request {
        config: encoded(json!({"greeting": greeting})),
        ..Default::default()
    };
    let configured = client.configure_provider(configuring("panic")).await.unwrap().into_inner();
    assert_eq!(errors(&configured.diagnostics), ["Provider crashed"]);
    assert!(client.configure_provider(configuring("unstoppable")).await.unwrap().into_inner().diagnostics.is_empty());
    let stopped = client.stop_provider(stop_provider::Request {}).await.unwrap().into_inner();
    assert!(stopped.error.contains("bug in the provider") && !stopped.error.contains("canary"), "{}", stopped.error);
    server.stop().await;
}

fn reading(text: &str) -> read_data_source::Request {
    let config = encoded(json!({"text": text, "amount": null, "words": null, "greeting": null}));
    read_data_source::Request { type_name: "toy_echo".into(), config, ..Default::default() }
}

#[tokio::test]
async fn stop_interrupts_the_calls_of_the_moment_and_those_that_were_on_their_way() {
    let (server, _, mut client) = toy().await;
    let mut hanging = client.clone();
    let hanging = tokio::spawn(async move { hanging.read_data_source(reading("hang")).await });
    let_it_hang().await;
    assert!(!hanging.is_finished());
    let stopped = client.stop_provider(stop_provider::Request {}).await.unwrap().into_inner();
    assert_eq!(stopped.error, "");
    let interrupted = timeout(Duration::from_secs(1), hanging).await.unwrap().unwrap().unwrap().into_inner();
    assert_eq!(errors(&interrupted.diagnostics), ["Interrupted"]);
    assert_eq!(server.toy.seen.lock().unwrap().stops, 1);
    let later = client.read_data_source(reading("hang")).await.unwrap().into_inner();
    assert_eq!(errors(&later.diagnostics), ["Interrupted"]);
    let schema = client.get_provider_schema(get_provider_schema::Request {}).await.unwrap().into_inner();
    assert!(schema.provider.is_some() && schema.diagnostics.is_empty(), "a call without a wait still works");
    let private = Some(rmp_serde::to_vec("n").unwrap());
    let request = close_ephemeral_resource::Request { type_name: "toy_lease".into(), private };
    assert!(client.close_ephemeral_resource(request).await.unwrap().into_inner().diagnostics.is_empty());
    assert_eq!(server.toy.seen.lock().unwrap().closed, ["n"], "the open ephemeral resource is closed");
    server.stop().await;
}

#[tokio::test]
async fn shutdown_ends_the_server_at_once_whatever_is_under_way() {
    let (server, handshake, mut client) = toy().await;
    let channel = connect(&handshake, None).await.unwrap();
    let mut stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap().into_inner();
    let hanging = tokio::spawn(async move { client.read_data_source(reading("hang")).await });
    let_it_hang().await;
    timeout(Duration::from_millis(20), stdio.message()).await.expect_err("the stream stays open and silent");
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    let interrupted = timeout(Duration::from_secs(1), hanging).await.unwrap().unwrap().unwrap().into_inner();
    assert_eq!(errors(&interrupted.diagnostics), ["Interrupted"]);
    let seen = server.toy.seen.clone();
    timeout(Duration::from_secs(2), server.ended()).await.expect("in time");
    assert_eq!(seen.lock().unwrap().stops, 1, "the provider is stopped once");
    assert!(!handshake.socket.parent().unwrap().exists(), "the socket's folder still exists");
}

#[tokio::test]
async fn the_plugin_reports_its_health() {
    let (server, handshake, _) = toy().await;
    let mut client = HealthClient::new(connect(&handshake, None).await.unwrap());
    let request = |service: &str| HealthCheckRequest { service: service.into() };
    assert_eq!(client.check(request("plugin")).await.unwrap().into_inner().status(), ServingStatus::Serving);
    assert_eq!(client.check(request("other")).await.unwrap_err().code(), Code::NotFound);
    let mut watched = client.watch(request("plugin")).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    server.stop().await;
}
