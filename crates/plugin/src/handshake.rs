//! The handshake: who started the process, and the one line that tells the host where to connect.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;
use thiserror::Error;

use super::Environment;
use super::listener::Address;

/// How the process is to serve.
#[derive(Debug, Clone)]
pub enum Launch {
    /// A core started the process, owns it, and reads the handshake line.
    Hosted(Hosted),
    /// A developer started it (`--debug`); cores are pointed at it through `TF_REATTACH_PROVIDERS`.
    Standalone {
        /// The provider's source without a host: `namespace/name`.
        source: String,
    },
}

/// What the host asked for in the environment.
#[derive(Debug, Clone)]
pub struct Hosted {
    /// The only client certificate to accept; `None` where the host switched TLS off.
    pub(crate) client_certificate: Option<CertificateDer<'static>>,
    /// The TCP ports to choose from, should the transport be TCP.
    pub(crate) ports: RangeInclusive<u16>,
    /// Whether the host offered the one protocol version that is served here.
    pub(crate) version_offered: bool,
}

/// Why the process cannot serve as it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LaunchRefused {
    /// No magic cookie, or another one: started by hand.
    #[error(
        "This program is a provider plugin. Terraform and OpenTofu start it by themselves; it does nothing useful \
         when started by hand."
    )]
    NotStartedByCore,
    /// `PLUGIN_CLIENT_CERT` is set and is not a certificate. Serving without TLS instead would let anybody in.
    #[error(
        "The environment variable PLUGIN_CLIENT_CERT is set, but holds no certificate that could be read. The \
         process that starts this plugin has to pass its client certificate there, in PEM form."
    )]
    ClientCertificate,
}

impl Launch {
    /// Reads the host's wishes.
    ///
    /// A host that does not offer protocol 6 is no error: the handshake line names version 6, and the host itself
    /// reports the mismatch to its user, who would never see what this process prints.
    ///
    /// # Errors
    /// [`LaunchRefused`]; its `Display` is meant for the person who sees the terminal.
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

/// The major protocol version that is served.
pub(crate) const PROTOCOL_VERSION: u32 = 6;

/// `1|6|unix|/path|grpc|certificate` (no line end): core protocol, protocol, network, address, transport, and the
/// server's certificate in unpadded base64, empty without TLS.
pub(crate) fn line(address: &Address, certificate: Option<&CertificateDer<'_>>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    format!("1|{PROTOCOL_VERSION}|{}|{address}|grpc|{certificate}", address.network())
}

fn parse_versions(versions: &str) -> BTreeSet<u32> {
    versions.split(',').filter_map(|version| version.trim().parse().ok()).collect()
}

fn parse_certificate(pem: &str) -> Result<CertificateDer<'static>, LaunchRefused> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| LaunchRefused::ClientCertificate)?;
    ParsedCertificate::try_from(&certificate).map_err(|_| LaunchRefused::ClientCertificate)?;
    Ok(certificate)
}

/// Not a secret: every core and every provider knows it.
const MAGIC_COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn hosted(versions: Option<&str>, certificate: Option<&str>) -> Result<Hosted, LaunchRefused> {
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
        for certificate in ["garbage", empty] {
            assert_eq!(hosted(None, Some(certificate)).unwrap_err(), LaunchRefused::ClientCertificate);
        }
    }

    #[test]
    fn the_line_has_six_fields_and_no_padding() {
        let address = Address::Unix(PathBuf::from("/tmp/x/s"));
        assert_eq!(line(&address, None), "1|6|unix|/tmp/x/s|grpc|");
        assert_eq!(line(&address, Some(&CertificateDer::from(vec![0xff_u8]))), "1|6|unix|/tmp/x/s|grpc|/w");
        let address = Address::Tcp("127.0.0.1:4711".parse().unwrap());
        assert_eq!(line(&address, None), "1|6|tcp|127.0.0.1:4711|grpc|");
    }
}
