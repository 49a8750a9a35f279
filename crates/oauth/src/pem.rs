//! Certificates and keys in PEM (RFC 7468), judged when settings are resolved and read again when a connection is set
//! up.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::SigningKey;

use super::Secret;

/// What is wrong with a PEM text, as a sentence about "it"; never quotes the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPem {
    /// A block is cut off or not base64.
    #[error("it is not valid PEM")]
    Broken,
    /// A backslash and a letter where lines should end.
    #[error("its line ends are written as \\n: it takes real ones")]
    WrittenLineEnds,
    /// Nothing there begins with `-----BEGIN CERTIFICATE-----`.
    #[error("it holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A private key was put where certificates belong.
    #[error("it holds a private key and no certificate")]
    PrivateKey,
    /// A certificate cannot be read; why, in rustls' words.
    #[error("it holds an unusable certificate: {0}")]
    Certificate(String),
    /// No private key of a known kind.
    #[error("it holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY----- or the like")]
    NoKey,
    /// The key wants a passphrase.
    #[error("it holds an encrypted private key, and there is no passphrase: take it off with `openssl pkey`")]
    EncryptedKey,
    /// A key of a kind that is not supported, or damaged.
    #[error(
        "it holds a private key that cannot be used: it is damaged, or neither RSA of 2048 to 8192 bits, ECDSA on P-256 \
         or P-384, nor Ed25519"
    )]
    Key,
}

/// Whether `pem` holds certificates to trust, and nothing that is broken.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn check_roots(pem: &str) -> Result<(), InvalidPem> {
    roots(pem).map(drop)
}

/// Whether `pem` holds a client's certificate chain.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn check_chain(pem: &str) -> Result<(), InvalidPem> {
    chain(pem).map(drop)
}

/// Whether `pem` holds a private key that can sign.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn check_key(pem: &Secret) -> Result<(), InvalidPem> {
    key(pem, &ring::default_provider()).map(drop)
}

pub(crate) fn roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let certificates = certificates(pem)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|error| InvalidPem::Certificate(error.to_string()))?;
    }
    Ok(certificates)
}

/// Our own certificate, the first one, has to be readable. Those above it are the server's to judge: an authority may
/// have a certificate of an old form.
pub(crate) fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let certificates = certificates(pem)?;
    if let Some(own) = certificates.first() {
        ParsedCertificate::try_from(own).map_err(|error| InvalidPem::Certificate(error.to_string()))?;
    }
    Ok(certificates)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(|_| broken(pem))?;
    match certificates.is_empty() {
        true if has_written_line_ends(pem) => Err(InvalidPem::WrittenLineEnds),
        true if pem.contains("PRIVATE KEY") => Err(InvalidPem::PrivateKey),
        true => Err(InvalidPem::NoCertificate),
        false => Ok(certificates),
    }
}

pub(crate) fn key(pem: &Secret, provider: &CryptoProvider) -> Result<Arc<dyn SigningKey>, InvalidPem> {
    let text = pem.expose();
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        // In the label of PKCS #8, or in a header of the form before it.
        _ if ["BEGIN ENCRYPTED PRIVATE KEY", "4,ENCRYPTED"].iter().any(|mark| text.contains(mark)) => {
            InvalidPem::EncryptedKey
        }
        rustls::pki_types::pem::Error::NoItemsFound if !has_written_line_ends(text) => InvalidPem::NoKey,
        _ => broken(text),
    })?;
    provider.key_provider.load_private_key(key).map_err(|_| InvalidPem::Key)
}

fn broken(text: &str) -> InvalidPem {
    if has_written_line_ends(text) { InvalidPem::WrittenLineEnds } else { InvalidPem::Broken }
}

/// Whether line ends came as a backslash and a letter, as from a variable of a pipeline.
fn has_written_line_ends(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate and its key.
    fn made() -> (String, Secret) {
        let made = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
        (made.cert.pem(), Secret::new(made.key_pair.serialize_pem()))
    }

    const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const CUT_OFF: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    const ONE_LINE: &str = r"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    #[test]
    fn certificates_are_judged_before_they_are_used() {
        let (certificate, key) = made();
        assert_eq!((check_roots(&certificate), check_chain(&certificate)), (Ok(()), Ok(())));
        let cases = [
            ("nothing", "", InvalidPem::NoCertificate),
            ("a path", "/etc/ssl/ca.pem", InvalidPem::NoCertificate),
            ("a key", key.expose(), InvalidPem::PrivateKey),
            ("cut off", CUT_OFF, InvalidPem::Broken),
            ("one line", ONE_LINE, InvalidPem::WrittenLineEnds),
        ];
        for (name, pem, expected) in cases {
            assert_eq!(check_roots(pem), Err(expected.clone()), "{name}");
            assert_eq!(check_chain(pem), Err(expected), "{name}");
        }
        assert!(matches!(check_roots(BROKEN), Err(InvalidPem::Certificate(_))));
        assert!(matches!(check_chain(BROKEN), Err(InvalidPem::Certificate(_))));
        let authority_of_an_old_form = format!("{certificate}{BROKEN}");
        assert_eq!(check_chain(&authority_of_an_old_form), Ok(()));
    }

    const OLD_ENCRYPTED: &str = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n\
        Y2FuYXJ5\n-----END RSA PRIVATE KEY-----\n";

    #[test]
    fn keys_are_judged_before_they_are_used() {
        let (certificate, key) = made();
        assert_eq!(check_key(&key), Ok(()));
        let block = |label: &str| format!("-----BEGIN {label}-----\nY2FuYXJ5\n-----END {label}-----\n");
        let cases = [
            ("nothing", String::new(), InvalidPem::NoKey),
            ("a certificate", certificate, InvalidPem::NoKey),
            ("encrypted", block("ENCRYPTED PRIVATE KEY"), InvalidPem::EncryptedKey),
            ("encrypted in the old form", OLD_ENCRYPTED.to_owned(), InvalidPem::EncryptedKey),
            ("one line", block("PRIVATE KEY").replace('\n', r"\n"), InvalidPem::WrittenLineEnds),
            ("damaged", block("PRIVATE KEY"), InvalidPem::Key),
            ("cut off", "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n".to_owned(), InvalidPem::Broken),
        ];
        for (name, pem, expected) in cases {
            assert_eq!(check_key(&Secret::new(pem)), Err(expected), "{name}");
        }
    }
}
