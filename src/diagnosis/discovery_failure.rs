//! The diagnostics of failed discovery.

use crate::diagnosis;
use crate::diagnosis::Evidence;
use crate::diagnosis::evidence::{origin, place};
use crate::diagnosis::layout;
use crate::diagnosis::layout::Parts;
use crate::settings::source::Source;
use crate::text::{escaped, quoted, shown};
use oauth::{BodyShape, ErrorKind, InvalidMetadata, Issuer};
use plugin::Diagnostic;

/// The diagnostic for a missing document.
pub fn no_document(evidence: &Evidence, issuer: &Issuer) -> Diagnostic {
    let Some((what, fix)) = response(evidence.kind(), issuer, evidence) else {
        // The failure is one that any request can have.
        return diagnosis::explain(evidence);
    };
    let parts = Parts {
        verdict: format!("{what} No credential was sent. {fix}"),
        request: layout::request(evidence),
        response: layout::response(evidence, "", true),
        others: vec![BY_HAND.to_owned()],
        doctor: layout::may_name_doctor(evidence),
        ..Parts::default()
    };
    diagnostic(format!("No token endpoint could be discovered at {}", issuer.host()), &evidence.token_url, parts)
}

/// The response instead of the document, and the fix; `None` for failures without a response.
fn response(kind: &ErrorKind, issuer: &Issuer, evidence: &Evidence) -> Option<(String, String)> {
    let here = place(Some(&evidence.token_url));
    Some(match kind {
        ErrorKind::Status { status: 404 | 410, .. } | ErrorKind::OAuth { status: 404 | 410, .. } => {
            let near = evidence.near_host().map(|host| format!(" Did you mean https://{host}?")).unwrap_or_default();
            (
                format!("{issuer} has no discovery document, so it is probably not an issuer.{near}"),
                format!(
                    "Set issuer in {here} to https://cxone.niceincontact.com (global) or \
                     https://cxone-gov.niceincontact.com (FedRAMP). For a sovereign cloud, ask NICE for its issuer. \
                     The hosts of an area, such as na1.nice-incontact.com, are not issuers."
                ),
            )
        }
        ErrorKind::Status { status, .. } | ErrorKind::OAuth { status, .. } => (
            format!("The discovery document of {issuer} is not available: the response was HTTP {status}."),
            "Run Terraform again. If the failure stays, try the address with curl on this machine.".to_owned(),
        ),
        ErrorKind::Redirect { location, .. } => {
            let location = location.as_deref().map_or("no address".into(), shown);
            (
                format!("The discovery document redirects to {location}, and the provider follows no redirect."),
                format!("If the issuer has moved, set issuer in {here} to its new address."),
            )
        }
        ErrorKind::NotATokenResponse { shape: BodyShape::Html(title), .. } => {
            let title = title.as_deref().map(|title| format!(" titled {}", quoted(title))).unwrap_or_default();
            (
                format!(
                    "The response is a web page{title}, not a discovery document: issuer is the address of a web site, \
                     or a proxy or captive portal answered in its place."
                ),
                format!("Set issuer in {here} to an issuer, such as https://cxone.niceincontact.com."),
            )
        }
        ErrorKind::NotATokenResponse { .. } => (
            "The response is not a JSON object, and a discovery document is.".to_owned(),
            format!(
                "issuer in {here} is probably not an issuer: set it to one, such as https://cxone.niceincontact.com."
            ),
        ),
        ErrorKind::ResponseTooLarge { limit } => (
            format!("The response is larger than {limit} bytes, and a discovery document is not."),
            format!(
                "issuer in {here} is probably not an issuer: set it to one, such as https://cxone.niceincontact.com."
            ),
        ),
        _ => return None,
    })
}

/// The diagnostic for an unusable document.
pub fn invalid(error: &InvalidMetadata, issuer: &Issuer, source: &Source) -> Diagnostic {
    let here = place(Some(source));
    let (what, fix) = match error {
        InvalidMetadata::NoIssuer => (
            "The document names no `issuer`, so its owner is unknown (RFC 8414 section 3.3).".to_owned(),
            format!("The address probably belongs to another kind of service: correct issuer in {here}."),
        ),
        InvalidMetadata::OtherIssuer { stated } => (
            format!(
                "The document says that it belongs to {}, and the request was for {issuer} (RFC 8414 section 3.3).",
                shown(stated)
            ),
            format!(
                "If both are the same service, set issuer in {here} to {}; otherwise another server answered. The `iss` \
                 claim of a CXone access token does not help here: it can name another host than the issuer.",
                shown(stated)
            ),
        ),
        InvalidMetadata::NoTokenEndpoint => (
            "The document names no `token_endpoint`, so this issuer issues no tokens.".to_owned(),
            format!("Set issuer in {here} to the issuer that NICE gave you."),
        ),
        InvalidMetadata::TokenEndpoint(why) => (
            format!("The `token_endpoint` in the document is not usable: {why}."),
            "Ask whoever runs the issuer to correct it.".to_owned(),
        ),
        InvalidMetadata::ForeignTokenEndpoint { endpoint } => (
            format!(
                "The `token_endpoint` in the document is {}, on another domain than the issuer {issuer}. The provider \
                 does not send credentials to another domain because a document says so.",
                shown(endpoint)
            ),
            "If that is where the tokens of your tenant come from, set token_url to it instead of issuer.".to_owned(),
        ),
    };
    let parts = Parts {
        verdict: format!("{what} No credential was sent. {fix}"),
        request: vec![format!("GET {} ({})", escaped(issuer.openid_configuration().url().as_str()), origin(source))],
        others: vec![BY_HAND.to_owned()],
        ..Parts::default()
    };
    diagnostic(format!("The discovery document at {} is not usable", issuer.host()), source, parts)
}

fn diagnostic(summary: String, source: &Source, parts: Parts) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: parts.detail().into(), attribute: source.attribute_path() }
}

// Works without any discovery document.
const BY_HAND: &str = "If you know the token endpoint, set token_url instead of issuer.";
