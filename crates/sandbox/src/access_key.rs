//! The regional access key service: a JSON request with an access key, without a client.

use hyper::{Method, StatusCode};
use oauth::Secret;
use serde::Deserialize;

use crate::client::Client;
use crate::exchange::{Approval, Employee, Registered};
use crate::received::Received;
use crate::refusal::Refusal;

/// Decides on a request to the access key service.
///
/// # Errors
/// The rejection: 405 for anything but POST, 400 for a body that is not the expected JSON object, 401 for an unknown
/// access key.
pub(crate) fn exchange(request: &Received, registered: &Registered<'_>) -> Result<Approval, Refusal> {
    if request.method != Method::POST {
        let description = "the access key service accepts POST only";
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description));
    }
    if request.media_type() != "application/json" {
        return Err(Refusal::request("Content-Type must be application/json"));
    }
    let pair: Pair = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::request("the body must be {\"accessKeyId\":\"...\",\"accessKeySecret\":\"...\"}"))?;
    let secret = Secret::new(pair.access_key_secret);
    let Some(key) = registered.access_keys.get(&pair.access_key_id).filter(|key| key.secret == secret) else {
        let description = "the access key is unknown or its secret is wrong";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "invalid_grant", description));
    };
    let client = Client { scope_in_answer: crate::client::ScopeInAnswer::Omit, ..Client::new(SERVICE) };
    let client = Client { scope_claim: false, ..client };
    let scopes = Default::default();
    let employee = Employee { access_key_id: pair.access_key_id, role: key.role.clone() };
    Ok(Approval { client, scopes, employee: Some(employee), audience: None })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pair {
    access_key_id: String,
    access_key_secret: String,
}

// The audience in the tokens of this service.
const SERVICE: &str = "access-key-service";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::AccessKey;
    use crate::received::tests::post;
    use crate::role::Role;

    #[test]
    fn only_the_registered_pair_in_json_is_taken() {
        let key = AccessKey { secret: Secret::new("canary-key"), role: Role::default() };
        let access_keys = BTreeMap::from([("K".to_owned(), key)]);
        let registered = Registered { clients: &BTreeMap::new(), access_keys: &access_keys };
        let json = [("content-type", "application/json")];
        let outcome = |headers: &[(&'static str, &str)], body: &str| {
            let approval = exchange(&post(headers, body), &registered);
            approval
                .map(|approval| approval.employee.map(|employee| employee.access_key_id))
                .map_err(|refusal| refusal.status.as_u16())
        };
        let good = r#"{"accessKeyId":"K","accessKeySecret":"canary-key"}"#;
        assert_eq!(outcome(&json, good), Ok(Some("K".to_owned())));
        assert_eq!(outcome(&[], good), Err(400));
        assert_eq!(outcome(&json, "accessKeyId=K"), Err(400));
        assert_eq!(outcome(&json, r#"{"accessKeyId":"K","accessKeySecret":""}"#), Err(401));
        assert_eq!(outcome(&json, r#"{"accessKeyId":"L","accessKeySecret":"canary-key"}"#), Err(401));
    }
}
