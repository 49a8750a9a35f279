//! Tokens kept for the life of the process, and one exchange in flight for each kind of token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::cache_key::CacheKey;
use super::{Clock, Error, ErrorKind, Token};

/// What an exchange came to; shared by all who waited for it.
pub(crate) type Outcome = Result<Arc<Token>, Error>;

/// The cache. Clones share everything.
#[derive(Clone)]
pub(crate) struct TokenCache {
    entries: Arc<Mutex<HashMap<CacheKey, Entry>>>,
    clock: Clock,
}

enum Entry {
    InFlight(Arc<Flight>),
    Fetched(Fetched),
    /// The server refused the credentials: the same request can only fail again.
    Rejected(Error),
}

/// A token and when it came, by the clock that never jumps.
struct Fetched {
    token: Arc<Token>,
    fetched_at: Duration,
    used_at: Duration,
}

/// An exchange under way, in a task of its own: whoever waits for it may leave.
struct Flight {
    outcome: watch::Sender<Option<Outcome>>,
    task: Mutex<Option<AbortHandle>>,
    endpoint: String,
}

impl TokenCache {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { entries: Arc::default(), clock }
    }

    /// The token kept for `key` when it will do for `min_remaining`, the refusal kept for it, or what `exchange`
    /// comes to. Callers that arrive while an exchange for the same key is under way get its outcome, good or bad.
    ///
    /// # Errors
    ///
    /// The failure of the exchange, now or, for a refusal, at any time before; [`ErrorKind::Interrupted`] after
    /// [`TokenCache::cancel`].
    pub(crate) async fn token<F>(
        &self,
        key: CacheKey,
        min_remaining: Duration,
        endpoint: &str,
        exchange: impl FnOnce() -> F,
    ) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (flight, starts) = match self.look_up(key, min_remaining, endpoint) {
            Found::Settled(outcome) => return outcome,
            Found::UnderWay(flight) => (flight, false),
            Found::Nothing(flight) => (flight, true),
        };
        if starts {
            // Not under the lock: a runtime that shuts down drops the task, and its guard takes the lock.
            let landing = Landing { cache: self.clone(), key, flight: Arc::clone(&flight), outcome: None };
            flight.started(tokio::spawn(landing.after(exchange())).abort_handle());
        }
        flight.landed().await
    }

    /// What is there for `key`; where nothing will do, a flight takes the place, for the caller to start.
    fn look_up(&self, key: CacheKey, min_remaining: Duration, endpoint: &str) -> Found {
        let mut entries = self.lock();
        match entries.get_mut(&key) {
            Some(Entry::InFlight(flight)) => return Found::UnderWay(Arc::clone(flight)),
            Some(Entry::Rejected(error)) => return Found::Settled(Err(error.clone())),
            Some(Entry::Fetched(fetched)) if self.is_fresh(fetched, min_remaining) => {
                fetched.used_at = self.clock.monotonic();
                return Found::Settled(Ok(Arc::clone(&fetched.token)));
            }
            Some(Entry::Fetched(_)) => {}
            None => make_room(&mut entries),
        }
        let flight = Arc::new(Flight::new(endpoint));
        entries.insert(key, Entry::InFlight(Arc::clone(&flight)));
        Found::Nothing(flight)
    }

    /// Ends all exchanges under way; those who wait get [`ErrorKind::Interrupted`]. What is kept stays.
    pub(crate) fn cancel(&self) {
        let mut cancelled = Vec::new();
        self.lock().retain(|_, entry| match entry {
            Entry::InFlight(flight) => {
                cancelled.push(Arc::clone(flight));
                false
            }
            Entry::Fetched(_) | Entry::Rejected(_) => true,
        });
        for flight in cancelled {
            flight.cancel();
        }
    }

    /// Whether the token outlives what is asked and the margin that keeps it from ending on the way.
    ///
    /// Both clocks count: the monotonic one against a wall clock set back, the wall clock against sleep. A token that
    /// was born shorter than what is asked is kept as well, since another exchange would bring no longer one.
    fn is_fresh(&self, fetched: &Fetched, min_remaining: Duration) -> bool {
        let lifetime = fetched.token.lifetime().unwrap_or(ASSUMED_LIFETIME);
        let age = self.clock.monotonic().saturating_sub(fetched.fetched_at);
        let by_wall = fetched.token.remaining(self.clock.now()).unwrap_or(Duration::MAX);
        let remaining = lifetime.saturating_sub(age).min(by_wall);
        let margin = MARGIN.min(lifetime / 10);
        let needed = if min_remaining < lifetime { margin.max(min_remaining) } else { margin };
        remaining > needed
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, Entry>> {
        lock(&self.entries)
    }
}

/// The state of the cache for one key.
enum Found {
    Settled(Outcome),
    UnderWay(Arc<Flight>),
    Nothing(Arc<Flight>),
}

impl Flight {
    fn new(endpoint: &str) -> Self {
        Self { outcome: watch::Sender::new(None), task: Mutex::new(None), endpoint: endpoint.to_owned() }
    }

    /// Takes note of the task; one that was cancelled before it began is ended here.
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
    async fn landed(&self) -> Outcome {
        let mut outcome = self.outcome.subscribe();
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            // The sender lives in `self`, so that the channel cannot close; the type does not know.
            Ok(None) | Err(_) => Err(self.failure(ErrorKind::Interrupted)),
        }
    }

    /// Tells the outcome to all who wait; the first one counts.
    fn land(&self, outcome: Outcome) {
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

/// Ends a flight whatever happens to its task: done, aborted, panicked, or dropped with the runtime.
struct Landing {
    cache: TokenCache,
    key: CacheKey,
    flight: Arc<Flight>,
    outcome: Option<Outcome>,
}

impl Landing {
    async fn after(mut self, exchange: impl Future<Output = Outcome>) {
        self.outcome = Some(exchange.await);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let kind = if std::thread::panicking() {
            ErrorKind::Setup("the exchange ended unexpectedly; this is a bug in the provider".into())
        } else {
            ErrorKind::Interrupted
        };
        let outcome = self.outcome.take().unwrap_or_else(|| Err(self.flight.failure(kind)));
        let mut entries = self.cache.lock();
        // After a cancel the place may be empty, or taken by a later flight.
        if matches!(entries.get(&self.key), Some(Entry::InFlight(current)) if Arc::ptr_eq(current, &self.flight)) {
            match &outcome {
                Ok(token) => {
                    let now = self.cache.clock.monotonic();
                    let fetched = Fetched { token: Arc::clone(token), fetched_at: now, used_at: now };
                    entries.insert(self.key, Entry::Fetched(fetched));
                }
                Err(error) if error.is_rejection() => {
                    entries.insert(self.key, Entry::Rejected(error.clone()));
                }
                Err(_) => {
                    entries.remove(&self.key);
                }
            }
        }
        drop(entries);
        self.flight.land(outcome);
    }
}

/// Lets the token go that was not used for the longest time, a refusal when there is no token.
fn make_room(entries: &mut HashMap<CacheKey, Entry>) {
    if entries.len() < CAPACITY {
        return;
    }
    let oldest = entries
        .iter()
        .filter_map(|(key, entry)| match entry {
            Entry::Fetched(fetched) => Some((false, fetched.used_at, *key)),
            Entry::Rejected(_) => Some((true, Duration::ZERO, *key)),
            Entry::InFlight(_) => None,
        })
        .min_by_key(|(rejected, used_at, _)| (*rejected, *used_at));
    if let Some((_, _, key)) = oldest {
        entries.remove(&key);
    }
}

/// A panic elsewhere leaves the map whole: every change is one insert or remove.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// More kinds of tokens than any configuration asks for.
const CAPACITY: usize = 256;
/// The margin for the way to the API, or a tenth of the life of short tokens.
const MARGIN: Duration = Duration::from_secs(60);
/// What a token is kept for at most when the answer did not say how long it lives.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests;
