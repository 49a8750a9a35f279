//! The TLS side of the HTTP client: whom we trust, and who we are.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::certificate::Witness;
use super::{ErrorKind, HttpSettings, HttpVersion, pem};

/// A configuration that trusts the system's roots and the extra ones. Reads the system's store.
///
/// # Errors
///
/// [`ErrorKind::Setup`], naming the setting, when a certificate or key cannot be used.
pub(crate) fn secure(settings: &HttpSettings) -> Result<ClientConfig, ErrorKind> {
    let provider = Arc::new(ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = if settings.insecure_skip_verify {
        Arc::new(AcceptAnyCertificate(Arc::clone(&provider)))
    } else {
        let extra = settings.extra_ca_pem.as_deref().map(pem::roots).transpose().map_err(|error| {
            ErrorKind::Setup(format!("ca_cert_pem (or the file of ca_cert_file) cannot be used: {error}"))
        })?;
        let extra = extra.unwrap_or_default();
        let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
            .map_err(|error| ErrorKind::Setup(format!("the trusted root certificates cannot be loaded: {error}")))?;
        Arc::new(Witness(Arc::new(verifier)))
    };
    let identity = settings.client_identity.as_ref().map(|identity| pem::certified_key(identity, &provider));
    let identity = identity.transpose().map_err(|error| ErrorKind::Setup(error.to_string()))?;
    let builder = with_protocols(provider)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
    };
    config.alpn_protocols = match settings.http_version {
        HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        HttpVersion::Http11 => vec![b"http/1.1".to_vec()],
    };
    Ok(config)
}

/// A configuration that trusts nobody, for a client that speaks plain HTTP to loopback: loads nothing.
pub(crate) fn unused() -> Result<ClientConfig, ErrorKind> {
    let builder = with_protocols(Arc::new(ring::default_provider()))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with_protocols(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ErrorKind> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ErrorKind::Setup(format!("TLS cannot be set up: {error}")))
}

/// `tls_insecure_skip_verify`: any certificate will do. The handshake is still signed by its key.
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
    use crate::{ClientIdentity, Secret};

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
        let with_ca = |pem: &str| HttpSettings { extra_ca_pem: Some(pem.into()), ..HttpSettings::default() };
        let with_identity = |certificate_pem: &str, key_pem: &str| HttpSettings {
            client_identity: Some(ClientIdentity {
                certificate_pem: certificate_pem.into(),
                key_pem: Secret::new(key_pem),
            }),
            ..HttpSettings::default()
        };
        let cases = [
            ("CA: no PEM", with_ca("hello"), "holds no certificate"),
            ("CA: broken", with_ca(broken), "holds an unusable certificate"),
            ("CA: a key", with_ca(one.key_pem.expose()), "holds a private key"),
            ("identity: no certificate", with_identity("", one.key_pem.expose()), "client_cert_pem"),
            ("identity: no key", with_identity(&one.certificate_pem, "canary-key"), "client_key_pem"),
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
        let offered =
            |http_version| secure(&HttpSettings { http_version, ..HttpSettings::default() }).unwrap().alpn_protocols;
        assert_eq!(offered(HttpVersion::Auto), [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert_eq!(offered(HttpVersion::Http11), [b"http/1.1".to_vec()]);
    }

    #[test]
    fn a_usable_identity_is_offered() {
        let settings = HttpSettings { client_identity: Some(identity()), ..HttpSettings::default() };
        assert!(secure(&settings).unwrap().client_auth_cert_resolver.has_certs());
    }
}
