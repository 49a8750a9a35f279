//! The guide "From a Python script to Terraform": its examples do what it says.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::run::Doctor;
use super::{SECRET, is_installed};
use testkit::core::Core;
use testkit::sandbox::Sandbox;
use testkit::skip;
use testkit::workspace::Workspace;

const GUIDE: &str = include_str!("../../../docs/guides/from-python.md");

/// The address in the guide's YAML.
const ADDRESS: &str = "https://api.nicecxone.com/oauth/token";

/// The code blocks of a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

fn sandbox() -> Sandbox {
    Sandbox::start(&[json!({ "client_id": "guided", "client_secret": SECRET, "scopes": ["cxone:api"] })])
}

/// The guide's YAML for the client of `sandbox`.
fn yaml(sandbox: &Sandbox) -> String {
    blocks("yaml")[0].replace(ADDRESS, sandbox.token_url()).replace("abc-123", "guided").replace("xyz-789", SECRET)
}

#[test]
fn the_first_script_is_refused_and_the_second_gets_a_token() {
    if !is_installed("python3") {
        return;
    }
    let sandbox = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("auth.yaml", &yaml(&sandbox));
    write("requests.py", REQUESTS);
    write("yaml.py", YAML);
    let scripts = blocks("python");
    assert_eq!(scripts.len(), 2);
    for (script, works) in scripts.iter().zip([false, true]) {
        write("script.py", script);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut command = Command::new("python3");
        command.arg("script.py").current_dir(folder.path()).env_clear().env("PATH", path);
        let output = command.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!((output.status.success(), printed.contains("got a token")), (works, works), "{output:?}\n{script}");
    }
}

#[test]
fn the_commands_print_what_the_guide_shows() {
    let commands: Vec<_> = blocks("sh")
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("terraform-provider-cxone doctor "))
        .collect();
    assert_eq!(commands.len(), 5);
    for command in commands.iter().map(|line| line.split('#').next().unwrap_or_default()) {
        let words: Vec<_> =
            command.split_whitespace().filter(|word| !word.ends_with("auth.yaml") && *word != "--auth-file").collect();
        // The guide's address is a real one, so nothing may be sent there.
        let doctor = Doctor::new().args(&words).file("--auth-file", "auth.yaml", blocks("yaml")[0]);
        let report = if words.is_empty() { doctor.args(&["--offline"]).run() } else { doctor.run() };
        let report = report.expect_code(if words.contains(&"--emit") { 0 } else { 3 });
        match words.as_slice() {
            ["--emit", "hcl"] => assert_eq!(report.stdout, blocks("hcl")[0]),
            ["--emit", form] => assert!(report.stdout.contains(ADDRESS), "{form}: {report}"),
            _ => assert_eq!(report.answer(), blocks("text")[0].trim_end()),
        }
    }
}

#[test]
fn every_way_to_write_the_provider_block_gets_a_token() {
    testkit::needs!(ephemerals);
    let sandbox = sandbox();
    let information = blocks("hcl").into_iter().find(|block| block.contains("cxone_token_info")).unwrap();
    let providers: Vec<_> = blocks("hcl").into_iter().filter(|block| block.contains("provider \"cxone\"")).collect();
    assert_eq!(providers.len(), 4);
    for provider in providers {
        if provider.contains("provider::cxone::") && !Core::find().has_functions_for_their_provider() {
            skip::part("a function configures its own provider");
            continue;
        }
        let mut workspace = Workspace::new();
        workspace.secret_file("unused", SECRET);
        workspace.write_file("auth.yaml", &yaml(&sandbox));
        if provider.contains("CXONE_CLIENT_SECRET") {
            workspace.env("CXONE_CLIENT_SECRET", SECRET);
        }
        let provider = provider.replace(ADDRESS, sandbox.token_url()).replace("abc-123", "guided");
        workspace.write(&format!("{provider}\n{information}\nephemeral \"cxone_access_token\" \"api\" {{}}\n"));
        let before = sandbox.exchanges();

        workspace.validate().expect_success();
        assert_eq!(sandbox.exchanges(), before, "{provider}");
        let plan = workspace.plan().expect_success();
        assert_eq!(plan.warnings().count(), 0, "{plan}");
        assert_eq!(sandbox.exchanges(), before + 1, "{provider}");
        workspace.finish();
    }
}

/// As much of the two libraries as the scripts use, over the standard library.
const REQUESTS: &str = r#"
import base64, json as encoder, urllib.error, urllib.parse, urllib.request

class Answer:
    def __init__(self, status):
        self.status = status
    def raise_for_status(self):
        if self.status >= 400:
            raise SystemExit(f"HTTP {self.status}")

def post(url, data=None, json=None, auth=None):
    body, kind = urllib.parse.urlencode(data or {}).encode(), "application/x-www-form-urlencoded"
    if json is not None:
        body, kind = encoder.dumps(json).encode(), "application/json"
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method="POST")
    if auth:
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(auth).encode()).decode())
    try:
        return Answer(urllib.request.urlopen(request, timeout=10).status)
    except urllib.error.HTTPError as error:
        return Answer(error.code)
"#;

const YAML: &str = r#"
def safe_load(stream):
    lines = [line.strip().split(": ", 1) for line in stream if line.startswith("  ")]
    return {"auth": {name: value.strip('"') for name, value in lines}}
"#;
