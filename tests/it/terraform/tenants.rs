//! The tenant of a token, and tokens in `access_token`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{SECRET, used_alias};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

/// In every token here, so that the leak check finds them.
const CANARY: &str = "Lr6Xb3Nd-canary-signature-of-tokens-8Qz4Wt2Kp";

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({ "alg": "none" })), part(claims), URL_SAFE_NO_PAD.encode(CANARY))
}

fn workspace() -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("signature", CANARY);
    workspace.env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_MAX_RETRIES", "3");
    workspace
}

fn directory(tenant: &str) -> String {
    format!("/.well-known/cxone-configuration?tenantId={tenant}")
}

#[test]
fn a_tenant_that_cannot_be_looked_up_is_no_failure_and_no_delay() {
    let wire = ScriptedServer::in_background();
    let cases: [(&str, Vec<Reply>, Value); 6] = [
        ("t-missing", vec![Reply::answer(404, &[], "")], json!(null)),
        ("t-busy", vec![Reply::answer(503, &[("Retry-After", "20")], "")], json!(null)),
        ("t-closing", vec![Reply::close()], json!(null)),
        ("t-page", vec![Reply::answer(200, &[], "<html></html>")], json!(null)),
        (
            "t-other",
            vec![Reply::json(200, &json!({"tenantId": "t-x", "api_endpoint": "https://x.example"}))],
            json!(null),
        ),
        (
            "t-good",
            vec![Reply::json(200, &json!({"tenantId": "t-good", "api_endpoint": "https://api-zz1.niceincontact.com"}))],
            json!("https://api-zz1.niceincontact.com"),
        ),
    ];
    let mut workspace = workspace();
    let blocks = cases.iter().map(|(tenant, replies, _)| {
        wire.route(&directory(tenant), replies.clone());
        let url = wire.route(&format!("/{tenant}"), [Reply::token(&jwt(&json!({ "tenantId": tenant })))]);
        let name = tenant.replace('-', "_");
        used_alias(&name, &format!("token_url = \"{url}\"\nretry_min_wait = \"20s\"\nretry_max_wait = \"20s\""))
            + &format!("data \"cxone_token_info\" \"{name}_too\" {{\n  provider = cxone.{name}\n}}\n")
            + &format!("output \"{name}\" {{\n  value = data.cxone_token_info.{name}.api_base_url\n}}\n")
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan().expect_success();

    assert_eq!(plan.warnings().count(), 0, "{plan}");
    let planned = workspace.run(&["show", "-json", "plan.tfplan"]).expect_success().json();
    for (tenant, _, expected) in &cases {
        let output = &planned["planned_values"]["outputs"][tenant.replace('-', "_")]["value"];
        assert_eq!(output, expected, "{tenant}");
        // A passing failure is not cached, so a later caller looks again. Lasting results are fetched once.
        let most = if ["t-busy", "t-closing"].contains(tenant) { 2 } else { 1 };
        let look_ups = wire.requests_for(&directory(tenant)).len();
        assert!((1..=most).contains(&look_ups), "{tenant}: {look_ups} look-ups of two objects, no retry");
    }
    for request in wire.requests().iter().filter(|request| request.request_line().starts_with("GET")) {
        assert_eq!(request.header("authorization"), None);
    }
    workspace.finish();
}

#[test]
fn a_token_of_another_tenant_is_refused_wherever_it_shows() {
    let wire = ScriptedServer::in_background();
    let token = |name: &str, more: Value| wire.route(&format!("/{name}"), [Reply::token_with("opaque-token", more)]);
    let of = |tenant: &str| json!({ "access_token": jwt(&json!({ "tenantId": tenant })) });
    let cases: [(&str, String, &[&str]); 4] = [
        ("right", token("right", of("T-1")), &[]),
        ("by_id_token", token("by_id_token", json!({ "id_token": jwt(&json!({ "tenantId": "t-1" })) })), &[]),
        ("wrong", token("wrong", of("t-2")), &["another tenant", "t-2", "`expected_tenant_id` in the provider block"]),
        ("opaque", token("opaque", json!({})), &["does not name its tenant", "Remove `expected_tenant_id`"]),
    ];
    for skip in ["", "skip_credentials_validation = true"] {
        let mut workspace = workspace();
        let blocks = cases.iter().map(|(name, url, _)| {
            used_alias(name, &format!("token_url = \"{url}\"\nexpected_tenant_id = \"t-1\"\n{skip}"))
        });
        workspace.write(&blocks.collect::<String>());
        let plan = workspace.plan().expect_failure();
        for (name, _, facts) in &cases {
            let address = format!(".{name}");
            if facts.is_empty() {
                assert!(!plan.errors().any(|error| error.address.ends_with(&address)), "{name}: {plan}");
            } else {
                plan.error_at(&address).expect_facts(facts);
            }
        }
        assert_eq!(plan.errors().count(), 2, "{plan}");
        workspace.finish();
    }
}

#[test]
fn a_token_without_the_expected_claims_is_refused_wherever_it_shows() {
    let wire = ScriptedServer::in_background();
    let token = |name: &str, more: Value| {
        format!("token_url = \"{}\"", wire.route(&format!("/{name}"), [Reply::token_with("opaque-token", more)]))
    };
    let role =
        |id: &str| json!({ "access_token": jwt(&json!({ "role": { "id": id }, "icBUId": -7, "tenantId": "t-1" })) });
    let secret = "Jw4Hc8Pz-canary-claim-3Vt9Ks5Bn";
    let cases: [(&str, String, &[&str]); 6] = [
        ("right", token("right", role("r-1")), &[]),
        (
            "wrong",
            token("wrong", role("r-2")),
            &["role.id: expected r-1, found: r-2", "`expected_claims` in the provider"],
        ),
        (
            "vanished",
            token("vanished", json!({ "access_token": jwt(&json!({})) })),
            &["icBUId: expected -7, found: not in"],
        ),
        (
            "handed_over",
            format!("access_token = \"{}\"", jwt(&json!({ "role": { "id": "r-3" }, "icBUId": -7 }))),
            &["role.id: expected r-1, found: r-3"],
        ),
        ("opaque", token("opaque", json!({})), &["cannot be read", "Remove `expected_claims`"]),
        ("secret", token("secret", role(secret)), &["role.id: expected r-1, found: (hidden: it looks like a secret)"]),
    ];
    for skip in ["", "skip_credentials_validation = true"] {
        let mut workspace = workspace();
        workspace.canary("claim", secret);
        let expected = "expected_claims = {\n  \"role.id\" = \"r-1\"\n  icBUId = -7\n}\n";
        let blocks = cases.iter().map(|(name, token, _)| used_alias(name, &format!("{token}\n{expected}{skip}")));
        workspace.write(&blocks.collect::<String>());
        let plan = workspace.plan().expect_failure();
        for (name, _, facts) in &cases {
            let address = format!(".{name}");
            if facts.is_empty() {
                assert!(!plan.errors().any(|error| error.address.ends_with(&address)), "{name}: {plan}");
            } else {
                plan.error_at(&address).expect_facts(facts);
            }
        }
        assert_eq!(plan.errors().count(), 5, "{plan}");
        workspace.finish();
    }
}

#[test]
fn expectations_that_no_token_can_meet_are_refused_by_validate() {
    let mut workspace = workspace();
    for (block, why) in [
        ("expected_claims = { exp = \"1\" }", "the claim exp differs in every token"),
        ("expected_claims = { \"\" = \"1\" }", "a path must not be empty"),
        ("expected_claims = { \"role.id\" = null }", "the value at role.id is null"),
        (
            "expected_tenant_id = \"t-1\"\n  expected_claims = { tenantId = \"t-2\" }",
            "`expected_tenant_id` and `expected_claims` name different tenants",
        ),
    ] {
        workspace.write(&format!("provider \"cxone\" {{\n  {block}\n}}\ndata \"cxone_token_info\" \"this\" {{}}\n"));
        let refused = workspace.validate();
        assert_eq!(refused.exit_code, Some(1), "{block}: {refused}");
        assert!(refused.errors().any(|error| error.text().contains(why)), "{block}: {refused}");
    }
    workspace
        .write("provider \"cxone\" {\n  expected_tenant_id = \"T-1\"\n  expected_claims = { tenantId = \"t-1\" }\n}\n");
    workspace.validate().expect_success();
    workspace.finish();
}

#[test]
fn a_token_handed_over_is_read_and_never_exchanged() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/t", [Reply::token("opaque-token")]);
    wire.route(&directory("t-1"), [Reply::json(200, &json!({ "api_endpoint": "https://api-zz1.niceincontact.com" }))]);
    let issuer = format!("http://{}", wire.address());
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let claims = |exp: i64| json!({ "exp": exp, "iat": now - 60, "scope": "b a", "tenantId": "t-1", "icBUId": -7 });
    let (living, dead) = (jwt(&claims(now + 3600)), jwt(&claims(now - 60)));
    let opaque = "Pn5Ht8Vc-canary-opaque-token-2Xd6Gj9Ls";
    let mut workspace = workspace();
    workspace.canary("opaque token", opaque);
    workspace.env("CXONE_TOKEN_URL", url);
    // From files, because a core prints the literals of a configuration.
    let [living, opaque, dead_file] = [("living", living.as_str()), ("opaque", opaque), ("dead", dead.as_str())]
        .map(|(name, token)| workspace.secret_file_exactly(name, token));
    let alias =
        |name: &str, file: &str, more: &str| used_alias(name, &format!("access_token = file(\"{file}\")\n{more}"));
    let facts = |name: &str| {
        let facts = ["granted_scopes", "missing_scopes", "extra_scopes", "scope_source", "tenant_id", "api_base_url"]
            .map(|fact| format!("{fact} = data.cxone_token_info.{name}.{fact}"))
            .join(", ");
        format!(
            "output \"{name}\" {{\n  value = {{ {facts}, lives = data.cxone_token_info.{name}.expires_in != null }}\n}}\n"
        )
    };
    workspace.write(
        &[
            alias("living", &living, &format!("issuer = \"{issuer}\"\nscopes = [\"a\", \"c\"]")),
            alias("opaque", &opaque, ""),
            facts("living"),
            facts("opaque"),
        ]
        .concat(),
    );
    let plan = workspace.plan().expect_success();
    assert_eq!(plan.warnings().count(), 1, "the scopes of the living token differ: {plan}");
    let planned = workspace.run(&["show", "-json", "plan.tfplan"]).expect_success().json();
    let output = |name: &str| planned["planned_values"]["outputs"][name]["value"].clone();
    assert_eq!(
        output("living"),
        json!({
            "granted_scopes": ["a", "b"], "missing_scopes": ["c"], "extra_scopes": ["b"], "scope_source": "claims",
            "tenant_id": "t-1", "api_base_url": "https://api-zz1.niceincontact.com", "lives": true,
        })
    );
    assert_eq!(
        output("opaque"),
        json!({
            "granted_scopes": null, "missing_scopes": null, "extra_scopes": null, "scope_source": "unknown",
            "tenant_id": null, "api_base_url": null, "lives": false,
        })
    );

    let audience = "data \"cxone_token_info\" \"asking\" {\n  provider = cxone.opaque\n  audience = \"x\"\n}\n";
    let short =
        "data \"cxone_token_info\" \"short\" {\n  provider = cxone.living\n  min_remaining_lifetime = \"2h\"\n}\n";
    workspace.write(
        &[
            alias("living", &living, ""),
            alias("opaque", &opaque, ""),
            alias("dead", &dead_file, ""),
            audience.into(),
            short.into(),
        ]
        .concat(),
    );
    let plan = workspace.plan().expect_failure();
    plan.error_at(".dead").expect_facts(&["has expired", "`access_token` in the provider block"]);
    plan.error_at(".asking").expect_facts(&["`audience` has no effect"]);
    plan.error_at(".short").expect_facts(&["expires too soon"]);
    assert_eq!(plan.errors().count(), 3, "{plan}");

    workspace.env("CXONE_ACCESS_TOKEN", &dead);
    workspace.env_remove("CXONE_CLIENT_ID").env_remove("CXONE_CLIENT_SECRET");
    workspace.write("data \"cxone_token_info\" \"this\" {}");
    let plan = workspace.plan().expect_failure();
    plan.errors().next().unwrap().expect_facts(&["has expired", "CXONE_ACCESS_TOKEN"]);
    assert_eq!(wire.requests_for("/t").len(), 0);
    workspace.finish();
}
