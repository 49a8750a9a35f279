//! Causes of a valid request that the server rejects: scopes, audience, form.

use crate::diagnosis::cause::{Cause, Rank};
use crate::diagnosis::causes::credentials::{
    FORM_SERVICE, GLOBAL_SERVICE, JSON_BY_WORDS, OTHER_SERVICE, REGIONAL_SERVICE,
};
use crate::diagnosis::causes::given;
use crate::diagnosis::words::Topic;

/// Causes of rejected scopes.
pub(in crate::diagnosis) static SCOPES: &[&Cause] = &[
    &NEW_SCOPES,
    &NAMED_SCOPE,
    &UNLISTED_SCOPES,
    &GLOBAL_SCOPES,
    &NEAR_SCOPES,
    &NO_SCOPES,
    &UNKNOWN_SCOPE,
    &UNGRANTED_SCOPE,
];

static NEW_SCOPES: Cause = Cause {
    id: "new-scopes",
    when: |evidence| {
        given(
            evidence.is_accepted_otherwise() && !evidence.scopes.is_empty() && evidence.named_scope().is_none(),
            Rank::Decisive,
        )
    },
    applies: "the same credentials were accepted for other scopes in this run",
    verdict: "CXone accepted the same credentials for {accepted} earlier in this run, so the added scopes are the reason: \
              {new_scopes}. Remove or correct them in {scopes_place}, or ask NICE to grant them to the application.",
    other: "The added scopes are not granted: {new_scopes}.",
};

// Decisive, because the server itself names the scope.
static NAMED_SCOPE: Cause = Cause {
    id: "scope",
    when: |evidence| given(evidence.named_scope().is_some(), Rank::Decisive),
    applies: "the server names the scope",
    verdict: "CXone did not grant the scope {named_scope}: {quote}. Correct or remove {named_scope} in {scopes_place}, or \
              ask NICE to grant it to the application.",
    other: "CXone did not grant the scope {named_scope}.",
};

static UNLISTED_SCOPES: Cause = Cause {
    id: "scope",
    when: |evidence| given(!evidence.unlisted_scopes().is_empty(), Rank::Discovery),
    applies: "the discovery document does not list a requested scope",
    verdict: "The discovery document of {host} lists the scopes {listed_scopes}, and these requested scopes are not among \
              them: {unlisted_scopes}. Correct or remove them in {scopes_place}.",
    other: "The discovery document does not list {unlisted_scopes}.",
};

// NICE documents one scope for the global service. Roles and the registration decide everything else.
static GLOBAL_SCOPES: Cause = Cause {
    id: "scope",
    when: |evidence| given(evidence.is_at_issuer() && !evidence.scopes.is_empty(), Rank::Address),
    applies: "CXone's global service",
    verdict: "CXone's global service documents one scope, openid. The application's registration and the role of the \
              access key's owner decide what a token may do. Remove scopes in {scopes_place}.",
    other: "CXone's global service documents one scope, openid: remove scopes.",
};

static NEAR_SCOPES: Cause = Cause {
    id: "no-scope",
    when: |evidence| {
        given(evidence.scopes.is_empty() && evidence.near_name(&["CXONE_SCOPES"]).is_some(), Rank::Environment)
    },
    applies: "a variable with a similar name is set",
    verdict: "The request had no scopes. The provider does not read the environment variable {near_scopes}; it reads \
              CXONE_SCOPES. Rename {near_scopes}, and remove scopes from the provider block if it is empty there.",
    other: "The provider does not read {near_scopes}; did you mean CXONE_SCOPES?",
};

static NO_SCOPES: Cause = Cause {
    id: "no-scope",
    when: |evidence| given(evidence.scopes.is_empty(), Rank::Usual),
    applies: "no scopes",
    verdict: "The server requires a scope, and none was requested. Set scopes (or CXONE_SCOPES) to the scopes of the \
              application.",
    other: "The server requires a scope, and none was requested.",
};

static UNKNOWN_SCOPE: Cause = Cause {
    id: "scope",
    when: |evidence| given(!evidence.scopes.is_empty(), Rank::Usual),
    applies: "scopes",
    verdict: "The client credentials were accepted, but the requested scopes were not: {scopes}. A scope is misspelled \
              (upper and lower case count), or the application does not have it. Run once without \
              scopes (set in {scopes_place}): granted_scopes then shows what the application has.",
    other: "A scope is misspelled, or the application does not have it.",
};

static UNGRANTED_SCOPE: Cause = Cause {
    id: "registration",
    when: |evidence| given(!evidence.scopes.is_empty(), Rank::Usual),
    applies: "scopes",
    verdict: "The application was registered without one of the scopes. Ask NICE to add it.",
    other: "The application was registered without one of the scopes: ask NICE to add it.",
};

/// Causes of a rejected audience.
pub(in crate::diagnosis) static AUDIENCE: &[&Cause] = &[&WRONG_AUDIENCE];

static WRONG_AUDIENCE: Cause = Cause {
    id: "audience",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "CXone does not issue tokens of this application for the requested audience. CXone's documentation does not \
              mention an audience: remove audience in {audience_place}, and resource in endpoint_params, unless NICE gave \
              you one.",
    other: "The audience is misspelled, or not allowed for this application.",
};

/// Causes of a request that the server did not understand.
pub(in crate::diagnosis) static NOT_UNDERSTOOD: &[&Cause] = &[
    &JSON_BY_WORDS,
    &METHOD_BY_FIELD,
    &REGIONAL_SERVICE,
    &FORM_SERVICE,
    &GLOBAL_SERVICE,
    &EXTRA_FIELDS,
    &ENCODING,
    &NAMED_REASON,
    &OTHER_SERVICE,
    &OTHER_METHOD,
    &CHANGED_REQUEST,
];

static METHOD_BY_FIELD: Cause = Cause {
    id: "method",
    when: |evidence| {
        let words = evidence.words().unwrap_or_default().to_lowercase();
        let is_field = ["client_id", "client_secret"].iter().any(|field| words.contains(field))
            && ["missing", "required", "must", "not provided", "absent"].iter().any(|word| words.contains(word));
        given(
            evidence.has_client() && (evidence.topic() == Some(Topic::Method) || (is_field && evidence.is_basic())),
            Rank::Words,
        )
    },
    applies: "the server misses the credentials where it expects them",
    verdict: "The server expects the client credentials in another place of the request than {method}: {quote}. Set \
              token_endpoint_auth_method = \"{other_method}\".",
    other: "The server expects {other_method}: set token_endpoint_auth_method.",
};

static EXTRA_FIELDS: Cause = Cause {
    id: "extra-fields",
    when: |evidence| given(evidence.audience.is_some() || evidence.has_parameters, Rank::Possible),
    applies: "`audience` or `endpoint_params`",
    verdict: "The server does not know a field that audience or endpoint_params added to the request. Remove audience and \
              endpoint_params for one run, and then add them one at a time.",
    other: "The server does not know a field from audience or endpoint_params.",
};

static ENCODING: Cause = Cause {
    id: "encoding",
    when: |evidence| given(evidence.reserved_characters && evidence.is_basic(), Rank::Possible),
    applies: "HTTP Basic, and characters other than letters, digits and `-._~`",
    verdict: "client_id or client_secret has characters that servers read differently in HTTP Basic. Set \
              basic_auth_encoding = \"rfc6749\" (or \"raw\", if it is set to \"rfc6749\" now).",
    other: "The server reads characters of the pair differently: set basic_auth_encoding.",
};

static NAMED_REASON: Cause = Cause {
    id: "other-service",
    when: |evidence| given(evidence.words().is_some(), Rank::Usual),
    applies: "the server gives a reason",
    verdict: "The server says: {quote}. Correct what it names; if the request should be right, set {url_setting} in \
              {url_place} to the token endpoint that NICE gave you, since another service may have answered.",
    other: "The address belongs to another service: check {url_setting}.",
};

static OTHER_METHOD: Cause = Cause {
    id: "method",
    when: |evidence| given(evidence.has_client(), Rank::Usual),
    applies: "",
    verdict: "The server expects the credentials by {other_method}. Set token_endpoint_auth_method = \"{other_method}\".",
    other: "The server expects {other_method}: set token_endpoint_auth_method = \"{other_method}\".",
};

static CHANGED_REQUEST: Cause = Cause {
    id: "changed-request",
    when: |_| Some(Rank::Usual),
    applies: "",
    verdict: "A gateway between this machine and {host} changed the request. Try from another network.",
    other: "A gateway between this machine and {host} changed the request.",
};
