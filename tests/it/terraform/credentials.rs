//! Where credentials come from, and which source wins.

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
    // An empty variable is no variable.
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
    warning.expect_facts(&["CXONE_ACCESS_TOKEN", "(CXONE_CLIENT_ID and CXONE_CLIENT_SECRET)", "nothing is exchanged"]);
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}
