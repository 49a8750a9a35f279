//! The same settings in other forms: a provider block, a curl command, a Python script. None contains a secret.
//!
//! The command has no flag for `endpoint_params`, so the forms have none either.

mod curl;
mod hcl;
mod python;

use std::path::Path;

use super::Emit;
use crate::settings::address::Address;
use crate::settings::config::Settings;
use crate::settings::credential::{Credential, Exchange};
use crate::settings::source::Source;
use oauth::{ClientAuthentication, Endpoint, HttpVersion, Issuer, ProxySettings};

/// The forms of one set of settings.
pub(super) struct Equivalents {
    /// A provider block.
    pub hcl: String,
    /// A shell command that reads the secrets from the environment or from their files.
    pub curl: String,
    /// A Python script that reads them in the same way.
    pub python: String,
}

impl Equivalents {
    /// The forms of `settings`. `endpoint` is the token endpoint, or `None` if the issuer was not asked.
    pub(super) fn new(settings: &Settings, endpoint: Option<&Endpoint>) -> Self {
        match Form::new(settings, endpoint) {
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
    pub(super) fn of(&self, emit: Emit) -> &str {
        match emit {
            Emit::Hcl => &self.hcl,
            Emit::Curl => &self.curl,
            Emit::Python => &self.python,
        }
    }
}

/// The common content of all forms.
struct Form<'a> {
    settings: &'a Settings,
    /// The client's credentials; `None` at the regional service, which has no clients.
    client: Option<Client<'a>>,
    /// The place of the access key's secret. It is sent as a password, or as JSON without a client.
    access_key_secret: Option<Held<'a>>,
    /// The token endpoint.
    token_url: Shown<'a>,
    /// The issuer that names the token endpoint.
    issuer: Option<&'a Issuer>,
    /// A file with further trusted root certificates.
    ca_cert_file: Option<&'a str>,
}

/// The client's credentials, and their authentication method.
struct Client<'a> {
    id: Shown<'a>,
    secret: Held<'a>,
    authentication: ClientAuthentication,
}

/// A value that can be printed, or its place.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Text(&'a str),
    /// The environment variable that contains the value, because it may be a secret.
    Variable(&'static str),
}

/// The place of a secret.
#[derive(Clone, Copy)]
enum Held<'a> {
    /// An environment variable.
    Variable(&'static str),
    /// A file. It may end in one newline.
    File(&'a str),
}

impl<'a> Form<'a> {
    /// `None` with `access_token`, because then no request is made.
    fn new(settings: &'a Settings, endpoint: Option<&'a Endpoint>) -> Option<Self> {
        let (client, access_key, address) = match &settings.credential {
            Credential::Exchange(exchange) => {
                (Some(Client::new(exchange)), exchange.access_key.as_ref(), &exchange.token_url.value)
            }
            Credential::AccessKey(exchange) => (None, Some(&exchange.access_key), &exchange.token_url.value),
            Credential::AccessToken(_) => return None,
        };
        let token_url = match endpoint.or(address.endpoint()) {
            // A query can contain a gateway's key.
            Some(endpoint) if endpoint.url().query().is_none() => Shown::Text(endpoint.url().as_str()),
            _ => Shown::Variable("CXONE_TOKEN_URL"),
        };
        let issuer = match address {
            Address::Endpoint(_) => None,
            Address::Issuer(discovery) => Some(discovery.issuer()),
        };
        Some(Self {
            settings,
            client,
            access_key_secret: access_key.map(|key| Held::by(&key.secret.source, "CXONE_ACCESS_KEY_SECRET")),
            token_url,
            issuer,
            ca_cert_file: settings.transport.ca_cert.as_ref().and_then(Source::value_file).and_then(Path::to_str),
        })
    }

    fn authentication(&self) -> Option<ClientAuthentication> {
        self.client.as_ref().map(|client| client.authentication)
    }

    /// The value of `grant_type`, even if the request has no such field.
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

    /// The values that the script does not contain, by their names in the script. All are read before the request, and
    /// an empty one ends the script.
    fn read_first(&self) -> Vec<(&'static str, Held<'a>)> {
        let of_shown = |name, value| match value {
            Shown::Variable(variable) => Some((name, Held::Variable(variable))),
            Shown::Text(_) => None,
        };
        let mut read_first = Vec::from_iter(of_shown("token_url", self.token_url));
        if let Some(client) = &self.client {
            read_first.extend(of_shown("client_id", client.id));
            read_first.push(("client_secret", client.secret));
        }
        if let Some(secret) = self.access_key_secret {
            read_first.push(("access_key_id", Held::Variable("CXONE_ACCESS_KEY_ID")));
            read_first.push(("access_key_secret", secret));
        }
        if self.has_own_proxy() {
            read_first.push(("proxy", Held::Variable("CXONE_HTTP_PROXY")));
        }
        read_first
    }

    fn is_http11(&self) -> bool {
        self.settings.transport.http.http_version == HttpVersion::Http11
    }

    fn is_unverified(&self) -> bool {
        self.settings.transport.http.insecure_skip_verify
    }

    /// Whether our own proxy setting is used. curl and Python read the usual proxy variables themselves.
    fn has_own_proxy(&self) -> bool {
        matches!(self.settings.transport.http.proxy, ProxySettings::Url(_))
    }

    fn timeout_seconds(&self) -> f64 {
        self.settings.transport.http.request_timeout.as_secs_f64()
    }

    /// Comments about the settings that the form cannot express.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        // The curl command and the script do not ask the issuer.
        if let (Some(issuer), Shown::Variable(variable)) = (self.issuer, self.token_url) {
            remarks.push(format!("Set {variable} to the token endpoint that {issuer} names."));
        }
        if self.has_own_proxy() && self.settings.transport.proxy.as_ref().and_then(Source::variable).is_none() {
            remarks.push("Set CXONE_HTTP_PROXY to the proxy's address first.".to_owned());
        }
        if self.settings.transport.ca_cert.is_some() && self.ca_cert_file.is_none() {
            remarks.push("The certificates of CXONE_CA_CERT_PEM are left out: write them to a file.".to_owned());
        }
        if self.settings.transport.client_cert.is_some() {
            let left_out =
                "The client certificate of CXONE_CLIENT_CERT_PEM is left out: write it and its key to files.";
            remarks.push(left_out.to_owned());
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
            secret: Held::by(&exchange.client_secret.source, "CXONE_CLIENT_SECRET"),
            authentication: exchange.authentication.value,
        }
    }
}

impl<'a> Held<'a> {
    /// The file of `source`, else `variable`.
    fn by(source: &'a Source, variable: &'static str) -> Self {
        // A path that is not UTF-8 cannot be printed in any of the forms.
        source.value_file().and_then(Path::to_str).map_or(Self::Variable(variable), Self::File)
    }
}

const NO_REQUEST: &str = "# The token is handed over in CXONE_ACCESS_TOKEN: no request is made for it.\n";
