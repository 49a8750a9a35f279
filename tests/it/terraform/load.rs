//! Many token objects, one exchange.

use super::{SECRET, TOKEN};
use crate::support::{
    wire_server::{Reply, WireServer},
    workspace::Workspace,
};

#[test]
fn a_hundred_ephemerals_and_a_hundred_data_sources_share_one_exchange() {
    let wire = WireServer::start();
    let url = wire.route("/token", [Reply::token(TOKEN)]);
    let mut workspace = Workspace::new();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    // Without the exchange of the configuration, all two hundred ask at once.
    workspace.write(&format!(
        r#"
        provider "cxone" {{
          token_url                   = "{url}"
          client_id                   = "many"
          skip_credentials_validation = true
        }}
        ephemeral "cxone_access_token" "many" {{
          count = 100
        }}
        data "cxone_access_token" "many" {{
          count = 50
        }}
        data "cxone_token_info" "many" {{
          count = 50
        }}
        "#
    ));

    workspace.plan_with(&["-parallelism=100"]).expect_success();

    wire.only_request("/token");
    workspace.finish();
}
