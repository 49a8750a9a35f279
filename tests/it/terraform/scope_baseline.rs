//! `resource "cxone_scope_baseline"`: a server changes its grants between runs, and Terraform shows it in its own terms.

use serde_json::{Value, json};

use super::SECRET;
use testkit::core::Core;
use testkit::run::Run;
use testkit::sandbox::Sandbox;
use testkit::workspace::Workspace;

const CLIENT: &str = "reporting-7f3a";

fn sandbox(scopes: &[&str]) -> Sandbox {
    Sandbox::start(&[
        json!({ "client_id": CLIENT, "client_secret": SECRET, "scopes": scopes, "unknown_scopes": "narrow" }),
    ])
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    workspace.env("CXONE_CLIENT_ID", CLIENT);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace
}

fn baseline(scopes: &str) -> String {
    format!("resource \"cxone_scope_baseline\" \"this\" {{\n  scopes = {scopes}\n}}\n")
}

/// Plans and expects this detailed exit code: 0 for no changes, 2 for changes.
#[track_caller]
fn plan(workspace: &mut Workspace, arguments: &[&str], exit_code: i32) -> Run {
    let run = workspace.plan_with(&[&["-detailed-exitcode"], arguments].concat());
    assert_eq!(run.exit_code, Some(exit_code), "{run}");
    run
}

/// The attributes in the state; null when there is no such object.
fn state(workspace: &mut Workspace) -> Value {
    let shown = workspace.run(&["show", "-json"]).expect_success().json();
    shown["values"]["root_module"]["resources"][0]["values"].clone()
}

#[test]
fn drift_in_both_directions_is_planned_and_apply_succeeds_only_when_cxone_agrees() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["b:write", "a:read"]"#));
    workspace.apply().expect_success();
    let verified = state(&mut workspace);
    assert_eq!(verified["granted_scopes"], json!(["a:read", "b:write"]));
    assert_eq!((&verified["missing_scopes"], &verified["extra_scopes"]), (&json!([]), &json!([])));
    assert_eq!(verified["scope_source"], "response");
    plan(&mut workspace, &[], 0);
    plan(&mut workspace, &["-refresh-only"], 0);

    sandbox.change_client(CLIENT, &json!({ "scopes": ["a:read"] }));
    let narrowed = plan(&mut workspace, &[], 2);
    let [warning] = narrowed.warnings().collect::<Vec<_>>()[..] else { panic!("one warning: {narrowed}") };
    warning.expect_facts(&[
        "Missing (declared, not granted): b:write.",
        "client reporting-7f3a",
        "changes nothing in CXone",
    ]);
    let refused = workspace.apply_plan().expect_failure();
    refused.error_at("cxone_scope_baseline.this").expect_facts(&[
        "in CXone, add b:write to the integration of client reporting-7f3a, or remove it from `scopes`",
        "at 127.0.0.1",
        "the `scope` of the token response",
        "The state keeps what it held.",
    ]);

    sandbox.change_client(CLIENT, &json!({ "scopes": ["a:read", "b:write"], "extra_scopes": ["z:admin"] }));
    let widened = plan(&mut workspace, &[], 2);
    let [warning] = widened.warnings().collect::<Vec<_>>()[..] else { panic!("one warning: {widened}") };
    warning.expect_facts(&["Extra (granted, not declared): z:admin.", "take z:admin away"]);

    sandbox.change_client(CLIENT, &json!({ "extra_scopes": [] }));
    plan(&mut workspace, &[], 0);
    workspace.apply().expect_success();
    let mended = state(&mut workspace);
    assert_eq!((&mended["missing_scopes"], &mended["extra_scopes"]), (&json!([]), &json!([])));
    workspace.finish();
}

#[test]
fn a_refresh_only_plan_shows_drift_as_a_change_from_outside_and_can_record_it() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read", "b:write"]"#));
    workspace.apply().expect_success();
    sandbox.change_client(CLIENT, &json!({ "scopes": ["a:read"] }));

    let text = workspace.run(&["plan", "-refresh-only", "-detailed-exitcode", "-no-color"]);
    assert_eq!(text.exit_code, Some(2), "{text}");
    assert!(text.stdout.contains(Core::find().drift_heading()), "{text}");
    plan(&mut workspace, &["-refresh-only"], 2);
    let planned = workspace.run(&["show", "-json", "plan.tfplan"]).expect_success().json();
    let change = &planned["resource_drift"][0]["change"];
    assert_eq!(change["before"]["missing_scopes"], json!([]));
    assert_eq!(change["after"]["missing_scopes"], json!(["b:write"]));
    assert_eq!(change["after"]["scopes"], json!(["a:read", "b:write"]), "the declaration stays");

    workspace.apply_plan().expect_success();
    let recorded = state(&mut workspace);
    plan(&mut workspace, &["-refresh-only"], 0);
    // What was recorded is no declaration: the next plan still has something to verify, even without asking.
    plan(&mut workspace, &["-refresh=false"], 2);
    assert_eq!(recorded["granted_scopes"], json!(["a:read"]));
    sandbox.change_client(CLIENT, &json!({ "scopes": ["a:read", "b:write"] }));
    plan(&mut workspace, &[], 0);
    workspace.finish();
}

#[test]
fn create_fails_with_the_difference_and_records_nothing() {
    let sandbox = sandbox(&["a:read"]);
    sandbox.change_client(CLIENT, &json!({ "extra_scopes": ["z:admin"] }));
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read", "b:write"]"#));

    let refused = workspace.apply().expect_failure();

    refused.error_at("cxone_scope_baseline.this").expect_facts(&[
        "Missing (declared, not granted): b:write.",
        "Extra (granted, not declared): z:admin.",
        "Nothing was recorded.",
    ]);
    assert_eq!(state(&mut workspace), Value::Null);
    workspace.finish();
}

#[test]
fn a_changed_declaration_is_verified_and_destroy_only_forgets() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read"]"#));
    workspace.apply().expect_success();
    workspace.write(&baseline(r#"["a:read", "b:write"]"#));
    let widened = plan(&mut workspace, &[], 2);
    assert_eq!(widened.warnings().count(), 0, "nothing has drifted: {widened}");
    workspace.apply_plan().expect_success();
    assert_eq!(state(&mut workspace)["granted_scopes"], json!(["a:read", "b:write"]));
    workspace.write(&baseline(r#"["a:read", "none:such"]"#));
    workspace.apply().expect_failure();
    assert_eq!(state(&mut workspace)["scopes"], json!(["a:read", "b:write"]), "the last baseline that held");

    let before = sandbox.exchanges();
    workspace.run(&["destroy", "-json", "-auto-approve", "-refresh=false"]).expect_success();

    assert!(sandbox.exchanges() - before <= 2, "no more than each process's own validation");
    assert_eq!(state(&mut workspace), Value::Null);
    workspace.finish();
}

#[test]
fn import_takes_any_id_and_adopts_what_is_granted() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["b:write", "a:read"]"#));

    workspace.run(&["import", "-no-color", "cxone_scope_baseline.this", "whatever you like"]).expect_success();

    assert_eq!(state(&mut workspace)["scopes"], json!(["a:read", "b:write"]));
    plan(&mut workspace, &[], 0);
    workspace.finish();
}

#[test]
fn an_unknowable_grant_fails_create_and_leaves_an_existing_state_alone() {
    let sandbox = sandbox(&["a:read"]);
    let silent = json!({ "scope_in_answer": "omit", "scope_claim": false, "jwt_type": "at+jwt" });
    sandbox.change_client(CLIENT, &silent);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read"]"#));
    let refused = workspace.apply().expect_failure();
    refused.error_at("cxone_scope_baseline.this").expect_facts(&[
        "cannot be known",
        "`at+jwt`",
        "Declare at least one",
    ]);

    sandbox.change_client(CLIENT, &json!({ "scope_in_answer": "text" }));
    workspace.apply().expect_success();
    let verified = state(&mut workspace);
    sandbox.change_client(CLIENT, &silent);
    let silent = plan(&mut workspace, &[], 0);
    let [warning] = silent.warnings().collect::<Vec<_>>()[..] else { panic!("one warning: {silent}") };
    warning.expect_facts(&["cannot be known", "The state keeps what was last known"]);
    workspace.apply().expect_success();
    assert_eq!(state(&mut workspace), verified);
    workspace.finish();
}

#[test]
fn a_state_of_an_older_schema_is_brought_up_and_one_of_a_newer_is_refused() {
    let sandbox = sandbox(&["a:read"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read"]"#));
    let stored = |version: i64| {
        json!({
            "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "11111111-2222-3333-4444-555555555555",
            "outputs": {}, "check_results": null,
            "resources": [{
                "mode": "managed", "type": "cxone_scope_baseline", "name": "this",
                "provider": "provider[\"registry.terraform.io/cxone-tools/cxone\"]",
                "instances": [{
                    "schema_version": version, "sensitive_attributes": [],
                    "attributes": { "scopes": ["a:read"], "granted_scopes": ["a:read"], "id": "left behind" },
                }],
            }],
        })
        .to_string()
    };

    workspace.write_file("terraform.tfstate", &stored(0));
    plan(&mut workspace, &[], 0);
    workspace.write_file("terraform.tfstate", &stored(2));
    let refused = workspace.plan().expect_failure();

    assert!(refused.errors().any(|error| error.text().contains("newer")), "{refused}");
    workspace.finish();
}

/// A thousand, since the core itself compares the sets of a managed resource each element with each: ten thousand take
/// it minutes. `scope_drift` has ten thousand on a data source.
#[test]
fn a_thousand_scopes_are_compared_and_named_in_short() {
    let names: Vec<String> = (0..1_000).map(|index| format!("cxone:scope-{index:05}")).collect();
    let granted: Vec<&str> = names.iter().skip(100).map(String::as_str).collect();
    let sandbox = sandbox(&granted);
    let list = |names: &[String]| json!(names).to_string();
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(&list(&names[100..])));
    workspace.apply().expect_success();
    plan(&mut workspace, &[], 0);
    workspace.write(&baseline(&list(&names)));

    let refused = workspace.apply().expect_failure();

    let error = refused.error_at("cxone_scope_baseline.this");
    error.expect_facts(&[
        "cxone:scope-00000, cxone:scope-00001",
        "cxone:scope-00049 and 50 more",
        "the missing scopes",
    ]);
    workspace.finish();
}

#[test]
fn declarations_that_are_no_scopes_are_refused_before_anything_is_asked() {
    let sandbox = sandbox(&["a:read"]);
    let mut workspace = workspace(&sandbox);
    for (scopes, why) in [
        (r#"["a b"]"#, "character 2 of a scope is U+0020"),
        (r#"["é"]"#, "character 1 of a scope is U+00E9"),
        (r#"[""]"#, "a scope may not be empty"),
        (r#"["a", null]"#, "a scope may not be null"),
    ] {
        workspace.write(&baseline(scopes));
        let refused = workspace.validate();
        assert_eq!(refused.exit_code, Some(1), "{scopes}: {refused}");
        assert!(refused.errors().any(|error| error.text().contains(why)), "{scopes}: {refused}");
    }
    assert_eq!(sandbox.exchanges(), 0);
    workspace.finish();
}
