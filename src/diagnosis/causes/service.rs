//! Causes on the server's side, and the server's limits.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::credentials::OTHER_SERVICE;
use crate::diagnosis::causes::{given, says};
use crate::diagnosis::words::Topic;

/// Causes of a rate limit.
pub(in crate::diagnosis) static LIMITED: &[&Cause] = &[&ASKED_TO_WAIT, &TOO_MANY, &FAILED_LOGINS];

// `Retry-After` states how long the limit lasts (RFC 6585 section 4).
static ASKED_TO_WAIT: Cause = Cause {
    id: "rate",
    when: |evidence| given(evidence.error.marks.retry_after.is_some(), Rank::Response),
    applies: "the response says how long to wait",
    verdict: "CXone, or a gateway in front of it, limits token requests and asks for a wait of {retry_after}. Run Terraform \
              again after that. To keep retrying for longer, raise max_retries, which is {retries}, and retry_max_wait, \
              which is {max_wait}.",
    other: "The server asks for a wait of {retry_after}.",
};

static TOO_MANY: Cause = Cause {
    id: "rate",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "Too many token requests came in a short time: other programs use the same application, or many Terraform \
              runs start together. Run Terraform again in a few minutes. Where many runs need a token, let one job get it \
              and pass it on in CXONE_ACCESS_TOKEN. To keep retrying for longer, raise max_retries, which is {retries}, \
              and retry_max_wait, which is {max_wait}.",
    other: "Other programs or many Terraform runs request tokens with the same application.",
};

static FAILED_LOGINS: Cause = Cause {
    id: "failed-logins",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "Failed logins have put the application or this network address on a list for a while. Wait, and correct the \
              credentials first.",
    other: "Earlier failed logins have blocked the application or this network address for a while.",
};

/// Causes of a service that is not available.
pub(in crate::diagnosis) static UNAVAILABLE: &[&Cause] = &[&MAINTENANCE, &RATE_WORDS, &WAIT, &OUTAGE, &PROXY_UPSTREAM];

pub(in crate::diagnosis) static MAINTENANCE: Cause = Cause {
    id: "outage",
    when: |evidence| says(evidence, Topic::Maintenance),
    applies: "the server speaks of maintenance",
    verdict: "CXone's token service is under maintenance: {quote}.{server_time} Run Terraform again when the maintenance is \
              over; the credentials are not the reason.",
    other: "CXone's token service is under maintenance.",
};

pub(in crate::diagnosis) static RATE_WORDS: Cause = Cause {
    id: "rate",
    when: |evidence| says(evidence, Topic::Rate),
    applies: "the server speaks of a rate limit",
    verdict: "CXone is rate-limiting token requests: {quote}.{server_time} Run Terraform again in a few minutes. To keep \
              retrying for longer, raise max_retries, which is {retries}, and retry_max_wait, which is {max_wait}.",
    other: "CXone is rate-limiting token requests.",
};

// With status 503, `Retry-After` states how long the service is unavailable (RFC 9110 section 10.2.3).
static WAIT: Cause = Cause {
    id: "outage",
    when: |evidence| given(evidence.error.marks.retry_after.is_some(), Rank::Response),
    applies: "the response says how long to wait",
    verdict: "The service is overloaded or under maintenance, and asks for a wait of {retry_after}. Run Terraform again \
              after that. To keep retrying for longer, raise max_retries, which is {retries}, and retry_max_wait, which is \
              {max_wait}.",
    other: "The service asks for a wait of {retry_after}.",
};

static OUTAGE: Cause = Cause {
    id: "outage",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The service is overloaded, under maintenance or out of order; the credentials are not the reason. Run \
              Terraform again in a few minutes. To keep retrying for longer, raise max_retries, which is {retries}, and \
              retry_max_wait, which is {max_wait}.",
    other: "The service is overloaded, under maintenance or out of order.",
};

static PROXY_UPSTREAM: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Usual),
    applies: "a proxy",
    verdict: "The proxy {proxy} cannot reach {host}. Ask its administrators.",
    other: "The proxy {proxy} cannot reach {host}.",
};

/// Causes of a service that failed.
pub(in crate::diagnosis) static FAILED: &[&Cause] = &[&MAINTENANCE, &RATE_WORDS, &FAULT, &FIELD_FAULT, &OTHER_SERVICE];

static FAULT: Cause = Cause {
    id: "outage",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "The fault is on the server's side, and CXone has not judged the credentials. Run Terraform again. If the \
              failure stays, give NICE's support the time, the address and the request id in the response.",
    other: "The service is out of order.",
};

// Only with such fields can a field be the cause.
static FIELD_FAULT: Cause = Cause {
    id: "extra-fields",
    when: |evidence| {
        given(evidence.audience.is_some() || evidence.has_parameters || !evidence.scopes.is_empty(), Rank::Usual)
    },
    applies: "scopes, `audience` or `endpoint_params`",
    verdict: "The server fails over a field of the request. Remove scopes, audience and endpoint_params for one run.",
    other: "The server fails over a field: remove audience, endpoint_params and scopes for one run.",
};

pub(in crate::diagnosis) static OWN_WORDS: Cause = Cause {
    id: "own-code",
    when: |evidence| given(evidence.words().is_some(), Rank::Usual),
    applies: "the server gives a reason",
    verdict: "RFC 6749 does not define this error code. The server says: {quote}. Look up {code} in the documentation of \
              {host}; if {host} is not CXone's, set {url_setting} in {url_place} to the token endpoint that NICE gave you.",
    other: "The error code is not one of OAuth's: look it up in the documentation of {host}.",
};

pub(in crate::diagnosis) static OWN_CODE_ALONE: Cause = Cause {
    id: "own-code",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "RFC 6749 does not define this error code, and the server gives no reason. Look up {code} in the \
              documentation of {host}; if {host} is not CXone's, set {url_setting} in {url_place} to the token endpoint \
              that NICE gave you.",
    other: "The error code is not one of OAuth's: look it up in the documentation of {host}.",
};

/// Causes of a status that no token endpoint sends.
pub(in crate::diagnosis) static OTHER_STATUS: &[&Cause] =
    &[&GATEWAY_STATUS, &NAMED_STATUS, &OTHER_SERVICE, &PROXY_STATUS, &GATEWAY_RULES];

static GATEWAY_STATUS: Cause = Cause {
    id: "gateway",
    when: |evidence| given(evidence.gateway().is_some(), Rank::Response),
    applies: "the response names a gateway or filter",
    verdict: "{gateway} answered in front of {host}, so CXone did not see the credentials. Ask the administrators of \
              {gateway} to allow POST requests from this machine to {endpoint}.",
    other: "{gateway} in front of {host} answered.",
};

// The server's words say more than a status that no standard defines for a token endpoint.
static NAMED_STATUS: Cause = Cause {
    id: "other-service",
    when: |evidence| given(evidence.words().is_some(), Rank::Words),
    applies: "the server gives a reason",
    verdict: "The server says: {quote}. Token endpoints do not send this status: check {url_setting} in {url_place}, which \
              is probably the address of another service.",
    other: "The address belongs to another service: check {url_setting}.",
};

static PROXY_STATUS: Cause = Cause {
    id: "proxy",
    when: |evidence| given(evidence.proxy.is_some(), Rank::Usual),
    applies: "a proxy",
    verdict: "The proxy {proxy} answered itself. Ask its administrators to allow {host}.",
    other: "The proxy {proxy} answered itself.",
};

static GATEWAY_RULES: Cause = Cause {
    id: "gateway",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway in front of {host} has rules of its own. Ask its administrators.",
    other: "A gateway in front of {host} has rules of its own.",
};
