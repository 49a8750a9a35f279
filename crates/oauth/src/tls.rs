//! The TLS side of the HTTP client: whom we trust, and who we are.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::certificate::Witness;
use super::pem::InvalidPem;
use super::{ErrorKind, HttpSettings, HttpVersion, Secret, pem};

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
    /// Whether certificate and key can be used, and belong together.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), InvalidIdentity> {
        self.certified_key(&ring::default_provider()).map(drop)
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, InvalidIdentity> {
        let chain = pem::chain(&self.certificate_pem).map_err(InvalidIdentity::Certificate)?;
        let key = pem::key(&self.key_pem, provider).map_err(InvalidIdentity::Key)?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // A key that does not tell its public half may well be the right one.
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
            Err(_) => Err(InvalidIdentity::Mismatch),
        }
    }
}

/// Why a client certificate and its key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// The certificate, by itself.
    #[error("the client certificate cannot be used: {0}")]
    Certificate(InvalidPem),
    /// The key, by itself.
    #[error("the client's private key cannot be used: {0}")]
    Key(InvalidPem),
    /// Each is fine, and the key is another certificate's.
    #[error("the client certificate and the private key do not belong together")]
    Mismatch,
}

/// A configuration that trusts the system's roots and the extra ones. Reads the system's store.
///
/// # Errors
///
/// [`ErrorKind::Setup`] when a certificate or key cannot be used.
pub(crate) fn secure(settings: &HttpSettings) -> Result<ClientConfig, ErrorKind> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if settings.insecure_skip_verify {
        Arc::new(AcceptAnyCertificate(Arc::clone(&provider)))
    } else {
        let extra =
            settings.extra_ca_pem.as_ref().map(|pem| pem::roots(pem.expose())).transpose().map_err(|error| {
                ErrorKind::Setup(format!("the additional trusted certificates cannot be used: {error}"))
            })?;
        let extra = extra.unwrap_or_default();
        let verifier = Verifier::new_with_extra_roots(extra.clone(), Arc::clone(&provider))
            .map_err(|error| ErrorKind::Setup(format!("the trusted root certificates cannot be loaded: {error}")))?;
        Arc::new(Witness(ListedOr::or(extra, Arc::new(verifier), Arc::clone(&provider))?))
    };
    let identity = settings.client_identity.as_ref().map(|identity| identity.certified_key(&provider));
    let identity = identity.transpose().map_err(|error| ErrorKind::Setup(error.to_string()))?;
    let builder = with_protocols(provider)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
    };
    // Some gateways break on HTTP/2 for this one call, so that it can be switched off where it is negotiated.
    config.alpn_protocols = match settings.http_version {
        HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        HttpVersion::Http11 => vec![b"http/1.1".to_vec()],
    };
    Ok(config)
}

fn with_protocols(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ErrorKind> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ErrorKind::Setup(format!("TLS cannot be set up: {error}")))
}

/// Trusts a server whose very certificate was named, by its names and dates alone: `openssl req -x509` makes one that says it
/// is an authority, which no chain may end in (RFC 5280 section 4.2.1.9). All others are judged by `others`.
#[derive(Debug)]
struct ListedOr {
    listed: Vec<CertificateDer<'static>>,
    by_list: Arc<WebPkiServerVerifier>,
    others: Arc<dyn ServerCertVerifier>,
}

impl ListedOr {
    fn or(
        listed: Vec<CertificateDer<'static>>,
        others: Arc<dyn ServerCertVerifier>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, ErrorKind> {
        if listed.is_empty() {
            return Ok(others);
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(listed.iter().cloned());
        let by_list = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| ErrorKind::Setup(format!("the trusted certificates cannot be used: {error}")))?;
        Ok(Arc::new(Self { listed, by_list, others }))
    }
}

impl ServerCertVerifier for ListedOr {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if !self.listed.iter().any(|listed| listed.as_ref() == end_entity.as_ref()) {
            return self.others.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        }
        let judgement = self.by_list.verify_server_cert(end_entity, &[], server_name, ocsp_response, now);
        match judgement {
            // What is wrong with the chain. The dates were right then: they are the first thing looked at.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_),
            )) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.others.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.others.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.others.supported_verify_schemes()
    }
}

/// [`HttpSettings::insecure_skip_verify`]: any certificate will do. The handshake is still signed by its key.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
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
            ("CA: no PEM", with_ca("hello"), "holds no certificate"),
            ("CA: broken", with_ca(broken), "holds an unusable certificate"),
            ("CA: a key", with_ca(one.key_pem.expose()), "holds a private key"),
            (
                "identity: no certificate",
                with_identity("", one.key_pem.expose()),
                "the client certificate cannot be used",
            ),
            (
                "identity: no key",
                with_identity(&one.certificate_pem, "canary-key"),
                "the client's private key cannot be used",
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
    fn the_http_version_decides_what_is_offered() {
        let offered = |http_version| {
            secure(&HttpSettings { http_version, ..HttpSettings::new("agent/1") }).unwrap().alpn_protocols
        };
        assert_eq!(offered(HttpVersion::Auto), [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert_eq!(offered(HttpVersion::Http11), [b"http/1.1".to_vec()]);
    }

    #[test]
    fn a_usable_identity_is_offered() {
        let settings = HttpSettings { client_identity: Some(identity()), ..HttpSettings::new("agent/1") };
        assert!(secure(&settings).unwrap().client_auth_cert_resolver.has_certs());
    }

    #[test]
    fn an_identity_is_judged_as_a_whole() {
        let (one, other) = (identity(), identity());
        assert_eq!(one.check(), Ok(()));
        let mixed = ClientIdentity { key_pem: other.key_pem, ..one };
        assert_eq!(mixed.check(), Err(InvalidIdentity::Mismatch));
    }
}
