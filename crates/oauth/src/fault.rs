//! Foreign errors (reqwest, hyper, rustls, the operating system), classified once, here.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::pki_types::InvalidDnsNameError;
use rustls::{AlertDescription, CertificateError};

use super::certificate::RefusedCertificate;
use super::{ErrorKind, ProxyFailure, ServerCertificate, TimeoutPhase, TlsFailure};

/// The class of a failure to send a request or to read its answer.
///
/// `proxied` says whether the connection went to a proxy; `connect_limit` is what a connect time-out is measured by.
/// Nothing of the foreign text is kept but rustls' own words on a handshake.
pub(crate) fn classify(error: &reqwest::Error, proxied: bool, connect_limit: Duration) -> ErrorKind {
    let causes = causes(error);
    if let Some(tls) = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return ErrorKind::Tls(tls_failure(tls));
    }
    if let Some(failure) = causes.iter().find_map(|cause| tunnel_failure(*cause)) {
        return ErrorKind::Proxy(failure);
    }
    if error.is_connect() {
        connect_fault(error, &causes, proxied, connect_limit)
    } else {
        exchange_fault(error, &causes)
    }
}

/// The server's certificate, where `error` says that it was refused.
pub(crate) fn refused_certificate(error: &reqwest::Error) -> Option<ServerCertificate> {
    let tls = causes(error).into_iter().find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = tls else { return None };
    Some(other.0.downcast_ref::<RefusedCertificate>()?.certificate.clone())
}

/// The connection did not come about.
fn connect_fault(
    error: &reqwest::Error,
    causes: &[&(dyn StdError + 'static)],
    proxied: bool,
    connect_limit: Duration,
) -> ErrorKind {
    let io_kind = io_kind(causes);
    if error.is_timeout() && io_kind != Some(io::ErrorKind::TimedOut) {
        return ErrorKind::Timeout { phase: TimeoutPhase::Connect, limit: connect_limit };
    }
    match io_kind {
        _ if proxied => ErrorKind::Proxy(ProxyFailure::Unreachable),
        _ if error.is_dns() || causes.iter().any(|cause| is_name_fault(*cause)) => ErrorKind::Dns,
        Some(io::ErrorKind::ConnectionRefused) => ErrorKind::ConnectionRefused,
        Some(kind) if is_closed(kind) => ErrorKind::ConnectionClosed,
        _ => ErrorKind::Unreachable,
    }
}

/// The connection was there.
fn exchange_fault(error: &reqwest::Error, causes: &[&(dyn StdError + 'static)]) -> ErrorKind {
    let io_kind = io_kind(causes);
    let hyper = causes.iter().find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper.is_some_and(hyper::Error::is_parse_too_large) {
        ErrorKind::HeadersTooLarge
    } else if hyper.is_some_and(hyper::Error::is_parse) {
        ErrorKind::InvalidHttp
    } else if hyper.is_some_and(|hyper| hyper.is_incomplete_message() || hyper.is_closed() || hyper.is_canceled())
        || io_kind.is_some_and(is_closed)
    {
        ErrorKind::ConnectionClosed
    } else if hyper.is_some_and(is_http2) {
        ErrorKind::Http2
    } else if error.is_builder() {
        ErrorKind::Setup("the request could not be built from the settings".into())
    } else if error.is_decode() && hyper.is_none() {
        // The one encoding that is asked for, and so the one that reqwest undoes.
        ErrorKind::Undecodable { encoding: "gzip" }
    } else if error.is_decode() || io_kind == Some(io::ErrorKind::InvalidData) || hyper.is_some_and(is_body_fault) {
        ErrorKind::InvalidHttp
    } else {
        ErrorKind::ConnectionClosed
    }
}

/// The whole chain, outermost first. An `io::Error` hides what it wraps from `source`, so it is opened by hand.
fn causes(error: &reqwest::Error) -> Vec<&(dyn StdError + 'static)> {
    let mut found: Vec<&(dyn StdError + 'static)> = Vec::new();
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if found.len() == LONGEST_CHAIN {
            break;
        }
        found.push(cause);
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    found
}

/// reqwest's `is_dns` knows its own resolvers alone; hyper-util's, which is in use, is known by its text (pinned by a
/// test). TLS refuses a name that cannot exist before anybody is asked.
fn is_name_fault(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<InvalidDnsNameError>() || cause.to_string() == "dns error"
}

/// The innermost word of the operating system.
fn io_kind(causes: &[&(dyn StdError + 'static)]) -> Option<io::ErrorKind> {
    causes.iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).next_back()
}

/// hyper-util's tunnel errors are not public; their texts are (pinned by the tests against a real proxy).
fn tunnel_failure(cause: &(dyn StdError + 'static)) -> Option<ProxyFailure> {
    let text = cause.to_string();
    Some(match text.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => ProxyFailure::AuthenticationRequired,
        "failed to create underlying connection" => ProxyFailure::Unreachable,
        _ => ProxyFailure::TunnelRefused { status: None },
    })
}

fn tls_failure(error: &rustls::Error) -> TlsFailure {
    match error {
        rustls::Error::InvalidCertificate(certificate) => certificate_failure(certificate),
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied,
        ) => TlsFailure::ClientCertificate,
        rustls::Error::InvalidMessage(_) => TlsFailure::NotTls,
        other => TlsFailure::Other(capped(&other.to_string())),
    }
}

fn certificate_failure(error: &CertificateError) -> TlsFailure {
    match error {
        CertificateError::Other(other) if other.0.is::<RefusedCertificate>() => {
            let refused = other.0.downcast_ref::<RefusedCertificate>();
            refused.map_or(TlsFailure::UnknownIssuer, |refused| certificate_failure(&refused.reason))
        }
        // A wrong signature means a root by the right name and with another key: one that was replaced.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFailure::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFailure::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFailure::NotValidYet,
        CertificateError::NotValidForName => TlsFailure::WrongName { presented: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsFailure::WrongName { presented: presented.iter().take(NAMES).map(|name| capped(bare(name))).collect() }
        }
        other => TlsFailure::Other(capped(&format!("invalid certificate: {other}"))),
    }
}

/// A name as rustls lists it, `DnsName("a.example")`, without its wrapping.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

fn capped(text: &str) -> String {
    super::masking::Mask::hiding([]).clean(text, TEXT_CAP)
}

fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
}

/// hyper keeps the kind private; the text is stable and the h2 crate would be a dependency for one cast.
fn is_http2(error: &hyper::Error) -> bool {
    error.to_string().contains("http2 error")
}

fn is_body_fault(error: &hyper::Error) -> bool {
    error.to_string().contains("error reading a body")
}

const LONGEST_CHAIN: usize = 32;
const NAMES: usize = 20;
const TEXT_CAP: usize = 200;
