//! The TLS settings of the HTTP client: the trusted certificates and our own.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme, WantsVerifier,
};

use super::certificate::RefusedCertificate;
use super::pem::InvalidPem;
use super::{ErrorKind, HttpSettings, HttpVersion, Secret, TrustStore, TrustedPlace, pem};

/// A certificate chain and its key for mutual TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The chain in PEM, our own certificate first.
    pub certificate_pem: String,
    /// The private key in PEM.
    pub key_pem: Secret,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate_pem: _, key_pem } = self;
        formatter.debug_struct("ClientIdentity").field("key_pem", key_pem).finish_non_exhaustive()
    }
}

impl ClientIdentity {
    /// Checks that certificate and key are usable and belong together.
    ///
    /// # Errors
    ///
    /// The first fault.
    pub fn check(&self) -> Result<(), InvalidIdentity> {
        self.certified_key(&ring::default_provider()).map(drop)
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, InvalidIdentity> {
        let chain = pem::chain(&self.certificate_pem).map_err(InvalidIdentity::Certificate)?;
        let key = pem::key(&self.key_pem, provider).map_err(InvalidIdentity::Key)?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // Such a key does not contain its public half. It can still be the right one.
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
            Err(_) => Err(InvalidIdentity::Mismatch),
        }
    }
}

/// Why a client certificate and its key are not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// The certificate is invalid.
    #[error("the client certificate is not usable: {0}")]
    Certificate(InvalidPem),
    /// The key is invalid.
    #[error("the client's private key is not usable: {0}")]
    Key(InvalidPem),
    /// Both are valid, but the key belongs to another certificate.
    #[error("the client certificate and the private key do not belong together")]
    Mismatch,
}

/// The settings of secure connections, and the sources of their trust.
pub(crate) struct SecureSettings {
    pub(crate) config: Arc<ClientConfig>,
    /// The places in the environment variables of the system's store.
    pub(crate) places: Vec<TrustedPlace>,
}

/// A configuration that trusts the system's roots and the extra ones. Reads the system's store.
///
/// # Errors
///
/// [`ErrorKind::Setup`] if a certificate or key is not usable, or no certificate is trusted.
pub(crate) fn secure(settings: &HttpSettings) -> Result<SecureSettings, ErrorKind> {
    let provider = Arc::new(ring::default_provider());
    // Without verification, a machine without any root certificate works as well.
    let (trust, places) = match settings.insecure_skip_verify {
        true => (Trust::Anything, Vec::new()),
        false => Trust::of(settings, &provider)?,
    };
    // Our own verifier, because a listed certificate needs no chain, and messages show the rejected one.
    let verifier = Arc::new(Verifier { trust, algorithms: provider.signature_verification_algorithms });
    let identity = settings.client_identity.as_ref().map(|identity| identity.certified_key(&provider));
    let identity = identity.transpose().map_err(|error| ErrorKind::Setup(error.to_string()))?;
    let builder = with_protocols(provider)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
    };
    // Some gateways fail with HTTP/2 for token requests, so a setting can turn its negotiation off.
    config.alpn_protocols = match settings.http_version {
        HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        HttpVersion::Http11 => vec![b"http/1.1".to_vec()],
    };
    Ok(SecureSettings { config: Arc::new(config), places })
}

/// A configuration that trusts nobody, for a client of plain http. Loads nothing.
///
/// # Errors
///
/// [`ErrorKind::Setup`] if rustls has no protocol version.
pub(crate) fn unused() -> Result<ClientConfig, ErrorKind> {
    let builder = with_protocols(Arc::new(ring::default_provider()))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with_protocols(provider: Arc<CryptoProvider>) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, ErrorKind> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ErrorKind::Setup(format!("TLS cannot be set up: {error}")))
}

/// Judges a server's certificate. The handshake is always verified with the certificate's key.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The trusted certificates.
#[derive(Debug)]
enum Trust {
    /// Any certificate, because of [`HttpSettings::insecure_skip_verify`].
    Anything,
    /// The certificates that the operating system trusts.
    #[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
    System(Arc<dyn ServerCertVerifier>),
    /// Certificates that chain to a root, and the roots themselves.
    Roots {
        roots: Vec<CertificateDer<'static>>,
        by_roots: Arc<WebPkiServerVerifier>,
        /// The operating system's verifier for all other certificates; `None` if the store is files.
        system: Option<Arc<dyn ServerCertVerifier>>,
    },
}

impl Trust {
    fn of(settings: &HttpSettings, provider: &Arc<CryptoProvider>) -> Result<(Self, Vec<TrustedPlace>), ErrorKind> {
        let extra = settings.extra_ca_pem.as_ref().map(|pem| pem::roots(pem.expose())).transpose();
        let extra = extra.map_err(|error| {
            ErrorKind::Setup(format!("the additional trusted certificates are not usable: {error}"))
        })?;
        Self::with(extra.unwrap_or_default(), &settings.trust, provider)
    }

    /// Trusts `extra` and the store of this machine.
    #[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
    fn with(
        extra: Vec<CertificateDer<'static>>,
        store: &TrustStore,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(Self, Vec<TrustedPlace>), ErrorKind> {
        let (mut roots, places) = store.read();
        // In addition to the system's roots, never instead of them.
        roots.extend(extra);
        let mut usable = RootCertStore::empty();
        usable.add_parsable_certificates(roots.iter().cloned());
        if usable.is_empty() {
            let named: String = places.iter().map(|place| format!("{place}; ")).collect();
            return Err(ErrorKind::Setup(format!(
                "this machine has no root certificate to trust: {named}install the package ca-certificates, or name a \
                 certificate to trust"
            )));
        }
        Ok((Self::Roots { by_roots: by_roots(usable, provider)?, roots, system: None }, places))
    }

    /// As above, on systems that verify certificates themselves.
    #[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
    fn with(
        extra: Vec<CertificateDer<'static>>,
        _store: &TrustStore,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(Self, Vec<TrustedPlace>), ErrorKind> {
        let mut usable = RootCertStore::empty();
        usable.add_parsable_certificates(extra.iter().cloned());
        let system = rustls_platform_verifier::Verifier::new_with_extra_roots(extra.clone(), Arc::clone(provider))
            .map_err(|error| ErrorKind::Setup(format!("the trusted root certificates cannot be loaded: {error}")))?;
        if usable.is_empty() {
            // rustls' verifier needs at least one root.
            return Ok((Self::System(Arc::new(system)), Vec::new()));
        }
        let system: Arc<dyn ServerCertVerifier> = Arc::new(system);
        Ok((Self::Roots { by_roots: by_roots(usable, provider)?, roots: extra, system: Some(system) }, Vec::new()))
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let (roots, by_roots, system) = match self {
            Self::Anything => return Ok(ServerCertVerified::assertion()),
            #[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
            Self::System(system) => {
                return system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
            }
            Self::Roots { roots, by_roots, system } => (roots, by_roots, system),
        };
        // Byte by byte: the same certificate, not merely the same name or key.
        if !roots.iter().any(|root| root.as_ref() == end_entity.as_ref()) {
            let others: &dyn ServerCertVerifier = match system {
                Some(system) => system.as_ref(),
                None => by_roots.as_ref(),
            };
            return others.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        }
        // As in Go, a server certificate that is itself a root is trusted if its names and dates are right: `openssl req
        // -x509` makes a certificate that claims to be an authority, and no chain may end in one (RFC 5280 section
        // 4.2.1.9).
        match by_roots.verify_server_cert(end_entity, &[], server_name, ocsp_response, now) {
            // A fault of the chain. The dates are right, because they are checked first.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_),
            )) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.trust.judge(end_entity, intermediates, server_name, ocsp_response, now);
        verdict.map_err(|error| RefusedCertificate::witness(error, end_entity, now))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn by_roots(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, ErrorKind> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| ErrorKind::Setup(format!("the trusted certificates are not usable: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> ClientIdentity {
        let made = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
        ClientIdentity { certificate_pem: made.cert.pem(), key_pem: Secret::new(made.key_pair.serialize_pem()) }
    }

    fn refusal(settings: HttpSettings) -> String {
        match secure(&settings) {
            Err(ErrorKind::Setup(text)) => text,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("accepted"),
        }
    }

    #[test]
    fn each_unusable_setting_is_named() {
        let (one, other) = (identity(), identity());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let with_ca = |pem: &str| HttpSettings { extra_ca_pem: Some(Secret::new(pem)), ..HttpSettings::new("agent/1") };
        let with_identity = |certificate_pem: &str, key_pem: &str| HttpSettings {
            client_identity: Some(ClientIdentity {
                certificate_pem: certificate_pem.into(),
                key_pem: Secret::new(key_pem),
            }),
            ..HttpSettings::new("agent/1")
        };
        let cases = [
            ("CA: no PEM", with_ca("hello"), "contains no PEM certificate"),
            ("CA: broken", with_ca(broken), "contains an unusable certificate"),
            ("CA: a key", with_ca(one.key_pem.expose()), "contains a private key"),
            (
                "identity: no certificate",
                with_identity("", one.key_pem.expose()),
                "the client certificate is not usable",
            ),
            (
                "identity: no key",
                with_identity(&one.certificate_pem, "canary-key"),
                "the client's private key is not usable",
            ),
            (
                "identity: another key",
                with_identity(&one.certificate_pem, other.key_pem.expose()),
                "do not belong together",
            ),
        ];
        for (name, settings, expected) in cases {
            let text = refusal(settings);
            assert!(text.contains(expected) && !text.contains("canary"), "{name}: {text}");
        }
    }

    #[test]
    fn a_machine_without_roots_is_told_which_variables_are_to_blame() {
        let trust = TrustStore { file: Some("/nonexistent/ca.pem".into()), folders: Some("/nonexistent".into()) };
        let without = || HttpSettings { trust: trust.clone(), ..HttpSettings::new("agent/1") };
        if cfg!(all(unix, not(target_vendor = "apple"))) {
            let text = refusal(without());
            for part in ["no root certificate", "SSL_CERT_FILE names /nonexistent/ca.pem, which", "SSL_CERT_DIR names"]
            {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        let own = Secret::new(identity().certificate_pem);
        assert!(
            secure(&HttpSettings { extra_ca_pem: Some(own), ..without() }).is_ok(),
            "our own certificate is enough"
        );
        assert!(secure(&HttpSettings { insecure_skip_verify: true, ..without() }).is_ok());
    }

    #[test]
    fn the_http_version_decides_what_is_offered() {
        let offered = |http_version| {
            secure(&HttpSettings { http_version, ..HttpSettings::new("agent/1") })
                .unwrap()
                .config
                .alpn_protocols
                .clone()
        };
        assert_eq!(offered(HttpVersion::Auto), [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert_eq!(offered(HttpVersion::Http11), [b"http/1.1".to_vec()]);
    }

    #[test]
    fn a_usable_identity_is_offered() {
        let settings = HttpSettings { client_identity: Some(identity()), ..HttpSettings::new("agent/1") };
        assert!(secure(&settings).unwrap().config.client_auth_cert_resolver.has_certs());
    }

    #[test]
    fn an_identity_is_judged_as_a_whole() {
        let (one, other) = (identity(), identity());
        assert_eq!(one.check(), Ok(()));
        let mixed = ClientIdentity { key_pem: other.key_pem, ..one };
        assert_eq!(mixed.check(), Err(InvalidIdentity::Mismatch));
    }
}
