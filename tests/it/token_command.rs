//! The command `token` as a process, against servers on loopback.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use testkit::canary::{Canary, Scanner};
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::skip;

const SECRET: &str = "Kw7Tb2Xm-canary-token-command-secret-5Rz9";
const TOKEN: &str = "Jd4Pq8Vn-canary-token-command-token-6Ls1";

/// One run, with nothing of the caller's environment but `PATH`.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    /// Standard error never holds a secret, and standard output the token alone, where there is one.
    #[track_caller]
    fn new(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"))
            .arg("token")
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("RUST_BACKTRACE", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        let (secret, token) = (Canary::new("client secret", SECRET), Canary::new("access token", TOKEN));
        assert_eq!(Scanner::new(&[secret.clone(), token]).scan(stderr.as_bytes()), [], "{stderr}");
        assert_eq!(Scanner::new(&[secret]).scan(stdout.as_bytes()), [], "{stdout}");
        Self { code: status.code(), stdout, stderr }
    }

    /// A run with credentials from the environment.
    #[track_caller]
    fn at(token_url: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let credentials = [
            ("CXONE_TOKEN_URL", token_url),
            ("CXONE_CLIENT_ID", "scripts"),
            ("CXONE_CLIENT_SECRET", SECRET),
            ("CXONE_MAX_RETRIES", "0"),
        ];
        Self::new(arguments, &[&credentials, variables].concat())
    }

    #[track_caller]
    fn expect_failure(&self, name: &str, fact: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{name}: {}", self.stderr);
        assert!(self.stderr.lines().any(|line| line.starts_with("Error: ")), "{name}: {}", self.stderr);
        assert!(self.stderr.contains(fact), "{name}: {fact:?} is missing: {}", self.stderr);
        assert!(!self.stderr.contains("panicked at"), "{name}: {}", self.stderr);
    }
}

fn sandbox() -> Sandbox {
    Sandbox::start(&[
        json!({ "client_id": "scripts", "client_secret": SECRET, "scopes": ["cxone:api", "cxone:reports"] }),
    ])
}

#[test]
fn each_form_is_all_that_is_printed() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    for (arguments, expected) in
        [(&[][..], format!("{TOKEN}\n")), (&["--header"], format!("Authorization: Bearer {TOKEN}\n"))]
    {
        let run = Run::at(&url, arguments, &[]);
        assert_eq!((run.code, run.stdout, run.stderr.as_str()), (Some(0), expected, ""), "{arguments:?}");
    }
    assert_eq!(wire.requests().len(), 2, "one request per run");
}

#[test]
fn the_header_can_be_handed_to_curl() {
    if Command::new("curl").arg("--version").output().is_err() {
        return skip::not_on_ci_because("there is no curl, so the header is handed to nobody");
    }
    let sandbox = sandbox();
    let wire = ScriptedServer::in_background();
    let api = wire.route("/api", [Reply::answer(200, &[], "{}")]);
    let program = env!("CARGO_BIN_EXE_terraform-provider-cxone");
    let script = format!("curl --silent --show-error --fail --header \"$('{program}' token --header)\" {api}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env("CXONE_TOKEN_URL", sandbox.token_url());
    let output = command.env("CXONE_CLIENT_ID", "scripts").env("CXONE_CLIENT_SECRET", SECRET).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let sent = wire.only_request("/api");
    let token = sent.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap();
    assert_eq!(token.split('.').count(), 3, "a JWT: {token}");
    assert_eq!(sandbox.exchanges(), 1);
}

#[test]
fn the_json_has_what_the_ephemeral_resource_has() {
    let sandbox = sandbox();
    let run = Run::at(sandbox.token_url(), &["--json"], &[("CXONE_SCOPES", "cxone:api")]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let token = json["access_token"].as_str().unwrap();
    assert_eq!(json["authorization_header"], format!("Bearer {token}"));
    assert_eq!((&json["token_type"], &json["granted_scopes"]), (&json!("Bearer"), &json!(["cxone:api"])));
    assert_eq!((&json["missing_scopes"], &json["scope_drift_detected"]), (&json!([]), &json!(false)));
    assert_eq!((&json["area"], &json["api_base_url"]), (&json!("na1"), &json!(sandbox.issuer())));
    let [issued, expires] = ["issued_at", "expires_at"].map(|name| humantime_of(&json[name]));
    assert_eq!(expires.duration_since(issued).unwrap().as_secs(), 3600);
}

#[test]
fn a_secret_that_the_server_puts_into_the_claims_is_masked() {
    let sandbox = sandbox();
    let claims =
        json!({ "tenantId": SECRET, "role": { "id": format!("https://{SECRET}/"), "secondaryRoles": [SECRET] } });
    sandbox.change_client("scripts", &json!({ "claims": claims }));
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"))
        .args(["token", "--json"])
        .env_clear()
        .env("CXONE_TOKEN_URL", sandbox.token_url())
        .env("CXONE_CLIENT_ID", "scripts")
        .env("CXONE_CLIENT_SECRET", SECRET)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut json: Value = serde_json::from_slice(&output.stdout).unwrap();
    // The token is handed on as it came, with the secret in it.
    json["access_token"].take();
    json["authorization_header"].take();
    assert_eq!((&json["tenant_id"], &json["role_id"]), (&json!("***"), &json!("https://***/")), "{json}");
    assert_eq!(Scanner::new(&[Canary::new("client secret", SECRET)]).scan(json.to_string().as_bytes()), [], "{json}");
}

fn humantime_of(value: &Value) -> std::time::SystemTime {
    let seconds = time::OffsetDateTime::parse(value.as_str().unwrap(), &time::format_description::well_known::Rfc3339);
    seconds.unwrap().into()
}

#[test]
fn a_failure_is_explained_on_standard_error_and_nothing_is_printed() {
    let sandbox = sandbox();
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let broken = wire.route("/broken", [Reply::answer(500, &[], "<html>")]);
    let narrowed = wire.route("/narrowed", [Reply::token_with(TOKEN, json!({ "scope": "other:scope" }))]);
    let expired = wire.route("/expired", [Reply::token_with(TOKEN, json!({ "expires_in": 0 }))]);
    let wrong = "Zm3Hc7Lk-canary-token-command-wrong-2Yt8";
    type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 8] = [
        ("wrong secret", sandbox.token_url(), &[], &[("CXONE_CLIENT_SECRET", wrong)], "HTTP 401"),
        ("unknown scope", sandbox.token_url(), &["--scopes", "cxone:no"], &[], "cxone:no"),
        ("no secret", &url, &[], &[("CXONE_CLIENT_SECRET", "")], "client_secret"),
        ("server error", &broken, &[], &[], "HTTP 500"),
        ("nobody listens", "http://127.0.0.1:1/token", &[], &[], "127.0.0.1:1"),
        (
            "other scopes, which is an error here",
            &narrowed,
            &["--scopes", "cxone:api"],
            &[("CXONE_SCOPE_DRIFT", "error")],
            "other:scope",
        ),
        ("expired", &expired, &[], &[], "has already expired"),
        ("too short a life", &url, &["--min-remaining-lifetime", "2h"], &[], "2h"),
    ];
    for (name, token_url, arguments, variables, summary) in cases {
        let run = Run::at(token_url, arguments, variables);
        run.expect_failure(name, summary);
        assert!(!run.stderr.contains("canary"), "{name}: {}", run.stderr);
    }
}

#[test]
fn what_is_worth_knowing_goes_to_standard_error() {
    let wire = ScriptedServer::in_background();
    let narrowed = wire.route("/narrowed", [Reply::token_with(TOKEN, json!({ "scope": "other:scope" }))]);
    let run = Run::at(&narrowed, &["--scopes", "cxone:api"], &[]);
    assert_eq!((run.code, run.stdout), (Some(0), format!("{TOKEN}\n")));
    assert!(run.stderr.starts_with("Warning: ") && run.stderr.contains("other:scope"), "{}", run.stderr);
}

#[test]
fn a_suspicion_is_told_only_where_there_is_no_token() {
    let wire = ScriptedServer::in_background();
    let good = wire.route("/good", [Reply::token(TOKEN)]);
    let refused = wire.route("/refused", [Reply::oauth_error(401, "invalid_client", "")]);
    let placeholder = [("CXONE_CLIENT_ID", "changeme")];
    let run = Run::at(&good, &[], &placeholder);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let run = Run::at(&refused, &[], &placeholder);
    run.expect_failure("refused", "placeholder");
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["--client-secret", "x"], "--client-secret"),
        (&["--header", "--json"], "--json"),
        (&["--auth-file", "/no/such/file"], "cannot be read"),
        (&["--config", folder], "not a regular file"),
        (&["--min-remaining-lifetime", "soon"], "duration"),
    ];
    for (arguments, why) in cases {
        let run = Run::new(arguments, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains(why), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn an_id_and_a_secret_of_different_origin_are_told_before_anything_is_sent() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let id = write("id.yaml", "auth:\n  client_id: of-the-file\n");
    let both = write("both.yaml", &format!("auth:\n  client_id: of-the-file\n  client_secret: {SECRET}\n"));
    let secret = write("secret.yaml", &format!("auth:\n  client_secret: {SECRET}\n"));
    let cases = [
        ("the id alone", &id, Some("client_secret from the environment variable CXONE_CLIENT_SECRET.")),
        ("the secret alone", &secret, Some("client_id comes from the environment variable CXONE_CLIENT_ID,")),
        ("both", &both, None),
    ];
    for (name, file, told) in cases {
        for command in ["token", "doctor"] {
            let variables =
                [("CXONE_TOKEN_URL", url.as_str()), ("CXONE_CLIENT_ID", "x"), ("CXONE_CLIENT_SECRET", SECRET)];
            let mut program = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"));
            program.args([command, "--auth-file", file]).env_clear().envs(variables);
            let output = program.output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{name}: {stderr}");
            assert_eq!(stderr.starts_with("note: "), told.is_some(), "{name}: {stderr}");
            assert!(stderr.contains(told.unwrap_or_default()) && !stderr.contains(SECRET), "{name}: {stderr}");
        }
    }
    // Printed before the server has the request. The server never responds.
    let hanging = wire.route("/hanging", [Reply::hang()]);
    let run = Run::at(&hanging, &["--auth-file", &id, "--request-timeout", "50ms"], &[]);
    run.expect_failure("hanging", "50");
    assert!(run.stderr.starts_with("note: client_id comes from `client_id` in the file"), "{}", run.stderr);
}

#[test]
fn the_key_that_was_read_is_the_key_that_is_named() {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.yaml");
    for key in ["scope", "scopes"] {
        fs::write(&path, format!("auth:\n  {key}: cxone:no\n")).unwrap();
        let run = Run::at(sandbox.token_url(), &["--auth-file", path.to_str().unwrap()], &[]);
        run.expect_failure(key, "cxone:no");
        let words = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("in {key} of the file")), "{key}: {words}");
    }
}

#[test]
fn a_token_that_was_handed_over_is_printed_without_a_request() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token("Rt5Gm1Wq-canary-other-token-of-nobody-8Xz3")]);
    let run = Run::new(&[], &[("CXONE_TOKEN_URL", &url), ("CXONE_ACCESS_TOKEN", TOKEN)]);
    assert_eq!((run.code, run.stdout), (Some(0), format!("{TOKEN}\n")), "{}", run.stderr);
    assert_eq!(wire.requests().len(), 0);
}

/// The guide "Tokens in scripts": its scripts work, against an API that wants the token.
#[test]
fn the_scripts_of_the_guide_work() {
    const GUIDE: &str = include_str!("../../docs/guides/tokens-in-scripts.md");
    let sandbox = sandbox();
    let wire = ScriptedServer::in_background();
    let path = "/incontactapi/services/v31.0/teams";
    let api = wire.route(path, [Reply::answer(200, &[], "{}")]);
    let folder = tempfile::tempdir().unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"));
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let search = [program.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&inherited));
    let search = std::env::join_paths(search).unwrap();
    let blocks = |language: &str| {
        let fence = format!("```{language}\n");
        let blocks = GUIDE.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
        blocks.collect::<Vec<_>>()
    };
    let mut sent = 0;
    for (language, shell, count) in [("sh", "sh", 3), ("python", "python3", 1)] {
        let blocks = blocks(language);
        assert_eq!(blocks.len(), count, "{language}");
        if Command::new("curl").arg("--version").output().is_err() || Command::new(shell).arg("-c").output().is_err() {
            skip::not_on_ci_because(&format!("there is no curl or no {shell}"));
            continue;
        }
        for block in blocks {
            let script = folder.path().join("script");
            let asks_the_api = block.contains(path);
            let block = block.replace(&format!("https://api-na1.niceincontact.com{path}"), &api);
            fs::write(
                &script,
                block.replace("token[\"api_base_url\"]", &format!("\"{}\"", api.trim_end_matches(path))),
            )
            .unwrap();
            let mut command = Command::new(shell);
            command.arg(&script).env_clear().env("PATH", &search).env("CXONE_TOKEN_URL", sandbox.token_url());
            let output = command.env("CXONE_CLIENT_ID", "scripts").env("CXONE_CLIENT_SECRET", SECRET).output().unwrap();
            assert!(output.status.success(), "{output:?}\n{block}");
            sent += usize::from(asks_the_api);
            let requests = wire.requests_for(path);
            assert_eq!(requests.len(), sent, "{block}");
            let header = requests.last().unwrap().header("authorization").unwrap();
            assert!(header.starts_with("Bearer ey"), "{header}\n{block}");

            let mut refused = Command::new(shell);
            refused.arg(&script).env_clear().env("PATH", &search).env("CXONE_TOKEN_URL", sandbox.token_url());
            refused.env("CXONE_CLIENT_ID", "scripts").env("CXONE_CLIENT_SECRET", "Qz5-canary-wrong-secret-of-a-script");
            assert!(!refused.output().unwrap().status.success(), "{block}");
            assert_eq!(wire.requests_for(path).len(), sent, "a request without a token: {block}");
        }
    }
}
