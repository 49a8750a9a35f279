use std::collections::BTreeMap;
use std::future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::*;
use crate::cache_key::CacheKeys;
use crate::{Endpoint, Grant, ManualClock, Secret, TokenRequest};

struct Fixture {
    cache: TokenCache,
    time: ManualClock,
    keys: CacheKeys,
    exchanges: AtomicUsize,
}

const ENDPOINT: &str = "https://a.example/token";

impl Fixture {
    fn new() -> Self {
        let time = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        Self {
            cache: TokenCache::new(Clock::Manual(time.clone())),
            time,
            keys: CacheKeys::default(),
            exchanges: AtomicUsize::new(0),
        }
    }

    fn key(&self, client_id: &str) -> CacheKey {
        let request = TokenRequest {
            endpoint: Endpoint::try_parse(ENDPOINT).unwrap(),
            grant: Grant::ClientCredentials,
            client_id: client_id.into(),
            client_secret: Secret::new("canary-client-secret"),
            authentication: Default::default(),
            basic_encoding: Default::default(),
            scopes: Default::default(),
            audience: None,
            parameters: BTreeMap::new(),
        };
        self.keys.key(&request).unwrap()
    }

    /// Asks for a token; the exchange, if there is one, brings a token of `lifetime` seconds.
    async fn ask(&self, lifetime: Option<u64>, min_remaining: u64) -> Outcome {
        let token = self.fresh_token(lifetime);
        self.ask_for("id", min_remaining, Ok(token)).await
    }

    async fn ask_for(&self, client_id: &str, min_remaining: u64, outcome: Outcome) -> Outcome {
        let exchange = || {
            self.exchanges.fetch_add(1, Ordering::Relaxed);
            future::ready(outcome)
        };
        self.cache.token(self.key(client_id), Duration::from_secs(min_remaining), ENDPOINT, exchange).await
    }

    fn fresh_token(&self, lifetime: Option<u64>) -> Arc<Token> {
        let issued_at = Clock::Manual(self.time.clone()).now();
        Arc::new(Token {
            access_token: Secret::new("canary-token"),
            token_type: "Bearer".into(),
            issued_at,
            clock_skew_seconds: None,
            expires_at: lifetime.map(|seconds| issued_at + Duration::from_secs(seconds)),
            scope: None,
            id_token: None,
        })
    }

    fn count(&self) -> usize {
        self.exchanges.load(Ordering::Relaxed)
    }
}

fn failure(status: u16) -> Error {
    let kind = ErrorKind::OAuth { status, error: "invalid_client".into(), description: None, uri: None };
    Error::new(kind, ENDPOINT)
}

#[tokio::test]
async fn a_token_is_kept_until_its_margin() {
    // Life, what is asked, age at the second call, exchanges by then.
    let cases = [
        ("an hour, in its youth", Some(3600), 0, 3000, 1),
        ("an hour, at its margin", Some(3600), 0, 3541, 2),
        ("an hour, more asked than the margin", Some(3600), 600, 2990, 1),
        ("an hour, too old for what is asked", Some(3600), 600, 3001, 2),
        ("short: a tenth is the margin", Some(100), 0, 89, 1),
        ("short: within its margin", Some(100), 0, 91, 2),
        ("born shorter than what is asked", Some(30), 60, 20, 1),
        ("born shorter, over", Some(30), 60, 31, 2),
        ("no end known: kept for a while", None, 60, 200, 1),
        ("no end known: not for ever", None, 60, 290, 2),
        ("born ended", Some(0), 0, 0, 2),
    ];
    for (name, lifetime, min_remaining, age, expected) in cases {
        let fixture = Fixture::new();
        fixture.ask(lifetime, min_remaining).await.unwrap();
        fixture.time.advance(Duration::from_secs(age));
        fixture.ask(lifetime, min_remaining).await.unwrap();
        assert_eq!(fixture.count(), expected, "{name}");
    }
}

#[tokio::test]
async fn neither_a_clock_set_back_nor_forward_keeps_a_dead_token() {
    let fixture = Fixture::new();
    fixture.ask(Some(3600), 0).await.unwrap();
    fixture.time.advance(Duration::from_secs(4000));
    fixture.time.set_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(900_000));
    fixture.ask(Some(3600), 0).await.unwrap();
    assert_eq!(fixture.count(), 2, "set back");
    fixture.time.set_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000));
    fixture.ask(Some(3600), 0).await.unwrap();
    assert_eq!(fixture.count(), 3, "set forward");
}

#[tokio::test]
async fn a_refusal_is_kept_and_a_passing_fault_is_not() {
    let fixture = Fixture::new();
    for _ in 0..3 {
        assert_eq!(fixture.ask_for("refused", 0, Err(failure(401))).await.unwrap_err(), failure(401));
    }
    fixture.time.advance(Duration::from_secs(1_000_000));
    assert!(fixture.ask_for("refused", 0, Ok(fixture.fresh_token(None))).await.is_err());
    assert_eq!(fixture.count(), 1);
    fixture.ask_for("flaky", 0, Err(failure(503))).await.unwrap_err();
    fixture.ask_for("flaky", 0, Ok(fixture.fresh_token(Some(60)))).await.unwrap();
    assert_eq!(fixture.count(), 3);
}

#[tokio::test]
async fn a_panic_in_an_exchange_fails_the_callers_and_no_one_after() {
    let fixture = Fixture::new();
    let exchange = || async { panic!("on purpose") };
    let error = fixture.cache.token(fixture.key("id"), Duration::ZERO, ENDPOINT, exchange).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Setup(_)), "{error}");
    assert!(fixture.ask(Some(60), 0).await.is_ok());
}

#[tokio::test]
async fn cancelling_frees_the_waiters_and_later_calls_work() {
    let fixture = Fixture::new();
    let hanging = fixture.cache.token(fixture.key("id"), Duration::ZERO, ENDPOINT, future::pending::<Outcome>);
    let (outcome, ()) = tokio::join!(hanging, async {
        tokio::task::yield_now().await;
        fixture.cache.cancel();
    });
    assert_eq!(outcome.unwrap_err().kind(), &ErrorKind::Interrupted);
    assert!(fixture.ask(Some(60), 0).await.is_ok());
    assert_eq!(fixture.count(), 1);
}

#[tokio::test]
async fn the_cache_does_not_grow_without_bound() {
    let fixture = Fixture::new();
    fixture.ask_for("refused", 0, Err(failure(401))).await.unwrap_err();
    for index in 0..2 * CAPACITY {
        fixture.time.advance(Duration::from_millis(1));
        fixture.ask_for(&format!("client-{index}"), 0, Ok(fixture.fresh_token(Some(3600)))).await.unwrap();
    }
    assert_eq!(fixture.cache.lock().len(), CAPACITY);
    let before = fixture.count();
    let last = format!("client-{}", 2 * CAPACITY - 1);
    fixture.ask_for(&last, 0, Ok(fixture.fresh_token(Some(3600)))).await.unwrap();
    fixture.ask_for("refused", 0, Ok(fixture.fresh_token(None))).await.unwrap_err();
    assert_eq!(fixture.count(), before, "the newest token and the refusal are still there");
}
