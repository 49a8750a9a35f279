//! After an answer: every failure of an exchange in words that say what, why and what to try next.
//!
//! One table (the entries) holds what is known about each class of failure; [`explain`] renders one entry with
//! the facts of one exchange, [`render_troubleshooting`] renders them all into the guide.

mod answers;
mod context;
pub mod discovery_failure;
mod entry;
pub mod explain_context;
mod facts;
mod http_status;
mod lines;
mod network;
mod oauth_errors;
mod request;
mod tls;
mod troubleshooting;

use crate::text::Detail;
pub use context::{Authentication, Context, Errand, Site};
use entry::{Blame, Entry, Line, fill};
use facts::Facts;
pub use facts::clock_difference;
pub use troubleshooting::render_troubleshooting;

use crate::settings::inspect::attribute_path;
use crate::settings::source::Source;
use oauth::{Error, ErrorKind};
use plugin::{AttributePath, Diagnostic};

/// The diagnostic for `error`: what was sent and where, which setting came from where, ordered causes, next steps.
///
/// Holds no secret: [`Context`] has none, and the texts in `error` are masked where they arise.
pub fn explain(error: &Error, context: &Context) -> Diagnostic {
    let facts = Facts::new(error, context);
    let entry = classify(error.kind());
    let mut detail = Detail::default();
    detail
        .paragraph(fill(entry.meaning, &facts))
        .pairs("The request:", &request::sent(&facts, entry.request))
        .pairs("The answer:", &request::received(&facts))
        .numbered("Likely causes, most likely first:", &lines(entry.causes, &facts))
        .bullets("What to try:", &lines(entry.steps, &facts));
    if entry.about_host {
        detail.paragraph(request::about_host(&facts));
    }
    detail.paragraph(request::time_spent(&facts));
    Diagnostic {
        summary: fill(entry.summary, &facts).into(),
        detail: detail.finish().into(),
        attribute: blamed(entry.blame, context),
    }
}

/// How the time was spent that `error` took, for diagnostics of other modules; empty when it was one quick request.
pub fn time_spent(error: &Error, context: &Context) -> String {
    request::time_spent(&Facts::new(error, context))
}

/// The stable name of the class that `error` belongs to: the anchor in the troubleshooting guide.
pub fn class(error: &Error) -> &'static str {
    classify(error.kind()).id
}

/// The entry for a kind of failure; a new kind does not compile without one.
fn classify(kind: &ErrorKind) -> &'static Entry {
    match kind {
        ErrorKind::OAuth { status, error, .. } => oauth_errors::entry(*status, error),
        ErrorKind::Status { status, shape, .. } => http_status::entry(*status, shape),
        ErrorKind::Redirect { location, .. } => answers::redirect(location.as_deref()),
        ErrorKind::NotATokenResponse { shape, .. } => answers::not_a_token(shape),
        ErrorKind::AnswerTooLarge { .. } => &answers::TOO_LARGE,
        ErrorKind::Dns => &network::DNS,
        ErrorKind::ConnectionRefused => &network::REFUSED,
        ErrorKind::Unreachable => &network::UNREACHABLE,
        ErrorKind::ConnectionClosed => &network::CLOSED,
        ErrorKind::Timeout { phase, .. } => network::timeout(*phase),
        ErrorKind::Tls(failure) => tls::entry(failure),
        ErrorKind::Proxy(failure) => network::proxy(failure),
        ErrorKind::Http2 => &network::HTTP2,
        ErrorKind::InvalidHttp | ErrorKind::HeadersTooLarge | ErrorKind::Undecodable { .. } => &network::INVALID_HTTP,
        ErrorKind::Setup(_) => &network::SETUP,
        ErrorKind::Interrupted => &network::INTERRUPTED,
    }
}

/// The lines that apply, filled in.
fn lines(lines: &[Line], facts: &Facts<'_>) -> Vec<String> {
    lines.iter().filter(|line| facts.holds(line.when)).map(|line| fill(line.text, facts)).collect()
}

/// The path of the argument to blame, when it was set in the block that the diagnostic is attached to.
fn blamed(blame: Blame, context: &Context) -> AttributePath {
    let source = match blame {
        Blame::Secret => context.client_secret.as_ref().or(context.access_key_secret.as_ref()),
        Blame::AccessKey => context.access_key_secret.as_ref(),
        Blame::TokenUrl => Some(&context.token_url),
        Blame::Scopes => Some(&context.scopes_source),
        Blame::Audience => context.audience.as_ref(),
        Blame::Proxy => context.proxy.as_ref().map(|proxy| &proxy.source),
        Blame::Timeout => Some(&context.request_timeout),
        Blame::CaCert => context.ca_cert.as_ref(),
        Blame::ClientCert => context.client_cert.as_ref(),
        Blame::Grant | Blame::Nothing => None,
    };
    let is_here = |source: &&Source| matches!(source, Source::Resource(_)) == (context.site == Site::Resource);
    source.filter(is_here).map_or_else(AttributePath::root, attribute_path)
}

#[cfg(test)]
mod tests;
