//! The provider block and its environment variables.

use std::time::Duration;

use super::{SECRET, TOKEN, used_alias};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

#[test]
fn every_environment_variable_reaches_the_request() {
    let wire = ScriptedServer::in_background();
    let unavailable = Reply::answer(503, &[("Retry-After", "3600")], "");
    let url = wire.route("/token", [unavailable, Reply::hang(), Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("access token", TOKEN);
    let secret_file = workspace.secret_file("secret", SECRET);
    let variables = [
        ("CXONE_TOKEN_URL", url.as_str()),
        ("CXONE_CLIENT_ID", "from-environment"),
        ("CXONE_CLIENT_SECRET_FILE", &secret_file),
        ("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post"),
        ("CXONE_SCOPES", "scope:b, scope:a scope:c"),
        ("CXONE_AUDIENCE", "the-audience"),
        ("CXONE_APPEND_USER_AGENT", "pipeline/7"),
        ("CXONE_REQUEST_TIMEOUT", "1s"),
        ("CXONE_MAX_RETRIES", "2"),
        ("CXONE_RETRY_MIN_WAIT", "150ms"),
        ("CXONE_RETRY_MAX_WAIT", "200ms"),
    ];
    for (name, value) in variables {
        workspace.env(name, value);
    }
    workspace.write("data \"cxone_token_info\" \"this\" {}");

    workspace.plan().expect_success();

    let requests = wire.requests_for("/token");
    assert_eq!(requests.len(), 3, "CXONE_MAX_RETRIES allows two more");
    let form = requests[0].form();
    assert_eq!(form["client_id"], "from-environment");
    assert_eq!(form["client_secret"], SECRET);
    assert_eq!(form["scope"], "scope:a scope:b scope:c");
    assert_eq!(form["audience"], "the-audience");
    assert_eq!(requests[0].header("authorization"), None);
    assert!(requests[0].header("user-agent").unwrap().ends_with(" pipeline/7"));
    // The plan ends only because of CXONE_RETRY_MAX_WAIT: the server asks for an hour.
    let answered = requests[0].answered.expect("an answer");
    let since = [1, 2].map(|index: usize| requests[index].at - answered);
    assert!(since[0] >= Duration::from_millis(200), "CXONE_RETRY_MAX_WAIT: {since:?}");
    assert!(since[1] >= Duration::from_millis(1_350), "CXONE_REQUEST_TIMEOUT and CXONE_RETRY_MIN_WAIT: {since:?}");

    workspace.env_remove("CXONE_APPEND_USER_AGENT").env("TF_APPEND_USER_AGENT", "wrapper/1");
    workspace.plan().expect_success();
    let requests = wire.requests_for("/token");
    assert!(requests[3].header("user-agent").unwrap().ends_with(" wrapper/1"));
    workspace.finish();
}

/// Plans with these variables beside good credentials, and expects an error that names each, before any request.
#[track_caller]
fn expect_each_named(workspace: &mut Workspace, wire: &ScriptedServer, url: &str, bad: &[(&str, &str)]) {
    let good = [("CXONE_TOKEN_URL", url), ("CXONE_CLIENT_ID", "a"), ("CXONE_CLIENT_SECRET", SECRET)];
    for (name, value) in good.iter().chain(bad) {
        workspace.env(name, *value);
    }
    workspace.write("data \"cxone_token_info\" \"this\" {}");

    let plan = workspace.plan().expect_failure();

    for (name, _) in bad {
        assert!(plan.errors().any(|error| error.text().contains(name)), "{name} is not named: {plan}");
    }
    assert_eq!(wire.requests().len(), 0);
}

#[test]
fn a_bad_environment_variable_is_named_before_anything_is_sent() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    let bad = [
        ("CXONE_MAX_RETRIES", "many"),
        ("CXONE_REQUEST_TIMEOUT", "soon"),
        ("CXONE_RETRY_MIN_WAIT", "-1s"),
        ("CXONE_SKIP_CREDENTIALS_VALIDATION", "maybe"),
        ("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "private_key_jwt"),
    ];
    expect_each_named(&mut workspace, &wire, &url, &bad);
    workspace.finish();
}

const KEY_BLOCK: &str =
    "client_key_pem = \"-----BEGIN PRIVATE KEY-----\\nS2V5Q2FuYXJ5SW5UaGVCbG9jaw==\\n-----END PRIVATE KEY-----\"";
const MISPLACED_KEY_BLOCK: &str =
    "ca_cert_pem = \"-----BEGIN PRIVATE KEY-----\\nS2V5Q2FuYXJ5SW5UaGVCbG9jaw==\\n-----END PRIVATE KEY-----\"";

#[test]
fn a_bad_certificate_or_proxy_is_named_before_anything_is_sent() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("proxy", "Hs7Bq2Nv-canary-proxy-9Lk4");
    let file = workspace.secret_file_exactly("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let bad = [
        ("CXONE_CA_CERT_FILE", file.as_str()),
        ("CXONE_CLIENT_CERT_PEM", "cert"),
        ("CXONE_CLIENT_KEY_PEM", "key"),
        ("CXONE_HTTP_PROXY", "socks5://u:Hs7Bq2Nv-canary-proxy-9Lk4@p:1"),
    ];
    expect_each_named(&mut workspace, &wire, &url, &bad);

    // A variable of many programs blocks only the requests that would use it.
    for (name, _) in bad {
        workspace.env_remove(name);
    }
    workspace.env("https_proxy", "socks5://u:Hs7Bq2Nv-canary-proxy-9Lk4@p:1");
    workspace.plan().expect_success();
    workspace.env("CXONE_TOKEN_URL", "https://token.invalid/token");
    let plan = workspace.plan().expect_failure();
    assert!(plan.errors().any(|error| error.text().contains("environment variable https_proxy")), "{plan}");
    workspace.finish();
}

/// The core quotes the line, and of a heredoc every line, that a diagnostic points at.
#[test]
fn a_key_in_one_text_with_its_certificate_is_never_quoted() {
    let made = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.key_pair.serialize_pem());
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    for line in key.lines().filter(|line| !line.starts_with('-')) {
        workspace.canary("line of the key", line);
    }
    workspace.env("CXONE_CLIENT_ID", "a").env("CXONE_CLIENT_SECRET", SECRET);
    let bare = key.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    workspace.write(&used_alias("bare", &format!("ca_cert_pem = \"{bare}\"\n")));
    let plan = workspace.plan().expect_failure();
    plan.error_at(".bare").expect_facts(&["`ca_cert_pem` in the provider block", "no PEM certificate"]);

    let both = format!("client_cert_pem = <<-EOT\n{certificate}{key}EOT\n");
    workspace.write(&used_alias("half", &both));
    let plan = workspace.plan().expect_failure();
    plan.error_at(".half").expect_facts(&["client_key_pem", "`client_cert_pem` in the provider block"]);
    workspace.finish();
}

#[test]
fn validate_finds_every_mistake_in_the_blocks_without_the_network() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let cases: [(&str, &str, &[&str]); 19] = [
        ("plain_http", "token_url = \"http://auth.example.com/token\"", &["https", "localhost"]),
        ("user_info", "token_url = \"https://user:word@auth.example.com/token\"", &["token_url", "user"]),
        ("fragment", "token_url = \"https://auth.example.com/token#here\"", &["token_url", "fragment"]),
        ("no_url", "token_url = \"auth.example.com\"", &["token_url"]),
        ("method", "token_endpoint_auth_method = \"none\"", &["token_endpoint_auth_method", "client_secret_post"]),
        ("scope", "scopes = [\"cxone:api cxone:users\"]", &["scope"]),
        ("null_scope", "scopes = [\"cxone:api\", null]", &["scopes", "must not be null"]),
        ("parameter", "endpoint_params = { grant_type = \"password\" }", &["endpoint_params", "grant_type"]),
        (
            "secret_parameter",
            "endpoint_params = { client_secret = \"Ge4Lp9Rs-canary-parameter-2Tn7Vk5Wc\" }",
            &["endpoint_params", "client_secret"],
        ),
        ("placeholder", "client_secret = \"<Rk6Wq3Zx-canary-secret-5Bd8Hf2Jm>\"", &["client_secret", "placeholder"]),
        ("timeout", "request_timeout = \"0s\"", &["request_timeout"]),
        ("retries", "max_retries = -1", &["max_retries"]),
        ("half_retry", "max_retries = 1.5", &["max_retries"]),
        ("ca", "ca_cert_pem = \"/etc/ssl/ca.pem\"", &["`ca_cert_pem` in the provider block", "no PEM certificate"]),
        (
            "certificate",
            "client_cert_pem = \"cert\"",
            &["`client_cert_pem` in the provider block", "no PEM certificate"],
        ),
        ("key", KEY_BLOCK, &["`client_key_pem` in the provider block", "private key"]),
        ("misplaced_key", MISPLACED_KEY_BLOCK, &["`ca_cert_pem` in the provider block", "private key"]),
        (
            "proxy",
            "http_proxy = \"socks5://u:Hs7Bq2Nv-canary-proxy-9Lk4@p:1\"",
            &["`http_proxy` in", "http nor an https"],
        ),
        ("waits", "retry_min_wait = \"5s\"\nretry_max_wait = \"1s\"", &["retry_min_wait", "retry_max_wait"]),
    ];
    let mut workspace = Workspace::for_any_core();
    workspace.canary("parameter in the block", "Ge4Lp9Rs-canary-parameter-2Tn7Vk5Wc");
    workspace.canary("proxy in the block", "Hs7Bq2Nv-canary-proxy-9Lk4");
    workspace.canary("key in the block", "S2V5Q2FuYXJ5SW5UaGVCbG9jaw");
    workspace.canary("secret in the block", "Rk6Wq3Zx-canary-secret-5Bd8Hf2Jm");
    workspace.env("CXONE_TOKEN_URL", url);
    let blocks = cases.iter().map(|(name, settings, _)| used_alias(name, settings)).collect::<String>();
    let tokens = "data \"cxone_token_info\" \"lifetime\" {\n  min_remaining_lifetime = \"a while\"\n}\n\
                  data \"cxone_token_info\" \"null_scope_of_a_token\" {\n  scopes = [null]\n}\n";
    workspace.write(&format!("{blocks}{tokens}"));

    let validate = workspace.validate().expect_failure();

    for (name, _, facts) in cases {
        validate.error_at(&format!(".{name}")).expect_facts(facts);
    }
    validate.error_at(".lifetime").expect_facts(&["min_remaining_lifetime"]);
    validate.error_at(".null_scope_of_a_token").expect_facts(&["scopes", "must not be null"]);
    assert_eq!(validate.errors().count(), cases.len() + 2, "{validate}");
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}

#[test]
fn validate_needs_neither_credentials_nor_network() {
    testkit::needs!(ephemerals);
    let mut workspace = Workspace::new();
    workspace.write(
        r#"
        provider "cxone" {
          token_url = "https://127.0.0.1:9/token"
        }
        ephemeral "cxone_access_token" "this" {}
        data "cxone_token_info" "this" {}
        "#,
    );

    workspace.validate().expect_success();
    workspace.finish();
}
