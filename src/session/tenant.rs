//! The tenant of a token: its claims, and the configuration that CXone publishes for it.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::Mutex as AsyncMutex;

use crate::settings::address::Whereabouts;
use crate::settings::claims::ExpectedClaims;
use crate::settings::source::{Origin, Sourced};
use crate::text::shown;
use oauth::{Endpoint, Error, ErrorKind, Issuer, LookUp, Secret, Token, TokenClient, TokenRequest, jwt};
use plugin::{AttributePath, Diagnostic};

/// The tenant and the role of a token. A field is `None` if unknown.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's identifier.
    pub id: Option<String>,
    /// The `iss` claim. In CXone's access tokens it can be another host than the issuer with the discovery documents.
    pub issuer: Option<String>,
    /// The area, such as `na1`.
    pub area: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The role that decides the permissions of the token.
    pub role_id: Option<String>,
    /// Further roles.
    pub secondary_role_ids: Option<BTreeSet<String>>,
    /// The base address of the tenant's APIs, without a final slash.
    pub api_base_url: Option<String>,
}

/// The claims of a token. Their signatures are not verified.
pub struct Claims {
    /// Claims of the access token; `None` if it is not a JWT.
    pub access_token: Option<jwt::Jwt>,
    id_token: Option<jwt::Jwt>,
}

impl Claims {
    /// Decodes the access token and the `id_token` of `token`.
    pub fn of(token: &Token) -> Self {
        let decoded = |text: &Secret| jwt::decode(text.expose()).ok();
        Self { access_token: decoded(&token.access_token), id_token: token.id_token.as_ref().and_then(decoded) }
    }

    /// The claims without the secrets of `request`, which a server can repeat in its token.
    pub fn cleaned(self, request: &TokenRequest) -> Self {
        let clean = |jwt: jwt::Jwt| jwt::Jwt { claims: request.clean_claims(jwt.claims), ..jwt };
        Self { access_token: self.access_token.map(clean), id_token: self.id_token.map(clean) }
    }

    /// The tenant as the claims name it. The access token takes precedence over the `id_token`.
    pub fn tenant(&self) -> Tenant {
        let claim = |name| self.both().find_map(|jwt| text(&jwt.claims, name));
        Tenant {
            id: claim("tenantId"),
            // `iss` is always text (RFC 7519 section 4.1.1), while the other claims may be numbers.
            issuer: self.both().find_map(|jwt| jwt.text("iss")).filter(|iss| !iss.is_empty()).map(str::to_owned),
            area: claim("area"),
            cluster: claim("icClusterId"),
            role_id: self.both().find_map(|jwt| text(role(jwt)?, "id")),
            secondary_role_ids: self.both().find_map(|jwt| role_ids(role(jwt)?.get("secondaryRoles")?)),
            api_base_url: None,
        }
    }

    fn both(&self) -> impl Iterator<Item = &jwt::Jwt> {
        self.access_token.iter().chain(&self.id_token)
    }
}

/// The published tenant configurations. Each is fetched once.
#[derive(Default)]
pub struct Directory {
    entries: Mutex<HashMap<(Issuer, String), Arc<Slot>>>,
}

/// One tenant's place in the directory. A response is kept for good. A passing failure is shared by the callers that
/// were waiting for it, so that they do not time out one after another, and is then forgotten.
#[derive(Default)]
struct Slot {
    answer: AsyncMutex<Option<Option<Published>>>,
    failures: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Published {
    area: Option<String>,
    cluster: Option<String>,
    api_base_url: Option<String>,
}

impl Directory {
    /// The tenant of `claims`, with at most one look-up. Takes no longer than `limit` and never fails.
    pub async fn tenant(
        &self,
        client: &TokenClient,
        whereabouts: &Whereabouts,
        claims: &Claims,
        limit: Duration,
    ) -> Tenant {
        let told = claims.tenant();
        // Without a tenant or an issuer, there is nothing to look up.
        let (Some(id), Some(issuer)) = (&told.id, issuer_to_ask(whereabouts, claims)) else { return told };
        let Some(entry) = self.entry(client, whereabouts, &issuer, id, limit.min(LONGEST_LOOK_UP)).await else {
            return told;
        };
        Tenant {
            // The token's own claims take precedence over the published configuration.
            area: told.area.or(entry.area),
            cluster: told.cluster.or(entry.cluster),
            api_base_url: entry.api_base_url,
            ..told
        }
    }

    async fn entry(
        &self,
        client: &TokenClient,
        whereabouts: &Whereabouts,
        issuer: &Issuer,
        id: &str,
        limit: Duration,
    ) -> Option<Published> {
        let slot = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(entries.entry((issuer.clone(), id.to_owned())).or_default())
        };
        // Read before the wait for the lock: a different number afterwards means that the look-up failed meanwhile.
        let failures = slot.failures.load(Ordering::Acquire);
        // Concurrent callers wait here, and share the result of the first one.
        let mut answer = slot.answer.lock().await;
        if let Some(known) = &*answer {
            return known.clone();
        }
        // The look-up failed while this caller waited. Another attempt would fail as well, and would double the wait.
        if slot.failures.load(Ordering::Acquire) != failures {
            return None;
        }
        // The client certificate is for the configured host, not for any host that a token names.
        let shows_identity = settled(whereabouts).is_some_and(|own| own.host().eq_ignore_ascii_case(issuer.host()));
        let look_up = LookUp { limit, shows_identity };
        let published = match client.document_within(&issuer.cxone_configuration(id), look_up).await {
            Ok(document) => Published::read(whereabouts, issuer, id, &document),
            Err(error) => {
                // Only logged: a missing API address is no error.
                tracing::debug!(issuer = issuer.redacted(), cause = %error, "no description of the tenant");
                if is_passing(&error) {
                    slot.failures.fetch_add(1, Ordering::Release);
                    return None;
                }
                None
            }
        };
        answer.insert(published).clone()
    }
}

/// Whether the same look-up may succeed a moment later.
fn is_passing(error: &Error) -> bool {
    let status = match error.kind() {
        ErrorKind::OAuth { status, .. } | ErrorKind::Status { status, .. } => *status,
        ErrorKind::Interrupted => return true,
        _ => 0,
    };
    error.is_retryable() || status >= 500
}

impl Published {
    /// `None` if the document describes another tenant.
    fn read(whereabouts: &Whereabouts, issuer: &Issuer, id: &str, document: &Map<String, Value>) -> Option<Self> {
        // A document about another tenant would send tokens to that tenant's APIs.
        if text(document, "tenantId").is_some_and(|stated| !stated.eq_ignore_ascii_case(id)) {
            return None;
        }
        Some(Self {
            area: text(document, "area"),
            cluster: text(document, "cluster"),
            api_base_url: text(document, "api_endpoint").and_then(|text| api_base_url(whereabouts, issuer, &text)),
        })
    }
}

/// An API address that may receive tokens: it must belong to whoever runs the issuer or the token endpoint. Returns the
/// parsed address, because another program may parse the original text differently.
fn api_base_url(whereabouts: &Whereabouts, issuer: &Issuer, text: &str) -> Option<String> {
    let address = Endpoint::try_parse(text).ok()?;
    let known = [Some(issuer), settled(whereabouts)].into_iter().flatten().any(|own| own.may_lead_to(&address));
    // A base address with a query could not be extended by a path.
    (known && address.url().query().is_none()).then(|| address.redacted().trim_end_matches('/').to_owned())
}

/// The configured issuer, or the host of the configured token endpoint.
fn settled(whereabouts: &Whereabouts) -> Option<&Issuer> {
    whereabouts.issuer.as_ref().or(whereabouts.host.as_ref())
}

/// The claim `role` of CXone's access tokens.
fn role(jwt: &jwt::Jwt) -> Option<&Map<String, Value>> {
    jwt.claims.get("role")?.as_object()
}

/// Role identifiers, each a text or an object with an `id`; `None` if any is neither.
fn role_ids(roles: &Value) -> Option<BTreeSet<String>> {
    let id = |role: &Value| match role {
        Value::Object(role) => text(role, "id"),
        role => text(&Map::from_iter([("id".to_owned(), role.clone())]), "id"),
    };
    roles.as_array()?.iter().map(id).collect()
}

/// Text, or a number as text, if its length is plausible for an identifier.
fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match members.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    // Control characters could deceive a terminal that shows the value.
    let fits = !text.is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// Compares the tenant of `claims` with the expected one.
///
/// # Errors
///
/// The token belongs to another tenant, or does not name its tenant.
pub fn expect(expected: &Sourced<String>, claims: &Claims) -> Result<(), Diagnostic> {
    let Sourced { value: expected, source } = expected;
    let (summary, detail) = match claims.tenant().id {
        // Tenant ids are UUIDs, whose hexadecimal digits have no case.
        Some(id) if id.eq_ignore_ascii_case(expected) => return Ok(()),
        Some(id) => (
            "The token belongs to another tenant",
            format!(
                "The token's claims name the tenant {}, but `expected_tenant_id` is {} ({source}). The token was \
                 discarded.\n\nUse the credentials of the expected tenant (check which environment variables this \
                 run has), or correct `expected_tenant_id`.",
                shown(&id),
                shown(expected),
            ),
        ),
        None => (
            "The token does not name its tenant",
            format!(
                "`expected_tenant_id` is {} ({source}), but the token has no readable `tenantId` claim. The token \
                 was discarded.\n\nRemove `expected_tenant_id` if this service issues such tokens: their tenant \
                 cannot be verified.",
                shown(expected),
            ),
        ),
    };
    let attribute = match source.origin {
        Origin::Block(attribute) => AttributePath::new(attribute),
        _ => AttributePath::root(),
    };
    Err(Diagnostic { summary: summary.into(), detail: detail.into(), attribute })
}

/// Compares the claims of the access token with the expected ones.
///
/// # Errors
///
/// A claim differs, or the token is not a readable JWT.
pub fn expect_claims(expected: &Sourced<ExpectedClaims>, claims: &Claims) -> Result<(), Diagnostic> {
    let Sourced { value: expected, source } = expected;
    let (summary, detail) = match &claims.access_token {
        Some(jwt) => {
            let changed = expected.changed(&jwt.claims);
            if changed.is_empty() {
                return Ok(());
            }
            (
                "The token does not have the expected claims",
                format!(
                    "`expected_claims` ({source}) and the token differ:\n{}\n\nThe token was discarded. Either \
                     somebody changed this in CXone, such as the role of the access key's employee; or the \
                     credentials belong to somebody else; or `expected_claims` is out of date.",
                    expected.lines(&changed)
                ),
            )
        }
        None => (
            "The token's claims cannot be read",
            format!(
                "`expected_claims` ({source}) cannot be checked: the token is not a readable JWT. The token was \
                 discarded.\n\nRemove `expected_claims` if this service issues opaque tokens.",
            ),
        ),
    };
    let attribute = match source.origin {
        Origin::Block(attribute) => AttributePath::new(attribute),
        _ => AttributePath::root(),
    };
    Err(Diagnostic { summary: summary.into(), detail: detail.into(), attribute })
}

// The API address is optional, so a slow look-up must not hold up a run.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(5);
// Limits what an untrusted response can put into state. Real identifiers and addresses are a quarter as long.
const LONGEST_TEXT: usize = 200;

/// The issuer for the look-up: the configured one, else that of the `id_token`, else the token endpoint's host.
///
/// Never the `iss` of the access token: at CXone that is another host. Nobody verified the signature of the `id_token`,
/// so its `iss` counts only for hosts of the token endpoint's owner and of NICE.
fn issuer_to_ask(whereabouts: &Whereabouts, claims: &Claims) -> Option<Issuer> {
    let stated = claims.id_token.as_ref().and_then(|jwt| Issuer::try_parse(jwt.text("iss")?).ok());
    let stated = stated.filter(|stated| match settled(whereabouts) {
        Some(own) => own.may_lead_to_issuer(stated),
        None => stated.is_nices(),
    });
    whereabouts.issuer.clone().or(stated).or_else(|| whereabouts.host.clone())
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::settings::address::{Address, DEFAULT_ISSUER};
    use crate::settings::source::Source;
    use oauth::Discovery;
    use testkit::exchange::client;
    use testkit::scripted_server::{Reply, ScriptedServer, answer};

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
            scope: oauth::StatedScopes::Absent,
            claimed_scopes: oauth::StatedScopes::Absent,
            id_token: id_token.map(|claims| Secret::new(jwt(&claims))),
        })
    }

    #[test]
    fn the_access_token_speaks_first_and_the_id_token_for_what_it_leaves_out() {
        let access = json!({
            "tenantId": "t-1", "iss": "https://auth.na1.example", "icClusterId": 32,
            "role": {"id": "r-1", "secondaryRoles": ["r-3", {"id": "r-2"}]},
        });
        let id = json!({"tenantId": "t-2", "iss": "https://cxone.example", "area": "uk1", "icClusterId": "C9"});
        let some = |text: &str| Some(text.to_owned());
        let expected = Tenant {
            id: some("t-1"),
            issuer: some("https://auth.na1.example"),
            area: some("uk1"),
            cluster: some("32"),
            role_id: some("r-1"),
            secondary_role_ids: Some(["r-2", "r-3"].map(str::to_owned).into()),
            api_base_url: None,
        };
        assert_eq!(claims(Some(access), Some(id.clone())).tenant(), expected);
        assert_eq!(claims(None, Some(id)).tenant().id, some("t-2"));
        assert_eq!(claims(None, None).tenant(), Tenant::default());
        let odd = json!({"tenantId": ["t"], "iss": 7, "area": true, "icClusterId": "a\nb", "role": {"id": {}, "secondaryRoles": [[]]}});
        assert_eq!(claims(Some(odd), None).tenant(), Tenant::default());
    }

    #[test]
    fn documents_are_never_looked_for_at_the_access_tokens_issuer() {
        let address = |text: &str| Sourced {
            value: Address::Endpoint(Endpoint::try_parse(text).unwrap()),
            source: Source::DEFAULT,
        };
        let issuer = |text: &str| Sourced {
            value: Address::Issuer(Box::new(Discovery::new(Issuer::try_parse(text).unwrap()))),
            source: Source::DEFAULT,
        };
        let set = Whereabouts::new(Some(&issuer("https://cxone-gov.example")));
        let host = Whereabouts::new(Some(&address("https://api.example/oauth/token")));
        let here = Whereabouts::new(Some(&address("http://127.0.0.1:9/oauth/token")));
        let access = || Some(json!({"iss": "https://auth.example"}));
        let id = |iss: &str| Some(json!({ "iss": iss }));
        let cases = [
            ("of the settings", &set, id("https://cxone.example"), Some("https://cxone-gov.example")),
            ("of the id_token", &host, id("https://cxone.niceincontact.com"), Some("https://cxone.niceincontact.com")),
            ("of the id_token, a sibling", &host, id("https://sso.api.example"), Some("https://sso.api.example")),
            ("of a stranger", &host, id("https://cxone.example"), Some("https://api.example")),
            (
                "of a stranger by a NICE name",
                &host,
                id("https://niceincontact.com.x.test"),
                Some("https://api.example"),
            ),
            ("a private address", &host, id("https://10.0.0.1"), Some("https://api.example")),
            ("of NICE, handed over", &Whereabouts::default(), id(DEFAULT_ISSUER), Some(DEFAULT_ISSUER)),
            ("of a stranger, handed over", &Whereabouts::default(), id("https://cxone.example"), None),
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
            ("https://cxone.example.com", json!("https://api-na1.example.com/"), Some("https://api-na1.example.com")),
            (
                "https://cxone.example.com",
                json!("https://API-na1.example.com:443/x"),
                Some("https://api-na1.example.com/x"),
            ),
            (
                "https://cxone.example.com",
                json!("https://api-na1.niceincontact.com"),
                Some("https://api-na1.niceincontact.com"),
            ),
            ("https://cxone.example.com", json!("https://gateway.test/a"), Some("https://gateway.test/a")),
            ("https://cxone.example.com", json!("https://evil.example"), None),
            (
                "https://cxone.example.com",
                json!("https://api.example.com\\@evil.example/"),
                Some("https://api.example.com/@evil.example"),
            ),
            ("https://cxone.example.com", json!("https://evil.example\\@api.example.com/"), None),
            ("https://cxone.example.com", json!("https://evil.example\\.api.example.com/"), None),
            ("https://cxone.example.com", json!("https:///evil.example/"), None),
            ("https://cxone.example.com", json!("https://10.0.0.1"), None),
            ("https://cxone.example.com", json!("https://169.254.169.254/latest"), None),
            ("https://cxone.example.com", json!("https://0x7f.1"), None),
            ("https://cxone.example.com", json!("http://api-na1.example.com"), None),
            ("https://cxone.example.com", json!("http://127.0.0.1:1"), None),
            ("http://127.0.0.1:9", json!("http://127.0.0.1:1"), Some("http://127.0.0.1:1")),
            ("http://127.0.0.1:9", json!("https://evil.example"), None),
            ("https://cxone.example.com", json!("https://user:x@api.example.com"), None),
            ("https://cxone.example.com", json!("https://api.example.com?x=1"), None),
            ("https://cxone.example.com", json!(7), None),
            ("https://cxone.example.com", json!(null), None),
        ];
        let gateway = Whereabouts { issuer: None, host: Some(Issuer::try_parse("https://gateway.test").unwrap()) };
        for (issuer, endpoint, expected) in cases {
            let document = json!({"tenantId": "T-1", "area": "na1", "cluster": 7, "api_endpoint": endpoint});
            let issuer = Issuer::try_parse(issuer).unwrap();
            let entry = Published::read(&gateway, &issuer, "t-1", document.as_object().unwrap()).unwrap();
            assert_eq!(entry.api_base_url.as_deref(), expected, "{document}");
            assert_eq!((entry.area.as_deref(), entry.cluster.as_deref()), (Some("na1"), Some("7")));
        }
        let foreign = json!({"tenantId": "t-2", "api_endpoint": "https://cxone.example.com"});
        let issuer = Issuer::try_parse("https://cxone.example.com").unwrap();
        assert_eq!(Published::read(&gateway, &issuer, "t-1", foreign.as_object().unwrap()), None);
    }

    /// Makes `times` look-ups. Returns their results, and the number of requests.
    async fn looked_up(answers: Vec<Reply>, times: usize) -> (Vec<Option<String>>, usize) {
        let server = ScriptedServer::start(answers).await;
        let address = Sourced {
            value: Address::Endpoint(Endpoint::try_parse(&server.url("/token")).unwrap()),
            source: Source::DEFAULT,
        };
        let (whereabouts, directory) = (Whereabouts::new(Some(&address)), Directory::default());
        let (client, claims) = (client(0), claims(Some(json!({"tenantId": "t-1"})), None));
        let mut found = Vec::new();
        for _ in 0..times {
            let tenant = directory.tenant(&client, &whereabouts, &claims, LONGEST_LOOK_UP).await;
            found.push(tenant.api_base_url);
        }
        (found, server.requests().len())
    }

    #[tokio::test]
    async fn a_passing_failure_is_forgotten_and_an_answer_is_kept() {
        let good = || answer("200 OK", &[], r#"{"tenantId":"t-1","api_endpoint":"http://127.0.0.1:1/a/"}"#);
        let found = || Some("http://127.0.0.1:1/a".to_owned());
        for passing in [Reply::CloseAtOnce, answer("503 Busy", &[], ""), answer("500 Oops", &[], ""), Reply::close()] {
            let (tenants, _) = looked_up(vec![passing.clone(), good()], 3).await;
            assert_eq!(tenants, [None, found(), found()], "{passing:?}");
        }
        for lasting in [answer("404 Not Found", &[], ""), answer("200 OK", &[], "<html>")] {
            let (tenants, requests) = looked_up(vec![lasting.clone(), good()], 3).await;
            assert_eq!((tenants, requests), (vec![None, None, None], 1), "{lasting:?}");
        }
    }

    #[test]
    fn another_tenant_is_refused_and_so_is_an_unknown_one() {
        let expected = |text: &str| Sourced { value: text.to_owned(), source: Source::block("expected_tenant_id") };
        let known = claims(Some(json!({"tenantId": "11E7-AB"})), None);
        assert!(expect(&expected("11e7-ab"), &known).is_ok());
        let other = expect(&expected("22e7"), &known).unwrap_err();
        assert!(other.summary.contains("another tenant"));
        assert!(other.detail.contains("11E7-AB") && other.detail.contains("22e7"), "{}", other.detail);
        let unknown = expect(&expected("22e7"), &claims(None, None)).unwrap_err();
        assert!(unknown.summary.contains("does not name"));
        assert_eq!(unknown.attribute, AttributePath::new("expected_tenant_id"));
    }

    #[test]
    fn other_claims_are_refused_and_so_is_an_opaque_token() {
        let expected = |entries: &[(&str, &str)]| Sourced {
            value: ExpectedClaims::try_new(entries.iter().map(|(path, value)| (*path, Some(*value)))).unwrap(),
            source: Source::block("expected_claims"),
        };
        let known = claims(Some(json!({"role": {"id": "r-1"}})), None);
        assert!(expect_claims(&expected(&[("role.id", "r-1")]), &known).is_ok());
        let other = expect_claims(&expected(&[("role.id", "r-2"), ("tenantId", "t-1")]), &known).unwrap_err();
        assert!(other.detail.contains("role.id: expected r-2, found: r-1"), "{}", other.detail);
        assert!(other.detail.contains("tenantId: expected t-1, found: not in the token"), "{}", other.detail);
        let opaque = expect_claims(&expected(&[("role.id", "r-1")]), &claims(None, None)).unwrap_err();
        assert!(opaque.summary.contains("cannot be read"));
    }
}
