//! `--emit`: each form sends the request that the provider sends.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use super::{SECRET, TOKEN, is_installed, run::Doctor};
use crate::support::{
    wire_server::{Reply, WireRequest, WireServer},
    workspace::Workspace,
};

/// With characters that shells, forms, Basic headers and Python treat in ways of their own.
const TRICKY: &str = "Vd6Ks1Yp $canary'doctor\"tricky\\%~*/+:&=9Hw3Jc7Xn";

/// An id with its own share of them; still fit to be shown.
const TRICKY_ID: &str = "App $Name's \"x\"@Vendor";

/// The ways to send the credentials.
const METHODS: [&[(&str, &str)]; 3] = [
    &[("CXONE_BASIC_AUTH_ENCODING", "raw")],
    &[("CXONE_BASIC_AUTH_ENCODING", "rfc6749")],
    &[("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post")],
];

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

/// Runs the form of each method and compares what it sends with what the doctor itself sends.
fn each_form_sends_the_same(form: &str, command: &dyn Fn(&str, &Path) -> Command) {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    for variables in METHODS {
        let doctor = || {
            let doctor = Doctor::at(&url).canary(TRICKY).env("CXONE_CLIENT_SECRET", TRICKY);
            let doctor = doctor.env("CXONE_CLIENT_ID", TRICKY_ID).env("CXONE_AUDIENCE", "it's \"$HOME\" \\ &");
            variables
                .iter()
                .fold(doctor.env("CXONE_SCOPES", "b:x a*~"), |doctor, (name, value)| doctor.env(name, value))
        };
        let script = doctor().args(&["--emit", form]).run().expect_code(0).stdout;
        doctor().run().expect_code(0);
        let folder = tempfile::tempdir().unwrap();
        let output = run(command(&script, folder.path()), &url);
        assert!(output.status.success(), "{variables:?}: {output:?}\n{script}");

        let requests = wire.requests();
        let [.., ours, theirs] = requests.as_slice() else { panic!("two requests") };
        assert_eq!(facts(theirs), facts(ours), "{variables:?}\n{script}");
    }
}

/// What has to be the same; the order of headers and the spelling of a form may differ.
fn facts(request: &WireRequest) -> (String, BTreeMap<&'static str, Option<String>>, BTreeMap<String, String>) {
    let header = |name| (name, request.header(name).map(str::to_owned));
    let headers = ["host", "accept", "user-agent", "authorization", "content-type"].map(header);
    (request.request_line().to_owned(), headers.into(), request.form())
}

fn run(mut command: Command, url: &str) -> Output {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("CXONE_CLIENT_SECRET", TRICKY).env("CXONE_TOKEN_URL", url);
    // Set anew: a cleared environment has lost it.
    if let Some(folder) = command.get_args().next().and_then(|script| Path::new(script).parent()).map(Path::to_owned) {
        command.env("PYTHONPATH", folder);
    }
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn the_secret_is_no_argument_of_any_program() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    for variables in METHODS {
        let doctor = variables.iter().fold(Doctor::at(&url), |doctor, (name, value)| doctor.env(name, value));
        let script = doctor.args(&["--emit", "curl"]).run().expect_code(0).stdout;
        let (before, curl) = script.split_once("curl --silent").unwrap();
        assert!(!curl.contains("CXONE_CLIENT_SECRET"), "{script}");
        // `printf` is the shell's own, and awk gets the variable's name.
        assert!(before.contains("CXONE_CLIENT_SECRET"), "{script}");
    }
    assert_eq!(wire.requests().len(), 0, "emitting sends nothing");
}

#[test]
fn the_provider_block_is_valid_and_sends_the_same_request() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    for variables in METHODS {
        let doctor = || {
            let doctor = Doctor::at(&url).env("CXONE_CLIENT_ID", TRICKY_ID).env("CXONE_SCOPES", "b%{if} a*$");
            let doctor = doctor.env("CXONE_AUDIENCE", "a\\b \"${c}\"").env("CXONE_REQUEST_TIMEOUT", "1m 5s");
            variables.iter().fold(doctor, |doctor, (name, value)| doctor.env(name, value))
        };
        let hcl = doctor().args(&["--emit", "hcl"]).run().expect_code(0).stdout;
        doctor().run().expect_code(0);
        let mut workspace = Workspace::for_any_core();
        workspace.canary("client secret", SECRET);
        workspace.write(&format!("{hcl}\ndata \"cxone_token_info\" \"this\" {{}}\n"));
        workspace.validate().expect_success();
        workspace.env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_SCOPE_DRIFT", "ignore");
        workspace.plan().expect_success();
        workspace.finish();

        let requests = wire.requests();
        let [.., ours, theirs] = requests.as_slice() else { panic!("two requests") };
        let (line, mut headers, form) = facts(theirs);
        headers.remove("user-agent");
        let (our_line, mut our_headers, our_form) = facts(ours);
        our_headers.remove("user-agent");
        assert_eq!((line, headers, form), (our_line, our_headers, our_form), "{variables:?}\n{hcl}");
    }
}

#[test]
fn what_may_be_a_secret_is_left_to_the_environment() {
    let wire = WireServer::start();
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
import base64, json, urllib.error, urllib.parse, urllib.request

class Answer:
    def __init__(self, answer):
        self.status_code, self.body = answer.status, answer.read()
    def raise_for_status(self):
        assert self.status_code < 400, self.status_code
    def json(self):
        return json.loads(self.body)

def post(url, data, headers, timeout, allow_redirects, auth=None):
    assert allow_redirects is False
    request = urllib.request.Request(url, urllib.parse.urlencode(data).encode(), headers, method="POST")
    if auth:
        pair = ":".join(auth).encode("latin1")
        request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    try:
        return Answer(urllib.request.urlopen(request, timeout=timeout))
    except urllib.error.HTTPError as error:
        return Answer(error)
"#;
