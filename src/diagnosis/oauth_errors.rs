//! The token endpoint's own verdicts: the error codes of RFC 6749 section 5.2 and those that servers add.

use crate::diagnosis::entry::When::*;
use crate::diagnosis::entry::{Blame, Entry, Request, always, when};
use crate::diagnosis::lines::*;

/// The entry for an OAuth error code and the status it came with.
pub(super) fn entry(status: u16, error: &str) -> &'static Entry {
    match (error, status) {
        (_, 429) => &crate::diagnosis::http_status::TOO_MANY_REQUESTS,
        ("invalid_client", _) => &INVALID_CLIENT,
        ("invalid_grant", _) => &INVALID_GRANT,
        ("unauthorized_client", _) => &UNAUTHORIZED_CLIENT,
        ("unsupported_grant_type", _) => &UNSUPPORTED_GRANT_TYPE,
        ("invalid_scope" | "scope_invalid", _) => &INVALID_SCOPE,
        ("invalid_target", _) => &INVALID_TARGET,
        ("invalid_request", _) => &INVALID_REQUEST,
        ("temporarily_unavailable" | "slow_down", _) => &TEMPORARILY_UNAVAILABLE,
        ("server_error", _) | (_, 500..) => &SERVER_ERROR,
        ("access_denied" | "insufficient_scope", _) | (_, 403) => &ACCESS_DENIED,
        _ => &OTHER_ERROR,
    }
}

/// Every entry of this file, in the guide's order.
pub(super) const ALL: [&Entry; 11] = [
    &INVALID_CLIENT,
    &INVALID_GRANT,
    &UNAUTHORIZED_CLIENT,
    &UNSUPPORTED_GRANT_TYPE,
    &INVALID_SCOPE,
    &INVALID_TARGET,
    &INVALID_REQUEST,
    &ACCESS_DENIED,
    &TEMPORARILY_UNAVAILABLE,
    &SERVER_ERROR,
    &OTHER_ERROR,
];

static INVALID_CLIENT: Entry = Entry {
    id: "invalid-client",
    summary: "CXone refused the client credentials (HTTP {status}, {error})",
    meaning: "The token endpoint does not accept the client id, the secret, or the way in which they were sent.",
    causes: &[
        WRONG_PAIR,
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
    steps: &[COMPARE, OTHER_ENCODING, RAW_AGAIN, TRY_POST, TRY_BASIC, OTHER_ADDRESS, DOCTOR],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::Secret,
};

static INVALID_GRANT: Entry = Entry {
    id: "invalid-grant",
    summary: "CXone refused the grant (HTTP {status}, {error})",
    meaning: "The client may be known; what it presented to be given a token was refused.",
    causes: &[
        when(AccessKey, "The access key is wrong, was deleted or switched off. Its secret came {access_key_source}."),
        when(AccessKey, "The employee who owns the access key was deactivated, or locked for not logging in."),
        when(AccessKey, "The access key belongs to another tenant or environment than the application."),
        when(ClientCredentialsAtIssuer, NO_CLIENT_CREDENTIALS),
        when(
            ClientCredentials,
            "The token endpoint does not know grant_type={grant}: some servers answer with this code.",
        ),
        OLD_VARIABLE,
        OLD_FILE,
        CLOCK,
    ],
    steps: &[
        when(
            AccessKey,
            "In CXone, check that the access key is active and that its owner can log in. The secret of a key is \
             shown once only: if it is lost, make a new key.",
        ),
        when(ClientCredentialsAtIssuer, SET_ACCESS_KEY),
        COMPARE,
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::AccessKey,
};

static UNAUTHORIZED_CLIENT: Entry = Entry {
    id: "unauthorized-client",
    summary: "This application may not use grant_type={grant} (HTTP {status}, {error})",
    meaning: "The application was recognised, but it is not registered for this way of getting a token.",
    causes: &[
        when(ClientCredentialsAtIssuer, NO_CLIENT_CREDENTIALS),
        when(Status401, "The client id or secret is wrong: some servers use this code for it, with HTTP 401."),
        always(
            "The application was registered as another type (a user interface instead of a back end) or for another \
             grant.",
        ),
        when(UnverifiedHost, "The address belongs to another service than the one the application is registered at."),
    ],
    steps: &[
        when(ClientCredentialsAtIssuer, SET_ACCESS_KEY),
        always("Ask NICE, or whoever registered the application, which grants it may use."),
        when(Status401, "Compare the client id and the secret with what NICE sent for the application."),
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::Grant,
};

static UNSUPPORTED_GRANT_TYPE: Entry = Entry {
    id: "unsupported-grant-type",
    summary: "The token endpoint does not offer grant_type={grant} (HTTP {status}, {error})",
    meaning: "The credentials were not judged: this endpoint does not know the grant.",
    causes: &[
        when(ClientCredentialsAtIssuer, NO_CLIENT_CREDENTIALS),
        always("The address is that of another service, or of another version of it."),
        always("Something between here and the server lost the request's body, so that no grant_type arrived."),
    ],
    steps: &[
        when(ClientCredentialsAtIssuer, SET_ACCESS_KEY),
        always(
            "Check token_url (it came {token_url_source}) and grant_type against what NICE sent for the application.",
        ),
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::Grant,
};

static INVALID_SCOPE: Entry = Entry {
    id: "invalid-scope",
    summary: "CXone refused the requested scopes (HTTP {status}, {error})",
    meaning: "The credentials were accepted; what they were asked to be good for was not.",
    causes: &[
        when(
            ScopesSent,
            "A scope is misspelled (upper and lower case count), or this service does not know it. Requested: \
             {scopes}, {scopes_source}.",
        ),
        when(ScopesSent, "The application was not given one of the scopes when it was registered."),
        when(
            Issuer,
            "CXone's global service documents the scope openid alone: rights come from the application's registration \
             and from the role of the access key's owner.",
        ),
        when(NoScopes, "The server wants a scope, and none was requested."),
    ],
    steps: &[
        when(ScopesSent, "If the server's own words name a scope, take that one out, or ask NICE to grant it."),
        when(
            ScopesSent,
            "Remove `scopes` for one run: a token without them shows what the application gets by default \
             (granted_scopes).",
        ),
        when(ScopesSent, "Then add the scopes one at a time; the first that fails is the one to ask NICE about."),
        when(NoScopes, "Set `scopes` to what was granted to the application."),
    ],
    request: Request::Credentials,
    about_host: false,
    blame: Blame::Scopes,
};

static INVALID_TARGET: Entry = Entry {
    id: "invalid-target",
    summary: "CXone refused the requested audience (HTTP {status}, {error})",
    meaning: "The server does not issue tokens of this application for the service that was named.",
    causes: &[always(
        "`audience`, or `resource` in endpoint_params, is misspelled or not allowed for this application.",
    )],
    steps: &[always("Remove `audience` unless NICE asked for one; CXone's documentation does not mention it.")],
    request: Request::Credentials,
    about_host: false,
    blame: Blame::Audience,
};

static INVALID_REQUEST: Entry = Entry {
    id: "invalid-request",
    summary: "CXone could not make sense of the token request (HTTP {status}, {error})",
    meaning: "The server misses something in the request, or found something it does not take.",
    causes: &[
        always("The address is that of another service, which wants other fields."),
        RAW_ENCODING,
        always("A field from `audience` or `endpoint_params` is not known there, or is there twice."),
        REGISTERED_FOR_POST,
        always("A gateway on the way changed the request."),
    ],
    steps: &[
        always("Check token_url (it came {token_url_source}) against what NICE sent for the application."),
        always("Remove `audience` and `endpoint_params` for one run."),
        OTHER_ENCODING,
        TRY_POST,
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::TokenUrl,
};

static ACCESS_DENIED: Entry = Entry {
    id: "access-denied",
    summary: "CXone denied the token (HTTP {status}, {error})",
    meaning: "The token service understood the request and will not grant it.",
    causes: &[
        always("A rule of the tenant forbids it: an IP allow list, a disabled application, a role without the right."),
        when(AccessKey, "The employee who owns the access key lacks the permission."),
        WRONG_PAIR,
    ],
    steps: &[
        always(
            "Ask the tenant's administrator whether the application is active and whether this machine's address is \
             allowed.",
        ),
        DOCTOR,
    ],
    request: Request::Credentials,
    about_host: false,
    blame: Blame::Nothing,
};

static TEMPORARILY_UNAVAILABLE: Entry = Entry {
    id: "temporarily-unavailable",
    summary: "CXone's token service is not available right now (HTTP {status}, {error})",
    meaning: "The server itself says that this passes. The credentials were not judged.",
    causes: &[always("The service is overloaded, being maintained, or wants fewer requests.")],
    steps: &[
        always("Run Terraform again in a few minutes."),
        always("For longer patience, raise max_retries and retry_max_wait."),
    ],
    request: Request::Connection,
    about_host: false,
    blame: Blame::Nothing,
};

static SERVER_ERROR: Entry = Entry {
    id: "server-error",
    summary: "CXone's token service failed (HTTP {status}, {error})",
    meaning: "The fault is on the server's side. The credentials were not judged.",
    causes: &[
        always("A fault or an outage of the service."),
        always("A server that stumbles over one field of the request: `audience`, `endpoint_params` or a scope."),
    ],
    steps: &[
        always("Run Terraform again. If it stays, give NICE's support the time and the ids above."),
        always("Remove `audience` and `endpoint_params` for one run, if they are set."),
    ],
    request: Request::Credentials,
    about_host: false,
    blame: Blame::Nothing,
};

static OTHER_ERROR: Entry = Entry {
    id: "other-oauth-error",
    summary: "CXone gave no token: {error} (HTTP {status})",
    meaning: "The code is none of RFC 6749's; the server's own words below say more.",
    causes: &[
        always("The address is that of another service, or of a gateway with rules of its own."),
        WRONG_PAIR,
        RAW_ENCODING,
        ENCODED_ENCODING,
    ],
    steps: &[always("Look the code up in the documentation of the service at {host}."), OTHER_ADDRESS, DOCTOR],
    request: Request::Credentials,
    about_host: true,
    blame: Blame::Nothing,
};
