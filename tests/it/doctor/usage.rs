//! The use of the command: exit codes, streams, forms of output.

use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::run::Doctor;
use super::{SECRET, TOKEN};
use testkit::scripted_server::{Reply, ScriptedServer};

#[test]
fn wrong_usage_ends_with_2_and_says_why_on_standard_error() {
    let cases: [(&str, Doctor, &str); 6] = [
        ("no such flag", Doctor::new().args(&["--client-secret", "x"]), "--client-secret"),
        ("no such file", Doctor::new().args(&["--config", "/no/such/file"]), "cannot be read"),
        ("a folder", Doctor::new().args(&["--config", "/"]), "not a regular file"),
        ("no such form", Doctor::new().args(&["--emit", "pascal"]), "hcl, curl, python"),
        ("two forms", Doctor::new().args(&["--emit", "hcl", "--json"]), "--json"),
        ("offline tries", Doctor::new().args(&["--offline", "--try-auth-methods"]), "--offline"),
    ];
    for (name, doctor, why) in cases {
        let report = doctor.run().expect_code(2);
        assert_eq!(report.stdout, "", "{name}");
        assert!(report.stderr.starts_with("error: ") && report.stderr.contains(why), "{name}: {report}");
    }
}

#[test]
fn a_file_that_says_something_wrong_is_a_finding() {
    let cases = [
        ("not YAML", "auth: [", "is not valid YAML"),
        ("no auth", "credentials: {}", "has no key `auth`"),
        ("empty", "\n", "the file is empty"),
        ("a bad scope", "auth:\n  scope: \"cxone:api\u{200B}\"", "U+200B"),
        ("no indentation", "auth:\nclient_id: a\nclient_id: b", "repeats the key of line 2"),
    ];
    for (name, yaml, why) in cases {
        let report = Doctor::new().file("--config", "auth.yaml", yaml).run();
        if name == "empty" {
            assert_eq!((report.code, report.stderr.contains(why)), (2, true), "{report}");
            continue;
        }
        let report = report.expect_code(1);
        assert!(report.answer().starts_with("Problem: the file ") && report.answer().contains(why), "{name}: {report}");
        assert!(report.stdout.contains("  auth:\n      type: client_credentials"), "{name}: {report}");
        assert_eq!((report.result("configuration"), report.result("clock")), ("problem", "skipped"), "{name}");
    }
}

#[test]
fn the_files_type_is_the_grant_whatever_the_environment_says() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let file = |kind: &str| format!("auth:\n  type: {kind}\n  client_id: a\n  client_secret: {SECRET}\n");
    let doctor = |kind: &str| Doctor::at(&url).file("--config", "auth.yaml", &file(kind));

    doctor("client_credentials").env("CXONE_GRANT_TYPE", "password").run().expect_code(0);
    assert_eq!(wire.requests()[0].form()["grant_type"], "client_credentials");

    let key = [("CXONE_ACCESS_KEY_ID", "KEY"), ("CXONE_ACCESS_KEY_SECRET", SECRET)];
    let password = key.iter().fold(doctor("password"), |doctor, (name, value)| doctor.env(name, value));
    password.run().expect_code(0);
    assert_eq!(wire.requests()[1].form()["grant_type"], "password");

    let lacking = doctor("password").run().expect_code(1);
    assert_eq!(lacking.answer(), "Problem: Missing CXone credentials: `access_key_id` and `access_key_secret`.");
    let unknown = doctor("implicit").run().expect_code(1);
    assert_eq!(unknown.answer(), "Problem: Invalid value for `grant_type`.");
    assert!(unknown.stdout.contains("`type` in the file"), "{unknown}");
    assert_eq!(wire.requests().len(), 2);
}

#[test]
fn nothing_set_is_told_in_one_sentence() {
    let report = Doctor::new().run().expect_code(1);
    assert_eq!(report.answer(), "Problem: Missing CXone credentials: `client_id` and `client_secret`.");
    assert!(report.stdout.contains("CXONE_CLIENT_SECRET"), "{report}");
}

#[test]
fn hidden_characters_are_found_in_flags_files_and_the_environment() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let hidden = format!("{SECRET}\u{200B}");
    let yaml = format!("auth:\n  client_id: \"a\u{A0}\"\n  client_secret: \"{hidden}\"\n");
    let cases = [
        (
            "flags",
            Doctor::at(&url).args(&[
                "--client-id",
                "a\u{A0}",
                "--audience",
                "\u{201C}x\u{201D}",
                "--scopes",
                "a\u{AD}",
            ]),
            vec!["the flag --client-id", "U+00A0", "the flag --audience", "U+201C", "the flag --scopes", "U+00AD"],
        ),
        (
            "a flag's file",
            Doctor::at(&url).file("--client-secret-file", "secret", &hidden),
            vec!["(flag --client-secret-file)", "the last character is U+200B ZERO WIDTH SPACE"],
        ),
        (
            "the auth file",
            Doctor::at(&url).file("--config", "auth.yaml", &yaml),
            vec!["`client_id` in the file", "U+00A0", "`client_secret` in the file", "U+200B"],
        ),
        (
            "the environment",
            Doctor::at(&url).env("CXONE_CLIENT_SECRET", &hidden),
            vec!["CXONE_CLIENT_SECRET", "U+200B"],
        ),
    ];
    for (name, doctor, facts) in cases {
        let report = doctor.run().expect_code(1);
        assert_eq!(report.result("characters"), "problem", "{name}: {report}");
        assert!(report.answer().contains("has a character that cannot be right"), "{name}: {report}");
        let shown = report.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for fact in facts {
            assert!(shown.contains(fact), "{name}: {fact:?} is missing: {report}");
        }
    }
    assert_eq!(wire.requests().len(), 0, "sent although certainly wrong");
}

#[test]
fn the_environment_can_name_the_auth_file() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.yaml");
    let doctor = || Doctor::at("https://unused.invalid/").env("CXONE_AUTH_FILE", path.to_str().unwrap());
    let yaml = format!("auth:\n  endpoint: {url}\n  client_id: of-the-file\n  client_secret: {SECRET}\n");
    std::fs::write(&path, &yaml).unwrap();
    doctor().run().expect_code(0);
    doctor().args(&["--client-id", "of-the-flag"]).run().expect_code(0);
    let pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    assert_eq!(pairs, ["of-the-file", "of-the-flag"].map(|id| format!("{id}:{SECRET}")));

    std::fs::write(&path, yaml.replace(SECRET, "")).unwrap();
    let report = doctor().run().expect_code(1);
    assert_eq!(report.answer(), "Problem: The auth: file is not usable.");
    assert!(report.stdout.contains("CXONE_AUTH_FILE"), "{report}");
    assert!(report.stdout.contains("`client_secret` in line 4 has no value"), "{report}");
}

#[cfg(unix)]
#[test]
fn a_secret_comes_through_a_pipe() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let script = format!(
        "exec {} doctor --client-secret-file <(printf '%s\\n' '{SECRET}')",
        env!("CARGO_BIN_EXE_terraform-provider-cxone")
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("CXONE_TOKEN_URL", &url).env("CXONE_CLIENT_ID", "doctor-client").stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(!text.contains(SECRET));
    assert_eq!(wire.requests()[0].basic(), Some(format!("doctor-client:{SECRET}")));
}

#[test]
fn offline_sends_nothing_and_still_examines() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let clean = Doctor::at(&url).args(&["--offline"]).run().expect_code(0);
    assert_eq!(clean.answer(), "The settings have no known mistake. Nothing was sent.");
    assert!(clean.stdout.contains("POST /token HTTP/1.1"), "{clean}");
    let unread = Doctor::at(&url).env("CXONE_SCOPE_DRFIT", "error").args(&["--offline"]).run().expect_code(3);
    assert!(unread.answer().contains("CXONE_SCOPE_DRFIT is not read"), "{unread}");
    assert!(unread.stdout.contains("Did you mean CXONE_SCOPE_DRIFT?"), "{unread}");
    let likely = Doctor::at(&url).env("CXONE_CLIENT_ID", "changeme").args(&["--offline"]).run().expect_code(3);
    assert_eq!(likely.answer(), "Likely wrong: client_id is still a placeholder. Nothing was sent.");
    let likely =
        Doctor::at(&url).env("CXONE_CLIENT_ID", "changeme").args(&["--offline", "--json"]).run().expect_code(3);
    assert_eq!((&likely.json()["healthy"], &likely.json()["suspicious"]), (&false.into(), &true.into()), "{likely}");
    let certain = Doctor::at(&url).env("CXONE_CLIENT_ID", "${ID}").args(&["--offline"]).run().expect_code(1);
    assert_eq!(certain.answer(), "Problem: client_id holds a reference that was not replaced by its value.");
    assert_eq!(wire.requests().len(), 0);
    // An accepted exchange settles the suspicion.
    Doctor::at(&url).env("CXONE_CLIENT_ID", "changeme").run().expect_code(0);
}

#[test]
fn flags_come_before_the_file_and_the_file_before_the_environment() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let other = "Zc8Hm3Vt-canary-other-secret-5Qy1Rd9Wk";
    let yaml = format!("auth:\n  endpoint: {url}\n  client_id: of-the-file\n  client_secret: {SECRET}\n");
    let environment = || {
        let doctor = Doctor::at("https://unused.invalid/").canary(other).env("CXONE_CLIENT_SECRET", other);
        doctor.file("--config", "auth.yaml", &yaml)
    };
    environment().run().expect_code(0);
    environment()
        .args(&["--client-id", "of-the-flag"])
        .file("--client-secret-file", "secret", other)
        .run()
        .expect_code(0);
    let pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    assert_eq!(pairs, [format!("of-the-file:{SECRET}"), format!("of-the-flag:{other}")]);
}

#[test]
fn a_token_that_was_handed_over_is_examined_without_a_request() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let doctor = Doctor::new().env("CXONE_TOKEN_URL", &url).env("CXONE_ACCESS_TOKEN", TOKEN);
    let report = doctor.run().expect_code(0);
    assert_eq!(report.answer(), "Healthy: these settings give a token.");
    assert_eq!((report.result("oauth"), report.result("token")), ("skipped", "ok"));
    assert_eq!(wire.requests().len(), 0);
}

#[test]
fn the_json_has_a_fixed_shape() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::oauth_error(401, "invalid_client", "")]);
    let report = Doctor::at(&url).args(&["--json"]).run().expect_code(1);
    let json = report.json();
    let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["answer", "class", "equivalents", "healthy", "request", "steps", "suspicious"]);
    for step in json["steps"].as_array().unwrap() {
        let mut names: Vec<_> = step.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["detail", "name", "result", "summary"]);
    }
    for form in ["hcl", "curl", "python"] {
        let emitted = Doctor::at(&url).args(&["--emit", form]).run().expect_code(0);
        assert_eq!(json["equivalents"][form], emitted.stdout);
    }
    let unusable = Doctor::new().args(&["--json"]).run().expect_code(1).json();
    assert!(unusable["request"].is_null() && unusable["equivalents"].is_null() && unusable["class"].is_null());
}

#[test]
fn a_pipe_gets_no_colours() {
    let report = Doctor::new().env("TERM", "xterm-256color").run().expect_code(1);
    assert!(!report.stdout.contains('\u{1b}') && !report.stderr.contains('\u{1b}'));
}

#[test]
fn a_terminal_gets_colours_unless_they_are_unwanted() {
    let cases =
        [(&[][..], true), (&[("NO_COLOR", "1")], false), (&[("NO_COLOR", "")], true), (&[("TERM", "dumb")], false)];
    for (variables, coloured) in cases {
        let shown = on_a_terminal(variables);
        assert!(shown.contains("Missing CXone credentials"), "{shown}");
        assert_eq!(shown.contains('\u{1b}'), coloured, "{variables:?}: {shown:?}");
    }
}

/// What the command shows on a terminal.
fn on_a_terminal(variables: &[(&str, &str)]) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"));
    command.arg("doctor").env_clear().env("TERM", "xterm").envs(variables.iter().copied());
    let mut child = command.stdin(Stdio::null()).stdout(theirs).stderr(Stdio::null()).spawn().unwrap();
    drop(command);
    let mut bytes = Vec::new();
    // Linux returns an error here after the other side was closed.
    _ = std::fs::File::from(ours).read_to_end(&mut bytes);
    child.wait().unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-cxone"));
    command.arg("doctor").env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), ""));
}
