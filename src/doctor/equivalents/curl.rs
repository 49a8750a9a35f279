//! The curl command.

use super::{Form, Held, Shown};
use oauth::ClientAuthentication;

/// A POSIX shell command that sends the same request. curl reads the secrets from standard input: other users can read
/// the arguments of a process.
///
/// Everything runs in a subshell, because `${VARIABLE:?}` would otherwise not stop a command in an interactive shell.
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
    // A percent-encoded pair contains no characters that need an escape.
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
        // `$(...)` removes the newline at the end of the file, but not the carriage return of a Windows file.
        Held::File(path) => format!(
            "{name}=$(cat {})\n{name}=${{{name}%\"$(printf '\\r')\"}}\n: \"${{{name}:?its file is empty}}\"\n",
            quoted(path)
        ),
    }
}

/// The commands that write curl's configuration, which contains all possible secrets.
fn configuration(form: &Form<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(client) = &form.client else {
        // curl's configuration has the escapes of JSON strings. So a text that is escaped twice is JSON inside of it.
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

/// One line of curl's configuration. `word` is its value as a word of the shell.
fn line(option: &str, word: &str) -> String {
    format!("printf '{option} = \"%s\"\\n' {word}")
}

/// The command and its arguments, which contain no secret.
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
    // Without a client, the body is JSON and already in the configuration.
    if form.client.is_some() {
        let grant_type = ("grant_type", form.grant_type().to_owned());
        let fields = [grant_type].into_iter().chain(form.other_fields());
        options.extend(fields.map(|(name, value)| format!("--data-urlencode {}", quoted(&format!("{name}={value}")))));
    }
    options
}

/// The proxy of our own setting, in curl's variables: its address may contain a password.
fn proxy(form: &Form<'_>) -> &'static str {
    // An empty exception list, because our own proxy applies to all hosts.
    if form.has_own_proxy() { "https_proxy=\"$proxy\" no_proxy= NO_PROXY= " } else { "" }
}

/// The value as a word of the shell, or the script's variable that contains it.
fn shown(value: Shown<'_>, name: &str) -> String {
    match value {
        Shown::Text(text) => quoted(text),
        Shown::Variable(_) => format!("\"${name}\""),
    }
}

fn quoted(text: &str) -> String {
    // In single quotes, a POSIX shell replaces nothing. Only the quote itself needs an escape.
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

/// Lets curl percent-encode a value. `--proto =file` forbids http, so curl builds the address and sends nothing. curl
/// writes a space as `+`, which is right only in a form.
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
