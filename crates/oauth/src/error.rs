//! The errors of a token exchange. Foreign errors (reqwest, hyper, rustls, the operating system) are classified once, here.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::pki_types::InvalidDnsNameError;
use rustls::{AlertDescription, CertificateError};

use super::certificate::RefusedCertificate;
use super::masking::Mask;
use super::{BodyShape, ResponseMarks, ServerCertificate};

/// A failed exchange: the class of the failure, the endpoint, the attempts.
///
/// Contains no secret and no raw response body: texts of a server are capped, escaped and masked before they get here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// Boxed to keep results small.
    kind: Box<ErrorKind>,
    /// The address of the request, without query and user info.
    pub endpoint: String,
    /// The number of requests that were sent or tried; at least 1 if the network was used.
    pub attempts: u32,
    /// The time from the first attempt to the failure, waits included.
    pub elapsed: Duration,
    /// The part of `elapsed` between attempts.
    pub waited: Duration,
    /// Correlation or request ids in the response's headers: header name, value (capped, escaped).
    pub correlation_ids: Vec<(String, String)>,
    /// Local clock minus the response's `Date` header, in whole seconds; `None` without such a header.
    pub clock_skew_seconds: Option<i64>,
    /// Further evidence about the server; empty without a response. Boxed to keep results small.
    pub marks: Box<ResponseMarks>,
}

impl Error {
    /// A failure of `kind` at `endpoint` after one attempt. The caller sets the other fields.
    pub fn new(kind: ErrorKind, endpoint: impl Into<String>) -> Self {
        Self {
            kind: Box::new(kind),
            endpoint: endpoint.into(),
            attempts: 1,
            elapsed: Duration::ZERO,
            waited: Duration::ZERO,
            correlation_ids: Vec::new(),
            clock_skew_seconds: None,
            marks: Box::default(),
        }
    }

    /// The class of the failure.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether another attempt can succeed: connection faults, timeouts, 429, 502, 503, 504; never 400, 401, 403.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            // The statuses of gateways for a service that is temporarily absent. A 500 comes from the service itself,
            // which responds in the same way to the same request.
            ErrorKind::OAuth { status, .. }
            | ErrorKind::Status { status, .. }
            | ErrorKind::Proxy(ProxyFailure::TunnelRefused { status: Some(status), .. }) => {
                matches!(status, 429 | 502 | 503 | 504)
            }
            ErrorKind::ConnectionRefused
            | ErrorKind::Unreachable
            | ErrorKind::ConnectionClosed
            | ErrorKind::Timeout { .. }
            | ErrorKind::Http2
            | ErrorKind::Proxy(ProxyFailure::Closed)
            // Resolvers time out under load, and a name can resolve a second later.
            | ErrorKind::Dns => true,
            _ => false,
        }
    }

    /// The lasting rejection; `None` if another attempt can succeed, or the server has not judged the request.
    ///
    /// Servers respond to wrong credentials in many ways: 401 without a code, with their own code or with
    /// `server_error`; 404 for an unknown client; 200. So a 401 is about the credentials unless its code names a fault
    /// of the request. A 404 is about the credentials only if it mentions a client, because most 404s mean a wrong
    /// address.
    pub fn rejection(&self) -> Option<Rejection> {
        let (status, code, description) = match self.kind() {
            ErrorKind::OAuth { status, error, description, .. } => {
                (*status, error.to_ascii_lowercase(), description.as_deref().unwrap_or_default().to_ascii_lowercase())
            }
            ErrorKind::Status { status: 401, .. } => return Some(Rejection::Credentials),
            ErrorKind::Status { status: 400 | 403, .. } => return Some(Rejection::Request),
            _ => return None,
        };
        let code = code.as_str();
        let speaks_of_client = [code, &description].iter().any(|text| text.contains("client"));
        match status {
            _ if self.is_retryable() || code == "slow_down" => None,
            _ if REQUEST_CODES.contains(&code) => Some(Rejection::Request),
            200..=299 | 400..=404 if CREDENTIAL_CODES.contains(&code) => Some(Rejection::Credentials),
            401 => Some(Rejection::Credentials),
            404 if speaks_of_client => Some(Rejection::Credentials),
            200..=299 | 400 | 402 | 403 if !PASSING_CODES.contains(&code) => Some(Rejection::Request),
            _ => None,
        }
    }

    /// Whether the endpoint has judged this request. If not, other requests will fail as well.
    pub(crate) fn is_answered(&self) -> bool {
        match self.kind() {
            ErrorKind::OAuth { .. } | ErrorKind::Status { .. } => !self.is_retryable(),
            ErrorKind::Redirect { .. }
            | ErrorKind::NotATokenResponse { .. }
            | ErrorKind::ResponseTooLarge { .. }
            | ErrorKind::HeadersTooLarge { .. }
            | ErrorKind::Undecodable { .. } => true,
            _ => false,
        }
    }
}

/// A lasting rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The credentials as they were sent: every request with them fails.
    Credentials,
    /// This request: its scopes, its audience, its form. Includes 403, because one audience can be forbidden.
    Request,
}

/// The class of a failure. One variant, one diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The server sent an OAuth error (RFC 6749 section 5.2), in RFC or camelCase spelling.
    #[error("the token endpoint sent HTTP {status} with the OAuth error {error:?}")]
    OAuth {
        /// HTTP status code.
        status: u16,
        /// The `error` code, such as `invalid_client`; capped and escaped.
        error: String,
        /// `error_description` (or `errorDescription`): at most 300 characters, escaped, our secrets masked.
        description: Option<String>,
        /// `error_uri`, capped and escaped.
        uri: Option<String>,
    },
    /// A status other than 2xx and 3xx, without an OAuth error in the body.
    #[error("the token endpoint sent HTTP {status} without an OAuth error")]
    Status {
        /// HTTP status code.
        status: u16,
        /// The form of the body.
        shape: BodyShape,
        /// Names of the schemes in `WWW-Authenticate`, such as `Basic`; empty when there was none.
        challenges: Vec<String>,
        /// The error text of a body that is not an OAuth error: at most 300 characters, escaped, our secrets masked.
        message: Option<String>,
    },
    /// A redirect. It is never followed, because it would carry the credentials along.
    #[error("the token endpoint sent HTTP {status}, a redirect")]
    Redirect {
        /// HTTP status code.
        status: u16,
        /// The target, without query and user info; `None` without a usable `Location`.
        location: Option<String>,
    },
    /// A 2xx response without a token.
    #[error("the token endpoint sent HTTP {status} without a token response: {reason}")]
    NotATokenResponse {
        /// HTTP status code.
        status: u16,
        /// The form of the body.
        shape: BodyShape,
        /// The fault, without a quotation, such as `no access_token`.
        reason: String,
        /// The words of the body: at most 300 characters, escaped, our secrets masked.
        message: Option<String>,
    },
    /// The response's body was larger than the cap.
    #[error("the token endpoint's response is larger than {limit} bytes")]
    ResponseTooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// The response's headers were larger than the cap.
    #[error("the response's headers are larger than {limit} bytes or {lines} lines")]
    HeadersTooLarge {
        /// The cap in bytes.
        limit: usize,
        /// The cap in header lines.
        lines: usize,
    },
    /// The host name could not be resolved.
    #[error("the host name could not be resolved")]
    Dns,
    /// Nothing listens at the address.
    #[error("the connection was refused")]
    ConnectionRefused,
    /// The network or the host is unreachable, or a firewall rejected the connection.
    #[error("the host could not be reached")]
    Unreachable,
    /// The connection ended before the response was complete.
    #[error("the connection was closed before the response was complete")]
    ConnectionClosed,
    /// No complete response within the time limit.
    #[error("no response within the time limit while {phase}")]
    Timeout {
        /// The step that took too long.
        phase: TimeoutPhase,
        /// The time limit of one attempt.
        limit: Duration,
    },
    /// TLS could not be established.
    #[error("the TLS connection failed: {0}")]
    Tls(TlsFailure),
    /// The proxy refused or failed.
    #[error("the proxy failed: {0}")]
    Proxy(ProxyFailure),
    /// The body is not what `Content-Encoding` says.
    #[error("the response's body is not valid {encoding}")]
    Undecodable {
        /// The encoding.
        encoding: &'static str,
        /// Whether it ends too early, but is valid so far.
        is_cut_off: bool,
    },
    /// A fault of HTTP/2 framing or of a stream.
    #[error("the HTTP/2 connection failed")]
    Http2,
    /// Not HTTP, or HTTP that cannot be parsed.
    #[error("the response is not valid HTTP")]
    InvalidHttp,
    /// The request or the client could not be built from the settings. The text names the setting, never a secret.
    #[error("{0}")]
    Setup(String),
    /// Cancelled by [`crate::TokenClient::cancel`].
    #[error("the exchange was interrupted")]
    Interrupted,
}

impl ErrorKind {
    /// The class of a failed TLS handshake.
    pub(crate) fn of_handshake(error: &io::Error) -> Self {
        let causes = causes(error);
        match tls_cause(&causes) {
            Some(tls) => Self::Tls(TlsFailure::of(tls)),
            // A close without an alert says nothing about TLS.
            None if io_kind(&causes).is_some_and(is_closed) => Self::ConnectionClosed,
            None => Self::Unreachable,
        }
    }

    /// The class of a failure of reqwest to connect; `None` if its time limit ended the attempt.
    pub(crate) fn of_connect(error: &reqwest::Error) -> Option<Self> {
        let causes = causes(error);
        if let Some(tls) = tls_cause(&causes) {
            return Some(Self::Tls(TlsFailure::of(tls)));
        }
        let io_kind = io_kind(&causes);
        // The operating system's own time limit, minutes later, means that the host cannot be reached.
        if error.is_timeout() && io_kind != Some(io::ErrorKind::TimedOut) {
            return None;
        }
        Some(match io_kind {
            _ if error.is_dns() || causes.iter().any(|cause| is_name_fault(*cause)) => Self::Dns,
            Some(io::ErrorKind::ConnectionRefused) => Self::ConnectionRefused,
            Some(kind) if is_closed(kind) => Self::ConnectionClosed,
            _ => Self::Unreachable,
        })
    }

    /// The class of a failure to send a request or to read its response over an open connection.
    pub(crate) fn of_exchange(error: &(dyn StdError + 'static)) -> Self {
        let causes = causes(error);
        // TLS faults first, because they are wrapped in errors of the operating system.
        if let Some(tls) = tls_cause(&causes) {
            return Self::Tls(TlsFailure::of(tls));
        }
        let io_kind = io_kind(&causes);
        let Some(hyper) = causes.iter().find_map(|cause| cause.downcast_ref::<hyper::Error>()) else {
            return Self::ConnectionClosed;
        };
        if hyper.is_parse_too_large() {
            Self::HeadersTooLarge { limit: HEADER_BYTES, lines: HEADER_LINES }
        } else if hyper.is_parse() {
            Self::InvalidHttp
        } else if hyper.is_incomplete_message()
            || hyper.is_closed()
            || hyper.is_canceled()
            || io_kind.is_some_and(is_closed)
        {
            Self::ConnectionClosed
        } else if is_http2(hyper) {
            Self::Http2
        } else if io_kind.is_some() {
            // A body with invalid framing.
            Self::InvalidHttp
        } else {
            Self::ConnectionClosed
        }
    }
}

/// The rejected server certificate in `error`.
pub(crate) fn certificate_of(error: &(dyn StdError + 'static)) -> Option<ServerCertificate> {
    // Our own verifier wraps its verdict, because rustls' error has no place for the certificate.
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = tls_cause(&causes(error))? else {
        return None;
    };
    Some(other.0.downcast_ref::<RefusedCertificate>()?.certificate.clone())
}

/// Whether the server closed the connection without a TLS close message. Some servers end a body in this way.
pub(crate) fn is_unannounced_end(error: &reqwest::Error) -> bool {
    io_kind(&causes(error)) == Some(io::ErrorKind::UnexpectedEof)
}

/// Whether an error of the operating system means that the connection is closed.
fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
}

/// reqwest's `is_dns` knows its own resolvers only. That of hyper-util, which is in use, is recognised by its text (a test
/// pins it). rustls rejects a name that cannot exist.
fn is_name_fault(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<InvalidDnsNameError>() || cause.to_string() == "dns error"
}

/// hyper's kind is private, and its text is stable. The h2 crate would be a dependency for one cast.
fn is_http2(error: &hyper::Error) -> bool {
    error.to_string().contains("http2 error")
}

/// The step that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeoutPhase {
    /// Name resolution and TCP.
    #[error("connecting")]
    Connect,
    /// The TLS handshake over an open TCP connection.
    #[error("waiting for the TLS handshake")]
    Handshake,
    /// The wait for the status line after the request was sent.
    #[error("waiting for the response")]
    Headers,
    /// The body.
    #[error("reading the response")]
    Body,
}

/// Why TLS failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// No trusted root signed the server's certificate.
    #[error("the certificate is signed by an unknown issuer")]
    UnknownIssuer,
    /// The server's certificate has expired.
    #[error("the certificate has expired")]
    Expired,
    /// The server's certificate is not valid yet.
    #[error("the certificate is not valid yet")]
    NotValidYet,
    /// The certificate has other names.
    #[error("the certificate is for another name")]
    WrongName {
        /// The names on the certificate, capped and escaped.
        presented: Vec<String>,
    },
    /// The server requires a client certificate, or rejected ours.
    #[error("the server requires a client certificate, or rejected it")]
    ClientCertificate,
    /// The server's bytes are not TLS.
    #[error("the server does not speak TLS")]
    NotTls,
    /// Anything else, in rustls' words (no secrets in them).
    #[error("{0}")]
    Other(String),
}

impl TlsFailure {
    fn of(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(certificate) => Self::of_certificate(certificate),
            // A server sends these alerts about the certificate of its client, and never about its own.
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
            ) => Self::ClientCertificate,
            // rustls could not parse the bytes as a TLS message.
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            other => Self::Other(capped(&other.to_string())),
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Other(other) if other.0.is::<RefusedCertificate>() => {
                let refused = other.0.downcast_ref::<RefusedCertificate>();
                match refused.map_or(Self::UnknownIssuer, |refused| Self::of_certificate(&refused.reason)) {
                    // `openssl req -x509` makes a certificate that claims to be an authority, and no chain may end in
                    // one.
                    Self::Other(_) if refused.is_some_and(|refused| refused.certificate.is_self_signed) => {
                        Self::UnknownIssuer
                    }
                    failure => failure,
                }
            }
            // A wrong signature means that a trusted root has the right name but another key, as after a renewal.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotValidYet,
            CertificateError::NotValidForName => Self::WrongName { presented: Vec::new() },
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::WrongName { presented: presented.iter().take(NAMES).map(|name| capped(bare(name))).collect() }
            }
            other => Self::Other(capped(&format!("invalid certificate: {other}"))),
        }
    }
}

/// Why the proxy failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFailure {
    /// 407: the proxy requires credentials, or rejected ours.
    #[error("the proxy requires authentication")]
    AuthenticationRequired,
    /// The proxy rejected the CONNECT request.
    #[error("the proxy refused the tunnel")]
    TunnelRefused {
        /// HTTP status; `None` if the response was not HTTP.
        status: Option<u16>,
        /// The text of the response: at most 300 characters, escaped, the proxy's credentials masked.
        message: Option<String>,
    },
    /// TLS to the proxy itself failed.
    #[error("TLS to the proxy failed: {0}")]
    Tls(TlsFailure),
    /// The proxy closed the connection without a response to the CONNECT request.
    #[error("the proxy closed the connection")]
    Closed,
    /// The proxy itself could not be reached.
    #[error("the proxy could not be reached")]
    Unreachable,
}

/// All causes, outermost first. `source` does not return the error inside an `io::Error`, so `get_ref` does.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
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

fn tls_cause<'a>(causes: &[&'a (dyn StdError + 'static)]) -> Option<&'a rustls::Error> {
    causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>())
}

/// The kind of the innermost error of the operating system.
fn io_kind(causes: &[&(dyn StdError + 'static)]) -> Option<io::ErrorKind> {
    // The outer ones only wrap the innermost one.
    causes.iter().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).next_back()
}

/// The name in rustls' form `DnsName("a.example")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

fn capped(text: &str) -> String {
    Mask::hiding([]).clean(text, TEXT_CAP)
}

// These name a fault of the request with any status (RFC 6749 section 5.2, RFC 8707 section 2). Some servers send
// `scope_invalid`.
const REQUEST_CODES: [&str; 5] =
    ["invalid_scope", "scope_invalid", "invalid_target", "invalid_request", "unsupported_grant_type"];
// These name the client or, with the grant `password`, the access key.
const CREDENTIAL_CODES: [&str; 3] = ["invalid_client", "unauthorized_client", "invalid_grant"];
// A server that sends these has not judged the request.
const PASSING_CODES: [&str; 2] = ["server_error", "temporarily_unavailable"];
// hyper's own limits for the head of a response. Its client has no way to query them.
const HEADER_BYTES: usize = 8192 + 4096 * 100;
const HEADER_LINES: usize = 100;
// A longer chain of causes is a cycle.
const LONGEST_CHAIN: usize = 32;
// A certificate of a content network can carry a hundred names; a reader compares a few.
const NAMES: usize = 20;
const TEXT_CAP: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        use Rejection::{Credentials, Request};
        let cases = [
            (401, "invalid_client", "", Some(Credentials)),
            (400, "invalid_client", "", Some(Credentials)),
            (403, "invalid_client", "", Some(Credentials)),
            (404, "invalid_client", "", Some(Credentials)),
            (200, "invalid_client", "", Some(Credentials)),
            (400, "Invalid_Client", "", Some(Credentials)),
            (400, "invalid_grant", "", Some(Credentials)),
            (400, "unauthorized_client", "", Some(Credentials)),
            (401, "server_error", "access_denied", Some(Credentials)),
            (401, "temporarily_unavailable", "", Some(Credentials)),
            (401, "access_denied", "", Some(Credentials)),
            (401, "E17", "", Some(Credentials)),
            (404, "E17", "Client abc is unknown", Some(Credentials)),
            (404, "CLIENT_NOT_FOUND", "", Some(Credentials)),
            (404, "server_error", "no such client", Some(Credentials)),
            (404, "Not Found", "", None),
            (401, "invalid_scope", "", Some(Request)),
            (400, "invalid_scope", "client may not have it", Some(Request)),
            (500, "invalid_scope", "", Some(Request)),
            (404, "invalid_target", "", Some(Request)),
            (401, "invalid_request", "", Some(Request)),
            (403, "unsupported_grant_type", "", Some(Request)),
            (403, "access_denied", "", Some(Request)),
            (400, "E17", "", Some(Request)),
            (200, "E17", "", Some(Request)),
            (403, "server_error", "", None),
            (400, "temporarily_unavailable", "", None),
            (500, "server_error", "", None),
            (500, "invalid_client", "", None),
            (503, "invalid_client", "", None),
            (429, "invalid_client", "", None),
            (401, "slow_down", "", None),
        ];
        for (status, code, description, expected) in cases {
            let description = Some(description.to_owned());
            let kind = ErrorKind::OAuth { status, error: code.to_owned(), description, uri: None };
            assert_eq!(Error::new(kind, "https://a.example/t").rejection(), expected, "{status} {code}");
        }
        let plain = [(401, Some(Credentials)), (400, Some(Request)), (403, Some(Request)), (404, None), (500, None)];
        for (status, expected) in plain {
            let kind = ErrorKind::Status { status, shape: BodyShape::Empty, challenges: Vec::new(), message: None };
            assert_eq!(Error::new(kind, "https://a.example/t").rejection(), expected, "{status}");
        }
    }
}
