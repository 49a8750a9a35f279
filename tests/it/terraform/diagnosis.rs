//! Every class of diagnosis as a user meets it, through the real core: after an answer, and before any request.

use serde_json::json;

use super::{SECRET, TOKEN, used_alias};
use crate::support::{
    failures::{Failure, answered, on_the_way},
    run::{Diagnostic, Run},
    wire_server::{Reply, WireServer},
    workspace::Workspace,
};

#[test]
fn every_answer_without_a_token_is_explained() {
    let wire = WireServer::start();
    let failures = answered(&wire);
    expect_explained(&failures);
    for failure in &failures {
        let requests = wire.requests_for(&format!("/{}/token", failure.name));
        assert_eq!(Some(requests.len()), failure.requests, "{}", failure.name);
    }
}

#[test]
fn every_failure_on_the_way_is_explained() {
    expect_explained(&on_the_way().failures);
}

/// One plan with a provider configuration for each failure.
#[track_caller]
fn expect_explained(failures: &[Failure]) {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_SCOPES", "cxone:api");
    let blocks = failures.iter().map(|failure| used_alias(&alias(failure.name), &failure.hcl()));
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    for failure in failures {
        let error = plan.error_at(&format!(".{}", alias(failure.name)));
        assert!(error.summary.contains(failure.summary), "{}: {}", failure.name, error.summary);
        error.expect_facts(failure.advice);
    }
    assert_eq!(plan.errors().count(), failures.len(), "{plan}");
    workspace.finish();
}

fn alias(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

/// A bad value and what is said of it before any request.
struct BadValue {
    name: &'static str,
    setting: &'static str,
    value: String,
    /// Certain mistakes are errors, likely ones warnings.
    severity: &'static str,
    summary: &'static str,
    facts: &'static [&'static str],
}

/// Values that are wrong in themselves. The secret parts are canaries.
fn bad_values() -> Vec<BadValue> {
    let row = |name, setting, value: String, severity, summary, facts| BadValue {
        name,
        setting,
        value,
        severity,
        summary,
        facts,
    };
    let secret =
        |name, value: String, severity, summary, facts| row(name, "client_secret", value, severity, summary, facts);
    let url = |name, value: &str, severity, summary, facts| {
        row(name, "token_url", value.to_owned(), severity, summary, facts)
    };
    let impossible = "has a character that cannot be right";
    vec![
        secret(
            "zero_width",
            format!("{SECRET}\u{200B}"),
            "error",
            impossible,
            &["last character is U+200B ZERO WIDTH SPACE"],
        ),
        secret(
            "no_break",
            format!("\u{A0}{SECRET}"),
            "error",
            impossible,
            &["first character is U+00A0 NO-BREAK SPACE"],
        ),
        secret(
            "newline",
            format!("{SECRET}\n"),
            "error",
            impossible,
            &["last character is U+000A LINE FEED", "trimspace()"],
        ),
        secret("carriage_return", format!("{SECRET}\r"), "error", impossible, &["U+000D CARRIAGE RETURN", "Windows"]),
        secret("tab", format!("\t{SECRET}"), "error", impossible, &["U+0009"]),
        secret("bom", format!("\u{FEFF}{SECRET}"), "error", impossible, &["U+FEFF", "byte order mark"]),
        secret(
            "bidi",
            format!("ab\u{202E}{SECRET}"),
            "error",
            impossible,
            &["character 3 is U+202E RIGHT-TO-LEFT OVERRIDE"],
        ),
        secret("soft_hyphen", format!("a\u{AD}{SECRET}"), "error", impossible, &["character 2 is U+00AD SOFT HYPHEN"]),
        secret(
            "curly",
            format!("\u{201C}{SECRET}\u{201D}"),
            "error",
            impossible,
            &["U+201C LEFT DOUBLE QUOTATION MARK"],
        ),
        secret(
            "homoglyph",
            format!("\u{441}{SECRET}"),
            "error",
            impossible,
            &["U+0441 CYRILLIC SMALL LETTER ES", "Latin"],
        ),
        secret(
            "space",
            format!("{SECRET} "),
            "warning",
            "has a character that is probably not meant",
            &["U+0020 SPACE"],
        ),
        secret("quotes", format!("'{SECRET}'"), "warning", "has quotes around the whole value", &["inner pair"]),
        secret(
            "written_newline",
            format!("{SECRET}\\n"),
            "warning",
            "ends in a line end written as \\n",
            &["two characters"],
        ),
        secret("variable", "${CXONE_SECRET}".to_owned(), "error", "holds a reference", &["A shell would have"]),
        secret("dollar", "$CXONE_SECRET".to_owned(), "error", "holds a reference", &["A shell would have"]),
        secret("angle", "<client-secret>".to_owned(), "error", "is still a placeholder", &["NICE sent"]),
        secret("documented", "xyz-789".to_owned(), "warning", "is still a placeholder", &["NICE sent"]),
        secret("basic", format!("Basic {SECRET}"), "error", "is a copied header", &["base64 of id, colon and secret"]),
        secret("bearer", format!("Bearer {SECRET}"), "error", "is a copied header", &["builds itself"]),
        secret("pair", encoded_pair(), "error", "is an encoded pair of id and secret", &["before the colon"]),
        secret("jwt", jwt(), "warning", "looks like a token", &["set access_token instead"]),
        secret("same", "reader-of-scopes".to_owned(), "warning", "have the same value", &["pasted twice"]),
        secret(
            "path",
            "/run/secrets/cxone".to_owned(),
            "warning",
            "looks like the path of a file",
            &["client_secret_file"],
        ),
        secret(
            "own_name",
            format!("client_secret: {SECRET}"),
            "warning",
            "has its own name in front",
            &["Only the value"],
        ),
        url("no_scheme", "api.nicecxone.com/oauth/token", "error", "has no", &["https://"]),
        url("plain_http", "http://api.nicecxone.com/oauth/token", "error", "http", &["clear text"]),
        url(
            "user_info",
            "https://user:Kp3Wd7Rq-canary-in-the-url-9Xm2@a.example/token",
            "error",
            "credentials",
            &["logs"],
        ),
        url(
            "hyphen",
            "https://cxone.nice-incontact.com/auth/token",
            "warning",
            "token_url",
            &["cxone.niceincontact.com"],
        ),
        url("slash", "https://api.nicecxone.com/oauth/token/", "warning", "token_url", &["last slash"]),
        url("path_typo", "https://api.nicecxone.com/oauth2/token", "warning", "token_url", &["/oauth/token"]),
        url(
            "checkmarx",
            "https://eu.iam.checkmarx.net/auth/realms/x",
            "error",
            "Checkmarx One",
            &["CXONE_TENANT_NAME"],
        ),
        row(
            "scope_list",
            "scopes",
            "cxone:api openid".to_owned(),
            "error",
            "several scopes in one",
            &["element of its own"],
        ),
        row("scope_hidden", "scopes", "cxone:api\u{200B}".to_owned(), "error", impossible, &["U+200B"]),
        row("id_hidden", "client_id", "reader\u{200B}".to_owned(), "error", impossible, &["last character is U+200B"]),
    ]
}

/// base64 of `reader-of-scopes:` and a secret.
fn encoded_pair() -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(format!("reader-of-scopes:{SECRET}"))
}

fn jwt() -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("{}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(SECRET))
}

const IN_URL: &str = "Kp3Wd7Rq-canary-in-the-url-9Xm2";

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
        workspace.write("data \"cxone_token_info\" \"this\" {}");
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
