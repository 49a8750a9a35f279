//! A standalone process that all walks and aliases of all attached cores share.

use plugin::proto::tfplugin6::provider_client::ProviderClient;
use plugin::proto::tfplugin6::{configure_provider, read_data_source};
use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::server::Server;
use testkit::plugin_client::{Handshake, client, connect, decoded, encoded};

async fn attach(handshake: &Handshake) -> ProviderClient<Channel> {
    client(connect(handshake, None).await.unwrap())
}

async fn configure(client: &mut ProviderClient<Channel>, greeting: &str) {
    let config = encoded(json!({"greeting": greeting}));
    let request = configure_provider::Request { config, ..Default::default() };
    assert!(client.configure_provider(request).await.unwrap().into_inner().diagnostics.is_empty());
}

async fn greeting(client: &mut ProviderClient<Channel>) -> Value {
    let config = encoded(json!({"text": null, "amount": null, "words": null, "greeting": null}));
    let request = read_data_source::Request { type_name: "toy_echo".into(), config, ..Default::default() };
    let answer = client.read_data_source(request).await.unwrap().into_inner();
    decoded::<Value>(answer.state)["greeting"].clone()
}

#[tokio::test]
async fn every_connection_keeps_its_own_configuration() {
    let (server, handshake) = Server::standalone().await;
    let (mut one, mut two) = (attach(&handshake).await, attach(&handshake).await);
    assert_eq!(greeting(&mut one).await, Value::Null);
    configure(&mut one, "one").await;
    configure(&mut two, "two").await;
    assert_eq!((greeting(&mut one).await, greeting(&mut two).await), (json!("one"), json!("two")));
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_comes_back_finds_the_latest_configuration() {
    let (server, handshake) = Server::standalone().await;
    let mut first = attach(&handshake).await;
    configure(&mut first, "kept").await;
    drop(first);
    assert_eq!(greeting(&mut attach(&handshake).await).await, "kept");
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_could_mean_either_of_two_configurations_gets_neither() {
    let (server, handshake) = Server::standalone().await;
    let (mut one, mut two) = (attach(&handshake).await, attach(&handshake).await);
    configure(&mut one, "one").await;
    configure(&mut two, "one").await;
    assert_eq!(greeting(&mut attach(&handshake).await).await, "one", "equal configurations are one");
    configure(&mut two, "two").await;
    assert_eq!(greeting(&mut attach(&handshake).await).await, Value::Null);
    drop(one);
    // A core that lost its connection may be the one that connects again.
    assert_eq!(greeting(&mut attach(&handshake).await).await, Value::Null);
    configure(&mut two, "one").await;
    assert_eq!(greeting(&mut attach(&handshake).await).await, Value::Null);
    assert_eq!(greeting(&mut two).await, "one");
    server.stop().await;
}

#[tokio::test]
async fn a_hosted_process_has_one_configuration_for_all_connections() {
    let (server, handshake) = Server::hosted(None).await;
    let mut first = attach(&handshake).await;
    configure(&mut first, "one").await;
    assert_eq!(greeting(&mut attach(&handshake).await).await, "one");
    server.stop().await;
}
