//! The settings in other forms, secrets left to the environment: HTTP request, provider block, curl, Python.

use std::io::{self, Write};

use super::{Emit, checkup::Checkup};
use crate::{
    oauth::{BasicEncoding, ClientAuthentication},
    provider::config::{Credential, Exchange, Settings},
};

/// The forms of one set of settings. None holds a secret.
pub struct Snippets {
    /// The request as it travels, secrets masked; `None` when nothing is exchanged.
    pub request: Option<String>,
    /// A provider block.
    pub hcl: String,
    /// A curl command that reads the secret from CXONE_CLIENT_SECRET.
    pub curl: String,
    /// A Python script that reads the secret from CXONE_CLIENT_SECRET.
    pub python: String,
}

impl Snippets {
    /// The forms of `settings`.
    pub fn new(settings: &Settings) -> Self {
        match &settings.credential {
            Credential::Exchange(exchange) if exchange.is_plain() => {
                let form = form(settings);
                Self {
                    request: Some(request(exchange, &form)),
                    hcl: hcl(settings, exchange),
                    curl: curl(exchange, &form),
                    python: python(exchange, &form),
                }
            }
            Credential::Exchange(_) | Credential::AccessKey(_) => Self {
                request: None,
                hcl: OTHER_GRANTS.to_owned(),
                curl: OTHER_GRANTS.to_owned(),
                python: OTHER_GRANTS.to_owned(),
            },
            Credential::AccessToken(_) => Self {
                request: None,
                hcl: "provider \"cxone\" {\n  # access_token comes from CXONE_ACCESS_TOKEN\n}\n".to_owned(),
                curl: "# A token that was handed over needs no request.\n".to_owned(),
                python: "# A token that was handed over needs no request.\n".to_owned(),
            },
        }
    }
}

const OTHER_GRANTS: &str = "# Written for the grant client_credentials with a token_url alone.\n";

/// Writes the form that `--emit` asks for, or why there is none.
pub fn write(emit: Emit, checkup: &Checkup, out: &mut dyn Write) -> io::Result<()> {
    match &checkup.snippets {
        None => writeln!(out, "{}", checkup.answer()),
        Some(snippets) => match emit {
            Emit::Hcl => write!(out, "{}", snippets.hcl),
            Emit::Curl => write!(out, "{}", snippets.curl),
            Emit::Python => write!(out, "{}", snippets.python),
        },
    }
}

/// The fields of the form that are no secrets; those of `endpoint_params` by name alone.
fn form(settings: &Settings) -> Vec<(String, String)> {
    let mut form = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
    if !settings.scopes.value.is_empty() {
        form.push(("scope".to_owned(), settings.scopes.value.to_wire()));
    }
    if let Some(audience) = &settings.audience {
        form.push(("audience".to_owned(), audience.value.clone()));
    }
    form.extend(settings.parameters.keys().map(|name| (name.clone(), MASK.to_owned())));
    form
}

fn request(exchange: &Exchange, form: &[(String, String)]) -> String {
    let url = exchange.token_url.value.url();
    let mut body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let mut head = format!(
        "POST {} HTTP/1.1\nHost: {}\nContent-Type: application/x-www-form-urlencoded\nAccept: application/json\n",
        url.path(),
        exchange.token_url.value.host(),
    );
    match exchange.authentication.value {
        ClientAuthentication::ClientSecretBasic => {
            let encoding = match exchange.basic_encoding.value {
                BasicEncoding::Raw => "as they are",
                BasicEncoding::Rfc6749 => "percent-encoded",
            };
            head.push_str(&format!("Authorization: Basic {MASK}   (id and secret, {encoding})\n"));
        }
        ClientAuthentication::ClientSecretPost => {
            let id = form_urlencoded::Serializer::new(String::new())
                .append_pair("client_id", &exchange.client_id.value)
                .finish();
            body.push_str(&format!("&{id}&client_secret={MASK}"));
        }
    }
    format!("{head}\n{body}\n")
}

fn hcl(settings: &Settings, exchange: &Exchange) -> String {
    let mut lines = vec![
        ("token_url", quote_hcl(exchange.token_url.value.url().as_str())),
        ("client_id", quote_hcl(&exchange.client_id.value)),
    ];
    if !settings.scopes.value.is_empty() {
        let scopes = settings.scopes.value.iter().map(|scope| quote_hcl(scope)).collect::<Vec<_>>();
        lines.push(("scopes", format!("[{}]", scopes.join(", "))));
    }
    if let Some(audience) = &settings.audience {
        lines.push(("audience", quote_hcl(&audience.value)));
    }
    if exchange.authentication.value == ClientAuthentication::ClientSecretPost {
        lines.push(("token_endpoint_auth_method", quote_hcl("client_secret_post")));
    }
    if exchange.basic_encoding.value == BasicEncoding::Rfc6749 {
        lines.push(("basic_auth_encoding", quote_hcl("rfc6749")));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = lines.iter().map(|(name, value)| format!("  {name:<width$} = {value}\n")).collect::<String>();
    format!(
        "provider \"cxone\" {{\n{lines}  # client_secret comes from the environment variable CXONE_CLIENT_SECRET\n}}\n"
    )
}

fn curl(exchange: &Exchange, form: &[(String, String)]) -> String {
    let mut parts = vec![format!("curl --request POST {}", quote_shell(exchange.token_url.value.url().as_str()))];
    parts.push("--header 'Accept: application/json'".to_owned());
    match exchange.authentication.value {
        ClientAuthentication::ClientSecretBasic => {
            parts.push(format!("--user {}:\"$CXONE_CLIENT_SECRET\"", quote_shell(&exchange.client_id.value)));
        }
        ClientAuthentication::ClientSecretPost => {
            parts.push(format!("--data-urlencode {}", quote_shell(&format!("client_id={}", exchange.client_id.value))));
            parts.push("--data-urlencode client_secret=\"$CXONE_CLIENT_SECRET\"".to_owned());
        }
    }
    for (name, value) in form {
        parts.push(format!("--data-urlencode {}", quote_shell(&format!("{name}={value}"))));
    }
    format!("{}\n", parts.join(" \\\n  "))
}

fn python(exchange: &Exchange, form: &[(String, String)]) -> String {
    let id = quote_python(&exchange.client_id.value);
    let mut data = form
        .iter()
        .map(|(name, value)| format!("        {}: {},\n", quote_python(name), quote_python(value)))
        .collect::<String>();
    let auth = match exchange.authentication.value {
        ClientAuthentication::ClientSecretBasic => format!("    auth=({id}, os.environ[\"CXONE_CLIENT_SECRET\"]),\n"),
        ClientAuthentication::ClientSecretPost => {
            data.push_str(&format!("        \"client_id\": {id},\n"));
            data.push_str("        \"client_secret\": os.environ[\"CXONE_CLIENT_SECRET\"],\n");
            String::new()
        }
    };
    format!(
        "import os\n\nimport requests\n\nanswer = requests.post(\n    {},\n    data={{\n{data}    }},\n{auth}    \
         headers={{\"Accept\": \"application/json\"}},\n    timeout=30,\n    allow_redirects=False,\n)\n\
         answer.raise_for_status()\nprint(sorted(answer.json()))  # names only: never print the token\n",
        quote_python(exchange.token_url.value.url().as_str()),
    )
}

const MASK: &str = "********";

fn quote_hcl(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{escaped}\"")
}

fn quote_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn quote_python(text: &str) -> String {
    // A JSON string is a Python string.
    serde_json::Value::from(text).to_string()
}
