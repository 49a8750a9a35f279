//! The tenant that a token belongs to: what its claims say, and what CXone publishes about it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::settings::address::Whereabouts;
use crate::settings::source::{Source, Sourced};
use crate::text::shown;
use oauth::{Endpoint, Error, ErrorKind, Issuer, Secret, Token, TokenClient, jwt};
use plugin::{AttributePath, Diagnostic};

/// What is known about the tenant of a token. Each is `None` where nothing tells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its identifier.
    pub id: Option<String>,
    /// The `iss` claim. At CXone the one of the access token is not always the issuer that has the documents.
    pub issuer: Option<String>,
    /// Its area, such as `na1`.
    pub area: Option<String>,
    /// Its cluster.
    pub cluster: Option<String>,
    /// The address of its APIs, without a final slash.
    pub api_base_url: Option<String>,
}

/// The claims of a token, signatures not verified.
pub struct Claims {
    /// Those of the access token; `None` when it is no JWT.
    pub access_token: Option<jwt::Jwt>,
    id_token: Option<jwt::Jwt>,
}

impl Claims {
    /// Reads what `token` brought.
    pub fn of(token: &Token) -> Self {
        let decoded = |text: &Secret| jwt::decode(text.expose()).ok();
        Self { access_token: decoded(&token.access_token), id_token: token.id_token.as_ref().and_then(decoded) }
    }

    /// What the claims tell: those of the access token first.
    pub fn tenant(&self) -> Tenant {
        let claim = |name| self.both().find_map(|jwt| text(&jwt.claims, name));
        Tenant {
            id: claim("tenantId"),
            // RFC 7519 section 4.1.1 has text alone.
            issuer: self.both().find_map(|jwt| jwt.text("iss")).filter(|iss| !iss.is_empty()).map(str::to_owned),
            area: claim("area"),
            cluster: claim("icClusterId"),
            api_base_url: None,
        }
    }

    fn both(&self) -> impl Iterator<Item = &jwt::Jwt> {
        self.access_token.iter().chain(&self.id_token)
    }
}

/// The published descriptions of tenants, each looked up once.
#[derive(Default)]
pub struct Directory {
    entries: Mutex<HashMap<(Issuer, String), Slot>>,
}

/// One tenant's place in the directory; empty until it was looked up, and then for good.
type Slot = Arc<OnceCell<Option<Entry>>>;

/// What is published about a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    area: Option<String>,
    cluster: Option<String>,
    api_base_url: Option<String>,
}

impl Directory {
    /// What is known about the tenant of `claims`, with one look-up at most; it takes no longer than `limit` and never
    /// fails.
    pub async fn tenant(
        &self,
        client: &TokenClient,
        whereabouts: &Whereabouts,
        claims: &Claims,
        limit: Duration,
    ) -> Tenant {
        let told = claims.tenant();
        let (Some(id), Some(issuer)) = (&told.id, issuer_to_ask(whereabouts, claims)) else { return told };
        let Some(entry) = self.entry(client, &issuer, id, limit.min(LONGEST_LOOK_UP)).await else { return told };
        Tenant {
            area: told.area.or(entry.area),
            cluster: told.cluster.or(entry.cluster),
            api_base_url: entry.api_base_url,
            ..told
        }
    }

    async fn entry(&self, client: &TokenClient, issuer: &Issuer, id: &str, limit: Duration) -> Option<Entry> {
        let slot = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(entries.entry((issuer.clone(), id.to_owned())).or_default())
        };
        let outcome = slot.get_or_try_init(|| async {
            match client.document_within(&issuer.cxone_configuration(id), limit).await {
                Ok(document) => Ok(Entry::read(issuer, id, &document)),
                Err(error) if *error.kind() == ErrorKind::Interrupted => Err(error),
                Err(error) => {
                    tracing::debug!(issuer = issuer.redacted(), cause = %error, "no description of the tenant");
                    Ok(None)
                }
            }
        });
        let outcome: Result<&Option<Entry>, Error> = outcome.await;
        outcome.ok().and_then(Clone::clone)
    }
}

impl Entry {
    /// `None` when the document is about another tenant.
    fn read(issuer: &Issuer, id: &str, document: &Map<String, Value>) -> Option<Self> {
        if text(document, "tenantId").is_some_and(|stated| !stated.eq_ignore_ascii_case(id)) {
            return None;
        }
        Some(Self {
            area: text(document, "area"),
            cluster: text(document, "cluster"),
            api_base_url: text(document, "api_endpoint").and_then(|text| api_base_url(issuer, &text)),
        })
    }
}

/// Tokens will be sent there: an address as for credentials, on this machine only if the issuer is.
fn api_base_url(issuer: &Issuer, text: &str) -> Option<String> {
    let address = Endpoint::try_parse(text).ok()?;
    let fits = address.url().query().is_none() && (issuer.is_loopback() || !address.is_loopback());
    fits.then(|| text.trim_end_matches('/').to_owned())
}

/// Text, or a number as text, of a length that fits an identifier.
fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match members.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let fits = !text.is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// Holds the tenant of `claims` against the one that is expected.
///
/// # Errors
///
/// The token is another tenant's, or does not tell.
pub fn expect(expected: &Sourced<String>, claims: &Claims) -> Result<(), Diagnostic> {
    let Sourced { value: expected, source } = expected;
    let (summary, detail) = match claims.tenant().id {
        Some(id) if id.eq_ignore_ascii_case(expected) => return Ok(()),
        Some(id) => (
            "The token belongs to another tenant",
            format!(
                "Its claims name the tenant {}, and `expected_tenant_id` is {} ({source}). The token was not handed \
                 out.\n\nEither the credentials are those of another tenant (check which environment's variables this \
                 run has), or `expected_tenant_id` is wrong.",
                shown(&id),
                shown(expected),
            ),
        ),
        None => (
            "The token does not tell its tenant",
            format!(
                "`expected_tenant_id` is {} ({source}), and the token has no `tenantId` claim that could be compared \
                 with it: it is no JWT, or one of another kind. The token was not handed out.\n\nRemove \
                 `expected_tenant_id` if this service hands out such tokens; nothing else can tell the tenant.",
                shown(expected),
            ),
        ),
    };
    let attribute = match source {
        Source::Block(attribute) => AttributePath::new(*attribute),
        _ => AttributePath::root(),
    };
    Err(Diagnostic { summary: summary.into(), detail: detail.into(), attribute })
}

/// A look-up is nice to have: nobody waits long for it.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(5);
const LONGEST_TEXT: usize = 200;

/// The issuer to ask: that of the settings, else that of the `id_token`, else the token endpoint's host.
///
/// Never the `iss` of the access token: at CXone that is another host. An `id_token` cannot send us to this
/// machine unless its token endpoint is there.
fn issuer_to_ask(whereabouts: &Whereabouts, claims: &Claims) -> Option<Issuer> {
    let stated = claims.id_token.as_ref().and_then(|jwt| Issuer::try_parse(jwt.text("iss")?).ok());
    let is_here = whereabouts.host.as_ref().is_some_and(Issuer::is_loopback);
    let stated = stated.filter(|stated| is_here || !stated.is_loopback());
    whereabouts.issuer.clone().or(stated).or_else(|| whereabouts.host.clone())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::settings::address::Address;
    use oauth::discovery::Discovery;

    fn jwt(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "none"})), part(claims))
    }

    fn claims(access_token: Option<Value>, id_token: Option<Value>) -> Claims {
        let access_token = access_token.map_or_else(|| "opaque".to_owned(), |claims| jwt(&claims));
        Claims::of(&Token {
            access_token: Secret::new(access_token),
            token_type: "Bearer".into(),
            issued_at: std::time::SystemTime::UNIX_EPOCH,
            clock_skew_seconds: None,
            expires_at: None,
            scope: None,
            id_token: id_token.map(|claims| Secret::new(jwt(&claims))),
        })
    }

    #[test]
    fn the_access_token_speaks_first_and_the_id_token_for_what_it_leaves_out() {
        let access = json!({"tenantId": "t-1", "iss": "https://auth.na1.example", "icClusterId": 32});
        let id = json!({"tenantId": "t-2", "iss": "https://cxone.example", "area": "uk1", "icClusterId": "C9"});
        let some = |text: &str| Some(text.to_owned());
        let expected = Tenant {
            id: some("t-1"),
            issuer: some("https://auth.na1.example"),
            area: some("uk1"),
            cluster: some("32"),
            api_base_url: None,
        };
        assert_eq!(claims(Some(access), Some(id.clone())).tenant(), expected);
        assert_eq!(claims(None, Some(id)).tenant().id, some("t-2"));
        assert_eq!(claims(None, None).tenant(), Tenant::default());
        let odd = json!({"tenantId": ["t"], "iss": 7, "area": true, "icClusterId": "a\nb"});
        assert_eq!(claims(Some(odd), None).tenant(), Tenant::default());
    }

    #[test]
    fn documents_are_never_looked_for_at_the_access_tokens_issuer() {
        let address = |text: &str| Sourced {
            value: Address::Endpoint(Endpoint::try_parse(text).unwrap()),
            source: Source::Default,
        };
        let issuer = |text: &str| Sourced {
            value: Address::Issuer(Box::new(Discovery::new(Issuer::try_parse(text).unwrap()))),
            source: Source::Default,
        };
        let set = Whereabouts::new(Some(&issuer("https://cxone-gov.example")));
        let host = Whereabouts::new(Some(&address("https://api.example/oauth/token")));
        let here = Whereabouts::new(Some(&address("http://127.0.0.1:9/oauth/token")));
        let access = || Some(json!({"iss": "https://auth.example"}));
        let id = |iss: &str| Some(json!({ "iss": iss }));
        let cases = [
            ("of the settings", &set, id("https://cxone.example"), Some("https://cxone-gov.example")),
            ("of the id_token", &host, id("https://cxone.example"), Some("https://cxone.example")),
            ("of the token endpoint", &host, None, Some("https://api.example")),
            ("no address", &host, id("cxone"), Some("https://api.example")),
            ("plain http", &host, id("http://cxone.example"), Some("https://api.example")),
            ("this machine", &host, id("http://127.0.0.1:1"), Some("https://api.example")),
            ("this machine, from here", &here, id("http://127.0.0.1:1"), Some("http://127.0.0.1:1")),
            ("handed over", &Whereabouts::default(), None, None),
        ];
        for (name, whereabouts, id_token, expected) in cases {
            let found = issuer_to_ask(whereabouts, &claims(access(), id_token)).map(|issuer| issuer.redacted());
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_published_address_is_taken_when_tokens_may_be_sent_there() {
        let cases = [
            ("https://cxone.example", json!("https://api-na1.example/"), Some("https://api-na1.example")),
            ("https://cxone.example", json!("https://api-na1.example/x"), Some("https://api-na1.example/x")),
            ("https://cxone.example", json!("http://api-na1.example"), None),
            ("https://cxone.example", json!("http://127.0.0.1:1"), None),
            ("http://127.0.0.1:9", json!("http://127.0.0.1:1"), Some("http://127.0.0.1:1")),
            ("https://cxone.example", json!("https://user:x@api.example"), None),
            ("https://cxone.example", json!(7), None),
            ("https://cxone.example", json!(null), None),
        ];
        for (issuer, endpoint, expected) in cases {
            let document = json!({"tenantId": "T-1", "area": "na1", "cluster": 7, "api_endpoint": endpoint});
            let entry = Entry::read(&Issuer::try_parse(issuer).unwrap(), "t-1", document.as_object().unwrap()).unwrap();
            assert_eq!(entry.api_base_url.as_deref(), expected, "{document}");
            assert_eq!((entry.area.as_deref(), entry.cluster.as_deref()), (Some("na1"), Some("7")));
        }
        let foreign = json!({"tenantId": "t-2", "api_endpoint": "https://api.example"});
        let issuer = Issuer::try_parse("https://cxone.example").unwrap();
        assert_eq!(Entry::read(&issuer, "t-1", foreign.as_object().unwrap()), None);
    }

    #[test]
    fn another_tenant_is_refused_and_so_is_an_unknown_one() {
        let expected = |text: &str| Sourced { value: text.to_owned(), source: Source::Block("expected_tenant_id") };
        let known = claims(Some(json!({"tenantId": "11E7-AB"})), None);
        assert!(expect(&expected("11e7-ab"), &known).is_ok());
        let other = expect(&expected("22e7"), &known).unwrap_err();
        assert!(other.summary.contains("another tenant"));
        assert!(other.detail.contains("11E7-AB") && other.detail.contains("22e7"), "{}", other.detail);
        let unknown = expect(&expected("22e7"), &claims(None, None)).unwrap_err();
        assert!(unknown.summary.contains("does not tell"));
        assert_eq!(unknown.attribute, AttributePath::new("expected_tenant_id"));
    }
}
