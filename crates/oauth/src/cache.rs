//! The token cache. For each request at most one exchange is in flight, and at most one for credentials that no server
//! has judged yet.
//!
//! Failed logins lock accounts: a configuration with thirty objects and one wrong secret must cost one request. So the
//! first exchange with new credentials runs alone, and all other requests with them wait and share a rejection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use ring::{hmac, rand};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{ClientAuthentication, Clock, Error, ErrorKind, Grant, Rejection, Token, TokenRequest};

/// The outcome of an exchange, shared by all callers that waited for it.
pub(crate) type TokenResult = Result<Arc<Token>, Error>;

/// The cache. Clones share its content.
#[derive(Clone)]
pub(crate) struct TokenCache {
    state: Arc<Mutex<CacheState>>,
    clock: Clock,
}

#[derive(Default)]
struct CacheState {
    /// Keyed by the whole request.
    entries: HashMap<CacheKey, Kept>,
    /// Keyed by endpoint, method and credentials.
    standings: HashMap<CacheKey, Standing>,
}

enum Kept {
    InFlight(Arc<Flight>),
    Fetched(Fetched),
    /// The server rejected the request: the same request can only fail again.
    Rejected(Error),
}

/// The experience with some credentials.
enum Standing {
    /// The first exchange with them is in flight.
    Asked(Arc<Flight>),
    /// An exchange with them got a response that does not reject them.
    Answered,
    /// The server rejected them: every exchange with them can only fail again.
    Refused(Error),
}

/// A token and its age by the monotonic clock.
struct Fetched {
    token: Arc<Token>,
    fetched_at: Duration,
    used_at: Duration,
}

/// An exchange in flight. It runs in its own task, so that the caller that started it may leave.
struct Flight {
    outcome: watch::Sender<Option<TokenResult>>,
    task: Mutex<Option<AbortHandle>>,
    endpoint: String,
}

impl TokenCache {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { state: Arc::default(), clock }
    }

    /// Returns the cached token if it is valid for `min_remaining`, the cached rejection of the request or its
    /// credentials, or the outcome of `exchange`. Callers with the same request share one exchange and its outcome.
    /// Callers with the same credentials but another request wait for it, and share its failure only if no response
    /// came: a host that is down is down for them as well.
    ///
    /// # Errors
    ///
    /// The failure of the exchange, or an earlier rejection; [`ErrorKind::Interrupted`] after [`TokenCache::cancel`].
    pub(crate) async fn token<F>(
        &self,
        keys: RequestKeys,
        min_remaining: Duration,
        endpoint: &str,
        exchange: impl FnOnce() -> F,
    ) -> TokenResult
    where
        F: Future<Output = TokenResult> + Send + 'static,
    {
        let flight = loop {
            match self.look_up(keys, min_remaining, endpoint) {
                Lookup::Settled(outcome) => return outcome,
                Lookup::UnderWay(flight) => return flight.landed().await,
                Lookup::Nothing(flight) => break flight,
                // Each round ends with an exchange. Then these credentials have a standing, or none, and one of the
                // waiting callers makes the next exchange.
                Lookup::Waits(first) => match first.landed().await {
                    // An unusable setting can belong to the other request alone.
                    Err(error) if !error.is_answered() && !matches!(error.kind(), ErrorKind::Setup(_)) => {
                        return Err(error);
                    }
                    _ => {}
                },
            }
        };
        // Without the lock: a runtime that shuts down drops the task, and the drop of `Landing` takes the lock.
        let landing = Landing { cache: self.clone(), keys, flight: Arc::clone(&flight), outcome: None };
        flight.started(tokio::spawn(landing.after(exchange())).abort_handle());
        flight.landed().await
    }

    /// The cached outcome or the exchange to wait for. If there is none, enters a flight for the caller to start.
    fn look_up(&self, keys: RequestKeys, min_remaining: Duration, endpoint: &str) -> Lookup {
        let CacheState { entries, standings } = &mut *self.lock();
        match entries.get_mut(&keys.request) {
            Some(Kept::InFlight(flight)) => return Lookup::UnderWay(Arc::clone(flight)),
            Some(Kept::Rejected(error)) => return Lookup::Settled(Err(error.clone())),
            Some(Kept::Fetched(fetched)) if self.is_fresh(fetched, min_remaining) => {
                fetched.used_at = self.clock.monotonic();
                return Lookup::Settled(Ok(Arc::clone(&fetched.token)));
            }
            Some(Kept::Fetched(_)) | None => {}
        }
        // After the tokens: a token that was issued before the credentials were rejected is still valid.
        let flight = Arc::new(Flight::new(endpoint));
        match standings.get(&keys.credentials) {
            Some(Standing::Refused(error)) => return Lookup::Settled(Err(error.clone())),
            Some(Standing::Asked(first)) => return Lookup::Waits(Arc::clone(first)),
            Some(Standing::Answered) => {}
            // Under the lock of the look-up, so that only one of several concurrent callers is the first.
            None => {
                make_room_for_standing(standings);
                standings.insert(keys.credentials, Standing::Asked(Arc::clone(&flight)));
            }
        }
        if !entries.contains_key(&keys.request) {
            make_room(entries);
        }
        entries.insert(keys.request, Kept::InFlight(Arc::clone(&flight)));
        Lookup::Nothing(flight)
    }

    /// Ends all exchanges in flight; their callers get [`ErrorKind::Interrupted`]. Cached tokens and rejections remain.
    pub(crate) fn cancel(&self) {
        let mut cancelled = Vec::new();
        let mut state = self.lock();
        state.standings.retain(|_, standing| !matches!(standing, Standing::Asked(_)));
        state.entries.retain(|_, entry| match entry {
            Kept::InFlight(flight) => {
                cancelled.push(Arc::clone(flight));
                false
            }
            Kept::Fetched(_) | Kept::Rejected(_) => true,
        });
        drop(state);
        for flight in cancelled {
            flight.cancel();
        }
    }

    /// Whether the token is valid for `min_remaining` and the safety margin.
    ///
    /// Both clocks count: the monotonic one in case the wall clock is set back, the wall clock in case the machine
    /// sleeps. A token that was issued for less than `min_remaining` is kept as well: another exchange would return no
    /// longer one.
    fn is_fresh(&self, fetched: &Fetched, min_remaining: Duration) -> bool {
        let lifetime = fetched.token.lifetime().unwrap_or(ASSUMED_LIFETIME);
        let age = self.clock.monotonic().saturating_sub(fetched.fetched_at);
        let by_wall = fetched.token.remaining(self.clock.now()).unwrap_or(Duration::MAX);
        let remaining = lifetime.saturating_sub(age).min(by_wall);
        let margin = MARGIN.min(lifetime / 10);
        remaining > margin && (remaining >= min_remaining || min_remaining > lifetime)
    }

    fn lock(&self) -> MutexGuard<'_, CacheState> {
        lock(&self.state)
    }
}

impl CacheState {
    fn note_standing(&mut self, credentials: CacheKey, flight: &Arc<Flight>, outcome: &TokenResult) {
        let is_first =
            matches!(self.standings.get(&credentials), Some(Standing::Asked(first)) if Arc::ptr_eq(first, flight));
        // Only the first exchange decides whether the others may start. Later ones matter only if they reject the
        // credentials.
        match outcome {
            Err(error) if error.rejection() == Some(Rejection::Credentials) => {
                self.standings.insert(credentials, Standing::Refused(error.clone()));
            }
            Err(error) if is_first && !error.is_answered() => {
                self.standings.remove(&credentials);
            }
            _ if is_first => {
                self.standings.insert(credentials, Standing::Answered);
            }
            _ => {}
        }
    }
}

/// The result of a look-up.
enum Lookup {
    Settled(TokenResult),
    /// The same request is in flight.
    UnderWay(Arc<Flight>),
    /// The first exchange with these credentials is in flight, for another request.
    Waits(Arc<Flight>),
    Nothing(Arc<Flight>),
}

impl Flight {
    fn new(endpoint: &str) -> Self {
        Self { outcome: watch::Sender::new(None), task: Mutex::new(None), endpoint: endpoint.to_owned() }
    }

    /// Stores the task, or ends it if the flight was cancelled before it began.
    fn started(&self, task: AbortHandle) {
        let mut slot = lock(&self.task);
        if self.outcome.borrow().is_some() {
            task.abort();
        }
        *slot = Some(task);
    }

    fn cancel(&self) {
        let slot = lock(&self.task);
        self.land(Err(self.failure(ErrorKind::Interrupted)));
        if let Some(task) = &*slot {
            task.abort();
        }
    }

    /// Waits for the outcome.
    async fn landed(&self) -> TokenResult {
        let mut outcome = self.outcome.subscribe();
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            // The sender is part of `self`, so the channel cannot be closed. The type cannot express that.
            Ok(None) | Err(_) => Err(self.failure(ErrorKind::Interrupted)),
        }
    }

    /// Publishes the outcome to all waiting callers. Only the first outcome counts.
    fn land(&self, outcome: TokenResult) {
        self.outcome.send_if_modified(|told| {
            let first = told.is_none();
            if first {
                *told = Some(outcome);
            }
            first
        });
    }

    fn failure(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.endpoint.as_str())
    }
}

/// Ends a flight however its task ends: completed, aborted, panicked, or dropped with the runtime.
struct Landing {
    cache: TokenCache,
    keys: RequestKeys,
    flight: Arc<Flight>,
    outcome: Option<TokenResult>,
}

impl Landing {
    async fn after(mut self, exchange: impl Future<Output = TokenResult>) {
        self.outcome = Some(exchange.await);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let kind = if std::thread::panicking() {
            ErrorKind::Setup("the exchange ended unexpectedly; this is a bug".into())
        } else {
            ErrorKind::Interrupted
        };
        let outcome = self.outcome.take().unwrap_or_else(|| Err(self.flight.failure(kind)));
        let mut state = self.cache.lock();
        state.note_standing(self.keys.credentials, &self.flight, &outcome);
        // After a cancel, the place can be empty or belong to a later flight.
        let entries = &mut state.entries;
        if matches!(entries.get(&self.keys.request), Some(Kept::InFlight(current)) if Arc::ptr_eq(current, &self.flight))
        {
            match &outcome {
                Ok(token) => {
                    let now = self.cache.clock.monotonic();
                    let fetched = Fetched { token: Arc::clone(token), fetched_at: now, used_at: now };
                    entries.insert(self.keys.request, Kept::Fetched(fetched));
                }
                Err(error) if error.rejection() == Some(Rejection::Request) => {
                    entries.insert(self.keys.request, Kept::Rejected(error.clone()));
                }
                Err(_) => {
                    entries.remove(&self.keys.request);
                }
            }
        }
        drop(state);
        self.flight.land(outcome);
    }
}

/// Removes the least recently used token, or a rejection if there is no token.
fn make_room(entries: &mut HashMap<CacheKey, Kept>) {
    if entries.len() < CAPACITY {
        return;
    }
    // Tokens first: a forgotten token costs one request, a forgotten rejection a failed login.
    let oldest = entries
        .iter()
        .filter_map(|(key, entry)| match entry {
            Kept::Fetched(fetched) => Some((false, fetched.used_at, *key)),
            Kept::Rejected(_) => Some((true, Duration::ZERO, *key)),
            Kept::InFlight(_) => None,
        })
        .min_by_key(|(rejected, used_at, _)| (*rejected, *used_at));
    if let Some((_, _, key)) = oldest {
        entries.remove(&key);
    }
}

/// Removes accepted credentials, else rejected ones. Credentials that callers wait for remain.
fn make_room_for_standing(standings: &mut HashMap<CacheKey, Standing>) {
    if standings.len() < CAPACITY {
        return;
    }
    let answered = standings.iter().find(|(_, standing)| matches!(standing, Standing::Answered));
    let refused = || standings.iter().find(|(_, standing)| matches!(standing, Standing::Refused(_)));
    if let Some(key) = answered.or_else(refused).map(|(key, _)| *key) {
        standings.remove(&key);
    }
}

/// A panic elsewhere cannot leave the maps inconsistent: every change is a single insert or remove.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A keyed hash over everything that a token depends on, secrets included. The key is random and never leaves the
/// process, so that the hash reveals nothing to somebody who sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey([u8; 32]);

/// The keys of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RequestKeys {
    /// Over the whole request.
    request: CacheKey,
    /// Over the endpoint, the grant, and the credentials as they are sent.
    credentials: CacheKey,
}

/// Makes keys. Two keys of the same instance are equal only for equal requests.
#[derive(Default)]
pub(crate) struct CacheKeys(OnceLock<Option<hmac::Key>>);

impl CacheKeys {
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the system has no random numbers.
    pub(crate) fn keys(&self, request: &TokenRequest) -> Result<RequestKeys, ErrorKind> {
        let hmac_key = self
            .0
            .get_or_init(|| hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).ok())
            .as_ref()
            .ok_or_else(|| ErrorKind::Setup("the system has no random numbers".into()))?;
        let TokenRequest { endpoint, grant, client_id, client_secret, authentication, scopes, audience, parameters } =
            request;
        let mut hash = KeyedHash(hmac::Context::with_key(hmac_key));
        hash.text(endpoint.url().as_str());
        hash.grant(grant);
        hash.text(client_id);
        hash.text(client_secret.expose());
        hash.text(match authentication {
            ClientAuthentication::BasicRaw => "basic raw",
            ClientAuthentication::BasicRfc6749 => "basic rfc6749",
            ClientAuthentication::Post => "post",
        });
        let credentials = hash.clone().key();
        hash.count(scopes.len());
        scopes.iter().for_each(|scope| hash.text(scope));
        // An empty audience is not sent.
        hash.text(audience.as_deref().unwrap_or_default());
        hash.count(parameters.len());
        for (name, value) in parameters {
            hash.text(name);
            hash.text(value.expose());
        }
        Ok(RequestKeys { request: hash.key(), credentials })
    }
}

/// Hashes fields with their lengths, so that two different lists never hash the same bytes.
#[derive(Clone)]
struct KeyedHash(hmac::Context);

impl KeyedHash {
    fn key(self) -> CacheKey {
        let tag = self.0.sign();
        let mut key = [0; 32];
        key.copy_from_slice(tag.as_ref());
        CacheKey(key)
    }

    fn grant(&mut self, grant: &Grant) {
        self.text(grant.name());
        match grant {
            Grant::ClientCredentials => {}
            Grant::Password { access_key_id, access_key_secret }
            | Grant::AccessKey { access_key_id, access_key_secret } => {
                self.text(access_key_id);
                self.text(access_key_secret.expose());
            }
        }
    }

    fn count(&mut self, number: usize) {
        self.0.update(&(number as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }
}

// More different requests than any configuration makes.
const CAPACITY: usize = 256;
// For the way to the API, and for clocks that differ a little. Short-lived tokens get a tenth of their lifetime
// instead: otherwise a server with tokens of 30 seconds would be asked every time.
const MARGIN: Duration = Duration::from_secs(60);
// For a response without `expires_in`, which RFC 6749 section 5.1 only recommends. To cache such a token for ever would
// be wrong at nearly every server.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};
    use std::future;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::SystemTime;

    use super::*;
    use crate::{Endpoint, ManualClock, ScopeSet, Secret};

    struct Fixture {
        cache: TokenCache,
        time: ManualClock,
        keys: CacheKeys,
        exchanges: AtomicUsize,
    }

    const ENDPOINT: &str = "https://a.example/token";

    fn request() -> TokenRequest {
        TokenRequest {
            endpoint: Endpoint::try_parse(ENDPOINT).unwrap(),
            grant: Grant::ClientCredentials,
            client_id: "id".into(),
            client_secret: Secret::new("canary-client-secret"),
            authentication: ClientAuthentication::BasicRaw,
            scopes: ScopeSet::parse("a b"),
            audience: None,
            parameters: BTreeMap::new(),
        }
    }

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

        fn key(&self, client_id: &str) -> RequestKeys {
            self.keys.keys(&TokenRequest { client_id: client_id.into(), ..request() }).unwrap()
        }

        /// Requests a token. An exchange, if one is made, returns a token of `lifetime` seconds.
        async fn ask(&self, lifetime: Option<u64>, min_remaining: u64) -> TokenResult {
            let token = self.fresh_token(lifetime);
            self.ask_for("id", min_remaining, Ok(token)).await
        }

        async fn ask_for(&self, client_id: &str, min_remaining: u64, outcome: TokenResult) -> TokenResult {
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
                scope: Default::default(),
                claimed_scopes: Default::default(),
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
        // Lifetime, minimum, age at the second call, exchanges by then.
        let cases = [
            ("an hour, in its youth", Some(3600), 0, 3000, 1),
            ("an hour, at its margin", Some(3600), 0, 3541, 2),
            ("an hour, more asked than the margin", Some(3600), 600, 2990, 1),
            ("an hour, too old for what is asked", Some(3600), 600, 3001, 2),
            ("short: a tenth is the margin", Some(100), 0, 89, 1),
            ("short: within its margin", Some(100), 0, 91, 2),
            ("born with exactly what is asked", Some(3600), 3600, 0, 1),
            ("born with exactly what is asked, a moment later", Some(3600), 3600, 1, 2),
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
        let hanging = fixture.cache.token(fixture.key("id"), Duration::ZERO, ENDPOINT, future::pending::<TokenResult>);
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
        assert_eq!(fixture.cache.lock().entries.len(), CAPACITY);
        let before = fixture.count();
        let last = format!("client-{}", 2 * CAPACITY - 1);
        fixture.ask_for(&last, 0, Ok(fixture.fresh_token(Some(3600)))).await.unwrap();
        fixture.ask_for("refused", 0, Ok(fixture.fresh_token(None))).await.unwrap_err();
        assert_eq!(fixture.count(), before, "the newest token and the refusal are still there");
    }

    #[test]
    fn everything_that_a_token_depends_on_tells_keys_apart() {
        let parameters = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), Secret::new(value))]);
        let key_grant =
            |secret: &str| Grant::AccessKey { access_key_id: "k".into(), access_key_secret: Secret::new(secret) };
        let requests = [
            request(),
            TokenRequest { endpoint: Endpoint::try_parse("https://a.example/token?x").unwrap(), ..request() },
            TokenRequest { client_id: "id2".into(), ..request() },
            TokenRequest { client_secret: Secret::new("canary-other"), ..request() },
            TokenRequest { client_id: "idcanary".into(), client_secret: Secret::new("-client-secret"), ..request() },
            TokenRequest { authentication: ClientAuthentication::Post, ..request() },
            TokenRequest { authentication: ClientAuthentication::BasicRfc6749, ..request() },
            TokenRequest { scopes: ScopeSet::parse("a"), ..request() },
            TokenRequest { scopes: ScopeSet::parse("ab"), ..request() },
            TokenRequest { audience: Some("x".into()), ..request() },
            TokenRequest { parameters: parameters("p", "qr"), ..request() },
            TokenRequest { parameters: parameters("pq", "r"), ..request() },
            TokenRequest { grant: key_grant("canary-1"), ..request() },
            TokenRequest { grant: key_grant("canary-2"), ..request() },
        ];
        let keys = CacheKeys::default();
        let distinct: HashSet<CacheKey> = requests.iter().map(|request| keys.keys(request).unwrap().request).collect();
        assert_eq!(distinct.len(), requests.len());
    }

    #[test]
    fn credentials_are_known_whatever_they_are_to_be_good_for() {
        let keys = CacheKeys::default();
        let credentials = |request: &TokenRequest| keys.keys(request).unwrap().credentials;
        let parameters = BTreeMap::from([("p".to_owned(), Secret::new("q"))]);
        let same = [
            TokenRequest { scopes: ScopeSet::parse("c"), ..request() },
            TokenRequest { audience: Some("x".into()), ..request() },
            TokenRequest { parameters, ..request() },
        ];
        for other in &same {
            assert_eq!(credentials(other), credentials(&request()), "{other:?}");
        }
        let other = [
            TokenRequest { endpoint: Endpoint::try_parse("https://a.example/t").unwrap(), ..request() },
            TokenRequest { client_id: "id2".into(), ..request() },
            TokenRequest { client_secret: Secret::new("canary-other"), ..request() },
            TokenRequest { authentication: ClientAuthentication::Post, ..request() },
        ];
        for other in &other {
            assert_ne!(credentials(other), credentials(&request()), "{other:?}");
        }
    }

    #[test]
    fn equal_requests_have_equal_keys() {
        let keys = CacheKeys::default();
        let no_audience = TokenRequest { audience: Some(String::new()), ..request() };
        assert_eq!(keys.keys(&request()), keys.keys(&request()));
        assert_eq!(keys.keys(&request()), keys.keys(&no_audience));
    }

    #[test]
    fn keys_of_two_makers_differ() {
        assert_ne!(CacheKeys::default().keys(&request()), CacheKeys::default().keys(&request()));
    }
}
