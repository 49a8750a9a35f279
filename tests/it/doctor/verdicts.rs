//! Every end of an exchange in the checklist.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::run::Doctor;
use super::{SECRET, TOKEN};
use crate::failures::{Outcome, Row, Stage, groups};
use crate::terraform;
use terraform_provider_cxone::settings::flags::on_command_line;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer};

#[tokio::test]
async fn every_failure_has_its_class_and_its_step() {
    let mut problems = Vec::new();
    for (_, rows) in groups() {
        let mut runs = JoinSet::new();
        for row in rows {
            let Outcome::Failed(class, facts) = row.outcome else { continue };
            // doctor sends one request, and its findings in a successful row are not failures.
            if row.retries == 0 && !class.is_empty() {
                let stage = row.stage().await;
                runs.spawn_blocking(move || {
                    expect_failure(&row, &stage, class, facts);
                    assert_eq!(row.request_problems(&stage), [""; 0], "{}", row.name);
                });
            }
        }
        while let Some(run) = runs.join_next().await {
            problems.extend(run.err().map(|error| error.to_string()));
        }
    }
    assert_eq!(problems, [""; 0]);
}

#[track_caller]
fn expect_failure(row: &Row, stage: &Stage, class: &str, facts: &[&str]) {
    let step_of_class = step_of(class);
    let mut doctor = Doctor::new().args(&["--json"]).canary(terraform::SECRET).canary(terraform::TOKEN);
    doctor = doctor.env("CXONE_CLIENT_ID", "matrix").env("CXONE_CLIENT_SECRET", terraform::SECRET);
    for (name, value) in &stage.settings {
        doctor = doctor.env(&format!("CXONE_{}", name.to_uppercase()), value);
    }
    let report = doctor.run().expect_code(1);
    let json = report.json();
    assert_eq!(json["class"], class, "{}: {report}", row.name);
    assert_eq!(json["healthy"], false);
    let answer = json["answer"].as_str().unwrap();
    assert!(answer.starts_with("Problem: "), "{}: {answer}", row.name);
    assert_eq!(answer.lines().count(), 1, "{answer}");
    let steps = json["steps"].as_array().unwrap();
    let problems: Vec<_> = steps.iter().filter(|step| step["result"] == "problem").collect();
    let [problem] = problems.as_slice() else { panic!("{}: not one problem: {report}", row.name) };
    assert_eq!(problem["name"], step_of_class, "{}", row.name);
    let text = format!("{} {}", problem["summary"].as_str().unwrap(), problem["detail"].as_str().unwrap());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for fact in facts.iter().map(|fact| on_command_line(fact)) {
        assert!(text.contains(&fact), "{}: {fact:?} is not in: {text}", row.name);
    }
    assert!(!text.contains("provider block"), "{}: nobody here has one: {text}", row.name);
    expect_order(steps, row, step_of_class);
    assert!(!text.contains("provider-cxone doctor"), "doctor advises to run doctor: {text}");
}

/// The step of the checklist at which a failure of this class shows.
fn step_of(class: &str) -> &'static str {
    match class {
        "dns" => "dns",
        "connection-refused" | "timeout-connecting" => "tcp",
        "timeout-tls" => "tls",
        "proxy-authentication" | "proxy-refused" | "proxy-unreachable" => "tcp",
        _ if class.starts_with("tls-") => "tls",
        "no-access-token" | "unusable-token" => "token",
        "http-400" | "http-401" | "http-403" => "oauth",
        "invalid-client" | "invalid-grant" | "unauthorized-client" | "unsupported-grant-type" => "oauth",
        "invalid-scope" | "invalid-target" | "invalid-request" | "access-denied" => "oauth",
        "temporarily-unavailable" | "server-error" | "other-oauth-error" => "oauth",
        _ => "http",
    }
}

/// Each step once, in order, those before the problem passed and those after it skipped.
fn expect_order(steps: &[Value], row: &Row, step_of_class: &str) {
    let names: Vec<_> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    let order =
        ["configuration", "characters", "dns", "tcp", "tls", "http", "oauth", "token", "scopes", "expiry", "clock"];
    assert_eq!(names, order, "{}", row.name);
    let stop = names.iter().position(|name| *name == step_of_class).unwrap();
    for (index, step) in steps.iter().enumerate() {
        let result = step["result"].as_str().unwrap();
        let is_right = match index {
            _ if step["name"] == "clock" => matches!(result, "ok" | "skipped" | "warning"),
            _ if index < stop => matches!(result, "ok" | "skipped"),
            _ if index == stop => result == "problem",
            _ => result == "skipped",
        };
        assert!(is_right, "{}: {step}", row.name);
    }
}

fn sandbox() -> Sandbox {
    Sandbox::start(&[json!({ "client_id": "doctor-client", "client_secret": SECRET, "scopes": ["cxone:api"] })])
}

#[test]
fn a_wrong_secret_is_told_from_an_unknown_client_by_nobody() {
    let sandbox = sandbox();
    let wrong = "Vn2Rd7Bx-canary-wrong-secret-9Kf4Mt6Zq";
    let cases = [("wrong secret", "doctor-client", wrong), ("unknown client", "nobody", SECRET)];
    for (name, id, secret) in cases {
        let doctor = Doctor::at(sandbox.token_url()).canary(wrong);
        let report = doctor.env("CXONE_CLIENT_ID", id).env("CXONE_CLIENT_SECRET", secret).run().expect_code(1);
        assert_eq!(
            report.answer(),
            "Problem: CXone rejected the client credentials (HTTP 401 invalid_client). client_id and client_secret do not fit together for \
             127.0.0.1: the secret was rotated, or belongs to another application or environment.",
            "{name}"
        );
        assert_eq!(report.result("http"), "ok", "{name}");
        assert_eq!(report.result("oauth"), "problem", "{name}");
    }
    assert_eq!(sandbox.exchanges(), 2, "one request per run");
}

#[test]
fn a_likely_mistake_comes_before_the_refusal() {
    let sandbox = sandbox();
    let report = Doctor::at(sandbox.token_url()).env("CXONE_CLIENT_SECRET", "xyz-789").run().expect_code(1);
    assert_eq!(
        report.answer(),
        "Problem: CXone rejected the client credentials (HTTP 401 invalid_client). client_secret is still a placeholder \
         from an example."
    );
    assert!(!report.stdout.contains("\nwarning:"), "{report}");
}

#[test]
fn a_healthy_configuration_is_called_so() {
    let sandbox = sandbox();
    let yaml = format!(
        "auth:\n  type: client_credentials\n  endpoint: {}\n  client_id: doctor-client\n  client_secret: {SECRET}\n  \
         scope: \"cxone:api\"\n",
        sandbox.token_url()
    );
    let report = Doctor::new().file("--config", "auth.yaml", &yaml).run().expect_code(0);
    assert_eq!(report.answer(), "Healthy: these settings give a token.");
    for step in ["configuration", "characters", "tcp", "http", "oauth", "token", "scopes", "expiry", "clock"] {
        assert_eq!(report.result(step), "ok", "{step}: {report}");
    }
    // An address needs no name server, and plain http no certificate.
    for step in ["dns", "tls"] {
        assert_eq!(report.result(step), "skipped", "{step}: {report}");
    }
    assert_eq!(report.stderr, "");
    assert_eq!(sandbox.exchanges(), 1);
}

#[test]
fn a_name_is_resolved_and_its_addresses_are_told() {
    let wire = ScriptedServer::in_background();
    wire.route("/token", [Reply::token(TOKEN)]);
    let url = format!("http://localhost:{}/token", wire.address().port());
    let report = Doctor::at(&url).run().expect_code(0);
    assert_eq!(report.result("dns"), "ok");
    assert!(report.stdout.contains("localhost resolves to ") && report.stdout.contains("127.0.0.1"), "{report}");
}

#[test]
fn a_proxy_that_is_set_and_not_used_is_mentioned_where_the_host_is_not_reached() {
    let proxy = "http://user:Lw4Tz7Kd-canary-proxy-password-2Vs8@proxy.invalid:3128";
    let cases = [
        ("of the wrong kind", vec![("HTTP_PROXY", proxy)], "applies to http addresses only"),
        ("of the wrong kind, in lower case", vec![("http_proxy", proxy)], "set HTTPS_PROXY as well"),
        ("with an exception", vec![("HTTPS_PROXY", proxy), ("NO_PROXY", ".invalid")], "NO_PROXY lists this host"),
    ];
    for (name, variables, hint) in cases {
        let doctor = Doctor::at("https://token.invalid/token").canary(proxy);
        let doctor = variables.iter().fold(doctor, |doctor, (name, value)| doctor.env(name, value));
        let report = doctor.run().expect_code(1);
        let shown = report.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(hint), "{name}: {report}");
        assert_eq!(report.result("dns"), "problem", "{name}");
    }
    let used = Doctor::at("https://token.invalid/token").canary(proxy).env("HTTPS_PROXY", proxy).run().expect_code(1);
    assert!(used.answer().starts_with("Problem: The proxy cannot be reached. "), "{used}");
    assert!(used.stdout.contains("http://proxy.invalid:3128 (HTTPS_PROXY)"));
    assert_eq!(used.result("dns"), "skipped");
}

#[test]
fn a_variable_that_is_no_proxys_address_is_a_mistake_in_the_configuration() {
    let proxy = "socks5://user:Lw4Tz7Kd-canary-proxy-password-2Vs8@proxy.invalid:1080";
    let doctor = || Doctor::at("https://token.invalid/token").canary(proxy).args(&["--json"]);
    let shared = doctor().env("https_proxy", proxy).run().expect_code(1);
    assert_eq!(shared.json()["class"], "setup", "{shared}");
    let answer = "Problem: The token request cannot be prepared. The proxy of the environment variable https_proxy cannot \
                  be used: ";
    assert!(shared.json()["answer"].as_str().unwrap().starts_with(answer), "{shared}");
    assert!(shared.stdout.contains("variable https_proxy cannot be used: it is neither an http nor"), "{shared}");
    let own = doctor().env("CXONE_HTTP_PROXY", proxy).run().expect_code(1);
    assert_eq!(own.json()["answer"], "Problem: Invalid value for `http_proxy`.", "{own}");
    assert!(own.stdout.contains("variable CXONE_HTTP_PROXY"), "{own}");
}

#[test]
fn what_a_token_says_is_judged_as_the_provider_does() {
    let wire = ScriptedServer::in_background();
    let narrowed = json!({ "scope": "other:scope" });
    let short = json!({ "expires_in": 30 });
    let old = Reply::bytes(
        format!(
            "HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nContent-Length: {}\r\n\r\n{}",
            token_body().len(),
            token_body()
        )
        .into_bytes(),
    );
    let cases = [
        (
            "drift",
            Some(("CXONE_SCOPES", "cxone:api")),
            Reply::token_with(TOKEN, narrowed.clone()),
            "scopes",
            "warning",
            0,
        ),
        (
            "drift-is-error",
            Some(("CXONE_SCOPE_DRIFT", "error")),
            Reply::token_with(TOKEN, narrowed.clone()),
            "scopes",
            "problem",
            1,
        ),
        ("nothing-declared", None, Reply::token_with(TOKEN, narrowed), "scopes", "skipped", 0),
        ("short", None, Reply::token_with(TOKEN, short), "expiry", "warning", 0),
        ("endless", None, Reply::token_with(TOKEN, json!({ "expires_in": null })), "expiry", "skipped", 0),
        ("clock", None, old, "clock", "warning", 0),
    ];
    for (name, variable, reply, step, result, code) in cases {
        let mut doctor = Doctor::at(&wire.route(&format!("/{name}"), [reply]));
        if let Some((variable, value)) = variable {
            doctor = doctor.env("CXONE_SCOPES", "cxone:api").env(variable, value);
        }
        let report = doctor.run().expect_code(code);
        assert_eq!(report.result(step), result, "{name}: {report}");
        let beginning = match result {
            "problem" => "Problem: ",
            "warning" => "It works, but: ",
            _ => "Healthy: ",
        };
        assert!(report.answer().starts_with(beginning), "{name}: {report}");
    }
}

fn token_body() -> String {
    json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 }).to_string()
}

#[test]
fn the_request_shown_is_the_request_sent() {
    let wire = ScriptedServer::in_background();
    for method in ["client_secret_basic", "client_secret_post"] {
        let url = wire.route(&format!("/{method}"), [Reply::token(TOKEN)]);
        let doctor = Doctor::at(&url).env("CXONE_SCOPES", "b a").env("CXONE_AUDIENCE", "x y");
        let report = doctor.env("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", method).args(&["--json"]).run().expect_code(0);

        let sent = wire.only_request(&format!("/{method}"));
        let json = report.json();
        let (head, body) = json["request"].as_str().unwrap().split_once("\n\n").unwrap();
        let mut lines = head.lines();
        assert_eq!(lines.next().unwrap(), sent.request_line());
        for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
            let real = sent.header(&name.to_lowercase()).unwrap_or_else(|| panic!("{name} was not sent"));
            if name == "Authorization" {
                assert_eq!((value, &real[..6]), ("Basic ********", "Basic "));
            } else {
                assert_eq!(value, real, "{name}");
            }
        }
        assert_eq!(head.contains("Authorization"), sent.header("authorization").is_some());
        assert_eq!(body.trim_end(), sent.body().replace(SECRET, "********"));
    }
}

#[test]
fn the_whole_report_of_a_refusal() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/oauth/token", [Reply::oauth_error(401, "invalid_client", "no such client")]);
    let report = Doctor::at(&url).env("CXONE_SCOPES", "cxone:api").run().expect_code(1);
    let shown = report.stdout.replace(&wire.address().to_string(), "127.0.0.1:4711");
    insta::assert_snapshot!(shown, @r#"
    Problem: CXone rejected the client credentials (HTTP 401 invalid_client). CXone does not know the client: "no such client".

    Checklist:
      ok      configuration  all needed settings are set and valid
      ok      characters     the values have no known mistake
      skipped dns            127.0.0.1 is an IP address
      ok      tcp            connected directly, without a proxy
      skipped tls            plain http to this machine
      ok      http           a complete response arrived
      problem oauth          CXone rejected the client credentials (HTTP 401 invalid_client)
      skipped token          not reached
      skipped scopes         not reached
      skipped expiry         not reached
      skipped clock          the server's time is unknown

    problem: CXone rejected the client credentials (HTTP 401 invalid_client)
      CXone does not know the client: "no such client". Compare client_id in the
      environment variable CXONE_CLIENT_ID with the one that NICE issued. If it
      is right, the application belongs to another environment than 127.0.0.1:
      set token_url to the token endpoint of that environment.

      Request
        POST http://127.0.0.1:4711/oauth/token (CXONE_TOKEN_URL)
        client_id doctor-client (CXONE_CLIENT_ID), client_secret hidden
        (CXONE_CLIENT_SECRET), HTTP Basic, scopes cxone:api
      Response
        401 invalid_client

      If that is not the reason:
        - The application is registered for client_secret_post: set
          --token-endpoint-auth-method client_secret_post.

    To try the other authentication methods with the same credentials, add --try-auth-methods. It can cost one more failed login.

    The request, secrets masked:
      POST /oauth/token HTTP/1.1
      Host: 127.0.0.1:4711
      Accept: application/json
      User-Agent: terraform-provider-cxone/0.1.0
      Authorization: Basic ********
      Content-Type: application/x-www-form-urlencoded

      grant_type=client_credentials&scope=cxone%3Aapi

    To print these settings as a provider block, a command or a script: --emit hcl, --emit curl, --emit python.
    "#);
}
