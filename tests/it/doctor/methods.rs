//! `--try-auth-methods`: its logins and its findings.

use serde_json::json;

use super::SECRET;
use super::run::Doctor;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer};

/// With characters that RFC 6749 percent-encodes, so that there are three ways to send it.
const RESERVED: &str = "Tk3Wq9Zx=canary+doctor/reserved&5Bn8Lp2Vd";

#[test]
fn nothing_more_is_tried_unless_asked_for() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::oauth_error(401, "invalid_client", "")]);
    let report = Doctor::at(&url).env("CXONE_CLIENT_SECRET", RESERVED).canary(RESERVED).run().expect_code(1);
    assert_eq!(wire.requests().len(), 1);
    assert!(report.stdout.contains("add --try-auth-methods. It can cost up to two more failed logins."));
    assert_eq!(report.stderr, "");
}

#[test]
fn at_most_two_more_logins_follow_a_warning() {
    let refusal = || Reply::oauth_error(401, "invalid_client", "");
    let wire = ScriptedServer::in_background();
    let cases = [("plain", SECRET, 1, "one more login"), ("reserved", RESERVED, 2, "up to two more logins")];
    for (name, secret, more, cost) in cases {
        for configured in ["client_secret_basic", "client_secret_post"] {
            let path = format!("/{name}/{configured}");
            let doctor =
                Doctor::at(&wire.route(&path, [refusal()])).canary(RESERVED).env("CXONE_CLIENT_SECRET", secret);
            let doctor = doctor.env("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", configured);
            let report = doctor.args(&["--try-auth-methods"]).run().expect_code(1);

            let requests = wire.requests_for(&path);
            assert_eq!(requests.len(), 1 + more, "{path}");
            let mut ways: Vec<_> =
                requests.iter().map(|request| (request.basic(), request.body().to_owned())).collect();
            ways.sort();
            ways.dedup();
            assert_eq!(ways.len(), 1 + more, "{path}: a login was sent twice");
            assert!(report.stderr.starts_with("warning: --try-auth-methods makes "), "{report}");
            assert!(report.stderr.contains(cost), "{report}");
            assert_eq!(report.result("methods"), "problem");
            assert!(report.stdout.contains("refused as well with "), "{report}");
        }
    }
}

#[test]
fn the_method_that_is_accepted_is_named_in_the_first_line() {
    let client = json!({
        "client_id": "doctor-client",
        "client_secret": SECRET,
        "authentication": "client_secret_post",
        "scopes": ["cxone:api"],
    });
    let sandbox = Sandbox::start(&[client]);
    let report = Doctor::at(sandbox.token_url()).args(&["--try-auth-methods"]).run().expect_code(1);
    assert_eq!(
        report.answer(),
        "Problem: CXone rejected the client credentials (HTTP 401 invalid_client), but accepts them with \
         token_endpoint_auth_method = \"client_secret_post\"."
    );
    assert_eq!(report.result("methods"), "ok");
    assert_eq!(sandbox.exchanges(), 2);
}

#[test]
fn no_login_is_spent_where_the_method_cannot_be_the_cause() {
    let wire = ScriptedServer::in_background();
    let html = ("Content-Type", "text/html");
    let cases = [
        ("scope", Reply::oauth_error(400, "invalid_scope", "")),
        ("grant", Reply::oauth_error(400, "unsupported_grant_type", "")),
        ("limit", Reply::answer(429, &[], "")),
        ("firewall", Reply::answer(403, &[html], "<html></html>")),
        ("missing", Reply::answer(404, &[], "")),
        ("fault", Reply::answer(500, &[], "")),
    ];
    for (name, reply) in cases {
        let path = format!("/{name}");
        let report = Doctor::at(&wire.route(&path, [reply])).args(&["--try-auth-methods"]).run().expect_code(1);
        wire.only_request(&path);
        assert_eq!(report.stderr, "", "{name}");
    }
}

#[test]
fn a_try_that_ends_otherwise_ends_the_tries() {
    let wire = ScriptedServer::in_background();
    let replies = [Reply::oauth_error(401, "invalid_client", ""), Reply::answer(429, &[], "")];
    let doctor = Doctor::at(&wire.route("/token", replies)).env("CXONE_CLIENT_SECRET", RESERVED).canary(RESERVED);
    let report = doctor.args(&["--try-auth-methods"]).run().expect_code(1);
    assert_eq!(wire.requests().len(), 2);
    assert_eq!(report.result("methods"), "warning");
    assert!(report.answer().starts_with("Problem: CXone rejected the client credentials"), "{report}");
}
