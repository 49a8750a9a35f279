//! Redirects, and answers with a good status that hold no token.

use crate::diagnosis::entry::When::*;
use crate::diagnosis::entry::{Blame, Entry, Request, always, when};
use oauth::BodyShape;

/// The entry for a redirect.
pub(super) fn redirect(location: Option<&str>) -> &'static Entry {
    let location = location.unwrap_or_default().to_ascii_lowercase();
    if location.starts_with("http://") {
        &REDIRECT_TO_HTTP
    } else if PORTAL_WORDS.iter().any(|word| location.contains(word)) {
        &CAPTIVE_PORTAL
    } else if LOGIN_WORDS.iter().any(|word| location.contains(word)) {
        &REDIRECT_TO_LOGIN
    } else {
        &REDIRECT
    }
}

/// The entry for a 2xx answer without a usable token.
pub(super) fn not_a_token(shape: &BodyShape) -> &'static Entry {
    match shape {
        BodyShape::JsonObject(names) if names.iter().any(|name| name == "access_token") => &UNUSABLE_TOKEN,
        BodyShape::JsonObject(_) | BodyShape::OtherJson => &OTHER_JSON,
        BodyShape::Html(Some(title)) if is_portal(title) => &CAPTIVE_PORTAL,
        BodyShape::Html(Some(title)) if is_login(title) => &LOGIN_PAGE,
        BodyShape::Html(_) => &WEB_PAGE,
        BodyShape::BrokenJson => &BROKEN_JSON,
        BodyShape::Empty => &EMPTY,
        BodyShape::Form | BodyShape::Text | BodyShape::Binary => &NOT_JSON,
    }
}

/// Every entry of this file, in the guide's order.
pub(super) const ALL: [&Entry; 12] = [
    &REDIRECT_TO_HTTP,
    &REDIRECT_TO_LOGIN,
    &REDIRECT,
    &CAPTIVE_PORTAL,
    &LOGIN_PAGE,
    &WEB_PAGE,
    &OTHER_JSON,
    &UNUSABLE_TOKEN,
    &BROKEN_JSON,
    &EMPTY,
    &NOT_JSON,
    &TOO_LARGE,
];

const LOGIN_WORDS: [&str; 7] = ["login", "signin", "sign-in", "logon", "sso", "saml", "authorize"];

/// In an address or a title, lower case.
const PORTAL_WORDS: [&str; 6] = ["captive", "portal", "hotspot", "wifi", "wi-fi", "wlan"];

fn is_portal(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    PORTAL_WORDS.iter().any(|word| title.contains(word))
}

fn is_login(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    ["log in", "login", "log on", "logon", "sign in", "sign on", "signin"].iter().any(|word| title.contains(word))
}

static REDIRECT_TO_HTTP: Entry = Entry {
    id: "redirect-to-http",
    summary: "The address leads to plain http (HTTP {status}), which would expose the credentials",
    meaning: "The answer points to {location}. Redirects are never followed, since the credentials would travel \
              along; this one would send them unencrypted.",
    causes: &[
        always("A gateway in front of the service builds its addresses without https."),
        always("A captive portal or a filter of this network answered in place of the service."),
    ],
    steps: &[
        always("Set token_url to the final https address of the token endpoint (it came {token_url_source})."),
        always("Open https://{host} in a browser on this machine: a portal shows itself there."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static REDIRECT_TO_LOGIN: Entry = Entry {
    id: "redirect-to-login",
    summary: "The address leads to a login page (HTTP {status}), so it is no token endpoint",
    meaning: "The answer points to {location}. Login pages are for people with a browser; redirects are never \
              followed.",
    causes: &[
        always(
            "token_url is the address of a user interface or of an authorization endpoint. It came {token_url_source}.",
        ),
        always("A captive portal or a company's single sign-on stands between this machine and the service."),
    ],
    steps: &[
        always("Set token_url to the token endpoint; its path usually ends in /token."),
        always("On a network with a portal, log in there with a browser first."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static REDIRECT: Entry = Entry {
    id: "redirect",
    summary: "The address leads elsewhere (HTTP {status}), and redirects are not followed",
    meaning: "The answer points to {location}. The provider does not follow, since the credentials would travel along \
              to a place that you did not choose.",
    causes: &[
        always(
            "The token endpoint has moved, or the address lacks something such as a slash or www. It came \
             {token_url_source}.",
        ),
        always("The host is an older name of the service."),
    ],
    steps: &[always("If you trust the place that the answer names, set token_url to it.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

pub(super) static CAPTIVE_PORTAL: Entry = Entry {
    id: "captive-portal",
    summary: "This network seems to want a login before it lets requests through (HTTP {status})",
    meaning: "Something on the way, with the look of a captive portal{title}, answered in place of {host}.",
    causes: &[
        always("A guest, hotel or train network waits for its terms to be accepted in a browser."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) wants a login in a browser."),
        always("token_url is the address of a portal made for people. It came {token_url_source}."),
    ],
    steps: &[
        always("Open https://{host} in a browser on this machine, log in to the network, then run Terraform again."),
        always("On a machine without a browser, use another network."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static LOGIN_PAGE: Entry = Entry {
    id: "login-page",
    summary: "The address answered with a login page instead of a token (HTTP {status})",
    meaning: "The answer is a web page{title}, made for people with a browser.",
    causes: &[
        always("token_url is the address of a user interface. It came {token_url_source}."),
        always("A captive portal or a company's single sign-on answered in place of the service."),
    ],
    steps: &[
        always("Set token_url to the token endpoint; its path usually ends in /token."),
        always("On a network with a portal, log in there with a browser first."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static WEB_PAGE: Entry = Entry {
    id: "web-page",
    summary: "The address answered with a web page instead of a token (HTTP {status})",
    meaning: "The answer is HTML{title}. A token service answers in JSON.",
    causes: &[
        when(Proxied, "The proxy {proxy} ({proxy_source}) answered by itself, with a notice or a block page."),
        when(Direct, "A captive portal or a filter of this network answered in place of the service."),
        always(
            "token_url is the address of a web site, or has a wrong path that leads to its start page. It came \
             {token_url_source}.",
        ),
    ],
    steps: &[
        always("Open https://{host} in a browser on this machine: a portal or a block page shows itself there."),
        always("Ask your network's administrators to let https://{host} through unchanged."),
        always("Check token_url against what NICE sent for the application."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static OTHER_JSON: Entry = Entry {
    id: "no-access-token",
    summary: "The answer is JSON, but no token response (HTTP {status})",
    meaning: "A token response has the members access_token and token_type (RFC 6749 section 5.1). What is wrong \
              here: {reason}. Members of the answer: {members}.",
    causes: &[
        when(
            TokenUnderAnotherName,
            "The service hands out tokens in a form of its own, as some older and regional ones do.",
        ),
        always(
            "token_url is another address of the service, such as its discovery document. It came {token_url_source}.",
        ),
        always("A gateway wraps answers, errors too, in a form of its own."),
    ],
    steps: &[
        always("Check token_url and grant_type against what NICE sent for the application."),
        when(TokenUnderAnotherName, "For CXone's regional access-key service, set grant_type = \"access_key\"."),
    ],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static UNUSABLE_TOKEN: Entry = Entry {
    id: "unusable-token",
    summary: "CXone's answer has a token that cannot be used (HTTP {status})",
    meaning: "What is wrong with it: {reason}. The provider hands out bearer tokens in the form of RFC 6750 only.",
    causes: &[
        always("The service issues tokens of another kind, such as DPoP or MAC, for this application."),
        always("A gateway changed the answer."),
    ],
    steps: &[always(
        "Ask NICE to register the application for bearer tokens, or check token_url (it came {token_url_source}).",
    )],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static BROKEN_JSON: Entry = Entry {
    id: "broken-json",
    summary: "The token response is cut off or broken (HTTP {status})",
    meaning: "The answer begins like JSON and does not end like it.",
    causes: &[
        always("The connection or the server stopped halfway through the answer."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) changed or cut the answer."),
    ],
    steps: &[always(
        "Run Terraform again. If it stays, try from another network: if it works there, something in this one changes \
         the answers.",
    )],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static EMPTY: Entry = Entry {
    id: "empty-answer",
    summary: "The address answered without any content (HTTP {status})",
    meaning: "The status says that all is well, but there is no token.",
    causes: &[
        always("token_url is not the token endpoint, or its path is wrong. It came {token_url_source}."),
        always("A gateway or a filter swallowed the answer."),
    ],
    steps: &[always("Check token_url against what NICE sent for the application.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

static NOT_JSON: Entry = Entry {
    id: "not-json",
    summary: "The answer is not JSON, so it holds no token that can be read (HTTP {status})",
    meaning: "A token response is a JSON object (RFC 6749 section 5.1). What is wrong here: {reason}.",
    causes: &[
        always("token_url is the address of another service. It came {token_url_source}."),
        when(Proxied, "The proxy {proxy} ({proxy_source}) answered by itself."),
        always("An answer that was compressed or encoded in a way that was not asked for."),
    ],
    steps: &[always("Check token_url against what NICE sent for the application.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};

pub(super) static TOO_LARGE: Entry = Entry {
    id: "answer-too-large",
    summary: "The answer is too large for a token response",
    meaning: "More than {limit} came, so the rest was not read. A token response has a few thousand bytes.",
    causes: &[always("token_url is the address of a web site or of a download. It came {token_url_source}.")],
    steps: &[always("Set token_url to the token endpoint; its path usually ends in /token.")],
    request: Request::Connection,
    about_host: true,
    blame: Blame::TokenUrl,
};
