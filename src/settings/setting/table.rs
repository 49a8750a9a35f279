//! Every setting of the provider block, in the order of the documentation.

use crate::settings::setting::{Kind, Setting};

/// `token_url`
pub const TOKEN_URL: Setting = Setting::text(
    "token_url",
    &["CXONE_TOKEN_URL"],
    "Address of the token endpoint. Only `https`, except for loopback hosts. With the grant `client_credentials` it \
     defaults to `https://api.nicecxone.com/oauth/token`, the address that the people who asked for this provider \
     use; no public NICE page names it. With `access_key` it takes the place of `region`.",
);
/// `issuer`
pub const ISSUER: Setting = Setting::text(
    "issuer",
    &["CXONE_ISSUER"],
    "Base address of an OpenID issuer, such as `https://cxone.niceincontact.com` or \
     `https://cxone-gov.niceincontact.com`: the token endpoint is read from the discovery document under it. The \
     default with the grant `password`. Excludes `token_url`.",
);
/// `region`
pub const REGION: Setting = Setting::text(
    "region",
    &["CXONE_REGION"],
    "Area of the tenant, such as `na1`. With the grant `access_key` alone, whose regional service it names: \
     `https://{region}.nice-incontact.com`. Any area is taken.",
);
/// `grant_type`
pub const GRANT_TYPE: Setting = Setting::text(
    "grant_type",
    &["CXONE_GRANT_TYPE"],
    "How a token is obtained: `client_credentials` (default), `password` (an access key and a client application at \
     CXone's global service, the flow that NICE documents for back ends) or `access_key` (an access key alone at the \
     regional service).",
);
/// `client_id`
pub const CLIENT_ID: Setting =
    Setting::text("client_id", &["CXONE_CLIENT_ID"], "Identifier of the client application that CXone issued.");
/// `client_secret`
pub const CLIENT_SECRET: Setting = Setting::secret(
    "client_secret",
    &["CXONE_CLIENT_SECRET"],
    "Secret of the client application. Prefer `client_secret_file` or the environment to writing it here.",
)
.or_in(&CLIENT_SECRET_FILE);
/// `client_secret_file`
pub const CLIENT_SECRET_FILE: Setting = Setting::text(
    "client_secret_file",
    &["CXONE_CLIENT_SECRET_FILE"],
    "Path of a file that holds the client secret. One final newline is not part of the secret.",
);
/// `access_key_id`
pub const ACCESS_KEY_ID: Setting = Setting::text(
    "access_key_id",
    &["CXONE_ACCESS_KEY_ID"],
    "Identifier of an access key, with the grants `password` and `access_key`.",
);
/// `access_key_secret`
pub const ACCESS_KEY_SECRET: Setting = Setting::secret(
    "access_key_secret",
    &["CXONE_ACCESS_KEY_SECRET"],
    "Secret of the access key. Prefer `access_key_secret_file` or the environment to writing it here.",
)
.or_in(&ACCESS_KEY_SECRET_FILE);
/// `access_key_secret_file`
pub const ACCESS_KEY_SECRET_FILE: Setting = Setting::text(
    "access_key_secret_file",
    &["CXONE_ACCESS_KEY_SECRET_FILE"],
    "Path of a file that holds the access key's secret. One final newline is not part of the secret.",
);
/// `token_endpoint_auth_method`
pub const TOKEN_ENDPOINT_AUTH_METHOD: Setting = Setting::text(
    "token_endpoint_auth_method",
    &["CXONE_TOKEN_ENDPOINT_AUTH_METHOD"],
    "How the client authenticates: `client_secret_basic` (default, HTTP Basic) or `client_secret_post` (in the form).",
);
/// `basic_auth_encoding`
pub const BASIC_AUTH_ENCODING: Setting = Setting::text(
    "basic_auth_encoding",
    &["CXONE_BASIC_AUTH_ENCODING"],
    "How identifier and secret are written into the Basic header: `raw` (default, as they are) or `rfc6749` \
     (percent-encoded first). The same bytes unless they hold characters other than `A-Za-z0-9-._~`.",
);
/// `scopes`
pub const SCOPES: Setting = Setting {
    kind: Kind::Set,
    ..Setting::text(
        "scopes",
        &["CXONE_SCOPES"],
        "The declared scopes: sent with the request and compared with what CXone grants. In the environment, \
         separated by white space or commas. The grant `access_key` has no way to send them: there they are compared with \
         the token's claims alone, and a warning says so.",
    )
};
/// `audience`
pub const AUDIENCE: Setting =
    Setting::text("audience", &["CXONE_AUDIENCE"], "Audience to ask for, sent as `audience`; not sent by default.");
/// `endpoint_params`
pub const ENDPOINT_PARAMS: Setting = Setting {
    kind: Kind::Map,
    ..Setting::secret(
        "endpoint_params",
        &[],
        "Further form fields for the token request. The standard fields cannot be overridden.",
    )
};
/// `scope_drift`
pub const SCOPE_DRIFT: Setting = Setting::text(
    "scope_drift",
    &["CXONE_SCOPE_DRIFT"],
    "What to do when CXone grants other scopes than declared: `warn` (default), `error` or `ignore`.",
);
/// `skip_credentials_validation`
pub const SKIP_CREDENTIALS_VALIDATION: Setting = Setting {
    kind: Kind::Bool,
    ..Setting::text(
        "skip_credentials_validation",
        &["CXONE_SKIP_CREDENTIALS_VALIDATION"],
        "Whether to leave out the token exchange when the provider is configured. Defaults to `false`; with `true` \
         the exchange happens when a token is first needed.",
    )
};
/// `request_timeout`
pub const REQUEST_TIMEOUT: Setting = Setting::text(
    "request_timeout",
    &["CXONE_REQUEST_TIMEOUT"],
    "Time limit for one attempt, as a duration such as `30s` (default) or `1m30s`.",
);
/// `max_retries`
pub const MAX_RETRIES: Setting = Setting {
    kind: Kind::Number,
    ..Setting::text(
        "max_retries",
        &["CXONE_MAX_RETRIES"],
        "How often a request is repeated after a connection fault or HTTP 429, 502, 503 or 504. Defaults to `3`. \
         Refused credentials are never tried again.",
    )
};
/// `retry_min_wait`
pub const RETRY_MIN_WAIT: Setting = Setting::text(
    "retry_min_wait",
    &["CXONE_RETRY_MIN_WAIT"],
    "Shortest wait before a repetition, as a duration. Defaults to `1s`.",
);
/// `retry_max_wait`
pub const RETRY_MAX_WAIT: Setting = Setting::text(
    "retry_max_wait",
    &["CXONE_RETRY_MAX_WAIT"],
    "Longest wait before a repetition, as a duration; also caps what a server asks for in `Retry-After`. Defaults \
     to `30s`.",
);
/// `ca_cert_file`
pub const CA_CERT_FILE: Setting = Setting::text(
    "ca_cert_file",
    &["CXONE_CA_CERT_FILE"],
    "Path of a PEM file with certificates to trust in addition to the system's roots.",
);
/// `ca_cert_pem`
pub const CA_CERT_PEM: Setting =
    Setting::text("ca_cert_pem", &["CXONE_CA_CERT_PEM"], "PEM certificates to trust beside the system's roots.")
        .or_in(&CA_CERT_FILE);
/// `client_cert_pem`
pub const CLIENT_CERT_PEM: Setting = Setting::text(
    "client_cert_pem",
    &["CXONE_CLIENT_CERT_PEM"],
    "PEM certificate chain for mutual TLS, the client's own certificate first. Needs `client_key_pem`.",
);
/// `client_key_pem`
pub const CLIENT_KEY_PEM: Setting = Setting::secret(
    "client_key_pem",
    &["CXONE_CLIENT_KEY_PEM"],
    "PEM private key for mutual TLS. Needs `client_cert_pem`.",
);
/// `tls_insecure_skip_verify`
pub const TLS_INSECURE_SKIP_VERIFY: Setting = Setting {
    kind: Kind::Bool,
    ..Setting::text(
        "tls_insecure_skip_verify",
        &["CXONE_TLS_INSECURE_SKIP_VERIFY"],
        "Whether to accept any server certificate. Defaults to `false`; `true` exposes the credentials to whoever \
         stands between, and warns.",
    )
};
/// `http_proxy`
pub const HTTP_PROXY: Setting = Setting::text(
    "http_proxy",
    &["CXONE_HTTP_PROXY"],
    "Proxy for every https request, as a URL, user info allowed. Defaults to what `HTTPS_PROXY` and `NO_PROXY` say; \
     `HTTP_PROXY` is for plain http, which is spoken to this machine alone and takes no proxy.",
);
/// `http_version`
pub const HTTP_VERSION: Setting = Setting::text(
    "http_version",
    &["CXONE_HTTP_VERSION"],
    "HTTP version to speak: `auto` (default, HTTP/2 where the server offers it) or `1.1`.",
);
/// `access_token`
pub const ACCESS_TOKEN: Setting = Setting::secret(
    "access_token",
    &["CXONE_ACCESS_TOKEN"],
    "A token that you already have. No exchange takes place; lifetime and scopes are read from the token where it \
     is a JWT.",
);
/// `expected_tenant_id`
pub const EXPECTED_TENANT_ID: Setting = Setting::text(
    "expected_tenant_id",
    &["CXONE_EXPECTED_TENANT_ID"],
    "Identifier of the tenant that tokens must belong to. A token of another tenant, or one that does not tell its \
     tenant, is an error, before anything uses it.",
);
/// `expected_claims`
pub const EXPECTED_CLAIMS: Setting = Setting {
    kind: Kind::Map,
    ..Setting::text(
        "expected_claims",
        &[],
        "Claims that every token must carry: a dotted path, such as `role.id`, and its value. A token with something \
         else, and an opaque token, is an error, before anything uses it. Numbers, objects and arrays compare as JSON, \
         arrays of texts in any order. `exp`, `iat`, `nbf` and `jti` differ in every token and are refused.",
    )
};
/// `append_user_agent`
pub const APPEND_USER_AGENT: Setting = Setting::text(
    "append_user_agent",
    &["CXONE_APPEND_USER_AGENT", "TF_APPEND_USER_AGENT"],
    "Text appended to the `User-Agent` header of every request.",
);

/// Every setting.
pub const ALL: &[&Setting] = &[
    &TOKEN_URL,
    &ISSUER,
    &REGION,
    &GRANT_TYPE,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &CLIENT_SECRET_FILE,
    &ACCESS_KEY_ID,
    &ACCESS_KEY_SECRET,
    &ACCESS_KEY_SECRET_FILE,
    &TOKEN_ENDPOINT_AUTH_METHOD,
    &BASIC_AUTH_ENCODING,
    &SCOPES,
    &AUDIENCE,
    &ENDPOINT_PARAMS,
    &SCOPE_DRIFT,
    &SKIP_CREDENTIALS_VALIDATION,
    &REQUEST_TIMEOUT,
    &MAX_RETRIES,
    &RETRY_MIN_WAIT,
    &RETRY_MAX_WAIT,
    &CA_CERT_FILE,
    &CA_CERT_PEM,
    &CLIENT_CERT_PEM,
    &CLIENT_KEY_PEM,
    &TLS_INSECURE_SKIP_VERIFY,
    &HTTP_PROXY,
    &HTTP_VERSION,
    &ACCESS_TOKEN,
    &EXPECTED_TENANT_ID,
    &EXPECTED_CLAIMS,
    &APPEND_USER_AGENT,
];
