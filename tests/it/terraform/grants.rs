//! CXone's own grants, and the settings that a provider block can have with each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{SECRET, TOKEN, used_alias};
use testkit::core::Core;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

/// Real access keys end like this.
const KEY_ID: &str = "KEYID7Qx4Rm2====";
const KEY_SECRET: &str = "Wd8Np3Zt-canary+key/secret-6Hj2Bv9Xk====";

const TENANT: &str = "11e7a3b0-aaaa-bbbb-cccc-0242ac110002";

/// A claim of every token that the sandbox signs here.
const CLAIM: &str = "Jt5Vn8Qw-canary-claim-of-every-token-3Rk7Zc1Xm";

fn sandbox(tenant: &str) -> Sandbox {
    Sandbox::start_with(&json!({
        "tenant_id": tenant,
        "area": "uk1",
        "cluster": "C7",
        "api_endpoint": "http://127.0.0.1:9/api/",
        "access_keys": [{ "access_key_id": KEY_ID, "access_key_secret": KEY_SECRET }],
        "clients": [{
            "client_id": "reader", "client_secret": SECRET, "scopes": ["cxone:api", "cxone:users"],
            "grants": ["client_credentials", "password"],
            "claims": { "canary": CLAIM, "iss": "https://auth.na1.example", "area": null, "icClusterId": 7 },
        }],
    }))
}

fn workspace() -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access key secret", KEY_SECRET);
    workspace.canary("claim of every token", CLAIM);
    for (name, value) in [
        ("CXONE_CLIENT_ID", "reader"),
        ("CXONE_CLIENT_SECRET", SECRET),
        ("CXONE_ACCESS_KEY_ID", KEY_ID),
        ("CXONE_ACCESS_KEY_SECRET", KEY_SECRET),
    ] {
        workspace.env(name, value);
    }
    workspace
}

/// An output with what is known about the tenant of a used alias.
fn output(alias: &str) -> String {
    let facts =
        ["tenant_id", "issuer", "area", "cluster", "api_base_url", "scope_source", "role_id", "secondary_role_ids"]
            .map(|name| format!("{name} = data.cxone_token_info.{alias}.{name}"))
            .join(", ");
    format!("output \"{alias}\" {{\n  value = {{ {facts} }}\n}}\n")
}

/// What an apply without a saved plan costs where nothing but outputs changes: `at_plan` requests, and as many again
/// where the core configures idle providers at apply.
#[track_caller]
fn expect_requests(requests: impl TryInto<u64>, at_plan: u64) {
    let requests = requests.try_into().ok().expect("a small number");
    let core = Core::find();
    let rounds = if core.configures_idle_providers() { 2 } else { 1 };
    assert_eq!(requests, rounds * at_plan, "{core}");
}

fn outputs(workspace: &mut Workspace) -> Value {
    workspace.apply().expect_success();
    workspace.run(&["output", "-json"]).expect_success().json()
}

#[test]
fn every_grant_brings_a_token_and_tells_its_tenant() {
    let sandbox = sandbox(TENANT);
    let issuer = sandbox.issuer();
    let mut workspace = workspace();
    let rows = [
        ("password", format!("grant_type = \"password\"\nissuer = \"{issuer}/\"")),
        ("access_key", format!("grant_type = \"access_key\"\ntoken_url = \"{}\"", sandbox.access_key_url())),
        ("client", format!("issuer = \"{issuer}\"\nexpected_tenant_id = \"{}\"", TENANT.to_uppercase())),
        ("direct", format!("token_url = \"{}\"\nscopes = [\"cxone:api\"]", sandbox.token_url())),
    ];
    let hcl = rows.iter().map(|(name, settings)| used_alias(name, settings) + &output(name)).collect::<String>();
    workspace.write(&hcl);

    let outputs = outputs(&mut workspace);

    let value = |name: &str| outputs[name]["value"].clone();
    let known = |issuer: &str, area: &str, cluster: &str, source: &str, role: Value| {
        let secondary = if role.is_null() { Value::Null } else { json!([]) };
        json!({
            "tenant_id": TENANT, "issuer": issuer, "area": area, "cluster": cluster,
            "api_base_url": "http://127.0.0.1:9/api", "scope_source": source,
            "role_id": role, "secondary_role_ids": secondary,
        })
    };
    let role = || json!("11e70000-0a1e-b0c5-0000-0242ac110002");
    // The access token's claims take precedence over the id token's, and these over the published configuration.
    let auth = "https://auth.na1.example";
    assert_eq!(value("password"), known(auth, "uk1", "7", "response", role()));
    assert_eq!(value("access_key"), known(&issuer, "uk1", "C7", "unknown", role()));
    assert_eq!(value("client"), known(auth, "uk1", "7", "response", Value::Null));
    assert_eq!(value("direct"), known(auth, "uk1", "7", "response", Value::Null));
    expect_requests(sandbox.exchanges(), 4);
    expect_requests(sandbox.requests_for("/.well-known/openid-configuration"), 2);
    assert_eq!(sandbox.requests_for("/.well-known/cxone-configuration"), 4, "data sources are read at plan alone");
    expect_requests(sandbox.requests_for("/auth/token"), 2);
    expect_requests(sandbox.requests_for("/authentication/v1/token/access-key"), 1);
    workspace.finish();
}

#[test]
fn an_access_key_travels_percent_encoded_or_as_json() {
    let wire = ScriptedServer::in_background();
    let form = wire.route("/form", [Reply::token(TOKEN)]);
    let regional = wire.route("/json", [Reply::token(TOKEN)]);
    let mut workspace = workspace();
    workspace.canary("access token", TOKEN);
    workspace.write(
        &[
            used_alias("form", &format!("grant_type = \"password\"\ntoken_url = \"{form}\"")),
            used_alias(
                "regional",
                &format!("grant_type = \"access_key\"\ntoken_url = \"{regional}\"\nscopes = [\"cxone:api\"]"),
            ),
        ]
        .concat(),
    );

    let plan = workspace.plan().expect_success();

    let form = wire.only_request("/form");
    assert!(form.body().contains("username=KEYID7Qx4Rm2%3D%3D%3D%3D&"), "{}", form.body());
    assert!(form.body().contains("canary%2Bkey%2Fsecret-6Hj2Bv9Xk%3D%3D%3D%3D"), "{}", form.body());
    assert_eq!(form.form()["grant_type"], "password");
    assert_eq!(form.basic(), Some(format!("reader:{SECRET}")));
    let regional = wire.only_request("/json");
    let body: Value = serde_json::from_str(regional.body()).unwrap();
    assert_eq!(body, json!({ "accessKeyId": KEY_ID, "accessKeySecret": KEY_SECRET }));
    assert_eq!(regional.header("authorization"), None);
    assert_eq!(regional.header("content-type"), Some("application/json"));
    let warnings: Vec<_> = plan.warnings().collect();
    assert_eq!(warnings.len(), 1, "{plan}");
    warnings[0].expect_facts(&["not sent with the grant access_key", "`scopes` in the provider block"]);
    workspace.finish();
}

#[test]
fn what_does_not_fit_a_grant_is_one_error_at_validate_and_what_is_missing_one_at_plan() {
    let mut workspace = Workspace::for_any_core();
    let misfits = [
        ("password", "grant_type = \"password\"\nregion = \"na1\"", "does not use `region`"),
        (
            "regional",
            "grant_type = \"access_key\"\nclient_id = \"a\"\naudience = \"b\"\nissuer = \"https://i.example\"",
            "does not use `client_id`, `issuer` or `audience`",
        ),
        ("addresses", "token_url = \"https://a.example/t\"\nissuer = \"https://a.example\"", "exclude each other"),
        ("area", "grant_type = \"access_key\"\nregion = \"na1.nice-incontact.com\"", "region"),
        ("grant", "grant_type = \"implicit\"", "`access_key`"),
    ];
    workspace.write(&misfits.iter().map(|(name, settings, _)| used_alias(name, settings)).collect::<String>());
    let validate = workspace.validate().expect_failure();
    for (name, _, fact) in misfits {
        validate.error_at(&format!(".{name}")).expect_facts(&[fact]);
    }
    assert_eq!(validate.errors().count(), misfits.len(), "{validate}");

    let lacking: [(&str, &str, &[&str]); 3] = [
        ("client", "", &["`client_id` and `client_secret`", "CXONE_CLIENT_SECRET_FILE"]),
        (
            "password",
            "grant_type = \"password\"\nclient_id = \"a\"",
            &["`client_secret`, `access_key_id` and `access_key_secret`", "CXONE_ACCESS_KEY_SECRET_FILE"],
        ),
        ("regional", "grant_type = \"access_key\"", &["`access_key_id`, `access_key_secret` and `region`"]),
    ];
    workspace.write(&lacking.iter().map(|(name, settings, _)| used_alias(name, settings)).collect::<String>());
    let plan = workspace.plan().expect_failure();
    for (name, _, facts) in lacking {
        plan.error_at(&format!(".{name}")).expect_facts(facts);
    }
    assert_eq!(plan.errors().count(), lacking.len(), "{plan}");
    workspace.finish();
}

#[test]
fn a_grant_can_be_set_up_by_the_environment_alone() {
    let sandbox = sandbox(TENANT);
    let mut workspace = workspace();
    let key_file = workspace.secret_file("key-file", KEY_SECRET);
    workspace.env_remove("CXONE_ACCESS_KEY_SECRET");
    for (name, value) in [
        ("CXONE_GRANT_TYPE", "password"),
        ("CXONE_ISSUER", &sandbox.issuer()),
        ("CXONE_ACCESS_KEY_SECRET_FILE", &key_file),
        ("CXONE_EXPECTED_TENANT_ID", TENANT),
        ("CXONE_BASIC_AUTH_ENCODING", "rfc6749"),
        ("CXONE_SCOPE_DRIFT", "error"),
        // Settings of another grant do no harm in the environment.
        ("CXONE_REGION", "na1"),
    ] {
        workspace.env(name, value);
    }
    workspace.write(&format!("data \"cxone_token_info\" \"this\" {{}}\n{}", output("this")));
    let found = outputs(&mut workspace)["this"]["value"].clone();
    assert_eq!(found["tenant_id"], TENANT);

    workspace.env("CXONE_EXPECTED_TENANT_ID", "another-tenant");
    let refused = workspace.plan().expect_failure();
    refused.errors().next().unwrap().expect_facts(&[TENANT, "another-tenant", "CXONE_EXPECTED_TENANT_ID"]);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    let conflict = workspace.plan().expect_failure();
    conflict.errors().next().unwrap().expect_facts(&["CXONE_TOKEN_URL", "CXONE_ISSUER", "exclude each other"]);
    workspace.env_remove("CXONE_TOKEN_URL").env_remove("CXONE_ISSUER").env("CXONE_GRANT_TYPE", "access_key");
    workspace.env_remove("CXONE_EXPECTED_TENANT_ID");
    workspace.env("CXONE_ACCESS_KEY_SECRET", "Fm2Lx9Ds-canary-other-key-7Gp4Nb6Vc");
    workspace.canary("other key", "Fm2Lx9Ds-canary-other-key-7Gp4Nb6Vc");
    let disagreement = workspace.plan().expect_failure();
    let facts = ["CXONE_ACCESS_KEY_SECRET,", "CXONE_ACCESS_KEY_SECRET_FILE", "differ"];
    disagreement.errors().next().unwrap().expect_facts(&facts);
    workspace.finish();
}

#[test]
fn refused_access_keys_are_explained_by_their_source() {
    let sandbox = sandbox(TENANT);
    let mut workspace = workspace();
    let wrong = workspace.canary("wrong key", "Sb4Kd7Yq-canary-wrong-key-1Tw5Jr8Hn").to_owned();
    workspace.env("CXONE_ACCESS_KEY_SECRET", wrong);
    workspace.write(
        &[
            used_alias("password", &format!("grant_type = \"password\"\nissuer = \"{}\"", sandbox.issuer())),
            used_alias(
                "regional",
                &format!("grant_type = \"access_key\"\ntoken_url = \"{}\"", sandbox.access_key_url()),
            ),
        ]
        .concat(),
    );
    let plan = workspace.plan().expect_failure();
    for alias in [".password", ".regional"] {
        plan.error_at(alias).expect_facts(&["invalid_grant", "environment variable CXONE_ACCESS_KEY_SECRET"]);
    }
    plan.error_at(".regional").expect_facts(&["JSON, grant_type access_key"]);
    workspace.finish();
}

#[test]
fn aliases_of_two_tenants_stay_apart_and_a_token_may_ask_for_less() {
    let other = "22e7a3b0-dddd-eeee-ffff-0242ac110003";
    let (production, staging) = (sandbox(TENANT), sandbox(other));
    let mut workspace = workspace();
    let block = |alias: &str, sandbox: &Sandbox, tenant: &str| {
        used_alias(
            alias,
            &format!(
                "token_url = \"{}\"\nexpected_tenant_id = \"{tenant}\"\nscopes = [\"cxone:api\", \"cxone:users\"]",
                sandbox.token_url()
            ),
        ) + &format!(
            r#"
            data "cxone_token_info" "{alias}_less" {{
              provider = cxone.{alias}
              scopes   = ["cxone:api"]
              audience = "https://{alias}.example"
            }}
            output "{alias}" {{
              value = {{
                tenants  = [data.cxone_token_info.{alias}.tenant_id, data.cxone_token_info.{alias}_less.tenant_id]
                scopes   = [data.cxone_token_info.{alias}.granted_scopes, data.cxone_token_info.{alias}_less.granted_scopes]
                differ   = data.cxone_token_info.{alias}.id != data.cxone_token_info.{alias}_less.id
              }}
            }}
            "#
        )
    };
    workspace.write(&[block("production", &production, TENANT), block("staging", &staging, other)].concat());
    let outputs = outputs(&mut workspace);
    for (alias, tenant) in [("production", TENANT), ("staging", other)] {
        let value = &outputs[alias]["value"];
        assert_eq!(value["tenants"], json!([tenant, tenant]));
        assert_eq!(value["scopes"], json!([["cxone:api", "cxone:users"], ["cxone:api"]]));
        assert_eq!(value["differ"], true);
    }
    for sandbox in [&production, &staging] {
        // Two tokens at plan, and the configuration's own one again at apply.
        let at_apply = u64::from(Core::find().configures_idle_providers());
        assert_eq!(sandbox.exchanges(), 2 + at_apply, "{}", Core::find());
        assert_eq!(sandbox.requests_for("/.well-known/cxone-configuration"), 1);
    }
    workspace.finish();
}

#[test]
fn overrides_reach_the_request_and_are_refused_where_there_is_none() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/t", [Reply::token(TOKEN)]);
    let regional = wire.route("/json", [Reply::token(TOKEN)]);
    let mut workspace = workspace();
    workspace.canary("access token", TOKEN);
    // Not a canary: a data source's own arguments are part of its state, marked sensitive.
    let parameter = "urn:example:resource";
    let token = |name: &str, alias: &str, arguments: &str| {
        format!("data \"cxone_token_info\" \"{name}\" {{\n  provider = cxone.{alias}\n  {arguments}\n}}\n")
    };
    let own = format!("scopes = [\"b\"]\n audience = \"own\"\n endpoint_params = {{ resource = \"{parameter}\" }}");
    workspace.write(
        &[
            used_alias(
                "form",
                &format!(
                    "token_url = \"{url}\"\nscopes = [\"a\"]\naudience = \"all\"\nendpoint_params = {{ more = \"x\" }}"
                ),
            ),
            used_alias("regional", &format!("grant_type = \"access_key\"\ntoken_url = \"{regional}\"")),
            token("own", "form", &own),
            token("none", "form", "scopes = []"),
            token("unfit", "regional", "audience = \"own\""),
            token("unfit_too", "regional", "endpoint_params = { a = \"b\" }"),
        ]
        .concat(),
    );

    let plan = workspace.plan().expect_failure();

    let fields = |request: &testkit::scripted_server::Request| {
        let mut form = request.form();
        form.remove("grant_type");
        json!(form)
    };
    let forms: BTreeSet<_> = wire.requests_for("/t").iter().map(fields).map(|form| form.to_string()).collect();
    let expected = [
        json!({ "audience": "all", "more": "x" }),
        json!({ "audience": "all", "more": "x", "scope": "a" }),
        json!({ "audience": "own", "resource": parameter, "scope": "b" }),
    ]
    .map(|form| form.to_string());
    assert_eq!(forms, BTreeSet::from(expected));
    plan.error_at(".unfit").expect_facts(&["`audience` has no effect", "access_key"]);
    plan.error_at(".unfit_too").expect_facts(&["`endpoint_params` has no effect"]);
    assert_eq!(plan.errors().count(), 2, "{plan}");
    workspace.finish();
}
