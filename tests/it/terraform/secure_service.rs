//! TLS settings through the real core. Each affects the token endpoint and discovery.

use std::collections::BTreeMap;

use oauth::ClientIdentity;
use rcgen::date_time_ymd;
use serde_json::json;

use super::{SECRET, TOKEN, used_alias};
use testkit::authority::Authority;
use testkit::background::Background;
use testkit::scripted_server::{ScriptedServer, answer, token};
use testkit::workspace::Workspace;

const HOST: &str = "127.0.0.1";

/// One row: what the server is, what the provider is told, and what must come of it.
struct Case<'a> {
    name: &'static str,
    server: &'a ClientIdentity,
    /// Who must have signed the client's certificate.
    clients: Option<&'a Authority>,
    settings: String,
    /// `None`: a token comes. Else the facts of the error.
    error: Option<&'static [&'static str]>,
}

#[test]
fn every_tls_setting_reaches_the_token_endpoint_and_discovery() {
    let (ours, theirs) = (Authority::named("ours"), Authority::named("theirs"));
    let good = ours.issue(&[HOST], |_| {});
    let expired = ours.issue(&[HOST], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let foreign = ours.issue(&["a.example"], |_| {});
    let [client, stranger] = [&ours, &theirs].map(|authority| authority.issue(&["client"], |_| {}));
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_ID", "reader");
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace.env("CXONE_MAX_RETRIES", "0");
    let [ca, other_ca] = [("ca", &ours), ("other-ca", &theirs)]
        .map(|(name, authority)| workspace.secret_file_exactly(name, &authority.pem()));
    let [client, stranger] = [("client", &client), ("stranger", &stranger)].map(|(name, identity)| {
        let key = identity.key_pem.expose();
        workspace.canary("client key", key.lines().nth(1).unwrap());
        let certificate = workspace.secret_file_exactly(&format!("{name}-cert"), &identity.certificate_pem);
        let key = workspace.secret_file_exactly(&format!("{name}-key"), key);
        format!("client_cert_pem = file(\"{certificate}\")\nclient_key_pem = file(\"{key}\")")
    });
    let trusting = format!("ca_cert_file = \"{ca}\"");
    let row =
        |name, server, settings: &str, error| Case { name, server, clients: None, settings: settings.into(), error };
    let asking = |case| Case { clients: Some(&ours), ..case };
    let cases = [
        row("right_file", &good, &trusting, None),
        row("right_text", &good, &format!("ca_cert_pem = file(\"{ca}\")"), None),
        row("none", &good, "", Some(&["unknown issuer", "Set ca_cert_file"])),
        row(
            "wrong",
            &good,
            &format!("ca_cert_pem = file(\"{other_ca}\")"),
            Some(&["unknown issuer", "the CA in ca_cert_pem of the provider block is another one"]),
        ),
        row("expired", &expired, &trusting, Some(&["has expired", "date -u"])),
        row("foreign", &foreign, &trusting, Some(&["a.example", HOST])),
        row("skipping", &foreign, "tls_insecure_skip_verify = true", None),
        row("old_http", &good, &format!("{trusting}\nhttp_version = \"1.1\""), None),
        asking(row("client", &good, &format!("{trusting}\n{client}"), None)),
        asking(row("no_client", &good, &trusting, Some(&["client certificate", "client_cert_pem"]))),
        asking(row(
            "stranger",
            &good,
            &format!("{trusting}\n{stranger}"),
            Some(&["client certificate", "a CA signed it that the server does not trust"]),
        )),
    ];
    let runtime = Background::start();
    let servers = start(&runtime, &cases);
    let blocks = cases.iter().flat_map(|case| {
        let url = |way| servers[&(case.name, way)].url("");
        [
            used_alias(
                &format!("{}_token", case.name),
                &format!("token_url = \"{}/t\"\n{}", url("token"), case.settings),
            ),
            used_alias(&format!("{}_issuer", case.name), &format!("issuer = \"{}\"\n{}", url("issuer"), case.settings)),
        ]
    });
    workspace.write(&blocks.collect::<String>());

    let plan = workspace.plan_with(&["-parallelism=20"]).expect_failure();

    for case in &cases {
        for (way, first) in [("token", "POST"), ("issuer", "GET")] {
            let address = format!(".{}_{way}", case.name);
            let requests = servers[&(case.name, way)].requests();
            match case.error {
                None => {
                    assert!(!plan.errors().any(|error| error.address.ends_with(&address)), "{address}: {plan}");
                    let lines: Vec<_> = requests.iter().map(|request| request.lines().next().unwrap()).collect();
                    let expected: &[&str] = match way {
                        "token" => &["POST /t HTTP/1.1"],
                        _ => &["GET /.well-known/openid-configuration HTTP/1.1", "POST /auth/token HTTP/1.1"],
                    };
                    assert_eq!(lines, expected, "{address}");
                }
                Some(facts) => {
                    plan.error_at(&address).expect_facts(facts).expect_facts(&[&format!("{first} https://{HOST}:")]);
                    assert_eq!(requests.len(), 0, "{address}: nothing is sent before the TLS handshake");
                }
            }
        }
    }
    let insecure = plan.warnings().filter(|warning| warning.summary.contains("not verified")).count();
    assert_eq!(insecure, 2, "one warning per configuration without verification: {plan}");
    let failures = cases.iter().filter(|case| case.error.is_some()).count();
    assert_eq!(plan.errors().count(), 2 * failures, "{plan}");
    workspace.finish();
}

#[test]
fn the_transport_of_the_environment_reaches_the_token_endpoint() {
    let authority = Authority::named("ours");
    let runtime = Background::start();
    let server = authority.issue(&[HOST], |_| {});
    let client = authority.issue(&["client"], |_| {});
    let config = Authority::server(&server, Some(&authority), &["h2", "http/1.1"]);
    let server = runtime.block_on(ScriptedServer::start_tls([token(TOKEN, 3600), token(TOKEN, 3600)], config));
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.canary("client key", client.key_pem.expose().lines().nth(1).unwrap());
    let ca = workspace.secret_file_exactly("ca", &authority.pem());
    for (name, value) in [
        ("CXONE_TOKEN_URL", server.url("/t").as_str()),
        ("CXONE_CLIENT_ID", "reader"),
        ("CXONE_CLIENT_SECRET", SECRET),
        ("CXONE_CA_CERT_PEM", &authority.pem()),
        ("CXONE_CLIENT_CERT_PEM", &client.certificate_pem),
        ("CXONE_CLIENT_KEY_PEM", client.key_pem.expose()),
        ("CXONE_HTTP_VERSION", "1.1"),
    ] {
        workspace.env(name, value);
    }
    workspace.write("data \"cxone_token_info\" \"this\" {}");
    workspace.plan().expect_success();
    workspace.env_remove("CXONE_CA_CERT_PEM").env("CXONE_CA_CERT_FILE", &ca);
    workspace.plan().expect_success();
    workspace.env_remove("CXONE_CA_CERT_FILE").env("CXONE_MAX_RETRIES", "0");
    let untrusted = workspace.plan().expect_failure();
    untrusted.errors().next().unwrap().expect_facts(&["unknown issuer", "Set ca_cert_file"]);
    workspace.env("SSL_CERT_FILE", "/nonexistent/ca.pem").env("SSL_CERT_DIR", "");
    let stale = workspace.plan().expect_failure();
    stale.errors().next().unwrap().expect_facts(&["SSL_CERT_FILE names /nonexistent/ca.pem, which does not exist"]);
    workspace.env("SSL_CERT_DIR", "/nonexistent");
    let rootless = workspace.plan().expect_failure();
    let facts = ["no root certificate to trust", "SSL_CERT_FILE names", "SSL_CERT_DIR names /nonexistent, which does"];
    rootless.errors().next().unwrap().expect_facts(&facts);
    server.push(token(TOKEN, 3600));
    workspace.env("SSL_CERT_FILE", &ca);
    workspace.plan().expect_success();
    workspace.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    server.push(token(TOKEN, 3600));
    workspace.env("CXONE_TLS_INSECURE_SKIP_VERIFY", "true");
    let insecure = workspace.plan().expect_success();
    let warnings: Vec<_> = insecure.warnings().collect();
    assert_eq!(warnings.len(), 1, "{insecure}");
    warnings[0].expect_facts(&["not verified", "CXONE_TLS_INSECURE_SKIP_VERIFY"]);
    assert_eq!(server.requests().len(), 4);
    workspace.finish();
}

/// A server for each case and way. Those that are asked for discovery name their own address.
fn start<'a>(runtime: &Background, cases: &[Case<'a>]) -> BTreeMap<(&'static str, &'static str), ScriptedServer> {
    let mut servers = BTreeMap::new();
    for case in cases {
        for way in ["token", "issuer"] {
            let config = Authority::server(case.server, case.clients, &["http/1.1"]);
            let server = runtime.block_on(ScriptedServer::start_tls([], config));
            if way == "issuer" {
                let issuer = server.url("");
                let body = json!({ "issuer": issuer, "token_endpoint": format!("{issuer}/auth/token") });
                server.push(answer("200 OK", &["Content-Type: application/json"], body.to_string()));
            }
            server.push(token(TOKEN, 3600));
            servers.insert((case.name, way), server);
        }
    }
    servers
}
