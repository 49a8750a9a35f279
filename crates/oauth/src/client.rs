//! The token client, the entry point of this crate.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::cache::{CacheKeys, TokenCache};
use super::http::HttpClient;
use super::masking::Mask;
use super::request::OutgoingRequest;
use super::retry::{Attempts, FailedAttempt, milliseconds};
use super::{Clock, Endpoint, Error, ErrorKind, HttpSettings, RetryPolicy, TimeoutPhase, Token, TokenRequest};

/// Exchanges credentials for tokens, and caches the tokens. Clones share the cache.
#[derive(Clone)]
pub struct TokenClient {
    exchanger: Arc<Exchanger>,
    cache: TokenCache,
    keys: Arc<CacheKeys>,
    stop: Arc<Notify>,
}

impl TokenClient {
    /// A client with these settings. Cheap: opens and loads nothing before the first exchange.
    pub fn new(http: HttpSettings, retry: RetryPolicy, clock: Clock) -> Self {
        Self {
            cache: TokenCache::new(clock.clone()),
            exchanger: Arc::new(Exchanger { http: HttpClient::new(http, clock.clone()), retry, clock }),
            keys: Arc::default(),
            stop: Arc::default(),
        }
    }

    /// A token for `request` that is valid for `min_remaining`, from the cache or by one exchange. A server that issues
    /// shorter tokens is not asked twice: the caller checks [`Token::life_for`].
    ///
    /// Needs a Tokio runtime: the exchange is a task, and continues if the caller leaves.
    ///
    /// # Errors
    ///
    /// The failure of the exchange. Callers that share an exchange share its failure. Rejections are cached: those of
    /// the credentials for every request with them, the others for the same request.
    pub async fn token(&self, request: &TokenRequest, min_remaining: Duration) -> Result<Arc<Token>, Error> {
        let endpoint = request.endpoint.redacted();
        let keys = self.keys.keys(request).map_err(|kind| not_sent(kind, &endpoint))?;
        // The task owns its data: the caller may leave, while others wait for the same exchange.
        let exchange = || {
            let (exchanger, request) = (Arc::clone(&self.exchanger), request.clone());
            async move { exchanger.exchange(&request).await.map(Arc::new) }
        };
        self.cache.token(keys, min_remaining, &endpoint, exchange).await
    }

    /// Fetches a JSON object without credentials, over the same transport and with the same retries as tokens, for
    /// discovery. Caches nothing.
    ///
    /// # Errors
    ///
    /// As for a token. A document that is not a JSON object is [`ErrorKind::NotATokenResponse`].
    pub async fn document(&self, address: &Endpoint) -> Result<Map<String, Value>, Error> {
        tokio::select! {
            document = self.exchanger.document(address, &self.exchanger.retry, true) => document,
            () = self.stop.notified() => Err(Error::new(ErrorKind::Interrupted, address.redacted())),
        }
    }

    /// As [`TokenClient::document`], with one attempt: for information that is optional.
    ///
    /// # Errors
    ///
    /// As [`TokenClient::document`].
    pub async fn document_within(&self, address: &Endpoint, look_up: LookUp) -> Result<Map<String, Value>, Error> {
        let once = RetryPolicy { max_retries: 0, ..self.exchanger.retry };
        let LookUp { limit, shows_identity } = look_up;
        let timeout = || ErrorKind::Timeout { phase: TimeoutPhase::Headers, limit };
        tokio::select! {
            document = self.exchanger.document(address, &once, shows_identity) => document,
            () = tokio::time::sleep(limit) => Err(Error::new(timeout(), address.redacted())),
            () = self.stop.notified() => Err(Error::new(ErrorKind::Interrupted, address.redacted())),
        }
    }

    /// Ends the exchanges in flight: their callers get [`ErrorKind::Interrupted`]. Later calls work again.
    pub fn cancel(&self) {
        self.cache.cancel();
        // Wakes the current waiters only. A stored permit would cancel the next request as well.
        self.stop.notify_waiters();
    }
}

/// The bounds of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUp {
    /// The time limit.
    pub limit: Duration,
    /// Whether the server may see our client certificate. Only configured servers may.
    pub shows_identity: bool,
}

/// The outcome of a series of attempts, the number of attempts, and the time that they took.
struct Series<T> {
    result: Result<(T, u32), Error>,
    took: Duration,
}

/// Makes the requests: attempts, responses, log lines.
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
            let response = self.http.send(&outgoing).await?;
            // Before the body is parsed: the lifetime counts from the response's arrival.
            let now = self.clock.now();
            let mask = Mask::for_request(request);
            response
                .token(&outgoing.url, &mask, now)
                .map(|token| (token, response.status))
                .map_err(|kind| FailedAttempt::of(kind, &response, &mask, now))
        });
        let outcome = self.watched(exchange, &endpoint).await;
        self.log(request, &outcome);
        outcome.result.map(|((token, _), _)| token)
    }

    async fn document(
        &self,
        address: &Endpoint,
        retry: &RetryPolicy,
        shows_identity: bool,
    ) -> Result<Map<String, Value>, Error> {
        let endpoint = address.redacted();
        let outgoing = OutgoingRequest::for_document(address.url(), &self.http.settings().user_agent)
            .map_err(|kind| not_sent(kind, &endpoint))?;
        let outgoing = OutgoingRequest { shows_identity, ..outgoing };
        let mask = Mask::hiding([]);
        let attempts = self.attempts(&endpoint, retry);
        let fetch = attempts.run(|| async {
            let response = self.http.send(&outgoing).await?;
            let now = self.clock.now();
            response.object(&outgoing.url, &mask).map_err(|kind| FailedAttempt::of(kind, &response, &mask, now))
        });
        let (document, attempts) = self.watched(fetch, &endpoint).await.result?;
        tracing::debug!(endpoint, attempts, "fetched a document");
        Ok(document)
    }

    /// Waits for the outcome. Logs a line if that takes long, and another one with the total time at the end.
    async fn watched<T>(&self, series: impl Future<Output = Result<(T, u32), Error>>, endpoint: &str) -> Series<T> {
        let started = self.clock.monotonic();
        let notice = || {
            let (elapsed_ms, request_timeout) = (milliseconds(SLOW), self.http.settings().request_timeout);
            let request_timeout_ms = milliseconds(request_timeout);
            tracing::info!(
                endpoint,
                elapsed_ms,
                request_timeout_ms,
                "the token request takes long; the provider is \
                                                                      still trying"
            );
        };
        let (result, was_slow) = noticed(series, SLOW, notice).await;
        let took = self.clock.monotonic().saturating_sub(started);
        if was_slow {
            let attempts = result.as_ref().map_or_else(|error| error.attempts, |(_, attempts)| *attempts);
            let succeeded = result.is_ok();
            tracing::info!(endpoint, took_ms = milliseconds(took), attempts, succeeded, "the long wait is over");
        }
        Series { result, took }
    }

    fn attempts<'a>(&'a self, endpoint: &'a str, policy: &'a RetryPolicy) -> Attempts<'a> {
        Attempts { policy, attempt_limit: self.http.settings().request_timeout, clock: &self.clock, endpoint, random }
    }

    /// Logs one line for an exchange, without any secret.
    fn log(&self, request: &TokenRequest, outcome: &Series<(Token, u16)>) {
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

/// A number in 0..1; 0.5 if the system has no random numbers, which only makes the retries of many processes coincide.
fn random() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// Waits for `exchange`, and calls `notice` once if that takes longer than `limit`. The second value is whether it did.
async fn noticed<T>(exchange: impl Future<Output = T>, limit: Duration, notice: impl FnOnce()) -> (T, bool) {
    let mut exchange = pin!(exchange);
    tokio::select! {
        // An exchange that ends exactly at the limit is not slow.
        biased;
        outcome = &mut exchange => return (outcome, false),
        () = tokio::time::sleep(limit) => notice(),
    }
    (exchange.await, true)
}

// For an exchange with its retries and waits. Without a log line, a slow run would look like a hanging one.
const SLOW: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_slow_exchange_is_noticed_before_its_end() {
        let noticed_now = Notify::new();
        // Ends only because the notice came while it ran.
        let exchange = async {
            noticed_now.notified().await;
            "token"
        };
        let all = noticed(exchange, Duration::from_millis(1), || noticed_now.notify_one());
        let outcome = tokio::time::timeout(Duration::from_secs(5), all).await;
        assert_eq!(outcome.expect("nothing was said under way"), ("token", true));
    }

    #[tokio::test]
    async fn a_quick_exchange_passes_without_a_word() {
        let outcome = noticed(async { "token" }, Duration::ZERO, || panic!("said to be slow")).await;
        assert_eq!(outcome, ("token", false));
    }
}
