//! `resource "cxone_scope_baseline"`: a server changes its grants between runs, and Terraform reports that as drift.

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

/// The attributes in the state; null when there is no such object. Read from the file: a core that shows its state
/// starts the provider for the schema.
fn state(workspace: &Workspace) -> Value {
    if !workspace.path("module/terraform.tfstate").exists() {
        return Value::Null;
    }
    let stored: Value = serde_json::from_str(&workspace.read_file("terraform.tfstate")).expect("a state");
    let resources = stored["resources"].as_array().expect("resources");
    let baseline = resources.iter().find(|resource| resource["type"] == "cxone_scope_baseline");
    baseline.map_or(Value::Null, |baseline| baseline["instances"][0]["attributes"].clone())
}

#[test]
fn drift_in_both_directions_is_planned_and_apply_succeeds_only_when_cxone_agrees() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["b:write", "a:read"]"#));
    workspace.apply().expect_success();
    let verified = state(&workspace);
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
        "The state records this declaration and CXone's response",
    ]);

    sandbox.change_client(CLIENT, &json!({ "scopes": ["a:read", "b:write"], "extra_scopes": ["z:admin"] }));
    let widened = plan(&mut workspace, &[], 2);
    let [warning] = widened.warnings().collect::<Vec<_>>()[..] else { panic!("one warning: {widened}") };
    warning.expect_facts(&["Extra (granted, not declared): z:admin.", "remove z:admin"]);

    sandbox.change_client(CLIENT, &json!({ "extra_scopes": [] }));
    plan(&mut workspace, &[], 0);
    workspace.apply().expect_success();
    let mended = state(&workspace);
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
    let recorded = state(&workspace);
    plan(&mut workspace, &["-refresh-only"], 0);
    // The recorded grant is not the declared one, so the next plan has something to verify, even without a refresh.
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
    assert_eq!(state(&workspace), Value::Null);
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
    assert_eq!(state(&workspace)["granted_scopes"], json!(["a:read", "b:write"]));
    workspace.write(&baseline(r#"["a:read", "none:such"]"#));
    workspace.apply().expect_failure();
    assert_eq!(state(&workspace)["scopes"], json!(["a:read", "none:such"]), "the next read requests these scopes");

    let before = sandbox.exchanges();
    workspace.run(&["destroy", "-json", "-auto-approve", "-refresh=false"]).expect_success();

    assert!(sandbox.exchanges() - before <= 2, "more exchanges than one validation per process");
    assert_eq!(state(&workspace), Value::Null);
    workspace.finish();
}

#[test]
fn import_takes_any_id_and_adopts_what_is_granted() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["b:write", "a:read"]"#));

    workspace.run(&["import", "-no-color", "cxone_scope_baseline.this", "whatever you like"]).expect_success();

    assert_eq!(state(&workspace)["scopes"], json!(["a:read", "b:write"]));
    plan(&mut workspace, &[], 0);
    workspace.finish();
}

#[test]
fn an_unknowable_grant_says_what_would_make_it_knowable() {
    let sandbox = sandbox(&["a:read"]);
    sandbox.change_client(CLIENT, &Grant::Unknown.change());
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read"]"#));

    let refused = workspace.apply().expect_failure();

    refused.error_at("cxone_scope_baseline.this").expect_facts(&[
        "The grant is unknown",
        "`at+jwt`",
        "Declare at least one",
        "Nothing was recorded.",
    ]);
    workspace.finish();
}

/// What CXone makes of a request for both scopes of the table below.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Grant {
    Agrees,
    /// One scope less is granted.
    Differs,
    /// `invalid_scope`, since one of them is no longer the client's.
    Refused,
    /// A token that does not say.
    Unknown,
}

impl Grant {
    fn change(self) -> Value {
        let readable = json!({ "scope_in_answer": "text", "scope_claim": true, "jwt_type": "JWT" });
        let mut change = match self {
            Self::Agrees => json!({ "scopes": ["a:read", "b:write"], "unknown_scopes": "narrow" }),
            Self::Differs => json!({ "scopes": ["a:read"], "unknown_scopes": "narrow" }),
            Self::Refused => json!({ "scopes": ["a:read"], "unknown_scopes": "refuse" }),
            Self::Unknown => json!({
                "scopes": ["a:read", "b:write"], "scope_in_answer": "omit", "scope_claim": false, "jwt_type": "at+jwt",
            }),
        };
        for (name, value) in readable.as_object().unwrap() {
            change.as_object_mut().unwrap().entry(name.clone()).or_insert(value.clone());
        }
        change
    }

    /// What a plan over the recorded declaration warns of; nothing where they agree.
    fn warning(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Agrees => None,
            Self::Differs => Some(&["drifted", "Missing (declared, not granted): b:write."]),
            Self::Refused => Some(&[
                "rejects",
                "a:read, b:write",
                "not granted to this client: b:write",
                "It names b:write.",
                "recorded in the state",
            ]),
            Self::Unknown => Some(&["The grant is unknown", "a:read, b:write", "recorded in the state"]),
        }
    }
}

/// A provider block that the baseline is watched through: with scopes of its own, which are the baseline's, or without.
const WITHOUT_SCOPES: &str = "provider \"cxone\" {}\n";
const WITH_THE_SAME_SCOPES: &str = "provider \"cxone\" {\n  scopes = [\"a:read\", \"b:write\"]\n  \
                                    skip_credentials_validation = true\n}\n";

/// The one warning, or none, as `expected`.
#[track_caller]
fn expect_warning(run: &Run, expected: Option<&[&str]>) {
    match (&run.warnings().collect::<Vec<_>>()[..], expected) {
        ([], None) => {}
        ([warning], Some(facts)) => {
            warning.expect_facts(facts);
        }
        (warnings, expected) => panic!("{} warnings where {expected:?} was expected: {run}", warnings.len()),
    }
}

/// Every RPC of the resource, each with what CXone grants by then; one workspace goes through all of them.
#[track_caller]
fn lives_through(grant: Grant, provider: &str) {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    let declare = |scopes: &str| format!("{provider}{}", baseline(scopes));
    let both = declare(r#"["a:read", "b:write"]"#);
    let declared = json!(["a:read", "b:write"]);
    let agrees = grant == Grant::Agrees;
    let changes = if agrees { 0 } else { 2 };
    workspace.write(&both);
    workspace.apply().expect_success();
    let verified = state(&workspace);
    sandbox.change_client(CLIENT, &grant.change());

    // Refresh and plan.
    expect_warning(&plan(&mut workspace, &[], changes), grant.warning());
    expect_warning(&plan(&mut workspace, &["-refresh=false"], 0), None);
    let refreshed = plan(&mut workspace, &["-refresh-only"], changes);
    expect_warning(&refreshed, grant.warning().filter(|_| grant != Grant::Differs));
    workspace.apply_plan().expect_success();
    let recorded = state(&workspace);
    assert_eq!(recorded["scopes"], declared, "the declaration stays");
    let (source, granted) = match grant {
        Grant::Agrees => ("response", declared.clone()),
        Grant::Differs => ("response", json!(["a:read"])),
        Grant::Refused => ("refused", Value::Null),
        Grant::Unknown => ("unknown", Value::Null),
    };
    assert_eq!((&recorded["scope_source"], &recorded["granted_scopes"]), (&json!(source), &granted));
    assert_eq!(recorded == verified, agrees, "{recorded}");
    assert_eq!(recorded["missing_scopes"].is_null(), granted.is_null());
    let unrefreshed = plan(&mut workspace, &["-refresh=false"], changes);
    let fresh_words = |fact: &&str| !fact.contains("this client") && !fact.starts_with("It names");
    let facts: Option<Vec<_>> = grant.warning().map(|facts| facts.iter().copied().filter(fresh_words).collect());
    expect_warning(&unrefreshed, facts.as_deref());

    // Update with an unchanged declaration.
    let updated = workspace.apply();
    if agrees {
        updated.expect_success();
    } else {
        updated.expect_failure().error_at(".this").expect_facts(&["The state records this declaration"]);
    }
    assert_eq!(state(&workspace)["scopes"], declared);
    plan(&mut workspace, &[], changes);

    // A change to scopes that CXone grants, then to scopes that it does not, until CXone grants them.
    workspace.write(&declare(r#"["a:read"]"#));
    let edited = plan(&mut workspace, &[], 2);
    assert_eq!(
        edited.warnings().any(|warning| warning.text().contains("now declares: a:read")),
        grant == Grant::Refused
    );
    let applied = workspace.apply_plan();
    if grant == Grant::Unknown {
        applied.expect_failure();
        plan(&mut workspace, &[], 2);
    } else {
        applied.expect_success();
        plan(&mut workspace, &[], 0);
    }
    workspace.write(&declare(r#"["a:read", "b:write", "c:use"]"#));
    workspace.apply().expect_failure();
    assert_eq!(state(&workspace)["scopes"], json!(["a:read", "b:write", "c:use"]));
    plan(&mut workspace, &[], 2);
    sandbox.change_client(CLIENT, &Grant::Agrees.change());
    sandbox.change_client(CLIENT, &json!({ "scopes": ["a:read", "b:write", "c:use"] }));
    plan(&mut workspace, &[], 0);

    // Removal from the configuration.
    sandbox.change_client(CLIENT, &grant.change());
    workspace.write(provider);
    plan(&mut workspace, &[], 2);
    workspace.apply_plan().expect_success();
    assert_eq!(state(&workspace), Value::Null);

    // Creation.
    workspace.write(&both);
    let created = workspace.apply();
    if agrees {
        created.expect_success();
        workspace.run(&["destroy", "-json", "-auto-approve"]).expect_success();
    } else {
        created.expect_failure();
    }
    assert_eq!(state(&workspace), Value::Null);

    // An import requests the provider's scopes, or none.
    let import = workspace.run(&["import", "-no-color", "cxone_scope_baseline.this", "any"]);
    let adopted = match (grant, provider == WITH_THE_SAME_SCOPES) {
        (Grant::Agrees, _) => Some(declared),
        (Grant::Differs, _) | (Grant::Refused, false) => Some(json!(["a:read"])),
        (Grant::Refused, true) | (Grant::Unknown, _) => None,
    };
    assert_eq!(import.exit_code, Some(if adopted.is_some() { 0 } else { 1 }), "{import}");
    assert_eq!(state(&workspace)["scopes"], adopted.unwrap_or_default());

    // Destruction.
    workspace.run(&["destroy", "-json", "-auto-approve"]).expect_success();
    assert_eq!(state(&workspace), Value::Null);
    workspace.finish();
}

#[test]
fn while_cxone_agrees_every_step_of_a_life_works() {
    lives_through(Grant::Agrees, WITHOUT_SCOPES);
}

#[test]
fn while_cxone_agrees_every_step_of_a_life_works_beside_the_same_scopes() {
    lives_through(Grant::Agrees, WITH_THE_SAME_SCOPES);
}

#[test]
fn while_the_grant_differs_every_step_of_a_life_works() {
    lives_through(Grant::Differs, WITHOUT_SCOPES);
}

#[test]
fn while_the_grant_differs_every_step_of_a_life_works_beside_the_same_scopes() {
    lives_through(Grant::Differs, WITH_THE_SAME_SCOPES);
}

#[test]
fn while_cxone_refuses_the_scopes_every_step_of_a_life_works() {
    lives_through(Grant::Refused, WITHOUT_SCOPES);
}

#[test]
fn while_cxone_refuses_the_scopes_every_step_of_a_life_works_beside_the_same_scopes() {
    lives_through(Grant::Refused, WITH_THE_SAME_SCOPES);
}

#[test]
fn while_the_grant_is_unknown_every_step_of_a_life_works() {
    lives_through(Grant::Unknown, WITHOUT_SCOPES);
}

#[test]
fn while_the_grant_is_unknown_every_step_of_a_life_works_beside_the_same_scopes() {
    lives_through(Grant::Unknown, WITH_THE_SAME_SCOPES);
}

#[test]
fn one_drift_is_warned_of_once_where_the_provider_validates_the_same_scopes() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    let module = "provider \"cxone\" {\n  scopes = [\"a:read\", \"b:write\"]\n}\n".to_owned();
    workspace.write(&(module + &baseline(r#"["a:read", "b:write"]"#)));
    workspace.apply().expect_success();
    for (grant, exit_code, facts) in [
        (Grant::Agrees, 0, None),
        (Grant::Differs, 2, Some(&["did not grant the declared scopes"][..])),
        (Grant::Unknown, 2, Some(&["The granted scopes are unknown"][..])),
        // CXone rejects the provider block's own scopes, so no configuration works.
        (Grant::Refused, 1, None),
    ] {
        sandbox.change_client(CLIENT, &grant.change());
        expect_warning(&plan(&mut workspace, &[], exit_code), facts);
    }
    workspace.finish();
}

#[test]
fn another_failure_than_a_refused_scope_is_an_error_and_changes_nothing_but_the_declaration() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    let provider = "provider \"cxone\" {\n  skip_credentials_validation = true\n}\n";
    let declare = |scopes: &str| format!("{provider}{}", baseline(scopes));
    workspace.write(&declare(r#"["a:read"]"#));
    workspace.apply().expect_success();
    let verified = state(&workspace);
    sandbox.change_client(CLIENT, &json!({ "client_secret": "another" }));

    workspace.plan().expect_failure();
    assert_eq!(state(&workspace), verified);
    workspace.write(&declare(r#"["a:read", "b:write"]"#));
    let edited = workspace.run(&["apply", "-json", "-auto-approve", "-refresh=false"]).expect_failure();
    edited.error_at(".this").expect_facts(&["The state records this declaration without a grant"]);
    let recorded = state(&workspace);
    assert_eq!((&recorded["scopes"], &recorded["scope_source"]), (&json!(["a:read", "b:write"]), &json!("unknown")));
    let again = workspace.run(&["apply", "-json", "-auto-approve", "-refresh=false"]).expect_failure();
    again.error_at(".this").expect_facts(&["The state is unchanged."]);

    sandbox.change_client(CLIENT, &json!({ "client_secret": SECRET }));
    plan(&mut workspace, &[], 0);
    workspace.finish();
}

#[test]
fn a_plan_knows_what_its_apply_can_only_end_in() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    let planned = |workspace: &mut Workspace| {
        plan(workspace, &[], 2);
        let shown = workspace.run(&["show", "-json", "plan.tfplan"]).expect_success().json();
        shown["resource_changes"][0]["change"].clone()
    };
    workspace.write(&baseline(r#"["a:read"]"#));
    let created = planned(&mut workspace);
    workspace.apply_plan().expect_success();
    workspace.write(&baseline(r#"["b:write", "a:read"]"#));
    let changed = planned(&mut workspace);
    workspace.apply_plan().expect_success();
    for (change, scopes) in [(created, json!(["a:read"])), (changed, json!(["a:read", "b:write"]))] {
        assert_eq!(change["after"]["granted_scopes"], scopes);
        assert_eq!((&change["after"]["missing_scopes"], &change["after"]["extra_scopes"]), (&json!([]), &json!([])));
        let unknown = change["after_unknown"].as_object().unwrap();
        let unknown: Vec<_> = unknown.iter().filter(|(_, is)| **is == json!(true)).map(|(name, _)| name).collect();
        assert_eq!(unknown, ["last_verified_at", "scope_source"], "{change}");
    }
    workspace.write(
        "resource \"terraform_data\" \"late\" {\n  input = \"a:read\"\n}\nresource \"cxone_scope_baseline\" \"this\" {\n  \
         scopes = [terraform_data.late.output]\n}\n",
    );
    workspace.plan().expect_success();
    workspace.apply_plan().expect_success();
    assert_eq!(state(&workspace)["granted_scopes"], json!(["a:read"]));
    workspace.finish();
}

#[test]
fn a_baseline_that_declares_nothing_is_an_error_at_the_latest_in_plan() {
    let sandbox = sandbox(&["a:read"]);
    let mut workspace = workspace(&sandbox);
    let both_null = "`scopes` and `claims` are both null; set at least one";
    let variable = |declaration: &str, argument: &str, declared: &str| {
        let variable = format!("variable \"declared\" {{\n  type    = {declaration}\n  default = {declared}\n}}\n");
        format!("{variable}resource \"cxone_scope_baseline\" \"this\" {{\n  {argument} = var.declared\n}}\n")
    };
    let of_variables = [
        (variable("set(string)", "scopes", "null"), both_null),
        (variable("map(string)", "claims", "{}"), "`claims` is empty and `scopes` is null"),
    ];
    for (written, why) in [(baseline("null"), both_null), (claims(""), "`claims` is empty and `scopes` is null")] {
        workspace.write(&written);
        workspace.validate().expect_failure().error_at(".this").expect_facts(&[why]);
    }
    for is_update in [false, true] {
        for (configuration, why) in &of_variables {
            workspace.write(configuration);
            workspace.validate().expect_success();
            workspace.plan().expect_failure().error_at(".this").expect_facts(&[why]);
        }
        if !is_update {
            workspace.write(&baseline(r#"["a:read"]"#));
            workspace.apply().expect_success();
        }
    }
    // Known only at apply, and not a mistake if there are scopes.
    workspace.write(
        "resource \"terraform_data\" \"late\" {\n  input = {}\n}\nresource \"cxone_scope_baseline\" \"this\" {\n  claims = \
         terraform_data.late.output\n}\n",
    );
    workspace.apply().expect_failure().error_at(".this").expect_facts(&["so nothing would be verified"]);
    workspace.write("resource \"cxone_scope_baseline\" \"this\" {\n  scopes = [\"a:read\"]\n  claims = {}\n}\n");
    workspace.apply().expect_success();
    plan(&mut workspace, &[], 0);
    workspace.finish();
}

#[test]
fn a_baseline_outlives_its_credentials_and_is_destroyed_without_them() {
    let sandbox = sandbox(&["a:read"]);
    for gone in ["revoked in CXone", "removed from the environment"] {
        let mut workspace = workspace(&sandbox);
        workspace.write(&baseline(r#"["a:read"]"#));
        sandbox.change_client(CLIENT, &json!({ "client_secret": SECRET }));
        workspace.apply().expect_success();
        sandbox.change_client(CLIENT, &json!({ "client_secret": "another" }));
        if gone == "removed from the environment" {
            // The provider still needs a value for each, but accepts any.
            workspace.env("CXONE_CLIENT_ID", "gone").env("CXONE_CLIENT_SECRET", "gone-as-well");
        }
        workspace.run(&["destroy", "-json", "-auto-approve"]).expect_failure();
        let before = sandbox.exchanges();

        workspace.env("CXONE_SKIP_CREDENTIALS_VALIDATION", "true");
        workspace.run(&["destroy", "-json", "-auto-approve", "-refresh=false"]).expect_success();

        assert_eq!(sandbox.exchanges(), before, "{gone}: nothing is asked");
        assert_eq!(state(&workspace), Value::Null, "{gone}");
        workspace.finish();
    }
}

#[test]
fn an_import_waits_for_a_configured_provider() {
    let sandbox = sandbox(&["a:read"]);
    let mut workspace = workspace(&sandbox);
    workspace.env_remove("CXONE_CLIENT_ID");
    workspace.write(&format!(
        "resource \"terraform_data\" \"id\" {{\n  input = \"{CLIENT}\"\n}}\nprovider \"cxone\" {{\n  client_id = \
         terraform_data.id.output\n}}\nimport {{\n  to = cxone_scope_baseline.this\n  id = \"any\"\n}}\n{}",
        baseline(r#"["a:read"]"#)
    ));

    let planned = workspace.plan().expect_failure();

    assert!(planned.errors().any(|error| error.text().contains("cannot be imported yet")), "{planned}");
    assert_eq!(sandbox.exchanges(), 0);
    workspace.finish();
}

/// A service of the documented kind: an access key, whose role is in the token, and no scope.
fn roles() -> Sandbox {
    Sandbox::start_with(&json!({
        "access_keys": [{ "access_key_id": KEY, "access_key_secret": KEY_SECRET, "role": { "id": "r-1" } }],
        "clients": [{
            "client_id": CLIENT, "client_secret": SECRET, "grants": ["password"], "scope_in_answer": "omit",
            "scope_claim": false,
        }],
    }))
}

fn workspace_of_roles(sandbox: &Sandbox) -> Workspace {
    let mut workspace = workspace(sandbox);
    workspace.canary("access key", KEY_SECRET);
    workspace.env("CXONE_GRANT_TYPE", "password");
    workspace.env("CXONE_ACCESS_KEY_ID", KEY).env("CXONE_ACCESS_KEY_SECRET", KEY_SECRET);
    workspace
}

const KEY: &str = "KEY====";
const KEY_SECRET: &str = "Gs7Lm2Xd-canary-access-key-5Rw8Nb4Tq====";

fn claims(entries: &str) -> String {
    format!("resource \"cxone_scope_baseline\" \"this\" {{\n  claims = {{ {entries} }}\n}}\n")
}

#[test]
fn a_changed_role_is_drift_until_it_is_undone_or_declared() {
    let sandbox = roles();
    let mut workspace = workspace_of_roles(&sandbox);
    workspace.write(&claims(r#""role.id" = "r-1", "role.secondaryRoles" = "[]", icBUId = -1234567"#));
    let created = plan(&mut workspace, &[], 2);
    assert_eq!(created.warnings().count(), 0, "{created}");
    let planned = workspace.run(&["show", "-json", "plan.tfplan"]).expect_success().json();
    let change = &planned["resource_changes"][0]["change"];
    assert_eq!((&change["after"]["changed_claims"], &change["after"]["missing_scopes"]), (&json!({}), &Value::Null));
    assert_eq!(change["after_unknown"]["granted_scopes"], json!(true));
    workspace.apply_plan().expect_success();
    let verified = state(&workspace);
    assert_eq!((&verified["changed_claims"], &verified["granted_scopes"]), (&json!({}), &Value::Null));
    assert_eq!(verified["scope_source"], "unknown", "the grant is unknown");
    for arguments in [&[][..], &["-refresh-only"], &["-refresh=false"]] {
        expect_warning(&plan(&mut workspace, arguments, 0), None);
    }

    sandbox.change_role(KEY, &json!({ "id": "r-2", "secondary_roles": ["s-2", "s-1"] }));
    let facts = ["role.id: expected r-1, found: r-2", r#"role.secondaryRoles: expected [], found: ["s-1","s-2"]"#];
    expect_warning(&plan(&mut workspace, &["-refresh-only"], 2), None);
    expect_warning(&plan(&mut workspace, &[], 2), Some(&facts));
    workspace.apply_plan().expect_failure().error_at(".this").expect_facts(&facts);
    let recorded = state(&workspace);
    assert_eq!(recorded["changed_claims"], json!({ "role.id": "r-2", "role.secondaryRoles": "[\"s-1\",\"s-2\"]" }));
    // The order of the roles is not a change.
    sandbox.change_role(KEY, &json!({ "secondary_roles": ["s-1", "s-2"] }));
    plan(&mut workspace, &["-refresh-only"], 0);
    expect_warning(&plan(&mut workspace, &["-refresh=false"], 2), Some(&facts));

    sandbox.change_role(KEY, &json!({ "id": "r-1", "secondary_roles": [] }));
    plan(&mut workspace, &[], 0);
    sandbox.change_role(KEY, &json!({ "id": "r-2" }));
    workspace.write(&claims(r#""role.id" = "r-2""#));
    plan(&mut workspace, &[], 2);
    workspace.apply_plan().expect_success();
    plan(&mut workspace, &[], 0);

    sandbox.change_client(CLIENT, &json!({ "claims": { "role": null } }));
    expect_warning(&plan(&mut workspace, &[], 2), Some(&["role.id: expected r-2, found: not in the token"]));
    workspace.apply_plan().expect_failure();
    assert_eq!(state(&workspace)["changed_claims"], json!({ "role.id": null }));
    let secret = workspace.canary("claim", "Zk5Vq8Dw-canary-claim-7Hc2Pf9Xm").to_owned();
    sandbox.change_client(CLIENT, &json!({ "claims": { "role": { "id": secret } } }));
    expect_warning(&plan(&mut workspace, &[], 2), Some(&["found: (hidden: it looks like a secret)"]));
    workspace.apply_plan().expect_failure();
    workspace.run(&["destroy", "-json", "-auto-approve"]).expect_success();
    workspace.finish();
}

#[test]
fn claims_that_cannot_be_read_are_never_in_order() {
    let sandbox = roles();
    let mut workspace = workspace_of_roles(&sandbox);
    workspace.write(&claims(r#""role.id" = "r-1""#));
    workspace.apply().expect_success();
    sandbox.change_client(CLIENT, &json!({ "token_format": "opaque" }));

    let facts = ["The grant is unknown", "not a readable JWT", "role.id", "recorded in the state"];
    expect_warning(&plan(&mut workspace, &["-refresh-only"], 2), Some(&facts));
    expect_warning(&plan(&mut workspace, &[], 2), Some(&facts));
    workspace.apply_plan().expect_failure().error_at(".this").expect_facts(&["An opaque token has no claims"]);
    let recorded = state(&workspace);
    assert_eq!((&recorded["changed_claims"], &recorded["scope_source"]), (&Value::Null, &json!("unknown")));
    let import = workspace.run(&["state", "rm", "cxone_scope_baseline.this"]);
    assert_eq!(import.exit_code, Some(0), "{import}");
    let import = workspace.run(&["import", "-no-color", "cxone_scope_baseline.this", "any"]);
    assert!(import.exit_code == Some(1) && import.stderr.contains("is always"), "{import}");
    workspace.finish();
}

#[test]
fn scopes_and_claims_are_one_declaration() {
    let sandbox = sandbox(&["a:read", "b:write"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(
        "resource \"cxone_scope_baseline\" \"this\" {\n  scopes = [\"a:read\"]\n  claims = { area = \"na1\" }\n}\n",
    );
    workspace.apply().expect_success();
    plan(&mut workspace, &[], 0);
    sandbox.change_client(CLIENT, &json!({ "claims": { "area": "eu1" }, "extra_scopes": ["z:admin"] }));
    let facts = ["Extra (granted, not declared): z:admin.", "area: expected na1, found: eu1"];
    expect_warning(&plan(&mut workspace, &[], 2), Some(&facts));
    sandbox.change_client(CLIENT, &json!({ "scopes": ["b:write"], "extra_scopes": [] }));
    expect_warning(&plan(&mut workspace, &[], 2), Some(&["rejects", "a:read"]));
    workspace.write(&claims("area = \"eu1\""));
    workspace.apply().expect_success();
    let recorded = state(&workspace);
    assert_eq!((&recorded["missing_scopes"], &recorded["granted_scopes"]), (&Value::Null, &json!(["b:write"])));
    plan(&mut workspace, &[], 0);
    workspace.write("resource \"cxone_scope_baseline\" \"this\" {\n  claims = { \"jti\" = \"x\" }\n}\n");
    assert!(workspace.validate().errors().any(|error| error.text().contains("jti differs in every token")));
    workspace.finish();
}

#[test]
fn a_state_from_before_claims_plans_clean() {
    let sandbox = sandbox(&["a:read"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read"]"#));
    workspace.apply().expect_success();
    let mut stored: Value = serde_json::from_str(&workspace.read_file("terraform.tfstate")).unwrap();
    let attributes = stored["resources"][0]["instances"][0]["attributes"].as_object_mut().unwrap();
    for name in ["claims", "changed_claims"] {
        assert_eq!(attributes.remove(name), Some(Value::Null), "{name}");
    }
    for arguments in [&[][..], &["-refresh-only"], &["-refresh=false"]] {
        workspace.write_file("terraform.tfstate", &stored.to_string());
        expect_warning(&plan(&mut workspace, arguments, 0), None);
    }
    workspace.finish();
}

#[test]
fn a_state_of_an_older_schema_is_brought_up_and_one_of_a_newer_is_refused() {
    let sandbox = sandbox(&["a:read"]);
    let mut workspace = workspace(&sandbox);
    workspace.write(&baseline(r#"["a:read"]"#));
    let stored = |version: i64, scopes: Value| {
        json!({
            "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "11111111-2222-3333-4444-555555555555",
            "outputs": {}, "check_results": null,
            "resources": [{
                "mode": "managed", "type": "cxone_scope_baseline", "name": "this",
                "provider": format!("provider[\"{}/cxone-tools/cxone\"]", Core::find().registry()),
                "instances": [{
                    "schema_version": version, "sensitive_attributes": [],
                    // Private data of another provider.
                    "private": "/v8gZ2FyYmFnZQ==",
                    "attributes": { "scopes": scopes, "granted_scopes": ["a:read"], "id": "left behind" },
                }],
            }],
        })
        .to_string()
    };

    workspace.write_file("terraform.tfstate", &stored(0, json!(["a:read"])));
    plan(&mut workspace, &[], 0);
    // No configuration can declare these, but they must not block any command.
    for scopes in [json!(["a b"]), json!(["a:read", null]), json!(["é"])] {
        workspace.write_file("terraform.tfstate", &stored(1, scopes));
        expect_warning(&plan(&mut workspace, &[], 2), Some(&["cannot be verified", "a scope"]));
        workspace.apply_plan().expect_success();
        plan(&mut workspace, &[], 0);
    }
    workspace.write_file("terraform.tfstate", &stored(1, json!(["a b"])));
    workspace.run(&["destroy", "-json", "-auto-approve"]).expect_success();
    workspace.write_file("terraform.tfstate", &stored(2, json!(["a:read"])));
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
        (r#"[""]"#, "a scope must not be empty"),
        (r#"["a", null]"#, "a scope must not be null"),
    ] {
        workspace.write(&baseline(scopes));
        let refused = workspace.validate();
        assert_eq!(refused.exit_code, Some(1), "{scopes}: {refused}");
        assert!(refused.errors().any(|error| error.text().contains(why)), "{scopes}: {refused}");
    }
    assert_eq!(sandbox.exchanges(), 0);
    workspace.finish();
}
