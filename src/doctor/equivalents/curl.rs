//! The curl command.

use super::{Client, FOREIGN, Form, Shown, token_endpoints};
use oauth::{ClientAuthentication, Issuer, percent_encoded};

/// A POSIX shell command that sends the same request. Secrets reach curl through pipes and not as arguments, which other
/// users could read.
pub fn command(form: &Form<'_>) -> String {
    let mut text = String::from("# Prints the whole answer: a token in it is a secret.\n");
    text.extend(form.remarks().iter().map(|remark| format!("# {remark}\n")));
    text.extend(form.issuer.map(|issuer| discovery(form, issuer)));
    match &form.client {
        Some(client) => {
            if client.authentication == ClientAuthentication::BasicRfc6749 {
                text.push_str(PERCENT_ENCODE);
            }
            let exchange = piped(client) + &exchange(form, client);
            text.push_str(&if form.has_access_key { with_access_key(&exchange) } else { exchange });
        }
        None => text.push_str(&regional(form)),
    }
    text
}

/// Sets `token_url` to what the issuer's document says.
fn discovery(form: &Form<'_>, issuer: &Issuer) -> String {
    let document = quoted(issuer.openid_configuration().url().as_str());
    let mut options = vec![format!("{}curl --silent --show-error --fail {document}", proxy(form))];
    options.extend(common(form));
    let allowed = quoted(&token_endpoints(issuer));
    format!(
        "token_url=$({} |\n  {TOKEN_ENDPOINT})\nprintf '%s\\n' \"$token_url\" | grep -Eqx {allowed} || {{\n  \
         echo '{FOREIGN}' >&2\n  exit 1\n}}\n",
        options.join(" \\\n  ")
    )
}

/// The exchange with the client's secret on standard input.
fn exchange(form: &Form<'_>, client: &Client<'_>) -> String {
    let mut options = vec![request(form)];
    if client.authentication != ClientAuthentication::Post {
        options.push("--header @-".to_owned());
    }
    options.extend(common(form));
    options.push(field("grant_type", Shown::Text(form.grant_type())));
    if form.has_access_key {
        options.push(field("username", Shown::Variable("CXONE_ACCESS_KEY_ID")));
        options.push("--data-urlencode password@/dev/fd/3".to_owned());
    }
    if client.authentication == ClientAuthentication::Post {
        options.push(field("client_id", client.id));
        options.push("--data-urlencode client_secret@-".to_owned());
    }
    options.extend(form.other_fields().iter().map(|(name, value)| field(name, Shown::Text(value))));
    options.join(" \\\n  ") + "\n"
}

/// The same with the access key's secret on file descriptor 3, since standard input is taken.
fn with_access_key(exchange: &str) -> String {
    format!("printf %s \"$CXONE_ACCESS_KEY_SECRET\" | {{\nexec 3<&0\n{exchange}}}\n")
}

/// The exchange of an access key alone, as JSON on standard input.
fn regional(form: &Form<'_>) -> String {
    let mut options = vec![request(form)];
    options.extend(common(form));
    options.push("--header 'Content-Type: application/json'".to_owned());
    options.push("--data-binary @-".to_owned());
    format!("{KEY_AS_JSON}{}\n", options.join(" \\\n  "))
}

fn request(form: &Form<'_>) -> String {
    let address = shown(form.token_url);
    format!(
        "{}curl --silent --show-error --write-out '\\nHTTP %{{http_code}}\\n' --request POST {address}",
        proxy(form)
    )
}

/// The proxy of our own setting, by curl's own variables: its address may hold a password.
fn proxy(form: &Form<'_>) -> &'static str {
    if form.has_own_proxy() { "https_proxy=\"$CXONE_HTTP_PROXY\" no_proxy= NO_PROXY= " } else { "" }
}

/// What every request has.
fn common(form: &Form<'_>) -> Vec<String> {
    let mut options = vec![
        "--header 'Accept: application/json'".to_owned(),
        format!("--user-agent {}", quoted(&form.settings.transport.http.user_agent)),
        format!("--max-time {}", form.timeout_seconds()),
    ];
    options.extend(transport(form));
    options
}

/// Writes the client's secret for curl's standard input: by itself, or in the Basic header.
fn piped(client: &Client<'_>) -> String {
    let (id, secret) = match (client.authentication, client.id) {
        (ClientAuthentication::Post, _) => return "printf %s \"$CXONE_CLIENT_SECRET\" |\n".to_owned(),
        (ClientAuthentication::BasicRaw, id) => (shown(id), "\"$CXONE_CLIENT_SECRET\""),
        (ClientAuthentication::BasicRfc6749, Shown::Text(id)) => {
            (quoted(&percent_encoded(id)), "\"$(encode CXONE_CLIENT_SECRET)\"")
        }
        (ClientAuthentication::BasicRfc6749, _) => {
            ("\"$(encode CXONE_CLIENT_ID)\"".to_owned(), "\"$(encode CXONE_CLIENT_SECRET)\"")
        }
    };
    format!("printf 'Authorization: Basic %s\\n' \"$(printf '%s:%s' {id} {secret} | base64 | tr -d '\\n')\" |\n")
}

fn transport(form: &Form<'_>) -> Vec<String> {
    let mut options = Vec::new();
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
        Shown::Discovered => format!("--data-urlencode \"{name}=$token_url\""),
    }
}

fn shown(value: Shown<'_>) -> String {
    match value {
        Shown::Text(text) => quoted(text),
        Shown::Variable(variable) => format!("\"${variable}\""),
        Shown::Discovered => "\"$token_url\"".to_owned(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Finds the address in the issuer's document, and undoes JSON's `\/`.
const TOKEN_ENDPOINT: &str = r##"sed -n 's/.*"token_endpoint" *: *"\([^"]*\)".*/\1/p' | sed 's#\\/#/#g' | head -n 1"##;

/// Writes the regional service's request for curl's standard input.
const KEY_AS_JSON: &str = r#"json() { printf %s "$1" | sed 's/[\\"]/\\&/g'; }
printf '{"accessKeyId":"%s","accessKeySecret":"%s"}' \
  "$(json "$CXONE_ACCESS_KEY_ID")" "$(json "$CXONE_ACCESS_KEY_SECRET")" |
"#;

/// Percent-encoding in awk, for what only the environment knows.
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
