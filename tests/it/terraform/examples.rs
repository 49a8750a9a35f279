//! The examples with a fixed address, planned against servers that stand in for it.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{SECRET, TOKEN};
use testkit::authority::Authority;
use testkit::background::Background;
use testkit::connect_proxy::ConnectProxy;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{ScriptedServer, token};
use testkit::workspace::Workspace;

/// A file of an example, with `from` in it replaced by `to`.
fn example(workspace: &mut Workspace, name: &str, file: &str, [from, to]: [&str; 2]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).join(file);
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{name}/{file} no longer holds {from}");
    workspace.write_file(file, &text.replace(from, to));
    workspace.write_file("versions.tf", "");
}

#[test]
fn yaml_that_scripts_keep_configures_the_provider_both_ways() {
    testkit::needs!(functions);
    // The example's credentials are public, so they are no canaries.
    let client = json!({ "client_id": "abc-123", "client_secret": "xyz-789", "scopes": ["cxone:api"] });
    let sandbox = Sandbox::start(&[client]);
    let mut workspace = Workspace::for_any_core();
    example(&mut workspace, "auth-yaml", "main.tf", ["", ""]);
    example(&mut workspace, "auth-yaml", "auth.yaml", ["https://api.nicecxone.com/oauth/token", sandbox.token_url()]);
    let plan = workspace.plan();
    if testkit::core::Core::find().has_functions_for_their_provider() {
        assert_eq!(sandbox.exchanges_by_client()["abc-123"], 2, "{plan}");
        plan.expect_success();
    } else {
        // This cycle is the reason for `auth_file`.
        assert!(plan.expect_failure().errors().any(|error| error.text().contains("Cycle")));
    }
    workspace.finish();
}

#[test]
fn yaml_that_scripts_keep_is_read_by_the_provider_itself() {
    // The example's credentials are public, so they are no canaries.
    let client = json!({ "client_id": "abc-123", "client_secret": "xyz-789", "scopes": ["cxone:api", "cxone:read"] });
    let sandbox = Sandbox::start(&[client]);
    let mut workspace = Workspace::for_any_core();
    example(&mut workspace, "auth-file", "main.tf", ["", ""]);
    example(&mut workspace, "auth-file", "auth.yaml", ["https://api.nicecxone.com/oauth/token", sandbox.token_url()]);
    workspace.apply().expect_success();
    let outputs = workspace.run(&["output", "-json"]).expect_success().json();
    let granted = &outputs["granted_scopes"]["value"];
    assert_eq!(granted, &json!({ "this": ["cxone:api"], "read_only": ["cxone:read"] }));
    workspace.finish();
}

#[test]
fn access_keys_work_at_the_global_service_and_at_an_area() {
    let key = "Kx7Tn2Bw-canary-access-key-4Hq9Zs6Jd====";
    let sandbox = Sandbox::start_with(&json!({
        "access_keys": [{ "access_key_id": "KEY====", "access_key_secret": key }],
        "clients": [{ "client_id": "reader", "client_secret": SECRET, "grants": ["password"] }],
    }));
    let mut workspace = Workspace::for_any_core();
    for (name, value) in [("client secret", SECRET), ("access key", key), ("access token", TOKEN)] {
        workspace.canary(name, value);
    }
    for (name, value) in [
        ("CXONE_CLIENT_ID", "reader"),
        ("CXONE_CLIENT_SECRET", SECRET),
        ("CXONE_ACCESS_KEY_ID", "KEY===="),
        ("CXONE_ACCESS_KEY_SECRET", key),
        ("TF_VAR_issuer", &sandbox.issuer()),
        ("TF_VAR_region", "na1"),
    ] {
        workspace.env(name, value);
    }
    example(&mut workspace, "access-key", "main.tf", ["", ""]);
    workspace.plan().expect_success();
    assert_eq!(sandbox.requests_for("/auth/token"), 1);

    // The host of the area, behind a proxy that leads to a server with its name.
    let authority = Authority::named("ours");
    let background = Background::start();
    let config = Authority::server(&authority.issue(&["na1.nice-incontact.com"], |_| {}), None, &[]);
    let server = background.block_on(ScriptedServer::start_tls([token(TOKEN, 3600)], config));
    let proxy = background.block_on(ConnectProxy::to(server.address()));
    workspace.env("CXONE_HTTP_PROXY", format!("http://{}", proxy.address()));
    workspace.env("CXONE_CA_CERT_PEM", authority.pem());
    example(&mut workspace, "regional-access-key", "main.tf", ["", ""]);
    workspace.plan().expect_success();
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("POST /authentication/v1/token/access-key HTTP/"), "{}", requests[0]);
    assert!(requests[0].ends_with(&json!({ "accessKeyId": "KEY====", "accessKeySecret": key }).to_string()));
    workspace.finish();
}

#[test]
fn production_and_staging_each_refuse_a_token_of_the_other() {
    let client = json!({ "client_id": "reader", "client_secret": SECRET });
    let [production, staging] = ["production-tenant", "staging-tenant"]
        .map(|tenant| Sandbox::start_with(&json!({ "tenant_id": tenant, "clients": [client] })));
    let mut workspace = Workspace::for_any_core();
    let file = workspace.secret_file("secret", SECRET);
    let side = |sandbox: &Sandbox, tenant: &str| {
        json!({
            "token_url": sandbox.token_url(), "client_id": "reader", "client_secret_file": file, "tenant_id": tenant,
        })
        .to_string()
    };
    workspace.env("TF_VAR_production", side(&production, "production-tenant"));
    workspace.env("TF_VAR_staging", side(&staging, "staging-tenant"));
    example(&mut workspace, "aliases", "main.tf", ["", ""]);
    workspace.plan().expect_success();
    assert_eq!((production.exchanges(), staging.exchanges()), (1, 1));

    workspace.env("TF_VAR_staging", side(&production, "staging-tenant"));
    let plan = workspace.plan().expect_failure();
    let facts = ["another tenant", "production-tenant", "staging-tenant"];
    plan.error_at(".staging").expect_facts(&facts);
    workspace.finish();
}

#[test]
fn a_private_network_is_passed_with_its_authority_and_its_proxy() {
    // The example has an ephemeral variable.
    testkit::needs!(ephemerals);
    let authority = Authority::named("ours");
    let background = Background::start();
    let config = Authority::server(&authority.issue(&["api.nicecxone.com"], |_| {}), None, &["h2", "http/1.1"]);
    let server = background.block_on(ScriptedServer::start_tls([token(TOKEN, 3600)], config));
    let proxy = background.block_on(ConnectProxy::to(server.address()));
    let password = "Nd4Wk8Qv-canary-proxy-password-7Bt2Xr5Hm";
    let mut workspace = Workspace::for_any_core();
    for (name, value) in [("client secret", SECRET), ("proxy password", password), ("access token", TOKEN)] {
        workspace.canary(name, value);
    }
    let ca = workspace.secret_file_exactly("ca", &authority.pem());
    workspace.env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", SECRET);
    workspace.env("TF_VAR_proxy", format!("http://user:{password}@{}", proxy.address()));
    example(&mut workspace, "private-network", "main.tf", ["/etc/ssl/company/root.pem", &ca]);
    workspace.plan().expect_success();
    assert!(proxy.heads()[0].starts_with("CONNECT api.nicecxone.com:443 "));
    assert!(server.requests()[0].starts_with("POST /oauth/token HTTP/1.1\r\n"));
    workspace.finish();
}
