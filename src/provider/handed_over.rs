//! A token that was handed over: what its own claims say in place of an exchange.

use std::sync::Arc;
use std::time::SystemTime;

use super::source::Sourced;
use oauth::{Secret, StatedScopes, Token, jwt};
use plugin::{AttributePath, Diagnostic};

/// The token of `access_token`, with what its own claims say where it is a JWT.
///
/// # Errors
///
/// It has expired.
pub fn token(access_token: &Sourced<Secret>, now: SystemTime) -> Result<Arc<Token>, Diagnostic> {
    let claims = jwt::decode(access_token.value.expose()).ok();
    let expires_at = claims.as_ref().and_then(jwt::Jwt::expires_at);
    if expires_at.is_some_and(|end| end <= now) {
        return Err(expired(access_token));
    }
    Ok(Arc::new(Token {
        access_token: access_token.value.clone(),
        token_type: "Bearer".to_owned(),
        issued_at: claims.as_ref().and_then(jwt::Jwt::issued_at).unwrap_or(now),
        clock_skew_seconds: None,
        expires_at,
        scope: StatedScopes::Absent,
        id_token: None,
    }))
}

fn expired(access_token: &Sourced<Secret>) -> Diagnostic {
    Diagnostic {
        summary: "The access token has expired".into(),
        detail: format!(
            "The token comes {} and its `exp` claim lies in the past. Fetch a new one, or configure `client_id` and \
             `client_secret` so that the provider does.",
            access_token.source
        )
        .into(),
        attribute: AttributePath::root(),
    }
}
