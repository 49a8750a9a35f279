//! A token request, the HTTP request for it, and its masked form for users.

use std::collections::BTreeMap;

use hyper::Method;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use super::masking::Mask;
use super::{ClientAuthentication, Endpoint, ErrorKind, ScopeSet, Secret};

/// The grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// `client_credentials` (RFC 6749 section 4.4).
    ClientCredentials,
    /// `password` with an access key, the grant that CXone documents for back ends. The key's id and secret are sent as
    /// `username` and `password`, in addition to the client credentials.
    Password {
        /// The id of the access key.
        access_key_id: String,
        /// The secret of the access key.
        access_key_secret: Secret,
    },
    /// CXone's regional service: a JSON body with an access key, without a client.
    AccessKey {
        /// The id of the access key.
        access_key_id: String,
        /// The secret of the access key.
        access_key_secret: Secret,
    },
}

impl Grant {
    /// `client_credentials`, `password` or `access_key`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Password { .. } => "password",
            Self::AccessKey { .. } => "access_key",
        }
    }

    /// The secret of the access key; `None` with `client_credentials`.
    pub(crate) fn access_key_secret(&self) -> Option<&Secret> {
        match self {
            Self::ClientCredentials => None,
            Self::Password { access_key_secret, .. } | Self::AccessKey { access_key_secret, .. } => {
                Some(access_key_secret)
            }
        }
    }
}

/// Everything that determines the token of one exchange. The token cache compares all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The address of the request.
    pub endpoint: Endpoint,
    /// The grant.
    pub grant: Grant,
    /// The client id; unused by [`Grant::AccessKey`].
    pub client_id: String,
    /// The client secret; unused by [`Grant::AccessKey`].
    pub client_secret: Secret,
    /// The place of id and secret; unused by [`Grant::AccessKey`].
    pub authentication: ClientAuthentication,
    /// The requested scopes. If empty, no `scope` is sent: some servers respond to `scope=` without a value with 400 or
    /// 403.
    pub scopes: ScopeSet,
    /// The `audience` parameter, which no RFC defines. Not sent if `None` or empty.
    pub audience: Option<String>,
    /// Further form fields. Empty values are not sent (RFC 6749 section 3.2), and standard fields are rejected.
    pub parameters: BTreeMap<String, Secret>,
}

impl TokenRequest {
    /// The claims of the token that answers this request, with what the server repeated of its secrets masked. Further
    /// form fields stay: servers copy them into tokens on purpose.
    pub fn clean_claims(&self, claims: Map<String, Value>) -> Map<String, Value> {
        let secrets = [Some(&self.client_secret), self.grant.access_key_secret()];
        Mask::hiding(secrets.into_iter().flatten()).clean_claims(claims)
    }

    /// The request in HTTP/1.1 form, built by the code for real requests, with all secrets and the address's query
    /// masked. It has no `Content-Length`, which would reveal the length of the secrets. `None` if the request cannot
    /// be built.
    pub fn masked(&self, user_agent: &str) -> Option<String> {
        let hidden = || Secret::new(MASK);
        let mut request = self.clone();
        request.client_secret = hidden();
        request.parameters.values_mut().for_each(|value| *value = hidden());
        if let Grant::Password { access_key_secret, .. } | Grant::AccessKey { access_key_secret, .. } =
            &mut request.grant
        {
            *access_key_secret = hidden();
        }
        let outgoing = OutgoingRequest::for_token(&request, user_agent).ok()?;
        let url = &outgoing.url;
        // Gateways often expect their key in the query.
        let query = url.query().map(|_| format!("?{MASK}")).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let mut text = format!("{} {}{query} HTTP/1.1\nHost: {host}{port}\n", outgoing.method, url.path());
        // Only `Authorization` is ever marked sensitive.
        for (name, value) in &outgoing.headers {
            let name = title_case(name.as_str());
            let value = if value.is_sensitive() { format!("Basic {MASK}") } else { value.to_str().ok()?.to_owned() };
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push('\n');
        text.push_str(std::str::from_utf8(&outgoing.body).ok()?);
        text.push('\n');
        Some(text)
    }
}

/// One HTTP request as a value. No `Debug`, because it contains credentials.
pub(crate) struct OutgoingRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// All headers except `Host`, `Content-Length` and `Accept-Encoding`, which the HTTP client adds.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
    /// Whether the server may see our client certificate.
    pub(crate) shows_identity: bool,
}

impl OutgoingRequest {
    /// The POST request for a token: a form, or JSON for CXone's regional service, with the client credentials in
    /// exactly one place.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if a setting does not fit into a request. The text names the setting.
    pub(crate) fn for_token(request: &TokenRequest, user_agent: &str) -> Result<Self, ErrorKind> {
        let mut headers = common_headers(user_agent)?;
        let (content_type, body) = match &request.grant {
            // The regional service identifies its caller by the key alone, so there is no `Authorization` header.
            Grant::AccessKey { access_key_id, access_key_secret } => {
                (JSON, access_key_body(access_key_id, access_key_secret))
            }
            // RFC 6749 section 4.4.2. Only two of the eleven servers that were tried accept JSON instead.
            Grant::ClientCredentials | Grant::Password { .. } => {
                let authorization = request.authentication.authorization(&request.client_id, &request.client_secret);
                if let Some(value) = authorization {
                    headers.insert(AUTHORIZATION, sensitive(&value)?);
                }
                (FORM, form_body(request)?)
            }
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Ok(Self { method: Method::POST, url: request.endpoint.url().clone(), headers, body, shows_identity: true })
    }

    /// A GET for a JSON document, without credentials.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the user agent is not a valid header.
    pub(crate) fn for_document(url: &Url, user_agent: &str) -> Result<Self, ErrorKind> {
        Ok(Self {
            method: Method::GET,
            url: url.clone(),
            headers: common_headers(user_agent)?,
            body: Zeroizing::default(),
            shows_identity: true,
        })
    }
}

fn common_headers(user_agent: &str) -> Result<HeaderMap, ErrorKind> {
    let user_agent = HeaderValue::from_str(user_agent)
        .map_err(|_| ErrorKind::Setup("the user agent contains a character that a header must not contain".into()))?;
    Ok(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(JSON)), (USER_AGENT, user_agent)]))
}

fn sensitive(value: &Secret) -> Result<HeaderValue, ErrorKind> {
    let mut value = HeaderValue::from_str(value.expose())
        .map_err(|_| ErrorKind::Setup("the client credentials cannot be put into a header".into()))?;
    // Hidden in debug output, and never in HPACK's table.
    value.set_sensitive(true);
    Ok(value)
}

/// RFC 6749 sections 4.3.2 and 4.4.2. Leaves out empty values (section 3.2).
fn form_body(request: &TokenRequest) -> Result<Zeroizing<Vec<u8>>, ErrorKind> {
    let scope = request.scopes.to_wire();
    let mut fields = vec![("grant_type", request.grant.name())];
    if let Grant::Password { access_key_id, access_key_secret } = &request.grant {
        fields.extend([("username", access_key_id.as_str()), ("password", access_key_secret.expose())]);
    }
    if request.authentication == ClientAuthentication::Post {
        fields.extend([("client_id", request.client_id.as_str()), ("client_secret", request.client_secret.expose())]);
    }
    // In a fixed order, so that equal requests are equal bytes.
    fields.push(("scope", &scope));
    fields.push(("audience", request.audience.as_deref().unwrap_or_default()));
    for (name, value) in &request.parameters {
        check_parameter(name)?;
        fields.push((name, value.expose()));
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    // RFC 6749 section 3.2 forbids empty values, and some servers reject `scope=`.
    form.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
    Ok(Zeroizing::new(form.finish().into_bytes()))
}

fn check_parameter(name: &str) -> Result<(), ErrorKind> {
    if name.is_empty() {
        return Err(ErrorKind::Setup("a further form field has no name".into()));
    }
    // RFC 6749 section 3.2: no field may occur twice.
    if is_standard_field(name) {
        return Err(ErrorKind::Setup(format!(
            "the form field {name} is a standard one and must not be set a second time"
        )));
    }
    Ok(())
}

/// Whether `name` is a standard form field. Further parameters must not repeat one (RFC 6749 section 3.2).
pub fn is_standard_field(name: &str) -> bool {
    STANDARD_FIELDS.contains(&name)
}

fn access_key_body(id: &str, secret: &Secret) -> Zeroizing<Vec<u8>> {
    let body = serde_json::json!({ "accessKeyId": id, "accessKeySecret": secret.expose() });
    Zeroizing::new(body.to_string().into_bytes())
}

/// `user-agent` as `User-Agent`.
fn title_case(name: &str) -> String {
    // The names in a `HeaderMap` are in lower case.
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    parts.collect::<Vec<_>>().join("-")
}

/// The replacement for a secret. Its length is independent of the secret's.
pub const MASK: &str = "********";

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
// The fields that this module writes itself.
const STANDARD_FIELDS: [&str; 7] =
    ["grant_type", "client_id", "client_secret", "username", "password", "scope", "audience"];

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> TokenRequest {
        TokenRequest {
            endpoint: Endpoint::try_parse("https://api.nicecxone.com/oauth/token").unwrap(),
            grant: Grant::ClientCredentials,
            client_id: "abc-123".into(),
            client_secret: Secret::new("canary-client-secret"),
            authentication: ClientAuthentication::BasicRaw,
            scopes: ScopeSet::parse("cxone:api"),
            audience: None,
            parameters: BTreeMap::new(),
        }
    }

    fn access_key() -> (String, Secret) {
        ("KEYID====".into(), Secret::new("canary-key-secret===="))
    }

    fn body(request: &TokenRequest) -> String {
        let built = OutgoingRequest::for_token(request, "agent/1").unwrap();
        String::from_utf8(built.body.to_vec()).unwrap()
    }

    fn header_names(request: &TokenRequest) -> Vec<String> {
        let built = OutgoingRequest::for_token(request, "agent/1").unwrap();
        let mut names: Vec<_> = built.headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn form_bodies_are_exactly_these() {
        let (access_key_id, access_key_secret) = access_key();
        let password = Grant::Password { access_key_id, access_key_secret };
        let post = ClientAuthentication::Post;
        let parameters =
            BTreeMap::from([("tenant".to_owned(), Secret::new("a&b c")), ("empty".to_owned(), Secret::new(""))]);
        let scopes = ScopeSet::parse("b a");
        let cases = [
            ("plain", request(), "grant_type=client_credentials&scope=cxone%3Aapi"),
            ("two scopes", TokenRequest { scopes, ..request() }, "grant_type=client_credentials&scope=a+b"),
            ("no scope", TokenRequest { scopes: ScopeSet::default(), ..request() }, "grant_type=client_credentials"),
            (
                "audience and parameters, empty ones left out",
                TokenRequest { audience: Some("https://a/".into()), parameters, ..request() },
                "grant_type=client_credentials&scope=cxone%3Aapi&audience=https%3A%2F%2Fa%2F&tenant=a%26b+c",
            ),
            (
                "empty audience",
                TokenRequest { audience: Some(String::new()), ..request() },
                "grant_type=client_credentials&scope=cxone%3Aapi",
            ),
            (
                "client_secret_post",
                TokenRequest { authentication: post, ..request() },
                "grant_type=client_credentials&client_id=abc-123&client_secret=canary-client-secret&scope=cxone%3Aapi",
            ),
            (
                "access key as password",
                TokenRequest { grant: password, scopes: ScopeSet::default(), ..request() },
                "grant_type=password&username=KEYID%3D%3D%3D%3D&password=canary-key-secret%3D%3D%3D%3D",
            ),
        ];
        for (name, request, expected) in cases {
            assert_eq!(body(&request), expected, "{name}");
        }
    }

    #[test]
    fn the_secret_stands_in_one_place_alone() {
        assert_eq!(header_names(&request()), ["accept", "authorization", "content-type", "user-agent"]);
        assert!(!body(&request()).contains("canary"));
        let post = TokenRequest { authentication: ClientAuthentication::Post, ..request() };
        assert_eq!(header_names(&post), ["accept", "content-type", "user-agent"]);
    }

    #[test]
    fn the_regional_service_takes_json_and_no_client() {
        let (access_key_id, access_key_secret) = access_key();
        let request = TokenRequest { grant: Grant::AccessKey { access_key_id, access_key_secret }, ..request() };
        assert_eq!(body(&request), r#"{"accessKeyId":"KEYID====","accessKeySecret":"canary-key-secret===="}"#);
        assert_eq!(header_names(&request), ["accept", "content-type", "user-agent"]);
        let built = OutgoingRequest::for_token(&request, "agent/1").unwrap();
        assert_eq!(built.headers[CONTENT_TYPE], "application/json");
    }

    #[test]
    fn standard_fields_cannot_be_overridden() {
        for name in STANDARD_FIELDS.into_iter().chain([""]) {
            let parameters = BTreeMap::from([(name.to_owned(), Secret::new("canary-value"))]);
            let Err(ErrorKind::Setup(text)) =
                OutgoingRequest::for_token(&TokenRequest { parameters, ..request() }, "agent/1").map(|_| ())
            else {
                panic!("{name:?} was accepted");
            };
            assert!(text.contains("form field") && text.contains(name) && !text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn a_user_agent_that_is_no_header_is_refused() {
        let refused = OutgoingRequest::for_token(&request(), "agent\r\nX-Injected: 1").map(|_| ());
        assert!(matches!(refused, Err(ErrorKind::Setup(_))));
    }

    #[test]
    fn the_authorization_header_is_marked_sensitive() {
        let built = OutgoingRequest::for_token(&request(), "agent/1").unwrap();
        assert!(built.headers[AUTHORIZATION].is_sensitive());
        assert!(!format!("{:?}", built.headers).contains("YWJjLTEyMzpj"));
    }

    #[test]
    fn the_real_request_is_shown_with_its_secrets_masked() {
        let (access_key_id, access_key_secret) = access_key();
        let shown = |authentication| {
            let request = TokenRequest {
                endpoint: Endpoint::try_parse("https://a.example:8443/token?code=canary-query").unwrap(),
                grant: Grant::Password {
                    access_key_id: access_key_id.clone(),
                    access_key_secret: access_key_secret.clone(),
                },
                client_id: "abc 123".into(),
                authentication,
                parameters: BTreeMap::from([("tenant".to_owned(), Secret::new("canary-parameter"))]),
                ..request()
            };
            request.masked("agent/1").unwrap()
        };
        insta::assert_snapshot!(shown(ClientAuthentication::Post), @r"
        POST /token?******** HTTP/1.1
        Host: a.example:8443
        Accept: application/json
        User-Agent: agent/1
        Content-Type: application/x-www-form-urlencoded

        grant_type=password&username=KEYID%3D%3D%3D%3D&password=********&client_id=abc+123&client_secret=********&scope=cxone%3Aapi&tenant=********
        ");
        let basic = shown(ClientAuthentication::BasicRaw);
        assert!(basic.contains("\nAuthorization: Basic ********\n"), "{basic}");
        assert!(!basic.contains("canary") && !basic.contains("client_secret"), "{basic}");
    }

    #[test]
    fn debug_shows_no_secret() {
        let (access_key_id, access_key_secret) = access_key();
        let request = TokenRequest {
            grant: Grant::Password { access_key_id, access_key_secret },
            parameters: BTreeMap::from([("tenant".to_owned(), Secret::new("canary-parameter"))]),
            ..request()
        };
        assert!(!format!("{request:?}").contains("canary"));
    }
}
