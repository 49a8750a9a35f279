//! The curl command.

use super::{Form, Held, Shown};
use oauth::ClientAuthentication;

/// A POSIX shell command that sends the same request. Secrets reach curl by a configuration on its standard input and
/// not as arguments, which other users could read.
///
/// All of it is one subshell: `${VARIABLE:?}` then ends it where it is pasted into an interactive shell, too.
pub(super) fn command(form: &Form<'_>) -> String {
    let mut text = String::from("# Prints the whole response: a token in it is a secret.\n");
    text.extend(form.remarks().iter().map(|remark| format!("# {remark}\n")));
    text.push_str("(\n");
    text.extend(form.read_first().into_iter().map(|(name, held)| read(name, held)));
    let is_encoded =
        form.client.as_ref().is_some_and(|client| client.authentication == ClientAuthentication::BasicRfc6749);
    if is_encoded {
        text.push_str(PERCENT_ENCODED);
    }
    // The percent-encoded pair alone needs no escapes.
    if !is_encoded || form.access_key_secret.is_some() {
        text.push_str(ESCAPED);
    }
    let lines = configuration(form);
    text.push_str(&format!("{{\n  {}\n}} |\n  ", lines.join("\n  ")));
    text.push_str(&options(form).join(" \\\n    "));
    text.push_str("\n)\n");
    text
}

fn read(name: &str, held: Held<'_>) -> String {
    match held {
        Held::Variable(variable) => format!("{name}=${{{variable}:?is not set}}\n"),
        // The shell takes off the newline at the end, and a file from Windows has a carriage return before it.
        Held::File(path) => format!(
            "{name}=$(cat {})\n{name}=${{{name}%\"$(printf '\\r')\"}}\n: \"${{{name}:?its file is empty}}\"\n",
            quoted(path)
        ),
    }
}

/// The commands that write curl's configuration: everything that may be a secret.
fn configuration(form: &Form<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(client) = &form.client else {
        // The escapes of a JSON string are those of curl's configuration, so that what is escaped twice is JSON in it.
        return vec![
            "json=\"{\\\"accessKeyId\\\":\\\"$(escaped \"$access_key_id\")\\\",\
             \\\"accessKeySecret\\\":\\\"$(escaped \"$access_key_secret\")\\\"}\""
                .to_owned(),
            line("header", "'Content-Type: application/json'"),
            line("data-raw", "\"$(escaped \"$json\")\""),
        ];
    };
    let id = shown(client.id, "client_id");
    match client.authentication {
        basic @ (ClientAuthentication::BasicRaw | ClientAuthentication::BasicRfc6749) => {
            let encode = if basic == ClientAuthentication::BasicRaw { "escaped" } else { "percent_encoded" };
            lines.push(line("user", &format!("\"$({encode} {id}):$({encode} \"$client_secret\")\"")));
        }
        ClientAuthentication::Post => {
            lines.push(line("data-urlencode", &format!("\"client_id=$(escaped {id})\"")));
            lines.push(line("data-urlencode", "\"client_secret=$(escaped \"$client_secret\")\""));
        }
    }
    if form.access_key_secret.is_some() {
        lines.push(line("data-urlencode", "\"username=$(escaped \"$access_key_id\")\""));
        lines.push(line("data-urlencode", "\"password=$(escaped \"$access_key_secret\")\""));
    }
    lines
}

/// One line of curl's configuration, whose value is this word of the shell.
fn line(option: &str, word: &str) -> String {
    format!("printf '{option} = \"%s\"\\n' {word}")
}

/// The command and its arguments: nothing secret.
fn options(form: &Form<'_>) -> Vec<String> {
    let mut options = vec![
        format!("{}curl --config - --silent --show-error", proxy(form)),
        "--write-out '\\nHTTP %{http_code}\\n'".to_owned(),
        format!("--request POST {}", shown(form.token_url, "token_url")),
        "--header 'Accept: application/json'".to_owned(),
        format!("--user-agent {}", quoted(&form.settings.transport.http.user_agent)),
        format!("--max-time {}", form.timeout_seconds()),
    ];
    options.extend(form.ca_cert_file.map(|path| format!("--cacert {}", quoted(path))));
    if form.is_unverified() {
        options.push("--insecure".to_owned());
    }
    if form.is_http11() {
        options.push("--http1.1".to_owned());
    }
    if form.client.is_some() {
        let grant_type = ("grant_type", form.grant_type().to_owned());
        let fields = [grant_type].into_iter().chain(form.other_fields());
        options.extend(fields.map(|(name, value)| format!("--data-urlencode {}", quoted(&format!("{name}={value}")))));
    }
    options
}

/// The proxy of our own setting, by curl's own variables: its address may hold a password.
fn proxy(form: &Form<'_>) -> &'static str {
    if form.has_own_proxy() { "https_proxy=\"$proxy\" no_proxy= NO_PROXY= " } else { "" }
}

/// The value as a word of the shell, or the variable of the script that has it.
fn shown(value: Shown<'_>, name: &str) -> String {
    match value {
        Shown::Text(text) => quoted(text),
        Shown::Variable(_) => format!("\"${name}\""),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Escapes a value for quotes in curl's configuration.
const ESCAPED: &str = r#"escaped() {
  rest=$1
  while :; do
    case $rest in
    *[\\\"]*)
      before=${rest%%[\\\"]*}
      rest=${rest#"$before"}
      printf '%s\\%s' "$before" "${rest%"${rest#?}"}"
      rest=${rest#?}
      ;;
    *)
      printf %s "$rest"
      return
      ;;
    esac
  done
}
"#;

/// Has curl percent-encode a value: with no protocol allowed it builds the address, and sends nothing. It writes a space
/// as `+`, which is right in a form alone.
const PERCENT_ENCODED: &str = r#"percent_encoded() {
  rest=$(printf %s "$1" | curl --disable --silent --proto =file --get --data-urlencode @- \
    --write-out '%{url_effective}' http://localhost/)
  rest=${rest#*\?}
  while :; do
    case $rest in
    *+*) rest=${rest%%+*}%20${rest#*+} ;;
    *)
      printf %s "$rest"
      return
      ;;
    esac
  done
}
"#;
