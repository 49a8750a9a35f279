//! Discovery through the real core: what a document may say, and what is said when it will not do.

use serde_json::{Value, json};

use super::{SECRET, TOKEN, used_alias};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

fn workspace() -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    for (name, value) in [("CXONE_CLIENT_ID", "reader"), ("CXONE_CLIENT_SECRET", SECRET), ("CXONE_MAX_RETRIES", "0")] {
        workspace.env(name, value);
    }
    workspace
}

/// Scripts the document of the issuer `name`; gives the issuer.
fn issuer(wire: &ScriptedServer, name: &str, reply: Reply) -> String {
    wire.route(&format!("/{name}/.well-known/openid-configuration"), [reply]);
    format!("http://{}/{name}", wire.address())
}

/// A document of that issuer, with more members or others.
fn document(wire: &ScriptedServer, name: &str, more: Value) -> Reply {
    let issuer = format!("http://{}/{name}", wire.address());
    let mut document = json!({ "issuer": issuer, "token_endpoint": format!("{issuer}/token") });
    let (Value::Object(members), Value::Object(more)) = (&mut document, more) else { panic!("objects") };
    members.extend(more);
    members.retain(|_, value| !value.is_null());
    Reply::json(200, &document)
}

#[test]
fn a_document_that_will_not_do_is_explained_and_no_credential_is_sent() {
    let wire = ScriptedServer::in_background();
    let own = |name: &str, more| document(&wire, name, more);
    let other_port = "http://localhost:9/token";
    let cases: [(&str, Reply, &[&str]); 13] = [
        ("not_there", Reply::answer(404, &[], ""), &["HTTP 404", "na1.nice-incontact.com", "`token_url`"]),
        (
            "not_there_in_json",
            Reply::json(404, &json!({ "error": "not_found" })),
            &["HTTP 404", "na1.nice-incontact.com"],
        ),
        ("refusing", Reply::answer(403, &[], ""), &["HTTP 403"]),
        ("broken", Reply::answer(500, &[], ""), &["HTTP 500"]),
        (
            "web_page",
            Reply::answer(200, &[("Content-Type", "text/html")], "<html><title>Sign in</title></html>"),
            &["a web page titled \"Sign in\"", "captive portal"],
        ),
        ("no_json", Reply::answer(200, &[], "hello"), &["no JSON object"]),
        ("list", Reply::json(200, &json!([])), &["no JSON object"]),
        (
            "moved",
            Reply::answer(301, &[("Location", "https://elsewhere.example/x?secret=1")], ""),
            &["redirect to https://elsewhere.example/x", "not followed"],
        ),
        ("nameless", own("nameless", json!({ "issuer": null })), &["names no `issuer`", "RFC 8414"]),
        (
            "stranger",
            own("stranger", json!({ "issuer": "https://cxone.niceincontact.com" })),
            &["https://cxone.niceincontact.com", "/stranger was asked", "`iss` claim"],
        ),
        ("endless", own("endless", json!({ "token_endpoint": null })), &["names no `token_endpoint`"]),
        (
            "foreign",
            own("foreign", json!({ "token_endpoint": other_port })),
            &[other_port, "another domain", "set it as `token_url` by hand"],
        ),
        (
            "unsafe",
            own("unsafe", json!({ "token_endpoint": "http://auth.example.com/token" })),
            &["cannot be used", "unencrypted"],
        ),
    ];
    let mut workspace = workspace();
    let blocks = cases
        .iter()
        .map(|(name, reply, _)| used_alias(name, &format!("issuer = \"{}\"", issuer(&wire, name, reply.clone()))));
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    for (name, _, facts) in &cases {
        let error = plan.error_at(&format!(".{name}"));
        error.expect_facts(facts).expect_facts(&["No credential was sent", "`issuer` in the provider block"]);
        assert!(!error.text().contains("secret=1"));
    }
    assert_eq!(plan.errors().count(), cases.len(), "{plan}");
    assert!(wire.requests().iter().all(|request| request.request_line().starts_with("GET ")));
    assert!(wire.requests().iter().all(|request| request.header("authorization").is_none()));
    assert_eq!(wire.requests().len(), cases.len());
    workspace.finish();
}

#[test]
fn what_an_issuer_does_not_list_is_a_warning_before_the_request_and_refuses_nothing() {
    let wire = ScriptedServer::in_background();
    let basic = "";
    let post = "token_endpoint_auth_method = \"client_secret_post\"";
    let listed = |methods: Value| {
        json!({
            "token_endpoint_auth_methods_supported": methods,
            "scopes_supported": ["openid"], "grant_types_supported": ["authorization_code"],
        })
    };
    let cases: [(&str, Value, &str, &[&str]); 5] = [
        ("both", json!(["client_secret_basic", "client_secret_post"]), post, &[]),
        ("silent_basic", json!(null), basic, &[]),
        ("silent_post", json!(null), post, &["client_secret_basic alone", "RFC 8414"]),
        ("post_only", json!(["client_secret_post"]), basic, &["lists client_secret_post", "to `client_secret_post`"]),
        ("keys_only", json!(["private_key_jwt"]), basic, &["lists private_key_jwt", "may be refused"]),
    ];
    let mut workspace = workspace();
    let blocks = cases.iter().map(|(name, methods, settings, _)| {
        let issuer = issuer(&wire, name, document(&wire, name, listed(methods.clone())));
        // Even when the request is then refused, the warning comes.
        let reply =
            if *name == "keys_only" { Reply::oauth_error(401, "invalid_client", "no") } else { Reply::token(TOKEN) };
        wire.route(&format!("/{name}/token"), [reply]);
        used_alias(name, &format!("issuer = \"{issuer}\"\nscopes = [\"cxone:api\"]\n{settings}"))
            + &format!("data \"cxone_token_info\" \"{name}_too\" {{\n  provider = cxone.{name}\n}}\n")
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    assert_eq!(plan.errors().count(), 1, "{plan}");
    plan.error_at(".keys_only").expect_facts(&["invalid_client"]);
    for (name, _, _, facts) in &cases {
        let warnings: Vec<_> =
            plan.warnings().filter(|warning| warning.address.ends_with(&format!(".{name}"))).collect();
        assert_eq!(warnings.len(), usize::from(!facts.is_empty()), "{name}: {plan}");
        warnings.iter().for_each(|warning| _ = warning.expect_facts(facts));
        let asked = format!("/{name}/.well-known/openid-configuration");
        assert_eq!(wire.requests_for(&asked).len(), 1, "{name}: one document a process");
        assert_eq!(wire.requests_for(&format!("/{name}/token")).len(), 1, "{name}");
    }
    workspace.finish();
}

#[test]
fn without_validation_many_tokens_share_one_discovery_and_its_failure() {
    let wire = ScriptedServer::in_background();
    let good = issuer(&wire, "good", document(&wire, "good", json!({})));
    wire.route("/good/token", [Reply::token(TOKEN)]);
    let bad = issuer(&wire, "bad", Reply::answer(404, &[], ""));
    let mut workspace = workspace();
    let block = |name: &str, issuer: &str| {
        let tokens = (0..8).map(|index| {
            format!(
                "data \"cxone_token_info\" \"{name}_{index}\" {{\n  provider = cxone.{name}\n  scopes = [\"s{index}\"]\n}}\n"
            )
        });
        format!(
            "provider \"cxone\" {{\n  alias = \"{name}\"\n  issuer = \"{issuer}\"\n  skip_credentials_validation = \
             true\n}}\n{}",
            tokens.collect::<String>()
        )
    };
    workspace.write(&[block("good", &good), block("bad", &bad)].concat());

    let plan = workspace.plan().expect_failure();

    assert_eq!(plan.errors().count(), 8, "{plan}");
    assert_eq!(wire.requests_for("/good/.well-known/openid-configuration").len(), 1);
    assert_eq!(wire.requests_for("/bad/.well-known/openid-configuration").len(), 1);
    assert_eq!(wire.requests_for("/good/token").len(), 8);
    workspace.finish();
}
