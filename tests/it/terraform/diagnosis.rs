//! Every class of diagnosis as a user meets it, through the real core: after an answer, and before any request.

mod bad_values;

use serde_json::json;

use bad_values::{BadValue, IN_URL, bad_values};

use super::{SECRET, TOKEN, used_alias};
use testkit::run::{Diagnostic, Run};
use testkit::wire_server::{Reply, WireServer};
use testkit::workspace::Workspace;

#[test]
fn literals_are_judged_by_validate_without_a_request() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let values = bad_values();
    let mut workspace = workspace(&url);
    let blocks = values.iter().map(|bad| {
        let value = if bad.setting == "scopes" { json!([bad.value]) } else { json!(bad.value) };
        let id = if bad.setting == "client_id" { "" } else { "client_id = \"reader-of-scopes\"" };
        let value = value.to_string().replace("${", "$${");
        used_alias(bad.name, &format!("{} = {value}\n{id}", bad.setting))
    });
    workspace.write(&blocks.collect::<String>());

    let validate = workspace.validate().expect_failure();

    for bad in &values {
        expect_finding(&validate, bad, &format!("`{}` in the provider block", bad.setting));
    }
    assert_eq!(
        validate.diagnostics.iter().filter(|found| !found.address.is_empty()).count(),
        values.len(),
        "{validate}"
    );
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}

#[test]
fn values_from_the_environment_are_judged_before_the_request() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    for bad in bad_values() {
        let variable = format!("CXONE_{}", bad.setting.to_uppercase());
        let value = match bad.setting {
            // In a variable, a space separates scopes.
            "scopes" if bad.value.contains(' ') => continue,
            _ => bad.value.clone(),
        };
        // Likely mistakes block nothing: keep them from reaching a real host.
        if bad.setting == "token_url" && bad.severity == "warning" {
            continue;
        }
        let mut workspace = workspace(&url);
        workspace.env("CXONE_CLIENT_ID", "reader-of-scopes").env("CXONE_CLIENT_SECRET", SECRET).env(&variable, value);
        workspace.env("CXONE_SCOPE_DRIFT", "ignore");
        // Without a block, the core adds an error of its own to whatever the provider says.
        workspace.write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");
        let before = wire.requests().len();

        let plan = workspace.plan();

        let sent = wire.requests().len() - before;
        match bad.severity {
            "error" => assert_eq!((plan.exit_code, sent), (Some(1), 0), "{}: {plan}", bad.name),
            _ => assert_eq!((plan.exit_code, sent), (Some(0), 1), "{}: {plan}", bad.name),
        }
        expect_finding_in(plan.diagnostics.iter().filter(|found| found.severity == bad.severity), &bad, &variable);
        workspace.finish();
    }
}

#[test]
fn a_secret_file_loses_one_newline_and_is_judged_like_any_value() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = workspace(&url);
    workspace.env("CXONE_CLIENT_ID", "reader-of-scopes");
    let good = workspace.secret_file_exactly("good", &format!("{SECRET}\n"));
    let twice = workspace.secret_file_exactly("twice", &format!("{SECRET}\n\n"));
    let utf16 = workspace.secret_file_exactly("utf16", "Q\0x\0");
    let block = |name, path: &str| used_alias(name, &format!("client_secret_file = \"{path}\""));
    workspace.write(&[block("good", &good), block("twice", &twice), block("utf16", &utf16)].concat());

    let plan = workspace.plan().expect_failure();

    plan.error_at(".twice").expect_facts(&["the last character is U+000A LINE FEED", "twice", "Write the file again"]);
    plan.error_at(".utf16").expect_facts(&["U+0000", "UTF-16"]);
    assert_eq!(plan.errors().count(), 2, "{plan}");
    assert_eq!(wire.requests().len(), 1);
    workspace.finish();
}

#[test]
fn checkmarx_variables_are_noticed() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = workspace(&url);
    workspace.env("CXONE_CLIENT_ID", "reader-of-scopes").env("CXONE_CLIENT_SECRET", SECRET);
    workspace.env("CXONE_TENANT_NAME", "acme");
    workspace.write("data \"cxone_token_info\" \"this\" {}");

    let plan = workspace.plan().expect_success();

    let warnings: Vec<_> = plan.warnings().collect();
    let [warning] = warnings.as_slice() else { panic!("{plan}") };
    warning.expect_facts(&["may belong to Checkmarx One", "CXONE_TENANT_NAME", "CXONE_CLIENT_SECRET"]);
    workspace.finish();
}

#[test]
fn a_user_reads_a_likely_mistake_once() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = workspace(&url);
    workspace.env("CXONE_CLIENT_ID", "changeme");
    workspace.write("provider \"cxone\" {\n  client_secret = \"xyz-789\"\n}\ndata \"cxone_token_info\" \"this\" {}\n");

    let validate = workspace.run(&["validate", "-no-color"]).expect_success();
    let plan = workspace.run(&["plan", "-no-color"]).expect_success();

    let count = |run: &Run, text: &str| run.stdout.matches(text).count();
    let (of_block, of_environment) =
        ("Warning: client_secret is still a placeholder", "Warning: client_id is still a placeholder");
    assert_eq!((count(&validate, of_block), count(&validate, of_environment)), (1, 0), "{}", validate.stdout);
    assert_eq!((count(&plan, of_block), count(&plan, of_environment)), (1, 1), "{}", plan.stdout);
    workspace.finish();
}

fn workspace(url: &str) -> Workspace {
    let mut workspace = Workspace::for_any_core();
    for (name, secret) in [("client secret", SECRET), ("access token", TOKEN), ("in the URL", IN_URL)] {
        workspace.canary(name, secret);
    }
    workspace.env("CXONE_TOKEN_URL", url);
    workspace
}

#[track_caller]
fn expect_finding(run: &Run, bad: &BadValue, source: &str) {
    let address = format!(".{}", bad.name);
    expect_finding_in(run.diagnostics.iter().filter(|found| found.address.ends_with(&address)), bad, source);
}

/// Exactly one finding, with everything that it has to say.
#[track_caller]
fn expect_finding_in<'a>(found: impl Iterator<Item = &'a Diagnostic>, bad: &BadValue, source: &str) {
    let found: Vec<_> = found.filter(|found| !found.summary.contains("development overrides")).collect();
    let [finding] = found.as_slice() else { panic!("{}: not one finding: {found:#?}", bad.name) };
    assert_eq!(finding.severity, bad.severity, "{}: {finding:?}", bad.name);
    assert!(finding.summary.contains(bad.summary), "{}: {finding:?}", bad.name);
    assert!(finding.text().contains(source), "{}: {finding:?}", bad.name);
    finding.expect_facts(bad.facts);
}
