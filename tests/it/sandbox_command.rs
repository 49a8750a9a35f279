//! The command `sandbox`: the stand-in service as a process, over real sockets, and programs beside it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Method, Response, StatusCode};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use testkit::core::Core;
use testkit::workspace::Workspace;
use testkit::{deadline, skip};

const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-cxone");
const SECRET: &str = "canary-client-secret-sandbox";
const GRANT: &str = "grant_type=client_credentials";

/// A running sandbox; killed when dropped, and by itself after a minute.
struct Sandbox {
    process: Child,
    first_line: Value,
    http: reqwest::Client,
}

impl Sandbox {
    /// The sandbox with one client `app` and these flags added.
    fn start(flags: &[&str]) -> Self {
        let client = ["--client-id", "app", "--client-secret", SECRET, "--scopes", "cxone:api cxone:read"];
        Self::spawn(&[&client, flags].concat())
    }

    /// The sandbox with this configuration file.
    fn configured(config: &Value, flags: &[&str]) -> Self {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(config.to_string().as_bytes()).unwrap();
        // The sandbox reads the file before it prints its first line, so the file may be removed afterwards.
        Self::spawn(&[&["--config", file.path().to_str().unwrap()], flags].concat())
    }

    fn spawn(flags: &[&str]) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["sandbox", "--exit-with-parent", "--stop-after", "60s"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let first_line = serde_json::from_str(&line).unwrap();
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self { process, first_line, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.first_line["address"].as_str().unwrap())
    }

    /// A request with these headers and this body.
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> reqwest::Result<Response> {
        let mut request = self.http.request(method, self.url(path)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await
    }

    /// A form posted to the token endpoint, with or without Basic.
    async fn token(&self, credentials: Option<&str>, form: &str) -> Response {
        let basic = credentials.map(|pair| format!("Basic {}", STANDARD.encode(pair)));
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        headers.extend(basic.as_deref().map(|value| ("authorization", value)));
        self.send(Method::POST, "/oauth/token", &headers, form).await.unwrap()
    }

    async fn control(&self, method: Method, path: &str, body: &Value) -> StatusCode {
        let path = format!("/_sandbox/{path}");
        self.send(method, &path, &[], &body.to_string()).await.unwrap().status()
    }

    async fn read(&self, path: &str) -> Value {
        parsed(self.send(Method::GET, path, &[], "").await.unwrap()).await
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn parsed(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn app() -> String {
    format!("app:{SECRET}")
}

fn claims(answer: &Value) -> Value {
    let payload = answer["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_correct_request_gets_a_signed_token() {
    let sandbox = Sandbox::start(&[]);
    let response = sandbox.token(Some(&app()), "grant_type=client_credentials&scope=cxone%3Aapi").await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "x-request-id"), "sandbox-1");
    let answer = parsed(response).await;
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(answer["scope"], "cxone:api");
    let claims = claims(&answer);
    assert_eq!(claims["iss"], sandbox.first_line["address"]);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);

    let key = sandbox.read("/auth/jwks").await["keys"][0].clone();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (signed, signature) = answer["access_token"].as_str().unwrap().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn json_is_refused_as_an_unknown_client() {
    let sandbox = Sandbox::start(&[]);
    let basic = format!("Basic {}", STANDARD.encode(app()));
    let headers = [("content-type", "application/json"), ("authorization", basic.as_str())];
    let body = r#"{"grant_type":"client_credentials"}"#;
    let response = sandbox.send(Method::POST, "/oauth/token", &headers, body).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "www-authenticate"), "Basic realm=\"cxone-sandbox\"");
    let answer = parsed(response).await;
    assert_eq!(answer["error"], "invalid_client");
    assert!(answer["error_description"].as_str().unwrap().contains("the request body is JSON"));
}

#[tokio::test]
async fn each_mistake_has_its_status_and_error() {
    let sandbox = Sandbox::start(&[]);
    let app = app();
    let in_body = format!("{GRANT}&client_id=app&client_secret={SECRET}");
    let cases: [(&str, Option<&str>, &str, u16, &str); 10] = [
        ("no credentials", None, GRANT, 401, "invalid_client"),
        ("wrong secret", Some("app:canary-wrong"), GRANT, 401, "invalid_client"),
        ("unknown client", Some("nobody:canary-wrong"), GRANT, 401, "invalid_client"),
        ("secret in the body of a Basic client", None, &in_body, 401, "invalid_client"),
        ("secret in both places", Some(&app), &in_body, 400, "invalid_request"),
        ("no grant_type", Some(&app), "scope=cxone%3Aapi", 400, "invalid_request"),
        ("other grant_type", Some(&app), "grant_type=authorization_code", 400, "unsupported_grant_type"),
        ("repeated parameter", Some(&app), "grant_type=client_credentials&scope=a&scope=a", 400, "invalid_request"),
        ("unknown scope", Some(&app), "grant_type=client_credentials&scope=cxone%3Aadmin", 400, "invalid_scope"),
        (
            "two spaces",
            Some(&app),
            "grant_type=client_credentials&scope=cxone%3Aapi++cxone%3Aread",
            400,
            "invalid_scope",
        ),
    ];
    for (case, credentials, form, status, error) in cases {
        let response = sandbox.token(credentials, form).await;
        assert_eq!(response.status(), status, "{case}");
        assert_eq!(header(&response, "www-authenticate").is_empty(), status != 401, "{case}");
        assert_eq!(header(&response, "cache-control"), "no-store", "{case}");
        let text = response.text().await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["error"], error, "{case}");
        assert!(!text.contains("canary"), "{case}: {text}");
    }
    let counters = sandbox.read("/_sandbox/counters").await;
    assert_eq!(
        (&counters["exchanges"], &counters["granted"], &counters["refused"]),
        (&json!(10), &json!(0), &json!(10))
    );
    assert_eq!(counters["refused_by_error"]["invalid_client"], 4);
}

#[tokio::test]
async fn only_posted_forms_with_a_length_are_read() {
    let sandbox = Sandbox::start(&[]);
    let response = sandbox.send(Method::GET, "/oauth/token", &[], "").await.unwrap();
    assert_eq!((response.status().as_u16(), header(&response, "allow")), (405, "POST".to_owned()));
    let response = sandbox.send(Method::POST, "/auth/token", &[("content-type", "text/plain")], GRANT).await.unwrap();
    assert_eq!(response.status(), 400);
    let response = sandbox.send(Method::POST, "/oauth/token", &[], &"x".repeat(300_000)).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(sandbox.send(Method::GET, "/elsewhere", &[], "").await.unwrap().status(), 404);
}

#[tokio::test]
async fn clients_are_served_as_they_are_registered() {
    let config = json!({ "clients": [
        { "client_id": "post", "client_secret": SECRET, "authentication": "client_secret_post", "token_format": "opaque",
          "scope_in_answer": "omit", "expires_in_form": "text" },
        { "client_id": "enc id", "client_secret": "canary+a b", "basic_encoding": "rfc6749", "scopes": ["a"],
          "unknown_scopes": "narrow", "jwt_type": "at+jwt" },
    ] });
    let sandbox = Sandbox::configured(&config, &[]);
    let posted = sandbox.token(None, &format!("{GRANT}&client_id=post&client_secret={SECRET}")).await;
    let answer = parsed(posted).await;
    assert_eq!(answer["expires_in"], "3600");
    assert_eq!(answer.get("scope"), None);
    assert!(!answer["access_token"].as_str().unwrap().contains('.'));

    let encoded = sandbox.token(Some("enc%20id:canary%2Ba%20b"), &format!("{GRANT}&scope=a+b")).await;
    assert_eq!(parsed(encoded).await["scope"], "a", "narrowed");
    let raw = sandbox.token(Some("enc id:canary+a b"), GRANT).await;
    assert_eq!(raw.status(), 401);
}

#[tokio::test]
async fn access_keys_work_by_password_grant_and_by_json() {
    let config = json!({
        "clients": [{ "client_id": "app", "client_secret": SECRET }],
        "access_keys": [{ "access_key_id": "KEY====", "access_key_secret": "canary+key====" }],
    });
    let sandbox = Sandbox::configured(&config, &[]);
    let form = "grant_type=password&username=KEY%3D%3D%3D%3D&password=canary%2Bkey%3D%3D%3D%3D";
    let answer = parsed(sandbox.token(Some(&app()), form).await).await;
    assert_eq!(claims(&answer)["sub"], "user:KEY====");
    assert!(answer["id_token"].is_string() && answer["refresh_token"].is_string());
    let unescaped = sandbox.token(Some(&app()), "grant_type=password&username=KEY====&password=canary+key====").await;
    assert_eq!((unescaped.status().as_u16(), parsed(unescaped).await["error"].clone()), (400, json!("invalid_grant")));

    let service = "/authentication/v1/token/access-key";
    let json = [("content-type", "application/json")];
    for (secret, status) in [("canary+key====", 200), ("canary-wrong", 401)] {
        let body = json!({ "accessKeyId": "KEY====", "accessKeySecret": secret }).to_string();
        let response = sandbox.send(Method::POST, service, &json, &body).await.unwrap();
        assert_eq!(response.status(), status);
        let answer = parsed(response).await;
        assert_eq!(answer.get("access_token").is_some(), status == 200);
        assert_eq!(answer.get("errorDescription").is_some(), status == 401);
    }
}

#[tokio::test]
async fn discovery_leads_to_the_token_endpoint_and_the_api() {
    let sandbox =
        Sandbox::configured(&json!({ "tenant_id": "t-1", "area": "eu1", "api_endpoint": "http://127.0.0.1:9" }), &[]);
    let document = sandbox.read("/.well-known/openid-configuration").await;
    assert_eq!(document["issuer"], sandbox.first_line["address"]);
    assert_eq!(document["token_endpoint"], sandbox.url("/auth/token"));
    let tenant = sandbox.read("/.well-known/cxone-configuration?tenantId=t-1").await;
    assert_eq!((&tenant["area"], &tenant["api_endpoint"]), (&json!("eu1"), &json!("http://127.0.0.1:9")));
    for (query, status) in [("?tenantId=t-2", 404), ("", 400)] {
        let path = format!("/.well-known/cxone-configuration{query}");
        assert_eq!(sandbox.send(Method::GET, &path, &[], "").await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn requests_are_recorded_without_their_secrets() {
    for (flags, shown) in [(&[][..], false), (&["--record-secrets"][..], true)] {
        let sandbox = Sandbox::start(flags);
        sandbox.token(Some(&app()), GRANT).await;
        sandbox.token(None, &format!("{GRANT}&client_secret={SECRET}")).await;
        let journal = sandbox.read("/_sandbox/requests").await;
        let [first, second] = &journal["requests"].as_array().unwrap()[..] else { panic!("{journal}") };
        assert_eq!(
            (&first["method"], &first["path"], &first["status"]),
            (&json!("POST"), &json!("/oauth/token"), &json!(200))
        );
        assert_eq!((&first["body"], &second["status"]), (&json!(GRANT), &json!(401)));
        let text = journal.to_string();
        assert_eq!(text.contains(SECRET), shown, "{text}");
        assert_eq!(text.contains(&STANDARD.encode(app())), shown, "{text}");
    }
}

#[tokio::test]
async fn a_client_can_change_between_requests() {
    let sandbox = Sandbox::start(&[]);
    let form = "grant_type=client_credentials&scope=cxone%3Aapi";
    assert_eq!(sandbox.token(Some(&app()), form).await.status(), 200);
    let change = json!({ "scopes": ["cxone:other"], "unknown_scopes": "ignore" });
    assert_eq!(sandbox.control(Method::PUT, "clients/app", &change).await, 204);
    assert_eq!(parsed(sandbox.token(Some(&app()), form).await).await["scope"], "cxone:other");
    assert_eq!(sandbox.control(Method::PUT, "clients/app", &json!({ "client_secret": "canary-new" })).await, 204);
    assert_eq!(sandbox.token(Some(&app()), form).await.status(), 401);
    assert_eq!(sandbox.token(Some("app:canary-new"), form).await.status(), 200);
    assert_eq!(sandbox.control(Method::PUT, "clients/app", &json!({ "scope": [] })).await, 400);
    assert_eq!(sandbox.control(Method::PUT, "clients/new%20one", &json!({ "client_secret": SECRET })).await, 204);
    assert_eq!(sandbox.token(Some(&format!("new one:{SECRET}")), GRANT).await.status(), 200);
    assert_eq!(sandbox.control(Method::DELETE, "clients/app", &Value::Null).await, 204);
    assert_eq!(sandbox.token(Some("app:canary-new"), form).await.status(), 401);
}

#[tokio::test]
async fn faults_take_the_place_of_answers_and_run_out() {
    let sandbox = Sandbox::start(&[]);
    let faults = json!([
        { "count": 2, "status": 503, "headers": { "retry-after": "7" }, "body": "<html>" },
        { "close": true },
        { "delay_ms": 20 },
    ]);
    assert_eq!(sandbox.control(Method::PUT, "fault", &faults).await, 204);
    for _ in 0..2 {
        let response = sandbox.token(Some(&app()), GRANT).await;
        assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "7".to_owned()));
        assert_eq!(response.text().await.unwrap(), "<html>");
    }
    assert!(sandbox.send(Method::POST, "/oauth/token", &[], GRANT).await.is_err(), "closed without an answer");
    for _ in 0..2 {
        assert_eq!(sandbox.token(Some(&app()), GRANT).await.status(), 200);
    }
    let counters = sandbox.read("/_sandbox/counters").await;
    assert_eq!((&counters["exchanges"], &counters["faults"], &counters["granted"]), (&json!(5), &json!(3), &json!(2)));

    sandbox.control(Method::PUT, "fault", &json!({ "count": 9, "status": 500 })).await;
    assert_eq!(sandbox.control(Method::DELETE, "fault", &Value::Null).await, 204);
    assert_eq!(sandbox.control(Method::POST, "reset", &Value::Null).await, 204);
    assert_eq!(sandbox.token(Some(&app()), GRANT).await.status(), 200);
    assert_eq!(sandbox.read("/_sandbox/counters").await["exchanges"], 1);
    assert_eq!(sandbox.read("/_sandbox/requests").await["requests"].as_array().unwrap().len(), 1);
}

#[test]
fn addresses_beyond_loopback_are_refused() {
    let output = Command::new(PROGRAM).args(["sandbox", "--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("only loopback addresses"));
}

#[test]
fn it_stops_by_itself() {
    let mut sandbox = Sandbox::start(&[]);
    assert!(sandbox.process.try_wait().unwrap().is_none());
    let bound = Command::new(PROGRAM).args(["sandbox", "--stop-after", "10ms"]).output().unwrap();
    assert!(bound.status.success(), "{bound:?}");
}

#[cfg(unix)]
#[test]
fn signals_end_it_cleanly() {
    for signal in ["-TERM", "-INT"] {
        let mut sandbox = Sandbox::start(&[]);
        let pid = sandbox.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert!(sandbox.process.wait().unwrap().success(), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn it_ends_with_the_process_that_started_it() {
    let script = "\"$0\" sandbox --exit-with-parent --stop-after 60s & read -r _";
    let mut shell =
        Command::new("sh").args(["-c", script, PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(shell.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    shell.kill().unwrap();
    shell.wait().unwrap();
    // The orphan holds the other end of the pipe, so the pipe ends with the orphan.
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(std::io::copy(&mut output, &mut std::io::sink()).is_ok()));
    assert_eq!(end.recv_timeout(Duration::from_secs(10)), Ok(true));
}

/// `sandbox run` with these flags for this script of the shell, in which `$0` is the program itself.
fn beside(flags: &[&str], script: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["sandbox", "run"]).args(flags).args(["--", "sh", "-c", script, PROGRAM]).stdin(Stdio::null());
    command
}

#[test]
fn a_program_runs_beside_a_sandbox_and_finds_it_alone() {
    let settings = "CXONE_CLIENT_ID CXONE_CLIENT_SECRET CXONE_SANDBOX_URL CXONE_SCOPES CXONE_TOKEN_URL";
    let key = "CXONE_ACCESS_KEY_ID CXONE_ACCESS_KEY_SECRET";
    let cases: [(&str, &[&str], String, &str); 3] = [
        ("client credentials", &["--scopes", "b a"], settings.to_owned(), "a b"),
        (
            "password",
            &["--grant-type", "password"],
            format!(
                "{key} CXONE_CLIENT_ID CXONE_CLIENT_SECRET CXONE_GRANT_TYPE CXONE_SANDBOX_URL CXONE_SCOPES CXONE_TOKEN_URL"
            ),
            "cxone:api",
        ),
        (
            "access key",
            &["--grant-type", "access_key"],
            format!("{key} CXONE_GRANT_TYPE CXONE_SANDBOX_URL CXONE_TOKEN_URL"),
            "",
        ),
    ];
    for (name, flags, expected, scopes) in cases {
        let script = "env | sed -n 's/^\\(CXONE_[A-Z_]*\\)=.*/\\1/p' | sort | tr '\\n' ' '; echo; echo \"$CXONE_SCOPES\"; \"$0\" token --json";
        let mut command = beside(flags, script);
        let inherited =
            [("CXONE_REGION", "na1"), ("CXONE_CLIENT_SECRET", "canary-of-the-real-one"), ("CXONE_ISSUER", "x")];
        let output = command.envs(inherited).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let (variables, rest) = stdout.split_once('\n').unwrap();
        assert_eq!(variables.trim(), expected, "{name}");
        let (declared, token) = rest.split_once('\n').unwrap();
        assert_eq!(declared, scopes, "{name}");
        let token: Value = serde_json::from_str(token).unwrap_or_else(|_| panic!("{name}: {rest}"));
        assert_ne!(token["scope_drift_detected"], json!(true), "{name}: {token}");
        assert!(!stdout.contains("canary"), "{name}");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{name}");
    }
}

#[test]
fn the_programs_end_is_the_end() {
    let status = |script: &str| beside(&[], script).stderr(Stdio::null()).status().unwrap();
    for code in [0, 1, 3, 255] {
        assert_eq!(status(&format!("exit {code}")).code(), Some(code));
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        assert_eq!(status("kill -TERM $$").signal(), Some(15));
    }
}

#[test]
fn what_cannot_be_run_has_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let cases: [(&str, &[&str], i32, &str); 4] = [
        ("no program", &[], 2, "CMD"),
        ("no such program", &["--", "no-such-program"], 127, "cannot run \"no-such-program\""),
        ("a folder", &["--", folder], 126, "cannot run"),
        ("no such configuration", &["--config", "/no/such/file", "--", "true"], 125, "cannot read /no/such/file"),
    ];
    for (name, arguments, code, why) in cases {
        let output = Command::new(PROGRAM).args(["sandbox", "run"]).args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{name}: {stderr}");
        assert!(stderr.contains(why), "{name}: {stderr}");
    }
    let before = Command::new(PROGRAM).args(["sandbox", "--scopes", "a", "run", "--", "true"]).output().unwrap();
    assert_eq!(before.status.code(), Some(2), "flags that would have no effect: {before:?}");
}

/// Ctrl-C goes to the group, a service manager's SIGTERM to the process. Either way the program gets it once, and the
/// sandbox lives until the program has cleaned up.
#[cfg(unix)]
#[test]
fn signals_reach_the_program_once_and_the_sandbox_outlives_it() {
    use testkit::process::ProcessGroup;

    let folder = tempfile::tempdir().unwrap();
    for name in ["Ctrl-C", "SIGTERM"] {
        let path = |file: &str| folder.path().join(format!("{name} {file}"));
        let script = format!(
            "trap 'echo caught >>\"{caught}\"' INT TERM\n\"$0\" token >/dev/null && echo \"$CXONE_SANDBOX_URL\" >\"{ready}\"\n\
             until [ -s \"{caught}\" ]; do sleep 0.01; done\nsleep 0.05\n\"$0\" token >\"{token}\"\nexit 5",
            caught = path("caught").display(),
            ready = path("ready").display(),
            token = path("token").display(),
        );
        let mut group = ProcessGroup::spawn(&mut beside(&[], &script));
        let read = |file: &str| std::fs::read_to_string(path(file)).unwrap_or_default();
        deadline::eventually(LIMIT, "the program has started", || read("ready").ends_with('\n'));
        match name {
            "Ctrl-C" => group.interrupt(),
            _ => group.terminate_leader(),
        }
        let status = group.wait(LIMIT).unwrap();
        assert_eq!(status.code(), Some(5), "{name}");
        assert_eq!(read("caught"), "caught\n", "{name}");
        assert_eq!(read("token").split('.').count(), 3, "{name}: the sandbox had gone first");
        let address = read("ready").trim().trim_start_matches("http://").trim_end_matches("/_sandbox").to_owned();
        deadline::eventually(LIMIT, "the sandbox is gone", || std::net::TcpStream::connect(&address).is_err());
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = beside(&[], "\"$0\" token >/dev/null && echo \"$CXONE_TOKEN_URL\"");
    let output = command.env("TMPDIR", folder.path()).env("HOME", folder.path()).current_dir(folder.path()).output();
    let address = String::from_utf8(output.unwrap().stdout).unwrap();
    let address = address.trim().trim_start_matches("http://").trim_end_matches("/oauth/token").to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    deadline::eventually(LIMIT, "the sandbox is gone", || std::net::TcpStream::connect(&address).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    // Killed without a chance to clean up: the program ends, and then the sandbox.
    let mut process = beside(&[], "echo \"$CXONE_TOKEN_URL\"; exec sleep 60").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let address = line.trim().trim_start_matches("http://").trim_end_matches("/oauth/token").to_owned();
    deadline::eventually(LIMIT, "the sandbox is gone", || std::net::TcpStream::connect(&address).is_err());
}

/// The core's program and arguments follow these words.
const BESIDE: [&str; 6] = [PROGRAM, "sandbox", "run", "--scopes", "cxone:api cxone:reports", "--"];

fn example(folder: &str) -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
    let files = testkit::leak_check::files_below(&root);
    let name = |path: &std::path::Path| path.strip_prefix(&root).unwrap().display().to_string();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn the_core_tests_a_module_beside_a_sandbox() {
    let core = Core::find();
    if !core.has_mocks() {
        skip::test(&format!("{core} has no mocks"));
    }
    let mut workspace = Workspace::for_any_core();
    for (name, text) in example("testing") {
        workspace.write_file(&name, &text);
    }
    workspace.write_file("versions.tf", "");
    workspace.start_with(&BESIDE);
    let run = workspace.run(&["test", "-no-color"]);
    assert!(run.exit_code == Some(0) && run.stdout.contains("3 passed, 0 failed"), "{run}\n{}", run.stdout);
    workspace.finish();
}

/// Of the guide "Testing with the sandbox": the scripts themselves check each exit code.
#[test]
fn the_rehearsals_go_as_their_scripts_say() {
    let beside = |options: &[&'static str]| [&BESIDE[..3], options, &BESIDE[3..], &["sh", "rehearse.sh"]].concat();
    for (name, beside) in [("rehearsal", beside(&[])), ("role-drift", beside(&["--grant-type", "password"]))] {
        let mut workspace = Workspace::for_any_core();
        for (name, text) in example(name) {
            workspace.write_file(&name, &text);
        }
        workspace.write_file("versions.tf", "");
        workspace.start_with(&beside);
        if Command::new("curl").arg("--version").output().is_err() {
            skip::not_on_ci_because("there is no curl, so nothing is rehearsed");
        } else {
            let run = workspace.run(&["all"]);
            assert_eq!(run.exit_code, Some(0), "{name}: {run}\n{}", run.stdout);
            assert!(run.stdout.contains("Destroy complete!"), "{name}: {}", run.stdout);
        }
        workspace.finish();
    }
}

const LIMIT: Duration = Duration::from_secs(20);
