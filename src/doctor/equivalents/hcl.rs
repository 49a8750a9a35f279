//! The provider block.

use super::{Form, Held, Shown};
use oauth::ClientAuthentication;

/// A provider block with these settings. Secrets come from the environment or from their files.
pub(super) fn block(form: &Form<'_>) -> String {
    let (mut comments, mut lines) = (Vec::new(), Vec::new());
    if form.access_key_secret.is_some() {
        lines.push(("grant_type", quoted(form.grant_type())));
    }
    let address = match form.issuer {
        Some(issuer) => {
            lines.push(("issuer", quoted(&issuer.to_string())));
            None
        }
        None => Some(("token_url", form.token_url)),
    };
    let client_id = form.client.as_ref().map(|client| ("client_id", client.id));
    for (name, value) in address.into_iter().chain(client_id) {
        match value {
            Shown::Text(text) => lines.push((name, quoted(text))),
            Shown::Variable(variable) => {
                comments.push(format!("{name} may hold a secret: it comes from the environment variable {variable}"));
            }
        }
    }
    let secret = form.client.as_ref().map(|client| ("client_secret", "client_secret_file", client.secret));
    if form.access_key_secret.is_some() {
        comments.push("access_key_id comes from the environment variable CXONE_ACCESS_KEY_ID".to_owned());
    }
    let key_secret = form.access_key_secret.map(|secret| ("access_key_secret", "access_key_secret_file", secret));
    for (name, file_name, held) in secret.into_iter().chain(key_secret) {
        match held {
            Held::File(path) => lines.push((file_name, quoted(path))),
            Held::Variable(variable) => comments.push(format!("{name} comes from the environment variable {variable}")),
        }
    }
    lines.extend(choices(form));
    if form.has_own_proxy() {
        comments.push("http_proxy comes from the environment variable CXONE_HTTP_PROXY".to_owned());
    }
    comments.extend(
        form.settings.transport.client_cert.iter().map(|_| {
            "client_cert_pem and client_key_pem come from the environment variables of these names".to_owned()
        }),
    );
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = lines.iter().map(|(name, value)| format!("  {name:<width$} = {value}\n")).collect::<String>();
    let comments = comments.iter().map(|comment| format!("  # {comment}\n")).collect::<String>();
    format!("provider \"cxone\" {{\n{lines}{comments}}}\n")
}

/// The settings that differ from their defaults.
fn choices(form: &Form<'_>) -> Vec<(&'static str, String)> {
    let settings = form.settings;
    let mut lines = Vec::new();
    if !settings.scopes.value.is_empty() {
        let scopes: Vec<_> = settings.scopes.value.iter().map(|scope| quoted(scope)).collect();
        lines.push(("scopes", format!("[{}]", scopes.join(", "))));
    }
    lines.extend(settings.audience.as_ref().map(|audience| ("audience", quoted(&audience.value))));
    match form.authentication() {
        Some(ClientAuthentication::Post) => lines.push(("token_endpoint_auth_method", quoted("client_secret_post"))),
        Some(ClientAuthentication::BasicRfc6749) => lines.push(("basic_auth_encoding", quoted("rfc6749"))),
        Some(ClientAuthentication::BasicRaw) | None => {}
    }
    if !settings.transport.request_timeout.is_default() {
        let timeout = humantime::format_duration(settings.transport.http.request_timeout).to_string();
        lines.push(("request_timeout", quoted(&timeout.replace(' ', ""))));
    }
    lines.extend(form.ca_cert_file.map(|path| ("ca_cert_file", quoted(path))));
    if form.is_unverified() {
        lines.push(("tls_insecure_skip_verify", "true".to_owned()));
    }
    if form.is_http11() {
        lines.push(("http_version", quoted("1.1")));
    }
    lines
}

/// A quoted template with all template sequences escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if character.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_quoted_text_is_a_template_or_an_escape() {
        assert_eq!(quoted("a\"b\\c${d}%{e}$f\n\u{1b}"), r#""a\"b\\c$${d}%%{e}$f\n\u001b""#);
    }
}
