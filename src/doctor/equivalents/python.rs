//! The Python script.

use super::{Form, Shown};
use crate::oauth::BasicEncoding;

/// A script with `requests` that sends the same request.
pub fn script(form: &Form<'_>) -> String {
    let mut text = form.remarks().iter().map(|remark| format!("# {remark}\n")).collect::<String>();
    let is_encoded = !form.is_in_body() && form.exchange.basic_encoding.value == BasicEncoding::Rfc6749;
    text.push_str("import os\n");
    if is_encoded {
        text.push_str("from urllib.parse import quote\n");
    }
    text.push_str("\nimport requests\n\nanswer = requests.post(\n");
    text.push_str(&format!("    {},\n    data={{\n", shown(form.token_url)));
    for (name, value) in fields(form) {
        text.push_str(&format!("        \"{name}\": {value},\n"));
    }
    text.push_str("    },\n");
    let (id, secret) = (shown(form.client_id), SECRET);
    if is_encoded {
        text.push_str(&format!("    auth=(quote({id}, safe=\"\"), quote({secret}, safe=\"\")),\n"));
    } else if !form.is_in_body() {
        text.push_str(&format!("    auth=({id}, {secret}),\n"));
    }
    let agent = quoted(&form.settings.transport.http.user_agent);
    text.push_str(&format!("    headers={{\"Accept\": \"application/json\", \"User-Agent\": {agent}}},\n"));
    text.push_str(&format!("    timeout={},\n    allow_redirects=False,\n", form.timeout_seconds()));
    text.push_str(&transport(form));
    text.push_str(")\n");
    text.push_str(END);
    text
}

fn fields(form: &Form<'_>) -> Vec<(&'static str, String)> {
    let mut fields = vec![("grant_type", quoted("client_credentials"))];
    if form.is_in_body() {
        fields.extend([("client_id", shown(form.client_id)), ("client_secret", SECRET.to_owned())]);
    }
    fields.extend(form.other_fields().into_iter().map(|(name, value)| (name, quoted(&value))));
    fields
}

fn transport(form: &Form<'_>) -> String {
    let mut text = String::new();
    if form.has_own_proxy() {
        text.push_str("    proxies=dict.fromkeys((\"http\", \"https\"), os.environ[\"CXONE_HTTP_PROXY\"]),\n");
    }
    if form.is_unverified() {
        text.push_str("    verify=False,\n");
    } else if let Some(path) = form.ca_cert_file {
        text.push_str(&format!("    verify={},\n", quoted(path)));
    }
    text
}

fn shown(value: Shown<'_>) -> String {
    match value {
        Shown::Text(text) => quoted(text),
        Shown::Variable(variable) => format!("os.environ[\"{variable}\"]"),
    }
}

/// A JSON string is a Python string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const SECRET: &str = "os.environ[\"CXONE_CLIENT_SECRET\"]";

const END: &str = "print(answer.status_code)\nanswer.raise_for_status()\nprint(sorted(answer.json()))  # names alone: never \
     print the token\n";
