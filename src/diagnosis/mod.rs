//! The diagnosis of a failure: one diagnostic that names the most probable cause first, according to the evidence.
//!
//! [`Evidence`] contains the facts of one failed exchange. The table of messages and causes contains the knowledge
//! about failures. `rank` orders the causes, and `layout` writes them. [`render_troubleshooting`] writes the whole
//! table into the guide.

mod cause;
mod causes;
pub mod discovery_failure;
mod evidence;
mod layout;
mod message;
mod rank;
mod suspicion;
mod troubleshooting;
mod words;

pub use evidence::{Asked, Authentication, Errand, Evidence, PassedProxy, Site, clock_difference};
pub use troubleshooting::render_troubleshooting;

use crate::settings::source::{Origin, Source};
use cause::{Rank, fill};
use layout::Parts;
use message::{About, Blame};
use oauth::Error;
use plugin::{AttributePath, Diagnostic};

/// The diagnostic for a failed exchange: verdict, request, response, other causes.
///
/// Contains no secret: [`Evidence`] has none, and the servers' texts in it were masked when they were read.
pub fn explain(evidence: &Evidence) -> Diagnostic {
    let message = evidence.message();
    let mut causes = rank::rank(evidence).into_iter();
    let first = causes.next();
    let is_decisive = first.as_ref().is_some_and(|first| first.rank == Rank::Decisive);
    // Causes without evidence are a list of possibilities, and the other ones are as likely as the first.
    let is_evident = first.as_ref().is_some_and(|first| first.rank > Rank::Possible);
    let verdict = first.map(|first| first.verdict).unwrap_or_default();
    let parts = Parts {
        request: layout::request(evidence),
        response: layout::response(evidence, &verdict, !is_evident || message.about == About::Service),
        verdict,
        is_evident,
        certificate: layout::certificate(evidence),
        others: causes.take(MOST_OTHERS).map(|cause| cause.other).collect(),
        // If the cause is certain, another tool would only cost time.
        doctor: layout::may_name_doctor(evidence) && !is_decisive,
    };
    Diagnostic {
        summary: fill(message.summary, evidence).into(),
        detail: parts.detail().into(),
        attribute: blamed(message.blame, evidence),
    }
}

/// The stable name of the class of `error`, which is its anchor in the troubleshooting guide.
pub fn class(error: &Error) -> &'static str {
    message::id_of(error.kind())
}

/// The path of the argument to blame, if the diagnostic's own block sets it.
fn blamed(blame: Blame, evidence: &Evidence) -> AttributePath {
    let source = match blame {
        Blame::Secret => evidence.client_secret.as_ref().or(evidence.access_key_secret.as_ref()),
        Blame::TokenUrl => Some(&evidence.token_url),
        Blame::Scopes => Some(&evidence.scopes_source),
        Blame::Audience => evidence.audience.as_ref(),
        Blame::Proxy => evidence.proxy.as_ref().map(|proxy| &proxy.source),
        Blame::Timeout => Some(&evidence.request_timeout.source),
        Blame::CaCert => evidence.ca_cert.as_ref(),
        Blame::ClientCert => evidence.client_cert.as_ref(),
        Blame::Nothing => None,
    };
    // An attribute path is relative to the block of the diagnostic.
    let is_here = |source: &&Source| matches!(source.origin, Origin::Resource(_)) == (evidence.site == Site::Resource);
    source.filter(is_here).map_or_else(AttributePath::root, Source::attribute_path)
}

// Nobody reads a longer list in an outage.
const MOST_OTHERS: usize = 3;

#[cfg(test)]
mod tests;
