//! The sources of credentials, and their precedence.

use std::fs;
#[cfg(unix)]
use std::io::Write as _;
#[cfg(unix)]
use std::thread;

use super::{SECRET, TOKEN, used_alias};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

const IN_BLOCK: &str = "Ab3Cd9Ef-canary-in-block-5Gh2Jk7Lm";
const IN_FILE: &str = "Np4Qr8St-canary-in-file-6Uv1Wx3Yz";
const IN_ENVIRONMENT: &str = "Bd5Fh7Jl-canary-in-environment-9Np2Rt4Vx";
const IN_ENVIRONMENT_FILE: &str = "Zy8Xw6Vu-canary-in-environment-file-1Ts3Rq5Po";

#[test]
fn block_beats_file_beats_environment_beats_environment_file() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("access token", TOKEN);
    workspace.canary("secret in the block", IN_BLOCK);
    workspace.canary("secret in the environment", IN_ENVIRONMENT);
    let file = workspace.secret_file("secret-file", IN_FILE);
    let environment_file = workspace.secret_file("environment-secret-file", IN_ENVIRONMENT_FILE);
    workspace.env("CXONE_TOKEN_URL", url);
    workspace.env("CXONE_CLIENT_SECRET", IN_ENVIRONMENT);
    workspace.write(
        &[
            used_alias("block", &format!("client_id = \"block\"\nclient_secret = \"{IN_BLOCK}\"")),
            used_alias("file", &format!("client_id = \"file\"\nclient_secret_file = \"{file}\"")),
            used_alias("environment", "client_id = \"environment\""),
            used_alias("empty", "client_id = \"empty\"\nclient_secret = \"\"\nclient_secret_file = \"\""),
        ]
        .concat(),
    );

    workspace.plan().expect_success();
    // An empty variable counts as unset.
    workspace.env("CXONE_CLIENT_SECRET", "");
    workspace.env("CXONE_CLIENT_SECRET_FILE", environment_file);
    workspace.write(&used_alias("environment_file", "client_id = \"environment_file\""));
    workspace.plan().expect_success();

    let mut pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    pairs.sort();
    let expected = [
        format!("block:{IN_BLOCK}"),
        format!("empty:{IN_ENVIRONMENT}"),
        format!("environment:{IN_ENVIRONMENT}"),
        format!("environment_file:{IN_ENVIRONMENT_FILE}"),
        format!("file:{IN_FILE}"),
    ];
    assert_eq!(pairs, expected);
    workspace.finish();
}

#[test]
fn missing_and_contradictory_credentials_are_named_with_their_sources() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    let file = workspace.secret_file("secret-file", IN_FILE);
    let twin = workspace.secret_file("twin-file", IN_BLOCK);
    workspace.env("CXONE_TOKEN_URL", url);
    workspace.write(
        &[
            used_alias("no_id", &format!("client_secret = \"{IN_BLOCK}\"")),
            used_alias("no_secret", "client_id = \"reader\""),
            used_alias(
                "disagree",
                &format!("client_id = \"a\"\nclient_secret = \"{IN_BLOCK}\"\nclient_secret_file = \"{file}\""),
            ),
            used_alias(
                "agree",
                &format!("client_id = \"agree\"\nclient_secret = \"{IN_BLOCK}\"\nclient_secret_file = \"{twin}\""),
            ),
            used_alias("no_file", "client_id = \"a\"\nclient_secret_file = \"/no/such/file\""),
        ]
        .concat(),
    );

    let plan = workspace.plan().expect_failure();

    plan.error_at(".no_id").expect_facts(&["client_id", "CXONE_CLIENT_ID"]);
    plan.error_at(".no_secret").expect_facts(&["client_secret", "client_secret_file", "CXONE_CLIENT_SECRET"]);
    plan.error_at(".disagree").expect_facts(&["`client_secret` in the provider block", "secret-file"]);
    plan.error_at(".no_file").expect_facts(&["/no/such/file", "client_secret_file"]);
    assert_eq!(plan.errors().count(), 4, "{plan}");
    let asked = wire.requests().iter().filter_map(|request| request.basic()).collect::<Vec<_>>();
    assert!(asked.iter().all(|pair| *pair == format!("agree:{IN_BLOCK}")), "{asked:?}");
    workspace.finish();
}

/// An id, a secret, and whether the id is shown when CXone rejects them.
const PAIRS: [(&str, &str, bool); 8] = [
    ("staging-client", "staging-secret-Qx7Vd2Lm8Rk4Tz9W", true),
    ("0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11", "pQ7rXn2WvKc9Zt4LmYb6Hs8Dg3Jf5Ta1RuEoVxNi0Bk", true),
    ("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "Wd7rXn2QvKc9Zt4LmYb6Hs8Dg3Jf5Ta1RuEoVxNi0Bk", true),
    // Swapped.
    ("Jt7rXn2QvKc9Zt4LmYb6Hs8Dg3Jf5Ta1RuEoVxNi0Bk", "1d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11", false),
    ("Mv7rXn2QvKc9Zt4LmYb6Hs8Dg3Jf5Ta1RuEoVxNi0Bk", "8f8e7d6c5b4a39281706f5e4d3c2b1a0", false),
    ("Correct-Secret-Of-Horses-Vq", "The-Client-Application-Kd", false),
    // One contains the other by a pasting mistake.
    ("Gp3Kd8Wn-pasted-7Rx2", "Gp3Kd8Wn-pasted-7Rx2Vb6", false),
    // Two UUIDs: nobody can tell which one is the secret.
    ("2d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11", "3e8f5d2b-6a4c-4b61-8d28-3a1d7b2c8e22", false),
];

#[test]
fn an_id_is_shown_or_hidden_by_evidence() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::oauth_error(401, "invalid_client", "")]);
    for (id, secret, shown) in PAIRS {
        let mut workspace = Workspace::for_any_core();
        workspace.canary("client secret", secret);
        if !shown {
            workspace.canary("client id", id);
        }
        workspace.env("CXONE_TOKEN_URL", &url).env("CXONE_CLIENT_ID", id).env("CXONE_CLIENT_SECRET", secret);
        workspace.write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");

        let plan = workspace.plan().expect_failure();

        let text = plan.errors().map(|error| error.text()).collect::<String>();
        assert_eq!(text.contains(id), shown, "{id} {secret}: {text}");
        workspace.finish();
    }
}

#[test]
fn variables_with_nearly_the_right_names_are_named_where_one_is_missing() {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    for name in ["CXONE_SECRET", "CXONE_CLIENTSECRET", "cxone_client_secret", "CXONE_CLIENT_SECERT", "CXONE_ID"] {
        workspace.env(name, SECRET);
    }
    // Used, or intended for something else.
    for name in ["CXONE_TOKEN_URL", "CXONE_SANDBOX_URL", "CXONE_HOME", "CLIENT_SECRET", "TF_VAR_cxone_client_secret"] {
        workspace.env(name, "https://a.example/token");
    }
    workspace.env("CXONE_CLIENT_SECRT", "");
    workspace.write("provider \"cxone\" {\n  client_id = \"reader\"\n}\ndata \"cxone_token_info\" \"this\" {}");

    let plan = workspace.plan().expect_failure();

    let errors: Vec<_> = plan.errors().map(|error| error.text()).collect();
    let [error] = errors.as_slice() else { panic!("{plan}") };
    let unread = error.split("Set in the environment, but not read:").nth(1).unwrap_or_else(|| panic!("{plan}"));
    for name in ["CXONE_SECRET", "CXONE_CLIENTSECRET", "cxone_client_secret", "CXONE_CLIENT_SECERT"] {
        assert!(unread.contains(&format!("{name} (did you mean CXONE_CLIENT_SECRET?)")), "{name}: {error}");
    }
    for name in ["CXONE_ID", "CXONE_SANDBOX_URL", "CXONE_HOME", "TF_VAR", "- CLIENT_SECRET", "CXONE_CLIENT_SECRT"] {
        assert!(!unread.contains(name), "{name}: {error}");
    }
    workspace.finish();
}

#[test]
fn a_secret_in_a_file_loses_one_final_newline_and_nothing_else() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.env("CXONE_TOKEN_URL", url);
    let cases = [
        ("newline", format!("{SECRET}\n"), SECRET.to_owned()),
        ("crlf", format!("{SECRET}\r\n"), SECRET.to_owned()),
        ("spaces", format!("  {SECRET} "), format!("  {SECRET} ")),
    ];
    let blocks = cases.iter().map(|(name, text, _)| {
        workspace.canary("client secret", SECRET);
        let path = workspace.secret_file_exactly(name, text);
        used_alias(name, &format!("client_id = \"{name}\"\nclient_secret_file = \"{path}\""))
    });
    let hcl = blocks.collect::<String>();
    workspace.write(&hcl);

    workspace.plan().expect_success();

    let mut pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    let mut expected: Vec<_> = cases.iter().map(|(name, _, secret)| format!("{name}:{secret}")).collect();
    pairs.sort();
    expected.sort();
    assert_eq!(pairs, expected);
    workspace.finish();
}

#[test]
fn text_files_of_windows_are_read() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", url);
    let text = format!("\u{FEFF}{SECRET}\r\n");
    let cases = [
        ("utf8", text.clone().into_bytes()),
        ("utf16le", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("utf16be", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ];
    let mut hcl = String::new();
    for (name, bytes) in &cases {
        let path = workspace.path("home").join(name);
        fs::write(&path, bytes).unwrap();
        hcl += &used_alias(name, &format!("client_id = \"{name}\"\nclient_secret_file = {path:?}"));
    }
    workspace.write(&hcl);

    workspace.plan().expect_success();

    let mut pairs: Vec<_> = wire.requests().iter().filter_map(|request| request.basic()).collect();
    pairs.sort();
    assert_eq!(pairs, ["utf16be", "utf16le", "utf8"].map(|name| format!("{name}:{SECRET}")));
    for (name, _) in cases {
        fs::remove_file(workspace.path("home").join(name)).unwrap();
    }
    workspace.finish();
}

#[test]
fn a_secret_in_place_of_its_files_path_is_not_shown() {
    let pasted = ["kR7/xQ2.canaryPastedOne+Zt9=", "/Wd4canaryPastedTwo8Hs", "nB5canary.Pasted.Three2Jq"];
    let mut workspace = Workspace::for_any_core();
    workspace.env("CXONE_CLIENT_ID", "reader");
    workspace.write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");
    for secret in pasted {
        workspace.canary("pasted", secret);
        workspace.env("CXONE_CLIENT_SECRET_FILE", secret);
        let plan = workspace.plan().expect_failure();
        let error = plan.errors().next().unwrap_or_else(|| panic!("{plan}"));
        error.expect_facts(&["CXONE_CLIENT_SECRET_FILE", "so it is not shown", "`client_secret`"]);
    }
    // A wrong path is shown. Otherwise nobody would see the typing error.
    let missing = workspace.path("home").join("client-secert-2");
    workspace.env("CXONE_CLIENT_SECRET_FILE", missing.display().to_string());
    let plan = workspace.plan().expect_failure();
    let error = plan.errors().next().unwrap_or_else(|| panic!("{plan}"));
    error.expect_facts(&["client-secert-2", "no such file"]);
    workspace.finish();
}

/// Makes a pipe and writes `bytes` into it for each reader that comes, `readers` of them.
#[cfg(unix)]
fn pipe(workspace: &Workspace, name: &str, bytes: &'static [u8], readers: usize) -> String {
    let path = workspace.path("home").join(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let shown = path.display().to_string();
    thread::spawn(move || {
        for _ in 0..readers {
            // Ends with the test if nobody reads.
            let written = fs::OpenOptions::new().write(true).open(&path).and_then(|mut pipe| pipe.write_all(bytes));
            if written.is_err() {
                return;
            }
        }
    });
    shown
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_when_the_provider_is_configured_and_never_before() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", url);
    let secret = concat!("Qx7Vd2Lm-canary-client-secret-8Rk4Tz9Wp", "\n");
    let path = pipe(&workspace, "pipe", secret.as_bytes(), 1);
    workspace.write(&used_alias("pipe", &format!("client_id = \"reader\"\nclient_secret_file = {path:?}")));

    // If validate read the pipe, plan would find it empty.
    workspace.validate().expect_success();
    workspace.plan().expect_success();
    assert_eq!(wire.requests()[0].basic(), Some(format!("reader:{SECRET}")));

    let empty = pipe(&workspace, "empty", b"", 1);
    workspace.write(
        &[
            used_alias("empty", &format!("client_id = \"reader\"\nclient_secret_file = {empty:?}")),
            used_alias("folder", "client_id = \"reader\"\nclient_secret_file = \"/tmp\""),
            used_alias("device", "client_id = \"reader\"\nclient_secret_file = \"/dev/null\""),
        ]
        .concat(),
    );
    let plan = workspace.plan().expect_failure();
    plan.error_at(".empty").expect_facts(&["pipe", "can be read once, by one process", "regular file"]);
    plan.error_at(".folder").expect_facts(&["it is a folder"]);
    plan.error_at(".device").expect_facts(&["not a regular file"]);
    assert_eq!(wire.requests().len(), 1);
    workspace.finish();
}

#[test]
fn a_token_in_the_environment_beats_its_credentials_and_says_so() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("access token", TOKEN);
    workspace.canary("secret in the environment", IN_ENVIRONMENT);
    workspace.env("CXONE_TOKEN_URL", url).env("CXONE_ACCESS_TOKEN", TOKEN);
    workspace.env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", IN_ENVIRONMENT);
    workspace.write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");

    let plan = workspace.plan().expect_success();

    // The core's own warnings have no address.
    let is_ours = |address: &str| address.starts_with("provider[");
    let warnings: Vec<_> = plan.diagnostics.iter().filter(|found| is_ours(&found.address)).collect();
    let [warning] = warnings.as_slice() else { panic!("{plan}") };
    warning.expect_facts(&["CXONE_ACCESS_TOKEN", "(CXONE_CLIENT_ID and CXONE_CLIENT_SECRET)", "requests none"]);
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}

#[test]
fn a_token_that_is_refused_is_the_only_error() {
    let mut workspace = Workspace::for_any_core();
    let header = workspace.canary("access token", &format!("Bearer {TOKEN}")).to_owned();
    workspace.env("CXONE_ACCESS_TOKEN", header).write("provider \"cxone\" {}\ndata \"cxone_token_info\" \"this\" {}");
    let plan = workspace.plan().expect_failure();
    let [error] = &plan.errors().collect::<Vec<_>>()[..] else { panic!("one error: {plan}") };
    error.expect_facts(&["access_token", "CXONE_ACCESS_TOKEN", "`Bearer`"]);
    workspace.finish();
}
