//! The output at the start: one line for programs, then HCL for people.

use std::io::Write as _;
use std::time::Duration;

use oauth::Secret;
use serde_json::json;

use crate::client::Client;
use crate::options::{DEMO_KEY_SECRET, Grant};
use crate::sandbox::Sandbox;

/// Prints the first line and the HCL.
///
/// # Errors
/// Standard output is closed before the first line.
pub(crate) fn print(sandbox: &Sandbox, grant: Grant, stop_after: Duration) -> std::io::Result<()> {
    let base = sandbox.base();
    let client = sandbox.state().clients.values().next().cloned();
    let key = sandbox.state().access_keys.first_key_value().map(|(id, key)| (id.clone(), key.secret.clone()));
    let line = json!({
        "address": base,
        "token_url": format!("{base}/oauth/token"),
        "access_key_url": format!("{base}/authentication/v1/token/access-key"),
        "issuer": sandbox.issuer(),
        "control_url": format!("{base}/_sandbox"),
        "client_id": client.as_ref().map(|client| client.id.as_str()),
        "access_key_id": key.as_ref().map(|(id, _)| id),
        "pid": std::process::id(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    if let Some(client) = client {
        // A program can read the first line and close the pipe. That is no reason to stop.
        let block = hcl(&base, grant, &client, key.as_ref().map(|(id, secret)| (id.as_str(), secret)));
        let _ = writeln!(out, "\n{block}\nStops after {} s, or with Ctrl-C.", stop_after.as_secs());
    }
    Ok(())
}

/// The provider block for a client or an access key. Shows only the public secrets of the demo.
fn hcl(base: &str, grant: Grant, client: &Client, key: Option<(&str, &Secret)>) -> String {
    let path = if grant == Grant::AccessKey { "authentication/v1/token/access-key" } else { "oauth/token" };
    let mut lines = vec![("token_url", quoted(&format!("{base}/{path}")))];
    if grant != Grant::AccessKey {
        let scopes: Vec<String> = client.scopes.iter().map(|scope| quoted(scope)).collect();
        lines.push(("client_id", quoted(&client.id)));
        lines.push(("client_secret", shown(&client.secret, Client::DEMO_SECRET, "client_secret")));
        lines.push(("scopes", format!("[{}]", scopes.join(", "))));
    }
    if let Some((id, secret)) = key.filter(|_| grant != Grant::ClientCredentials) {
        lines.insert(0, ("grant_type", quoted(grant.as_str())));
        lines.push(("access_key_id", quoted(id)));
        lines.push(("access_key_secret", shown(secret, DEMO_KEY_SECRET, "access_key_secret")));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: String = lines.iter().map(|(name, value)| format!("  {name:width$} = {value}\n")).collect();
    format!("provider \"cxone\" {{\n{lines}}}\n")
}

fn shown(secret: &Secret, demo: &str, name: &str) -> String {
    match *secret == Secret::new(demo) {
        true => quoted(demo),
        false => format!("var.{name} # as configured; not shown here"),
    }
}

/// An HCL string: JSON's escapes are also HCL's, and template sequences are escaped.
fn quoted(text: &str) -> String {
    json!(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hcl_never_shows_a_configured_secret() {
        let client = Client { secret: Secret::new("canary-secret"), ..Client::new("a\"b${c}") };
        let key = Secret::new("canary-key");
        let text = hcl("http://127.0.0.1:1", Grant::Password, &client, Some(("KEY====", &key)));
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains(r#"access_key_id     = "KEY====""#), "{text}");
        assert!(text.contains(r#"client_id         = "a\"b$${c}""#), "{text}");
    }

    #[test]
    fn the_hcl_of_the_demo_can_be_pasted() {
        let scopes = [Client::DEMO_SCOPE.to_owned()].into();
        let client = Client { secret: Secret::new(Client::DEMO_SECRET), scopes, ..Client::new(Client::DEMO_ID) };
        let text = hcl("http://127.0.0.1:1", Grant::ClientCredentials, &client, None);
        let expected = "provider \"cxone\" {\n  token_url     = \"http://127.0.0.1:1/oauth/token\"\n  \
            client_id     = \"sandbox-client\"\n  client_secret = \"not-a-real-secret\"\n  \
            scopes        = [\"cxone:api\"]\n}\n";
        assert_eq!(text, expected);
    }
}
