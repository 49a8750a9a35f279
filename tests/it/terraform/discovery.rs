//! Discovery through the real core: accepted documents, and the messages about unusable ones.

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
        ("not_there", Reply::answer(404, &[], ""), &["404, no content", "token_url"]),
        ("not_there_in_json", Reply::json(404, &json!({ "error": "not_found" })), &["404 not_found", "token_url"]),
        ("refusing", Reply::answer(403, &[], ""), &["403, no content"]),
        ("broken", Reply::answer(500, &[], ""), &["500, no content"]),
        (
            "web_page",
            Reply::answer(200, &[("Content-Type", "text/html")], "<html><title>Sign in</title></html>"),
            &["web page", "Sign in"],
        ),
        ("no_json", Reply::answer(200, &[], "hello"), &["is not a JSON object"]),
        ("list", Reply::json(200, &json!([])), &["is not a JSON object"]),
        (
            "moved",
            Reply::answer(301, &[("Location", "https://elsewhere.example/x?secret=1")], ""),
            &["redirects to https://elsewhere.example/x"],
        ),
        ("nameless", own("nameless", json!({ "issuer": null })), &["names no `issuer`"]),
        (
            "stranger",
            own("stranger", json!({ "issuer": "https://cxone.niceincontact.com" })),
            &["https://cxone.niceincontact.com", "the request was for", "`iss`"],
        ),
        ("endless", own("endless", json!({ "token_endpoint": null })), &["names no `token_endpoint`"]),
        (
            "foreign",
            own("foreign", json!({ "token_endpoint": other_port })),
            &[other_port, "on another domain", "set token_url to it instead of issuer"],
        ),
        ("unsafe", own("unsafe", json!({ "token_endpoint": "http://auth.example.com/token" })), &["not usable"]),
    ];
    let mut workspace = workspace();
    let blocks = cases
        .iter()
        .map(|(name, reply, _)| used_alias(name, &format!("issuer = \"{}\"", issuer(&wire, name, reply.clone()))));
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    for (name, _, facts) in &cases {
        let error = plan.error_at(&format!(".{name}"));
        error.expect_facts(facts).expect_facts(&["No credential was sent", "(issuer, provider block)"]);
        assert!(!error.text().contains("secret=1"));
    }
    assert_eq!(plan.errors().count(), cases.len(), "{plan}");
    assert!(wire.requests().iter().all(|request| request.request_line().starts_with("GET ")));
    assert!(wire.requests().iter().all(|request| request.header("authorization").is_none()));
    assert_eq!(wire.requests().len(), cases.len());
    workspace.finish();
}

#[test]
fn what_an_issuer_does_not_list_is_silent_while_it_accepts_and_the_verdict_when_it_rejects() {
    let wire = ScriptedServer::in_background();
    let basic = "";
    let post = "token_endpoint_auth_method = \"client_secret_post\"";
    let listed = |methods: Value| {
        json!({
            "token_endpoint_auth_methods_supported": methods,
            "scopes_supported": ["openid"], "grant_types_supported": ["authorization_code"],
        })
    };
    let cases: [(&str, Value, &str, &[&str]); 6] = [
        ("both", json!(["client_secret_basic", "client_secret_post"]), post, &[]),
        ("silent_basic", json!(null), basic, &[]),
        ("silent_post", json!(null), post, &[]),
        ("post_only", json!(["client_secret_post"]), basic, &[]),
        ("post_rejecting", json!(["client_secret_post"]), basic, &["\"client_secret_post\""]),
        (
            "keys_only",
            json!(["private_key_jwt"]),
            basic,
            &["lists private_key_jwt", "supports client_secret_basic and client_secret_post"],
        ),
    ];
    let mut workspace = workspace();
    let blocks = cases.iter().map(|(name, methods, settings, facts)| {
        let issuer = issuer(&wire, name, document(&wire, name, listed(methods.clone())));
        let reply =
            if facts.is_empty() { Reply::token(TOKEN) } else { Reply::oauth_error(401, "invalid_client", "no") };
        wire.route(&format!("/{name}/token"), [reply]);
        used_alias(name, &format!("issuer = \"{issuer}\"\nscopes = [\"cxone:api\"]\n{settings}"))
            + &format!("data \"cxone_token_info\" \"{name}_too\" {{\n  provider = cxone.{name}\n}}\n")
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    assert_eq!((plan.errors().count(), plan.warnings().count()), (2, 0), "{plan}");
    for (name, _, _, facts) in &cases {
        if !facts.is_empty() {
            let error = plan.error_at(&format!(".{name}")).expect_facts(&["invalid_client"]);
            let verdict = error.detail.split("\n\n").next().unwrap();
            let verdict = verdict.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(facts.iter().all(|fact| verdict.contains(fact)), "{name}: {verdict}");
        }
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
