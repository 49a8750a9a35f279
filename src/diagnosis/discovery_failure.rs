//! What discovery finds wrong, in words.

use crate::diagnosis;
use crate::diagnosis::Context;
use crate::settings::address::Address;
use crate::settings::source::{Source, Sourced};
use crate::text::shown;
use oauth::{BodyShape, ClientAuthentication, Error, ErrorKind, InvalidMetadata, Issuer, Metadata};
use plugin::Diagnostic;

/// The diagnostic for a document that could not be had.
pub fn no_document(error: &Error, issuer: &Issuer, context: &Context) -> Diagnostic {
    let Some((what, advice)) = answer(error.kind()) else {
        // The way there failed as it may for any request.
        return diagnosis::explain(error, context);
    };
    diagnostic(
        format!("No token endpoint could be discovered at {}", issuer.host()),
        &context.token_url,
        &[
            format!(
                "The issuer {issuer} ({}) was asked for its discovery document, which tells where tokens are asked \
                 for. {what} No credential was sent.",
                origin(&context.token_url)
            ),
            format!("The request: GET {}", error.endpoint),
            advice.to_owned(),
            BY_HAND.to_owned(),
            diagnosis::time_spent(error, context),
        ],
    )
}

/// What came in place of the document, and what to try; `None` for failures on the way there.
fn answer(kind: &ErrorKind) -> Option<(String, &'static str)> {
    Some(match kind {
        ErrorKind::Status { status: status @ (404 | 410), .. }
        | ErrorKind::OAuth { status: status @ (404 | 410), .. } => (
            format!("It answered HTTP {status}: there is no such document."),
            "The address is likely not that of an issuer. CXone's are https://cxone.niceincontact.com (global) and \
             https://cxone-gov.niceincontact.com (FedRAMP); the sovereign clouds have their own. The hosts of an area, \
             such as na1.nice-incontact.com, are none.",
        ),
        ErrorKind::Status { status, .. } | ErrorKind::OAuth { status, .. } => {
            (format!("It answered HTTP {status}."), OTHER_STATUS)
        }
        ErrorKind::Redirect { status, location } => {
            let location = location.as_deref().map_or("nowhere".into(), shown);
            (format!("It answered HTTP {status}, a redirect to {location}, which is not followed."), REDIRECT)
        }
        ErrorKind::NotATokenResponse { shape: BodyShape::Html(title), .. } => {
            let title = title.as_deref().map(|title| format!(" titled {title:?}")).unwrap_or_default();
            (format!("It answered with a web page{title}."), WEB_PAGE)
        }
        ErrorKind::NotATokenResponse { .. } => {
            ("It answered with something that is no JSON object.".to_owned(), NO_JSON)
        }
        ErrorKind::ResponseTooLarge { limit } => (format!("Its answer is larger than {limit} bytes."), NO_JSON),
        _ => return None,
    })
}

/// The diagnostic for a document that will not do.
pub fn invalid(error: &InvalidMetadata, issuer: &Issuer, source: &Source) -> Diagnostic {
    let (what, advice) = match error {
        InvalidMetadata::NoIssuer => (
            "The document names no `issuer`, so it cannot be told whose it is (RFC 8414 section 3.3).".to_owned(),
            "The address is likely that of another kind of service.".to_owned(),
        ),
        InvalidMetadata::OtherIssuer { stated } => (
            format!(
                "The document calls itself that of {}, and {issuer} was asked (RFC 8414 section 3.3).",
                shown(stated)
            ),
            format!(
                "If both are the same service, set `issuer` to {}. Else somebody answers in its place. The `iss` claim \
                 of a CXone access token is no help here: it can name another host than the issuer.",
                shown(stated)
            ),
        ),
        InvalidMetadata::NoTokenEndpoint => (
            "The document names no `token_endpoint`.".to_owned(),
            "This issuer hands out no tokens, or keeps silent about it.".to_owned(),
        ),
        InvalidMetadata::TokenEndpoint(why) => (
            format!("The document's `token_endpoint` cannot be used: {why}."),
            "Tell whoever runs the issuer.".to_owned(),
        ),
        InvalidMetadata::ForeignTokenEndpoint { endpoint } => (
            format!(
                "The document's `token_endpoint` is {}, on another domain than the issuer {issuer}. Credentials are \
                 not sent to another domain because a document says so.",
                shown(endpoint)
            ),
            "If that is where your tenant's tokens come from, set it as `token_url` by hand.".to_owned(),
        ),
    };
    diagnostic(
        format!("The discovery document of {} will not do", issuer.host()),
        source,
        &[
            format!("{what} No credential was sent."),
            format!("The document: {} (`issuer` {})", issuer.openid_configuration(), origin(source)),
            advice,
            BY_HAND.to_owned(),
        ],
    )
}

/// The warning, before anything is sent, that the issuer does not list the way that the client shows itself.
pub fn unlisted_method(
    metadata: &Metadata,
    address: &Sourced<Address>,
    authentication: &Sourced<ClientAuthentication>,
) -> Diagnostic {
    let ours = authentication.value.method();
    let listed = match &metadata.auth_methods {
        None => "does not say what it takes, which means client_secret_basic alone (RFC 8414 section 2)".to_owned(),
        Some(methods) if methods.is_empty() => "lists none".to_owned(),
        Some(methods) => {
            format!("lists {}", methods.iter().map(|method| shown(method).into_owned()).collect::<Vec<_>>().join(", "))
        }
    };
    let other = match authentication.value {
        ClientAuthentication::BasicRaw | ClientAuthentication::BasicRfc6749 => "client_secret_post",
        ClientAuthentication::Post => "client_secret_basic",
    };
    let is_listed = metadata.auth_methods.as_ref().is_none_or(|methods| methods.iter().any(|method| method == other));
    let advice = if is_listed {
        format!("If the credentials are refused, set `token_endpoint_auth_method` to `{other}`.")
    } else {
        "This provider speaks client_secret_basic and client_secret_post only, so the credentials may be refused."
            .to_owned()
    };
    diagnostic(
        format!("{} does not list {ours}", address.value.host()),
        &authentication.source,
        &[
            format!(
                "The credentials are sent as {ours} ({}), and the issuer's discovery document {listed}. Documents are \
                 known to leave out what works, so the request is sent all the same.",
                authentication.source
            ),
            advice,
        ],
    )
}

fn diagnostic(summary: String, source: &Source, paragraphs: &[String]) -> Diagnostic {
    let paragraphs: Vec<_> = paragraphs.iter().map(String::as_str).filter(|paragraph| !paragraph.is_empty()).collect();
    Diagnostic { summary: summary.into(), detail: paragraphs.join("\n\n").into(), attribute: source.attribute_path() }
}

fn origin(source: &Source) -> String {
    match source.is_default() {
        true => "the default of this grant".to_owned(),
        false => source.to_string(),
    }
}

const BY_HAND: &str = "Where the token endpoint is known, `token_url` in place of `issuer` leaves discovery out.";

const OTHER_STATUS: &str = "Run Terraform again; if it stays, try the address with curl on the same machine.";

const REDIRECT: &str = "Credentials would follow the document, so a redirect is not followed. If the issuer has moved, set \
     `issuer` to its new address.";

const WEB_PAGE: &str = "The address is that of a web site or a login page, or a proxy or captive portal answers in \
     CXone's place.";

const NO_JSON: &str = "The address is likely not that of an issuer, or something on the way answers in its place.";
