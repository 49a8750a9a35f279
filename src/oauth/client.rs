//! The token client: what the rest of the program asks for tokens.

use std::sync::Arc;
use std::time::Duration;

use super::{Clock, Error, ErrorKind, HttpSettings, RetryPolicy, Token, TokenRequest};

/// Exchanges credentials for tokens and keeps the tokens. Clones share everything.
#[derive(Debug, Clone)]
pub struct TokenClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    http: HttpSettings,
    retry: RetryPolicy,
    clock: Clock,
}

impl TokenClient {
    /// A client with these settings. Cheap: nothing is opened or loaded before the first exchange.
    pub fn new(http: HttpSettings, retry: RetryPolicy, clock: Clock) -> Self {
        Self { shared: Arc::new(Shared { http, retry, clock }) }
    }

    /// A token for `request` that lives at least `min_remaining` more, from the cache or by one exchange.
    ///
    /// # Errors
    ///
    /// Whatever kept the exchange from succeeding; callers behind the same exchange get the same failure.
    pub async fn token(&self, request: &TokenRequest, min_remaining: Duration) -> Result<Arc<Token>, Error> {
        let Shared { http, retry, clock } = &*self.shared;
        let _ = (http, retry, clock, min_remaining);
        Err(Error::new(ErrorKind::Setup("not built yet".into()), request.endpoint.redacted()))
    }

    /// Ends the exchanges in flight: those who wait for them get [`ErrorKind::Interrupted`]. Later calls work again.
    pub fn cancel(&self) {}
}
