//! The one HTTP client: every request of this crate goes through it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, Proxy, redirect, retry};
use rustls::client::Resumption;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::error::{is_broken_gzip, refused_certificate};
use super::handshake::Handshakes;
use super::proxy::Route;
use super::request::OutgoingRequest;
use super::response::Response;
use super::retry::FailedAttempt;
use super::{ClientIdentity, ErrorKind, ProxySettings, ResponseMarks, Secret, TimeoutPhase, tls};

/// How requests travel: plain data, resolved by whoever owns the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// The longest one attempt may take, from connecting to the last byte of the response.
    pub request_timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// PEM certificates trusted in addition to the system's roots. No secret by itself, but people paste a private key
    /// where a certificate belongs.
    pub extra_ca_pem: Option<Secret>,
    /// Our own certificate for mutual TLS.
    pub client_identity: Option<ClientIdentity>,
    /// Accept any server certificate. For experiments alone.
    pub insecure_skip_verify: bool,
    /// Which proxy to go through.
    pub proxy: ProxySettings,
    /// Which HTTP version to speak.
    pub http_version: HttpVersion,
}

impl HttpSettings {
    /// With the default of three retries an exchange gives up after two minutes and its waits.
    pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

    /// Everything but the program's own name at its default.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            request_timeout: Self::DEFAULT_REQUEST_TIMEOUT,
            user_agent: user_agent.into(),
            extra_ca_pem: None,
            client_identity: None,
            insecure_skip_verify: false,
            proxy: ProxySettings::None,
            http_version: HttpVersion::Auto,
        }
    }
}

/// Which HTTP version is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// HTTP/2 where the server offers it (ALPN), else HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1 alone.
    Http11,
}

/// Sends requests as [`HttpSettings`] say. Nothing is loaded or opened before the first one, and the system's root
/// certificates not before the first one over TLS.
pub(crate) struct HttpClient {
    settings: HttpSettings,
    route: Arc<Route>,
    // Two clients: plain loopback must not pay for the system's roots, which are read when a client is built.
    plain: OnceLock<Result<Client, ErrorKind>>,
    secure: OnceLock<Result<Client, ErrorKind>>,
    /// As `secure`, for servers that our own certificate is not for.
    nameless: OnceLock<Result<Client, ErrorKind>>,
    handshakes: Handshakes,
}

impl HttpClient {
    pub(crate) fn new(mut settings: HttpSettings) -> Self {
        settings.request_timeout = settings.request_timeout.min(LONGEST_ATTEMPT);
        let route = Arc::new(Route::new(&settings.proxy));
        Self {
            settings,
            route,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
            nameless: OnceLock::new(),
            handshakes: Handshakes::default(),
        }
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    /// Sends one request and reads the whole response, whatever its status. Redirects are never followed: credentials would
    /// travel along, and a 302 makes a GET of the POST.
    ///
    /// # Errors
    ///
    /// The class of the fault when no whole response came within the time and size allowed.
    pub(crate) async fn send(&self, request: &OutgoingRequest) -> Result<Response, FailedAttempt> {
        let proxy = self.route.proxy_for(&request.url)?;
        let secure = request.url.scheme() == "https" || proxy.is_some_and(|proxy| proxy.scheme() == "https");
        let client = self.client(secure, request.shows_identity)?;
        let handshakes = self.handshakes.begun();
        let classify = |error: &reqwest::Error| FailedAttempt {
            marks: ResponseMarks { certificate: refused_certificate(error), ..ResponseMarks::default() }.into(),
            ..self.classify(error, handshakes).into()
        };

        #[expect(clippy::disallowed_methods, reason = "a time limit, which nobody is told")]
        let deadline = Instant::now() + self.settings.request_timeout;
        let outgoing = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone())
            // Whole and with its length: of eleven servers two lose a chunked request body.
            .body(request.body.to_vec())
            .build()
            .map_err(|error| classify(&error))?;
        let mut incoming = timeout_at(deadline, client.execute(outgoing))
            .await
            .map_err(|_| self.timeout(TimeoutPhase::Headers))?
            .map_err(|error| classify(&error))?;
        let body = timeout_at(deadline, read_body(&mut incoming))
            .await
            .map_err(|_| self.timeout(TimeoutPhase::Body))?
            .map_err(|fault| match fault {
                BodyFault::TooLarge => ErrorKind::ResponseTooLarge { limit: BODY_LIMIT }.into(),
                BodyFault::Broken(error) if is_broken_gzip(&error) => {
                    ErrorKind::Undecodable { encoding: "gzip" }.into()
                }
                BodyFault::Broken(error) => classify(&error),
            })?;
        Ok(Response { status: incoming.status().as_u16(), headers: incoming.headers().clone(), body })
    }

    /// Name resolution, TCP, proxy and TLS together may take this long: less than the whole attempt, so that a
    /// connection that never comes about is told from a server that never answers.
    fn connect_limit(&self) -> Duration {
        (self.settings.request_timeout * 3 / 4).min(LONGEST_CONNECT)
    }

    fn timeout(&self, phase: TimeoutPhase) -> FailedAttempt {
        ErrorKind::Timeout { phase, limit: self.settings.request_timeout }.into()
    }

    /// The class of the failure of a request before which `handshakes` had begun.
    fn classify(&self, error: &reqwest::Error, handshakes: usize) -> ErrorKind {
        match ErrorKind::of(error, self.connect_limit()) {
            ErrorKind::Timeout { phase: TimeoutPhase::Connect, limit } if self.handshakes.begun() > handshakes => {
                ErrorKind::Timeout { phase: TimeoutPhase::Handshake, limit }
            }
            kind => kind,
        }
    }

    fn client(&self, secure: bool, shows_identity: bool) -> Result<Client, ErrorKind> {
        let (slot, config): (_, fn(&HttpSettings) -> _) = match (secure, shows_identity) {
            (false, _) => (&self.plain, |_| tls::unused()),
            (true, false) if self.settings.client_identity.is_some() => {
                (&self.nameless, |settings| tls::secure(&HttpSettings { client_identity: None, ..settings.clone() }))
            }
            (true, _) => (&self.secure, tls::secure),
        };
        slot.get_or_init(|| {
            let mut config = config(&self.settings)?;
            // Each client has sessions of its own: a resumed one shows the identity that it was begun with.
            config.resumption = Resumption::store(self.handshakes.sessions());
            self.build(config)
        })
        .clone()
    }

    fn build(&self, tls: rustls::ClientConfig) -> Result<Client, ErrorKind> {
        let route = Arc::clone(&self.route);
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            // A redirected POST would carry the credentials to a host that nobody configured.
            .redirect(redirect::Policy::none())
            // Attempts are counted and announced in one place: `retry`.
            .retry(retry::never())
            .referer(false)
            // Servers close idle connections without a word, and a request on one that is being closed fails. A run sends
            // two or three requests, and TLS sessions are resumed: a connection each costs little.
            .pool_max_idle_per_host(0)
            // The environment is read by the caller, who can say which variable it was.
            .no_proxy()
            // For the CONNECT of a proxy, which has no other headers of ours.
            .user_agent(&self.settings.user_agent)
            // As gateways and browsers take them: one odd cookie must not cost the token.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .connect_timeout(self.connect_limit())
            // One that cannot be used has ended the request in `send`.
            .proxy(Proxy::custom(move |url| route.proxy_for(url).ok().flatten().cloned()));
        if self.settings.http_version == HttpVersion::Http11 {
            builder = builder.http1_only();
        }
        builder.build().map_err(|_| ErrorKind::Setup("the HTTP client could not be set up".into()))
    }
}

enum BodyFault {
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads the body piece by piece, counted after decompression, so that neither a huge response nor a small one that
/// unpacks hugely is ever held.
async fn read_body(response: &mut reqwest::Response) -> Result<Zeroizing<Vec<u8>>, BodyFault> {
    // Before anything is read, where the server says it itself.
    if response.content_length().is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(BodyFault::TooLarge);
    }
    let mut body = Zeroizing::new(Vec::new());
    while let Some(piece) = response.chunk().await.map_err(BodyFault::Broken)? {
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(BodyFault::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// A token response is a few kilobytes; this leaves room for anything honest.
const BODY_LIMIT: usize = 1024 * 1024;
/// Longer limits mean this: sums of them stay far from overflow.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(24 * 60 * 60);
/// A lost SYN is sent again after 1, 3 and 7 seconds; who has not answered the last of them is not there.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
