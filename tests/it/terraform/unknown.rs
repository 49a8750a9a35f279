//! Settings that are unknown at plan.

use super::{SECRET, TOKEN};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

/// The secret that the same run creates. It stands in the state by the user's own doing, so it is no canary.
const CREATED: &str = "created-in-this-run";

fn workspace(wire: &ScriptedServer, objects: &str) -> Workspace {
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::new();
    workspace.canary("secret in the environment", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace.write(&format!(
        r#"
        resource "terraform_data" "secret" {{
          input = "{CREATED}"
        }}
        provider "cxone" {{
          token_url     = "{url}"
          client_id     = "late"
          client_secret = terraform_data.secret.output
        }}
        {objects}
        "#
    ));
    workspace
}

#[test]
fn a_secret_unknown_at_plan_is_exchanged_at_apply() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let mut workspace = workspace(&wire, "ephemeral \"cxone_access_token\" \"this\" {}");

    let plan = workspace.plan().expect_success();

    assert_eq!(wire.requests().len(), 0, "the environment's value took the unknown's place");
    let warnings: Vec<_> = plan.warnings().collect();
    let [warning] = warnings.as_slice() else { panic!("one warning was expected: {plan}") };
    warning.expect_facts(&["client_secret"]);
    assert!(warning.address.contains("ephemeral.cxone_access_token.this"), "{warning:?}");

    workspace.apply_plan().expect_success();
    assert_eq!(wire.only_request("/token").basic(), Some(format!("late:{CREATED}")));
    workspace.finish();
}

#[test]
fn a_data_source_with_an_unknown_secret_says_what_is_missing() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let objects = "data \"cxone_access_token\" \"this\" {}\ndata \"cxone_token_info\" \"this\" {}";
    let mut workspace = workspace(&wire, objects);

    let plan = workspace.plan().expect_failure();

    for address in ["data.cxone_access_token.this", "data.cxone_token_info.this"] {
        plan.error_at(address).expect_facts(&["client_secret"]);
    }
    assert_eq!(plan.errors().count(), 2, "{plan}");
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}
