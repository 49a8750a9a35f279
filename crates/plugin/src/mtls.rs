//! Mutual TLS as in go-plugin: the host trusts the certificate in the handshake line, and this server accepts exactly
//! one client certificate, byte for byte.

use std::sync::Arc;

use p521::ecdsa::signature::Verifier;
use p521::ecdsa::{Signature, VerifyingKey};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, ServerConfig, SignatureScheme,
};
use thiserror::Error as ThisError;

/// The server's TLS identity, new in every process.
pub(crate) struct ServerIdentity {
    /// For the accept loop.
    pub(crate) config: Arc<ServerConfig>,
    /// For the handshake line.
    pub(crate) certificate: CertificateDer<'static>,
}

/// Why there is no identity.
#[derive(Debug, ThisError)]
pub(crate) enum IdentityError {
    #[error("the server's certificate could not be made")]
    Certificate(#[from] rcgen::Error),
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
}

impl ServerIdentity {
    /// Makes a key and a certificate for `localhost`, for the one client certificate `client`.
    pub(crate) fn try_new(client: CertificateDer<'static>) -> Result<Self, IdentityError> {
        // The host trusts the certificate in the handshake line with any kind of key. Every TLS library supports P-256.
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        // Go checks only the alternative name, and expects `localhost` over any transport.
        let mut parameters = CertificateParams::new(["localhost".to_owned()])?;
        // Valid for so long that no wrong clock matters: the process itself limits the certificate's use.
        parameters.not_before = date_time_ymd(2000, 1, 1);
        parameters.not_after = date_time_ymd(2199, 12, 31);
        let certificate: CertificateDer<'static> = parameters.self_signed(&key)?.der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|message| Error::General(message.to_owned()))?;

        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(PinnedClient { client, provider: Arc::clone(&provider) });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.clone()], key)?;
        // grpc-go from 1.67 (Terraform 1.15, OpenTofu 1.11) rejects a server that does not negotiate HTTP/2.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // No resumption, so that every connection shows the client certificate.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), certificate })
    }
}

/// Accepts one certificate. Terraform's is a self-signed certificate authority with a P-521 key: chain building would
/// reject an authority as a client, and *ring* cannot verify P-521.
#[derive(Debug)]
struct PinnedClient {
    client: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // No hints: go-plugin's client has one certificate, and sends it to any server that asks.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // Both are public, so the comparison need not take constant time. The signature of the handshake, below, is the
        // proof.
        if *end_entity == self.client {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // Unreachable, because the server speaks only TLS 1.3.
        Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if signature.scheme == SignatureScheme::ECDSA_NISTP521_SHA512 {
            return verify_p521(message, certificate, signature.signature());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // Without P-521 in the list, Go sends no certificate at all.
        let mut schemes = vec![SignatureScheme::ECDSA_NISTP521_SHA512];
        schemes.extend(self.provider.signature_verification_algorithms.supported_schemes());
        schemes
    }
}

fn verify_p521(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &[u8],
) -> Result<HandshakeSignatureValid, Error> {
    let public_key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    let point = public_key
        .strip_prefix(P521_PUBLIC_KEY_PREFIX)
        .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let key = VerifyingKey::from_sec1_bytes(point).map_err(|_| CertificateError::BadEncoding)?;
    let signature = Signature::from_der(signature).map_err(|_| CertificateError::BadSignature)?;
    key.verify(message, &signature).map_err(|_| CertificateError::BadSignature)?;
    Ok(HandshakeSignatureValid::assertion())
}

// The DER of a P-521 SubjectPublicKeyInfo up to its uncompressed point (RFC 5480 section 2): two nested sequences, the
// identifiers of `ecPublicKey` and `secp521r1`, and the head of a bit string of 133 bytes.
const P521_PUBLIC_KEY_PREFIX: &[u8] = &[
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23, 0x03, 0x81, 0x86, 0x00,
];
