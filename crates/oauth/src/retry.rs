//! Retries and the waits before them. A token request is safe to repeat, because each response has its own token.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use super::error::certificate_of;
use super::masking::Mask;
use super::response::Response;
use super::{Clock, Error, ErrorKind, ProxyFailure, ResponseMarks};

/// The bounds of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The attempts after the first one; 0 means no retry.
    pub max_retries: u32,
    /// The shortest wait, even if the server asks for less. Waits are random between this and a limit that doubles with
    /// each attempt.
    pub min_wait: Duration,
    /// The longest single wait, even if the server asks for more.
    pub max_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        // A restarting gateway is back within seconds. Three retries with doubling waits cover that.
        Self { max_retries: 3, min_wait: Duration::from_secs(1), max_wait: Duration::from_secs(30) }
    }
}

impl RetryPolicy {
    /// The wait after the failed attempt number `attempt` (from 1); `None` after the last one.
    ///
    /// The server's own wait counts, within `min_wait` and `max_wait`. Without one, `random` in 0..1 selects a point
    /// between `min_wait` and a limit that doubles with each attempt, so that many processes do not return together.
    pub(crate) fn wait_after(&self, attempt: u32, retry_after: Option<Duration>, random: f64) -> Option<Duration> {
        if attempt > self.max_retries {
            return None;
        }
        // Servers often send "Retry-After: 0". A client that obeys it floods them.
        let wait = retry_after.map(|named| named.max(self.min_wait)).unwrap_or_else(|| {
            let bound = self.min_wait.saturating_mul(2_u32.saturating_pow(attempt)).min(self.max_wait);
            self.min_wait + bound.saturating_sub(self.min_wait).mul_f64(random.clamp(0.0, 1.0))
        });
        Some(wait.min(self.max_wait))
    }

    /// The longest time for all attempts of at most `attempt_limit` and all waits between them.
    pub(crate) fn longest(&self, attempt_limit: Duration) -> Duration {
        let attempts = attempt_limit.saturating_mul(self.max_retries.saturating_add(1));
        attempts.saturating_add(self.max_wait.saturating_mul(self.max_retries))
    }
}

/// One failed attempt, with the further information in the response's headers.
#[derive(Debug)]
pub(crate) struct FailedAttempt {
    /// Boxed to keep results small.
    pub(crate) kind: Box<ErrorKind>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) correlation_ids: Vec<(String, String)>,
    pub(crate) clock_skew_seconds: Option<i64>,
    pub(crate) marks: Box<ResponseMarks>,
}

impl FailedAttempt {
    /// A failure in `response`, received at `now`.
    pub(crate) fn of(kind: ErrorKind, response: &Response, mask: &Mask, now: SystemTime) -> Self {
        Self {
            kind: Box::new(kind),
            retry_after: response.retry_after(now),
            correlation_ids: response.correlation_ids(mask),
            clock_skew_seconds: response.clock_skew_seconds(now),
            marks: Box::new(ResponseMarks::of(response, mask, now)),
        }
    }

    /// A failure of a connection, with the certificate that `error` rejected.
    pub(crate) fn of_connection(kind: ErrorKind, error: &(dyn StdError + 'static)) -> Self {
        let marks = ResponseMarks { certificate: certificate_of(error), ..ResponseMarks::default() };
        Self { marks: Box::new(marks), ..kind.into() }
    }

    /// The same failure in a handshake with a proxy.
    pub(crate) fn at_the_proxy(self) -> Self {
        // The proxy failed, not the token endpoint: the user has to look in another place.
        let failure = match *self.kind {
            ErrorKind::Tls(failure) => ProxyFailure::Tls(failure),
            ErrorKind::ConnectionClosed => ProxyFailure::Closed,
            _ => ProxyFailure::Unreachable,
        };
        Self { kind: Box::new(ErrorKind::Proxy(failure)), ..self }
    }
}

impl From<ErrorKind> for FailedAttempt {
    fn from(kind: ErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            retry_after: None,
            correlation_ids: Vec::new(),
            clock_skew_seconds: None,
            marks: Box::default(),
        }
    }
}

/// A series of attempts at one endpoint. Their number and their total time are limited.
pub(crate) struct Attempts<'a> {
    pub(crate) policy: &'a RetryPolicy,
    /// The time limit of one attempt, which the attempt itself enforces.
    pub(crate) attempt_limit: Duration,
    pub(crate) clock: &'a Clock,
    /// The address of the requests, safe to show.
    pub(crate) endpoint: &'a str,
    /// Returns a number in 0..1 for the waits.
    pub(crate) random: fn() -> f64,
}

impl Attempts<'_> {
    /// Calls `attempt` until it succeeds, fails permanently, or a limit is reached. The second value is the number of
    /// attempts.
    ///
    /// # Errors
    ///
    /// The last failure, with the number of attempts and the time they took.
    pub(crate) async fn run<T, F: Future<Output = Result<T, FailedAttempt>>>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<(T, u32), Error> {
        let started = self.clock.monotonic();
        let mut waited = Duration::ZERO;
        let mut attempts = 1;
        loop {
            let failure = match attempt().await {
                Ok(value) => return Ok((value, attempts)),
                Err(failure) => failure,
            };
            // By the monotonic clock: an administrator or NTP must not move the limit.
            let elapsed = self.clock.monotonic().saturating_sub(started);
            let retry_after = failure.retry_after;
            let mut error = Error::new(*failure.kind, self.endpoint);
            error.attempts = attempts;
            error.elapsed = elapsed;
            error.waited = waited;
            error.correlation_ids = failure.correlation_ids;
            error.clock_skew_seconds = failure.clock_skew_seconds;
            error.marks = failure.marks;
            match self.policy.wait_after(attempts, retry_after, (self.random)()) {
                Some(wait)
                    if error.is_retryable()
                        && elapsed.saturating_add(wait) < self.policy.longest(self.attempt_limit) =>
                {
                    tracing::info!(
                        endpoint = self.endpoint,
                        attempts,
                        wait_ms = milliseconds(wait),
                        cause = %error,
                        "trying again"
                    );
                    // A dropped future ends the wait, so a cancelled exchange ends at once.
                    tokio::time::sleep(wait).await;
                    waited += wait;
                    attempts += 1;
                }
                _ => return Err(error),
            }
        }
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    fn policy(max_retries: u32, min_ms: u64, max_ms: u64) -> RetryPolicy {
        RetryPolicy { max_retries, min_wait: Duration::from_millis(min_ms), max_wait: Duration::from_millis(max_ms) }
    }

    #[test]
    fn waits_grow_and_are_clamped() {
        let seconds = Duration::from_secs;
        let policy = policy(9, 1_000, 30_000);
        let cases = [
            ("first, shortest", 1, None, 0.0, Some(seconds(1))),
            ("first, longest", 1, None, 1.0, Some(seconds(2))),
            ("second, half way", 2, None, 0.5, Some(Duration::from_millis(2_500))),
            ("fourth, longest", 4, None, 1.0, Some(seconds(16))),
            ("ninth, clamped", 9, None, 1.0, Some(seconds(30))),
            ("no more", 10, None, 0.0, None),
            ("the server's word", 1, Some(seconds(7)), 1.0, Some(seconds(7))),
            ("the server asks too little", 1, Some(seconds(0)), 1.0, Some(seconds(1))),
            ("the server asks too much", 1, Some(Duration::MAX), 0.0, Some(seconds(30))),
            ("the server's word after the last", 10, Some(seconds(0)), 0.0, None),
        ];
        for (name, attempt, retry_after, random, expected) in cases {
            assert_eq!(policy.wait_after(attempt, retry_after, random), expected, "{name}");
        }
    }

    #[test]
    fn a_shortest_wait_above_the_longest_gives_way() {
        assert_eq!(policy(1, 500, 20).wait_after(1, None, 1.0), Some(Duration::from_millis(20)));
    }

    proptest! {
        #[test]
        fn no_wait_exceeds_the_longest(
            attempt in 1_u32..u32::MAX,
            min in 0_u64..u64::MAX,
            max in 0_u64..u64::MAX,
            retry_after in proptest::option::of(any::<u64>()),
            random in any::<f64>(),
        ) {
            let policy = RetryPolicy {
                max_retries: u32::MAX,
                min_wait: Duration::from_millis(min),
                max_wait: Duration::from_millis(max),
            };
            let wait = policy.wait_after(attempt, retry_after.map(Duration::from_secs), random);
            prop_assert!(wait.is_some_and(|wait| wait <= policy.max_wait));
            let _ = policy.longest(Duration::MAX);
        }
    }

    async fn run(policy: RetryPolicy, failures: &[ErrorKind]) -> Result<u32, Error> {
        let next = Cell::new(0);
        let attempts = Attempts {
            policy: &policy,
            attempt_limit: Duration::from_secs(1),
            clock: &Clock::System,
            endpoint: "https://a.example/token",
            random: || 0.0,
        };
        let result = attempts.run(|| {
            let kind = failures.get(next.replace(next.get() + 1)).cloned();
            async move { kind.map_or(Ok(()), |kind| Err(kind.into())) }
        });
        result.await.map(|((), attempts)| attempts)
    }

    fn status(status: u16) -> ErrorKind {
        ErrorKind::OAuth { status, error: "temporarily_unavailable".into(), description: None, uri: None }
    }

    #[tokio::test]
    async fn passing_faults_are_tried_again() {
        let failures = [ErrorKind::ConnectionRefused, status(429), status(503)];
        assert_eq!(run(policy(3, 1, 2), &failures).await, Ok(4));
    }

    #[tokio::test]
    async fn the_last_failure_comes_back_with_its_history() {
        let failures = [status(502), status(503), status(504)];
        let error = run(policy(2, 2, 2), &failures).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts), (&status(504), 3));
        assert_eq!(error.waited, Duration::from_millis(4));
        assert!(error.elapsed >= error.waited);
        assert_eq!(error.endpoint, "https://a.example/token");
    }

    #[tokio::test]
    async fn verdicts_are_never_tried_again() {
        for code in [400, 401, 403, 404, 500] {
            let error = run(policy(3, 1, 1), &[status(code), status(code)]).await.unwrap_err();
            assert_eq!(error.attempts, 1, "{code}");
        }
    }
}
