//! A rejected server certificate: its signer and its dates, as evidence for the diagnosis.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, OtherError};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::masking::Mask;

/// The facts of a rejected certificate. Texts are escaped and capped, because an unknown server chose them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// The common name of the signer, else its organisation.
    pub issuer: Option<String>,
    /// Whether issuer and subject are the same name.
    pub is_self_signed: bool,
    /// The start of its validity.
    pub not_before: Option<SystemTime>,
    /// The end of its validity.
    pub not_after: Option<SystemTime>,
    /// This machine's time at the check.
    pub checked_at: SystemTime,
}

impl ServerCertificate {
    /// Reads as many fields as possible. Nobody has verified this certificate.
    fn read(der: &[u8], checked_at: SystemTime) -> Self {
        let unread = Self { issuer: None, is_self_signed: false, not_before: None, not_after: None, checked_at };
        match read(der) {
            None => unread,
            Some((issuer, subject, validity)) => {
                let mut times = Elements(validity).map(|(tag, content)| time(tag, content));
                Self {
                    issuer: name(issuer),
                    is_self_signed: issuer == subject,
                    not_before: times.next().flatten(),
                    not_after: times.next().flatten(),
                    ..unread
                }
            }
        }
    }
}

/// The reason why rustls rejected a certificate, and the certificate.
#[derive(Debug)]
pub(crate) struct RefusedCertificate {
    pub(crate) reason: CertificateError,
    pub(crate) certificate: ServerCertificate,
}

impl RefusedCertificate {
    /// `error` with its certificate, which rustls' own errors do not contain.
    pub(crate) fn witness(error: rustls::Error, certificate: &CertificateDer<'_>, now: UnixTime) -> rustls::Error {
        let rustls::Error::InvalidCertificate(reason) = error else { return error };
        let checked_at = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_secs());
        let refused = Self { reason, certificate: ServerCertificate::read(certificate, checked_at) };
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
    }
}

impl fmt::Display for RefusedCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(formatter)
    }
}

impl std::error::Error for RefusedCertificate {}

/// Issuer, subject and validity of a certificate (RFC 5280 section 4.1), each as the content of its element.
fn read(der: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (_, certificate) = Elements(der).next()?;
    let (_, to_be_signed) = Elements(certificate).next()?;
    let mut fields = Elements(to_be_signed).filter(|(tag, _)| *tag != VERSION);
    let mut field = || fields.next().map(|(_, content)| content);
    let (_serial, _algorithm) = (field()?, field()?);
    let (issuer, validity, subject) = (field()?, field()?, field()?);
    Some((issuer, subject, validity))
}

/// The common name of a distinguished name, else its organisation.
fn name(issuer: &[u8]) -> Option<String> {
    let attribute = |wanted: &[u8]| {
        Elements(issuer).flat_map(|(_, set)| Elements(set)).find_map(|(_, pair)| {
            let mut parts = Elements(pair);
            let (_, kind) = parts.next()?;
            let (_, text) = parts.next()?;
            (kind == wanted).then(|| Mask::hiding([]).clean(&String::from_utf8_lossy(text), NAME_CAP))
        })
    };
    attribute(COMMON_NAME).or_else(|| attribute(ORGANISATION)).filter(|name| !name.is_empty())
}

/// `UTCTime` or `GeneralizedTime` in the forms that RFC 5280 section 4.1.2.5 allows.
fn time(tag: u8, content: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            // RFC 5280 section 4.1.2.5.1: two digits from 50 on are years of the 20th century.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        _ => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
    };
    let number = |start: usize| rest.get(start..start + 2)?.parse::<u8>().ok();
    let date = Date::from_calendar_date(year, Month::try_from(number(0)?).ok()?, number(2)?).ok()?;
    let time = Time::from_hms(number(4)?, number(6)?, number(8)?).ok()?;
    let moment: OffsetDateTime = PrimitiveDateTime::new(date, time).assume_utc();
    // A date outside the range of `SystemTime` counts as unreadable.
    let seconds = u64::try_from(moment.unix_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The elements of a DER value in turn, as tag and content. Ends at the first truncated one.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            // A length of more than four bytes is larger than any certificate.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                (bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

// `[0] EXPLICIT`, the optional first field of a certificate (RFC 5280 section 4.1).
const VERSION: u8 = 0xA0;
// The other kind of time in a certificate is GeneralizedTime, for years from 2050 (RFC 5280 section 4.1.2.5).
const UTC_TIME: u8 = 0x17;
// The object identifiers 2.5.4.3 and 2.5.4.10 in DER.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0A];
// A name fills a line and a half of a message. RFC 5280 allows 64 characters; private authorities do not keep to that.
const NAME_CAP: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn made(change: impl FnOnce(&mut CertificateParams)) -> ServerCertificate {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        change(&mut params);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        ServerCertificate::read(made.der(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn issuer_and_dates_are_read() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let found = made(|params| {
            params.distinguished_name.push(DnType::CommonName, "Zscaler Root CA");
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2051, 2, 3);
        });
        assert_eq!(found.issuer.as_deref(), Some("Zscaler Root CA"));
        assert_eq!((found.not_before, found.not_after), (at(1_577_836_800), at(2_558_995_200)));
        assert!(found.is_self_signed);
        let organisation = made(|params| {
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::OrganizationName, "Corp\u{1b}[2J");
        });
        assert_eq!(organisation.issuer.as_deref(), Some("Corp\\u{1b}[2J"));
    }

    proptest! {
        /// Anything that is not a certificate is read as far as possible, without a panic.
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ServerCertificate::read(&bytes, SystemTime::UNIX_EPOCH);
        }
    }
}
