//! The HTTP client of this crate. Every request uses it.

use std::io::{self, Read as _};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::{Body as _, Bytes};
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, TRANSFER_ENCODING};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use super::direct::Direct;
use super::error::is_unannounced_end;
use super::proxy::Route;
use super::request::OutgoingRequest;
use super::response::{Response, is_whole_object};
use super::retry::FailedAttempt;
use super::tls::SecureSettings;
use super::tunnel::Tunnel;
use super::{ClientIdentity, Clock, ErrorKind, ProxySettings, Secret, TimeoutPhase, TrustStore, tls};

/// The transport settings: plain data that the caller has resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// The time limit of one attempt, from connecting to the last byte of the response.
    pub request_timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// PEM certificates that are trusted in addition to the system's roots. A [`Secret`], because users paste private
    /// keys where a certificate belongs.
    pub extra_ca_pem: Option<Secret>,
    /// The places of this machine's trusted roots.
    pub trust: TrustStore,
    /// Our client certificate for mutual TLS.
    pub client_identity: Option<ClientIdentity>,
    /// Accepts any server certificate. For experiments only.
    pub insecure_skip_verify: bool,
    /// The proxy.
    pub proxy: ProxySettings,
    /// The HTTP version.
    pub http_version: HttpVersion,
}

impl HttpSettings {
    /// With the default of three retries, an exchange gives up after two minutes plus its waits.
    pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

    /// All settings except the user agent at their defaults.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            request_timeout: Self::DEFAULT_REQUEST_TIMEOUT,
            user_agent: user_agent.into(),
            extra_ca_pem: None,
            trust: TrustStore::default(),
            client_identity: None,
            insecure_skip_verify: false,
            proxy: ProxySettings::None,
            http_version: HttpVersion::Auto,
        }
    }
}

/// The HTTP version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// HTTP/2 if the server offers it (ALPN), else HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http11,
}

/// Sends requests, each on its own connection: servers close idle connections without notice, and a request on a
/// closing one fails. A run sends only two or three requests, and TLS sessions are resumed.
///
/// Loads and opens nothing before the first request. The system's root certificates are loaded for the first request
/// over TLS, so that plain loopback does not pay for them.
pub(crate) struct HttpClient {
    settings: HttpSettings,
    clock: Clock,
    route: Route,
    plain: OnceLock<Result<Direct, ErrorKind>>,
    tls: OnceLock<Result<Secure, ErrorKind>>,
    /// As `tls`, without our client certificate. It has its own sessions, because a resumed session shows the identity
    /// of the first one.
    nameless: OnceLock<Result<Secure, ErrorKind>>,
}

impl HttpClient {
    pub(crate) fn new(mut settings: HttpSettings, clock: Clock) -> Self {
        settings.request_timeout = settings.request_timeout.min(LONGEST_ATTEMPT);
        let route = Route::new(&settings.proxy);
        Self { settings, clock, route, plain: OnceLock::new(), tls: OnceLock::new(), nameless: OnceLock::new() }
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    /// Sends one request and reads the whole response, with any status. Never follows redirects: they would carry the
    /// credentials along, and a 302 would turn the POST into a GET.
    ///
    /// # Errors
    ///
    /// The class of the fault if no complete response arrived within the limits of time and size.
    pub(crate) async fn send(&self, request: &OutgoingRequest) -> Result<Response, FailedAttempt> {
        let proxy = self.route.proxy_for(&request.url)?;
        let outgoing = outgoing(request)?;
        // Before the time limit begins: to load the system's roots can take longer than a short limit.
        let secure = if request.url.scheme() == "https" { Some(self.secure(request.shows_identity)?) } else { None };
        #[expect(clippy::disallowed_methods, reason = "a time limit, which nobody is told")]
        let deadline = Instant::now() + self.settings.request_timeout;
        let sent = timeout_at(deadline, async {
            let Some(secure) = secure else { return self.plain()?.send(outgoing).await };
            let sent = match proxy {
                None => secure.direct.send(outgoing).await,
                Some(proxy) => self.tunnel(proxy, secure).send(&request.url, outgoing).await,
            };
            sent.map_err(|mut failure| {
                // Only a rejected certificate makes the places of trust interesting.
                if failure.marks.certificate.is_some() {
                    failure.marks.trust.clone_from(&secure.tls.places);
                }
                failure
            })
        });
        let incoming = sent.await.map_err(|_| self.timeout(TimeoutPhase::Headers))??;
        let (head, mut incoming) = incoming.into_parts();
        let mut response = Response { status: head.status.as_u16(), headers: head.headers, body: Zeroizing::default() };
        match timeout_at(deadline, read_body(&mut incoming, &mut response.body)).await {
            Err(_) => return Err(self.timeout(TimeoutPhase::Body)),
            Ok(Ok(())) => {}
            Ok(Err(BodyFault::TooLarge)) => return Err(ErrorKind::ResponseTooLarge { limit: BODY_LIMIT }.into()),
            // Some servers end a body by closing the connection, without TLS's close message. A complete object was not
            // truncated.
            Ok(Err(BodyFault::Broken(error)))
                if is_unannounced_end(&error) && !is_measured(&response.headers) && is_whole_object(&response.body) => {
            }
            Ok(Err(BodyFault::Broken(error))) => return Err(ErrorKind::of_exchange(&error).into()),
        }
        decode(response)
    }

    fn tunnel<'a>(&'a self, proxy: &'a Url, secure: &Secure) -> Tunnel<'a> {
        Tunnel {
            proxy,
            tls: Arc::clone(&secure.tls.config),
            user_agent: &self.settings.user_agent,
            limit: self.connect_limit(),
            now: self.clock.now(),
        }
    }

    /// The time limit for name resolution, TCP, proxy and TLS. It is shorter than the whole attempt, so that a
    /// connection that is never established differs from a server that never responds.
    fn connect_limit(&self) -> Duration {
        (self.settings.request_timeout * 3 / 4).min(LONGEST_CONNECT)
    }

    fn timeout(&self, phase: TimeoutPhase) -> FailedAttempt {
        ErrorKind::Timeout { phase, limit: self.settings.request_timeout }.into()
    }

    /// The client for plain http, which is accepted for loopback only.
    fn plain(&self) -> Result<&Direct, ErrorKind> {
        let made = self.plain.get_or_init(|| Direct::new(&self.settings, tls::unused()?, self.connect_limit()));
        made.as_ref().map_err(ErrorKind::clone)
    }

    fn secure(&self, shows_identity: bool) -> Result<&Secure, ErrorKind> {
        let made = if shows_identity || self.settings.client_identity.is_none() {
            self.tls.get_or_init(|| self.set_up(&self.settings))
        } else {
            let nameless = || self.set_up(&HttpSettings { client_identity: None, ..self.settings.clone() });
            self.nameless.get_or_init(nameless)
        };
        made.as_ref().map_err(ErrorKind::clone)
    }

    fn set_up(&self, settings: &HttpSettings) -> Result<Secure, ErrorKind> {
        let tls = tls::secure(settings)?;
        let direct = Direct::new(settings, ClientConfig::clone(&tls.config), self.connect_limit())?;
        Ok(Secure { tls, direct })
    }
}

/// The means of encrypted connections.
struct Secure {
    tls: SecureSettings,
    direct: Direct,
}

/// The request, with an absolute URI. It has a `Content-Length`, because two of eleven servers lose a chunked body.
fn outgoing(request: &OutgoingRequest) -> Result<Request<Bytes>, ErrorKind> {
    let mut outgoing = Request::builder()
        .method(request.method.clone())
        .uri(request.url.as_str())
        .body(Bytes::from(request.body.to_vec()))
        .map_err(|_| ErrorKind::Setup("the request could not be built from the settings".into()))?;
    let headers = outgoing.headers_mut();
    *headers = request.headers.clone();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(GZIP));
    Ok(outgoing)
}

enum BodyFault {
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads the body in pieces, so that a huge response is never in memory.
async fn read_body(incoming: &mut reqwest::Body, body: &mut Vec<u8>) -> Result<(), BodyFault> {
    // A server that announces too large a body is not read at all.
    if incoming.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(BodyFault::TooLarge);
    }
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(BodyFault::Broken)?;
        let piece = frame.data_ref().map_or(&[][..], |data| data);
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(BodyFault::TooLarge);
        }
        body.extend_from_slice(piece);
    }
    Ok(())
}

/// Whether the head announces the length of the body.
fn is_measured(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}

/// Decodes gzip, the only encoding that was requested. Another encoding remains and is named if the body is unreadable.
/// An error response keeps an undecodable body: its status says more than its body.
fn decode(mut response: Response) -> Result<Response, FailedAttempt> {
    let is_gzip = response.headers.get(CONTENT_ENCODING).is_some_and(|encoding| {
        let encoding = encoding.as_bytes().trim_ascii();
        encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
    });
    if !is_gzip || response.body.is_empty() {
        return Ok(response);
    }
    let mut body = Zeroizing::new(Vec::new());
    // Counted during decompression, because a small body can expand enormously.
    let limit = BODY_LIMIT as u64 + 1;
    match MultiGzDecoder::new(response.body.as_slice()).take(limit).read_to_end(&mut body) {
        Ok(_) if body.len() > BODY_LIMIT => Err(ErrorKind::ResponseTooLarge { limit: BODY_LIMIT }.into()),
        Ok(_) => {
            response.headers.remove(CONTENT_ENCODING);
            response.body = body;
            Ok(response)
        }
        Err(_) if !(200..300).contains(&response.status) => Ok(response),
        Err(error) => {
            let is_cut_off = error.kind() == io::ErrorKind::UnexpectedEof;
            Err(ErrorKind::Undecodable { encoding: GZIP, is_cut_off }.into())
        }
    }
}

const GZIP: &str = "gzip";
// A token response is a few kilobytes. This is enough for any honest server.
const BODY_LIMIT: usize = 1024 * 1024;
// Keeps sums of time limits far from an overflow.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(24 * 60 * 60);
// A lost SYN is sent again after 1, 3 and 7 seconds. A host that has not responded to the last one is not there.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
