//! The authentication of the client, in exactly one place of the request (RFC 6749 section 2.3).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::AUTHORIZATION;
use oauth::Secret;

use crate::client::{Authentication, BasicEncoding, Client};
use crate::form;
use crate::form::Form;
use crate::received::Received;
use crate::refusal::Refusal;

/// The client that the request's credentials belong to.
///
/// # Errors
/// 401 `invalid_client` if credentials are missing, malformed, wrong or in another place than registered; 400
/// `invalid_request` if they are in both places. An unknown id and a wrong secret get the same response.
pub(crate) fn authenticate<'a>(
    clients: &'a BTreeMap<String, Client>,
    request: &Received,
    form: &Form,
) -> Result<&'a Client, Refusal> {
    let in_body = form.value("client_secret").is_some();
    match (request.headers.contains_key(AUTHORIZATION), in_body) {
        (true, true) => Err(Refusal::request("client credentials are in the Authorization header and in the body")),
        (true, false) => by_basic(clients, request, form),
        (false, true) => by_post(clients, form),
        (false, false) => Err(Refusal::client("no client credentials: send them as HTTP Basic")),
    }
}

fn by_basic<'a>(clients: &'a BTreeMap<String, Client>, request: &Received, form: &Form) -> Result<&'a Client, Refusal> {
    let pair = request.header(&AUTHORIZATION).and_then(basic_pair);
    let pair =
        pair.ok_or_else(|| Refusal::client("the Authorization header is not HTTP Basic of an id and a secret"))?;
    let (id, secret) = pair.expose().split_once(':').unwrap_or_default();
    let client = match_basic(clients, id, secret)?;
    if client.authentication == Authentication::ClientSecretPost {
        return Err(
            Refusal::client("this client is registered for client_secret_post, not for HTTP Basic").of(&client.id)
        );
    }
    match form.value("client_id") {
        Some(other) if other != client.id => {
            Err(Refusal::request("client_id in the body is not the client of the Authorization header").of(&client.id))
        }
        _ => Ok(client),
    }
}

/// Compares the raw pair with clients of the raw encoding, and the decoded pair with those of RFC 6749.
fn match_basic<'a>(clients: &'a BTreeMap<String, Client>, id: &str, secret: &str) -> Result<&'a Client, Refusal> {
    let raw = clients.get(id).filter(|client| client.basic_encoding == BasicEncoding::Raw);
    if let Some(client) = raw {
        return verified(client, &Secret::new(secret));
    }
    let decoded = form::decode(id.as_bytes()).zip(form::decode(secret.as_bytes()));
    if let Some((id, secret)) = decoded
        && let Some(client) = clients.get(&id).filter(|client| client.basic_encoding == BasicEncoding::Rfc6749)
    {
        return verified(client, &Secret::new(secret));
    }
    Err(Refusal::client(REJECTED))
}

fn by_post<'a>(clients: &'a BTreeMap<String, Client>, form: &Form) -> Result<&'a Client, Refusal> {
    let id = form.value("client_id").ok_or_else(|| Refusal::client("client_secret came without client_id"))?;
    let client = clients.get(id).ok_or_else(|| Refusal::client(REJECTED))?;
    if client.authentication == Authentication::ClientSecretBasic {
        let advice = "this client is registered for client_secret_basic: send its credentials as HTTP Basic";
        return Err(Refusal::client(advice).of(&client.id));
    }
    form.secret("client_secret").map_or_else(|| Err(Refusal::client(REJECTED)), |secret| verified(client, secret))
}

fn verified<'a>(client: &'a Client, secret: &Secret) -> Result<&'a Client, Refusal> {
    if client.has_secret(secret) { Ok(client) } else { Err(Refusal::client(REJECTED).of(&client.id)) }
}

/// The decoded `id:secret` of a Basic header; `None` for any other header.
fn basic_pair(header: &str) -> Option<Secret> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim_ascii()).ok()?).ok()?;
    pair.contains(':').then(|| Secret::new(pair))
}

// One text for both: a careful server does not reveal which ids exist.
const REJECTED: &str = "the client is unknown or its secret is wrong";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::received::tests::post;

    fn clients() -> BTreeMap<String, Client> {
        let client = |id: &str, secret: &str| Client { secret: Secret::new(secret), ..Client::new(id) };
        let raw = client("raw id", "canary+a%2Bb:c~");
        let encoded = Client { basic_encoding: BasicEncoding::Rfc6749, ..client("enc id", "canary+a b:c") };
        let posting = Client { authentication: Authentication::ClientSecretPost, ..client("post", "canary-post") };
        [raw, encoded, posting].into_iter().map(|client| (client.id.clone(), client)).collect()
    }

    /// The id of the client, or status, error and the client that the rejection counts for.
    fn outcome(header: Option<&str>, body: &str) -> Result<String, (u16, &'static str, Option<String>)> {
        let headers: Vec<_> = header.map(|value| ("authorization", value)).into_iter().collect();
        let request = post(&headers, body);
        let form = Form::try_parse(body.as_bytes()).ok().unwrap();
        authenticate(&clients(), &request, &form)
            .map(|client| client.id.clone())
            .map_err(|refusal| (refusal.status.as_u16(), refusal.error, refusal.client_id))
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn basic_is_read_as_the_client_is_registered() {
        assert_eq!(outcome(Some(&basic("raw id:canary+a%2Bb:c~")), ""), Ok("raw id".to_owned()));
        assert_eq!(outcome(Some(&basic("enc%20id:canary%2Ba%20b%3Ac")), ""), Ok("enc id".to_owned()));
        assert_eq!(outcome(Some(&basic("enc+id:canary%2Ba+b:c")), ""), Ok("enc id".to_owned()));
        let rejected = |id: Option<&str>| Err((401, "invalid_client", id.map(str::to_owned)));
        assert_eq!(outcome(Some(&basic("enc id:canary+a b:c")), ""), rejected(Some("enc id")), "plus means space");
        assert_eq!(outcome(Some(&basic("raw%20id:canary+a%2Bb:c~")), ""), rejected(None));
    }

    #[test]
    fn credentials_that_prove_nothing_are_refused() {
        let unknown = Err((401, "invalid_client", None));
        for header in ["Basic", "Basic !!", "Bearer abc", &basic("no-colon"), &basic("nobody:canary"), &basic(":")] {
            assert_eq!(outcome(Some(header), ""), unknown, "{header}");
        }
        assert_eq!(outcome(None, "grant_type=client_credentials"), unknown);
        assert_eq!(outcome(Some(&basic("raw id:canary")), ""), Err((401, "invalid_client", Some("raw id".to_owned()))));
    }

    #[test]
    fn the_place_of_the_credentials_is_enforced() {
        assert_eq!(outcome(None, "client_id=post&client_secret=canary-post"), Ok("post".to_owned()));
        for (header, body, expected) in [
            (Some(basic("post:canary-post")), "", (401, "invalid_client", Some("post"))),
            (None, "client_id=raw+id&client_secret=x", (401, "invalid_client", Some("raw id"))),
            (None, "client_secret=canary-post", (401, "invalid_client", None)),
            (Some(basic("raw id:canary+a%2Bb:c~")), "client_secret=x", (400, "invalid_request", None)),
            (Some(basic("raw id:canary+a%2Bb:c~")), "client_id=post", (400, "invalid_request", Some("raw id"))),
        ] {
            let (status, error, client) = expected;
            assert_eq!(outcome(header.as_deref(), body), Err((status, error, client.map(str::to_owned))), "{body}");
        }
    }
}
