//! `--emit`: each form sends the request that the provider sends.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::run::Doctor;
use super::{SECRET, TOKEN, is_installed};
use testkit::scripted_server::{Reply, Request, ScriptedServer};
use testkit::workspace::Workspace;

/// With characters that shells, forms, Basic headers and Python treat in ways of their own.
const TRICKY: &str = "Vd6Ks1Yp $canary'doctor\"tricky\\%~*/+:&=9Hw3Jc7Xn";

/// An id with its own share of them; still fit to be shown.
const TRICKY_ID: &str = "App $Name's \"x\"@Vendor";

/// As real access keys end, and with what JSON and shells treat in ways of their own.
const KEY_ID: &str = "KEYID 7Qx\"4Rm2====";
const KEY_SECRET: &str = "Wd8Np3Zt-canary'key\\\"$secret&%6Hj2Bv====";

/// The ways to ask for a token: by grant, by how the credentials are sent, and by where the address comes from.
const WAYS: [&[(&str, &str)]; 8] = [
    &[("CXONE_BASIC_AUTH_ENCODING", "raw")],
    &[("CXONE_BASIC_AUTH_ENCODING", "rfc6749")],
    &[("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post")],
    &[("CXONE_ISSUER", "")],
    &[("CXONE_GRANT_TYPE", "password"), ("CXONE_ISSUER", "")],
    &[("CXONE_GRANT_TYPE", "password"), ("CXONE_BASIC_AUTH_ENCODING", "rfc6749")],
    &[("CXONE_GRANT_TYPE", "password"), ("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post")],
    &[("CXONE_GRANT_TYPE", "access_key")],
];

/// A server with a token endpoint, and an issuer that names it.
struct Service {
    wire: ScriptedServer,
    token_url: String,
    issuer: String,
}

impl Service {
    fn start() -> Self {
        let wire = ScriptedServer::in_background();
        let token_url = wire.route("/token", [Reply::token(TOKEN)]);
        let issuer = format!("http://{}/issuer", wire.address());
        // Pretty, and with the slashes escaped as some servers do.
        let escaped = token_url.replace('/', "\\/");
        let body = format!("{{\n  \"issuer\": \"{issuer}\",\n  \"token_endpoint\": \"{escaped}\"\n}}\n");
        let json = [("content-type", "application/json")];
        wire.route("/issuer/.well-known/openid-configuration", [Reply::answer(200, &json, &body)]);
        Self { wire, token_url, issuer }
    }

    /// The doctor with the settings of a way. One with an issuer has no other address.
    fn doctor(&self, way: &[(&str, &str)]) -> Doctor {
        let doctor = Doctor::new().canary(TRICKY).canary(KEY_SECRET);
        let has_key = way.iter().any(|(name, value)| *name == "CXONE_GRANT_TYPE" && *value != "client_credentials");
        let has_client = !way.contains(&("CXONE_GRANT_TYPE", "access_key"));
        let address = match way.iter().any(|(name, _)| *name == "CXONE_ISSUER") {
            true => ("CXONE_ISSUER", self.issuer.as_str()),
            false => ("CXONE_TOKEN_URL", self.token_url.as_str()),
        };
        let client = [("CXONE_CLIENT_ID", TRICKY_ID), ("CXONE_CLIENT_SECRET", TRICKY)];
        let key = [("CXONE_ACCESS_KEY_ID", KEY_ID), ("CXONE_ACCESS_KEY_SECRET", KEY_SECRET)];
        let variables = way.iter().copied().filter(|(name, _)| *name != "CXONE_ISSUER").chain([address]);
        let variables = variables.chain(client.into_iter().filter(|_| has_client));
        variables
            .chain(key.into_iter().filter(|_| has_key))
            .fold(doctor, |doctor, (name, value)| doctor.env(name, value))
    }

    /// The facts of the last `count` requests.
    #[track_caller]
    fn last(&self, count: usize) -> Vec<Facts> {
        let requests = self.wire.requests();
        requests[requests.len() - count..].iter().map(Facts::of).collect()
    }
}

/// How many requests a way takes.
fn requests_of(way: &[(&str, &str)]) -> usize {
    if way.iter().any(|(name, _)| *name == "CXONE_ISSUER") { 2 } else { 1 }
}

#[test]
fn the_curl_command_sends_the_same_request() {
    if !is_installed("curl") {
        return;
    }
    each_form_sends_the_same("curl", &|script, folder| {
        let path = folder.join("request.sh");
        fs::write(&path, script).unwrap();
        let mut command = Command::new("sh");
        command.arg(path);
        command
    });
}

#[test]
fn the_python_script_sends_the_same_request() {
    if !is_installed("python3") {
        return;
    }
    each_form_sends_the_same("python", &|script, folder| {
        fs::write(folder.join("requests.py"), REQUESTS).unwrap();
        let path = folder.join("request.py");
        fs::write(&path, script).unwrap();
        let mut command = Command::new("python3");
        command.arg(path).env("PYTHONPATH", folder);
        command
    });
}

/// Runs the form of each way and compares what it sends with what the doctor itself sends.
fn each_form_sends_the_same(form: &str, command: &dyn Fn(&str, &Path) -> Command) {
    let service = Service::start();
    for way in WAYS {
        let doctor = || {
            let doctor = service.doctor(way);
            match way.contains(&("CXONE_GRANT_TYPE", "access_key")) {
                true => doctor,
                false => doctor.env("CXONE_AUDIENCE", "it's \"$HOME\" \\ &").env("CXONE_SCOPES", "b:x a*~"),
            }
        };
        let script = doctor().args(&["--emit", form]).run().expect_code(0).stdout;
        doctor().run().expect_code(0);
        let ours = service.last(requests_of(way));
        let folder = tempfile::tempdir().unwrap();
        let output = run(command(&script, folder.path()), &service.token_url);
        assert!(output.status.success(), "{way:?}: {output:?}\n{script}");
        assert_eq!(service.last(requests_of(way)), ours, "{way:?}\n{script}");
    }
}

/// What has to be the same; the order of headers and the spelling of a form or of JSON may differ.
#[derive(Debug, PartialEq)]
struct Facts {
    line: String,
    headers: BTreeMap<&'static str, Option<String>>,
    form: BTreeMap<String, String>,
    json: Option<Value>,
}

impl Facts {
    fn of(request: &Request) -> Self {
        let header = |name| (name, request.header(name).map(str::to_owned));
        let headers = ["host", "accept", "user-agent", "authorization", "content-type"].map(header).into();
        let json = serde_json::from_str(request.body()).ok();
        let form = if json.is_some() { BTreeMap::new() } else { request.form() };
        Self { line: request.request_line().to_owned(), headers, form, json }
    }
}

fn run(mut command: Command, url: &str) -> Output {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("CXONE_CLIENT_SECRET", TRICKY).env("CXONE_TOKEN_URL", url);
    command.env("CXONE_ACCESS_KEY_ID", KEY_ID).env("CXONE_ACCESS_KEY_SECRET", KEY_SECRET);
    // Set anew: a cleared environment has lost it.
    if let Some(folder) = command.get_args().next().and_then(|script| Path::new(script).parent()).map(Path::to_owned) {
        command.env("PYTHONPATH", folder);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_token_endpoint_on_another_domain_gets_nothing() {
    let service = Service::start();
    let foreign = service.token_url.replace("127.0.0.1", "localhost");
    let document = json!({ "issuer": service.issuer, "token_endpoint": foreign });
    service.wire.route("/issuer/.well-known/openid-configuration", [Reply::json(200, &document)]);
    for (form, program) in [("curl", "sh"), ("python", "python3")] {
        if !is_installed(program) || !is_installed("curl") {
            continue;
        }
        let script = service.doctor(&[("CXONE_ISSUER", "")]).args(&["--emit", form]).run().expect_code(0).stdout;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("requests.py"), REQUESTS).unwrap();
        let path = folder.path().join("script");
        fs::write(&path, &script).unwrap();
        let mut command = Command::new(program);
        command.arg(path);
        let output = run(command, &service.token_url);
        assert!(!output.status.success(), "{form}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("on another domain"), "{form}: {output:?}\n{script}");
    }
    assert_eq!(service.wire.requests_for("/token").len(), 0);
}

/// What the guard of the scripts lets through for a public issuer, without a network: a curl of our own answers.
#[test]
fn only_https_on_the_issuers_own_domain_is_asked() {
    let doctor = Doctor::at("").env("CXONE_TOKEN_URL", "").env("CXONE_ISSUER", "https://cxone.niceincontact.com");
    let script = doctor.args(&["--emit", "curl"]).run().expect_code(0).stdout;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request.sh");
    fs::write(&path, format!("curl() {{ cat > /dev/null < /dev/null; case \"$*\" in *well-known*) printf '{{\"token_endpoint\": \"%s\"}}\\n' \"$NAMED\" ;; *) echo SENT ;; esac; }}\n{script}")).unwrap();
    let cases = [
        ("https://cxone.niceincontact.com/auth/token", true),
        ("https://niceincontact.com/t?x=1", true),
        ("https://auth.na1.niceincontact.com:8443/t", true),
        ("http://cxone.niceincontact.com/auth/token", false),
        ("https://niceincontact.com.evil.example/t", false),
        ("https://evil.example/niceincontact.com/t", false),
        ("https://evilniceincontact.com/t", false),
        ("https://cxone.niceincontact.com@evil.example/t", false),
        ("https://cxone.niceincontact.com:pw@evil.example/t", false),
        ("https://evil.example\\.niceincontact.com/t", false),
        ("", false),
    ];
    for (named, is_asked) in cases {
        let mut command = Command::new("sh");
        command.arg(&path).env("NAMED", named).env("CXONE_CLIENT_SECRET", SECRET);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).contains("SENT"), is_asked, "{named}: {output:?}");
        assert_eq!(output.status.success(), is_asked, "{named}");
    }
}

#[test]
fn no_secret_is_an_argument_of_any_program() {
    let service = Service::start();
    for way in WAYS {
        let script = service.doctor(way).args(&["--emit", "curl"]).run().expect_code(0).stdout;
        // What a line of `printf` or of a function of the script holds stays in the shell; awk gets a variable's name.
        let own = ["printf ", "  \"$(json "];
        let lines = script.lines().filter(|line| !own.iter().any(|own| line.starts_with(own)));
        let arguments: Vec<_> = lines.filter(|line| line.contains("_SECRET")).collect();
        assert_eq!(arguments, [""; 0], "{way:?}\n{script}");
        assert!(script.contains("_SECRET"), "{way:?}\n{script}");
    }
    assert_eq!(service.wire.requests().len(), 0, "emitting sends nothing");
}

#[test]
fn the_provider_block_is_valid_and_sends_the_same_request() {
    let service = Service::start();
    for way in WAYS {
        let doctor = || {
            let doctor = service.doctor(way).env("CXONE_REQUEST_TIMEOUT", "1m 5s");
            match way.contains(&("CXONE_GRANT_TYPE", "access_key")) {
                true => doctor,
                false => doctor.env("CXONE_SCOPES", "b%{if} a*$").env("CXONE_AUDIENCE", "a\\b \"${c}\""),
            }
        };
        let hcl = doctor().args(&["--emit", "hcl"]).run().expect_code(0).stdout;
        doctor().run().expect_code(0);
        let exchange = |facts: Vec<Facts>| facts.into_iter().find(|facts| facts.line.starts_with("POST")).unwrap();
        let mut ours = exchange(service.last(requests_of(way)));
        let mut workspace = Workspace::for_any_core();
        workspace.canary("client secret", TRICKY);
        workspace.canary("access key", KEY_SECRET);
        workspace.write(&format!("{hcl}\ndata \"cxone_token_info\" \"this\" {{}}\n"));
        workspace.validate().expect_success();
        let before = service.wire.requests().len();
        if hcl.contains("CXONE_CLIENT_SECRET") {
            workspace.env("CXONE_CLIENT_SECRET", TRICKY);
        }
        if hcl.contains("CXONE_ACCESS_KEY_ID") {
            workspace.env("CXONE_ACCESS_KEY_ID", KEY_ID).env("CXONE_ACCESS_KEY_SECRET", KEY_SECRET);
        }
        workspace.env("CXONE_SCOPE_DRIFT", "ignore");
        workspace.plan().expect_success();
        workspace.finish();

        let mut theirs = exchange(service.last(service.wire.requests().len() - before));
        // The one names Terraform and its version, the other does not.
        theirs.headers.remove("user-agent");
        ours.headers.remove("user-agent");
        assert_eq!(theirs, ours, "{way:?}\n{hcl}");
    }
}

#[test]
fn what_may_be_a_secret_is_left_to_the_environment() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token?code=canary-in-the-query", [Reply::token(TOKEN)]);
    let swapped = "Rb5Wk8Zd2Xq7Lm4Ty9Vn3Hc6";
    for form in ["hcl", "curl", "python"] {
        let doctor = Doctor::at(&url).canary("canary-in-the-query").canary(swapped).env("CXONE_CLIENT_ID", swapped);
        let emitted = doctor.args(&["--emit", form]).run().expect_code(0).stdout;
        for variable in ["CXONE_TOKEN_URL", "CXONE_CLIENT_ID", "CXONE_CLIENT_SECRET"] {
            assert!(emitted.contains(variable), "{variable}: {emitted}");
        }
        let twice = Doctor::at(&url).canary("canary-in-the-query").env("CXONE_CLIENT_ID", SECRET);
        twice.args(&["--emit", form]).run().expect_code(0);
    }
    let doctor = Doctor::at(&url).canary("canary-in-the-query").env("CXONE_CLIENT_ID", SECRET);
    doctor.run().expect_code(0);
}

#[test]
fn no_form_is_emitted_for_settings_that_are_not_complete() {
    let report = Doctor::new().env("CXONE_CLIENT_ID", "a").args(&["--emit", "hcl"]).run().expect_code(1);
    assert_eq!(report.stdout, "");
    assert!(report.stderr.starts_with("Problem: Missing CXone credentials: `client_secret`."), "{report}");
}

/// The part of the `requests` library that the script uses, over the standard library.
const REQUESTS: &str = r#"
import base64, urllib.error, urllib.parse, urllib.request
from json import dumps, loads

class Answer:
    def __init__(self, answer):
        self.status_code, self.text = answer.status, answer.read().decode()
        self.ok = self.status_code < 400
    def raise_for_status(self):
        assert self.ok, self.status_code
    def json(self):
        return loads(self.text)

def get(url, headers, timeout, allow_redirects):
    assert allow_redirects is False
    return send(urllib.request.Request(url, None, headers, method="GET"), timeout)

def post(url, headers, timeout, allow_redirects, data=None, json=None, auth=None):
    assert allow_redirects is False
    if json is None:
        request = urllib.request.Request(url, urllib.parse.urlencode(data).encode(), headers, method="POST")
    else:
        headers = {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(url, dumps(json).encode(), headers, method="POST")
    if auth:
        pair = ":".join(auth).encode("latin1")
        request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    return send(request, timeout)

def send(request, timeout):
    try:
        return Answer(urllib.request.urlopen(request, timeout=timeout))
    except urllib.error.HTTPError as error:
        return Answer(error)
"#;
