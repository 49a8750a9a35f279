//! Every class of diagnosis through the real core: after a response, and before any request.

mod bad_values;
mod first_causes;

use serde_json::json;

use bad_values::{BadValue, Certainty, IN_URL, bad_values};

use super::{SECRET, TOKEN, used_alias};
use testkit::run::{Diagnostic, Run};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

#[test]
fn literals_are_judged_by_validate_without_a_request() {
    let wire = ScriptedServer::in_background();
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

    let certain = || values.iter().filter(|bad| bad.certainty == Certainty::Certain);
    for bad in certain() {
        expect_finding(&validate, bad, &format!("`{}` in the provider block", bad.setting));
    }
    assert_eq!(
        validate.diagnostics.iter().filter(|found| !found.address.is_empty()).count(),
        certain().count(),
        "{validate}"
    );
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}

#[test]
fn a_likely_mistake_is_silent_while_cxone_accepts_and_the_verdict_when_it_rejects() {
    let wire = ScriptedServer::in_background();
    let accepting = wire.route("/accepting", [Reply::token(TOKEN)]);
    let rejecting = wire.route("/rejecting", [Reply::oauth_error(401, "invalid_client", "")]);
    let mut values = bad_values();
    // An address with a mistake can be that of a real host.
    values.retain(|bad| bad.certainty == Certainty::Likely && bad.setting == "client_secret");
    let mut workspace = workspace(&accepting);
    let blocks = values.iter().flat_map(|bad| {
        let settings = format!("client_id = \"reader-of-scopes\"\nclient_secret = {}", json!(bad.value));
        [
            used_alias(&format!("{}_accepted", bad.name), &settings),
            used_alias(&format!("{}_rejected", bad.name), &format!("token_url = \"{rejecting}\"\n{settings}")),
        ]
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    for bad in &values {
        let error = plan.error_at(&format!(".{}_rejected", bad.name));
        error.expect_facts(&["CXone rejected the client credentials (HTTP 401 invalid_client)"]);
        let verdict = error.detail.split("\n\n").next().unwrap();
        let verdict = verdict.split_whitespace().collect::<Vec<_>>().join(" ");
        for fact in bad.facts.iter().chain([&bad.summary]) {
            assert!(verdict.contains(fact), "{}: {fact:?} is not in: {verdict}", bad.name);
        }
        assert!(verdict.contains("the provider block"), "{}: {verdict}", bad.name);
    }
    assert_eq!((plan.errors().count(), plan.warnings().count()), (values.len(), 0), "{plan}");
    assert_eq!(wire.requests().len(), 2 * values.len());
    workspace.finish();
}

#[test]
fn values_from_the_environment_are_judged_before_the_request() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    for bad in bad_values() {
        let variable = format!("CXONE_{}", bad.setting.to_uppercase());
        let value = match bad.setting {
            // In a variable, a space separates scopes.
            "scopes" if bad.value.contains(' ') => continue,
            _ => bad.value.clone(),
        };
        if bad.certainty == Certainty::Likely {
            continue;
        }
        let mut workspace = workspace(&url);
        workspace.env("CXONE_CLIENT_ID", "reader-of-scopes").env("CXONE_CLIENT_SECRET", SECRET).env(&variable, value);
        workspace.env("CXONE_SCOPE_DRIFT", "ignore");
        // Without a block, the core adds its own error to the provider's.
        workspace.write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");
        let before = wire.requests().len();

        let plan = workspace.plan();

        let sent = wire.requests().len() - before;
        assert_eq!((plan.exit_code, sent), (Some(1), 0), "{}: {plan}", bad.name);
        expect_finding_in(plan.errors(), &bad, &variable);
        workspace.finish();
    }
}

#[test]
fn a_secret_file_loses_one_newline_and_is_judged_like_any_value() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = workspace(&url);
    workspace.env("CXONE_CLIENT_ID", "reader-of-scopes");
    let good = workspace.secret_file_exactly("good", &format!("{SECRET}\n"));
    let twice = workspace.secret_file_exactly("twice", &format!("{SECRET}\n\n"));
    let utf16 = workspace.secret_file_exactly("utf16", "Q\0x\0");
    let block = |name, path: &str| used_alias(name, &format!("client_secret_file = \"{path}\""));
    workspace.write(&[block("good", &good), block("twice", &twice), block("utf16", &utf16)].concat());

    let plan = workspace.plan().expect_failure();

    plan.error_at(".twice").expect_facts(&[
        "the last character is U+000A LINE FEED",
        "twice",
        "Save the file without them",
    ]);
    plan.error_at(".utf16").expect_facts(&["U+0000", "UTF-16"]);
    assert_eq!(plan.errors().count(), 2, "{plan}");
    assert_eq!(wire.requests().len(), 1);
    workspace.finish();
}

#[test]
fn what_looks_wrong_in_the_environment_is_silent_while_cxone_accepts() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = workspace(&url);
    workspace.env("CXONE_CLIENT_ID", "changeme").env("CXONE_TENANT_NAME", "acme");
    workspace.write("provider \"cxone\" {\n  client_secret = \"xyz-789\"\n}\ndata \"cxone_token_info\" \"this\" {}\n");

    let validate = workspace.validate().expect_success();
    let plan = workspace.plan().expect_success();

    for run in [validate, plan] {
        assert_eq!(run.warnings().count(), 0, "{run}");
    }
    assert_eq!(wire.requests().len(), 1);
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
    assert_eq!(finding.severity, "error", "{}: {finding:?}", bad.name);
    assert!(finding.summary.contains(bad.summary), "{}: {finding:?}", bad.name);
    assert!(finding.text().contains(source), "{}: {finding:?}", bad.name);
    finding.expect_facts(bad.facts);
}
