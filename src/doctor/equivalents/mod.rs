//! The same settings in other forms: a provider block, a curl command, a Python script. None holds a secret.
//!
//! The command knows no `endpoint_params`, so the forms have none either.

mod curl;
mod hcl;
mod python;

use super::Emit;
use crate::settings::address::Address;
use crate::settings::config::Settings;
use crate::settings::credential::{Credential, Exchange};
use crate::settings::source::Source;
use oauth::{ClientAuthentication, HttpVersion, Issuer, ProxySettings};

/// The forms of one set of settings.
pub struct Equivalents {
    /// A provider block.
    pub hcl: String,
    /// A shell command that reads the secrets from the environment.
    pub curl: String,
    /// A Python script that reads the secrets from the environment.
    pub python: String,
}

impl Equivalents {
    /// The forms of `settings`.
    pub fn new(settings: &Settings) -> Self {
        match Form::new(settings) {
            Some(form) => Self { hcl: hcl::block(&form), curl: curl::command(&form), python: python::script(&form) },
            None => Self {
                hcl:
                    "provider \"cxone\" {\n  # access_token comes from the environment variable CXONE_ACCESS_TOKEN\n}\n"
                        .to_owned(),
                curl: NO_REQUEST.to_owned(),
                python: NO_REQUEST.to_owned(),
            },
        }
    }

    /// The form that `--emit` asks for.
    pub fn of(&self, emit: Emit) -> &str {
        match emit {
            Emit::Hcl => &self.hcl,
            Emit::Curl => &self.curl,
            Emit::Python => &self.python,
        }
    }
}

/// What all forms say, each in its own language.
struct Form<'a> {
    settings: &'a Settings,
    /// The client's credentials; the regional service takes none.
    client: Option<Client<'a>>,
    /// Whether an access key goes with the request: as user name and password, or by itself as JSON.
    has_access_key: bool,
    /// Where to ask for the token.
    token_url: Shown<'a>,
    /// Who is asked for the address first.
    issuer: Option<&'a Issuer>,
    /// A file with further roots to trust.
    ca_cert_file: Option<&'a str>,
}

/// The client's credentials, and how they are sent.
struct Client<'a> {
    id: Shown<'a>,
    authentication: ClientAuthentication,
}

/// A value that can be written out, or where it is found.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Text(&'a str),
    /// The environment variable that has it, because it may hold a secret.
    Variable(&'static str),
    /// The variable `token_url` of the form itself, which the issuer's answer gave its value.
    Discovered,
}

impl<'a> Form<'a> {
    /// `None` where a token is handed over, for which no request is made.
    fn new(settings: &'a Settings) -> Option<Self> {
        let (client, has_access_key, address) = match &settings.credential {
            Credential::Exchange(exchange) => {
                (Some(Client::new(exchange)), exchange.access_key.is_some(), &exchange.token_url.value)
            }
            Credential::AccessKey(exchange) => (None, true, &exchange.token_url.value),
            Credential::AccessToken(_) => return None,
        };
        let (token_url, issuer) = match address {
            Address::Endpoint(endpoint) if endpoint.url().query().is_none() => {
                (Shown::Text(endpoint.url().as_str()), None)
            }
            Address::Endpoint(_) => (Shown::Variable("CXONE_TOKEN_URL"), None),
            Address::Issuer(discovery) => (Shown::Discovered, Some(discovery.issuer())),
        };
        let ca_cert_file =
            settings.transport.ca_cert.as_ref().and_then(Source::value_file).and_then(std::path::Path::to_str);
        Some(Self { settings, client, has_access_key, token_url, issuer, ca_cert_file })
    }

    fn authentication(&self) -> Option<ClientAuthentication> {
        self.client.as_ref().map(|client| client.authentication)
    }

    /// The value of `grant_type`, also where no such field is sent.
    fn grant_type(&self) -> &'static str {
        self.settings.credential.grant().unwrap_or_default().as_str()
    }

    /// The fields after the credentials.
    fn other_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if !self.settings.scopes.value.is_empty() {
            fields.push(("scope", self.settings.scopes.value.to_wire()));
        }
        fields.extend(self.settings.audience.as_ref().map(|audience| ("audience", audience.value.clone())));
        fields
    }

    fn is_http11(&self) -> bool {
        self.settings.transport.http.http_version == HttpVersion::Http11
    }

    fn is_unverified(&self) -> bool {
        self.settings.transport.http.insecure_skip_verify
    }

    /// Whether a proxy of our own setting is used; those of the usual variables are found by curl and Python as well.
    fn has_own_proxy(&self) -> bool {
        matches!(self.settings.transport.http.proxy, ProxySettings::Url(_))
    }

    fn timeout_seconds(&self) -> f64 {
        self.settings.transport.http.request_timeout.as_secs_f64()
    }

    /// What the form cannot say, as comments without their mark.
    fn remarks(&self) -> Vec<&'static str> {
        let mut remarks = Vec::new();
        if self.has_own_proxy() && self.settings.transport.proxy.as_ref().and_then(Source::variable).is_none() {
            remarks.push("Set CXONE_HTTP_PROXY to the proxy's address first.");
        }
        if self.settings.transport.ca_cert.is_some() && self.ca_cert_file.is_none() {
            remarks.push("The certificates of CXONE_CA_CERT_PEM are left out: write them to a file.");
        }
        if self.settings.transport.client_cert.is_some() {
            remarks.push("The client certificate of CXONE_CLIENT_CERT_PEM is left out: write it and its key to files.");
        }
        remarks
    }
}

impl<'a> Client<'a> {
    fn new(exchange: &'a Exchange) -> Self {
        Self {
            id: match exchange.may_show_client_id() {
                true => Shown::Text(&exchange.client_id.value),
                false => Shown::Variable("CXONE_CLIENT_ID"),
            },
            authentication: exchange.authentication.value,
        }
    }
}

/// A regular expression, the same to grep -E and to Python, for the token endpoints that the issuer may name: https on its
/// own domain, as the provider takes them.
fn token_endpoints(issuer: &Issuer) -> String {
    let literally = |text: &str| text.replace('.', r"\.").replace('[', r"\[").replace(']', r"\]");
    let host = match issuer.registrable_domain() {
        _ if issuer.is_loopback() => format!("https?://{}", literally(issuer.host())),
        Some(domain) => format!(r"https://([A-Za-z0-9-]+\.)*{}", literally(&domain)),
        None => format!("https://{}", literally(issuer.host())),
    };
    host + "(:[0-9]+)?([/?][^@]*)?"
}

const FOREIGN: &str = "The issuer names a token endpoint on another domain: nothing is sent.";

const NO_REQUEST: &str = "# The token is handed over in CXONE_ACCESS_TOKEN: no request is made for it.\n";
