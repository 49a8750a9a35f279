//! The same settings in other forms: a provider block, a curl command, a Python script. None holds a secret.
//!
//! The command knows no `endpoint_params`, so the forms have none either.

mod curl;
mod hcl;
mod python;

use super::Emit;
use crate::{
    oauth::{ClientAuthentication, Endpoint, HttpVersion, ProxySettings},
    provider::{
        Source,
        config::{Credential, Exchange, Settings},
    },
};

/// The forms of one set of settings.
pub struct Equivalents {
    /// A provider block.
    pub hcl: String,
    /// A shell command that reads the secret from CXONE_CLIENT_SECRET.
    pub curl: String,
    /// A Python script that reads the secret from CXONE_CLIENT_SECRET.
    pub python: String,
}

impl Equivalents {
    /// The forms of `settings`.
    pub fn new(settings: &Settings) -> Self {
        match &settings.credential {
            Credential::Exchange(exchange) => match exchange.plain_endpoint() {
                Some(endpoint) => {
                    let form = Form::new(settings, exchange, endpoint);
                    Self { hcl: hcl::block(&form), curl: curl::command(&form), python: python::script(&form) }
                }
                None => Self::none(),
            },
            Credential::AccessKey(_) => Self::none(),
            Credential::AccessToken(_) => Self {
                hcl:
                    "provider \"cxone\" {\n  # access_token comes from the environment variable CXONE_ACCESS_TOKEN\n}\n"
                        .to_owned(),
                curl: NO_REQUEST.to_owned(),
                python: NO_REQUEST.to_owned(),
            },
        }
    }

    /// Where nothing is written out.
    fn none() -> Self {
        let [hcl, curl, python] = [OTHER_GRANTS; 3].map(str::to_owned);
        Self { hcl, curl, python }
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
    exchange: &'a Exchange,
    settings: &'a Settings,
    token_url: Shown<'a>,
    client_id: Shown<'a>,
    /// A file with further roots to trust.
    ca_cert_file: Option<&'a str>,
}

/// A value that can be written out, or the environment variable that has it because it may hold a secret.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Text(&'a str),
    Variable(&'static str),
}

impl<'a> Form<'a> {
    fn new(settings: &'a Settings, exchange: &'a Exchange, endpoint: &'a Endpoint) -> Self {
        let url = endpoint.url();
        let ca_cert_file = match &settings.transport.ca_cert {
            Some(
                Source::FlagFile { path, .. } | Source::EnvironmentFile { path, .. } | Source::BlockFile { path, .. },
            ) => path.to_str(),
            _ => None,
        };
        Self {
            exchange,
            settings,
            token_url: if url.query().is_none() {
                Shown::Text(url.as_str())
            } else {
                Shown::Variable("CXONE_TOKEN_URL")
            },
            client_id: match exchange.may_show_client_id() {
                true => Shown::Text(&exchange.client_id.value),
                false => Shown::Variable("CXONE_CLIENT_ID"),
            },
            ca_cert_file,
        }
    }

    fn is_in_body(&self) -> bool {
        self.exchange.authentication.value == ClientAuthentication::ClientSecretPost
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
        if self.settings.transport.ca_cert.is_some() && self.ca_cert_file.is_none() {
            remarks.push("The certificates of CXONE_CA_CERT_PEM are left out: write them to a file.");
        }
        if self.settings.transport.client_cert.is_some() {
            remarks.push("The client certificate of CXONE_CLIENT_CERT_PEM is left out: write it and its key to files.");
        }
        remarks
    }
}

const OTHER_GRANTS: &str =
    "# Written out for grant_type = \"client_credentials\" with a token_url alone, and these settings are others.\n";

const NO_REQUEST: &str = "# The token is handed over in CXONE_ACCESS_TOKEN: no request is made for it.\n";
