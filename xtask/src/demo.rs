//! `cargo xtask demo`: the main job through a real core, against a stand-in CXone on this machine.

use anyhow::{Context as _, ensure};

use crate::sandbox::Sandbox;
use crate::terraform::Core;
use crate::workspace::{Plugin, Workspace};
use crate::{cargo, environment, report, terraform};

/// Plans and applies the quickstart, then plans it with a wrong secret. Leaves nothing behind.
///
/// # Errors
/// When a step does not end as it should.
pub(crate) fn run() -> anyhow::Result<()> {
    report::step("Building the provider and the sandbox (some minutes the first time)");
    cargo::build(&[PROVIDER])?;

    report::step("Looking for a core");
    let core = terraform::find()?;

    report::step("Starting the sandbox, a stand-in for the CXone token service");
    let sandbox = Sandbox::start(&environment::program(SANDBOX)?)?;
    report::detail(&format!("{} (nothing leaves this machine)", sandbox.token_url()));

    report::step("Copying examples/quickstart to a temporary folder; dev_overrides point to the provider just built");
    let quickstart = std::fs::read_to_string(environment::root().join("examples/quickstart/main.tf"))?;
    let mut workspace = Workspace::try_new(&core, &[Plugin::provider()?], &quickstart)?.with_sandbox(&sandbox);

    let outcome = scenes(&core, &mut workspace, &sandbox);
    report::step("Cleaning up: the temporary folder goes, the sandbox stops");
    drop(workspace);
    drop(sandbox);
    outcome?;
    report::text("\nThe demo went as it should.");
    Ok(())
}

fn scenes(core: &Core, workspace: &mut Workspace, sandbox: &Sandbox) -> anyhow::Result<()> {
    workspace.set_secret(SECRET);
    plan(workspace, sandbox)?;
    apply(workspace, sandbox)?;
    no_token_stays(workspace)?;
    workspace.set_secret(WRONG_SECRET);
    wrong_secret(core, workspace, sandbox)
}

/// The plan exchanges the credentials, so that a wrong one shows here and not in the middle of an apply.
fn plan(workspace: &Workspace, sandbox: &Sandbox) -> anyhow::Result<()> {
    report::step("Plan: the credentials are exchanged, and the token configures a second provider");
    let exit = workspace.run(&["plan", "-out=quickstart.tfplan"])?;
    ensure!(exit == Some(0), "the plan did not succeed");
    expect_grants(sandbox)
}

fn apply(workspace: &Workspace, sandbox: &Sandbox) -> anyhow::Result<()> {
    report::step("Apply: ephemeral tokens are not kept in the plan, so a new one is exchanged");
    sandbox.reset()?;
    let exit = workspace.run(&["apply", "quickstart.tfplan"])?;
    ensure!(exit == Some(0), "the apply did not succeed");
    expect_grants(sandbox)
}

/// Looks for a JWT in everything the core left in the folder.
fn no_token_stays(workspace: &Workspace) -> anyhow::Result<()> {
    report::step("Looking for the token in the state and the plan file");
    let files = workspace.files_with(&[JWT_START, SECRET])?;
    ensure!(files.is_empty(), "a token or the secret is in {}", files.join(", "));
    report::detail("neither the token nor the secret is there");
    Ok(())
}

fn wrong_secret(core: &Core, workspace: &Workspace, sandbox: &Sandbox) -> anyhow::Result<()> {
    report::step("Plan once more with a wrong secret: it has to fail, and to say why");
    sandbox.reset()?;
    let (exit, output) = workspace.capture(&["plan", "-no-color"])?;
    report::text(&output);
    ensure!(exit == Some(1), "{core} should have failed with exit code 1, not {exit:?}");
    ensure!(output.contains("invalid_client"), "the message does not name the error of the token service");
    ensure!(!output.contains(WRONG_SECRET), "the message shows the secret");
    let counters = sandbox.counters()?;
    ensure!(counters.exchanges == 1, "a wrong secret cost {} exchanges, not one", counters.exchanges);
    report::detail("the plan failed after one exchange, before anything was touched");
    Ok(())
}

fn expect_grants(sandbox: &Sandbox) -> anyhow::Result<()> {
    let counters = sandbox.counters().context("the sandbox does not answer")?;
    report::detail(&format!("exchanges the sandbox saw: {}, granted: {}", counters.exchanges, counters.granted));
    ensure!(counters.granted > 0 && counters.granted == counters.exchanges, "not every exchange was granted");
    Ok(())
}

const PROVIDER: &str = "terraform-provider-cxone";
/// The program that has the command `sandbox`.
const SANDBOX: &str = PROVIDER;

/// The secret of the client that the sandbox starts with. Not a secret: it opens nothing else.
pub(crate) const SECRET: &str = "not-a-real-secret";
pub(crate) const WRONG_SECRET: &str = "wrong-secret-not-real";

/// How every JWT begins: `{"` in base64.
const JWT_START: &str = "eyJ";
