//! A connection to a server: name resolution, TCP, the proxy's tunnel, TLS. Each fault is classified where it arises.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
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
use rustls::ClientConfig;
use rustls::pki_types::{IpAddr, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::error::{certificate_of, is_closed};
use super::masking::Mask;
use super::response::Response;
use super::retry::FailedAttempt;
use super::{ErrorKind, ProxyFailure, ResponseMarks, Secret, TimeoutPhase};

/// A connection for one request.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    is_http2: bool,
}

impl Connection {
    /// Sends `request`, whose URI is absolute, and reads the head of the response.
    ///
    /// # Errors
    ///
    /// hyper's error; [`ErrorKind::of_exchange`] classifies it.
    pub(crate) async fn send(self, mut request: Request<Full<Bytes>>) -> hyper::Result<hyper::Response<Incoming>> {
        let io = TokioIo::new(self.stream);
        // The connection's task ends when its one response is read, or when the caller drops that response.
        if self.is_http2 {
            // HTTP/2 has `:authority` instead (RFC 9113 section 8.3.1).
            request.headers_mut().remove(HOST);
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            return sender.send_request(request).await;
        }
        let (mut sender, connection) = lenient().handshake(io).await?;
        tokio::spawn(connection);
        // A server, unlike a proxy, gets the path alone (RFC 9112 section 3.2.1).
        if let Some(path) = request.uri().path_and_query() {
            *request.uri_mut() = Uri::from(path.clone());
        }
        sender.send_request(request).await
    }

    /// Whether HTTP/2 was negotiated.
    pub(crate) fn is_http2(&self) -> bool {
        self.is_http2
    }
}

/// The way to a server.
pub(crate) struct Way<'a> {
    /// The proxy. Only encrypted connections use one.
    pub(crate) proxy: Option<&'a Url>,
    /// The TLS configuration of an encrypted connection.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// The user agent for the proxy.
    pub(crate) user_agent: &'a str,
    /// The time limit for all steps together.
    pub(crate) limit: Duration,
    /// The time at the start.
    pub(crate) now: SystemTime,
}

impl Way<'_> {
    /// Connects to the server of `url`.
    ///
    /// # Errors
    ///
    /// The class of the fault. Faults after the tunnel is open are the server's.
    pub(crate) async fn connect(&self, url: &Url) -> Result<Connection, FailedAttempt> {
        #[expect(clippy::disallowed_methods, reason = "a time limit, which nobody is told")]
        let deadline = Instant::now() + self.limit;
        let in_time = |phase| move |_| ErrorKind::Timeout { phase, limit: self.limit };
        let reached = timeout_at(deadline, reach(self.proxy.unwrap_or(url), self.limit)).await;
        let mut stream: Box<dyn Stream> = match reached.map_err(in_time(TimeoutPhase::Connect))? {
            Ok(stream) => Box::new(stream),
            Err(_) if self.proxy.is_some() => return Err(ErrorKind::Proxy(ProxyFailure::Unreachable).into()),
            Err(fault) => return Err(fault.into()),
        };
        let Some(tls) = &self.tls else { return Ok(Connection { stream, is_http2: false }) };
        if let Some(proxy) = self.proxy {
            if proxy.scheme() == "https" {
                // HTTP/1.1 only, because not every proxy opens tunnels over HTTP/2.
                let mut config = ClientConfig::clone(tls);
                config.alpn_protocols.clear();
                let shaken = timeout_at(deadline, shake(Arc::new(config), stream, proxy)).await;
                let shaken = shaken.map_err(in_time(TimeoutPhase::Connect))?;
                stream = Box::new(shaken.map_err(FailedAttempt::at_the_proxy)?);
            }
            let opened = timeout_at(deadline, self.tunnel(stream, proxy, url)).await;
            stream = opened.map_err(in_time(TimeoutPhase::Connect))??;
        }
        let shaken = timeout_at(deadline, shake(Arc::clone(tls), stream, url)).await;
        let stream = shaken.map_err(in_time(TimeoutPhase::Handshake))??;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Connection { stream: Box::new(stream), is_http2 })
    }

    /// Requests a tunnel to the server of `url` from the proxy (RFC 9110 section 9.3.6).
    async fn tunnel(&self, stream: Box<dyn Stream>, proxy: &Url, url: &Url) -> Result<Box<dyn Stream>, FailedAttempt> {
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
        let login = login(proxy);
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
        let password = proxy.password().map(|password| Secret::new(decoded(password)));
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

/// A TCP connection to the host of `url`.
async fn reach(url: &Url, limit: Duration) -> Result<TcpStream, ErrorKind> {
    let port = port(url);
    let addresses: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![(address, port).into()],
        Some(Host::Ipv6(address)) => vec![(address, port).into()],
        Some(Host::Domain(name)) => lookup_host((name, port)).await.map_err(|_| ErrorKind::Dns)?.collect(),
        None => Vec::new(),
    };
    let Some(preferred) = addresses.first().map(SocketAddr::is_ipv4) else { return Err(ErrorKind::Dns) };
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv4() == preferred);
    let stream = race(&first, &second, limit).await.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorKind::ConnectionRefused,
        kind if is_closed(kind) => ErrorKind::ConnectionClosed,
        _ => ErrorKind::Unreachable,
    })?;
    // The request is written in one piece, so a delay for more data (Nagle's algorithm) would gain nothing.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Tries the addresses of one family, and a little later also those of the other one. So a network with a broken IPv6
/// costs no more than that delay (RFC 8305).
async fn race(first: &[SocketAddr], second: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let mut one = pin!(in_turn(first, limit));
    if second.is_empty() {
        return one.await;
    }
    let mut other = pin!(in_turn(second, limit));
    match timeout(HEAD_START, &mut one).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(_)) => return other.await,
        Err(_) => {}
    }
    tokio::select! {
        reached = &mut one => match reached {
            Ok(stream) => Ok(stream),
            Err(_) => other.await,
        },
        reached = &mut other => match reached {
            Ok(stream) => Ok(stream),
            Err(_) => one.await,
        },
    }
}

/// Tries the addresses in turn. Each gets a share of the time, so that one which never responds leaves time for the
/// rest.
async fn in_turn(addresses: &[SocketAddr], limit: Duration) -> io::Result<TcpStream> {
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let Some((last, others)) = addresses.split_last() else { return Err(io::ErrorKind::NotFound.into()) };
    for address in others {
        if let Ok(Ok(stream)) = timeout(share, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    TcpStream::connect(last).await
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
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| FailedAttempt {
        marks: ResponseMarks { certificate: certificate_of(&error), ..ResponseMarks::default() }.into(),
        ..ErrorKind::of_handshake(&error).into()
    })
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

// The "Connection Attempt Delay" of RFC 8305 section 8.
const HEAD_START: Duration = Duration::from_millis(250);
// Only a title and a sentence of a proxy's page are shown. The rest of a longer page is layout.
const REFUSAL_LIMIT: usize = 64 * 1024;
// The status has already arrived, and the words are worth less than a longer wait.
const REFUSAL_WAIT: Duration = Duration::from_millis(500);
