//! The Python script.

use super::{Form, Held, Shown};
use oauth::ClientAuthentication;

/// A script that sends the same request with the library `requests`.
pub(super) fn script(form: &Form<'_>) -> String {
    let mut text = form.remarks().iter().map(|remark| format!("# {remark}\n")).collect::<String>();
    text.push_str("import os\nimport sys\n");
    if form.authentication() == Some(ClientAuthentication::BasicRfc6749) {
        text.push_str("from urllib.parse import quote\n");
    }
    text.push_str("\nimport requests\n\n");
    text.extend(form.read_first().into_iter().map(|(name, held)| read(name, held)));
    text.push_str(&format!("response = requests.post(\n    {},\n", shown(form.token_url, "token_url")));
    // The regional service accepts only JSON.
    text.push_str(if form.client.is_some() { "    data={\n" } else { "    json={\n" });
    for (name, value) in fields(form) {
        text.push_str(&format!("        \"{name}\": {value},\n"));
    }
    text.push_str("    },\n");
    text.extend(form.client.as_ref().and_then(|client| {
        let id = shown(client.id, "client_id");
        match client.authentication {
            ClientAuthentication::BasicRfc6749 => {
                Some(format!("    auth=(quote({id}, safe=\"\"), quote(client_secret, safe=\"\")),\n"))
            }
            // As bytes, because `requests` encodes text as Latin-1.
            ClientAuthentication::BasicRaw => Some(format!("    auth=({id}.encode(), client_secret.encode()),\n")),
            ClientAuthentication::Post => None,
        }
    }));
    text.push_str(&transport(form));
    text.push_str(")\n");
    text.push_str(END);
    text
}

fn read(name: &str, held: Held<'_>) -> String {
    match held {
        Held::Variable(variable) => {
            format!("{name} = os.environ.get(\"{variable}\") or sys.exit(\"Set {variable} first.\")\n")
        }
        Held::File(path) => {
            let path = quoted(path);
            format!(
                "with open({path}, encoding=\"utf-8\", newline=\"\") as file:\n    {name} = file.read()\n\
                 {name} = {name}.removesuffix(\"\\n\").removesuffix(\"\\r\") or sys.exit(\"The file is empty: \" + {path})\n"
            )
        }
    }
}

fn fields(form: &Form<'_>) -> Vec<(&'static str, String)> {
    let Some(client) = &form.client else {
        return vec![("accessKeyId", "access_key_id".to_owned()), ("accessKeySecret", "access_key_secret".to_owned())];
    };
    let mut fields = vec![("grant_type", quoted(form.grant_type()))];
    if form.access_key_secret.is_some() {
        fields.extend([("username", "access_key_id".to_owned()), ("password", "access_key_secret".to_owned())]);
    }
    if client.authentication == ClientAuthentication::Post {
        fields.extend([("client_id", shown(client.id, "client_id")), ("client_secret", "client_secret".to_owned())]);
    }
    fields.extend(form.other_fields().into_iter().map(|(name, value)| (name, quoted(&value))));
    fields
}

fn transport(form: &Form<'_>) -> String {
    let agent = quoted(&form.settings.transport.http.user_agent);
    let mut text = format!("    headers={{\"Accept\": \"application/json\", \"User-Agent\": {agent}}},\n");
    // A redirect would carry the credentials to another address, so the provider follows none either.
    text.push_str(&format!("    timeout={},\n    allow_redirects=False,\n", form.timeout_seconds()));
    if form.has_own_proxy() {
        text.push_str("    proxies=dict.fromkeys((\"http\", \"https\"), proxy),\n");
    }
    if form.is_unverified() {
        text.push_str("    verify=False,\n");
    } else if let Some(path) = form.ca_cert_file {
        text.push_str(&format!("    verify={},\n", quoted(path)));
    }
    text
}

/// The value, or the script's variable that contains it.
fn shown(value: Shown<'_>, name: &str) -> String {
    match value {
        Shown::Text(text) => quoted(text),
        Shown::Variable(_) => name.to_owned(),
    }
}

/// Every JSON string is also a Python string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const END: &str = "print(response.status_code)\nif not response.ok:\n    sys.exit(response.text)\n\
     print(sorted(response.json()))  # names alone: never print the token\n";
