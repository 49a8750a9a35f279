//! What a real core prints in the scenes that the documentation shows. The stand-in for CXone answers.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use serde_json::json;
use xtask::picture;

use super::normal;
use crate::demo::{SECRET, WRONG_SECRET};
use crate::environment;
use crate::sandbox::Sandbox;
use crate::terraform::Core;
use crate::workspace::{Plugin, Workspace};

/// Every captured file by its path in the repository: transcripts for the guides, pictures for the README.
///
/// # Errors
/// When a scene does not end as it should.
pub(super) fn all(core: &Core) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let sandbox = Sandbox::start(&environment::program(super::SANDBOX)?)?;
    sandbox.change_client(&json!({ "scopes": ["cxone:api", "cxone:reports"] }))?;
    let (plan, apply) = ephemeral_token(core, &sandbox)?;
    let transcript = |name: &str| PathBuf::from("templates/captured").join(name);
    let picture = |name: &str| PathBuf::from("docs/pictures").join(name);
    Ok(vec![
        (transcript("ephemeral-token-plan.txt"), normal::plain(&plan)),
        (transcript("ephemeral-token-apply.txt"), normal::plain(&apply)),
        (transcript("terraform-test.txt"), normal::plain(&tests(core, &sandbox)?)),
        (picture("refused.svg"), picture::render("terraform plan", &refused(core, &sandbox)?)),
        (picture("scope-drift.svg"), picture::render("terraform plan -detailed-exitcode", &drift(core, &sandbox)?)),
    ])
}

/// A token for another provider: the plan and the apply.
fn ephemeral_token(core: &Core, sandbox: &Sandbox) -> anyhow::Result<(String, String)> {
    let plugins = [Plugin::provider()?, Plugin::stand_in()?];
    let mut workspace = scene(core, &plugins, "templates/scenes/ephemeral-token.tf", sandbox)?;
    workspace.set_secret(SECRET);
    let plan = captured(&workspace, &["plan", "-out=plan.tfplan"], 0)?;
    let apply = captured(&workspace, &["apply", "plan.tfplan"], 0)?;
    Ok((plan, apply))
}

/// The tests of the example, with mocks and against the sandbox.
fn tests(core: &Core, sandbox: &Sandbox) -> anyhow::Result<String> {
    let mut workspace = scene(core, &[Plugin::provider()?], "examples/testing/main.tf", sandbox)?;
    for name in ["tests/mocks.tftest.hcl", "tests/sandbox.tftest.hcl"] {
        let text = std::fs::read_to_string(environment::root().join("examples/testing").join(name))?;
        workspace = workspace.with_file(name, &text)?;
    }
    workspace.set_secret(SECRET);
    captured(&workspace, &["test"], 0)
}

/// A plan with a wrong secret.
fn refused(core: &Core, sandbox: &Sandbox) -> anyhow::Result<String> {
    let mut workspace = scene(core, &[Plugin::provider()?], "examples/quickstart/main.tf", sandbox)?;
    workspace.set_secret(WRONG_SECRET);
    captured(&workspace, &["plan"], 1)
}

/// A plan after an administrator took a scope away.
fn drift(core: &Core, sandbox: &Sandbox) -> anyhow::Result<String> {
    let mut workspace = scene(core, &[Plugin::provider()?], "templates/scenes/scope-drift.tf", sandbox)?;
    workspace.set_secret(SECRET);
    captured(&workspace, &["apply", "-auto-approve"], 0)?;
    sandbox.change_client(&json!({ "scopes": ["cxone:api"], "unknown_scopes": "narrow" }))?;
    captured(&workspace, &["plan", "-detailed-exitcode"], 2)
}

fn scene(core: &Core, plugins: &[Plugin], configuration: &str, sandbox: &Sandbox) -> anyhow::Result<Workspace> {
    let path = environment::root().join(configuration);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {configuration}"))?;
    Ok(Workspace::try_new(core, plugins, &text)?.with_sandbox(sandbox))
}

fn captured(workspace: &Workspace, arguments: &[&str], expected_exit: i32) -> anyhow::Result<String> {
    let (exit, output) = workspace.capture(arguments)?;
    ensure!(exit == Some(expected_exit), "ended with {exit:?} instead of {expected_exit}:\n{output}");
    Ok(normal::settle(&output))
}
