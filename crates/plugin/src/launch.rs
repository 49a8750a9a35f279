//! The start of the process and its announcement: the handshake line for a host, or the reattach line for a developer.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;
use serde_json::json;
use thiserror::Error;

use crate::listener::Address;

/// The environment variables of the plugin protocol, read once and passed on as values.
#[derive(Clone, Default)]
pub struct Environment {
    /// `TF_PLUGIN_MAGIC_COOKIE`: shows that a core started the process.
    pub magic_cookie: Option<String>,
    /// `PLUGIN_PROTOCOL_VERSIONS`: the host's major versions, separated by commas, in any order.
    pub protocol_versions: Option<String>,
    /// `PLUGIN_CLIENT_CERT`: the only accepted client certificate, in PEM; `None` if TLS is off. An `OsString`, because
    /// a value that is not Unicode must be rejected: if it counted as unset, TLS would be off.
    pub client_certificate: Option<OsString>,
    /// `PLUGIN_MIN_PORT`: the first TCP port to try.
    pub min_port: Option<u16>,
    /// `PLUGIN_MAX_PORT`: the last TCP port to try.
    pub max_port: Option<u16>,
    /// The log level: `TF_LOG_PROVIDER_<NAME>`, else `TF_LOG_PROVIDER`, else `TF_LOG`; `None` if all are unset.
    pub log_level: Option<String>,
}

impl Environment {
    /// Reads the process's environment. `provider` is the provider's type name, as in `TF_LOG_PROVIDER_<NAME>`.
    pub fn from_process(provider: &str) -> Self {
        Self::from_lookup(provider, |variable| std::env::var_os(variable))
    }

    /// As [`from_process`](Self::from_process), with any source of variables. Empty values count as unset.
    pub fn from_lookup(provider: &str, lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |variable: &str| lookup(variable).filter(|value| !value.is_empty());
        let read = |variable: &str| set(variable).and_then(|value| value.into_string().ok());
        let port = |variable: &str| read(variable).and_then(|value| value.parse().ok());
        // Providers in Go spell the name of this variable in the same way.
        let own_level = format!("TF_LOG_PROVIDER_{}", provider.to_uppercase().replace('-', "_"));
        Self {
            magic_cookie: read("TF_PLUGIN_MAGIC_COOKIE"),
            protocol_versions: read("PLUGIN_PROTOCOL_VERSIONS"),
            client_certificate: set("PLUGIN_CLIENT_CERT"),
            min_port: port("PLUGIN_MIN_PORT"),
            max_port: port("PLUGIN_MAX_PORT"),
            log_level: read(&own_level).or_else(|| read("TF_LOG_PROVIDER")).or_else(|| read("TF_LOG")),
        }
    }

    /// The TCP ports that the host allows.
    pub(crate) fn ports(&self) -> RangeInclusive<u16> {
        // The cores always set these very numbers.
        self.min_port.unwrap_or(10_000)..=self.max_port.unwrap_or(25_000)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { magic_cookie, protocol_versions, client_certificate, min_port, max_port, log_level } = self;
        formatter
            .debug_struct("Environment")
            .field("magic_cookie", &magic_cookie.is_some())
            .field("protocol_versions", protocol_versions)
            .field("client_certificate", &client_certificate.is_some())
            .field("min_port", min_port)
            .field("max_port", max_port)
            .field("log_level", log_level)
            .finish()
    }
}

/// The way to serve.
#[derive(Debug, Clone)]
pub enum Launch {
    /// A core started the process, owns it, and reads the handshake line.
    Hosted(Hosted),
    /// A developer started it (`--debug`). `TF_REATTACH_PROVIDERS` points cores at it.
    Standalone {
        /// The provider's source without a host: `namespace/name`.
        source: String,
    },
}

/// The host's requirements in the environment.
#[derive(Debug, Clone)]
pub struct Hosted {
    /// The only accepted client certificate; `None` if the host turned TLS off.
    pub(crate) client_certificate: Option<CertificateDer<'static>>,
    /// The TCP ports to choose from if the transport is TCP.
    pub(crate) ports: RangeInclusive<u16>,
    /// Whether the host offers our protocol version.
    pub(crate) version_offered: bool,
}

/// Why the process cannot serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LaunchRefused {
    /// The magic cookie is missing or wrong: somebody started the program by hand.
    #[error(
        "This program is a provider plugin, which Terraform and OpenTofu start. It does nothing useful if you start \
         it yourself."
    )]
    NotStartedByCore,
    /// `PLUGIN_CLIENT_CERT` is not a certificate. A server without TLS instead would accept any client.
    #[error(
        "The environment variable PLUGIN_CLIENT_CERT is set, but contains no readable certificate. The process that \
         starts this plugin must put its client certificate there, in PEM."
    )]
    ClientCertificate,
}

impl Launch {
    /// Reads the host's requirements.
    ///
    /// A host without protocol 6 is not an error here. The handshake line names version 6, and the host reports the
    /// mismatch to its user, who does not see the output of this process.
    ///
    /// # Errors
    /// [`LaunchRefused`], with a text for the person at the terminal.
    pub fn from_environment(environment: &Environment) -> Result<Self, LaunchRefused> {
        if environment.magic_cookie.as_deref() != Some(MAGIC_COOKIE) {
            return Err(LaunchRefused::NotStartedByCore);
        }
        let client_certificate = environment.client_certificate.as_deref().map(parse_certificate).transpose()?;
        let version_offered = environment
            .protocol_versions
            .as_deref()
            .is_none_or(|versions| parse_versions(versions).contains(&PROTOCOL_VERSION));
        Ok(Self::Hosted(Hosted { client_certificate, ports: environment.ports(), version_offered }))
    }

    /// Serves without a host, for debuggers and tests. `source` is `namespace/name`.
    pub fn standalone(source: impl Into<String>) -> Self {
        Self::Standalone { source: source.into() }
    }
}

// The major version; minor versions are not on the wire. Every core with ephemeral resources offers 6, so support for 5
// would gain nothing.
const PROTOCOL_VERSION: u32 = 6;

/// `1|6|unix|/path|grpc|certificate` (without a line end): core protocol, protocol, network, address, transport, and
/// the server's certificate in unpadded base64, empty without TLS.
pub(crate) fn handshake_line(address: &Address, certificate: Option<&CertificateDer<'_>>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    // A seventh field would turn multiplexing on, which is allowed only if the host asks for it.
    format!("1|{PROTOCOL_VERSION}|{}|{address}|grpc|{certificate}", address.network())
}

// A set, because go-plugin writes the versions in the random order of a Go map: `5,6` or `6,5`.
fn parse_versions(versions: &str) -> BTreeSet<u32> {
    versions.split(',').filter_map(|version| version.trim().parse().ok()).collect()
}

fn parse_certificate(pem: &OsStr) -> Result<CertificateDer<'static>, LaunchRefused> {
    let pem = pem.to_str().ok_or(LaunchRefused::ClientCertificate)?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| LaunchRefused::ClientCertificate)?;
    // Every handshake needs its key. To fail at the start is better than to serve without any possible client.
    ParsedCertificate::try_from(&certificate).map_err(|_| LaunchRefused::ClientCertificate)?;
    Ok(certificate)
}

// Not a secret: it is the same constant in every core and every provider.
const MAGIC_COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The text for a developer: a line for a shell, with an entry for each core's default registry, because the cores
/// complete a source without a host differently.
pub(crate) fn reattach_instructions(source: &str, address: &Address, process_id: u32) -> String {
    let entry = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": process_id,
        // With `false`, Terraform 1.11.4 panics, and other cores end the process after one command.
        "Test": true,
        "Addr": { "Network": address.network(), "String": address.to_string() },
    });
    let providers: serde_json::Map<_, _> =
        REGISTRIES.iter().map(|registry| (format!("{registry}/{source}"), entry.clone())).collect();
    let providers = serde_json::Value::Object(providers);
    format!(
        "Provider started. To use it, set this variable in the shell that runs Terraform or \
         OpenTofu:\n\n\tTF_REATTACH_PROVIDERS='{providers}'\n\nThe provider runs until you interrupt it.\n"
    )
}

const REGISTRIES: [&str; 2] = ["registry.opentofu.org", "registry.terraform.io"];

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::path::PathBuf;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_lookup("my-cloud", |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_most_specific_log_variable_wins() {
        let all = [("TF_LOG", "warn"), ("TF_LOG_PROVIDER", "info"), ("TF_LOG_PROVIDER_MY_CLOUD", "trace")];
        for (variables, expected) in
            [(&all[..0], None), (&all[..1], Some("warn")), (&all[..2], Some("info")), (&all[..], Some("trace"))]
        {
            assert_eq!(environment(variables).log_level.as_deref(), expected);
        }
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let read = environment(&[("PLUGIN_CLIENT_CERT", ""), ("TF_LOG_PROVIDER", ""), ("TF_LOG", "debug")]);
        assert_eq!((read.client_certificate, read.log_level.as_deref()), (None, Some("debug")));
    }

    #[test]
    fn ports_default_to_the_range_that_cores_use() {
        assert_eq!(environment(&[]).ports(), 10_000..=25_000);
        assert_eq!(environment(&[("PLUGIN_MIN_PORT", "4000"), ("PLUGIN_MAX_PORT", "x")]).ports(), 4000..=25_000);
    }

    #[test]
    fn debug_output_shows_neither_cookie_nor_certificate() {
        let shown =
            format!("{:?}", environment(&[("TF_PLUGIN_MAGIC_COOKIE", "canary"), ("PLUGIN_CLIENT_CERT", "canary")]));
        assert!(!shown.contains("canary"), "{shown}");
    }

    fn hosted(versions: Option<&str>, certificate: Option<&OsStr>) -> Result<Hosted, LaunchRefused> {
        let environment = Environment {
            magic_cookie: Some(MAGIC_COOKIE.into()),
            protocol_versions: versions.map(Into::into),
            client_certificate: certificate.map(Into::into),
            ..Environment::default()
        };
        match Launch::from_environment(&environment)? {
            Launch::Hosted(hosted) => Ok(hosted),
            Launch::Standalone { .. } => unreachable!("the environment never asks for it"),
        }
    }

    #[test]
    fn a_missing_or_wrong_cookie_is_refused() {
        for cookie in [None, Some("wrong".to_owned())] {
            let environment = Environment { magic_cookie: cookie, ..Environment::default() };
            assert_eq!(Launch::from_environment(&environment).unwrap_err(), LaunchRefused::NotStartedByCore);
        }
    }

    #[test]
    fn versions_are_a_set() {
        for (versions, offered) in [
            (None, true),
            (Some("5,6"), true),
            (Some("6,5"), true),
            (Some(" 6 "), true),
            (Some("5"), false),
            (Some("x,16"), false),
        ] {
            assert_eq!(hosted(versions, None).unwrap().version_offered, offered, "{versions:?}");
        }
    }

    #[test]
    fn an_unreadable_client_certificate_is_refused_instead_of_serving_in_plain_text() {
        let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        // A readable certificate after a byte that is not Unicode.
        let pem = KeyPair::generate().and_then(|key| CertificateParams::default().self_signed(&key)).unwrap().pem();
        assert!(hosted(None, Some(OsStr::new(&pem))).unwrap().client_certificate.is_some());
        let mixed = [b"\xff\n", pem.as_bytes()].concat();
        for certificate in [OsStr::new("garbage"), OsStr::new(empty), OsStr::from_bytes(&mixed)] {
            assert_eq!(hosted(None, Some(certificate)).unwrap_err(), LaunchRefused::ClientCertificate);
        }
    }

    #[test]
    fn the_line_has_six_fields_and_no_padding() {
        let address = Address::Unix(PathBuf::from("/tmp/x/s"));
        assert_eq!(handshake_line(&address, None), "1|6|unix|/tmp/x/s|grpc|");
        assert_eq!(handshake_line(&address, Some(&CertificateDer::from(vec![0xff_u8]))), "1|6|unix|/tmp/x/s|grpc|/w");
        let address = Address::Tcp("127.0.0.1:4711".parse().unwrap());
        assert_eq!(handshake_line(&address, None), "1|6|tcp|127.0.0.1:4711|grpc|");
    }

    #[test]
    fn both_cores_find_their_entry() {
        let address = Address::Tcp("127.0.0.1:4711".parse().unwrap());
        let text = reattach_instructions("example/cloud", &address, 42);
        let line = text.lines().find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS='")).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(line.strip_suffix('\'').unwrap()).unwrap();
        let entry = json!({
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 42, "Test": true,
            "Addr": {"Network": "tcp", "String": "127.0.0.1:4711"},
        });
        let expected =
            json!({"registry.opentofu.org/example/cloud": entry, "registry.terraform.io/example/cloud": entry});
        assert_eq!(parsed, expected);
    }
}
