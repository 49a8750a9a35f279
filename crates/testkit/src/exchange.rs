//! Ready-made token requests and clients.

use std::collections::BTreeMap;
use std::time::Duration;

use oauth::{
    ClientAuthentication, Clock, Endpoint, Error, Grant, HttpSettings, RetryPolicy, ScopeSet, Secret, TokenClient,
    TokenRequest,
};

/// The client secret of [`request`].
pub const CANARY: &str = "canary-client-secret-4711";

/// A `client_credentials` request with Basic authentication and one scope.
pub fn request(token_url: &str) -> TokenRequest {
    TokenRequest {
        endpoint: Endpoint::try_parse(token_url).unwrap(),
        grant: Grant::ClientCredentials,
        client_id: "abc-123".into(),
        client_secret: Secret::new(CANARY),
        authentication: ClientAuthentication::BasicRaw,
        scopes: ScopeSet::parse("cxone:api"),
        audience: None,
        parameters: BTreeMap::new(),
    }
}

/// Settings with a time limit in milliseconds.
pub fn settings(timeout_ms: u64) -> HttpSettings {
    HttpSettings { request_timeout: Duration::from_millis(timeout_ms), ..HttpSettings::new("test-agent/1") }
}

/// A policy with waits of at most two milliseconds.
pub fn retries(max_retries: u32) -> RetryPolicy {
    RetryPolicy { max_retries, min_wait: Duration::from_millis(1), max_wait: Duration::from_millis(2) }
}

/// A client with a generous time limit and quick retries.
pub fn client(max_retries: u32) -> TokenClient {
    TokenClient::new(settings(5_000), retries(max_retries), Clock::System)
}

/// The failure of one exchange without retries. Fails the test if the failure shows the secret.
pub async fn failure(settings: HttpSettings, request: &TokenRequest) -> Error {
    let client = TokenClient::new(settings, retries(0), Clock::System);
    let error = client.token(request, Duration::ZERO).await.expect_err("a token came");
    assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
    error
}
