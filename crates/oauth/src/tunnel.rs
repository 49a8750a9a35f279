//! Requests through a proxy: TCP to the proxy, its tunnel, TLS to the server. reqwest hides the proxy's response to
//! CONNECT, so this is our own.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::ext::ReasonPhrase;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use percent_encoding::percent_decode_str;
use reqwest::Body;
use rustls::ClientConfig;
use rustls::pki_types::{IpAddr, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::masking::Mask;
use super::response::Response;
use super::retry::FailedAttempt;
use super::{ErrorKind, ProxyFailure, Secret, TimeoutPhase};

/// The way to a server through a proxy.
pub(crate) struct Tunnel<'a> {
    /// The address of the proxy.
    pub(crate) proxy: &'a Url,
    /// The TLS configuration. Only encrypted connections use a proxy.
    pub(crate) tls: Arc<ClientConfig>,
    /// The user agent for the proxy.
    pub(crate) user_agent: &'a str,
    /// The time limit for all steps before the request.
    pub(crate) limit: Duration,
    /// The time at the start.
    pub(crate) now: SystemTime,
}

impl Tunnel<'_> {
    /// Sends `request` to the server of `url`, and reads the head of the response.
    ///
    /// # Errors
    ///
    /// The class of the fault. Faults after the tunnel is open are the server's.
    pub(crate) async fn send(
        &self,
        url: &Url,
        request: Request<Bytes>,
    ) -> Result<hyper::Response<Body>, FailedAttempt> {
        let (stream, is_http2) = self.connect(url).await?;
        let sent = exchange(stream, is_http2, url, request.map(Full::new)).await;
        sent.map(|response| response.map(Body::wrap))
            .map_err(|error| FailedAttempt::of_connection(ErrorKind::of_exchange(&error), &error))
    }

    /// An encrypted connection to the server of `url`, and whether HTTP/2 was negotiated.
    async fn connect(&self, url: &Url) -> Result<(Box<dyn Stream>, bool), FailedAttempt> {
        #[expect(clippy::disallowed_methods, reason = "a time limit, which nobody is told")]
        let deadline = Instant::now() + self.limit;
        let in_time = |phase| move |_| ErrorKind::Timeout { phase, limit: self.limit };
        let reached = timeout_at(deadline, reach(self.proxy)).await.map_err(in_time(TimeoutPhase::Connect))?;
        let mut stream: Box<dyn Stream> = match reached {
            Ok(stream) => Box::new(stream),
            Err(_) => return Err(ErrorKind::Proxy(ProxyFailure::Unreachable).into()),
        };
        if self.proxy.scheme() == "https" {
            // HTTP/1.1 only, because not every proxy opens tunnels over HTTP/2.
            let mut config = ClientConfig::clone(&self.tls);
            config.alpn_protocols.clear();
            let shaken = timeout_at(deadline, shake(Arc::new(config), stream, self.proxy)).await;
            let shaken = shaken.map_err(in_time(TimeoutPhase::Connect))?;
            stream = Box::new(shaken.map_err(FailedAttempt::at_the_proxy)?);
        }
        let opened = timeout_at(deadline, self.open(stream, url)).await;
        let stream = opened.map_err(in_time(TimeoutPhase::Connect))??;
        let shaken = timeout_at(deadline, shake(Arc::clone(&self.tls), stream, url)).await;
        let stream = shaken.map_err(in_time(TimeoutPhase::Handshake))??;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Box::new(stream), is_http2))
    }

    /// Requests a tunnel to the server of `url` from the proxy (RFC 9110 section 9.3.6).
    async fn open(&self, stream: Box<dyn Stream>, url: &Url) -> Result<Box<dyn Stream>, FailedAttempt> {
        let refused = |error: hyper::Error| match error.is_parse() {
            true => ErrorKind::Proxy(ProxyFailure::TunnelRefused { status: None, message: None }),
            false => ErrorKind::Proxy(ProxyFailure::Closed),
        };
        let target = format!("{}:{}", url.host_str().unwrap_or_default(), port(url));
        let mut request = Request::connect(&target)
            .header(HOST, &target)
            .header(USER_AGENT, self.user_agent)
            .body(Empty::<Bytes>::new())
            .map_err(|_| ErrorKind::Setup("the request to the proxy could not be built".into()))?;
        let login = login(self.proxy);
        if let Some(login) = &login {
            let basic = format!("Basic {}", STANDARD.encode(login.expose()));
            // Never fails: every base64 text is a valid header value.
            if let Ok(mut value) = HeaderValue::try_from(basic) {
                value.set_sensitive(true);
                request.headers_mut().insert(PROXY_AUTHORIZATION, value);
            }
        }
        let (mut sender, connection) = lenient().handshake(TokioIo::new(stream)).await.map_err(refused)?;
        tokio::spawn(connection.with_upgrades());
        let mut answer = sender.send_request(request).await.map_err(refused)?;
        if answer.status().is_success() {
            let tunnel = hyper::upgrade::on(answer).await.map_err(refused)?;
            return Ok(Box::new(TokioIo::new(tunnel)));
        }
        let reason = answer.extensions().get::<ReasonPhrase>().map(|phrase| phrase.as_bytes().to_vec());
        let body = read_some(answer.body_mut()).await;
        let response = Response { status: answer.status().as_u16(), headers: answer.headers().clone(), body };
        let password = self.proxy.password().map(|password| Secret::new(decoded(password)));
        let mask = Mask::hiding(login.iter().chain(&password));
        let failure = response.refused_tunnel(reason.as_deref(), &mask);
        Err(FailedAttempt::of(ErrorKind::Proxy(failure), &response, &mask, self.now))
    }
}

/// The requirements for a transport.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// HTTP/1.1 as tolerant as gateways and browsers: one odd cookie must not cost the token.
fn lenient() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.allow_obsolete_multiline_headers_in_responses(true).ignore_invalid_headers_in_responses(true);
    builder
}

/// A TCP connection to the proxy.
async fn reach(proxy: &Url) -> io::Result<TcpStream> {
    let port = port(proxy);
    let stream = match proxy.host() {
        Some(Host::Ipv4(address)) => TcpStream::connect((address, port)).await?,
        Some(Host::Ipv6(address)) => TcpStream::connect((address, port)).await?,
        Some(Host::Domain(name)) => TcpStream::connect((name, port)).await?,
        None => return Err(io::ErrorKind::NotFound.into()),
    };
    // The request is written in one piece, so a delay for more data (Nagle's algorithm) would gain nothing.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Sends `request`, whose URI is absolute, and reads the head of the response.
async fn exchange(
    stream: Box<dyn Stream>,
    is_http2: bool,
    url: &Url,
    mut request: Request<Full<Bytes>>,
) -> hyper::Result<hyper::Response<Incoming>> {
    let io = TokioIo::new(stream);
    // The connection's task ends when its one response is read, or when the caller drops that response.
    if is_http2 {
        // HTTP/2 has `:authority` instead of `Host` (RFC 9113 section 8.3.1).
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
        tokio::spawn(connection);
        return sender.send_request(request).await;
    }
    let (mut sender, connection) = lenient().handshake(io).await?;
    tokio::spawn(connection);
    // IPv6 in brackets, the default port left out.
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    if let Ok(host) = HeaderValue::try_from(authority) {
        request.headers_mut().insert(HOST, host);
    }
    // A server, unlike a proxy, gets the path alone (RFC 9112 section 3.2.1).
    if let Some(path) = request.uri().path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
    sender.send_request(request).await
}

/// The TLS handshake with the host of `url`.
async fn shake(
    config: Arc<ClientConfig>,
    stream: Box<dyn Stream>,
    url: &Url,
) -> Result<tokio_rustls::client::TlsStream<Box<dyn Stream>>, FailedAttempt> {
    let name = match url.host() {
        Some(Host::Ipv4(address)) => ServerName::IpAddress(IpAddr::from(std::net::IpAddr::from(address))),
        Some(Host::Ipv6(address)) => ServerName::IpAddress(IpAddr::from(std::net::IpAddr::from(address))),
        // Not a valid DNS name, so it cannot be resolved either.
        other => {
            ServerName::try_from(other.map(|host| host.to_string()).unwrap_or_default()).map_err(|_| ErrorKind::Dns)?
        }
    };
    let shaken = TlsConnector::from(config).connect(name, stream).await;
    shaken.map_err(|error| FailedAttempt::of_connection(ErrorKind::of_handshake(&error), &error))
}

/// The first bytes of a rejection's body, as many as arrive in time.
async fn read_some(body: &mut Incoming) -> Zeroizing<Vec<u8>> {
    let mut read = Zeroizing::new(Vec::new());
    while read.len() < REFUSAL_LIMIT {
        match timeout(REFUSAL_WAIT, body.frame()).await {
            Ok(Some(Ok(frame))) => read.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            _ => break,
        }
    }
    read
}

/// User and password of a proxy's address, joined as for Basic authentication.
fn login(proxy: &Url) -> Option<Secret> {
    let password = proxy.password().unwrap_or_default();
    let given = !proxy.username().is_empty() || proxy.password().is_some();
    given.then(|| Secret::new(format!("{}:{}", decoded(proxy.username()), decoded(password))))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn port(url: &Url) -> u16 {
    // Only http and https reach this point, and both have a default port.
    url.port_or_known_default().unwrap_or(443)
}

// Only a title and a sentence of a proxy's page are shown. The rest of a longer page is layout.
const REFUSAL_LIMIT: usize = 64 * 1024;
// The status has already arrived, and the words are worth less than a longer wait.
const REFUSAL_WAIT: Duration = Duration::from_millis(500);
