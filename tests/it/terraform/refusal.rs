//! Failures and their messages.

use serde_json::json;

use super::{SECRET, TOKEN, used_alias};
use testkit::core::Core;
use testkit::run::Diagnostic;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

#[test]
fn a_wrong_secret_costs_one_request_and_explains_itself() {
    testkit::needs!(ephemerals);
    const WRONG_INLINE: &str = "Jd4Xs8Kc-canary-wrong-inline-7Bv3Nm6Lp";
    const WRONG_IN_ENVIRONMENT: &str = "Ye6Rt2Hf-canary-wrong-environment-4Zq9Gw1Da";
    let client = |id| json!({ "client_id": id, "client_secret": SECRET, "scopes": ["cxone:api"] });
    let sandbox = Sandbox::start(&[client("eager"), client("lazy")]);
    let mut workspace = Workspace::new();
    workspace.canary("inline secret", WRONG_INLINE);
    workspace.canary("secret in the environment", WRONG_IN_ENVIRONMENT);
    workspace.canary("right secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    workspace.env("CXONE_CLIENT_ID", "eager");
    workspace.env("CXONE_CLIENT_SECRET", WRONG_IN_ENVIRONMENT);
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          client_secret = "{WRONG_INLINE}"
        }}
        ephemeral "cxone_access_token" "eager" {{
          count = 3
        }}
        data "cxone_access_token" "eager" {{
          count = 3
        }}
        provider "cxone" {{
          alias                       = "lazy"
          client_id                   = "lazy"
          skip_credentials_validation = true
        }}
        ephemeral "cxone_access_token" "lazy" {{
          provider = cxone.lazy
          count    = 10
        }}
        data "cxone_token_info" "lazy" {{
          provider = cxone.lazy
          count    = 10
        }}
        "#
    ));

    let plan = workspace.plan_with(&["-parallelism=30"]).expect_failure();

    let exchanges: Vec<_> = sandbox.exchanges_by_client().into_iter().collect();
    assert_eq!(exchanges, [("eager".to_owned(), 1), ("lazy".to_owned(), 1)]);
    let facts = ["401", "invalid_client", "127.0.0.1"];
    let of_lazy: Vec<&Diagnostic> = plan.errors().filter(|error| error.address.contains(".lazy")).collect();
    let expected = if Core::find().reports_every_instance() { 20 } else { 2 };
    assert_eq!(of_lazy.len(), expected, "one error a token object: {plan}");
    for error in of_lazy {
        error.expect_facts(&facts).expect_facts(&["CXONE_CLIENT_SECRET", "client_id lazy (client_id, provider block)"]);
    }
    let of_eager: Vec<&Diagnostic> = plan.errors().filter(|error| !error.address.contains("lazy")).collect();
    let [eager] = of_eager.as_slice() else {
        panic!("the plan of the eager configuration ends before any token object: {plan}");
    };
    eager
        .expect_facts(&facts)
        .expect_facts(&["client_secret hidden (client_secret, provider block)", "CXONE_CLIENT_ID"]);
    workspace.finish();
}

#[test]
fn a_token_that_would_not_live_long_enough_is_refused_with_advice() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let url = wire.route("/short", [Reply::token_with(TOKEN, json!({ "expires_in": 30 }))]);
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          token_url                   = "{url}"
          client_id                   = "short"
          skip_credentials_validation = true
        }}
        ephemeral "cxone_access_token" "by_default" {{}}
        data "cxone_token_info" "by_argument" {{
          min_remaining_lifetime = "5m"
        }}
        ephemeral "cxone_access_token" "content" {{
          min_remaining_lifetime = "10s"
        }}
        "#
    ));

    let plan = workspace.plan().expect_failure();

    for (address, limit) in [("by_default", "1m"), ("by_argument", "5m")] {
        plan.error_at(address).expect_facts(&["min_remaining_lifetime", limit]);
    }
    assert_eq!(plan.errors().count(), 2, "{plan}");
    workspace.finish();
}

#[test]
fn each_bad_answer_has_its_own_message_and_is_not_asked_for_twice() {
    const ECHO: &str = "Cb7Tn1Ws-canary-echoed-secret-3Kd8Vy5Rx";
    let page = "<html><head><title>Single sign-on</title></head></html>";
    let cases: [(&str, Reply, &[&str]); 8] = [
        ("bad_request", Reply::oauth_error(400, "invalid_scope", "no such scope"), &["400", "invalid_scope"]),
        ("forbidden", Reply::oauth_error(403, "unauthorized_client", "not you"), &["403", "unauthorized_client"]),
        ("echo", Reply::oauth_error(401, "invalid_client", &format!("got {ECHO}")), &["401", "invalid_client"]),
        ("html", Reply::answer(200, &[("Content-Type", "text/html")], page), &["web page"]),
        (
            "redirect",
            Reply::answer(302, &[("Location", "/elsewhere?secret=1")], ""),
            &["302", "redirect", "/elsewhere"],
        ),
        ("missing", Reply::answer(404, &[], ""), &["404"]),
        ("no_token", Reply::json(200, &json!({ "status": "ok" })), &["access_token"]),
        ("not_bearer", Reply::token_with(TOKEN, json!({ "token_type": "mac" })), &["bearer", "token_type"]),
    ];
    let wire = ScriptedServer::in_background();
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", ECHO);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", ECHO);
    workspace.env("CXONE_CLIENT_ID", "reader");
    let blocks = cases.iter().map(|(name, reply, _)| {
        let url = wire.route(&format!("/{name}"), [reply.clone()]);
        used_alias(name, &format!("token_url = \"{url}\""))
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan().expect_failure();

    for (name, _, facts) in cases {
        plan.error_at(&format!(".{name}")).expect_facts(facts).expect_facts(&["127.0.0.1"]);
        wire.only_request(&format!("/{name}"));
    }
    assert!(wire.requests_for("/elsewhere?secret=1").is_empty(), "a redirect was followed");
    workspace.finish();
}
