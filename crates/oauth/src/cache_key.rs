//! What tokens are told apart by.

use std::fmt;
use std::sync::OnceLock;

use ring::{hmac, rand};

use super::{BasicEncoding, ErrorKind, Grant, TokenRequest};

/// A keyed hash over everything that a token depends on, secrets included. The key is random and stays in the
/// process, so that the hash says nothing to whoever gets to see it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey([u8; 32]);

impl fmt::Debug for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CacheKey")
    }
}

/// Makes keys; two of the same maker are equal for equal requests alone.
#[derive(Default)]
pub(crate) struct CacheKeys(OnceLock<Option<hmac::Key>>);

impl CacheKeys {
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] when the system has no random numbers.
    pub(crate) fn key(&self, request: &TokenRequest) -> Result<CacheKey, ErrorKind> {
        let hmac_key = self
            .0
            .get_or_init(|| hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).ok())
            .as_ref()
            .ok_or_else(|| ErrorKind::Setup("the system has no random numbers".into()))?;
        let mut hash = Fields(hmac::Context::with_key(hmac_key));
        hash.request(request);
        let tag = hash.0.sign();
        let mut key = [0; 32];
        key.copy_from_slice(tag.as_ref());
        Ok(CacheKey(key))
    }
}

/// Hashes fields with their lengths, so that no two lists of fields are the same bytes.
struct Fields(hmac::Context);

impl Fields {
    fn request(&mut self, request: &TokenRequest) {
        let TokenRequest {
            endpoint,
            grant,
            client_id,
            client_secret,
            authentication,
            basic_encoding,
            scopes,
            audience,
            parameters,
        } = request;
        self.text(endpoint.url().as_str());
        self.grant(grant);
        self.text(client_id);
        self.text(client_secret.expose());
        self.text(authentication.as_str());
        self.text(match basic_encoding {
            BasicEncoding::Raw => "raw",
            BasicEncoding::Rfc6749 => "rfc6749",
        });
        self.count(scopes.len());
        scopes.iter().for_each(|scope| self.text(scope));
        // An empty audience is not sent, as none.
        self.text(audience.as_deref().unwrap_or_default());
        self.count(parameters.len());
        for (name, value) in parameters {
            self.text(name);
            self.text(value.expose());
        }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;
    use crate::{ClientAuthentication, Endpoint, ScopeSet, Secret};

    fn request() -> TokenRequest {
        TokenRequest {
            endpoint: Endpoint::try_parse("https://a.example/token").unwrap(),
            grant: Grant::ClientCredentials,
            client_id: "id".into(),
            client_secret: Secret::new("canary-client-secret"),
            authentication: ClientAuthentication::ClientSecretBasic,
            basic_encoding: BasicEncoding::Raw,
            scopes: ScopeSet::parse("a b"),
            audience: None,
            parameters: BTreeMap::new(),
        }
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
            TokenRequest { authentication: ClientAuthentication::ClientSecretPost, ..request() },
            TokenRequest { basic_encoding: BasicEncoding::Rfc6749, ..request() },
            TokenRequest { scopes: ScopeSet::parse("a"), ..request() },
            TokenRequest { scopes: ScopeSet::parse("ab"), ..request() },
            TokenRequest { audience: Some("x".into()), ..request() },
            TokenRequest { parameters: parameters("p", "qr"), ..request() },
            TokenRequest { parameters: parameters("pq", "r"), ..request() },
            TokenRequest { grant: key_grant("canary-1"), ..request() },
            TokenRequest { grant: key_grant("canary-2"), ..request() },
        ];
        let keys = CacheKeys::default();
        let distinct: HashSet<CacheKey> = requests.iter().map(|request| keys.key(request).unwrap()).collect();
        assert_eq!(distinct.len(), requests.len());
    }

    #[test]
    fn equal_requests_have_equal_keys() {
        let keys = CacheKeys::default();
        let no_audience = TokenRequest { audience: Some(String::new()), ..request() };
        assert_eq!(keys.key(&request()), keys.key(&request()));
        assert_eq!(keys.key(&request()), keys.key(&no_audience));
    }

    #[test]
    fn keys_of_two_makers_differ() {
        assert_ne!(CacheKeys::default().key(&request()), CacheKeys::default().key(&request()));
    }
}
