//! One endpoint for every way in which an exchange can fail on loopback, and what a user must be told about it.

use serde_json::json;

use testkit::scripted_server::{Reply, ScriptedServer};

mod answers;
mod network;

pub(crate) use answers::answered;
pub(crate) use network::on_the_way;

/// An endpoint that fails in one way.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The class, as the troubleshooting guide names it; with a suffix where a class has several rows.
    pub(crate) name: &'static str,
    /// The step of the doctor's checklist that shows it.
    pub(crate) step: &'static str,
    /// A part of the summary.
    pub(crate) summary: &'static str,
    /// What the detail must say: the cause or the step that helps.
    pub(crate) advice: &'static [&'static str],
    /// The address.
    pub(crate) token_url: String,
    /// Further arguments of the provider block.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// How many requests must have come; `None` where they cannot be counted.
    pub(crate) requests: Option<usize>,
}

impl Failure {
    /// The class without the row's suffix.
    pub(crate) fn class(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// The arguments in HCL.
    pub(crate) fn hcl(&self) -> String {
        let settings = self.settings.iter().map(|(name, value)| format!("{name} = {}\n", json!(value)));
        format!("token_url = \"{}\"\nmax_retries = 0\n{}", self.token_url, settings.collect::<String>())
    }
}

/// A scripted failure at a path of its own.
fn scripted(
    wire: &ScriptedServer,
    (name, step): (&'static str, &'static str),
    reply: Reply,
    summary: &'static str,
    advice: &'static [&'static str],
) -> Failure {
    let token_url = wire.route(&format!("/{name}/token"), [reply]);
    Failure { name, step, summary, advice, token_url, settings: Vec::new(), requests: Some(1) }
}
