//! The functions, called by the real core: results, errors that point at the argument, unknown and null.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use testkit::workspace::Workspace;

fn jwt(header: &Value, claims: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(&header.to_string()), encode(claims), encode("signature"))
}

#[test]
fn results_have_the_types_that_expressions_expect_and_are_stable() {
    testkit::needs!(ephemerals);
    let claims = json!({
        "exp": 1_700_000_000, "share": 0.1, "scope": ["a", "b"], "mixed": [1, "x", null, {}], "none": null,
        "nested": { "deep": { "true": true } }, "cafe\u{301}": "form C",
    });
    let mut workspace = Workspace::new();
    workspace.write(&format!(
        r#"
        locals {{
          jwt  = provider::cxone::decode_jwt({:?})
          diff = provider::cxone::scope_diff(["a", "b", "b"], toset(["b", "c"]))
          role = provider::cxone::claims_diff({{ "nested.deep.true" = "true", share = "0.10", gone = "x" }}, {:?})
          yaml = provider::cxone::parse_auth_config(<<-YAML
            auth:
            type: client_credentials
            client_id: "abc-123"
            scope: b, a
            YAML
          )
        }}
        resource "terraform_data" "unknown" {{}}
        output "jwt" {{
          value = local.jwt
        }}
        output "used" {{
          value = [local.jwt.claims.exp == 1700000000, local.jwt.claims.share == 0.1, local.jwt.claims.nested.deep.true, local.jwt.claims["café"]]
        }}
        output "diff" {{
          value = local.diff
        }}
        output "role" {{
          value = local.role
        }}
        output "yaml" {{
          value = local.yaml
        }}
        output "unknown" {{
          value = provider::cxone::scope_diff([terraform_data.unknown.id], []).in_sync
        }}
        "#,
        jwt(&json!({ "alg": "none" }), &claims.to_string()),
        jwt(&json!({ "alg": "none" }), &claims.to_string())
    ));

    workspace.validate().expect_success();
    workspace.apply().expect_success();
    let outputs = workspace.run(&["output", "-json"]).expect_success().json();
    // Equal arguments give equal results in every run, and reading the state back changes nothing.
    for mode in ["-refresh=true", "-refresh-only"] {
        let again = workspace.run(&["plan", "-detailed-exitcode", mode]);
        assert_eq!(again.exit_code, Some(0), "{mode}: {again}");
    }

    let value = |name: &str| outputs[name]["value"].clone();
    assert_eq!(value("jwt")["header"], json!({ "alg": "none" }));
    assert_eq!(
        (&value("jwt")["issued_at"], &value("jwt")["expires_at"]),
        (&Value::Null, &json!("2023-11-14T22:13:20Z"))
    );
    assert_eq!(value("role"), json!({ "changed": { "gone": null }, "in_sync": false }));
    assert_eq!(value("jwt")["claims"]["mixed"], json!([1, "x", null, {}]));
    assert_eq!(value("used"), json!([true, true, true, "form C"]));
    assert_eq!(value("diff"), json!({ "missing": ["a"], "extra": ["c"], "in_sync": false }));
    let yaml = json!({
        "type": "client_credentials", "endpoint": null, "client_id": "abc-123", "client_secret": null,
        "scopes": ["a", "b"],
    });
    assert_eq!(value("yaml"), yaml);
    assert_eq!(value("unknown"), json!(false));
    workspace.finish();
}

#[test]
fn errors_name_the_argument_and_quote_no_secret() {
    testkit::needs!(ephemerals);
    let secret = "Wd5Nj8Xr-canary-argument-2Lq7Hs";
    let mut workspace = Workspace::new();
    workspace.canary("argument", secret);
    let list = jwt(&json!({}), &format!("[{secret:?}]"));
    let in_list = format!("auth:\n  client_id: [{secret}]");
    let cases = [
        ("decode_jwt(var.secret)", secret, "\"token\"", "has three segments"),
        ("decode_jwt(\"${var.secret}.e30.e30\")", secret, "\"token\"", "the header (first segment) is not"),
        ("decode_jwt(var.secret)", list.as_str(), "\"token\"", "the claims set (second segment) is JSON, but not an"),
        ("decode_jwt(\"Bearer ${var.secret}\")", secret, "\"token\"", "pass the token alone"),
        ("claims_diff({ iat = \"1\" }, var.secret)", secret, "\"declared\"", "the claim iat differs in every token"),
        ("claims_diff({ a = null }, var.secret)", secret, "\"declared\"", "the value at a is null"),
        ("claims_diff({}, var.secret)", secret, "\"token\"", "has three segments"),
        ("decode_jwt(null)", secret, "\"token\"", "null"),
        ("scope_diff([var.secret], [null])", secret, "\"granted\"", "a set of scopes must not contain null"),
        ("scope_diff(null, [])", secret, "\"declared\"", "null"),
        ("parse_auth_config(var.secret)", in_list.as_str(), "\"yaml\"", "`client_id` in line 2 is not text"),
        ("parse_auth_config(\"auth: '${var.secret}\")", secret, "\"yaml\"", "line 1 is not valid YAML"),
        (
            "parse_auth_config(\"auth:\\n  client-secret: ${var.secret}\")",
            secret,
            "\"yaml\"",
            "`client-secret` in line 2 is not a known key: did you mean `client_secret`?",
        ),
        (
            "parse_auth_config(\"auth:\\n  <<: {client_secret: ${var.secret}}\")",
            secret,
            "\"yaml\"",
            "line 2 holds a YAML merge key",
        ),
        (
            "parse_auth_config(\"auth:\\n  client_secret: !!binary ${var.secret}\")",
            secret,
            "\"yaml\"",
            "`client_secret` in line 2 has a YAML tag",
        ),
        (
            "parse_auth_config(\"auth: {client_secret: a,${var.secret}}\")",
            secret,
            "\"yaml\"",
            "a comma ends an unquoted",
        ),
        // The core quotes text that is read without `sensitive`, so `sensitive` must enclose the reading of the file.
        ("parse_auth_config(sensitive(file(var.path)))", secret, "\"yaml\"", "line 1 is not valid YAML"),
    ];
    let path = workspace.secret_file_exactly("auth.yaml", &format!("auth: '{secret}"));
    workspace.env("TF_VAR_path", path);
    for (call, secret, parameter, why) in cases {
        workspace.env("TF_VAR_secret", secret);
        workspace.write(&format!(
            "variable \"path\" {{}}\nvariable \"secret\" {{\n  type      = string\n  sensitive = true\n}}\n\
             output \"x\" {{\n  value     = provider::cxone::{call}\n  sensitive = true\n}}\n"
        ));
        // Not saved, because a plan file contains the variables.
        let failed = workspace.run(&["plan", "-json"]).expect_failure();
        let texts: Vec<String> = failed.errors().map(|error| error.text()).collect();
        assert!(
            texts.iter().any(|text| text.contains(parameter) && text.contains(why)),
            "{call}: {parameter} and {why} not in {texts:?}"
        );
    }
    workspace.finish();
}

/// `yamldecode` is the reference: what it reads, the function reads with the same values, and nothing that the function
/// reads has lost a value there.
#[test]
fn yaml_is_read_as_the_core_itself_reads_it() {
    testkit::needs!(functions);
    let texts = [
        ("tab", "auth:\n  client_id:\tabc\n  scope:\t\ta b\n"),
        ("tabs_in_values", "auth:\n  client_id:\t\"a\tb\"\n  scope: a\tb\n"),
        ("tabs_in_braces", "auth: {\n\tclient_id:\tabc,\n\tscope:\ta }\n"),
        ("windows", "auth:\r\n  client_id: abc\r\n  scope:\tb\r\n"),
        ("block", "auth:\n  client_id:\t|-\n    abc\n  scope: >-\n    a\n    b\n"),
        ("signs", "auth:\n  client_id: -a?b:c[d]{e}\n  scope: \"a\"\n"),
        ("quotes", "auth:\n  client_id: 'a''b#c'\n  scope: \"a\\tb\"\n"),
        ("comment", "auth:\n  client_id: abc # mine\n  scope: a#b\n"),
        ("tag", "auth:\n  client_id: !<tag:yaml.org,2002:str> abc\n  scope: !!str a\n"),
    ];
    let mut workspace = Workspace::for_any_core();
    let outputs = texts.map(|(name, text)| {
        format!(
            r#"
            output "{name}" {{
              value = {{
                ours   = provider::cxone::parse_auth_config({text:?})
                theirs = yamldecode({text:?}).auth
              }}
            }}
            "#
        )
    });
    workspace.write(&outputs.concat());
    workspace.apply().expect_success();
    let outputs = workspace.run(&["output", "-json"]).expect_success().json();
    for (name, _) in texts {
        let value = &outputs[name]["value"];
        assert_eq!(value["ours"]["client_id"], value["theirs"]["client_id"], "{name}");
        let mut scopes: Vec<_> = value["theirs"]["scope"].as_str().unwrap().split_whitespace().collect();
        scopes.sort_unstable();
        assert_eq!(value["ours"]["scopes"], json!(scopes), "{name}");
    }
    workspace.finish();
}
