//! The request on the wire, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use super::{SECRET, TOKEN};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::Workspace;

#[test]
fn the_request_is_exactly_the_documented_one() {
    testkit::needs!(ephemerals);
    // Raw Basic: id and secret are not encoded before base64.
    const ID: &str = "App Name@Vendor/%41+";
    const ODD_SECRET: &str = "Qx7V%d2+Lm:canary&client=secret/8Rk4 Tz9Wp";
    let wire = ScriptedServer::in_background();
    let url = wire.route("/oauth/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::new();
    workspace.canary("access token", TOKEN);
    workspace.canary("client secret", ODD_SECRET);
    workspace.env("CXONE_CLIENT_SECRET", ODD_SECRET);
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          token_url         = "{url}"
          client_id         = "{ID}"
          scopes            = ["cxone:write", "cxone:api"]
          append_user_agent = "pipeline/42"
        }}
        ephemeral "cxone_access_token" "this" {{}}
        "#
    ));

    workspace.plan().expect_success();

    let request = wire.only_request("/oauth/token");
    assert_eq!(request.request_line(), "POST /oauth/token HTTP/1.1");
    assert_eq!(request.body(), "grant_type=client_credentials&scope=cxone%3Aapi+cxone%3Awrite");
    assert_eq!(request.basic().as_deref(), Some(format!("{ID}:{ODD_SECRET}").as_str()));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("host"), Some(wire.address().to_string().as_str()));
    assert_eq!(request.header("content-length"), Some(request.body().len().to_string().as_str()));
    let agent = request.header("user-agent").unwrap();
    let own = format!("terraform-provider-cxone/{}", env!("CARGO_PKG_VERSION"));
    assert!(agent.starts_with(&own) && agent.ends_with(" pipeline/42"), "{agent}");
    let names: BTreeSet<_> = request.headers().into_iter().map(|(name, _)| name).collect();
    let others = ["accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent"];
    let unexpected: Vec<_> = names.iter().filter(|name| !others.contains(&name.as_str())).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    workspace.finish();
}

#[test]
fn a_token_configures_a_second_provider_and_post_leaves_the_header_out() {
    testkit::needs!(ephemerals);
    const SECOND_SECRET: &str = "Wd5Ky9Pf-canary+second&secret=%-3Gm7Xb2Nc";
    const SECOND_TOKEN: &str = "Ls8Zr4Mv-canary-second-token-6Ct2Hq9Jk";
    const PARAMETER: &str = "Vf2Nb7Xk-canary-parameter-9Ph4Ws6Ey";
    let wire = ScriptedServer::in_background();
    let first = wire.route("/first", [Reply::token(TOKEN)]);
    let second = wire.route("/second", [Reply::token(SECOND_TOKEN)]);
    let mut workspace = Workspace::new();
    for (name, canary) in [
        ("client secret", SECRET),
        ("access token", TOKEN),
        ("second secret", SECOND_SECRET),
        ("second token", SECOND_TOKEN),
        ("secret parameter", PARAMETER),
    ] {
        workspace.canary(name, canary);
    }
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    let secret_file = workspace.secret_file("second-secret", SECOND_SECRET);
    workspace.env("TF_VAR_parameter", PARAMETER);
    workspace.write(&format!(
        r#"
        variable "parameter" {{
          type      = string
          ephemeral = true
        }}
        provider "cxone" {{
          token_url = "{first}"
          client_id = "first"
        }}
        ephemeral "cxone_access_token" "first" {{}}
        provider "cxone" {{
          alias                      = "second"
          token_url                  = "{second}"
          client_id                  = "second"
          client_secret_file         = "{secret_file}"
          token_endpoint_auth_method = "client_secret_post"
          audience                   = "https://api.example/?a=b&c"
          endpoint_params            = {{
            subject_token = ephemeral.cxone_access_token.first.access_token
            assertion     = var.parameter
          }}
        }}
        data "cxone_token_info" "second" {{
          provider = cxone.second
        }}
        ephemeral "cxone_access_token" "second" {{
          provider = cxone.second
          scopes   = ["own:scope"]
          audience = "own-audience"
          endpoint_params = {{
            resource = "urn:own"
          }}
        }}
        "#,
    ));

    workspace.plan().expect_success();

    assert_eq!(wire.only_request("/first").basic(), Some(format!("first:{SECRET}")));
    let requests = wire.requests_for("/second");
    let [from_provider, from_token] = requests.as_slice() else {
        panic!("{} requests by the second configuration", requests.len());
    };
    for request in &requests {
        assert_eq!(request.header("authorization"), None);
    }
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", "second"),
        ("client_secret", SECOND_SECRET),
        ("audience", "https://api.example/?a=b&c"),
        ("subject_token", TOKEN),
        ("assertion", PARAMETER),
    ];
    assert_eq!(from_provider.form(), form(&expected));
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", "second"),
        ("client_secret", SECOND_SECRET),
        ("scope", "own:scope"),
        ("audience", "own-audience"),
        ("resource", "urn:own"),
    ];
    assert_eq!(from_token.form(), form(&expected));
    workspace.finish();
}

fn form(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
