//! The one HTTP client: every request of this layer goes through it.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, Proxy, redirect, retry};
use rustls::client::Resumption;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::answer::Answer;
use super::handshake::Handshakes;
use super::outgoing::OutgoingRequest;
use super::retry::Failure;
use super::route::Route;
use super::{ErrorKind, HttpSettings, HttpVersion, ResponseMarks, TimeoutPhase, fault, tls};

/// Sends requests as [`HttpSettings`] say. Nothing is loaded or opened before the first one, and the system's root
/// certificates not before the first one over TLS.
pub(crate) struct HttpClient {
    settings: HttpSettings,
    route: Arc<Route>,
    plain: OnceLock<Result<Client, ErrorKind>>,
    secure: OnceLock<Result<Client, ErrorKind>>,
    handshakes: Arc<Handshakes>,
}

impl HttpClient {
    pub(crate) fn new(mut settings: HttpSettings) -> Self {
        settings.request_timeout = settings.request_timeout.min(LONGEST_ATTEMPT);
        let route = Arc::new(Route::new(&settings.proxy));
        Self { settings, route, plain: OnceLock::new(), secure: OnceLock::new(), handshakes: Handshakes::new() }
    }

    pub(crate) fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    /// Sends one request and reads the whole answer, whatever its status. Redirects are answers like any other.
    ///
    /// # Errors
    ///
    /// The class of the fault when no whole answer came within the time and size allowed.
    pub(crate) async fn send(&self, request: &OutgoingRequest) -> Result<Answer, Failure> {
        let proxy = self.route.proxy_for(&request.url)?;
        let secure = request.url.scheme() == "https" || proxy.is_some_and(|proxy| proxy.scheme() == "https");
        let client = self.client(secure)?;
        let handshakes = self.handshakes.begun();
        let classify = |error: &reqwest::Error| Failure {
            marks: ResponseMarks { certificate: fault::refused_certificate(error), ..ResponseMarks::default() }.into(),
            ..self.classify(error, proxy.is_some(), handshakes).into()
        };

        #[expect(clippy::disallowed_methods, reason = "a time limit, which nobody is told")]
        let deadline = Instant::now() + self.settings.request_timeout;
        let outgoing = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone())
            .body(request.body.to_vec())
            .build()
            .map_err(|error| classify(&error))?;
        let mut response = timeout_at(deadline, client.execute(outgoing))
            .await
            .map_err(|_| self.timeout(TimeoutPhase::Headers))?
            .map_err(|error| classify(&error))?;
        let body = timeout_at(deadline, read_body(&mut response))
            .await
            .map_err(|_| self.timeout(TimeoutPhase::Body))?
            .map_err(|fault| match fault {
                BodyFault::TooLarge => ErrorKind::AnswerTooLarge { limit: BODY_LIMIT }.into(),
                BodyFault::Broken(error) => classify(&error),
            })?;
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// Name resolution, TCP, proxy and TLS together may take this long: less than the whole attempt, so that a
    /// connection that never comes about is told from a server that never answers.
    fn connect_limit(&self) -> Duration {
        (self.settings.request_timeout * 3 / 4).min(LONGEST_CONNECT)
    }

    fn timeout(&self, phase: TimeoutPhase) -> Failure {
        ErrorKind::Timeout { phase, limit: self.settings.request_timeout }.into()
    }

    /// The class of the failure of a request before which `handshakes` had begun.
    fn classify(&self, error: &reqwest::Error, proxied: bool, handshakes: usize) -> ErrorKind {
        match fault::classify(error, proxied, self.connect_limit()) {
            ErrorKind::Timeout { phase: TimeoutPhase::Connect, limit } if self.handshakes.begun() > handshakes => {
                ErrorKind::Timeout { phase: TimeoutPhase::Handshake, limit }
            }
            kind => kind,
        }
    }

    fn client(&self, secure: bool) -> Result<Client, ErrorKind> {
        let client = match secure {
            true => self.secure.get_or_init(|| {
                let mut config = tls::secure(&self.settings)?;
                config.resumption = Resumption::store(Arc::clone(&self.handshakes) as _);
                self.build(config)
            }),
            false => self.plain.get_or_init(|| self.build(tls::unused()?)),
        };
        client.clone()
    }

    fn build(&self, tls: rustls::ClientConfig) -> Result<Client, ErrorKind> {
        let route = Arc::clone(&self.route);
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.connect_limit())
            // One that cannot be used has ended the request in `send`.
            .proxy(Proxy::custom(move |url| route.proxy_for(url).ok().flatten().cloned()));
        if self.settings.http_version == HttpVersion::Http11 {
            builder = builder.http1_only();
        }
        builder.build().map_err(|_| ErrorKind::Setup("the HTTP client could not be set up".into()))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, route: _, plain: _, secure: _, handshakes: _ } = self;
        formatter.debug_struct("HttpClient").field("settings", settings).finish_non_exhaustive()
    }
}

enum BodyFault {
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads the body piece by piece, counted after decompression, so that neither a huge answer nor a small one that
/// unpacks hugely is ever held.
async fn read_body(response: &mut reqwest::Response) -> Result<Zeroizing<Vec<u8>>, BodyFault> {
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
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
