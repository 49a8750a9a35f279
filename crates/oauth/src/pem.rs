//! Certificates and keys in PEM (RFC 7468). They are checked with the settings, and parsed again for a connection.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::SigningKey;

use super::Secret;

/// The fault of a PEM text, as a sentence about "it". Never quotes the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPem {
    /// A block is truncated or not base64.
    #[error("it is not valid PEM")]
    Broken,
    /// A backslash and a letter instead of line ends.
    #[error("its line ends are written as \\n: replace them by real line ends")]
    WrittenLineEnds,
    /// Spaces or nothing instead of line ends.
    #[error("its line ends are missing: a whole block is on one line, as after an unquoted variable in a shell")]
    LostLineEnds,
    /// Certificates in an unsupported form. To skip them would hide the mistake.
    #[error(
        "it contains a block of the kind {0}, which is not usable: convert it with `openssl` to -----BEGIN \
         CERTIFICATE-----"
    )]
    OtherForm(&'static str),
    /// No text begins with `-----BEGIN CERTIFICATE-----`.
    #[error("it contains no PEM certificate, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A private key instead of certificates.
    #[error("it contains a private key and no certificate")]
    PrivateKey,
    /// An unreadable certificate, with the reason in rustls' words.
    #[error("it contains an unusable certificate: {0}")]
    Certificate(String),
    /// No private key of a supported kind.
    #[error("it contains no PEM private key, which begins with -----BEGIN PRIVATE KEY----- or similar")]
    NoKey,
    /// The key needs a passphrase.
    #[error(
        "it contains an encrypted private key, and the provider has no setting for a passphrase: decrypt the key \
             with `openssl pkey`"
    )]
    EncryptedKey,
    /// A damaged key, or one of an unsupported kind.
    #[error(
        "it contains a private key that is not usable: the key is damaged, or neither RSA of 2048 to 8192 bits, \
         ECDSA on P-256 or P-384, nor Ed25519"
    )]
    Key,
}

/// Checks that `pem` contains trusted certificates, and no broken block.
///
/// # Errors
///
/// The first fault.
pub fn check_roots(pem: &str) -> Result<(), InvalidPem> {
    roots(pem).map(drop)
}

/// Checks that `pem` contains a client's certificate chain.
///
/// # Errors
///
/// The first fault.
pub fn check_chain(pem: &str) -> Result<(), InvalidPem> {
    chain(pem).map(drop)
}

/// Checks that `pem` contains a private key that can sign.
///
/// # Errors
///
/// The first fault.
pub fn check_key(pem: &Secret) -> Result<(), InvalidPem> {
    key(pem, &ring::default_provider()).map(drop)
}

/// The kinds of the blocks in a certificate file that are not certificates, without duplicates. They are ignored, which
/// can surprise the user, most of all for a revocation list.
pub fn unused_blocks(pem: &str) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for block in pem.split(BEGIN).skip(1) {
        let Some((label, _)) = block.split_once(DASHES) else { continue };
        let kind: String = label.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').take(LABEL_CAP).collect();
        if !CERTIFICATE_LABELS.contains(&label) && !kind.trim().is_empty() && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The text of a certificate file that is not UTF-8: DER is converted to PEM, and PEM is read as Latin-1, because its
/// comments can be in any alphabet. `None` for anything else.
pub fn text_of(bytes: &[u8]) -> Option<String> {
    // A DER sequence that is a certificate to its last byte.
    let is_der = bytes.first() == Some(&0x30) && ParsedCertificate::try_from(&CertificateDer::from(bytes)).is_ok();
    if is_der {
        return Some(format!("{BEGIN}CERTIFICATE{DASHES}\n{}\n{END}CERTIFICATE{DASHES}\n", STANDARD.encode(bytes)));
    }
    let text: String = bytes.iter().copied().map(char::from).collect();
    text.contains(BEGIN).then_some(text)
}

pub(crate) fn roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let certificates = certificates(pem)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|error| InvalidPem::Certificate(error.to_string()))?;
    }
    Ok(certificates)
}

/// Our own certificate, the first one, must be readable. The server judges the ones above it: an authority can have a
/// certificate in an old form.
pub(crate) fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let certificates = certificates(pem)?;
    if let Some(own) = certificates.first() {
        ParsedCertificate::try_from(own).map_err(|error| InvalidPem::Certificate(error.to_string()))?;
    }
    Ok(certificates)
}

pub(crate) fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidPem> {
    let mut certificates = Vec::new();
    let mut rest = pem;
    while let Some(start) = rest.find(BEGIN) {
        let block = Block::read(&rest[..start], &rest[start + BEGIN.len()..]).map_err(|error| match error {
            InvalidPem::Broken => broken(pem),
            other if !has_written_line_ends(pem) => other,
            _ => InvalidPem::WrittenLineEnds,
        })?;
        certificates.extend(block.certificate);
        rest = block.rest;
    }
    match certificates.is_empty() {
        // The start of a block is damaged. Without an error, its certificate would be missing later for no visible
        // reason.
        _ if rest.contains(END) => Err(broken(pem)),
        true if has_written_line_ends(pem) => Err(InvalidPem::WrittenLineEnds),
        true if pem.contains("PRIVATE KEY") => Err(InvalidPem::PrivateKey),
        true => Err(InvalidPem::NoCertificate),
        false => Ok(certificates),
    }
}

/// One block, and the text behind it. Text between blocks is a comment (RFC 7468 section 2).
struct Block<'a> {
    /// `None` for any other block, such as a key in the same file.
    certificate: Option<CertificateDer<'static>>,
    rest: &'a str,
}

impl<'a> Block<'a> {
    fn read(before: &str, text: &'a str) -> Result<Self, InvalidPem> {
        let (label, text) = text.split_once(DASHES).ok_or(InvalidPem::Broken)?;
        let (body, rest) = text.split_once(&format!("{END}{label}{DASHES}")).ok_or(InvalidPem::Broken)?;
        // An end without its start, or a start without its end: two blocks have grown together.
        if before.contains(END) || body.contains(DASHES) {
            return Err(InvalidPem::Broken);
        }
        // Skipped like a key, its certificates would be missing for no visible reason.
        if let Some(other) = OTHER_FORMS.into_iter().find(|form| *form == label) {
            return Err(InvalidPem::OtherForm(other));
        }
        if !CERTIFICATE_LABELS.contains(&label) {
            return Ok(Self { certificate: None, rest });
        }
        if !body.contains(['\n', '\r']) && !body.trim().is_empty() {
            return Err(InvalidPem::LostLineEnds);
        }
        let encoded: String = body.chars().filter(|character| !character.is_whitespace()).collect();
        match STANDARD.decode(encoded) {
            Ok(der) if !der.is_empty() => Ok(Self { certificate: Some(der.into()), rest }),
            _ => Err(InvalidPem::Broken),
        }
    }
}

pub(crate) fn key(pem: &Secret, provider: &CryptoProvider) -> Result<Arc<dyn SigningKey>, InvalidPem> {
    let text = pem.expose();
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        // In the label of PKCS #8, or in a header of the older form.
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

/// Whether line ends are written as a backslash and a letter, as in a pipeline's variable.
fn has_written_line_ends(text: &str) -> bool {
    text.contains("-----BEGIN ") && text.contains("\\n")
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
// The label of RFC 7468, and that of early OpenSSL for old files.
const CERTIFICATE_LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
// The longest label in use is "ENCRYPTED PRIVATE KEY".
const LABEL_CAP: usize = 40;
// Blocks with certificates in other forms: OpenSSL's own, PKCS #7 and CMS.
const OTHER_FORMS: [&str; 3] = ["TRUSTED CERTIFICATE", "PKCS7", "CMS"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_in_a_certificate_file_is_dropped_without_a_word() {
        let ((one, key), (two, _)) = (made(), made());
        let der = CertificateDer::from_pem_slice(one.as_bytes()).unwrap();
        let latin = |text: &str| [b"# f\xfcr B\xfcro\r\n", text.as_bytes(), b"\xe9\n"].concat();
        let joined = |text: &str, by: &str| text.replace('\n', by);
        let good = [
            ("Latin-1 between the blocks", text_of(&[latin(&one), latin(&two)].concat()).unwrap(), 2),
            ("DER", text_of(&der).unwrap(), 1),
            ("Windows line ends", joined(&one, "\r\n"), 1),
            ("old Macintosh line ends", joined(&one, "\r"), 1),
            ("indented", joined(&one, "\n    "), 1),
            ("a comment before, on the same line", format!("mine: {one}theirs: {two}"), 2),
            ("no line end between", format!("{}{two}", one.trim_end()), 2),
            ("the old label", one.replace("CERTIFICATE", "X509 CERTIFICATE"), 1),
            ("a key beside", format!("{}{one}", key.expose()), 1),
        ];
        for (name, text, count) in good {
            assert_eq!(certificates(&text).map(|found| found.len()), Ok(count), "{name}");
            assert_eq!(check_roots(&text), Ok(()), "{name}");
            let unused: &[&str] = if name == "a key beside" { &["PRIVATE KEY"] } else { &[] };
            assert_eq!(unused_blocks(&text), unused, "{name}");
        }
        let lists = ["X509 CRL", "DH PARAMETERS", "X509 CRL"]
            .map(|label| format!("{BEGIN}{label}{DASHES}\nY2FuYXJ5\n{END}{label}{DASHES}\n"));
        assert_eq!(unused_blocks(&format!("{}{one}", lists.concat())), ["X509 CRL", "DH PARAMETERS"]);
        for neither in [&b"can\xe9ry"[..], b"\x30\x82\xff\xff", b""] {
            assert_eq!(text_of(neither), None);
        }
        let bad = [
            ("spaces for line ends", joined(&one, " "), InvalidPem::LostLineEnds),
            ("no line ends", joined(&one, ""), InvalidPem::LostLineEnds),
            ("the second one's are lost", format!("{two}{}", joined(&one, " ")), InvalidPem::LostLineEnds),
            ("a damaged beginning", format!("{two}{}", one.replace("-----BEGIN", "----BEGIN")), InvalidPem::Broken),
            ("a damaged end", format!("{}{two}", one.replace("-----END", "----END")), InvalidPem::Broken),
            ("a word in the block", two.replacen("\nMII", "\nmine: MII", 1), InvalidPem::Broken),
            (
                "an empty block",
                format!("{two}{BEGIN}CERTIFICATE{DASHES}\n{END}CERTIFICATE{DASHES}"),
                InvalidPem::Broken,
            ),
            (
                "OpenSSL's own form",
                format!("{two}{}", one.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
                InvalidPem::OtherForm("TRUSTED CERTIFICATE"),
            ),
            ("PKCS #7", one.replace("CERTIFICATE", "PKCS7"), InvalidPem::OtherForm("PKCS7")),
        ];
        for (name, text, expected) in bad {
            assert_eq!(check_roots(&text), Err(expected), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_bundle_with_junk_keeps_all_its_certificates(
            bundle in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 1..200), proptest::collection::vec(any::<u8>(), 0..60), 1..90_usize),
                1..6,
            ),
        ) {
            let mut file = Vec::new();
            for (der, junk, width) in &bundle {
                let line = STANDARD.encode(der).into_bytes();
                file.extend(junk.iter().copied().filter(|byte| *byte != b'-'));
                file.extend(format!("{BEGIN}CERTIFICATE{DASHES}\n").into_bytes());
                line.chunks(*width).for_each(|piece| file.extend([piece, b"\n"].concat()));
                file.extend(format!("{END}CERTIFICATE{DASHES}\n").into_bytes());
            }
            // `\n` in a comment is not a damaged line end.
            let found = certificates(&text_of(&file).unwrap()).unwrap();
            prop_assert_eq!(found.len(), bundle.len());
            for (certificate, (der, ..)) in found.iter().zip(&bundle) {
                prop_assert_eq!(certificate.as_ref(), &der[..]);
            }
        }
    }

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
