//! The token client: what the rest of the program asks for tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::answer::Answer;
use super::cache::TokenCache;
use super::cache_key::CacheKeys;
use super::http::HttpClient;
use super::masking::Mask;
use super::outgoing::OutgoingRequest;
use super::response::{read_object, read_token};
use super::retry::{Attempts, Failure, milliseconds};
use super::slowness::{SLOW, noticed};
use super::{
    Clock, Endpoint, Error, ErrorKind, HttpSettings, ResponseMarks, RetryPolicy, TimeoutPhase, Token, TokenRequest,
};

/// Exchanges credentials for tokens and keeps the tokens. Clones share everything.
#[derive(Clone)]
pub struct TokenClient {
    exchanger: Arc<Exchanger>,
    cache: TokenCache,
    keys: Arc<CacheKeys>,
    stop: Arc<Notify>,
}

impl TokenClient {
    /// A client with these settings. Cheap: nothing is opened or loaded before the first exchange.
    pub fn new(http: HttpSettings, retry: RetryPolicy, clock: Clock) -> Self {
        Self {
            cache: TokenCache::new(clock.clone()),
            exchanger: Arc::new(Exchanger { http: HttpClient::new(http), retry, clock }),
            keys: Arc::default(),
            stop: Arc::default(),
        }
    }

    /// A token for `request` that lives at least `min_remaining` more, from the cache or by one exchange. A server
    /// that gives out shorter tokens is not asked twice: the caller checks [`Token::remaining`].
    ///
    /// Needs a Tokio runtime: the exchange is a task of its own and goes on when the caller leaves.
    ///
    /// # Errors
    ///
    /// Whatever kept the exchange from succeeding; callers behind the same exchange get the same failure, and a
    /// refusal of the credentials is kept, so that it costs one request.
    pub async fn token(&self, request: &TokenRequest, min_remaining: Duration) -> Result<Arc<Token>, Error> {
        let endpoint = request.endpoint.redacted();
        let key = self.keys.key(request).map_err(|kind| not_sent(kind, &endpoint))?;
        let exchange = || {
            let (exchanger, request) = (Arc::clone(&self.exchanger), request.clone());
            async move { exchanger.exchange(&request).await.map(Arc::new) }
        };
        self.cache.token(key, min_remaining, &endpoint, exchange).await
    }

    /// The members of a JSON document, fetched without credentials over the same transport and with the same retries
    /// as tokens: for discovery. Nothing is kept.
    ///
    /// # Errors
    ///
    /// As for a token; a document that is no JSON object is [`ErrorKind::NotATokenResponse`].
    pub async fn document(&self, address: &Endpoint) -> Result<Map<String, Value>, Error> {
        tokio::select! {
            document = self.exchanger.document(address, &self.exchanger.retry) => document,
            () = self.stop.notified() => Err(Error::new(ErrorKind::Interrupted, address.redacted())),
        }
    }

    /// As [`TokenClient::document`], by one attempt that takes no longer than `limit`: for what is nice to know.
    ///
    /// # Errors
    ///
    /// As [`TokenClient::document`].
    pub async fn document_within(&self, address: &Endpoint, limit: Duration) -> Result<Map<String, Value>, Error> {
        let once = RetryPolicy { max_retries: 0, ..self.exchanger.retry };
        let timeout = || ErrorKind::Timeout { phase: TimeoutPhase::Headers, limit };
        tokio::select! {
            document = self.exchanger.document(address, &once) => document,
            () = tokio::time::sleep(limit) => Err(Error::new(timeout(), address.redacted())),
            () = self.stop.notified() => Err(Error::new(ErrorKind::Interrupted, address.redacted())),
        }
    }

    /// Ends the exchanges in flight: those who wait for them get [`ErrorKind::Interrupted`]. Later calls work again.
    pub fn cancel(&self) {
        self.cache.cancel();
        self.stop.notify_waiters();
    }
}

impl fmt::Debug for TokenClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exchanger, cache: _, keys: _, stop: _ } = self;
        formatter.debug_struct("TokenClient").field("http", &exchanger.http).finish_non_exhaustive()
    }
}

/// What a series of attempts came to, with their number, and how long that took.
struct Outcome<T> {
    result: Result<(T, u32), Error>,
    took: Duration,
}

/// Speaks to the endpoint: attempts, answers, log lines.
struct Exchanger {
    http: HttpClient,
    retry: RetryPolicy,
    clock: Clock,
}

impl Exchanger {
    async fn exchange(&self, request: &TokenRequest) -> Result<Token, Error> {
        let endpoint = request.endpoint.redacted();
        let outgoing = OutgoingRequest::for_token(request, &self.http.settings().user_agent)
            .map_err(|kind| not_sent(kind, &endpoint))?;
        let attempts = self.attempts(&endpoint, &self.retry);
        let exchange = attempts.run(|| async {
            let answer = self.http.send(&outgoing).await?;
            let now = self.clock.now();
            let mask = Mask::for_request(request);
            read_token(&answer, &outgoing.url, &mask, now)
                .map(|token| (token, answer.status))
                .map_err(|kind| self.failure(kind, &answer, &mask))
        });
        let outcome = self.watched(exchange, &endpoint).await;
        self.log(request, &outcome);
        outcome.result.map(|((token, _), _)| token)
    }

    async fn document(&self, address: &Endpoint, retry: &RetryPolicy) -> Result<Map<String, Value>, Error> {
        let endpoint = address.redacted();
        let outgoing = OutgoingRequest::for_document(address.url(), &self.http.settings().user_agent)
            .map_err(|kind| not_sent(kind, &endpoint))?;
        let mask = Mask::hiding([]);
        let attempts = self.attempts(&endpoint, retry);
        let fetch = attempts.run(|| async {
            let answer = self.http.send(&outgoing).await?;
            read_object(&answer, &outgoing.url, &mask).map_err(|kind| self.failure(kind, &answer, &mask))
        });
        let (document, attempts) = self.watched(fetch, &endpoint).await.result?;
        tracing::debug!(endpoint, attempts, "fetched a document");
        Ok(document)
    }

    /// Waits for the outcome. When that takes long, says so while it does, and at the end how long it took.
    async fn watched<T>(&self, series: impl Future<Output = Result<(T, u32), Error>>, endpoint: &str) -> Outcome<T> {
        let started = self.clock.monotonic();
        let notice = || {
            let (elapsed_ms, request_timeout) = (milliseconds(SLOW), self.http.settings().request_timeout);
            let request_timeout_ms = milliseconds(request_timeout);
            tracing::info!(endpoint, elapsed_ms, request_timeout_ms, "this takes long: still trying");
        };
        let (result, was_slow) = noticed(series, SLOW, notice).await;
        let took = self.clock.monotonic().saturating_sub(started);
        if was_slow {
            let attempts = result.as_ref().map_or_else(|error| error.attempts, |(_, attempts)| *attempts);
            let succeeded = result.is_ok();
            tracing::info!(endpoint, took_ms = milliseconds(took), attempts, succeeded, "the long wait is over");
        }
        Outcome { result, took }
    }

    fn attempts<'a>(&'a self, endpoint: &'a str, policy: &'a RetryPolicy) -> Attempts<'a> {
        Attempts { policy, attempt_limit: self.http.settings().request_timeout, clock: &self.clock, endpoint, random }
    }

    fn failure(&self, kind: ErrorKind, answer: &Answer, mask: &Mask) -> Failure {
        let now = self.clock.now();
        Failure {
            kind: Box::new(kind),
            retry_after: answer.retry_after(now),
            correlation_ids: answer.correlation_ids(mask),
            clock_skew_seconds: answer.clock_skew_seconds(now),
            marks: Box::new(ResponseMarks::of(answer, mask, now)),
        }
    }

    /// One line for an exchange, never a secret in it.
    fn log(&self, request: &TokenRequest, outcome: &Outcome<(Token, u16)>) {
        let took_ms = milliseconds(outcome.took);
        let (host, grant) = (request.endpoint.host(), request.grant.name());
        let scopes = request.scopes.to_wire();
        match &outcome.result {
            Ok(((token, status), attempts)) => {
                let lives_s = token.lifetime().map(|life| life.as_secs());
                tracing::debug!(host, grant, scopes, status, attempts, took_ms, lives_s, "exchanged a token");
            }
            Err(error) => {
                let attempts = error.attempts;
                tracing::debug!(host, grant, scopes, attempts, took_ms, cause = %error, "the exchange failed");
            }
        }
    }
}

/// A failure before anything was sent.
fn not_sent(kind: ErrorKind, endpoint: &str) -> Error {
    let mut error = Error::new(kind, endpoint);
    error.attempts = 0;
    error
}

/// A number in 0..1; half way should the system have none, which only makes waits less spread.
fn random() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
