//! The `auth:` file as the provider's own configuration, which a function cannot replace in every core.

use super::{SECRET, TOKEN, used_alias};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

const IN_BLOCK: &str = "Ab3Cd9Ef-canary-in-block-5Gh2Jk7Lm";
const IN_FILE: &str = "Np4Qr8St-canary-in-file-6Uv1Wx3Yz";
const IN_ENVIRONMENT: &str = "Bd5Fh7Jl-canary-in-environment-9Np2Rt4Vx";
const IN_ENVIRONMENT_FILE: &str = "Zy8Xw6Vu-canary-in-environment-file-1Ts3Rq5Po";

fn yaml(url: &str) -> String {
    format!(
        "auth:\n  type: client_credentials\n  endpoint: {url}\n  client_id: of-the-auth-file\n  client_secret: {SECRET}\n  \
         scope: \"file:b file:a\"\n  timeout: 3\n"
    )
}

#[test]
fn the_block_beats_the_auth_file_and_the_auth_file_beats_the_environment() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    for (name, value) in [
        ("access token", TOKEN),
        ("client secret", SECRET),
        ("in the block", IN_BLOCK),
        ("in the environment", IN_ENVIRONMENT),
    ] {
        workspace.canary(name, value);
    }
    let file = workspace.secret_file("secret-file", IN_FILE);
    let environment_file = workspace.secret_file("environment-secret-file", IN_ENVIRONMENT_FILE);
    let auth = workspace.secret_file_exactly("auth.yaml", &yaml(&url));
    let partial = workspace.secret_file_exactly("partial.yaml", "auth:\n  client_id: of-the-partial-file\n");
    for (name, value) in [
        ("CXONE_TOKEN_URL", "https://of-the-environment.invalid/token"),
        ("CXONE_CLIENT_ID", "of-the-environment"),
        ("CXONE_CLIENT_SECRET", IN_ENVIRONMENT),
        ("CXONE_SCOPES", "environment:a"),
        ("CXONE_GRANT_TYPE", "password"),
        ("CXONE_ACCESS_TOKEN", TOKEN),
        ("CXONE_SCOPE_DRIFT", "ignore"),
    ] {
        workspace.env(name, value);
    }
    let with = |rest: &str| format!("auth_file = {auth:?}\n{rest}");
    workspace.write(
        &[
            used_alias("alone", &with("")),
            used_alias(
                "block",
                &with(&format!("client_id = \"block\"\nclient_secret = \"{IN_BLOCK}\"\nscopes = [\"c\"]")),
            ),
            used_alias("file", &with(&format!("client_id = \"file\"\nclient_secret_file = {file:?}\nscopes = []"))),
        ]
        .concat(),
    );
    workspace.plan().expect_success();

    // Settings that the file does not contain come from the environment: here the secret, from its own file.
    for name in ["CXONE_CLIENT_SECRET", "CXONE_GRANT_TYPE", "CXONE_ACCESS_TOKEN"] {
        workspace.env_remove(name);
    }
    workspace.env("CXONE_TOKEN_URL", &url).env("CXONE_CLIENT_SECRET_FILE", environment_file);
    workspace.env("CXONE_AUTH_FILE", &auth);
    workspace.write(
        &[used_alias("partial", &format!("auth_file = {partial:?}")), used_alias("variable", "audience = \"x\"")]
            .concat(),
    );
    workspace.plan().expect_success();

    let mut sent: Vec<_> = wire
        .requests()
        .iter()
        .map(|request| {
            let scope = request.form().get("scope").cloned().unwrap_or_default();
            format!("{} {scope}", request.basic().unwrap())
        })
        .collect();
    sent.sort();
    let expected = [
        format!("block:{IN_BLOCK} c"),
        format!("file:{IN_FILE} "),
        format!("of-the-auth-file:{SECRET} file:a file:b"),
        format!("of-the-auth-file:{SECRET} file:a file:b"),
        format!("of-the-partial-file:{IN_ENVIRONMENT_FILE} environment:a"),
    ];
    assert_eq!(sent, expected);
    workspace.finish();
}

#[test]
fn what_is_wrong_with_an_auth_file_is_named_by_line_before_anything_is_sent() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("in the environment", IN_ENVIRONMENT);
    // No other source replaces an unusable file.
    workspace.env("CXONE_TOKEN_URL", &url).env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", IN_ENVIRONMENT);
    let good = yaml(&url);
    let cases = [
        ("no_value", good.replace(SECRET, ""), "`client_secret` in line 5 has no value"),
        ("near", good.replace("client_secret", "client-secret"), "`client-secret` in line 5 is not a known key"),
        ("tag", good.replace(SECRET, &format!("!vault {SECRET}")), "`client_secret` in line 5 has a YAML tag"),
        ("syntax", good.replace(SECRET, &format!("'{SECRET}")), "is not valid YAML"),
        ("no_auth", good.replace("auth:", "authentication:"), "has no key `auth`"),
        ("large", good + &"#".repeat(70_000), "longer than 65536 bytes"),
    ];
    let mut hcl = String::new();
    for (name, text, _) in &cases {
        let path = workspace.secret_file_exactly(&format!("{name}.yaml"), text);
        hcl += &used_alias(name, &format!("auth_file = {path:?}"));
    }
    hcl += &used_alias("missing", "auth_file = \"/no/such/auth.yaml\"");
    hcl += &used_alias("pasted", "auth_file = \"Hq2/xW7.canaryPastedSecret+k9=\"");
    hcl += &used_alias("both", "auth_file = \"/no/such/auth.yaml\"\naccess_token = \"eyJhbGciOiJub25lIn0.e30.c2ln\"");
    workspace.write(&hcl);

    let validate = workspace.validate().expect_failure();
    validate.error_at(".both").expect_facts(&["`access_token` and `auth_file` exclude each other"]);
    assert_eq!(validate.errors().count(), 1, "a file is not read yet: {validate}");
    workspace.write(&hcl.replace("access_token", "# access_token"));
    let plan = workspace.plan().expect_failure();

    for (name, _, why) in &cases {
        let path = format!("{name}.yaml");
        plan.error_at(&format!(".{name}")).expect_facts(&[
            why,
            &path,
            "`auth_file` in the provider block",
            "type: client",
        ]);
    }
    plan.error_at(".missing").expect_facts(&[
        "/no/such/auth.yaml",
        "no such file",
        "`auth_file` in the provider block",
    ]);
    plan.error_at(".pasted").expect_facts(&["`auth_file` in the provider block", "so it is not shown"]);
    assert!(!plan.to_string().contains("canaryPasted"), "{plan}");
    assert_eq!(plan.errors().count(), cases.len() + 3, "one error per case: {plan}");
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}

#[test]
fn a_pair_of_an_auth_file_and_another_place_is_named_once() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN), Reply::oauth_error(401, "invalid_client", "no")]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    let path = workspace.secret_file_exactly("auth.yaml", &yaml(&url));
    workspace.write(&used_alias("mixed", &format!("auth_file = {path:?}\nclient_id = \"another\"")));
    let accepted = workspace.plan().expect_success();
    let is_named = |text: String| text.contains("only one half") && text.contains("auth.yaml");
    assert!(accepted.warnings().any(|warning| is_named(warning.text())), "{accepted}");
    let plan = workspace.plan().expect_failure();
    assert!(!plan.warnings().any(|warning| is_named(warning.text())), "{plan}");
    plan.error_at(".mixed").expect_facts(&[
        "client_id comes from the provider block, and client_secret from client_secret of the file",
        "auth.yaml",
        "Set both in the same place",
    ]);
    workspace.finish();
}

#[test]
fn an_auth_file_that_is_known_after_apply_is_waited_for() {
    let wire = ScriptedServer::in_background();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("in the environment", IN_ENVIRONMENT);
    workspace.env("CXONE_TOKEN_URL", &url).env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", IN_ENVIRONMENT);
    let path = workspace.secret_file_exactly("auth.yaml", &yaml(&url));
    workspace.write(&format!(
        r#"
        resource "terraform_data" "path" {{
          input = {path:?}
        }}
        provider "cxone" {{
          auth_file = terraform_data.path.output
        }}
        data "cxone_token_info" "this" {{
          depends_on = [terraform_data.path]
        }}
        "#
    ));
    workspace.plan().expect_success();
    assert_eq!(wire.requests().len(), 0, "the environment replaced the file");
    workspace.apply_plan().expect_success();
    assert_eq!(wire.requests()[0].basic(), Some(format!("of-the-auth-file:{SECRET}")));
    workspace.finish();
}
