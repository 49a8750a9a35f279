//! Causes of an address that is not a token endpoint.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::credentials::{FORM_SERVICE, JSON_BY_WORDS, REGIONAL_SERVICE, UNKNOWN_CLIENT};
use crate::diagnosis::causes::given;
use crate::diagnosis::evidence::ADDRESS_VARIABLES;

/// Causes of an address without a service.
pub(in crate::diagnosis) static NOT_FOUND: &[&Cause] = &[
    &OTHER_ENDPOINT,
    &UNKNOWN_CLIENT,
    &NEAR_HOST,
    &KNOWN_ENDPOINT,
    &NEAR_ADDRESS,
    &WRONG_PATH,
    &OTHER_HOST,
    &UNKNOWN_CLIENT_404,
];

/// Causes of an address that does not accept POST.
pub(in crate::diagnosis) static NO_POST: &[&Cause] =
    &[&OTHER_ENDPOINT, &NEAR_HOST, &KNOWN_ENDPOINT, &GET_ONLY, &NEAR_ADDRESS, &OTHER_PATH, &PROXY_METHODS];

/// Causes of an address that does not accept a form.
pub(in crate::diagnosis) static NO_FORM: &[&Cause] =
    &[&JSON_BY_WORDS, &REGIONAL_SERVICE, &FORM_SERVICE, &OTHER_ENDPOINT, &NEAR_ADDRESS, &JSON_SERVICE, &OTHER_API];

// Decisive, because the server itself names its token endpoint.
pub(in crate::diagnosis) static OTHER_ENDPOINT: Cause = Cause {
    id: "other-endpoint",
    when: |evidence| given(evidence.other_endpoint.is_some(), Rank::Decisive),
    applies: "the server's own discovery document names another token endpoint",
    verdict: "{host} has no token endpoint at {path}. The server's own discovery document names another one: did you mean \
              {other_endpoint}? Set token_url in {url_place} to it.",
    other: "The server's discovery document names {other_endpoint}.",
};

// As strong as a wrong value: the list of NICE's hosts is short, and a distance of one or two is no coincidence.
pub(in crate::diagnosis) static NEAR_HOST: Cause = Cause {
    id: "near-host",
    when: |evidence| given(evidence.near_host().is_some(), Rank::Value),
    applies: "the host is nearly one that is known",
    verdict: "The host {host} is probably misspelled: did you mean {near_host}? Set {url_setting} in {url_place} to \
              {near_url}.",
    other: "The host is misspelled: did you mean {near_host}?",
};

// Weaker than the server's own words, because NICE's documentation may not list every path.
pub(in crate::diagnosis) static KNOWN_ENDPOINT: Cause = Cause {
    id: "path",
    when: |evidence| given(evidence.known_endpoint().is_some(), Rank::Address),
    applies: "another token endpoint of the host is known",
    verdict: "The path {path} is not known on {host}: did you mean {known_endpoint}? Set token_url in {url_place} to it.",
    other: "The path is wrong: did you mean {known_endpoint}?",
};

pub(in crate::diagnosis) static NEAR_ADDRESS: Cause = Cause {
    id: "near-name",
    when: |evidence| given(evidence.near_name(ADDRESS_VARIABLES).is_some(), Rank::Environment),
    applies: "a variable with a similar name is set",
    verdict: "The provider does not read the environment variable {near_address}; it reads {meant_address}. The \
              address in use comes from {url_place}. If {near_address} has the right address, copy it to \
              {meant_address}.",
    other: "The provider does not read {near_address}; did you mean {meant_address}?",
};

static WRONG_PATH: Cause = Cause {
    id: "path",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "{host} has nothing at {path}, so CXone did not see the credentials. Set {url_setting} in {url_place} \
              to the token endpoint that NICE gave you. If you know the issuer, set issuer instead.",
    other: "The path is wrong: compare it with the one that NICE gave you.",
};

static OTHER_HOST: Cause = Cause {
    id: "host",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The host is that of another area or environment. Set {url_setting} to that of your tenant.",
    other: "The host is that of another area or environment than your tenant's.",
};

// Of eleven servers that were tried, some respond with 404 to an unknown client.
static UNKNOWN_CLIENT_404: Cause = Cause {
    id: "unknown-client",
    when: |evidence| given(evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "A few servers send 404 for an unknown client_id. Compare client_id with the one that NICE issued.",
    other: "client_id is unknown: a few servers send 404 for it.",
};

// RFC 9110 section 10.2.1: `Allow` lists the accepted methods.
static GET_ONLY: Cause = Cause {
    id: "path",
    when: |evidence| given(evidence.error.marks.allow.is_some(), Rank::Response),
    applies: "the response lists the methods that the address accepts",
    verdict: "{endpoint} accepts {allow} only, and a token request is a POST (RFC 6749 section 3.2): the address \
              belongs to a web page, an authorization endpoint or a discovery document. Set token_url in {url_place} \
              to the token endpoint that NICE gave you.",
    other: "The address accepts {allow} only: it is not a token endpoint.",
};

static OTHER_PATH: Cause = Cause {
    id: "path",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "Token endpoints accept POST (RFC 6749 section 3.2), so {path} is the path of a web page, an \
              authorization endpoint or a discovery document. Set token_url in {url_place} to the token endpoint \
              that NICE gave you.",
    other: "The path is that of a web page or of an authorization endpoint.",
};

static PROXY_METHODS: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Usual),
    applies: "a proxy",
    verdict: "The proxy {proxy} does not allow POST requests. Ask its administrators to allow POST to {host}.",
    other: "The proxy {proxy} does not allow POST requests.",
};

static JSON_SERVICE: Cause = Cause {
    id: "regional-service",
    when: |evidence| given(evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "The address is probably that of CXone's regional service, which accepts an access key as JSON. Set \
              grant_type = \"access_key\" with access_key_id and access_key_secret, or set token_url in {url_place} to the \
              OAuth token endpoint.",
    other: "CXone's regional service accepts JSON: set grant_type = \"access_key\".",
};

static OTHER_API: Cause = Cause {
    id: "other-service",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The address belongs to another API. Set {url_setting} in {url_place} to the token endpoint that NICE gave \
              you.",
    other: "The address belongs to another API: check {url_setting}.",
};
