//! Ctrl-C, SIGTERM and `kill -9` during an exchange that hangs.

use std::fs::OpenOptions;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::SECRET;
use testkit::core::Core;
use testkit::deadline::eventually;
use testkit::process;
use testkit::run::Running;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

/// A plan whose exchange hangs: the server has the request and keeps silent for longer than any test.
fn hanging_plan(wire: &ScriptedServer, settings: &str) -> (Workspace, Running) {
    let url = wire.route("/hang", [Reply::hang()]);
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          token_url       = "{url}"
          client_id       = "patient"
          request_timeout = "10m"
          {settings}
        }}
        ephemeral "cxone_access_token" "this" {{}}
        "#
    ));
    let running = workspace.start(&["plan", "-json"]);
    eventually(Duration::from_secs(30), "the exchange begins", || !wire.requests().is_empty());
    assert!(!workspace.providers().is_empty(), "no waiting provider found");
    (workspace, running)
}

/// How long a stopped run may take.
const PROMPT: Duration = Duration::from_secs(5);

#[test]
fn ctrl_c_ends_a_hanging_configuration() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let (workspace, mut running) = hanging_plan(&wire, "");

    running.group().interrupt();

    let run = running.finish(PROMPT);
    assert_eq!(run.exit_code, Some(1), "{run}");
    assert_eq!(wire.requests().len(), 1, "an interrupted exchange is not tried again");
    workspace.finish();
}

#[test]
fn ctrl_c_ends_a_hanging_ephemeral() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let (workspace, mut running) = hanging_plan(&wire, "skip_credentials_validation = true");

    running.group().interrupt();

    let run = running.finish(PROMPT);
    assert_eq!(run.exit_code, Some(1), "{run}");
    assert_eq!(wire.requests().len(), 1, "an interrupted exchange is not tried again");
    workspace.finish();
}

#[test]
fn ctrl_c_ends_the_wait_for_a_pipe_that_holds_a_secret() {
    testkit::needs!(ephemerals);
    let mut workspace = Workspace::new();
    let pipe = workspace.path("home/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    workspace.env("CXONE_CLIENT_ID", "patient").env("CXONE_CLIENT_SECRET_FILE", pipe.display().to_string());
    workspace.write("ephemeral \"cxone_access_token\" \"this\" {}");
    let (sender, opened) = mpsc::channel();
    // Opens when the provider does, and then neither writes nor ends.
    thread::spawn(move || sender.send(OpenOptions::new().write(true).open(&pipe)));
    let mut running = workspace.start(&["plan", "-json"]);
    let _writer = opened.recv_timeout(Duration::from_secs(30)).expect("the provider reads").unwrap();

    running.group().interrupt();

    let run = running.finish(PROMPT);
    assert_eq!(run.exit_code, Some(1), "{run}");
    workspace.finish();
}

#[test]
fn a_terminated_core_takes_its_provider_along() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let settings = if Core::find().stops_what_it_configures() { "" } else { "skip_credentials_validation = true" };
    let (workspace, mut running) = hanging_plan(&wire, settings);

    running.group().terminate_leader();

    let run = running.finish(PROMPT);
    assert_eq!(run.exit_code, Some(1), "{run}");
    workspace.finish();
}

#[test]
fn a_killed_provider_fails_the_run_at_once() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let (workspace, running) = hanging_plan(&wire, "");

    for id in workspace.providers() {
        process::kill(id);
    }

    let run = running.finish(PROMPT).expect_failure();
    assert_eq!(wire.requests().len(), 1, "{run}");
    workspace.finish_after_kill();
}

#[test]
fn a_killed_core_leaves_no_provider_behind() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let (workspace, mut running) = hanging_plan(&wire, "");

    running.group().kill_leader();

    // Not `running.finish`, which would end the orphans itself.
    eventually(PROMPT, "the orphaned provider ends", || workspace.providers().is_empty());
    drop(running);
    workspace.finish();
}
