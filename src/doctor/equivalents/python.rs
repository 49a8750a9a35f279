//! The Python script.

use super::{FOREIGN, Form, Shown, token_endpoints};
use oauth::{ClientAuthentication, Issuer};

/// A script with `requests` that sends the same request.
pub fn script(form: &Form<'_>) -> String {
    let mut text = form.remarks().iter().map(|remark| format!("# {remark}\n")).collect::<String>();
    let is_encoded = form.authentication() == Some(ClientAuthentication::BasicRfc6749);
    text.push_str("import os\n");
    if form.issuer.is_some() {
        text.push_str("import re\n");
    }
    if is_encoded {
        text.push_str("from urllib.parse import quote\n");
    }
    text.push_str("\nimport requests\n\n");
    text.extend(form.issuer.map(|issuer| discovery(form, issuer)));
    text.push_str(&format!("answer = requests.post(\n    {},\n", shown(form.token_url)));
    text.push_str(if form.client.is_some() { "    data={\n" } else { "    json={\n" });
    for (name, value) in fields(form) {
        text.push_str(&format!("        \"{name}\": {value},\n"));
    }
    text.push_str("    },\n");
    if let Some(client) = &form.client {
        let (id, secret) = (shown(client.id), SECRET);
        match client.authentication {
            ClientAuthentication::BasicRfc6749 => {
                text.push_str(&format!("    auth=(quote({id}, safe=\"\"), quote({secret}, safe=\"\")),\n"));
            }
            ClientAuthentication::BasicRaw => text.push_str(&format!("    auth=({id}, {secret}),\n")),
            ClientAuthentication::Post => {}
        }
    }
    text.push_str(&common(form));
    text.push_str(")\n");
    text.push_str(END);
    text
}

/// Sets `token_url` to what the issuer's document says.
fn discovery(form: &Form<'_>, issuer: &Issuer) -> String {
    let document = quoted(issuer.openid_configuration().url().as_str());
    let request = format!("document = requests.get(\n    {document},\n{})\n", common(form));
    let allowed = token_endpoints(issuer);
    request
        + "document.raise_for_status()\ntoken_url = document.json()[\"token_endpoint\"]\n"
        + &format!("if not re.fullmatch(r\"{allowed}\", token_url):\n    raise SystemExit(\"{FOREIGN}\")\n\n")
}

fn fields(form: &Form<'_>) -> Vec<(&'static str, String)> {
    let Some(client) = &form.client else {
        return vec![("accessKeyId", KEY_ID.to_owned()), ("accessKeySecret", KEY_SECRET.to_owned())];
    };
    let mut fields = vec![("grant_type", quoted(form.grant_type()))];
    if form.has_access_key {
        fields.extend([("username", KEY_ID.to_owned()), ("password", KEY_SECRET.to_owned())]);
    }
    if client.authentication == ClientAuthentication::Post {
        fields.extend([("client_id", shown(client.id)), ("client_secret", SECRET.to_owned())]);
    }
    fields.extend(form.other_fields().into_iter().map(|(name, value)| (name, quoted(&value))));
    fields
}

/// What every request has.
fn common(form: &Form<'_>) -> String {
    let agent = quoted(&form.settings.transport.http.user_agent);
    let headers = format!("    headers={{\"Accept\": \"application/json\", \"User-Agent\": {agent}}},\n");
    headers + &format!("    timeout={},\n    allow_redirects=False,\n", form.timeout_seconds()) + &transport(form)
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
        Shown::Discovered => "token_url".to_owned(),
    }
}

/// A JSON string is a Python string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const SECRET: &str = "os.environ[\"CXONE_CLIENT_SECRET\"]";
const KEY_ID: &str = "os.environ[\"CXONE_ACCESS_KEY_ID\"]";
const KEY_SECRET: &str = "os.environ[\"CXONE_ACCESS_KEY_SECRET\"]";

const END: &str = "print(answer.status_code)\nif not answer.ok:\n    raise SystemExit(answer.text)\n\
     print(sorted(answer.json()))  # names alone: never print the token\n";
