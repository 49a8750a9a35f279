//! The curl command.

use super::{Form, Shown};
use crate::oauth::BasicEncoding;

/// A POSIX shell command that sends the same request. The secret reaches curl through a pipe and not as an argument,
/// which other users could read.
pub fn command(form: &Form<'_>) -> String {
    let mut text = String::from("# Prints the whole answer: a token in it is a secret.\n");
    text.extend(form.remarks().iter().map(|remark| format!("# {remark}\n")));
    let mut options = vec![format!("curl --silent --show-error --request POST {}", shown(form.token_url))];
    match (form.is_in_body(), form.exchange.basic_encoding.value) {
        (true, _) => text.push_str("printf %s \"$CXONE_CLIENT_SECRET\" |\n"),
        (false, BasicEncoding::Raw) => text.push_str(&pair_through_pipe(form, "\"$CXONE_CLIENT_SECRET\"")),
        (false, BasicEncoding::Rfc6749) => {
            text.push_str(PERCENT_ENCODE);
            text.push_str(&pair_through_pipe(form, "\"$(encode CXONE_CLIENT_SECRET)\""));
        }
    }
    if !form.is_in_body() {
        options.push("--header @-".to_owned());
    }
    options.push("--header 'Accept: application/json'".to_owned());
    options.push(format!("--user-agent {}", quoted(&form.settings.transport.http.user_agent)));
    options.push(format!("--max-time {}", form.timeout_seconds()));
    options.extend(transport(form));
    options.push(field("grant_type", Shown::Text("client_credentials")));
    if form.is_in_body() {
        options.push(field("client_id", form.client_id));
        options.push("--data-urlencode 'client_secret@-'".to_owned());
    }
    options.extend(form.other_fields().iter().map(|(name, value)| field(name, Shown::Text(value))));
    text.push_str(&options.join(" \\\n  "));
    text.push('\n');
    text
}

/// Writes the Basic header for curl's standard input.
fn pair_through_pipe(form: &Form<'_>, secret: &str) -> String {
    let id = match (form.client_id, form.exchange.basic_encoding.value) {
        (Shown::Text(id), BasicEncoding::Rfc6749) => quoted(&percent_encoded(id)),
        (Shown::Variable(variable), BasicEncoding::Rfc6749) => format!("\"$(encode {variable})\""),
        (id, BasicEncoding::Raw) => shown(id),
    };
    format!("printf 'Authorization: Basic %s\\n' \"$(printf '%s:%s' {id} {secret} | base64 | tr -d '\\n')\" |\n")
}

fn transport(form: &Form<'_>) -> Vec<String> {
    let mut options = Vec::new();
    if form.has_own_proxy() {
        options.push("--proxy \"$CXONE_HTTP_PROXY\"".to_owned());
    }
    options.extend(form.ca_cert_file.map(|path| format!("--cacert {}", quoted(path))));
    if form.is_unverified() {
        options.push("--insecure".to_owned());
    }
    if form.is_http11() {
        options.push("--http1.1".to_owned());
    }
    options
}

fn field(name: &str, value: Shown<'_>) -> String {
    match value {
        Shown::Text(text) => format!("--data-urlencode {}", quoted(&format!("{name}={text}"))),
        Shown::Variable(variable) => format!("--data-urlencode \"{name}=${variable}\""),
    }
}

fn shown(value: Shown<'_>) -> String {
    match value {
        Shown::Text(text) => quoted(text),
        Shown::Variable(variable) => format!("\"${variable}\""),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// As `basic_auth_encoding = "rfc6749"` has it: unreserved characters stay.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The same in awk, for what only the environment knows.
const PERCENT_ENCODE: &str = r#"encode() {
  LC_ALL=C awk -v name="$1" 'BEGIN {
    for (code = 1; code < 256; code++) number[sprintf("%c", code)] = code
    text = ENVIRON[name]
    for (at = 1; at <= length(text); at++) {
      character = substr(text, at, 1)
      printf "%s", character ~ /[A-Za-z0-9._~-]/ ? character : sprintf("%%%02X", number[character])
    }
  }'
}
"#;
