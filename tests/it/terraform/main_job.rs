//! The main job: validate, plan, apply and read the results, with a count of every event.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::SECRET;
use testkit::core::Core;
use testkit::sandbox::Sandbox;
use testkit::workspace::Workspace;

/// A claim of every token that the sandbox signs here: found in base64 wherever a token is.
const CLAIM: &str = "Tk9Wc4Rb-canary-claim-of-every-token-2Mf7Vx5Qz";

fn client(id: &str) -> Value {
    json!({
        "client_id": id,
        "client_secret": SECRET,
        "scopes": ["cxone:api", "cxone:users"],
        "claims": { "canary": CLAIM },
    })
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", CLAIM);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    workspace.env("CXONE_CLIENT_ID", "main-job");
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace
}

#[test]
fn a_token_is_planned_applied_and_shown() {
    testkit::needs!(ephemerals);
    let core = Core::find();
    let sandbox = Sandbox::start(&[client("main-job")]);
    let mut workspace = workspace(&sandbox);
    let facts = FACTS.map(|name| format!("{name} = data.cxone_token_info.this.{name}")).join(", ");
    workspace.write(
        &r#"
        provider "cxone" {
          scopes = ["cxone:users", "cxone:api"]
        }
        ephemeral "cxone_access_token" "this" {
          min_remaining_lifetime = "90s"
        }
        data "cxone_access_token" "this" {}
        data "cxone_token_info" "this" {
          min_remaining_lifetime = "5m"
        }
        provider "cxone" {
          alias        = "second"
          access_token = ephemeral.cxone_access_token.this.access_token
        }
        locals {
          token = ephemeral.cxone_access_token.this
        }
        data "cxone_token_info" "second" {
          provider = cxone.second
          lifecycle {
            # Here rather than in the ephemeral's own block: `show -json` of Terraform before 1.15 breaks on that.
            precondition {
              condition     = local.token.authorization_header == "Bearer ${local.token.access_token}"
              error_message = "The token's attributes do not fit together."
            }
            precondition {
              condition     = local.token.min_remaining_lifetime == "90s" && local.token.scopes == null
              error_message = "The ephemeral's arguments are not echoed."
            }
          }
        }
        output "info" {
          value = { FACTS }
        }
        output "second" {
          value = [data.cxone_token_info.second.tenant_id, data.cxone_token_info.second.expires_at]
        }
        "#
        .replace("FACTS", &facts),
    );

    let validate = workspace.validate().expect_success();
    assert_eq!((sandbox.exchanges(), validate.provider_starts()), (0, 1 + 2), "schema, two configurations");
    let plan = workspace.plan().expect_success();
    assert_eq!((sandbox.exchanges(), plan.provider_starts()), (1, 1 + 2 + 2));
    let planned = workspace.run(&["show", "-json", "plan.tfplan"]).expect_success().json();
    let apply = workspace.apply_plan().expect_success();
    let (exchanges, starts) = if core.opens_idle_ephemerals() { (2, 1 + 2) } else { (1, 1) };
    assert_eq!((sandbox.exchanges(), apply.provider_starts()), (exchanges, starts));
    let shown = workspace.run(&["show", "-json"]).expect_success().json();
    let output = workspace.run(&["output", "-json", "info"]).expect_success().json();
    // The output for people, not for programs.
    workspace.run(&["plan"]).expect_success();
    workspace.run(&["show"]).expect_success();
    assert_eq!(sandbox.exchanges(), exchanges + 1);

    for part in ["planned_values", "resource_changes", "prior_state"] {
        let is_named = planned[part].to_string().contains("ephemeral.cxone_access_token");
        assert!(!is_named || core.names_ephemerals_in_plans(), "the ephemeral is in {part}");
    }
    expect_sensitive_only_in_the_data_source(&shown);
    expect_token_info(&output);
    workspace.finish();
}

/// What `expect_token_info` reads.
const FACTS: [&str; 12] = [
    "id",
    "scopes",
    "min_remaining_lifetime",
    "token_type",
    "expires_in",
    "expires_at",
    "issued_at",
    "granted_scopes",
    "scope_source",
    "tenant_id",
    "issuer",
    "area",
];

#[track_caller]
fn expect_sensitive_only_in_the_data_source(shown: &Value) {
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap();
    let find = |kind| resources.iter().find(|resource| resource["type"] == kind).unwrap();
    let token = find("cxone_access_token");
    let access_token = token["values"]["access_token"].as_str().unwrap();
    assert_eq!(access_token.split('.').count(), 3, "a JWT has three parts");
    assert_eq!(token["values"]["authorization_header"], format!("Bearer {access_token}"));
    for attribute in ["access_token", "authorization_header", "claims_json"] {
        assert_eq!(token["sensitive_values"][attribute], true, "{attribute}");
    }
    for info in resources.iter().filter(|resource| resource["type"] == "cxone_token_info") {
        assert_eq!(info["values"].get("access_token"), None);
        assert_eq!(info["values"].get("authorization_header"), None);
    }
    assert_eq!(resources.len(), 3, "only the data sources are in the state");
}

#[track_caller]
fn expect_token_info(info: &Value) {
    assert_eq!(info["min_remaining_lifetime"], "5m", "a set argument is echoed");
    assert_eq!(info["scopes"], Value::Null, "an unset argument stays null");
    assert_eq!(info["token_type"], "Bearer");
    assert_eq!(info["granted_scopes"], json!(["cxone:api", "cxone:users"]));
    assert_eq!(info["scope_source"], "response");
    assert!(info["tenant_id"].is_string() && info["issuer"].is_string(), "{info}");
    assert!(info["id"].as_str().is_some_and(|id| !id.is_empty()), "{info}");
    let seconds = info["expires_in"].as_i64().unwrap();
    assert!((3500..=3600).contains(&seconds), "{seconds}");
    let time = |name: &str| OffsetDateTime::parse(info[name].as_str().unwrap(), &Rfc3339).unwrap();
    assert_eq!((time("expires_at") - time("issued_at")).whole_seconds(), 3600);
    assert!(info["expires_at"].as_str().unwrap().ends_with('Z'), "{info}");
}

#[test]
fn an_opaque_token_without_scope_or_expiry_leaves_unknowable_facts_null() {
    testkit::needs!(ephemerals);
    let sandbox = Sandbox::start(&[client("main-job")]);
    let opaque = json!({ "token_format": "opaque", "scope_in_answer": "omit", "expires_in_form": "omit" });
    sandbox.change_client("main-job", &opaque);
    let mut workspace = workspace(&sandbox);
    workspace.write(
        r#"
        data "cxone_token_info" "this" {
          scopes = ["cxone:users"]
        }
        output "info" {
          value     = data.cxone_token_info.this
          sensitive = true
        }
        "#,
    );

    // No provider block, and an argument that overrides the provider's: one exchange to validate, one for the scope.
    workspace.apply().expect_success();
    let at_apply = u64::from(Core::find().configures_idle_providers());
    assert_eq!(sandbox.exchanges(), 2 + at_apply, "two exchanges at plan, and one if apply configures");
    let info = workspace.run(&["output", "-json", "info"]).expect_success().json();

    assert_eq!(info["scopes"], json!(["cxone:users"]));
    for unknowable in ["tenant_id", "issuer", "area", "cluster", "claims_json", "expires_at", "expires_in"] {
        assert_eq!(info[unknowable], Value::Null, "{unknowable}");
    }
    assert!(info["issued_at"].is_string(), "{info}");
    workspace.finish();
}

#[test]
fn parameters_of_a_data_source_are_stored_and_those_of_provider_and_ephemeral_are_not() {
    testkit::needs!(ephemerals);
    let sandbox = Sandbox::start(&[client("main-job")]);
    let mut workspace = workspace(&sandbox);
    for (name, value) in
        [("of_provider", "Lp6Xs3Ew-canary-parameter-9Gk2"), ("of_ephemeral", "Vb8Rn5Th-canary-parameter-4Mc7")]
    {
        workspace.canary(name, value);
        workspace.env(&format!("TF_VAR_{name}"), value);
    }
    workspace.write(
        r#"
        variable "of_provider" {
          type      = string
          ephemeral = true
        }
        variable "of_ephemeral" {
          type      = string
          ephemeral = true
        }
        provider "cxone" {
          endpoint_params = { parameter = var.of_provider }
        }
        ephemeral "cxone_access_token" "this" {
          endpoint_params = { parameter = var.of_ephemeral }
        }
        data "cxone_token_info" "this" {
          endpoint_params = { parameter = "stored" }
        }
        "#,
    );

    workspace.plan().expect_success();
    workspace.apply_plan().expect_success();

    let shown = workspace.run(&["show", "-json"]).expect_success().json();
    let info = &shown["values"]["root_module"]["resources"][0];
    assert_eq!(info["values"]["endpoint_params"], json!({ "parameter": "stored" }));
    assert_eq!(info["sensitive_values"]["endpoint_params"], true);
    workspace.finish();
}

#[test]
fn each_configured_process_exchanges_once_and_a_lazy_one_not_at_all() {
    testkit::needs!(ephemerals);
    let sandbox = Sandbox::start(&[client("main-job"), client("other"), client("lazy")]);
    let mut workspace = workspace(&sandbox);
    workspace.write(
        r#"
        data "cxone_token_info" "unused" {
          count = 0
        }
        provider "cxone" {
          alias     = "other"
          client_id = "other"
        }
        data "cxone_token_info" "other" {
          provider = cxone.other
        }
        ephemeral "cxone_access_token" "other" {
          provider = cxone.other
        }
        provider "cxone" {
          alias                       = "lazy"
          client_id                   = "lazy"
          skip_credentials_validation = true
        }
        data "cxone_token_info" "lazy" {
          provider = cxone.lazy
          count    = 0
        }
        "#,
    );

    let plan = workspace.plan().expect_success();

    let exchanges: Vec<_> = sandbox.exchanges_by_client().into_iter().collect();
    assert_eq!(exchanges, [("main-job".to_owned(), 1), ("other".to_owned(), 1)]);
    assert_eq!(plan.provider_starts(), 1 + 3 + 3, "one start for the schema, two per configuration");

    sandbox.reset();
    workspace.env("CXONE_SKIP_CREDENTIALS_VALIDATION", "true");
    workspace.plan().expect_success();
    let exchanges: Vec<_> = sandbox.exchanges_by_client().into_iter().collect();
    assert_eq!(exchanges, [("other".to_owned(), 1)], "only the configuration with a token object");
    workspace.finish();
}
