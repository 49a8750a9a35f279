//! The other ways in which the same credentials can be sent.

use std::time::Duration;

use super::step::{Step, Verdict};
use crate::session::{Overrides, Ready};
use crate::settings::config::Settings;
use crate::settings::credential::{Credential, Exchange};
use oauth::{AnswerShape, BasicEncoding, ClientAuthentication, Clock, Error, ErrorKind};

/// The step's name.
pub const NAME: &str = "methods";

/// One way to send the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    authentication: ClientAuthentication,
    encoding: BasicEncoding,
}

impl Method {
    fn of(exchange: &Exchange) -> Self {
        Self { authentication: exchange.authentication.value, encoding: exchange.basic_encoding.value }
    }

    /// Whether both make the same request of `exchange`.
    fn is_same(self, other: Self, exchange: &Exchange) -> bool {
        let in_form = ClientAuthentication::ClientSecretPost;
        self.authentication == other.authentication
            && (self.authentication == in_form
                || self.encoding == other.encoding
                || !exchange.has_reserved_characters())
    }

    /// The settings that choose it.
    fn settings(self) -> &'static str {
        match (self.authentication, self.encoding) {
            (ClientAuthentication::ClientSecretPost, _) => "token_endpoint_auth_method = \"client_secret_post\"",
            (ClientAuthentication::ClientSecretBasic, BasicEncoding::Raw) => {
                "token_endpoint_auth_method = \"client_secret_basic\""
            }
            (ClientAuthentication::ClientSecretBasic, BasicEncoding::Rfc6749) => {
                "token_endpoint_auth_method = \"client_secret_basic\" with basic_auth_encoding = \"rfc6749\""
            }
        }
    }
}

/// The methods that make another request than the configured one; at most two.
pub fn others(settings: &Settings) -> Vec<Method> {
    let Credential::Exchange(exchange) = &settings.credential else { return Vec::new() };
    let mut distinct = vec![Method::of(exchange)];
    for method in ALL {
        if !distinct.iter().any(|known| known.is_same(method, exchange)) {
            distinct.push(method);
        }
    }
    distinct.split_off(1)
}

/// Whether the way of sending the credentials can be why `error` came: the server judged them, and named no other
/// fault.
pub fn can_be_the_cause(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::OAuth { status: 400 | 401 | 403, error, .. } => CODES.contains(&error.as_str()),
        ErrorKind::Status { status: 400 | 401 | 403, shape, .. } => !matches!(shape, AnswerShape::Html(_)),
        _ => false,
    }
}

/// What has to be said before `count` methods are tried.
pub fn announcement(count: usize) -> String {
    let (more, each) = if count == 1 { ("one more login", "it") } else { ("up to two more logins", "each of them") };
    format!(
        "warning: --try-auth-methods makes {more} with these credentials. If {each} is refused, it counts as a failed \
         login, and failed logins can lock an application."
    )
}

/// Tries `methods` one after the other, until one is accepted or an answer has nothing to do with it.
pub async fn try_all(methods: &[Method], mut settings: Settings, clock: &Clock) -> Step {
    let mut refused = Vec::new();
    for method in methods {
        if let Credential::Exchange(exchange) = &mut settings.credential {
            exchange.authentication.value = method.authentication;
            exchange.basic_encoding.value = method.encoding;
        }
        let ready = Ready::on_command_line(settings, clock.clone());
        match ready.token(Overrides::default(), Duration::ZERO).await {
            Ok(_) => return Step::fine(NAME, format!("accepts them with {}", method.settings())),
            Err(failure) if failure.error.as_ref().is_some_and(can_be_the_cause) => refused.push(method.settings()),
            Err(failure) => {
                return Step {
                    summary: format!("with {}: {}", method.settings(), failure.diagnostic.summary),
                    ..Step::found(NAME, Verdict::Warning, &failure.diagnostic)
                };
            }
        }
        settings = ready.into_settings();
    }
    Step {
        name: NAME,
        verdict: Verdict::Problem,
        summary: format!("refused as well with {}", refused.join(" and with ")),
        detail: "So the way in which the credentials are sent is not the cause: look at the id and the secret \
                 themselves, and at the address."
            .to_owned(),
    }
}

const ALL: [Method; 3] = [
    Method { authentication: ClientAuthentication::ClientSecretPost, encoding: BasicEncoding::Raw },
    Method { authentication: ClientAuthentication::ClientSecretBasic, encoding: BasicEncoding::Raw },
    Method { authentication: ClientAuthentication::ClientSecretBasic, encoding: BasicEncoding::Rfc6749 },
];

/// Error codes with which servers answer credentials that they do not find or cannot read.
const CODES: [&str; 5] = ["invalid_client", "invalid_request", "unauthorized_client", "invalid_grant", "access_denied"];
