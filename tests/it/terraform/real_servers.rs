//! The main job and its failures with independent authorization servers.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::SECRET;
use testkit::authority::Authority;
use testkit::deadline::eventually;
use testkit::real_server::{Nginx, RealServer};
use testkit::run::Run;
use testkit::workspace::Workspace;

/// Everything that the two ways to put a pair into Basic treat differently.
const ODD_ID: &str = "odd id+&=%25";
const ODD_SECRET: &str = "Qx7V%d2+Lm:canary&client=secret/8Rk4 Tz9Wp";

/// One provider configuration, and what must come of it.
struct Case {
    alias: &'static str,
    settings: String,
    /// A condition on the token's facts, `self`; or the facts of the error.
    outcome: Result<&'static str, &'static [&'static str]>,
}

fn ok(alias: &'static str, settings: impl Into<String>, holds: &'static str) -> Case {
    Case { alias, settings: settings.into(), outcome: Ok(holds) }
}

fn fails(alias: &'static str, settings: impl Into<String>, facts: &'static [&'static str]) -> Case {
    Case { alias, settings: settings.into(), outcome: Err(facts) }
}

fn odd(settings: &str) -> String {
    format!("client_id = {ODD_ID:?}\nclient_secret = {ODD_SECRET:?}\n{settings}")
}

/// Plans all cases at once, each under an alias of its own, and checks them one by one.
fn plan(server: &RealServer, token_url: Option<&str>, ca: Option<&str>, cases: &[Case]) -> Run {
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("odd secret", ODD_SECRET);
    workspace.env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_SCOPE_DRIFT", "ignore");
    if let Some(token_url) = token_url {
        workspace.env("CXONE_TOKEN_URL", token_url);
    }
    if let Some(ca) = ca {
        workspace.env("CXONE_CA_CERT_PEM", ca);
    }
    workspace.write(&cases.iter().map(configuration).collect::<String>());

    let run = workspace.plan_with(&["-parallelism=20"]);

    for Case { alias, outcome, .. } in cases {
        match outcome {
            Err(facts) => _ = run.error_at(&format!(".{alias}")).expect_facts(facts),
            Ok(_) => assert!(!run.errors().any(|error| error.address.contains(&format!(".{alias}"))), "{alias}: {run}"),
        }
    }
    for (number, token) in server.issued().iter().enumerate() {
        workspace.canary(&format!("token {number}"), token);
    }
    workspace.finish();
    run
}

fn configuration(case: &Case) -> String {
    let Case { alias, settings, outcome } = case;
    let condition = outcome.unwrap_or("self.id != null");
    format!(
        r#"
        provider "cxone" {{
          alias = "{alias}"
          {settings}
        }}
        ephemeral "cxone_access_token" "{alias}" {{
          provider = cxone.{alias}
        }}
        data "cxone_token_info" "{alias}" {{
          provider = cxone.{alias}
          lifecycle {{
            postcondition {{
              condition     = {condition}
              error_message = "The case's condition does not hold."
            }}
          }}
        }}
        "#
    )
}

fn oidc_clients() -> Value {
    let client = |id: &str, secret: &str, method: &str, format: &str| {
        json!({
            "id": id, "secret": secret, "method": format!("client_secret_{method}"), "format": format,
            "scopes": ["a:read", "b:write"],
        })
    };
    json!([
        client("jwt", SECRET, "basic", "jwt"),
        client("opaque", SECRET, "basic", "opaque"),
        client("poster", ODD_SECRET, "post", "opaque"),
        client(ODD_ID, ODD_SECRET, "basic", "jwt"),
    ])
}

#[test]
fn oidc_provider_which_decodes_basic_and_narrows_scopes() {
    testkit::needs!(ephemerals);
    let Some(server) = RealServer::start("oidc-provider.mjs", &oidc_clients()) else { return };
    let cases = [
        ok(
            "jwt",
            "client_id = \"jwt\"\nscopes = [\"a:read\", \"b:write\"]",
            "self.scope_source == \"response\" && !self.scope_drift_detected && self.expires_in > 500 && self.issuer != null",
        ),
        ok(
            "opaque",
            "client_id = \"opaque\"\nscopes = [\"a:read\"]",
            "self.claims_json == null && self.granted_scopes == toset([\"a:read\"])",
        ),
        ok("encoded", odd("basic_auth_encoding = \"rfc6749\"\nscopes = [\"a:read\"]"), "!self.scope_drift_detected"),
        ok(
            "posted",
            format!(
                "client_id = \"poster\"\nclient_secret = {ODD_SECRET:?}\ntoken_endpoint_auth_method = \"client_secret_post\""
            ),
            "self.token_type == \"Bearer\"",
        ),
        ok(
            "partly",
            "client_id = \"jwt\"\nscopes = [\"a:read\", \"nobody:knows\"]",
            "self.missing_scopes == toset([\"nobody:knows\"])",
        ),
        // The server responds with 200 without scopes, and the token is an at+jwt without the claim.
        ok(
            "nothing",
            "client_id = \"jwt\"\nscopes = [\"nobody:knows\"]",
            "self.scope_source == \"unknown\" && self.scope_drift_detected == null",
        ),
        ok("without", "client_id = \"jwt\"", "self.expires_in > 500"),
        fails("raw", odd(""), &["basic_auth_encoding", "rfc6749"]),
        fails(
            "wrong",
            "client_id = \"jwt\"\nclient_secret = \"Yk4Wm8Tz-canary-wrong-secret-1Bq6Nd3Hs\"",
            &["401", "invalid_client"],
        ),
        fails("unknown", "client_id = \"nobody\"", &["401", "invalid_client"]),
        fails("wrong_method", "client_id = \"poster\"", &["401", "invalid_client", "client_secret_post"]),
    ];
    let run = plan(&server, Some(&server.token_url), None, &cases);
    assert_eq!(run.errors().count(), 4, "{run}");
    // Seven configurations, each with one exchange for all its objects.
    assert_eq!(server.issued().len(), 7);
}

#[test]
fn oauth2_server_which_takes_basic_raw_and_refuses_unknown_scopes() {
    testkit::needs!(ephemerals);
    let client = |id: &str, secret: &str| json!({ "id": id, "secret": secret, "scopes": ["a:read", "b:write"] });
    let clients = json!([client("plain", SECRET), client(ODD_ID, ODD_SECRET)]);
    let Some(server) = RealServer::start("oauth2-server.mjs", &clients) else { return };
    let cases = [
        ok(
            "plain",
            "client_id = \"plain\"\nscopes = [\"b:write\", \"a:read\"]",
            "self.scope_source == \"response\" && !self.scope_drift_detected && self.expires_in > 500",
        ),
        ok("narrow", "client_id = \"plain\"\nscopes = [\"b:write\"]", "self.granted_scopes == toset([\"b:write\"])"),
        ok("without", "client_id = \"plain\"", "self.granted_scopes == toset([\"a:read\", \"b:write\"])"),
        ok("raw", odd(""), "self.claims_json == null"),
        ok("posted", odd("token_endpoint_auth_method = \"client_secret_post\""), "self.claims_json == null"),
        fails("encoded", odd("basic_auth_encoding = \"rfc6749\""), &["invalid_client", "basic_auth_encoding"]),
        fails(
            "nothing",
            "client_id = \"plain\"\nscopes = [\"nobody:knows\"]",
            &["400", "invalid_scope", "nobody:knows"],
        ),
        fails("partly", "client_id = \"plain\"\nscopes = [\"a:read\", \"nobody:knows\"]", &["400", "invalid_scope"]),
        fails(
            "wrong",
            "client_id = \"plain\"\nclient_secret = \"Yk4Wm8Tz-canary-wrong-secret-1Bq6Nd3Hs\"",
            &["invalid_client"],
        ),
        fails("unknown", "client_id = \"nobody\"", &["invalid_client"]),
    ];
    let run = plan(&server, Some(&server.token_url), None, &cases);
    assert_eq!(run.errors().count(), 5, "{run}");
    assert_eq!(server.issued().len(), 5);
}

#[test]
fn behind_nginx_with_http2_gzip_limits_redirects_and_dead_ends() {
    testkit::needs!(ephemerals);
    let Some(server) = RealServer::start("oidc-provider.mjs", &oidc_clients()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::named("a company's own");
    let identity = authority.issue(&["127.0.0.1"], |_| {});
    fs::write(folder.path().join("cert.pem"), &identity.certificate_pem).unwrap();
    fs::write(folder.path().join("key.pem"), identity.key_pem.expose()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(_nginx) = Nginx::start(folder.path(), &in_front_of(&server.token_url, port)) else { return };
    eventually(Duration::from_secs(10), "nginx listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let at = |path: &str, more: &str| {
        format!(
            "client_id = \"jwt\"\ntoken_url = \"https://127.0.0.1:{port}/{path}\"\nretry_min_wait = \"10ms\"\n{more}"
        )
    };
    let cases = [
        ok("through", at("token", "scopes = [\"a:read\"]"), "!self.scope_drift_detected"),
        ok("http1", at("token", "http_version = \"1.1\""), "self.expires_in > 500"),
        // Two at once, but nginx allows one request in three seconds: the second one is told to wait.
        ok("first", at("limited", "audience = \"1\"\nmax_retries = 9"), "self.expires_in > 500"),
        ok("second", at("limited", "audience = \"2\"\nmax_retries = 9"), "self.expires_in > 500"),
        fails(
            "busy",
            at("busy", "max_retries = 1\nretry_max_wait = \"50ms\""),
            &["429", "rate-limiting", "2 requests"],
        ),
        fails("moved", at("moved", ""), &["307", "/token"]),
        fails("dead", at("dead", "max_retries = 1"), &["502", "2 requests"]),
    ];
    let run = plan(&server, Some(&server.token_url), Some(&authority.pem()), &cases);
    assert_eq!(run.errors().count(), 3, "{run}");

    let log = fs::read_to_string(folder.path().join("access.log")).unwrap();
    let lines = |path: &str, protocol: &str, status: u16| {
        let start = format!("/{path} {protocol} {status} ");
        log.lines().filter(|line| line.starts_with(&start)).map(str::to_owned).collect::<Vec<_>>()
    };
    let [over_http2, over_http1] = [lines("token", "HTTP/2.0", 200), lines("token", "HTTP/1.1", 200)];
    assert_eq!((over_http2.len(), over_http1.len()), (1, 1), "{log}");
    assert!(over_http2[0].ends_with(" gzip"), "{log}");
    let (passed, held) = (lines("limited", "HTTP/2.0", 200), lines("limited", "HTTP/2.0", 429));
    assert!(passed.len() == 2 && !held.is_empty(), "{log}");
    let counts =
        [("busy", 429), ("moved", 307), ("dead", 502)].map(|(path, status)| lines(path, "HTTP/2.0", status).len());
    assert_eq!(counts, [2, 1, 2], "{log}");
}

/// The inside of nginx's `http` block.
fn in_front_of(token_url: &str, port: u16) -> String {
    format!(
        r#"
        log_format test '$uri $server_protocol $status $sent_http_content_encoding';
        access_log access.log test;
        limit_req_zone $host zone=one:64k rate=20r/m;
        server {{
          listen 127.0.0.1:{port} ssl http2;
          ssl_certificate cert.pem;
          ssl_certificate_key key.pem;
          gzip on;
          gzip_types application/json;
          gzip_min_length 1;
          gzip_proxied any;
          location = /token {{ proxy_pass {token_url}; }}
          location = /limited {{
            limit_req zone=one;
            limit_req_status 429;
            add_header Retry-After 1 always;
            proxy_pass {token_url};
          }}
          location = /busy {{ add_header Retry-After 1 always; return 429; }}
          location = /moved {{ return 307 /token; }}
          location = /dead {{ proxy_pass http://127.0.0.1:1; }}
        }}
        "#
    )
}

#[test]
fn oidc_provider_is_found_by_its_issuer() {
    testkit::needs!(ephemerals);
    let Some(server) = RealServer::start("oidc-provider.mjs", &oidc_clients()) else { return };
    let issuer = server.issuer.clone().expect("an issuer");
    let cases = [
        ok(
            "discovered",
            format!("client_id = \"jwt\"\nscopes = [\"a:read\"]\nissuer = \"{issuer}\""),
            "!self.scope_drift_detected && self.issuer != null",
        ),
        fails(
            "elsewhere",
            format!("client_id = \"jwt\"\nissuer = \"{issuer}/nowhere\""),
            &["/nowhere/.well-known/openid-configuration", "404"],
        ),
    ];
    let run = plan(&server, None, None, &cases);
    assert_eq!(run.errors().count(), 1, "{run}");
    assert_eq!(server.issued().len(), 1);
}
