//! Drift of tokens: the grant, its source, and the effect of the setting `scope_drift`.

use std::env;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{SECRET, TOKEN};
use testkit::core::Core;
use testkit::real_server::jq_or_skip;
use testkit::run::Run;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

const CLIENT: &str = "reporting-7f3a";

fn workspace(token_url: &str) -> Workspace {
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_TOKEN_URL", token_url);
    workspace.env("CXONE_CLIENT_ID", CLIENT);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace
}

/// A server that grants `a:read` to whoever asks for it, and sometimes more.
fn sandbox() -> Sandbox {
    Sandbox::start(&[json!({
        "client_id": CLIENT, "client_secret": SECRET, "scopes": ["a:read", "c:use"], "unknown_scopes": "narrow",
    })])
}

/// The warnings about drift; the core folds those of one summary together.
fn drift_warnings(run: &Run) -> Vec<String> {
    let is_drift = |text: &String| {
        ["did not grant the declared scopes", "more scopes than declared"].iter().any(|it| text.contains(it))
    };
    run.warnings().map(|warning| warning.text()).filter(is_drift).collect()
}

const MANY_OBJECTS: &str = r#"
    provider "cxone" {
      scopes = ["a:read", "b:write"]
    }
    ephemeral "cxone_access_token" "many" {
      count = 3
    }
    data "cxone_token_info" "many" {
      count = 3
    }
"#;

#[test]
fn by_default_there_is_one_warning_for_a_configuration_however_many_its_objects() {
    testkit::needs!(ephemerals);
    let sandbox = sandbox();
    let mut workspace = workspace(sandbox.token_url());
    workspace.write(MANY_OBJECTS);

    let plan = workspace.plan().expect_success();

    let [warning] = &drift_warnings(&plan)[..] else { panic!("one warning: {plan}") };
    for fact in [
        "Missing (declared, not granted): b:write.",
        "client reporting-7f3a at 127.0.0.1",
        "the `scope` of the token response",
        "add b:write to the integration of client reporting-7f3a, or remove it from `scopes`",
    ] {
        assert!(warning.contains(fact), "{fact} not in {warning}");
    }
    workspace.finish();
}

#[test]
fn as_an_error_drift_fails_the_plan_and_ignored_it_is_silent() {
    testkit::needs!(ephemerals);
    let sandbox = sandbox();
    let mut workspace = workspace(sandbox.token_url());
    workspace.write(MANY_OBJECTS);

    workspace.env("CXONE_SCOPE_DRIFT", "error");
    let failed = workspace.plan().expect_failure();
    assert_eq!(failed.errors().count(), 1, "{failed}");
    let error = failed.errors().next().unwrap();
    error.expect_facts(&["b:write", "from the environment variable CXONE_SCOPE_DRIFT"]);

    workspace.env("CXONE_SCOPE_DRIFT", "ignore");
    let silent = workspace.plan().expect_success();
    assert_eq!(silent.warnings().count(), 0, "{silent}");
    workspace.finish();
}

#[test]
fn a_token_that_overrides_its_scopes_is_judged_again() {
    testkit::needs!(ephemerals);
    let sandbox = sandbox();
    let mut workspace = workspace(sandbox.token_url());
    let module = r#"
        provider "cxone" {
          scopes      = ["a:read"]
          scope_drift = "MODE"
        }
        data "cxone_token_info" "same" {}
        data "cxone_token_info" "other" {
          count  = 2
          scopes = ["c:use", "d:none"]
        }
        ephemeral "cxone_access_token" "other" {
          scopes = ["d:none", "c:use"]
        }
    "#;

    workspace.write(&module.replace("MODE", "warn"));
    let warned = workspace.plan().expect_success();
    let [warning] = &drift_warnings(&warned)[..] else { panic!("one warning: {warned}") };
    assert!(warning.contains("d:none"), "{warning}");
    workspace.write(&module.replace("MODE", "error"));
    let failed = workspace.plan().expect_failure();
    let instances = if Core::find().reports_every_instance() { 2 } else { 1 };
    for (object, errors) in [(".cxone_token_info.other[", instances), (".cxone_access_token.other", 1)] {
        let found: Vec<_> = failed.errors().filter(|error| error.address.contains(object)).collect();
        assert_eq!(found.len(), errors, "{object}: {failed}");
        for error in found {
            error.expect_facts(&["d:none", "because `scope_drift` is `error`"]);
        }
    }
    assert_eq!(failed.errors().count(), instances + 1, "other objects failed too: {failed}");
    workspace.finish();
}

#[test]
fn the_source_of_the_grant_is_told_and_unknowable_facts_are_null() {
    testkit::needs!(ephemerals);
    let info = |granted: Value, missing: Value, extra: Value, source: &str, drift: Value| {
        json!({
            "granted_scopes": granted, "missing_scopes": missing, "extra_scopes": extra, "scope_source": source,
            "scope_drift_detected": drift,
        })
    };
    let silent = |more: Value| {
        let mut change = json!({ "scope_in_answer": "omit", "scope_claim": false, "claims": {}, "jwt_type": "JWT",
            "token_format": "jwt" });
        change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        change
    };
    let in_sync = |source| info(json!(["a:read", "c:use"]), json!([]), json!([]), source, json!(false));
    let unknown = info(Value::Null, Value::Null, Value::Null, "unknown", Value::Null);
    let cases = [
        ("response", json!({}), in_sync("response")),
        ("claim as text", silent(json!({ "scope_claim": true })), in_sync("claims")),
        (
            "scp as array",
            silent(json!({ "claims": { "scp": ["c:use", "z:admin"] } })),
            info(json!(["c:use", "z:admin"]), json!(["a:read"]), json!(["z:admin"]), "claims", json!(true)),
        ),
        ("omitted by a plain JWT", silent(json!({})), in_sync("requested")),
        ("omitted beside an opaque token", silent(json!({ "token_format": "opaque" })), in_sync("requested")),
        ("omitted beside an at+jwt", silent(json!({ "jwt_type": "at+jwt" })), unknown),
    ];
    let sandbox = sandbox();
    let mut workspace = workspace(sandbox.token_url());
    workspace.write(
        r#"
        provider "cxone" {
          scopes = ["a:read", "c:use"]
        }
        data "cxone_token_info" "this" {}
        output "info" {
          value = { for name, fact in data.cxone_token_info.this : name => fact if strcontains(name, "scope") && name != "scopes" }
        }
        "#,
    );
    for (name, change, expected) in cases {
        sandbox.change_client(CLIENT, &change);
        let applied = workspace.apply().expect_success();
        let found = workspace.run(&["output", "-json", "info"]).expect_success().json();
        assert_eq!(found, expected, "{name}");
        let unreadable = applied.warnings().any(|warning| warning.text().contains("The granted scopes are unknown"));
        assert_eq!(unreadable, name == "omitted beside an at+jwt", "{name}: {applied}");
    }
    workspace.finish();
}

#[test]
fn ten_thousand_scopes_are_judged_without_a_wait() {
    testkit::needs!(ephemerals);
    let names: Vec<String> = (0..10_000).map(|index| format!("cxone:scope-{index:05}")).collect();
    let sandbox = sandbox();
    sandbox.change_client(CLIENT, &json!({ "scopes": names[100..] }));
    let mut workspace = workspace(sandbox.token_url());
    workspace.write(&format!(
        "data \"cxone_token_info\" \"this\" {{\n  scopes = {}\n}}\noutput \"missing\" {{\n  value = \
         length(data.cxone_token_info.this.missing_scopes)\n}}\n",
        json!(names)
    ));

    let applied = workspace.apply().expect_success();

    let [warning] = &drift_warnings(&applied)[..] else { panic!("one warning: {applied}") };
    assert!(warning.contains("cxone:scope-00049 and 50 more"), "{warning}");
    assert_eq!(workspace.run(&["output", "-json", "missing"]).expect_success().json(), 100);
    workspace.finish();
}

#[test]
fn hostile_scopes_are_shown_escaped() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let scope = "a:read \u{1b}[2Jred say\"no\" \u{202e}caf\u{e9} back\\slash";
    let url = wire.route("/token", [Reply::token_with(TOKEN, json!({ "scope": scope }))]);
    let mut workspace = workspace(&url);
    workspace.write("provider \"cxone\" {\n  scopes = [\"a:read\"]\n}\ndata \"cxone_token_info\" \"this\" {}\n");

    let plan = workspace.plan().expect_success();
    let text = workspace.run(&["plan", "-no-color"]).expect_success();

    let [warning] = &drift_warnings(&plan)[..] else { panic!("one warning: {plan}") };
    for shown in [r#""\u{1b}[2Jred""#, r#""say\"no\"""#, r#""\u{202e}caf\u{e9}""#, r#""back\\slash""#] {
        assert!(warning.contains(shown), "{shown} not in {warning}");
    }
    assert!(!text.stdout.contains('\u{1b}') && !text.stderr.contains('\u{1b}'), "{text}");
    workspace.finish();
}

#[test]
fn without_a_declaration_nothing_is_judged_and_a_token_handed_over_is_never_as_requested() {
    testkit::needs!(ephemerals);
    let sandbox = sandbox();
    let mut workspace = workspace(sandbox.token_url());
    workspace.env("CXONE_SCOPE_DRIFT", "error");
    workspace.write("data \"cxone_token_info\" \"this\" {}\n");
    workspace.plan().expect_success();

    let handed_over = workspace.canary("handed over", "Zt8Kp3Wn-canary-handed-over-token-6Vb2Qc").to_owned();
    workspace.env("CXONE_ACCESS_TOKEN", handed_over);
    workspace.env_remove("CXONE_CLIENT_ID");
    workspace.env_remove("CXONE_CLIENT_SECRET");
    workspace.write(
        r#"
        data "cxone_token_info" "this" {
          scopes = ["a:read"]
        }
        output "source" {
          value = data.cxone_token_info.this.scope_source
        }
        "#,
    );
    workspace.apply().expect_success();
    assert_eq!(workspace.run(&["output", "-json", "source"]).expect_success().json(), "unknown");
    workspace.finish();
}

/// One look of the scheduled job, `examples/scope-drift/check.sh`: its exit code, and what it prints.
#[track_caller]
fn job(workspace: &mut Workspace, exit_code: i32, facts: &[&str]) {
    workspace.start_after("TERRAFORM=\"$0\" exec sh ./check.sh \"$@\"");
    let run = workspace.run(&["-lock-timeout=1s"]);
    workspace.start_with(&[]);
    assert_eq!(run.exit_code, Some(exit_code), "{}{run}", run.stdout);
    let text = format!("{}{}", run.stdout, run.stderr);
    for fact in facts {
        assert!(text.contains(fact), "{fact} not in {text}");
    }
}

fn put_on_path(workspace: &mut Workspace, program: &Path) {
    let path = env::var_os("PATH").unwrap_or_default().into_string().unwrap();
    workspace.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
}

/// The table of the guide "Drift of scopes and roles", on a service that answers a scope which it no longer grants by
/// `unknown_scopes`.
#[track_caller]
fn the_job_sees(unknown_scopes: &str, removed: &str) {
    let Some(jq) = jq_or_skip() else { return };
    let sandbox = sandbox();
    let grants = |scopes: Value| {
        sandbox
            .change_client(CLIENT, &json!({ "scopes": scopes, "extra_scopes": [], "unknown_scopes": unknown_scopes }));
    };
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    workspace.env("CXONE_CLIENT_ID", CLIENT).env("CXONE_CLIENT_SECRET", SECRET);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scope-drift");
    let file = |name: &str| fs::read_to_string(example.join(name)).unwrap();
    put_on_path(&mut workspace, jq);
    workspace.write_file("check.sh", &file("check.sh"));
    workspace.write_file("versions.tf", "");
    let main = file("main.tf");
    let declare = |scopes: &str| {
        let declared = "[\"cxone:api\", \"cxone:reports\"]";
        assert!(main.contains(declared), "{main}");
        main.replace(declared, scopes)
    };
    let without = main.split("resource \"cxone_scope_baseline\"").next().unwrap().to_owned();

    workspace.write(&without);
    job(&mut workspace, 3, &["no baseline"]);

    grants(json!(["a:read", "b:write"]));
    workspace.write(&declare(r#"["a:read", "none:such"]"#));
    workspace.apply().expect_failure();
    job(&mut workspace, 2, &["drift", r#""actions":["create"]"#]);

    workspace.write(&declare(r#"["a:read", "b:write"]"#));
    workspace.apply().expect_success();
    job(&mut workspace, 0, &["in sync"]);

    grants(json!(["a:read"]));
    job(&mut workspace, 2, &["drift", "cxone_scope_baseline.reporting", removed]);
    workspace.apply().expect_failure();
    job(&mut workspace, 2, &["drift", removed]);
    workspace.run(&["apply", "-json", "-auto-approve", "-refresh-only"]).expect_success();
    job(&mut workspace, 2, &["drift", removed]);

    grants(json!(["a:read", "b:write"]));
    job(&mut workspace, 0, &["in sync"]);

    workspace.write(&declare(r#"["a:read", "b:write", "c:use"]"#));
    workspace.apply().expect_failure();
    job(&mut workspace, 2, &["drift"]);
    grants(json!(["a:read", "b:write", "c:use"]));
    job(&mut workspace, 0, &["in sync"]);

    sandbox.change_client(CLIENT, &json!({ "extra_scopes": ["z:admin"] }));
    job(&mut workspace, 2, &["drift", r#""extra_scopes":["z:admin"]"#]);
    grants(json!(["a:read", "b:write", "c:use", "z:admin"]));
    workspace.write(&declare(r#"["a:read", "b:write", "c:use", "z:admin"]"#));
    job(&mut workspace, 2, &["drift"]);
    workspace.apply().expect_success();
    job(&mut workspace, 0, &["in sync"]);

    sandbox.change_client(CLIENT, &json!({ "scope_in_answer": "omit", "scope_claim": false, "jwt_type": "at+jwt" }));
    job(&mut workspace, 4, &["cannot tell: nothing says what CXone grants", r#""scope_source":"unknown""#]);
    sandbox.change_client(CLIENT, &json!({ "client_secret": "another" }));
    job(&mut workspace, 4, &["cannot tell: the plan failed"]);

    sandbox.change_client(CLIENT, &json!({ "client_secret": SECRET, "scope_in_answer": "text", "jwt_type": "JWT" }));
    workspace.write(&without);
    job(&mut workspace, 2, &["drift", r#""actions":["delete"]"#]);
    workspace.apply().expect_success();
    job(&mut workspace, 3, &["no baseline"]);
    workspace.finish();
}

#[test]
fn the_scheduled_job_tells_every_case_on_a_service_that_narrows() {
    the_job_sees("narrow", r#""missing_scopes":["b:write"]"#);
}

#[test]
fn the_scheduled_job_tells_every_case_on_a_service_that_refuses() {
    the_job_sees("refuse", r#""scope_source":"refused""#);
}

#[test]
fn the_scheduled_job_tells_a_changed_role() {
    let Some(jq) = jq_or_skip() else { return };
    let key = "Bt6Wn3Jc-canary-access-key-8Qs5Vd7Lx====";
    let sandbox = Sandbox::start_with(&json!({
        "access_keys": [{ "access_key_id": "KEY====", "access_key_secret": key, "role": { "id": "r-1" } }],
        "clients": [{
            "client_id": CLIENT, "client_secret": SECRET, "grants": ["password"], "scope_in_answer": "omit",
            "scope_claim": false,
        }],
    }));
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access key", key);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url()).env("TF_VAR_role_id", "r-1");
    workspace.env("CXONE_CLIENT_ID", CLIENT).env("CXONE_CLIENT_SECRET", SECRET);
    workspace.env("CXONE_ACCESS_KEY_ID", "KEY====").env("CXONE_ACCESS_KEY_SECRET", key);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    put_on_path(&mut workspace, jq);
    workspace.write_file("check.sh", &fs::read_to_string(examples.join("scope-drift/check.sh")).unwrap());
    workspace.write_file("versions.tf", "");
    workspace.write(&fs::read_to_string(examples.join("role-drift/main.tf")).unwrap());

    job(&mut workspace, 2, &["drift", r#""actions":["create"]"#]);
    workspace.apply().expect_success();
    job(&mut workspace, 0, &["in sync"]);
    sandbox.change_role("KEY====", &json!({ "id": "r-2" }));
    job(&mut workspace, 2, &["drift", r#""changed_claims":{"role.id":"r-2"}"#, r#""scope_source":"unknown""#]);
    workspace.apply().expect_failure();
    job(&mut workspace, 2, &["drift", r#""changed_claims":{"role.id":"r-2"}"#]);
    sandbox.change_role("KEY====", &json!({ "id": "r-1" }));
    job(&mut workspace, 0, &["in sync"]);
    sandbox.change_role("KEY====", &json!({ "id": "r-2" }));
    workspace.env("TF_VAR_role_id", "r-2");
    job(&mut workspace, 2, &["drift"]);
    workspace.apply().expect_success();
    job(&mut workspace, 0, &["in sync"]);
    sandbox.change_client(CLIENT, &json!({ "token_format": "opaque" }));
    job(&mut workspace, 4, &["cannot tell: nothing says what CXone grants"]);
    workspace.finish();
}
