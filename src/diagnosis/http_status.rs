//! Statuses without an OAuth error in the body.

use crate::diagnosis::entry::When::*;
use crate::diagnosis::entry::{Blame, Entry, Request, always, when};
use crate::diagnosis::lines::*;
use crate::diagnosis::{answers, network};
use oauth::{BodyShape, ProxyFailure};

/// The entry for a status other than 2xx and 3xx.
pub(super) fn entry(status: u16, shape: &BodyShape) -> &'static Entry {
    match (status, shape) {
        (400, _) => &BAD_REQUEST,
        (401, _) => &UNAUTHORIZED,
        (403, BodyShape::Html(_)) => &FIREWALL,
        (403, _) => &FORBIDDEN,
        (404 | 410, _) => &NOT_FOUND,
        (405, _) => &METHOD_NOT_ALLOWED,
        (406 | 415, _) => &UNSUPPORTED_MEDIA_TYPE,
        (407, _) => network::proxy(&ProxyFailure::AuthenticationRequired),
        (429, _) => &TOO_MANY_REQUESTS,
        (502..=504, _) => &GATEWAY,
        (511, _) => &answers::CAPTIVE_PORTAL,
        (500.., _) => &SERVER_FAILURE,
        _ => &OTHER_STATUS,
    }
}

/// Every entry of this file, in the guide's order.
pub(super) const ALL: [&Entry; 11] = [
    &UNAUTHORIZED,
    &FORBIDDEN,
    &FIREWALL,
    &BAD_REQUEST,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &UNSUPPORTED_MEDIA_TYPE,
    &TOO_MANY_REQUESTS,
    &SERVER_FAILURE,
    &GATEWAY,
    &OTHER_STATUS,
];

static UNAUTHORIZED: Entry = Entry {
    id: "http-401",
    summary: "CXone refused the credentials (HTTP 401) without saying why",
    meaning: "The answer has no OAuth error in it. Either the token service says no more than this, or something in \
              front of it answered.",
    causes: &[
        WRONG_PAIR,
        when(
            AccessKey,
            "The access key is wrong, was deleted or switched off, or its owner was deactivated. Its secret came \
             {access_key_source}.",
        ),
        when(
            ForeignChallenge,
            "The answer asks for {challenges}, not for Basic: another service than a token endpoint answered.",
        ),
        RAW_ENCODING,
        ENCODED_ENCODING,
        REGISTERED_FOR_POST,
        REGISTERED_FOR_BASIC,
        UNVERIFIED,
        NOT_APPROVED,
        OLD_VARIABLE,
        OLD_FILE,
        CLOCK,
    ],
    steps: &[
        COMPARE,
        always(
            "Check that token_url is the token endpoint and no other address of the service (it came \
             {token_url_source}).",
        ),
        OTHER_ENCODING,
        RAW_AGAIN,
        TRY_POST,
        TRY_BASIC,
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::Secret,
};

static FORBIDDEN: Entry = Entry {
    id: "http-403",
    summary: "CXone refused the token request (HTTP 403) without saying why",
    meaning: "Some servers answer so to wrong credentials, others to a caller who is not allowed at all.",
    causes: &[
        WRONG_PAIR,
        RAW_ENCODING,
        ENCODED_ENCODING,
        when(ClientCredentials, "The server does not offer grant_type={grant}: some answer with an empty 403."),
        when(NoScopes, "The server wants a scope, and none was requested."),
        always("A gateway admits listed addresses only, and this machine's is not among them."),
        CLOCK,
    ],
    steps: &[
        COMPARE,
        always("Ask the tenant's administrator whether an IP allow list is in force."),
        OTHER_ENCODING,
        RAW_AGAIN,
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::Secret,
};

static FIREWALL: Entry = Entry {
    id: "http-403-web-page",
    summary: "Something in front of CXone blocked the token request (HTTP 403 with a web page)",
    meaning: "A token service answers in JSON. This was a web page{title}, as firewalls and content filters send, so \
              the credentials were probably never judged.",
    causes: &[
        when(Proxied, "The proxy {proxy} ({proxy_source}) blocks the address, or inspects the content."),
        when(
            Direct,
            "A company firewall or a content filter blocks the address, or wants traffic to go through a proxy.",
        ),
        always("A firewall in front of the service refuses this machine's address, country or network."),
        always("The address is that of a web site and not of a token endpoint."),
    ],
    steps: &[
        always("Ask your network's administrators to allow https://{host}."),
        when(Direct, "If your network has a proxy, set http_proxy or HTTPS_PROXY."),
        always("Try from another network: if it works there, the block is in this one."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static BAD_REQUEST: Entry = Entry {
    id: "http-400",
    summary: "CXone could not make sense of the token request (HTTP 400)",
    meaning: "The answer has no OAuth error in it, so it does not say what is missing.",
    causes: &[
        always("The address is that of another service, which wants other fields or another format."),
        when(
            ClientCredentials,
            "The regional access-key service takes JSON and no client application: it needs grant_type = \
             \"access_key\".",
        ),
        RAW_ENCODING,
        always("A gateway on the way changed or refused the request."),
    ],
    steps: &[always("Check token_url (it came {token_url_source}) and grant_type against what NICE sent."), DOCTOR],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::TokenUrl,
};

static NOT_FOUND: Entry = Entry {
    id: "http-404",
    summary: "There is no token endpoint at this address (HTTP {status})",
    meaning: "{host} answered, but it knows nothing at {endpoint}. The credentials were not judged.",
    causes: &[
        when(Misspelled, "NICE's domain is misspelled: {meant_host} is the host that is known."),
        always(
            "The path is wrong: a missing part, a slash too many, another version. The address came \
             {token_url_source}.",
        ),
        UNVERIFIED,
        always("The host is that of another area, environment or service than your tenant's."),
        when(Client, "A few servers answer 404 to a client id they do not know."),
    ],
    steps: &[always(
        "Set token_url to the token endpoint that NICE gave you, or issuer to have it discovered, such as issuer = \
         \"https://cxone.niceincontact.com\".",
    )],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static METHOD_NOT_ALLOWED: Entry = Entry {
    id: "http-405",
    summary: "The address takes no POST requests (HTTP 405), so it is no token endpoint",
    meaning: "Token endpoints take POST and nothing else (RFC 6749 section 3.2). The credentials were not judged.",
    causes: &[
        always(
            "The path is that of a web page, an authorization endpoint or a discovery document. The address came \
             {token_url_source}.",
        ),
        when(Proxied, "The proxy {proxy} allows no POST requests."),
    ],
    steps: &[always("Set token_url to the token endpoint; its path usually ends in /token.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static UNSUPPORTED_MEDIA_TYPE: Entry = Entry {
    id: "http-415",
    summary: "The address does not take a form, so it is no OAuth token endpoint (HTTP {status})",
    meaning: "RFC 6749 has token requests sent as a form and answered in JSON. The credentials were not judged.",
    causes: &[
        when(ClientCredentials, "The address is that of CXone's regional access-key service, which takes JSON."),
        always("The address is that of another API. It came {token_url_source}."),
    ],
    steps: &[
        when(
            ClientCredentials,
            "For the regional service, set grant_type = \"access_key\" with access_key_id and access_key_secret.",
        ),
        always("Else set token_url to the OAuth token endpoint."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

pub(super) static TOO_MANY_REQUESTS: Entry = Entry {
    id: "http-429",
    summary: "CXone wants fewer token requests (HTTP 429)",
    meaning: "A rate limit was reached. NICE publishes none for its token service, so it may also be a gateway's.",
    causes: &[
        always("Other programs ask for tokens with the same application, or many Terraform runs do so side by side."),
        always("An earlier loop of failed logins has put the application or this address on a list for a while."),
    ],
    steps: &[
        always("Wait a few minutes, then run Terraform again. Within one run the provider shares one token."),
        always("For longer patience, raise max_retries and retry_max_wait."),
        always("Where many runs need a token, let one job get it and hand it on in CXONE_ACCESS_TOKEN."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static SERVER_FAILURE: Entry = Entry {
    id: "http-5xx",
    summary: "CXone's token service failed (HTTP {status})",
    meaning: "The fault is on the server's side. The credentials were not judged.",
    causes: &[
        always("A fault or an outage of the service."),
        always("An address that belongs to another service, which stumbles over the request."),
    ],
    steps: &[
        always("Run Terraform again. If it stays, give NICE's support the time, the address and the ids above."),
        OTHER_ADDRESS,
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::Nothing,
};

static GATEWAY: Entry = Entry {
    id: "http-502-503-504",
    summary: "CXone's token service cannot be reached behind its gateway (HTTP {status})",
    meaning: "A gateway answered in place of the service: it is overloaded, being maintained or too slow. The \
              credentials were not judged.",
    causes: &[
        always("An outage or maintenance of the service."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) could not reach the service."),
    ],
    steps: &[
        always("Run Terraform again in a few minutes."),
        always("For longer patience, raise max_retries and retry_max_wait."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static OTHER_STATUS: Entry = Entry {
    id: "http-other",
    summary: "CXone gave no token (HTTP {status})",
    meaning: "The status is none that a token endpoint sends, and the answer has no OAuth error in it.",
    causes: &[
        always("The address is that of another service. It came {token_url_source}."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) answered by itself."),
        always("A gateway in front of the service has rules of its own."),
    ],
    steps: &[always("Check token_url against what NICE sent for the application."), DOCTOR],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};
