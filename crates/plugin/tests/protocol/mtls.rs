//! Mutual TLS: only the client with the host's certificate may call.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

use crate::server::Server;
use testkit::plugin_client::{Handshake, Identity, try_schema};

#[tokio::test]
async fn the_hosts_certificate_is_let_in() {
    for identity in [Identity::p521(), Identity::p256()] {
        let (server, handshake) = Server::hosted(Some(&identity)).await;
        let schema = try_schema(&handshake, Some(&identity)).await.unwrap();
        assert!(schema.data_source_schemas.contains_key("toy_echo"));
        server.stop().await;
    }
}

#[tokio::test]
async fn everybody_else_is_refused() {
    let (p521, p256) = (Identity::p521(), Identity::p256());
    for host in [&p521, &p256] {
        let (server, handshake) = Server::hosted(Some(host)).await;
        let plain = Handshake { certificate: None, ..handshake.clone() };
        let strangers = [
            ("no certificate", &handshake, None),
            ("another certificate of the same name", &handshake, Some(Identity::p256())),
            ("the right certificate, the wrong key", &handshake, Some(host.with_key_of(&Identity::p256()))),
            ("the right certificate, another P-521 key", &handshake, Some(host.with_stolen_name())),
            ("plain text", &plain, None),
        ];
        for (name, handshake, stranger) in strangers {
            let outcome = try_schema(handshake, stranger.as_ref()).await;
            assert!(outcome.is_err(), "{name} was let in");
        }
        try_schema(&handshake, Some(host)).await.expect("the host still gets in");
        server.stop().await;
    }
}

#[tokio::test]
async fn clients_that_stall_or_talk_nonsense_keep_nobody_waiting() {
    let identity = Identity::p521();
    let (server, handshake) = Server::hosted(Some(&identity)).await;
    let mut strangers = Vec::new();
    for number in 0..200 {
        let mut stranger = UnixStream::connect(&handshake.socket).await.unwrap();
        if number % 2 == 0 {
            _ = stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
        }
        strangers.push(stranger);
    }
    let host = tokio::time::timeout(Duration::from_secs(5), try_schema(&handshake, Some(&identity)));
    host.await.expect("in time").expect("the host gets in");
    server.stop().await;
}

#[tokio::test]
async fn a_host_without_tls_is_served_in_plain_text() {
    let (server, handshake) = Server::hosted(None).await;
    assert_eq!(handshake.fields[5], "");
    try_schema(&handshake, None).await.unwrap();
    server.stop().await;
}
