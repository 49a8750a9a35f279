//! `cargo xtask demo`: the main job with a real core, against a sandbox on this machine.

use std::fs;
use std::io::IsTerminal as _;
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use serde_json::json;
use testkit::core::Core;
use testkit::leak_check::{files_below, unpacked};
use testkit::sandbox::Sandbox;
use testkit::workspace::{PROVIDER, SOURCE, Workspace};

use crate::{cargo, report, root};

/// Plans and applies the quickstart, then plans it with a wrong secret. Leaves nothing behind.
///
/// # Errors
/// A step fails.
pub(crate) fn run() -> anyhow::Result<()> {
    report::step("Building the provider (some minutes the first time)");
    cargo::build_programs(&[PROVIDER])?;

    report::step("Finding a core");
    let core = Core::locate()?;
    report::detail(&format!("{core} at {}", core.path.display()));

    report::step("Starting the sandbox, a stand-in for the CXone token service");
    let sandbox = sandbox(&["cxone:api"]);
    report::detail(&format!("{} (no request leaves this machine)", sandbox.token_url()));

    report::step("Copying examples/quickstart to a temporary folder; dev_overrides point to this build");
    let mut workspace = Workspace::for_command(&core, &[(SOURCE, testkit::program(PROVIDER))]);
    workspace.write(&fs::read_to_string(root().join("examples/quickstart/main.tf"))?);
    workspace.use_sandbox(&sandbox, CLIENT, SECRET);

    let outcome = scenes(&mut workspace, &sandbox);
    report::step("Cleaning up: removing the temporary folder and stopping the sandbox");
    drop(workspace);
    drop(sandbox);
    outcome?;
    report::text("\nThe demo succeeded.");
    Ok(())
}

/// A sandbox with one client.
pub(crate) fn sandbox(scopes: &[&str]) -> Sandbox {
    Sandbox::start(&[json!({ "client_id": CLIENT, "client_secret": SECRET, "scopes": scopes })])
}

fn scenes(workspace: &mut Workspace, sandbox: &Sandbox) -> anyhow::Result<()> {
    report::step("Plan: the provider requests a token, and the token configures a second provider");
    show(workspace, &["plan", "-out=quickstart.tfplan"])?;
    expect_grants(sandbox)?;

    report::step("Apply: the plan holds no ephemeral token, so the provider requests a new one");
    sandbox.reset();
    show(workspace, &["apply", "quickstart.tfplan"])?;
    expect_grants(sandbox)?;

    report::step("Searching the state and the plan file for the token");
    no_token_stays(workspace)?;
    report::detail("found neither the token nor the secret");

    report::step("Plan with a wrong secret: the plan must fail and name the reason");
    wrong_secret(workspace, sandbox)
}

/// Runs the core with its output shown.
fn show(workspace: &Workspace, words: &[&str]) -> anyhow::Result<()> {
    let plain: &[&str] = if std::io::stdout().is_terminal() { &[] } else { &["-no-color"] };
    let (name, options) = words.split_at(1);
    let mut command = workspace.command(&[name, plain, options].concat());
    report::command(&command);
    let status = command.stdin(Stdio::null()).status().context("cannot start the core")?;
    ensure!(status.success(), "{} failed", words[0]);
    Ok(())
}

/// Searches all files that the core left in the folder for a JWT and for the secret.
fn no_token_stays(workspace: &Workspace) -> anyhow::Result<()> {
    let mut looked_at = 0;
    for path in files_below(&workspace.path("module")) {
        let bytes = fs::read(&path)?;
        let files = unpacked(&bytes).unwrap_or_else(|_| vec![(String::new(), bytes)]);
        looked_at += files.len();
        for (_, bytes) in files {
            let text = String::from_utf8_lossy(&bytes);
            ensure!(!text.contains(JWT_START), "a token is in {}", path.display());
            ensure!(!text.contains(SECRET), "the secret is in {}", path.display());
        }
    }
    // Configuration, state, and the files inside of a plan.
    ensure!(looked_at > 4, "only {looked_at} files were searched");
    Ok(())
}

fn wrong_secret(workspace: &mut Workspace, sandbox: &Sandbox) -> anyhow::Result<()> {
    sandbox.reset();
    workspace.use_sandbox(sandbox, CLIENT, WRONG_SECRET);
    let run = workspace.run(&["plan", "-no-color"]);
    let output = run.stdout + &run.stderr;
    report::text(&output);
    ensure!(run.exit_code == Some(1), "the exit code of the plan is {:?} instead of 1", run.exit_code);
    ensure!(output.contains("invalid_client"), "the message does not name the token service's error");
    ensure!(!output.contains(WRONG_SECRET), "the message shows the secret");
    let exchanges = sandbox.exchanges();
    ensure!(exchanges == 1, "a wrong secret cost {exchanges} token requests instead of one");
    report::detail("the plan failed after one token request and changed nothing");
    Ok(())
}

fn expect_grants(sandbox: &Sandbox) -> anyhow::Result<()> {
    let (exchanges, granted) = (sandbox.exchanges(), sandbox.granted());
    report::detail(&format!("token requests: {exchanges}, granted: {granted}"));
    ensure!(granted > 0 && granted == exchanges, "not every token request was granted");
    Ok(())
}

/// The client of a sandbox without configuration. Its secret is useless elsewhere.
pub(crate) const CLIENT: &str = "sandbox-client";
pub(crate) const SECRET: &str = "not-a-real-secret";
pub(crate) const WRONG_SECRET: &str = "wrong-secret-not-real";

/// The start of every JWT: `{"` in base64.
const JWT_START: &str = "eyJ";
