//! The RPCs, with the toy provider in this process.

mod data_source;
mod ephemeral_resource;
mod function;
mod provider;
mod resource;
mod standalone;

use std::time::Duration;

use plugin::proto::tfplugin6::Diagnostic;
use plugin::proto::tfplugin6::attribute_path::step::Selector;
use plugin::proto::tfplugin6::diagnostic::Severity;
use plugin::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::server::Server;
use testkit::plugin_client::{Handshake, client, connect};

/// A served toy provider and a client of it.
async fn toy() -> (Server, Handshake, ProviderClient<Channel>) {
    let (server, handshake) = Server::hosted(None).await;
    let client = client(connect(&handshake, None).await.unwrap());
    (server, handshake, client)
}

/// The summaries of all errors.
fn errors(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics.iter().filter(|it| it.severity() == Severity::Error).map(|it| &*it.summary).collect()
}

/// The attribute that a diagnostic points at.
fn attribute(diagnostic: &Diagnostic) -> Option<&str> {
    match diagnostic.attribute.as_ref()?.steps.first()?.selector.as_ref()? {
        Selector::AttributeName(name) => Some(name),
        _ => None,
    }
}

/// Lets a call reach the provider before the next one is made.
async fn let_it_hang() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}
