//! OpenID discovery (OpenID Connect Discovery section 4, RFC 8414): where an issuer hands out tokens.

use std::fmt;

use psl::Psl as _;
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use url::{Host, Url};

use super::masking::Mask;
use super::{ClientAuthentication, Endpoint, Error, ErrorKind, InvalidEndpoint, Issuer, TokenClient};

/// What is used of an issuer's document. The lists in it refuse nothing, since servers are known to leave out what works;
/// they are evidence where a request was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Where tokens are asked for.
    pub token_endpoint: Endpoint,
    /// `token_endpoint_auth_methods_supported`, capped and escaped; `None` when the document does not say, which means
    /// `client_secret_basic` (RFC 8414 section 2).
    pub auth_methods: Option<Vec<String>>,
    /// `grant_types_supported`, capped and escaped; `None` when the document does not say.
    pub grant_types: Option<Vec<String>>,
    /// `scopes_supported`, capped and escaped; `None` when the document does not say.
    pub scopes: Option<Vec<String>>,
}

/// Why an issuer's token endpoint is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The document could not be had.
    #[error("the discovery document could not be read: {0}")]
    NoDocument(Error),
    /// The document came and will not do.
    #[error("the discovery document will not do: {0}")]
    Invalid(InvalidMetadata),
}

/// What is wrong with a discovery document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadata {
    /// No `issuer`.
    #[error("it names no issuer")]
    NoIssuer,
    /// It is the document of another issuer (RFC 8414 section 3.3).
    #[error("it is the document of another issuer")]
    OtherIssuer {
        /// The `issuer` in it, capped and escaped.
        stated: String,
    },
    /// No `token_endpoint`.
    #[error("it names no token endpoint")]
    NoTokenEndpoint,
    /// The `token_endpoint` is no address that credentials may be sent to.
    #[error("its token endpoint cannot be used: {0}")]
    TokenEndpoint(InvalidEndpoint),
    /// The `token_endpoint` belongs to somebody else than the issuer.
    #[error("its token endpoint is on another domain")]
    ForeignTokenEndpoint {
        /// The token endpoint, without query.
        endpoint: String,
    },
}

/// One issuer's document: fetched once, when it is first needed.
pub struct Discovery {
    issuer: Issuer,
    outcome: OnceCell<Result<Metadata, DiscoveryError>>,
}

impl Discovery {
    /// Nothing is fetched yet.
    pub fn new(issuer: Issuer) -> Self {
        Self { issuer, outcome: OnceCell::new() }
    }

    /// Whose document it is.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The document's content, where it was fetched before.
    pub fn known(&self) -> Option<&Metadata> {
        self.outcome.get()?.as_ref().ok()
    }

    /// The document's content. Callers that come at the same time share one request, and its outcome is kept, good or
    /// bad, unless it was interrupted.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub async fn metadata(&self, client: &TokenClient) -> Result<&Metadata, DiscoveryError> {
        let outcome = self.outcome.get_or_try_init(|| async {
            match client.document(&self.issuer.openid_configuration()).await {
                Err(error) if *error.kind() == ErrorKind::Interrupted => Err(DiscoveryError::NoDocument(error)),
                Err(error) => Ok(Err(DiscoveryError::NoDocument(error))),
                Ok(document) => Ok(Metadata::read(&self.issuer, &document).map_err(DiscoveryError::Invalid)),
            }
        });
        outcome.await?.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Discovery").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Metadata {
    /// Reads the document that `issuer` answered.
    ///
    /// # Errors
    ///
    /// What is wrong with it; server texts in it are capped and escaped.
    pub fn read(issuer: &Issuer, document: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        let text = |name| document.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let stated = text("issuer").ok_or(InvalidMetadata::NoIssuer)?;
        if Issuer::try_parse(stated).as_ref() != Ok(issuer) {
            return Err(InvalidMetadata::OtherIssuer { stated: clean(stated) });
        }
        let token_endpoint = text("token_endpoint").ok_or(InvalidMetadata::NoTokenEndpoint)?;
        let token_endpoint = Endpoint::try_parse(token_endpoint).map_err(InvalidMetadata::TokenEndpoint)?;
        if !belong_together(issuer, &token_endpoint) {
            return Err(InvalidMetadata::ForeignTokenEndpoint { endpoint: clean(&token_endpoint.redacted()) });
        }
        let list = |name| {
            let items = document.get(name).and_then(Value::as_array)?;
            Some(items.iter().filter_map(Value::as_str).take(LONGEST_LIST).map(clean).collect())
        };
        Ok(Self {
            token_endpoint,
            auth_methods: list("token_endpoint_auth_methods_supported"),
            grant_types: list("grant_types_supported"),
            scopes: list("scopes_supported"),
        })
    }

    /// Whether the issuer takes a client that shows itself like this, as far as its document tells.
    pub fn takes(&self, authentication: ClientAuthentication) -> bool {
        match &self.auth_methods {
            Some(methods) => methods.iter().any(|method| method == authentication.as_str()),
            None => authentication == ClientAuthentication::ClientSecretBasic,
        }
    }
}

/// Whether both hosts are one, or names of one registrable domain: what whoever runs the issuer may speak for.
/// Addresses and loopback names have no such domain and must be the same.
fn belong_together(issuer: &Issuer, endpoint: &Endpoint) -> bool {
    let same_host = issuer.host().eq_ignore_ascii_case(endpoint.host());
    if same_host || issuer.is_loopback() || endpoint.is_loopback() {
        return same_host;
    }
    match (issuer.registrable_domain(), registrable(endpoint.url())) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The registrable domain by the public suffix list, in lower case; `None` for addresses and bare suffixes.
fn registrable(url: &Url) -> Option<String> {
    let Some(Host::Domain(name)) = url.host() else { return None };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let domain = psl::List.domain(name.as_bytes())?;
    Some(String::from_utf8_lossy(domain.as_bytes()).into_owned())
}

impl Issuer {
    /// The domain that whoever runs the issuer may speak for; `None` for addresses and bare suffixes.
    pub fn registrable_domain(&self) -> Option<String> {
        registrable(self.openid_configuration().url())
    }
}

fn clean(text: &str) -> String {
    Mask::hiding([]).clean(text, TEXT_CAP)
}

const TEXT_CAP: usize = 200;
const LONGEST_LIST: usize = 50;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(issuer: &str, document: Value) -> Result<Metadata, InvalidMetadata> {
        let Value::Object(members) = document else { panic!("no object") };
        Metadata::read(&Issuer::try_parse(issuer).unwrap(), &members)
    }

    fn with_endpoint(issuer: &str, endpoint: &str) -> Result<String, InvalidMetadata> {
        read(issuer, json!({"issuer": issuer, "token_endpoint": endpoint})).map(|found| found.token_endpoint.redacted())
    }

    #[test]
    fn the_token_endpoint_is_on_the_issuers_own_domain() {
        let accepted = [
            ("https://cxone.niceincontact.com", "https://cxone.niceincontact.com/auth/token"),
            ("https://cxone-gov.niceincontact.com", "https://api-na2.niceincontact.com/auth/token"),
            ("https://nicecxone-sov1.au", "https://nicecxone-sov1.au/auth/token"),
            ("https://nicecxone-sov1.au", "https://auth.nicecxone-sov1.au/auth/token"),
            ("https://login.firm.co.uk", "https://token.firm.co.uk/t"),
            ("http://127.0.0.1:1", "http://127.0.0.1:2/t"),
            ("https://10.0.0.1", "https://10.0.0.1/t"),
        ];
        for (issuer, endpoint) in accepted {
            assert_eq!(with_endpoint(issuer, endpoint), Ok(endpoint.to_owned()), "{issuer}");
        }
        let refused = [
            ("another domain", "https://cxone.niceincontact.com", "https://cxone.nice-incontact.com/auth/token"),
            ("a similar name", "https://a.example.com", "https://a.example.com.evil.net/t"),
            ("siblings below a suffix", "https://one.co.uk", "https://other.co.uk/t"),
            ("siblings at a hosting company", "https://one.github.io", "https://other.github.io/t"),
            ("this machine", "https://a.example.com", "https://localhost/t"),
            ("from this machine", "http://localhost:1", "https://a.example.com/t"),
            ("other loopback host", "http://localhost:1", "http://127.0.0.1:1/t"),
            ("other address", "https://10.0.0.1", "https://10.0.0.2/t"),
        ];
        for (name, issuer, endpoint) in refused {
            let expected = InvalidMetadata::ForeignTokenEndpoint { endpoint: endpoint.to_owned() };
            assert_eq!(with_endpoint(issuer, endpoint), Err(expected), "{name}");
        }
        let plain = InvalidEndpoint::PlainHttp { host: "a.example.com".into() };
        let insecure = with_endpoint("https://a.example.com", "http://a.example.com/t");
        assert_eq!(insecure, Err(InvalidMetadata::TokenEndpoint(plain)));
    }

    #[test]
    fn the_document_is_that_of_the_issuer_asked_for() {
        let document = |issuer: Value| json!({"issuer": issuer, "token_endpoint": "https://a.example/t"});
        for same in ["https://a.example", "https://a.example/", "https://A.example"] {
            assert!(read("https://a.example", document(same.into())).is_ok(), "{same}");
        }
        let cases = [
            (json!("https://b.example"), InvalidMetadata::OtherIssuer { stated: "https://b.example".into() }),
            (json!("https://a.example/x"), InvalidMetadata::OtherIssuer { stated: "https://a.example/x".into() }),
            (json!("a\nb"), InvalidMetadata::OtherIssuer { stated: clean("a\nb") }),
            (json!(""), InvalidMetadata::NoIssuer),
            (json!(7), InvalidMetadata::NoIssuer),
        ];
        for (issuer, expected) in cases {
            assert_eq!(read("https://a.example", document(issuer)), Err(expected));
        }
        assert_eq!(
            read("https://a.example", json!({"issuer": "https://a.example"})),
            Err(InvalidMetadata::NoTokenEndpoint)
        );
    }

    #[test]
    fn what_the_document_leaves_out_or_adds_refuses_nothing() {
        let document = |methods: Value| {
            json!({
                "issuer": "https://a.example", "token_endpoint": "https://a.example/t",
                "scopes_supported": ["openid"], "grant_types_supported": ["authorization_code"],
                "token_endpoint_auth_methods_supported": methods,
            })
        };
        use ClientAuthentication::{ClientSecretBasic as Basic, ClientSecretPost as Post};
        let cases = [
            (json!(null), true, false),
            (json!(["client_secret_basic", "client_secret_post"]), true, true),
            (json!(["client_secret_post", 7]), false, true),
            (json!(["private_key_jwt"]), false, false),
            (json!([]), false, false),
        ];
        for (methods, basic, post) in cases {
            let metadata = read("https://a.example", document(methods.clone())).unwrap();
            assert_eq!((metadata.takes(Basic), metadata.takes(Post)), (basic, post), "{methods}");
        }
    }
}
