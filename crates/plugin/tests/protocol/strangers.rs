//! Other processes at the provider's socket: they get nothing, and the host is still served.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plugin::proto::tfplugin6::{DynamicValue, validate_provider_config};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use testkit::deadline;
use testkit::plugin_client::{Handshake, Identity, LIMIT, Plugin, client, connect, try_schema};

use crate::example;

/// How long the host may wait for its answer, whoever else is at the socket. (A stranger's handshake may take ten.)
const PROMPT: Duration = Duration::from_secs(5);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/tmp").unwrap()
}

async fn expect_service(handshake: &Handshake, identity: &Identity) {
    let served = timeout(PROMPT, try_schema(handshake, Some(identity))).await;
    let schema = served.expect("the host is served in time").expect("the host is let in");
    assert!(schema.ephemeral_resource_schemas.contains_key("toy_lease"));
}

/// Everything that comes back for `bytes` until the provider hangs up.
async fn answer_to(socket: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    // The provider can close the connection before it has read everything.
    _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    _ = timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("a stranger is hung up on in time");
    answer
}

#[tokio::test]
async fn strangers_get_nothing_from_a_provider() {
    let (folder, host) = (folder(), Identity::p521());
    let plugin = Plugin::start(&example("toy"), folder.path(), &host);
    let handshake = &plugin.handshake;
    let plain = Handshake { certificate: None, ..handshake.clone() };
    let strangers = [
        ("no certificate", handshake, None),
        ("another certificate of the same name", handshake, Some(Identity::p256())),
        ("the host's certificate with another key", handshake, Some(host.with_key_of(&Identity::p256()))),
        ("plain HTTP/2", &plain, None),
    ];
    for (name, handshake, identity) in strangers {
        let outcome = timeout(LIMIT, try_schema(handshake, identity.as_ref())).await.expect("in time");
        assert!(outcome.is_err(), "{name} was let in");
    }
    expect_service(handshake, &host).await;
}

#[tokio::test]
async fn whoever_does_not_speak_tls_is_hung_up_on_without_a_word_of_the_protocol() {
    let (folder, host) = (folder(), Identity::p521());
    let plugin = Plugin::start(&example("toy"), folder.path(), &host);
    let giant_record = [&[0x16, 0x03, 0x01, 0xff, 0xff][..], &[0; 70_000]].concat();
    let giant_frame =
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1], &[0; 70_000]].concat();
    let strangers: [(&str, &[u8]); 5] = [
        ("HTTP/1", b"GET /tfplugin6.Provider/GetSchema HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("nonsense", &[0xa5; 4096]),
        ("an oversized TLS record", &giant_record),
        ("an oversized HTTP/2 frame", &giant_frame),
        ("a TLS alert", &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
    ];
    for (name, bytes) in strangers {
        let answer = answer_to(&plugin.handshake.socket, bytes).await;
        // At most a TLS alert.
        assert!(answer.len() <= 7 && answer.first().is_none_or(|kind| *kind == 0x15), "{name}: {answer:?}");
    }
    expect_service(&plugin.handshake, &host).await;
}

#[tokio::test]
async fn older_tls_is_refused_even_for_the_right_name() {
    let (folder, host) = (folder(), Identity::p521());
    let plugin = Plugin::start(&example("toy"), folder.path(), &host);
    let mut roots = RootCertStore::empty();
    roots.add(plugin.handshake.certificate.clone().unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = UnixStream::connect(&plugin.handshake.socket).await.unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream);
    assert!(timeout(LIMIT, connected).await.expect("in time").is_err());
    expect_service(&plugin.handshake, &host).await;
}

#[tokio::test]
async fn the_host_is_served_beside_a_thousand_half_open_connections() {
    let (folder, host) = (folder(), Identity::p521());
    let plugin = Plugin::start(&example("toy"), folder.path(), &host);
    let mut strangers = Vec::new();
    for number in 0..1_000 {
        let mut stranger = UnixStream::connect(&plugin.handshake.socket).await.unwrap();
        if number % 2 == 0 {
            // Only the first bytes of a handshake.
            _ = stranger.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await;
        }
        strangers.push(stranger);
    }
    expect_service(&plugin.handshake, &host).await;
    let peak = plugin.process.peak_memory();
    assert!(peak.is_none_or(|kilobytes| kilobytes < 64 * 1024), "{peak:?} kB");
}

#[tokio::test]
async fn strangers_that_use_up_the_descriptors_do_not_lock_the_host_out() {
    let (folder, host) = (folder(), Identity::p521());
    let direct = Plugin::command(&example("toy"), folder.path());
    let mut command = std::process::Command::new("sh");
    command.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PLUGIN_CLIENT_CERT", &host.pem).args(["-ec", "ulimit -n 32\nexec \"$0\""]).arg(direct.get_program());
    let plugin = Plugin::spawn(&mut command);
    let mut strangers = Vec::new();
    for _ in 0..100 {
        strangers.push(UnixStream::connect(&plugin.handshake.socket).await.unwrap());
    }
    let started = deadline::now();
    expect_service(&plugin.handshake, &host).await;
    assert!(started.elapsed() < PROMPT);
}

#[tokio::test]
async fn a_host_that_sends_too_much_is_refused_and_served_again() {
    let (folder, host) = (folder(), Identity::p521());
    let plugin = Plugin::start(&example("toy"), folder.path(), &host);
    let mut caller = client(connect(&plugin.handshake, Some(&host)).await.unwrap());
    for (name, msgpack) in [
        ("an array of four billion items", vec![0xdd, 0xff, 0xff, 0xff, 0xff]),
        ("text of four gigabytes", vec![0xdb, 0xff, 0xff, 0xff, 0xff]),
        ("nesting without end", vec![0x91; 1_000_000]),
        ("eight megabytes of nothing", vec![0xc0; 8 << 20]),
    ] {
        let config = Some(DynamicValue { msgpack, json: Vec::new() });
        let answer = caller.validate_provider_config(validate_provider_config::Request { config }).await;
        let answer = answer.unwrap_or_else(|status| panic!("{name}: {status:?}")).into_inner();
        assert!(!answer.diagnostics.is_empty(), "{name} was taken for a configuration");
    }
    expect_service(&plugin.handshake, &host).await;
    let peak = plugin.process.peak_memory();
    assert!(peak.is_none_or(|kilobytes| kilobytes < 128 * 1024), "{peak:?} kB");
}
