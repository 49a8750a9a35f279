//! Causes of responses that are redirects, pages, or not a token.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::address::{KNOWN_ENDPOINT, NEAR_ADDRESS, NEAR_HOST, OTHER_ENDPOINT};
use crate::diagnosis::causes::credentials::{DISABLED, EXPIRED, LOCKED, UNKNOWN_CLIENT, WRONG_SECRET};
use crate::diagnosis::causes::given;
use crate::diagnosis::causes::service::{MAINTENANCE, RATE_WORDS};

/// Causes of a redirect to plain http.
pub(in crate::diagnosis) static TO_HTTP: &[&Cause] = &[&HTTP_GATEWAY, &PORTAL];

// A gateway that ends TLS itself sees plain http, and builds its redirects with that scheme.
static HTTP_GATEWAY: Cause = Cause {
    id: "redirect",
    when: |_| Some(Rank::Response),
    applies: "",
    verdict: "The response redirects to {location}, where the credentials would travel unencrypted; the provider follows \
              no redirect. Set {url_setting} in {url_place} to the final https address of the token endpoint.",
    other: "A gateway in front of the service builds its addresses without https.",
};

// The redirect of a captive portal has the same form.
static PORTAL: Cause = Cause {
    id: "portal",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "This network requires a login. Open {origin} in a browser on this machine and log in to the network.",
    other: "A captive portal of this network answered: open {origin} in a browser to see it.",
};

/// Causes of a redirect to a login page.
pub(in crate::diagnosis) static TO_LOGIN: &[&Cause] =
    &[&OTHER_ENDPOINT, &NEAR_HOST, &KNOWN_ENDPOINT, &LOGIN_ADDRESS, &NEAR_ADDRESS, &SINGLE_SIGN_ON];

// Only the path and the host of the redirect are evidence: the login page itself is never fetched.
static LOGIN_ADDRESS: Cause = Cause {
    id: "redirect",
    when: |_| Some(Rank::Response),
    applies: "",
    verdict: "The response redirects to {location}, a login page for people, so {endpoint} is the address of a user \
              interface or of an authorization endpoint. Set {url_setting} in {url_place} to the token endpoint that \
              NICE gave you.",
    other: "The address is that of a user interface, not of a token endpoint.",
};

static SINGLE_SIGN_ON: Cause = Cause {
    id: "portal",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A company's single sign-on answered. Log in with a browser first.",
    other: "A captive portal or a company's single sign-on answered: log in with a browser first.",
};

/// Causes of any other redirect.
pub(in crate::diagnosis) static ELSEWHERE: &[&Cause] = &[&MOVED, &NEAR_HOST, &OLD_NAME];

static MOVED: Cause = Cause {
    id: "redirect",
    when: |_| Some(Rank::Response),
    applies: "",
    verdict: "The response redirects to {location}. The provider follows no redirect, since the credentials would travel \
              to an address that you did not choose. If you trust that address, set {url_setting} in {url_place} to it.",
    other: "The token endpoint has moved to {location}.",
};

static OLD_NAME: Cause = Cause {
    id: "host",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The address lacks a slash or a part. Compare it with the one that NICE gave you.",
    other: "The address is incomplete, or the host is an older name of the service.",
};

/// Causes of a network that requires a login.
pub(in crate::diagnosis) static CAPTIVE: &[&Cause] = &[&CAPTIVE_PORTAL, &PORTAL_ADDRESS, &PROXY_LOGIN];

// Status 511 has no other meaning (RFC 6585 section 6).
static CAPTIVE_PORTAL: Cause = Cause {
    id: "portal",
    when: |_| Some(Rank::Response),
    applies: "",
    verdict: "A captive portal answered instead of {host}: this network (a guest, hotel or train network) requires a \
              login. Open {origin} in a browser on this machine, log in to the network, and run Terraform again. On \
              a machine without a browser, use another network.",
    other: "A captive portal answered instead of {host}.",
};

// A default address is never the portal's.
static PORTAL_ADDRESS: Cause = Cause {
    id: "address",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "{url_setting} is the address of a portal for people. Set it to the token endpoint.",
    other: "{url_setting} is the address of a portal for people, not of a token endpoint.",
};

static PROXY_LOGIN: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Usual),
    applies: "a proxy",
    verdict: "The proxy {proxy} requires a login in a browser.",
    other: "The proxy {proxy} requires a login in a browser.",
};

/// Causes of a login page instead of a token.
pub(in crate::diagnosis) static LOGIN_PAGE: &[&Cause] =
    &[&OTHER_ENDPOINT, &NEAR_HOST, &KNOWN_ENDPOINT, &PAGE_FOR_PEOPLE, &NEAR_ADDRESS, &SINGLE_SIGN_ON];

static PAGE_FOR_PEOPLE: Cause = Cause {
    id: "address",
    when: |_| Some(Rank::Response),
    applies: "",
    verdict: "The response is a login page{title} for people: {endpoint} is the address of a user interface, or a \
              single sign-on page answered. Set {url_setting} in {url_place} to the token endpoint that NICE gave \
              you.",
    other: "The address is that of a user interface, not of a token endpoint.",
};

/// Causes of a web page instead of a token.
pub(in crate::diagnosis) static PAGE: &[&Cause] =
    &[&GATEWAY_PAGE, &OTHER_ENDPOINT, &NEAR_HOST, &KNOWN_ENDPOINT, &NEAR_ADDRESS, &PROXY_PAGE, &WEB_SITE, &FILTER_PAGE];

// Decisive, because the response itself names the product that sent it.
static GATEWAY_PAGE: Cause = Cause {
    id: "gateway",
    when: |evidence| given(evidence.gateway().is_some(), Rank::Decisive),
    applies: "the response names a gateway or filter",
    verdict: "{gateway} answered in front of {host} with a web page{title}, so CXone did not see the request. Ask \
              the administrators of {gateway} to allow POST requests from this machine to {endpoint}.",
    other: "{gateway} answered in front of {host}.",
};

// A token service responds in JSON, so a proxy on the way is the likely sender of a page.
static PROXY_PAGE: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Response),
    applies: "a proxy",
    verdict: "The proxy {proxy} answered itself with a web page{title}: a notice or a block page. Ask its administrators to \
              let {origin} through unchanged.",
    other: "The proxy {proxy} answered itself.",
};

static WEB_SITE: Cause = Cause {
    id: "address",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response is a web page{title}, and a token service responds in JSON: {endpoint} is the address of a web \
              site, or its path leads to the start page. Set {url_setting} in {url_place} to the token endpoint that NICE \
              gave you.",
    other: "The address is that of a web site: check {url_setting}.",
};

// No filter is between this machine and itself.
static FILTER_PAGE: Cause = Cause {
    id: "gateway",
    when: |evidence| given(evidence.proxy.is_none() && !evidence.is_here(), Rank::Usual),
    applies: "no proxy",
    verdict: "A captive portal or a content filter of this network answered. Open {origin} in a browser to see it.",
    other: "A captive portal or a filter answered: open {origin} in a browser to see it.",
};

/// Causes of a web page with HTTP 403.
pub(in crate::diagnosis) static BLOCKED: &[&Cause] =
    &[&GATEWAY_BLOCK, &NETWORK_BLOCK, &PROXY_BLOCK, &NEAR_HOST, &COMPANY_BLOCK, &SERVICE_BLOCK, &WEB_SITE_BLOCK];

// Decisive, because the response itself names the product that sent it.
static GATEWAY_BLOCK: Cause = Cause {
    id: "gateway",
    when: |evidence| given(evidence.gateway().is_some(), Rank::Decisive),
    applies: "the response names a gateway or filter",
    verdict: "{gateway} blocked the request to {host} with a web page{title}, so CXone did not see the credentials. \
              Ask the administrators of {gateway} to allow POST requests from this machine to {endpoint}.",
    other: "{gateway} blocked the request.",
};

static NETWORK_BLOCK: Cause = Cause {
    id: "network",
    when: |evidence| given(evidence.topic() == Some(crate::diagnosis::words::Topic::Network), Rank::Words),
    applies: "the page speaks of network addresses",
    verdict: "The page{title} says that this machine's network address is not allowed. Ask the tenant's administrator to \
              add the address to the allow list.",
    other: "An allow list of network addresses does not include this machine's.",
};

static PROXY_BLOCK: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Response),
    applies: "a proxy",
    verdict: "The response is a web page{title}, not CXone's JSON: the proxy {proxy} blocks {host}, or inspects the \
              content. Ask its administrators to allow POST requests to {endpoint}.",
    other: "The proxy {proxy} blocks {host}.",
};

static COMPANY_BLOCK: Cause = Cause {
    id: "firewall",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response is a web page{title}, not CXone's JSON: a firewall or content filter probably sent it, \
              and CXone did not see the credentials. Ask your network's administrators to allow {origin}, and try \
              from another network: if that works, this network has the block.",
    other: "A company firewall or content filter blocks {origin}.",
};

static SERVICE_BLOCK: Cause = Cause {
    id: "network",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A firewall in front of the service rejects this machine's address, country or network.",
    other: "A firewall in front of the service rejects this machine's address, country or network.",
};

// A default address is never a web site's.
static WEB_SITE_BLOCK: Cause = Cause {
    id: "address",
    when: |evidence| given(evidence.is_chosen(), Rank::Usual),
    applies: "an address of your own",
    verdict: "{endpoint} is the address of a web site, not of a token endpoint. Check {url_setting} in {url_place}.",
    other: "{url_setting} is the address of a web site, not of a token endpoint.",
};

/// Causes of JSON without a token.
pub(in crate::diagnosis) static NO_TOKEN: &[&Cause] = &[
    &LOCKED,
    &DISABLED,
    &EXPIRED,
    &UNKNOWN_CLIENT,
    &WRONG_SECRET,
    &RATE_WORDS,
    &MAINTENANCE,
    &FAULT_WORDS,
    &OTHER_ENDPOINT,
    &NEAR_HOST,
    &KNOWN_ENDPOINT,
    &OTHER_NAME,
    &NEAR_ADDRESS,
    &OTHER_DOCUMENT,
    &WRAPPED,
];

static FAULT_WORDS: Cause = Cause {
    id: "gateway",
    when: |evidence| given(evidence.words().is_some(), Rank::Words),
    applies: "the response says something in place of a token",
    verdict: "The response has a good status (HTTP {status}) and no access token, but words: {quote}. They probably say \
              why CXone, or a gateway in front of {host}, issued none. Correct what they name; if {host} is not CXone's, \
              set {url_setting} in {url_place} to the token endpoint that NICE gave you.",
    other: "The words of the response say why there is no token.",
};

// Without a client, the access-key service is already the one in use.
static OTHER_NAME: Cause = Cause {
    id: "regional-service",
    when: |evidence| given(evidence.has_token_under_another_name() && evidence.has_client(), Rank::Response),
    applies: "a member looks like a token",
    verdict: "The response has no access_token, but a token under another name (its members: {members}), as older \
              and regional services send it. Set token_url in {url_place} to the OAuth token endpoint, or set \
              grant_type = \"access_key\" for CXone's regional access-key service.",
    other: "An older or regional service answered: set grant_type = \"access_key\" for CXone's.",
};

// A discovery document is JSON with a good status as well.
static OTHER_DOCUMENT: Cause = Cause {
    id: "address",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response is JSON, but not a token response (RFC 6749 section 5.1): {reason}. Its members are: {members}. \
              {endpoint} is another address of the service, such as its discovery document: set {url_setting} in \
              {url_place} to the token endpoint.",
    other: "The address is another one of the service, such as its discovery document.",
};

static WRAPPED: Cause = Cause {
    id: "gateway",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway wraps responses, errors too, in a form of its own. Ask its administrators.",
    other: "A gateway wraps responses in a form of its own.",
};

/// Causes of a token that is not usable.
pub(in crate::diagnosis) static UNUSABLE: &[&Cause] = &[&OTHER_TOKEN, &CHANGED];

static OTHER_TOKEN: Cause = Cause {
    id: "token",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The access token is not usable: {reason}. The provider passes on bearer tokens (RFC 6750) only. Ask NICE to \
              register the application for bearer tokens, or check {url_setting} in {url_place}.",
    other: "The service issues tokens of another kind, such as DPoP or MAC.",
};

static CHANGED: Cause = Cause {
    id: "gateway",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway changed the response. Ask its administrators.",
    other: "A gateway changed the response.",
};

/// Causes of JSON that is cut off.
pub(in crate::diagnosis) static BROKEN: &[&Cause] = &[&PROXY_CUT, &CUT_OFF];

// Only possible: the server or the network can cut a response as well.
static PROXY_CUT: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Possible),
    applies: "a proxy",
    verdict: "The proxy {proxy} cut or changed the response, or the connection ended halfway through it. Run Terraform \
              again; if the failure stays, ask the proxy's administrators to let {host} through unchanged.",
    other: "The proxy {proxy} cut or changed the response.",
};

static CUT_OFF: Cause = Cause {
    id: "cut-off",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response begins like JSON and does not end like it: the server or the connection stopped halfway through. \
              Run Terraform again. If the failure stays, try from another network: if it works there, something in this \
              network changes responses.",
    other: "The server or the connection stopped halfway through the response.",
};

/// Causes of an empty response.
pub(in crate::diagnosis) static EMPTY: &[&Cause] =
    &[&OTHER_ENDPOINT, &NEAR_HOST, &KNOWN_ENDPOINT, &NEAR_ADDRESS, &EMPTY_ADDRESS, &SWALLOWED];

static EMPTY_ADDRESS: Cause = Cause {
    id: "address",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The status is a good one, but the response has no content: {endpoint} is not the token endpoint, or its path \
              is wrong. Set {url_setting} in {url_place} to the token endpoint that NICE gave you.",
    other: "The address is not the token endpoint.",
};

static SWALLOWED: Cause = Cause {
    id: "gateway",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway or filter removed the content. Try from another network.",
    other: "A gateway or filter removed the content.",
};

/// Causes of a response that is not JSON.
pub(in crate::diagnosis) static NOT_JSON: &[&Cause] =
    &[&ENCODED, &OTHER_ENDPOINT, &NEAR_HOST, &KNOWN_ENDPOINT, &PROXY_TEXT, &FORM_ENCODED, &OTHER_TEXT];

// Decisive: only gzip was requested, so the header names a fault.
static ENCODED: Cause = Cause {
    id: "encoding",
    when: |evidence| given(evidence.error.marks.content_encoding.is_some(), Rank::Decisive),
    applies: "the response is compressed in another way than gzip",
    verdict: "The response is compressed with {encoding}, which the provider did not ask for and cannot read. A \
              proxy or gateway in front of {host} compresses it: ask its administrators to send responses with gzip \
              or uncompressed.",
    other: "The response is compressed with {encoding}.",
};

// Only possible: a service of another kind responds with text as well.
static PROXY_TEXT: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Possible),
    applies: "a proxy",
    verdict: "The proxy {proxy} answered itself, not CXone. Ask its administrators to allow {host}.",
    other: "The proxy {proxy} answered itself.",
};

// RFC 6749 section 5.1 requires JSON.
static FORM_ENCODED: Cause = Cause {
    id: "address",
    when: |evidence| given(matches!(evidence.shape(), Some(oauth::BodyShape::Form)), Rank::Response),
    applies: "the response is form-encoded",
    verdict: "The response is form-encoded, and a token response is JSON (RFC 6749 section 5.1): another or an older \
              service answered. Set {url_setting} in {url_place} to the token endpoint that NICE gave you.",
    other: "The response is form-encoded: another service answered.",
};

static OTHER_TEXT: Cause = Cause {
    id: "address",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response is not JSON, and a token response is (RFC 6749 section 5.1): another service answered. Set \
              {url_setting} in {url_place} to the token endpoint that NICE gave you.",
    other: "The address is that of another service: check {url_setting}.",
};

/// Causes of a response that is too large.
pub(in crate::diagnosis) static TOO_LARGE: &[&Cause] = &[&DOWNLOAD];

static DOWNLOAD: Cause = Cause {
    id: "address",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response is larger than {limit}, and a token response has a few thousand bytes: {endpoint} is the \
              address of a web site or of a download. Set {url_setting} in {url_place} to the token endpoint that \
              NICE gave you.",
    other: "The address is that of a web site or of a download.",
};

/// Causes of headers that are too large.
pub(in crate::diagnosis) static HEADERS: &[&Cause] = &[&LARGE_HEADERS];

static LARGE_HEADERS: Cause = Cause {
    id: "gateway",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response's headers are larger than the 400 KiB, or more than the 100 lines, that the provider \
              reads. A gateway in front of {host} adds them, or another service answered: check {url_setting} in \
              {url_place}, and ask the gateway's administrators.",
    other: "A gateway in front of {host} adds too many headers.",
};

/// Causes of a compressed body without its end.
pub(in crate::diagnosis) static ENDED_EARLY: &[&Cause] = &[&PROXY_CUT, &CUT_SHORT];

static CUT_SHORT: Cause = Cause {
    id: "cut-off",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The gzip body of the response is right as far as it goes, and ends early: the server, or a gateway in front of \
              {host}, stopped halfway through it. Run Terraform again. If the failure stays, try from another network.",
    other: "The server or a gateway stopped halfway through the response.",
};

/// Causes of a body that does not match its encoding.
pub(in crate::diagnosis) static UNDECODABLE: &[&Cause] = &[&WRONG_ENCODING];

static WRONG_ENCODING: Cause = Cause {
    id: "encoding",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The response has the header Content-Encoding: gzip, but its body is not gzip. A proxy or gateway in \
              front of {host} unpacked the body and left the header. Ask its administrators, or try from another \
              network.",
    other: "A gateway unpacked the body and left the header.",
};
