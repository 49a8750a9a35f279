//! Scenarios with the real core over real sockets. Each ends in `Workspace::finish`, the leak check.

mod any_core;
mod auth_file;
mod credentials;
mod diagnosis;
mod discovery;
mod examples;
mod fault_matrix;
mod functions;
mod grants;
mod interruption;
mod load;
mod main_job;
mod proxies;
mod real_servers;
mod refusal;
mod requests;
mod scope_baseline;
mod scope_drift;
mod secure_service;
mod settings;
mod slowness;
mod tenants;
mod transport;
mod unknown;
mod wire;

/// The client secret of most scenarios: both halves are found nowhere else.
pub(crate) const SECRET: &str = "Qx7Vd2Lm-canary-client-secret-8Rk4Tz9Wp";

/// The access token of most scenarios.
pub(crate) const TOKEN: &str = "Hn3Bc6Yt-canary-access-token-5Js1Fg8Ud";

/// A provider configuration called `alias`, and a data source that makes the core configure it.
fn used_alias(alias: &str, settings: &str) -> String {
    format!(
        r#"
        provider "cxone" {{
          alias = "{alias}"
          {settings}
        }}
        data "cxone_token_info" "{alias}" {{
          provider = cxone.{alias}
        }}
        "#
    )
}
