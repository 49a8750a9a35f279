//! CXone's discovery documents.

use hyper::StatusCode;
use serde_json::json;

use crate::answer;
use crate::answer::Answer;
use crate::received::Received;
use crate::sandbox::Sandbox;

/// `/.well-known/openid-configuration`.
pub(crate) fn openid_configuration(sandbox: &Sandbox) -> Answer {
    let issuer = sandbox.issuer();
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth/authorize"),
        "token_endpoint": format!("{issuer}/auth/token"),
        "jwks_uri": format!("{issuer}/auth/jwks"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    answer::json(StatusCode::OK, &body)
}

/// `/.well-known/cxone-configuration?tenantId=`: the address of the tenant's APIs; 404 for any other tenant.
pub(crate) fn cxone_configuration(sandbox: &Sandbox, request: &Received) -> Answer {
    let tenant = sandbox.tenant();
    match request.query_parameter("tenantId") {
        None => error(StatusCode::BAD_REQUEST, "invalid_request", "tenantId is missing"),
        Some(id) if id != tenant.id => error(StatusCode::NOT_FOUND, "not_found", "no such tenant"),
        Some(id) => {
            let base = sandbox.base();
            let body = json!({
                "private": false,
                "tenantId": id,
                "area": tenant.area,
                "cluster": tenant.cluster,
                "domain": "niceincontact.com",
                "acdDomain": "nice-incontact.com",
                "uhDomain": "nice-incontact.com",
                "ui_endpoint": base,
                "auth_endpoint": base,
                "api_endpoint": tenant.api_endpoint.as_ref().unwrap_or(&base),
            });
            answer::json(StatusCode::OK, &body)
        }
    }
}

/// `/auth/jwks`: the public key for the tokens.
pub(crate) fn key_set(sandbox: &Sandbox) -> Answer {
    answer::json(StatusCode::OK, &sandbox.signer().key_set())
}

fn error(status: StatusCode, error: &str, description: &str) -> Answer {
    answer::json(status, &json!({ "error": error, "errorDescription": description }))
}
