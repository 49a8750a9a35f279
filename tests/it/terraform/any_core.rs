//! The main job with a core of any age: everything that needs no ephemeral resources.

use serde_json::{Value, json};

use super::SECRET;
use testkit::sandbox::Sandbox;
use testkit::workspace::Workspace;

fn sandbox() -> Sandbox {
    let scopes = ["cxone:api", "cxone:users"];
    Sandbox::start(&[json!({ "client_id": "any-core", "client_secret": SECRET, "scopes": scopes })])
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    workspace.env("CXONE_CLIENT_ID", "any-core");
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace
}

#[test]
fn data_sources_and_a_baseline_are_planned_applied_and_destroyed() {
    let sandbox = sandbox();
    let mut workspace = workspace(&sandbox);
    workspace.write(
        r#"
        provider "cxone" {
          scopes = ["cxone:api", "cxone:users"]
        }
        data "cxone_access_token" "this" {}
        data "cxone_token_info" "this" {}
        resource "cxone_scope_baseline" "this" {
          scopes = ["cxone:api", "cxone:users"]
        }
        output "facts" {
          value = {
            granted = data.cxone_token_info.this.granted_scopes
            tenant  = data.cxone_token_info.this.tenant_id
            missing = cxone_scope_baseline.this.missing_scopes
          }
        }
        output "header" {
          value     = data.cxone_access_token.this.authorization_header
          sensitive = true
        }
        "#,
    );

    workspace.validate().expect_success();
    assert_eq!(sandbox.exchanges(), 0);
    workspace.plan().expect_success();
    assert_eq!(sandbox.exchanges(), 1);
    workspace.apply_plan().expect_success();
    assert_eq!(sandbox.exchanges(), 2);

    let facts = workspace.run(&["output", "-json", "facts"]).expect_success().json();
    assert_eq!((&facts["granted"], &facts["missing"]), (&json!(["cxone:api", "cxone:users"]), &json!([])));
    assert!(facts["tenant"].is_string(), "{facts}");
    let state = workspace.run(&["show", "-json"]).expect_success().json();
    let resources = state["values"]["root_module"]["resources"].as_array().unwrap();
    let token = resources.iter().find(|resource| resource["type"] == "cxone_access_token").unwrap();
    let header = token["values"]["authorization_header"].as_str().unwrap();
    assert_eq!(
        Some(header),
        token["values"]["access_token"].as_str().map(|token| format!("Bearer {token}")).as_deref()
    );
    assert_eq!(token["sensitive_values"]["access_token"], Value::Bool(true));

    workspace.run(&["destroy", "-json", "-auto-approve"]).expect_success();
    assert_eq!(sandbox.exchanges(), 5, "a destroy refreshes, plans and applies, each in a process of its own");
    workspace.finish();
}

#[test]
fn drift_of_a_baseline_ends_a_plan_with_two() {
    let sandbox = sandbox();
    let mut workspace = workspace(&sandbox);
    workspace.write("resource \"cxone_scope_baseline\" \"this\" {\n  scopes = [\"cxone:api\", \"cxone:users\"]\n}");
    workspace.apply().expect_success();
    let in_sync = workspace.plan_with(&["-detailed-exitcode"]);
    assert_eq!(in_sync.exit_code, Some(0), "{in_sync}");

    sandbox.change_client("any-core", &json!({ "scopes": ["cxone:api"], "unknown_scopes": "narrow" }));
    let drifted = workspace.plan_with(&["-detailed-exitcode"]);

    assert_eq!(drifted.exit_code, Some(2), "{drifted}");
    let warning = drifted.warnings().find(|warning| warning.address == "cxone_scope_baseline.this").unwrap();
    warning.expect_facts(&["Missing (declared, not granted): cxone:users."]);
    workspace.finish();
}

#[test]
fn a_refused_secret_fails_the_plan_and_explains_itself() {
    let sandbox = sandbox();
    let mut workspace = workspace(&sandbox);
    workspace.env("CXONE_CLIENT_SECRET", WRONG_SECRET);
    workspace.canary("wrong secret", WRONG_SECRET);
    workspace.write("data \"cxone_token_info\" \"this\" {}");

    let plan = workspace.plan().expect_failure();

    assert_eq!(sandbox.exchanges(), 1, "refused credentials are never tried twice");
    let error = plan.errors().next().unwrap();
    error.expect_facts(&["HTTP 401 invalid_client", "environment variable CXONE_CLIENT_SECRET"]);
    workspace.finish();
}

#[test]
fn functions_work_where_the_core_has_them() {
    testkit::needs!(functions);
    let mut workspace = Workspace::for_any_core();
    workspace.write(
        r#"
        locals {
          auth = provider::cxone::parse_auth_config("auth:\n  type: client_credentials\n  scope: a b\n")
        }
        output "results" {
          value = {
            subject = provider::cxone::decode_jwt("eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ.").claims.sub
            missing = provider::cxone::scope_diff(local.auth.scopes, ["a"]).missing
          }
        }
        "#,
    );

    workspace.apply().expect_success();
    let results = workspace.run(&["output", "-json", "results"]).expect_success().json();

    assert_eq!(results, json!({ "subject": "nobody", "missing": ["b"] }));
    workspace.finish();
}

/// What no client is registered with.
const WRONG_SECRET: &str = "Bd5Nf8Gm-canary-wrong-secret-7Yx2Cv4Kj";
