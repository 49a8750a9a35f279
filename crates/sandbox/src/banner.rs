//! What is printed at the start: one line for programs, then the HCL for people.

use std::io::Write as _;
use std::time::Duration;

use oauth::Secret;
use serde_json::json;

use crate::client::Client;
use crate::sandbox::Sandbox;

/// Prints the first line and the HCL.
///
/// # Errors
/// When standard output is closed before the first line.
pub(crate) fn print(sandbox: &Sandbox, stop_after: Duration) -> std::io::Result<()> {
    let base = sandbox.base();
    let client = sandbox.state().clients.values().next().cloned();
    let line = json!({
        "address": base,
        "token_url": format!("{base}/oauth/token"),
        "access_key_url": format!("{base}/authentication/v1/token/access-key"),
        "issuer": sandbox.issuer(),
        "control_url": format!("{base}/_sandbox"),
        "client_id": client.as_ref().map(|client| client.id.as_str()),
        "pid": std::process::id(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    if let Some(client) = client {
        // A program may read the first line and hang up; that is no reason to stop.
        let _ = writeln!(out, "\n{}\nStops after {} s, or with Ctrl-C.", hcl(&base, &client), stop_after.as_secs());
    }
    Ok(())
}

/// The provider block for a client. Its secret shows only when it is the public one of the demo.
fn hcl(base: &str, client: &Client) -> String {
    let secret = if client.secret == Secret::new(Client::DEMO_SECRET) {
        format!("\"{}\"", Client::DEMO_SECRET)
    } else {
        "var.client_secret # as configured; not shown here".to_owned()
    };
    let scopes: Vec<String> = client.scopes.iter().map(|scope| quoted(scope)).collect();
    format!(
        "provider \"cxone\" {{\n  token_url     = \"{base}/oauth/token\"\n  client_id     = {}\n  client_secret = {secret}\n  \
         scopes        = [{}]\n}}\n",
        quoted(&client.id),
        scopes.join(", "),
    )
}

/// An HCL string: JSON's escapes are HCL's too, and templates are not wanted.
fn quoted(text: &str) -> String {
    json!(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hcl_never_shows_a_configured_secret() {
        let client = Client { secret: Secret::new("canary-secret"), ..Client::new("a\"b${c}") };
        let text = hcl("http://127.0.0.1:1", &client);
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains(r#"client_id     = "a\"b$${c}""#), "{text}");
    }

    #[test]
    fn the_hcl_of_the_demo_can_be_pasted() {
        let scopes = [Client::DEMO_SCOPE.to_owned()].into();
        let client = Client { secret: Secret::new(Client::DEMO_SECRET), scopes, ..Client::new(Client::DEMO_ID) };
        let text = hcl("http://127.0.0.1:1", &client);
        let expected = "provider \"cxone\" {\n  token_url     = \"http://127.0.0.1:1/oauth/token\"\n  \
            client_id     = \"sandbox-client\"\n  client_secret = \"not-a-real-secret\"\n  \
            scopes        = [\"cxone:api\"]\n}\n";
        assert_eq!(text, expected);
    }
}
