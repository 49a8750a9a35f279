//! The decision about a token request: a pure function of the request and the registered clients.

use std::collections::{BTreeMap, BTreeSet};

use hyper::header::CONTENT_LENGTH;
use hyper::{Method, StatusCode};

use crate::authentication::authenticate;
use crate::client::{AllowedGrant, Client};
use crate::config::AccessKey;
use crate::form::Form;
use crate::received::Received;
use crate::refusal::Refusal;
use crate::role::Role;
use crate::scopes;

/// The registered clients and access keys at the time of the request.
pub(crate) struct Registered<'a> {
    pub(crate) clients: &'a BTreeMap<String, Client>,
    pub(crate) access_keys: &'a BTreeMap<String, AccessKey>,
}

/// An accepted request.
pub(crate) struct Approval {
    pub(crate) client: Client,
    pub(crate) scopes: BTreeSet<String>,
    /// The owner of the access key; `None` if the client acts for itself.
    pub(crate) employee: Option<Employee>,
    /// The requested audience, for the token's `aud`.
    pub(crate) audience: Option<String>,
}

/// The owner of an access key.
pub(crate) struct Employee {
    pub(crate) access_key_id: String,
    pub(crate) role: Role,
}

/// Decides about a request to the token endpoint.
///
/// # Errors
/// The rejection.
pub(crate) fn exchange(request: &Received, registered: &Registered<'_>) -> Result<Approval, Refusal> {
    check_form(request)?;
    let form = Form::try_parse(&request.body)?;
    let client = authenticate(registered.clients, request, &form)?;
    approve(client, &form, registered).map_err(|refusal| refusal.of(&client.id))
}

/// Checks everything before the parameters.
fn check_form(request: &Received) -> Result<(), Refusal> {
    if request.method != Method::POST {
        let description = "the token endpoint accepts POST only";
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description));
    }
    if request.is_json() {
        return Err(Refusal::client(
            "the request body is JSON; this endpoint reads application/x-www-form-urlencoded, so it saw no client \
             credentials",
        ));
    }
    if request.media_type() != "application/x-www-form-urlencoded" {
        return Err(Refusal::request("Content-Type must be application/x-www-form-urlencoded"));
    }
    if !request.headers.contains_key(CONTENT_LENGTH) {
        let description = "the request needs a Content-Length";
        return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, "invalid_request", description));
    }
    if BODY_ONLY.iter().any(|name| request.query_parameter(name).is_some()) {
        return Err(Refusal::request("parameters belong in the body, never in the address"));
    }
    Ok(())
}

fn approve(client: &Client, form: &Form, registered: &Registered<'_>) -> Result<Approval, Refusal> {
    let grant = grant_type(client, form)?;
    let employee = match grant {
        AllowedGrant::ClientCredentials => None,
        AllowedGrant::Password => Some(employee(form, registered.access_keys)?),
    };
    let scopes = scopes::granted(client, form.value("scope"))?;
    let audience = form.value("audience").map(str::to_owned);
    Ok(Approval { client: client.clone(), scopes, employee, audience })
}

fn grant_type(client: &Client, form: &Form) -> Result<AllowedGrant, Refusal> {
    let grant = match form.value("grant_type") {
        None => return Err(Refusal::request("grant_type is missing")),
        Some("client_credentials") => AllowedGrant::ClientCredentials,
        Some("password") => AllowedGrant::Password,
        Some(_) => {
            let description = "supported: client_credentials, password";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", description));
        }
    };
    if client.grants.contains(&grant) {
        return Ok(grant);
    }
    Err(Refusal::new(StatusCode::BAD_REQUEST, "unauthorized_client", "this client may not use this grant type"))
}

/// The owner of the access key in `username` and `password`.
fn employee(form: &Form, access_keys: &BTreeMap<String, AccessKey>) -> Result<Employee, Refusal> {
    let (Some(id), Some(secret)) = (form.value("username"), form.secret("password")) else {
        return Err(Refusal::request("the password grant needs username and password"));
    };
    match access_keys.get(id).filter(|key| key.secret == *secret) {
        Some(key) => Ok(Employee { access_key_id: id.to_owned(), role: key.role.clone() }),
        None => {
            let description = "the access key is unknown or its secret is wrong";
            Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_grant", description))
        }
    }
}

const BODY_ONLY: [&str; 6] = ["grant_type", "client_id", "client_secret", "scope", "username", "password"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::received::tests::post;
    use oauth::Secret;

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
    const LENGTH: (&str, &str) = ("content-length", "1");
    // base64 of "app:canary-secret"
    const BASIC: (&str, &str) = ("authorization", "Basic YXBwOmNhbmFyeS1zZWNyZXQ=");

    fn outcome(request: &Received) -> Result<Approval, (u16, &'static str)> {
        let mut client = Client { secret: Secret::new("canary-secret"), ..Client::new("app") };
        client.scopes.insert("a".to_owned());
        let clients = BTreeMap::from([("app".to_owned(), client)]);
        let key = AccessKey { secret: Secret::new("canary+key===="), role: Role::default() };
        let access_keys = BTreeMap::from([("KEY====".to_owned(), key)]);
        exchange(request, &Registered { clients: &clients, access_keys: &access_keys })
            .map_err(|refusal| (refusal.status.as_u16(), refusal.error))
    }

    #[test]
    fn a_correct_request_is_approved() {
        let body = "grant_type=client_credentials&scope=a&audience=api";
        let approval = outcome(&post(&[FORM, LENGTH, BASIC], body)).ok().unwrap();
        assert_eq!(approval.client.id, "app");
        assert_eq!(approval.scopes, BTreeSet::from(["a".to_owned()]));
        assert_eq!(approval.audience.as_deref(), Some("api"));
        assert!(approval.employee.is_none());
    }

    #[test]
    fn an_access_key_is_compared_after_decoding() {
        let good = "grant_type=password&username=KEY%3D%3D%3D%3D&password=canary%2Bkey%3D%3D%3D%3D";
        let approval = outcome(&post(&[FORM, LENGTH, BASIC], good)).ok().unwrap();
        assert_eq!(approval.employee.map(|employee| employee.access_key_id).as_deref(), Some("KEY===="));
        let plus_lost = "grant_type=password&username=KEY====&password=canary+key====";
        assert_eq!(outcome(&post(&[FORM, LENGTH, BASIC], plus_lost)).err(), Some((400, "invalid_grant")));
        let half = "grant_type=password&username=KEY====";
        assert_eq!(outcome(&post(&[FORM, LENGTH, BASIC], half)).err(), Some((400, "invalid_request")));
    }

    #[test]
    fn what_is_wrong_is_named_by_status_and_error() {
        let good = "grant_type=client_credentials";
        let json = r#"{"grant_type":"client_credentials"}"#;
        for (case, headers, body, expected) in [
            ("json", vec![("content-type", "application/json"), LENGTH, BASIC], json, (401, "invalid_client")),
            ("json labelled as form", vec![FORM, LENGTH, BASIC], json, (401, "invalid_client")),
            ("no type", vec![LENGTH, BASIC], good, (400, "invalid_request")),
            ("text", vec![("content-type", "text/plain"), LENGTH, BASIC], good, (400, "invalid_request")),
            ("chunked", vec![FORM, BASIC], good, (411, "invalid_request")),
            ("no credentials", vec![FORM, LENGTH], good, (401, "invalid_client")),
            ("no grant_type", vec![FORM, LENGTH, BASIC], "scope=a", (400, "invalid_request")),
            ("empty grant_type", vec![FORM, LENGTH, BASIC], "grant_type=", (400, "invalid_request")),
            ("other grant", vec![FORM, LENGTH, BASIC], "grant_type=implicit", (400, "unsupported_grant_type")),
            ("repeated", vec![FORM, LENGTH, BASIC], "grant_type=a&grant_type=a", (400, "invalid_request")),
            (
                "unknown scope",
                vec![FORM, LENGTH, BASIC],
                "grant_type=client_credentials&scope=x",
                (400, "invalid_scope"),
            ),
        ] {
            assert_eq!(outcome(&post(&headers, body)).err(), Some(expected), "{case}");
        }
    }

    #[test]
    fn the_address_carries_no_parameters() {
        let mut request = post(&[FORM, LENGTH, BASIC], "grant_type=client_credentials");
        request.uri = "/oauth/token?scope=a".parse().unwrap();
        assert_eq!(outcome(&request).err(), Some((400, "invalid_request")));
        request.uri = "/oauth/token?realm=x".parse().unwrap();
        assert!(outcome(&request).is_ok());
        request.method = Method::GET;
        assert_eq!(outcome(&request).err(), Some((405, "invalid_request")));
    }

    #[test]
    fn a_grant_the_client_may_not_use_is_refused() {
        let client = Client { grants: BTreeSet::from([AllowedGrant::Password]), ..Client::new("app") };
        let form = Form::try_parse(b"grant_type=client_credentials").ok().unwrap();
        assert_eq!(grant_type(&client, &form).err().map(|refusal| refusal.error), Some("unauthorized_client"));
    }
}
