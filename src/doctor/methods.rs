//! The other authentication methods for the same credentials.

use std::time::Duration;

use super::step::{Step, Verdict};
use crate::session::{Overrides, Ready};
use crate::settings::config::Settings;
use crate::settings::credential::{Credential, Exchange};
use oauth::{BodyShape, ClientAuthentication, Clock, Error, ErrorKind};

pub(super) const NAME: &str = "methods";

/// Whether both methods send the same bytes for `exchange`.
fn is_same(one: ClientAuthentication, other: ClientAuthentication, exchange: &Exchange) -> bool {
    // Without reserved characters, raw and percent-encoded pairs are the same bytes (RFC 6749 section 2.3.1).
    one == other || (one.method() == other.method() && !exchange.has_reserved_characters())
}

/// The settings that select a method.
fn settings_for(authentication: ClientAuthentication) -> &'static str {
    match authentication {
        ClientAuthentication::Post => "token_endpoint_auth_method = \"client_secret_post\"",
        ClientAuthentication::BasicRaw => "token_endpoint_auth_method = \"client_secret_basic\"",
        ClientAuthentication::BasicRfc6749 => {
            "token_endpoint_auth_method = \"client_secret_basic\" with basic_auth_encoding = \"rfc6749\""
        }
    }
}

/// The methods that send other bytes than the configured one: at most two.
pub(super) fn others(settings: &Settings) -> Vec<ClientAuthentication> {
    let Credential::Exchange(exchange) = &settings.credential else { return Vec::new() };
    let mut distinct = vec![exchange.authentication.value];
    for method in ALL {
        if !distinct.iter().any(|known| is_same(*known, method, exchange)) {
            distinct.push(method);
        }
    }
    distinct.split_off(1)
}

/// Whether the authentication method can be the cause of `error`: the server rejected the credentials and named no
/// other fault.
pub(super) fn can_be_the_cause(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::OAuth { status: 400 | 401 | 403, error, .. } => CODES.contains(&error.as_str()),
        // An HTML page comes from a gateway or a proxy, not from the token service.
        ErrorKind::Status { status: 400 | 401 | 403, shape, .. } => !matches!(shape, BodyShape::Html(_)),
        _ => false,
    }
}

/// The warning before `count` methods are tried.
pub(super) fn announcement(count: usize) -> String {
    let (more, each) = if count == 1 { ("one more login", "it") } else { ("up to two more logins", "each of them") };
    format!(
        "warning: --try-auth-methods makes {more} with these credentials. If {each} is refused, it counts as a failed \
         login, and failed logins can lock an application."
    )
}

/// Tries `methods` in turn, until one is accepted or a response has another cause than the method.
pub(super) async fn try_all(methods: &[ClientAuthentication], mut settings: Settings, clock: &Clock) -> Step {
    let mut refused = Vec::new();
    for method in methods {
        if let Credential::Exchange(exchange) = &mut settings.credential {
            exchange.authentication.value = *method;
        }
        let ready = Ready::on_command_line(settings, clock.clone());
        match ready.token(Overrides::default(), Duration::ZERO).await {
            Ok(_) => return Step::fine(NAME, format!("accepts them with {}", settings_for(*method))),
            Err(failure) if failure.error.as_ref().is_some_and(can_be_the_cause) => refused.push(settings_for(*method)),
            Err(failure) => {
                return Step {
                    summary: format!("with {}: {}", settings_for(*method), failure.diagnostic.summary),
                    ..Step::found(NAME, Verdict::Warning, &failure.diagnostic)
                };
            }
        }
        // A new session for each method, because the cache keeps a rejection of the credentials.
        settings = ready.into_settings();
    }
    Step {
        name: NAME,
        verdict: Verdict::Problem,
        summary: format!("refused as well with {}", refused.join(" and with ")),
        detail: "The authentication method is not the cause. Check client_id, client_secret and the address."
            .to_owned(),
    }
}

const ALL: [ClientAuthentication; 3] =
    [ClientAuthentication::Post, ClientAuthentication::BasicRaw, ClientAuthentication::BasicRfc6749];

// Servers also send these codes for credentials that they cannot find or read.
const CODES: [&str; 5] = ["invalid_client", "invalid_request", "unauthorized_client", "invalid_grant", "access_denied"];
