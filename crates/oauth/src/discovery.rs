//! OpenID discovery (OpenID Connect Discovery section 4, RFC 8414): from an issuer to its token endpoint.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use psl::Psl as _;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::{Host, Url};

use super::masking::Mask;
use super::{ClientAuthentication, Endpoint, Error, InvalidEndpoint, TokenClient};

/// The base address of an OpenID issuer: an [`Endpoint`] without a query (OpenID Connect Discovery section 3). One
/// final slash is ignored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer(Endpoint);

impl Issuer {
    /// Parses and checks an issuer's address.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::try_parse`], or the address has a query.
    pub fn try_parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let address = Endpoint::try_parse(text)?;
        // The path of the document is appended, so a query would be in the middle.
        if address.url().query().is_some() {
            return Err(InvalidEndpoint::Query);
        }
        Ok(Self::at(&address, base_path(&address)))
    }

    /// The issuer at the root of `endpoint`'s host.
    pub fn of_host(endpoint: &Endpoint) -> Self {
        Self::at(endpoint, "")
    }

    /// The address of the discovery document (OpenID Connect Discovery section 4).
    pub fn openid_configuration(&self) -> Endpoint {
        self.document("openid-configuration", None)
    }

    /// The address of CXone's configuration of one tenant: its area, its cluster and the address of its APIs.
    pub fn cxone_configuration(&self, tenant_id: &str) -> Endpoint {
        self.document("cxone-configuration", Some(("tenantId", tenant_id)))
    }

    /// The host name or address.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// Whether the issuer is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// `scheme://host[:port][/path]`, without a final slash.
    pub fn redacted(&self) -> String {
        self.0.redacted().trim_end_matches('/').to_owned()
    }

    /// The registrable domain of the issuer; `None` for IP addresses and public suffixes.
    pub fn registrable_domain(&self) -> Option<String> {
        registrable(self.0.url())
    }

    /// Whether a document or token of this issuer may name `address`: the same host, a host of the same registrable
    /// domain, or a domain of NICE. An IP address must be the same one, because another one can be a host of a private
    /// network. A loopback issuer may name loopback addresses only.
    pub fn may_lead_to(&self, address: &Endpoint) -> bool {
        belong_together(self, address) || (self.is_loopback() && address.is_loopback()) || is_nices(address)
    }

    /// As [`Issuer::may_lead_to`], for another issuer.
    pub fn may_lead_to_issuer(&self, other: &Self) -> bool {
        self.may_lead_to(&other.0)
    }

    /// Whether the issuer is at a domain of NICE, which the tokens of every token endpoint may name.
    pub fn is_nices(&self) -> bool {
        is_nices(&self.0)
    }

    fn document(&self, name: &str, query: Option<(&str, &str)>) -> Endpoint {
        self.0.with_path(&format!("{}/.well-known/{name}", base_path(&self.0)), query)
    }

    fn at(endpoint: &Endpoint, path: &str) -> Self {
        Self(endpoint.with_path(path, None))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Issuer").field(&self.redacted()).finish()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

/// The used part of a discovery document. Its lists never prevent a request, because servers leave out methods and
/// scopes that work. They are evidence after a rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The address for token requests.
    pub token_endpoint: Endpoint,
    /// `token_endpoint_auth_methods_supported`, capped and escaped; `None` if absent, which means `client_secret_basic`
    /// (RFC 8414 section 2).
    pub auth_methods: Option<Vec<String>>,
    /// `grant_types_supported`, capped and escaped; `None` if absent.
    pub grant_types: Option<Vec<String>>,
    /// `scopes_supported`, capped and escaped; `None` if absent.
    pub scopes: Option<Vec<String>>,
}

impl Metadata {
    /// Reads the discovery document of `issuer`.
    ///
    /// # Errors
    ///
    /// The document is not usable. Texts of the server are capped and escaped.
    pub fn read(issuer: &Issuer, document: &Map<String, Value>) -> Result<Self, InvalidMetadata> {
        let text = |name| document.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let stated = text("issuer").ok_or(InvalidMetadata::NoIssuer)?;
        // RFC 8414 section 3.3: a document of another issuer could send the credentials to a stranger.
        if Issuer::try_parse(stated).as_ref() != Ok(issuer) {
            return Err(InvalidMetadata::OtherIssuer { stated: clean(stated) });
        }
        let token_endpoint = text("token_endpoint").ok_or(InvalidMetadata::NoTokenEndpoint)?;
        let token_endpoint = Endpoint::try_parse(token_endpoint).map_err(InvalidMetadata::TokenEndpoint)?;
        // Somebody who can change one document must not be able to collect the credentials on another host.
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

    /// Whether the document lists this authentication method.
    pub fn takes(&self, authentication: ClientAuthentication) -> bool {
        match &self.auth_methods {
            Some(methods) => methods.iter().any(|method| method == authentication.method()),
            // The default of RFC 8414 section 2.
            None => authentication.method() == "client_secret_basic",
        }
    }
}

/// Why an issuer's token endpoint is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The document could not be fetched.
    #[error("the discovery document could not be read: {0}")]
    NoDocument(Error),
    /// The document is not usable.
    #[error("the discovery document is not usable: {0}")]
    Invalid(InvalidMetadata),
}

/// Why a discovery document is not usable.
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
    /// The `token_endpoint` is not an address for credentials.
    #[error("its token endpoint is not usable: {0}")]
    TokenEndpoint(InvalidEndpoint),
    /// The `token_endpoint` is on another domain than the issuer.
    #[error("its token endpoint is on another domain")]
    ForeignTokenEndpoint {
        /// The token endpoint, without query.
        endpoint: String,
    },
}

/// One issuer's document. It is fetched once, on first use.
#[derive(Debug)]
pub struct Discovery {
    issuer: Issuer,
    outcome: OnceLock<Result<Metadata, DiscoveryError>>,
    /// The last temporary failure. The caller that fetches the document has the lock.
    passing: Mutex<Option<DiscoveryError>>,
    /// The number of temporary failures.
    failures: AtomicUsize,
}

impl Discovery {
    /// Fetches nothing yet.
    pub fn new(issuer: Issuer) -> Self {
        Self { issuer, outcome: OnceLock::new(), passing: Mutex::default(), failures: AtomicUsize::default() }
    }

    /// The issuer of the document.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The content of the document if it was fetched before.
    pub fn known(&self) -> Option<&Metadata> {
        self.outcome.get()?.as_ref().ok()
    }

    /// The content of the document. Concurrent callers share one request and its outcome. A document is kept, and so is
    /// any other response. After another failure, the next caller tries again.
    ///
    /// # Errors
    ///
    /// The document could not be fetched, or is not usable.
    pub async fn metadata(&self, client: &TokenClient) -> Result<&Metadata, DiscoveryError> {
        let failures = self.failures.load(Ordering::Acquire);
        let mut passing = self.passing.lock().await;
        if let Some(outcome) = self.outcome.get() {
            return outcome.as_ref().map_err(Clone::clone);
        }
        // The request failed while this caller waited for it. A second request would only delay the same error.
        if self.failures.load(Ordering::Acquire) != failures
            && let Some(failure) = &*passing
        {
            return Err(failure.clone());
        }
        let outcome = match client.document(&self.issuer.openid_configuration()).await {
            Ok(document) => Metadata::read(&self.issuer, &document).map_err(DiscoveryError::Invalid),
            Err(error) if error.is_answered() => Err(DiscoveryError::NoDocument(error)),
            Err(error) => {
                let failure = DiscoveryError::NoDocument(error);
                *passing = Some(failure.clone());
                self.failures.fetch_add(1, Ordering::Release);
                return Err(failure);
            }
        };
        self.outcome.get_or_init(|| outcome).as_ref().map_err(Clone::clone)
    }
}

/// Whether both hosts are the same, or have the same registrable domain and so the same owner. IP addresses and
/// loopback names have no such domain and must be equal.
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

fn is_nices(address: &Endpoint) -> bool {
    registrable(address.url()).is_some_and(|domain| NICE_DOMAINS.contains(&domain.as_str()))
}

/// The registrable domain by the public suffix list, in lower case; `None` for IP addresses and public suffixes.
fn registrable(url: &Url) -> Option<String> {
    let Some(Host::Domain(name)) = url.host() else { return None };
    // A final dot names the same host (RFC 1034 section 3.1).
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let domain = psl::List.domain(name.as_bytes())?;
    Some(String::from_utf8_lossy(domain.as_bytes()).into_owned())
}

fn base_path(endpoint: &Endpoint) -> &str {
    let path = endpoint.url().path();
    // OpenID Connect Discovery section 4.1: a final slash is removed before the well-known path is appended.
    path.strip_suffix('/').unwrap_or(path)
}

fn clean(text: &str) -> String {
    Mask::hiding([]).clean(text, TEXT_CAP)
}

// The domains of CXone's authentication services, user interfaces and APIs. Their documents name hosts of each other's
// domains, so one registrable domain does not cover them.
const NICE_DOMAINS: [&str; 7] = [
    "niceincontact.com",
    "nice-incontact.com",
    "incontact.com",
    "nicecxone.com",
    "nicecxone-sov1.au",
    "nicecxone-sov1.eu",
    "nicecxone-sov1.uk",
];
// These texts come from an unauthenticated document and are shown in messages.
const TEXT_CAP: usize = 200;
// Real documents list fewer than twenty methods, grants or scopes. More would only fill memory.
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
    fn an_issuer_leads_to_its_own_domain_and_to_nices() {
        let cases = [
            ("the same host", "https://sso.firm.example", "https://sso.firm.example:8443/x", true),
            ("a sibling", "https://sso.firm.example", "https://api.firm.example", true),
            ("NICE's", "https://gateway.firm.example", "https://api-na1.niceincontact.com", true),
            ("NICE's, upper case and a final dot", "https://a.example", "https://API-NA1.NiceInContact.com./", true),
            (
                "from one of NICE's to another",
                "https://cxone.niceincontact.com",
                "https://na1.nice-incontact.com",
                true,
            ),
            ("a sovereign cloud", "https://api.nicecxone.com", "https://api-x.nicecxone-sov1.eu", true),
            ("this machine", "http://localhost:1", "http://127.0.0.1:2", true),
            ("an address of one's own", "https://10.0.0.1", "https://10.0.0.1:8443", true),
            ("another domain", "https://sso.firm.example", "https://evil.test", false),
            ("NICE's name inside", "https://a.example", "https://niceincontact.com.evil.test", false),
            ("NICE's name at the end", "https://a.example", "https://evilniceincontact.com", false),
            ("a suffix", "https://one.co.uk", "https://other.co.uk", false),
            ("a private address", "https://sso.firm.example", "https://10.0.0.1", false),
            ("the cloud's own address", "https://cxone.niceincontact.com", "https://169.254.169.254", false),
            ("a private IPv6 address", "https://cxone.niceincontact.com", "https://[fd00::1]", false),
            ("a public address", "https://cxone.niceincontact.com", "https://93.184.216.34", false),
            ("in octal", "https://cxone.niceincontact.com", "https://012.0.0.1", false),
            ("this machine, mapped", "https://cxone.niceincontact.com", "https://[::ffff:127.0.0.1]", false),
            ("this machine from afar", "https://cxone.niceincontact.com", "https://localhost", false),
            ("a private address from this machine", "http://127.0.0.1:1", "https://10.0.0.1", false),
            ("a neighbour's address", "https://10.0.0.1", "https://10.0.0.2", false),
            (
                "the path that looks like a host",
                "https://api.firm.example",
                "https://evil.test/\\@api.firm.example",
                false,
            ),
        ];
        for (name, from, to, expected) in cases {
            let (issuer, address) = (Issuer::try_parse(from).unwrap(), Endpoint::try_parse(to).unwrap());
            assert_eq!(issuer.may_lead_to(&address), expected, "{name}");
        }
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
        use ClientAuthentication::{BasicRaw, BasicRfc6749, Post};
        let cases = [
            (json!(null), true, false),
            (json!(["client_secret_basic", "client_secret_post"]), true, true),
            (json!(["client_secret_post", 7]), false, true),
            (json!(["private_key_jwt"]), false, false),
            (json!([]), false, false),
        ];
        for (methods, basic, post) in cases {
            let metadata = read("https://a.example", document(methods.clone())).unwrap();
            assert_eq!(
                (metadata.takes(BasicRaw), metadata.takes(BasicRfc6749), metadata.takes(Post)),
                (basic, basic, post),
                "{methods}"
            );
        }
    }

    #[test]
    fn documents_stand_below_the_issuer() {
        let cases = [
            ("https://cxone.niceincontact.com", "https://cxone.niceincontact.com"),
            ("https://cxone-gov.niceincontact.com/", "https://cxone-gov.niceincontact.com"),
            ("https://nicecxone-sov1.au", "https://nicecxone-sov1.au"),
            ("https://a.example:8443/realms/x/", "https://a.example:8443/realms/x"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ];
        for (text, base) in cases {
            let issuer = Issuer::try_parse(text).unwrap();
            assert_eq!(issuer.redacted(), base);
            assert_eq!(
                issuer.openid_configuration().url().as_str(),
                format!("{base}/.well-known/openid-configuration")
            );
            let tenant = issuer.cxone_configuration("a b&c");
            assert_eq!(tenant.url().as_str(), format!("{base}/.well-known/cxone-configuration?tenantId=a+b%26c"));
        }
    }

    #[test]
    fn an_issuer_is_an_address_without_a_query() {
        for (text, expected) in [
            ("https://a.example/?x=1", InvalidEndpoint::Query),
            ("https://a.example/#x", InvalidEndpoint::Fragment),
            ("a.example", InvalidEndpoint::MissingScheme),
            ("http://a.example", InvalidEndpoint::PlainHttp { host: "a.example".into() }),
        ] {
            assert_eq!(Issuer::try_parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn the_host_of_an_endpoint_is_an_issuer_without_path_and_query() {
        let endpoint = Endpoint::try_parse("https://a.example:8443/oauth/token?realm=x").unwrap();
        assert_eq!(Issuer::of_host(&endpoint).redacted(), "https://a.example:8443");
    }
}
