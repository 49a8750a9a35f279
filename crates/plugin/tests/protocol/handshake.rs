//! The start of a provider's program by a core, and its end.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use plugin::proto::tfplugin6::configure_provider;
use serde_json::json;
use testkit::deadline::eventually;
use testkit::plugin_client::{
    FAREWELL, Identity, LIMIT, Plugin, client, connect, encoded, refused, serve_for_debugger, socket_folder, try_schema,
};
use testkit::process::Signal;
use tokio::time::timeout;

use crate::example;

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn started_by_hand_it_explains_itself() {
    let folder = socket_folder();
    for cookie in [None, Some("wrong")] {
        let mut command = Plugin::command(&example("toy"), folder.path());
        command.env_remove("TF_PLUGIN_MAGIC_COOKIE").envs(cookie.map(|cookie| ("TF_PLUGIN_MAGIC_COOKIE", cookie)));
        let text = String::from_utf8(refused(&mut command).stderr).unwrap();
        assert!(text.contains("plugin") && text.contains("Terraform"), "{text}");
    }
    assert!(is_empty(folder.path()));
}

#[test]
fn an_unreadable_client_certificate_is_refused() {
    let folder = socket_folder();
    let not_unicode = [b"\xff\n", Identity::p521().pem.as_bytes()].concat();
    for certificate in [OsStr::new("no certificate"), OsStr::from_bytes(&not_unicode)] {
        let output = refused(Plugin::command(&example("toy"), folder.path()).env("PLUGIN_CLIENT_CERT", certificate));
        assert!(String::from_utf8(output.stderr).unwrap().contains("PLUGIN_CLIENT_CERT"));
    }
}

#[test]
fn the_handshake_names_version_six_whatever_the_host_offers() {
    // A host without version 6 reports the mismatch itself, because nobody sees the plugin's output.
    for versions in [Some("5,6"), Some("6,5"), Some("6"), Some("5"), None] {
        let folder = socket_folder();
        let mut command = Plugin::command(&example("toy"), folder.path());
        command.env_remove("PLUGIN_PROTOCOL_VERSIONS").envs(versions.map(|it| ("PLUGIN_PROTOCOL_VERSIONS", it)));
        let plugin = Plugin::spawn(&mut command);
        let fields: Vec<&str> = plugin.handshake.fields.iter().map(String::as_str).collect();
        assert_eq!((&fields[..3], &fields[4..]), (&["1", "6", "unix"][..], &["grpc", ""][..]), "{versions:?}");
    }
}

#[test]
fn the_socket_is_its_owners_alone() {
    let folder = socket_folder();
    let plugin = Plugin::start(&example("toy"), folder.path(), &Identity::p521());
    assert!(plugin.handshake.certificate.is_some());
    let socket = &plugin.handshake.socket;
    let private = socket.parent().unwrap();
    assert!(socket.starts_with(folder.path()), "{socket:?} is not below TMPDIR");
    assert!(fs::metadata(socket).unwrap().file_type().is_socket());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(private), mode(socket)), (0o700, 0o600));
}

#[test]
fn too_long_a_temporary_folder_is_not_used() {
    let folder = socket_folder();
    let long = folder.path().join("x".repeat(100));
    fs::create_dir(&long).unwrap();
    let plugin = Plugin::start(&example("toy"), &long, &Identity::p521());
    assert!(plugin.handshake.socket.starts_with("/tmp"), "{:?}", plugin.handshake.socket);
    assert!(is_empty(&long));
    plugin.process.terminate_leader();
    let socket = &plugin.handshake.socket;
    eventually(FAREWELL, "the folder is removed", || !socket.parent().unwrap().exists());
}

#[test]
fn a_temporary_folder_without_a_root_is_not_used() {
    for relative in ["", "."] {
        let folder = socket_folder();
        let mut command = Plugin::command(&example("toy"), folder.path());
        let plugin = Plugin::spawn(command.env("TMPDIR", relative).current_dir(folder.path()));
        assert!(plugin.handshake.socket.starts_with("/tmp"), "{:?}", plugin.handshake.socket);
        assert!(is_empty(folder.path()), "TMPDIR={relative}");
        plugin.process.terminate_leader();
        let socket = &plugin.handshake.socket;
        eventually(FAREWELL, "the folder is removed", || !socket.parent().unwrap().exists());
    }
}

#[test]
fn every_signal_to_end_ends_it_within_two_seconds_and_leaves_nothing() {
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        let folder = socket_folder();
        let mut plugin = Plugin::start(&example("toy"), folder.path(), &Identity::p521());
        plugin.process.signal_leader(signal);
        let status = plugin.process.wait(FAREWELL).expect("it ends in time");
        assert!(status.success(), "{signal:?}: {status}");
        assert!(is_empty(folder.path()), "{signal:?}");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let folder = socket_folder();
    let direct = Plugin::command(&example("toy"), folder.path());
    let mut command = Command::new("sh");
    command.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // `nohup` and a script's background job start programs like this.
    command.args(["-ec", "trap '' HUP QUIT INT\nexec \"$0\""]).arg(direct.get_program());
    let mut plugin = Plugin::spawn(&mut command);
    for signal in [Signal::HUP, Signal::QUIT, Signal::INT] {
        plugin.process.signal_leader(signal);
        assert_eq!(plugin.process.wait(Duration::from_millis(50)), None, "{signal:?} ended it");
    }
    let ignored = fs::read_to_string(format!("/proc/{}/status", plugin.process.id())).unwrap_or_default();
    if let Some(mask) = ignored.lines().find_map(|line| line.strip_prefix("SigIgn:")) {
        let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
        // The first three signals: HUP is 1, INT is 2, QUIT is 3.
        assert_eq!(mask & 0b111, 0b111, "an ignored signal is no longer ignored");
    }
    plugin.process.terminate_leader();
    assert!(plugin.process.wait(FAREWELL).expect("it ends in time").success());
}

#[tokio::test]
async fn ctrl_c_is_the_hosts_to_handle_and_stops_what_is_under_way() {
    let folder = socket_folder();
    let identity = Identity::p521();
    let mut plugin = Plugin::start(&example("toy"), folder.path(), &identity);
    let mut client = client(connect(&plugin.handshake, Some(&identity)).await.unwrap());
    fn configuring(greeting: &str) -> configure_provider::Request {
        configure_provider::Request { config: encoded(json!({"greeting": greeting})), ..Default::default() }
    }
    // The connection is admitted only when its first call is answered.
    client.configure_provider(configuring("hello")).await.unwrap();
    let mut hanging = client.clone();
    let hanging = tokio::spawn(async move { hanging.configure_provider(configuring("hang")).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!hanging.is_finished());
    plugin.process.interrupt();
    let on_its_way = client.configure_provider(configuring("hang"));
    for answer in [timeout(FAREWELL, hanging).await.unwrap().unwrap(), timeout(FAREWELL, on_its_way).await.unwrap()] {
        assert_eq!(answer.unwrap().into_inner().diagnostics[0].summary, "Interrupted");
    }
    plugin.process.interrupt();
    assert_eq!(plugin.process.wait(Duration::from_millis(20)), None);
    assert!(plugin.handshake.socket.exists());
}

#[test]
fn it_ends_soon_after_its_host_was_killed() {
    let folder = socket_folder();
    let mut command = Command::new("sh");
    let plugin = Plugin::command(&example("toy"), folder.path());
    command.env_clear().envs(plugin.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // A shell as host: the plugin is its child. The second command keeps the shell from becoming the plugin.
    command.args(["-c", "\"$0\" & wait"]).arg(example("toy")).stderr(Stdio::null());
    let mut host = Plugin::spawn(&mut command);
    host.process.kill_leader();
    eventually(LIMIT, "the socket's folder is removed", || is_empty(folder.path()));
}

#[tokio::test]
async fn it_outlives_every_lost_connection_while_its_host_lives() {
    let folder = socket_folder();
    let identity = Identity::p521();
    let mut plugin = Plugin::start(&example("toy"), folder.path(), &identity);
    for _ in 0..2 {
        // The connection is admitted, answers a call, and is lost.
        try_schema(&plugin.handshake, Some(&identity)).await.unwrap();
        drop(std::os::unix::net::UnixStream::connect(&plugin.handshake.socket).unwrap());
    }
    assert_eq!(plugin.process.wait(Duration::from_millis(700)), None, "a lost connection ended it");
    try_schema(&plugin.handshake, Some(&identity)).await.unwrap();
}

#[test]
fn debug_mode_prints_what_reattaches_a_core_and_ends_at_an_interrupt() {
    serve_for_debugger(&example("toy"), "--debug", "example/toy");
}
