//! Everything that can go wrong in a token exchange, classified once where it arises.

use std::time::Duration;

use super::ResponseMarks;

/// A failed exchange: what happened, to which host, after how many attempts.
///
/// Holds no secret and no raw response body: texts that a server sent are capped, escaped and masked before they
/// get here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    /// Boxed to keep results small.
    kind: Box<ErrorKind>,
    /// Where the request went, without query and user info.
    pub endpoint: String,
    /// How many requests were sent (or tried), at least 1 for everything that reached the network.
    pub attempts: u32,
    /// Wall clock from the first attempt to the failure, waits included.
    pub elapsed: Duration,
    /// How much of `elapsed` was spent waiting between attempts.
    pub waited: Duration,
    /// Correlation or request ids found in the answer's headers: header name, value (capped, escaped).
    pub correlation_ids: Vec<(String, String)>,
    /// Local clock minus the answer's `Date` header, in whole seconds; `None` when the answer had none.
    pub clock_skew_seconds: Option<i64>,
    /// What the server shows beside its verdict; empty where nothing came. Boxed to keep results small.
    pub marks: Box<ResponseMarks>,
}

/// The class of a failure. One variant, one diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The server answered with an OAuth error (RFC 6749 section 5.2), in RFC or camelCase spelling.
    #[error("the token endpoint answered HTTP {status} with the OAuth error {error:?}")]
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
    #[error("the token endpoint answered HTTP {status} without an OAuth error")]
    Status {
        /// HTTP status code.
        status: u16,
        /// What the body looked like.
        shape: AnswerShape,
        /// Names of the schemes in `WWW-Authenticate`, such as `Basic`; empty when there was none.
        challenges: Vec<String>,
    },
    /// A redirect: never followed, since credentials would travel with it.
    #[error("the token endpoint answered HTTP {status}, a redirect")]
    Redirect {
        /// HTTP status code.
        status: u16,
        /// Where it pointed, without query and user info; `None` when there was no usable `Location`.
        location: Option<String>,
    },
    /// A 2xx answer that is not a token response.
    #[error("the token endpoint answered HTTP {status} with something that is not a token response: {reason}")]
    NotATokenResponse {
        /// HTTP status code.
        status: u16,
        /// What the body looked like.
        shape: AnswerShape,
        /// What is wrong with it, without quoting it, such as `no access_token`.
        reason: String,
    },
    /// The answer's body was larger than the cap.
    #[error("the token endpoint's answer is larger than {limit} bytes")]
    AnswerTooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// The host name could not be resolved.
    #[error("the host name could not be resolved")]
    Dns,
    /// Nothing listens at the address.
    #[error("the connection was refused")]
    ConnectionRefused,
    /// The network or the host cannot be reached, or a firewall rejected the connection.
    #[error("the host could not be reached")]
    Unreachable,
    /// The connection ended before a whole answer had come.
    #[error("the connection was closed before a whole answer had come")]
    ConnectionClosed,
    /// No whole answer within the time set.
    #[error("no answer within the time limit while {phase}")]
    Timeout {
        /// What was being waited for.
        phase: TimeoutPhase,
        /// The limit that ran out, per attempt.
        limit: Duration,
    },
    /// TLS could not be established.
    #[error("the TLS connection failed: {0}")]
    Tls(TlsFailure),
    /// The proxy refused or failed.
    #[error("the proxy failed: {0}")]
    Proxy(ProxyFailure),
    /// The response's headers are more, or longer, than the HTTP library reads.
    #[error("the response's headers are too large")]
    HeadersTooLarge,
    /// The body is not what `Content-Encoding` says.
    #[error("the response's body is not valid {encoding}")]
    Undecodable {
        /// The encoding.
        encoding: &'static str,
    },
    /// HTTP/2 framing or stream trouble.
    #[error("the HTTP/2 connection failed")]
    Http2,
    /// Not HTTP, or HTTP that cannot be parsed.
    #[error("the answer is not valid HTTP")]
    InvalidHttp,
    /// The request could not be built or the client could not be set up; the text names the setting, never a secret.
    #[error("{0}")]
    Setup(String),
    /// The host asked to stop (`StopProvider`).
    #[error("the exchange was interrupted")]
    Interrupted,
}

/// What a body looked like; never the body itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerShape {
    /// No body at all.
    Empty,
    /// A JSON object; the names of its top-level members (capped, escaped).
    JsonObject(Vec<String>),
    /// JSON, but no object.
    OtherJson,
    /// HTML, with its `<title>` when there is one (capped, escaped, masked).
    Html(Option<String>),
    /// Form-encoded text, as some servers answer.
    Form,
    /// Any other text.
    Text,
    /// Bytes that are not UTF-8.
    Binary,
    /// Declared or begun as JSON, but cut off or broken.
    BrokenJson,
}

/// What a timeout was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeoutPhase {
    /// Name resolution and TCP.
    #[error("connecting")]
    Connect,
    /// The TCP connection was there; the TLS handshake got no reply.
    #[error("waiting for the TLS handshake")]
    Handshake,
    /// The request was sent; no status line had come.
    #[error("waiting for the answer")]
    Headers,
    /// The body was coming too slowly.
    #[error("reading the answer")]
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
    /// The certificate is for other names.
    #[error("the certificate is for another name")]
    WrongName {
        /// The names on the certificate, capped and escaped.
        presented: Vec<String>,
    },
    /// The server asked for a client certificate, or refused ours.
    #[error("the server requires a client certificate or refused it")]
    ClientCertificate,
    /// The server sent something that is not TLS.
    #[error("the server does not speak TLS")]
    NotTls,
    /// Anything else, in rustls' words (no secrets in them).
    #[error("{0}")]
    Other(String),
}

/// Why the proxy failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFailure {
    /// 407: the proxy wants credentials, or other ones.
    #[error("the proxy requires authentication")]
    AuthenticationRequired,
    /// The proxy refused the CONNECT request.
    #[error("the proxy refused the tunnel")]
    TunnelRefused {
        /// HTTP status, when known.
        status: Option<u16>,
    },
    /// The proxy itself could not be reached.
    #[error("the proxy could not be reached")]
    Unreachable,
}

impl Error {
    /// A failure of `kind` at `endpoint`, after one attempt; the other facts are set by the caller.
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

    /// Whether another attempt could succeed: connection faults, timeouts, 429, 502, 503, 504; never 400, 401, 403.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            ErrorKind::OAuth { status, .. } | ErrorKind::Status { status, .. } => {
                matches!(status, 429 | 502 | 503 | 504)
            }
            ErrorKind::ConnectionRefused
            | ErrorKind::Unreachable
            | ErrorKind::ConnectionClosed
            | ErrorKind::Timeout { .. }
            | ErrorKind::Http2
            | ErrorKind::Dns => true,
            _ => false,
        }
    }

    /// Whether the server has judged the credentials and refused them, so that the same request can only fail again.
    /// An OAuth error inside a 2xx answer is a refusal as well.
    pub fn is_rejection(&self) -> bool {
        match self.kind() {
            ErrorKind::OAuth { error, status, .. } => {
                !matches!(error.as_str(), "temporarily_unavailable" | "server_error" | "slow_down")
                    && matches!(status, 200..=299 | 400..=403)
            }
            ErrorKind::Status { status, .. } => matches!(status, 400 | 401 | 403),
            _ => false,
        }
    }
}
