//! `--emit`: each form sends the provider's own request.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run::Doctor;
use super::{SECRET, TOKEN};
use testkit::canary::{Canary, Scanner};
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, Request, ScriptedServer};
use testkit::workspace::Workspace;

/// With characters that shells, forms, Basic headers and Python treat in ways of their own.
const TRICKY: &str = "Vd6Ks1Yp $canary'doctor\"tricky\\%~*/+:&=9Hw3Jc7Xn";

/// An id with its own share of them; still fit to be shown.
const TRICKY_ID: &str = "App $Name's \"x\"@Vendor";

/// As real access keys end, and with what JSON and shells treat in ways of their own.
const KEY_ID: &str = "KEYID 7Qx\"4Rm2====";
const KEY_SECRET: &str = "Wd8Np3Zt-canary'key\\\"$secret&%\u{e9}\u{6f22}6Hj2Bv====";

/// Secrets that are hard to hand on, each for a reason of its own.
const NASTY: [(&str, &str); 9] = [
    ("quotes", "Vd6Ks1Yp'canary\"nasty'\"9Hw3Jc7Xn\""),
    ("backslashes", "\\Vd6Ks1Yp\\\\canary\\n\\\"nasty9Hw3Jc7Xn\\"),
    ("spaces", "Vd6Ks1Yp canary  nasty 9Hw3Jc7Xn"),
    ("what a shell expands", "$Vd6Ks1Yp`canary`$(nasty)${9Hw3}*?[Jc7Xn]~!"),
    ("what printf and addresses read", "%Vd6Ks1Yp%s%20canary%%nasty+9Hw3#Jc7Xn%"),
    ("what forms and headers separate by", "Vd6Ks1Yp&canary=nasty;9Hw3,Jc7Xn:Qr5@"),
    ("what other languages read", "{Vd6Ks1Yp}#{canary}%{nasty}<9Hw3>|Jc7Xn^"),
    ("other scripts", "Vd6Ks1Yp\u{e9}\u{6f22}\u{1f511}canary\u{20ac}9Hw3Jc7Xn\u{df}"),
    ("a beginning like a flag or a file", "@-Vd6Ks1Yp-canary-nasty-9Hw3Jc7Xn"),
];

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
        // Indented, and with escaped slashes, as some servers write it.
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

    /// The facts of the last exchange.
    #[track_caller]
    fn exchange(&self) -> Facts {
        let requests = self.wire.requests();
        Facts::of(requests.iter().rev().find(|request| request.request_line().starts_with("POST")).unwrap())
    }
}

/// A folder with a script, and the program that runs it.
struct Script {
    folder: TempDir,
    shell: &'static str,
}

impl Script {
    /// The form `form`, to be run by `shell`.
    fn new(shell: &'static str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("script"), text).unwrap();
        fs::write(folder.path().join("requests.py"), REQUESTS).unwrap();
        Self { folder, shell }
    }

    /// Runs it with these variables and nothing else of this process but `PATH`.
    fn run(&self, variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(self.shell);
        command.arg(self.folder.path().join("script")).current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("PYTHONPATH", self.folder.path());
        command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
    }
}

/// The forms that are programs, each with what runs it; only those that can be run here.
fn programs() -> Vec<(&'static str, &'static str)> {
    let known = [("curl", "sh"), ("curl", "bash"), ("python", "python3")];
    let runs = |(form, shell): &(&str, &str)| is_installed(shell) && (*form != "curl" || is_installed("curl"));
    known.into_iter().filter(runs).collect()
}

/// Whether `sh` is there goes without `--version`, which some shells do not know.
fn is_installed(program: &str) -> bool {
    program == "sh" || super::is_installed(program)
}

const HELD: [(&str, &str); 3] =
    [("CXONE_CLIENT_SECRET", TRICKY), ("CXONE_ACCESS_KEY_ID", KEY_ID), ("CXONE_ACCESS_KEY_SECRET", KEY_SECRET)];

#[test]
fn each_program_sends_the_same_request() {
    let service = Service::start();
    for (form, shell) in programs() {
        for way in WAYS {
            let doctor = || {
                let doctor = service.doctor(way);
                match way.contains(&("CXONE_GRANT_TYPE", "access_key")) {
                    true => doctor,
                    false => doctor.env("CXONE_AUDIENCE", "it's \"$HOME\" \\ &").env("CXONE_SCOPES", "b:x a*~"),
                }
            };
            let text = doctor().args(&["--emit", form]).run().expect_code(0).stdout;
            doctor().run().expect_code(0);
            let ours = service.exchange();
            let before = service.wire.requests().len();
            let output = Script::new(shell, &text).run(&HELD);
            assert!(output.status.success(), "{way:?}: {output:?}\n{text}");
            assert_eq!(service.wire.requests().len(), before + 1, "{form} {way:?}: the issuer is not asked again");
            assert_eq!(service.exchange(), ours, "{way:?}\n{text}");
        }
    }
}

/// What has to be the same; the order of headers and the spelling of a form or of JSON may differ.
#[derive(Debug, PartialEq)]
struct Facts {
    line: String,
    headers: BTreeMap<&'static str, Option<String>>,
    basic: Option<String>,
    form: BTreeMap<String, String>,
    json: Option<Value>,
}

impl Facts {
    fn of(request: &Request) -> Self {
        let header = |name| (name, request.header(name).map(str::to_owned));
        let headers = ["host", "accept", "user-agent", "content-type"].map(header).into();
        // Percent-encoding has two spellings of each byte. No raw pair here contains any.
        let basic = request.basic().map(|pair| percent_decode_str(&pair).decode_utf8().unwrap().into_owned());
        let json = serde_json::from_str(request.body()).ok();
        let form = if json.is_some() { BTreeMap::new() } else { request.form() };
        Self { line: request.request_line().to_owned(), headers, basic, form, json }
    }
}

#[test]
fn each_program_gets_a_token_with_a_secret_that_is_hard_to_hand_on() {
    let methods = [
        ("raw", &[("CXONE_BASIC_AUTH_ENCODING", "raw")]),
        ("rfc6749", &[("CXONE_BASIC_AUTH_ENCODING", "rfc6749")]),
        ("post", &[("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post")]),
    ];
    let client = |(method, _): (&str, _), name: &str, secret: &str| {
        let authentication = if method == "post" { "client_secret_post" } else { "client_secret_basic" };
        let encoding = if method == "rfc6749" { "rfc6749" } else { "raw" };
        json!({
            "client_id": format!("{method} of {name}"), "client_secret": secret, "authentication": authentication,
            "basic_encoding": encoding, "scopes": ["cxone:api"],
        })
    };
    let clients: Vec<_> =
        NASTY.iter().flat_map(|(name, secret)| methods.map(|method| client(method, name, secret))).collect();
    let key = |(name, secret)| json!({ "access_key_id": format!("{name}===="), "access_key_secret": secret });
    let keys = NASTY.map(key);
    let sandbox = Sandbox::start_with(&json!({ "clients": clients, "access_keys": keys }));
    for (name, secret) in NASTY {
        let key = format!("{name}====");
        let key = [("CXONE_ACCESS_KEY_ID", key.as_str()), ("CXONE_ACCESS_KEY_SECRET", secret)];
        for (form, shell) in programs() {
            for (method, settings) in methods {
                let id = format!("{method} of {name}");
                let client = [("CXONE_CLIENT_ID", id.as_str()), ("CXONE_CLIENT_SECRET", secret)];
                let grant = [("CXONE_TOKEN_URL", sandbox.token_url()), ("CXONE_GRANT_TYPE", "password")];
                let variables = [&client[..], &key, &grant, settings].concat();
                expect_token(form, shell, secret, &variables);
            }
            let grant = [("CXONE_TOKEN_URL", &*sandbox.access_key_url()), ("CXONE_GRANT_TYPE", "access_key")];
            expect_token(form, shell, secret, &[&key[..], &grant].concat());
        }
    }
}

#[track_caller]
fn expect_token(form: &str, shell: &'static str, secret: &str, variables: &[(&'static str, &str)]) {
    // doctor rejects client secrets outside of ASCII, and their form is the same for all of them.
    let sound = |(name, value): &(&'static str, &str)| match *name {
        "CXONE_CLIENT_SECRET" => (*name, SECRET.to_owned()),
        name => (name, (*value).to_owned()),
    };
    let doctor = Doctor::new().canary(secret);
    let doctor = variables.iter().map(sound).fold(doctor, |doctor, (name, value)| doctor.env(name, &value));
    let text = doctor.args(&["--emit", form]).run().expect_code(0).stdout;
    let output = Script::new(shell, &text).run(variables);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let accepted = stdout.contains("access_token") && stdout.contains("200");
    assert!(output.status.success() && accepted, "{shell} {variables:?}: {output:?}\n{text}");
}

#[test]
fn the_provider_block_gets_a_token_with_a_secret_in_a_file() {
    let secret = "Vd6Ks1Yp 'canary\"\\$nasty%{if}${x}9Hw3Jc7Xn";
    let sandbox = Sandbox::start(&[json!({ "client_id": "in a file", "client_secret": secret })]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", secret);
    let path = workspace.secret_file("secret", secret);
    let doctor = Doctor::new().canary(secret).env("CXONE_TOKEN_URL", sandbox.token_url());
    let hcl = doctor.args(&["--client-id", "in a file", "--client-secret-file", &path, "--emit", "hcl"]).run();
    workspace.write(&format!("{}\ndata \"cxone_token_info\" \"this\" {{}}\n", hcl.expect_code(0).stdout));
    workspace.plan().expect_success();
    assert_eq!(sandbox.exchanges(), 1);
    workspace.finish();
}

#[test]
fn a_secret_is_read_from_the_file_that_holds_it() {
    let service = Service::start();
    for (form, shell) in programs() {
        for (name, ending) in [("no newline", ""), ("newline", "\n"), ("newline of Windows", "\r\n")] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("it's a secret");
            fs::write(&path, format!("{TRICKY}{ending}")).unwrap();
            let path = path.to_str().unwrap();
            for (variable, flag) in [(true, false), (false, true)] {
                let doctor = service.doctor(&[]).env("CXONE_CLIENT_SECRET", "");
                let doctor = if variable { doctor.env("CXONE_CLIENT_SECRET_FILE", path) } else { doctor };
                let doctor = if flag { doctor.args(&["--client-secret-file", path]) } else { doctor };
                let text = doctor.args(&["--emit", form]).run().expect_code(0).stdout;
                let script = Script::new(shell, &text);
                let output = script.run(&[]);
                assert!(output.status.success(), "{name}: {output:?}\n{text}");
                assert_eq!(service.exchange().basic, Some(format!("{TRICKY_ID}:{TRICKY}")), "{form} {name}");

                let before = service.wire.requests().len();
                fs::write(path, ending).unwrap();
                let empty = script.run(&[]);
                assert!(!empty.status.success(), "{form} {name}: {empty:?}");
                assert!(String::from_utf8_lossy(&empty.stderr).contains("file is empty"), "{form} {name}: {empty:?}");
                assert_eq!(service.wire.requests().len(), before, "{form} {name}: an empty secret was sent");
                fs::write(path, format!("{TRICKY}{ending}")).unwrap();
            }
        }
    }
}

#[test]
fn an_empty_secret_is_never_sent() {
    let service = Service::start();
    for (form, shell) in programs() {
        for way in WAYS {
            let text = service.doctor(way).args(&["--emit", form]).run().expect_code(0).stdout;
            let held: Vec<_> = HELD.into_iter().filter(|(name, _)| text.contains(name)).collect();
            assert!(!held.is_empty(), "{text}");
            let before = service.wire.requests().len();
            for (missing, _) in &held {
                for replacement in [None, Some((*missing, ""))] {
                    let others = held.iter().copied().filter(|(name, _)| name != missing).chain(replacement);
                    let output = Script::new(shell, &text).run(&others.collect::<Vec<_>>());
                    assert!(!output.status.success(), "{missing}: {output:?}\n{text}");
                    assert!(String::from_utf8_lossy(&output.stderr).contains(missing), "{missing}: {output:?}");
                }
            }
            assert_eq!(service.wire.requests().len(), before, "{form} {way:?}");
        }
    }
}

/// There `:?` ends the line and not the shell, which goes on with the next one.
#[test]
fn a_command_that_is_pasted_into_a_shell_sends_no_empty_secret_either() {
    if !is_installed("bash") || !is_installed("curl") {
        return;
    }
    let service = Service::start();
    let text = service.doctor(&[]).args(&["--emit", "curl"]).run().expect_code(0).stdout;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pasted");
    fs::write(&path, format!("{text}echo went on\n")).unwrap();
    let mut command = Command::new("bash");
    command.args(["--norc", "--noprofile", "-i"]).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.stdin(fs::File::open(path).unwrap()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("went on"), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("CXONE_CLIENT_SECRET"), "{output:?}");
    assert_eq!(service.wire.requests().len(), 0);
}

#[test]
fn no_secret_is_an_argument_of_any_program() {
    if !is_installed("curl") {
        return;
    }
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("arguments");
    // The programs that the command starts, each behind a script that records its arguments.
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in ["curl", "cat", "printf"] {
        let real = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file()).unwrap();
        spy(&folder.path().join(program), &real, &log);
    }
    let spied: Vec<PathBuf> = [folder.path().to_owned()].into_iter().chain(std::env::split_paths(&path)).collect();
    let spied = std::env::join_paths(spied).unwrap();
    let canaries = [Canary::new("client secret", TRICKY), Canary::new("access key", KEY_SECRET)];
    for way in WAYS {
        let text = service.doctor(way).args(&["--emit", "curl"]).run().expect_code(0).stdout;
        let output = Script::new("sh", &text).run(&[&HELD[..], &[("PATH", spied.to_str().unwrap())]].concat());
        assert!(output.status.success(), "{output:?}\n{text}");
        for word in ["awk", "sed "] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    let arguments = fs::read_to_string(&log).unwrap();
    assert!(arguments.contains("--data-urlencode"), "{arguments}");
    assert_eq!(Scanner::new(&canaries).scan(arguments.as_bytes()), [], "{arguments}");
}

/// A script at `path` that writes its arguments to `log` and goes on as `real`.
fn spy(path: &Path, real: &Path, log: &Path) {
    fs::write(
        path,
        format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\nexec '{}' \"$@\"\n", log.display(), real.display()),
    )
    .unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_endpoint_is_the_one_that_the_doctor_found() {
    let service = Service::start();
    let issuer = &[("CXONE_ISSUER", "")];
    for form in ["curl", "python"] {
        let before = service.wire.requests().len();
        let found = service.doctor(issuer).args(&["--emit", form]).run().expect_code(0).stdout;
        assert!(found.contains(&service.token_url) && !found.contains(&service.issuer), "{found}");
        let requests = &service.wire.requests()[before..];
        assert!(requests.len() == 1 && requests[0].request_line().starts_with("GET "), "{requests:?}");
        // The whole check-up finds the same one.
        let report = service.doctor(issuer).args(&["--json"]).run().expect_code(0).json();
        assert_eq!(report["equivalents"][form], found);

        let before = service.wire.requests().len();
        let offline = service.doctor(issuer).args(&["--emit", form, "--offline"]).run().expect_code(0).stdout;
        let remark = format!("# Set CXONE_TOKEN_URL to the token endpoint that {} names.\n", service.issuer);
        assert!(offline.contains(&remark) && !offline.contains(&service.token_url), "{offline}");
        assert_eq!(service.wire.requests().len(), before, "offline sends nothing");
    }
    for (form, shell) in programs() {
        let text = service.doctor(issuer).args(&["--emit", form, "--offline"]).run().expect_code(0).stdout;
        let script = Script::new(shell, &text);
        let before = service.wire.requests().len();
        let unset = script.run(&HELD);
        assert!(String::from_utf8_lossy(&unset.stderr).contains("CXONE_TOKEN_URL"), "{unset:?}");
        assert_eq!(service.wire.requests().len(), before, "{form}");
        let set = script.run(&[&HELD[..], &[("CXONE_TOKEN_URL", &service.token_url)]].concat());
        assert!(set.status.success(), "{set:?}");
        assert_eq!(service.exchange().form["grant_type"], "client_credentials");
    }
}

#[test]
fn a_token_endpoint_on_another_domain_gets_nothing() {
    let service = Service::start();
    let foreign = service.token_url.replace("127.0.0.1", "localhost");
    let document = json!({ "issuer": service.issuer, "token_endpoint": foreign });
    service.wire.route("/issuer/.well-known/openid-configuration", [Reply::json(200, &document)]);
    for form in ["curl", "python"] {
        let report = service.doctor(&[("CXONE_ISSUER", "")]).args(&["--emit", form]).run().expect_code(1);
        assert_eq!(report.stdout, "", "{form}");
        assert!(report.stderr.starts_with("Problem: ") && report.stderr.contains("another domain"), "{form}: {report}");
    }
    // A provider block asks the issuer itself.
    let hcl = service.doctor(&[("CXONE_ISSUER", "")]).args(&["--emit", "hcl"]).run().expect_code(0).stdout;
    assert!(hcl.contains(&service.issuer) && !hcl.contains(&foreign), "{hcl}");
    assert_eq!(service.wire.requests_for("/token").len(), 0);
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
        let mut ours = service.exchange();
        let mut workspace = Workspace::for_any_core();
        workspace.canary("client secret", TRICKY);
        workspace.canary("access key", KEY_SECRET);
        workspace.write(&format!("{hcl}\ndata \"cxone_token_info\" \"this\" {{}}\n"));
        workspace.validate().expect_success();
        if hcl.contains("CXONE_CLIENT_SECRET") {
            workspace.env("CXONE_CLIENT_SECRET", TRICKY);
        }
        if hcl.contains("CXONE_ACCESS_KEY_ID") {
            workspace.env("CXONE_ACCESS_KEY_ID", KEY_ID).env("CXONE_ACCESS_KEY_SECRET", KEY_SECRET);
        }
        workspace.env("CXONE_SCOPE_DRIFT", "ignore");
        let before = service.wire.requests().len();
        workspace.plan().expect_success();
        workspace.finish();

        assert!(service.wire.requests().len() > before, "{way:?}");
        let mut theirs = service.exchange();
        // Only one of them contains Terraform and its version.
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
    let variables = [("CXONE_TOKEN_URL", url.as_str()), ("CXONE_CLIENT_ID", swapped), ("CXONE_CLIENT_SECRET", SECRET)];
    for (form, shell) in programs() {
        let doctor = Doctor::at(&url).canary(swapped).env("CXONE_CLIENT_ID", swapped);
        let text = doctor.args(&["--emit", form]).run().expect_code(0).stdout;
        let output = Script::new(shell, &text).run(&variables);
        assert!(output.status.success(), "{output:?}\n{text}");
        let sent = wire.requests().last().unwrap().basic();
        assert_eq!(sent, Some(format!("{swapped}:{SECRET}")), "{form}");
    }
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
        pair = b":".join(part if isinstance(part, bytes) else part.encode("latin1") for part in auth)
        request.add_header("Authorization", "Basic " + base64.b64encode(pair).decode())
    return send(request, timeout)

def send(request, timeout):
    try:
        return Answer(urllib.request.urlopen(request, timeout=timeout))
    except urllib.error.HTTPError as error:
        return Answer(error)
"#;
