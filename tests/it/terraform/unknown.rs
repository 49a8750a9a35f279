//! Settings that are unknown at plan.

use std::collections::BTreeMap;

use plugin::proto::tfplugin6::diagnostic::Severity;
use plugin::proto::tfplugin6::{Schema, configure_provider};
use plugin::value::ValueAny;

use super::{SECRET, TOKEN};
use testkit::core::{Core, Flavour};
use testkit::plugin_client::{Identity, Plugin, client, connect, encoded, open_ephemeral, try_schema};
use testkit::scripted_server::{Reply, ScriptedServer};
use testkit::workspace::{PROVIDER, Workspace};

/// The secret that the same run creates. It stands in the state by the user's own doing, so it is no canary.
const CREATED: &str = "created-in-this-run";

fn workspace(wire: &ScriptedServer, objects: &str) -> Workspace {
    let mut workspace = Workspace::new();
    workspace.canary("secret in the environment", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    workspace.write(&hcl(wire, objects));
    workspace
}

fn hcl(wire: &ScriptedServer, objects: &str) -> String {
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    format!(
        r#"
        resource "terraform_data" "secret" {{
          input = "{CREATED}"
        }}
        provider "cxone" {{
          token_url     = "{url}"
          client_id     = "late"
          client_secret = terraform_data.secret.output
        }}
        {objects}
        "#
    )
}

#[test]
fn a_secret_unknown_at_plan_is_exchanged_at_apply() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let objects = |advised: &str| {
        format!(
            r#"
            ephemeral "cxone_access_token" "this" {{
              {advised}
            }}
            provider "cxone" {{
              alias        = "user"
              access_token = ephemeral.cxone_access_token.this.access_token
            }}
            data "cxone_token_info" "user" {{
              provider   = cxone.user
              depends_on = [terraform_data.secret]
            }}
            "#
        )
    };
    let mut workspace = workspace(&wire, &objects(""));

    let plan = workspace.plan();
    let this = "ephemeral.cxone_access_token.this";
    if Core::find().takes_unknown_ephemerals() {
        let plan = plan.expect_success();
        let warnings: Vec<_> = plan.warnings().collect();
        let [warning] = warnings.as_slice() else { panic!("one warning was expected: {plan}") };
        warning.expect_facts(&["client_secret"]);
        assert!(warning.address.contains(this), "{warning:?}");
    } else {
        let plan = plan.expect_failure();
        plan.error_at(this).expect_facts(&["client_secret", "depends_on", "-target"]);
        assert_eq!(plan.errors().count(), 1, "{plan}");
        workspace.write(&hcl(&wire, &objects("depends_on = [terraform_data.secret]")));
        workspace.plan().expect_success();
    }

    assert_eq!(wire.requests().len(), 0, "the environment replaced an unknown argument");
    workspace.apply_plan().expect_success();
    assert_eq!(wire.only_request("/token").basic(), Some(format!("late:{CREATED}")));
    workspace.finish();
}

/// Both cores' rules without either: the host of the tests stands in for them.
#[tokio::test]
async fn an_unknown_secret_defers_the_token_where_the_core_takes_that_and_is_an_error_elsewhere() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let identity = Identity::p521();
    let plugin = Plugin::start(&testkit::program(PROVIDER), folder.path(), &identity);
    let schema = try_schema(&plugin.handshake, Some(&identity)).await.unwrap();
    let mut provider = client(connect(&plugin.handshake, Some(&identity)).await.unwrap());
    let unset = |schema: &Schema| -> BTreeMap<String, ValueAny> {
        let attributes = schema.block.iter().flat_map(|block| &block.attributes);
        attributes.map(|attribute| (attribute.name.clone(), ValueAny::Null)).collect()
    };
    let mut config = unset(schema.provider.as_ref().unwrap());
    config.insert("client_secret".into(), ValueAny::Unknown);
    let request = configure_provider::Request { config: encoded(config), ..Default::default() };
    let configured = provider.configure_provider(request).await.unwrap().into_inner();
    assert!(configured.diagnostics.is_empty(), "{:?}", configured.diagnostics);

    let object = "cxone_access_token";
    for (core, severity) in [(Flavour::Terraform, Severity::Warning), (Flavour::OpenTofu, Severity::Error)] {
        let config = unset(&schema.ephemeral_resource_schemas[object]);
        let opened = open_ephemeral(core, &mut provider, object, config).await;
        let opened = opened.unwrap_or_else(|refused| panic!("{core:?}: {refused}"));
        let [said] = &*opened.diagnostics else { panic!("{core:?}: {:?}", opened.diagnostics) };
        assert_eq!((said.severity(), said.detail.contains("client_secret")), (severity, true), "{core:?}: {said:?}");
    }
}

#[test]
fn a_data_source_with_an_unknown_secret_says_what_is_missing() {
    testkit::needs!(ephemerals);
    let wire = ScriptedServer::in_background();
    let objects = "data \"cxone_access_token\" \"this\" {}\ndata \"cxone_token_info\" \"this\" {}";
    let mut workspace = workspace(&wire, objects);

    let plan = workspace.plan().expect_failure();

    for address in ["data.cxone_access_token.this", "data.cxone_token_info.this"] {
        plan.error_at(address).expect_facts(&["client_secret"]);
    }
    assert_eq!(plan.errors().count(), 2, "{plan}");
    assert_eq!(wire.requests().len(), 0);
    workspace.finish();
}
