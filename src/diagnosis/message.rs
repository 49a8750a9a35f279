//! The table of messages: one for each class of failure, with its causes.

use crate::diagnosis::cause::Cause;
use crate::diagnosis::causes::{address, credentials, network, request, response, service, tls};
use crate::diagnosis::evidence::Evidence;
use oauth::{BodyShape, ErrorKind, ProxyFailure, TimeoutPhase, TlsFailure};

/// One class of failure.
pub(super) struct Message {
    /// A stable name, the anchor in the guide.
    pub(super) id: &'static str,
    /// The summary in one line, a template.
    pub(super) summary: &'static str,
    /// The subject of the failure. It decides which suspicious values can be its cause, and which facts are shown.
    pub(super) about: About,
    /// The setting that most likely needs a change.
    pub(super) blame: Blame,
    /// The possible causes, the most frequent first. The last one applies if no other does.
    pub(super) causes: &'static [&'static Cause],
}

/// The subject of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The server has judged the credentials.
    Credentials,
    /// The server has judged the scopes.
    Scopes,
    /// The server has judged another part of the request.
    Request,
    /// The response is not a token endpoint's.
    Address,
    /// The host was not reached, or is the wrong one.
    Host,
    /// The service itself.
    Service,
    /// Nothing was sent.
    Nothing,
}

/// The setting that a diagnostic points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    Secret,
    TokenUrl,
    Scopes,
    Audience,
    Proxy,
    Timeout,
    CaCert,
    ClientCert,
    Nothing,
}

/// The message for the failure of `evidence`.
pub(super) fn of(evidence: &Evidence) -> &'static Message {
    by_id(id_of(evidence.kind()))
}

/// The stable name of a failure's class. A new kind of failure does not compile without one.
pub(super) fn id_of(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::OAuth { status, error, .. } => oauth_error(*status, error),
        ErrorKind::Status { status, shape, .. } => plain_status(*status, shape),
        ErrorKind::Redirect { location, .. } => redirect(location.as_deref()),
        ErrorKind::NotATokenResponse { shape, .. } => not_a_token(shape),
        ErrorKind::ResponseTooLarge { .. } => "answer-too-large",
        ErrorKind::HeadersTooLarge { .. } => "headers-too-large",
        ErrorKind::Undecodable { is_cut_off: true, .. } => "ended-early",
        ErrorKind::Undecodable { .. } => "not-decodable",
        ErrorKind::Dns => "dns",
        ErrorKind::ConnectionRefused => "connection-refused",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::ConnectionClosed => "connection-closed",
        ErrorKind::Timeout { phase: TimeoutPhase::Connect, .. } => "timeout-connecting",
        ErrorKind::Timeout { phase: TimeoutPhase::Handshake, .. } => "timeout-tls",
        ErrorKind::Timeout { phase: TimeoutPhase::Headers, .. } => "timeout-waiting",
        ErrorKind::Timeout { phase: TimeoutPhase::Body, .. } => "timeout-reading",
        ErrorKind::Tls(failure) => tls_failure(failure),
        ErrorKind::Proxy(ProxyFailure::AuthenticationRequired) => "proxy-authentication",
        ErrorKind::Proxy(ProxyFailure::TunnelRefused { .. } | ProxyFailure::Closed) => "proxy-refused",
        ErrorKind::Proxy(ProxyFailure::Tls(_)) => "proxy-tls",
        ErrorKind::Proxy(ProxyFailure::Unreachable) => "proxy-unreachable",
        ErrorKind::Http2 => "http2",
        ErrorKind::InvalidHttp => "invalid-http",
        ErrorKind::Setup(_) => "setup",
        ErrorKind::Interrupted => "interrupted",
    }
}

/// The message with that name.
pub(super) fn by_id(id: &str) -> &'static Message {
    let mut messages = SECTIONS.iter().flat_map(|section| section.messages).copied();
    // A test checks that the table has every name of `id_of`.
    messages.find(|message| message.id == id).unwrap_or(&OTHER)
}

fn oauth_error(status: u16, error: &str) -> &'static str {
    match (error, status) {
        // These statuses say more than the code.
        (_, 429) => "http-429",
        (_, 405) => "http-405",
        ("invalid_client", _) => "invalid-client",
        ("invalid_grant", _) => "invalid-grant",
        ("unauthorized_client", _) => "unauthorized-client",
        ("unsupported_grant_type", _) => "unsupported-grant-type",
        ("invalid_scope" | "scope_invalid", _) => "invalid-scope",
        ("invalid_target", _) => "invalid-target",
        ("invalid_request", _) => "invalid-request",
        ("temporarily_unavailable" | "slow_down", _) => "temporarily-unavailable",
        (_, 404 | 410) => "http-404",
        // One real service responds to wrong credentials with 401 and `server_error`.
        ("server_error" | "access_denied", 401) => "access-denied",
        ("server_error", _) | (_, 500..) => "server-error",
        ("access_denied" | "insufficient_scope", _) | (_, 403) => "access-denied",
        _ => "other-oauth-error",
    }
}

fn plain_status(status: u16, shape: &BodyShape) -> &'static str {
    match (status, shape) {
        (400, _) => "http-400",
        (401, _) => "http-401",
        // A page comes from a gateway or a filter, not from the token service.
        (403, BodyShape::Html(_)) => "http-403-web-page",
        (403, _) => "http-403",
        (404 | 410, _) => "http-404",
        (405, _) => "http-405",
        (406 | 415, _) => "http-415",
        (407, _) => "proxy-authentication",
        (429, _) => "http-429",
        (502..=504, _) => "http-502-503-504",
        // RFC 6585 section 6: only networks with a login send it.
        (511, _) => "captive-portal",
        (500.., _) => "http-5xx",
        _ => "http-other",
    }
}

fn redirect(location: Option<&str>) -> &'static str {
    let location = location.unwrap_or_default().to_ascii_lowercase();
    // Plain http on this machine is safe.
    let is_here = ["http://127.", "http://localhost", "http://[::1]"].iter().any(|here| location.starts_with(here));
    if location.starts_with("http://") && !is_here {
        "redirect-to-http"
    } else if PORTAL_WORDS.iter().any(|word| location.contains(word)) {
        "captive-portal"
    } else if LOGIN_WORDS.iter().any(|word| location.contains(word)) {
        "redirect-to-login"
    } else {
        "redirect"
    }
}

fn not_a_token(shape: &BodyShape) -> &'static str {
    match shape {
        // There is a token, but it is of another type or cannot be in a header.
        BodyShape::JsonObject(names) if names.iter().any(|name| name == "access_token") => "unusable-token",
        BodyShape::JsonObject(_) | BodyShape::OtherJson => "no-access-token",
        BodyShape::Html(Some(title)) if has_word(title, &PORTAL_WORDS) => "captive-portal",
        BodyShape::Html(Some(title)) if has_word(title, &LOGIN_TITLES) => "login-page",
        BodyShape::Html(_) => "web-page",
        BodyShape::BrokenJson => "broken-json",
        BodyShape::Empty => "empty-answer",
        BodyShape::Form | BodyShape::Text | BodyShape::Binary => "not-json",
    }
}

fn tls_failure(failure: &TlsFailure) -> &'static str {
    match failure {
        TlsFailure::UnknownIssuer => "tls-unknown-issuer",
        TlsFailure::Expired => "tls-expired",
        TlsFailure::NotValidYet => "tls-not-valid-yet",
        TlsFailure::WrongName { .. } => "tls-wrong-name",
        TlsFailure::ClientCertificate => "tls-client-certificate",
        TlsFailure::NotTls => "tls-not-tls",
        TlsFailure::Other(_) => "tls-other",
    }
}

fn has_word(title: &str, words: &[&str]) -> bool {
    let title = title.to_ascii_lowercase();
    words.iter().any(|word| title.contains(word))
}

const LOGIN_WORDS: [&str; 7] = ["login", "signin", "sign-in", "logon", "sso", "saml", "authorize"];
const LOGIN_TITLES: [&str; 8] = ["log in", "login", "log on", "logon", "sign in", "sign on", "signin", "sign-on"];
// Parts of an address or a title, in lower case.
const PORTAL_WORDS: [&str; 6] = ["captive", "portal", "hotspot", "wifi", "wi-fi", "wlan"];

/// A section of the guide.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) messages: &'static [&'static Message],
}

/// All messages, in the guide's order.
pub(super) static SECTIONS: [Section; 5] = [
    Section {
        title: "The token service sent an OAuth error",
        intro: "The server judged the request and named the rule that it broke.",
        messages: &[
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
            &OTHER,
        ],
    },
    Section {
        title: "The server sent another error",
        intro: "There was a response, but no OAuth error in it.",
        messages: &[
            &UNAUTHORIZED,
            &FORBIDDEN,
            &BLOCKED,
            &BAD_REQUEST,
            &NOT_FOUND,
            &METHOD_NOT_ALLOWED,
            &UNSUPPORTED_MEDIA_TYPE,
            &TOO_MANY_REQUESTS,
            &SERVER_FAILURE,
            &GATEWAY,
            &OTHER_STATUS,
        ],
    },
    Section {
        title: "The response was a redirect, or had no token",
        intro: "The status was a good one, and the response was not a token.",
        messages: &[
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
            &HEADERS_TOO_LARGE,
            &NOT_DECODABLE,
            &ENDED_EARLY,
        ],
    },
    Section {
        title: "The server was not reached",
        intro: "CXone has not judged the credentials, and mostly they were not sent.",
        messages: &[
            &DNS,
            &REFUSED,
            &UNREACHABLE,
            &CLOSED,
            &CONNECT_TIMEOUT,
            &TLS_TIMEOUT,
            &ANSWER_TIMEOUT,
            &BODY_TIMEOUT,
            &PROXY_AUTHENTICATION,
            &PROXY_REFUSED,
            &PROXY_UNREACHABLE,
            &PROXY_TLS,
            &HTTP2,
            &INVALID_HTTP,
            &SETUP,
            &INTERRUPTED,
        ],
    },
    Section {
        title: "TLS failed",
        intro: "The identity of the server was not established, so no credential was sent.",
        messages: &[&UNKNOWN_ISSUER, &EXPIRED, &NOT_VALID_YET, &WRONG_NAME, &CLIENT_CERTIFICATE, &NOT_TLS, &OTHER_TLS],
    },
];

const fn message(
    id: &'static str,
    summary: &'static str,
    about: About,
    blame: Blame,
    causes: &'static [&'static Cause],
) -> Message {
    Message { id, summary, about, blame, causes }
}

static INVALID_CLIENT: Message = message(
    "invalid-client",
    "CXone rejected the client credentials (HTTP {status} {code})",
    About::Credentials,
    Blame::Secret,
    credentials::ALL,
);

static INVALID_GRANT: Message = message(
    "invalid-grant",
    "CXone rejected the grant (HTTP {status} {code})",
    About::Credentials,
    Blame::Secret,
    credentials::GRANT,
);

static UNAUTHORIZED_CLIENT: Message = message(
    "unauthorized-client",
    "This application may not use grant_type={grant} (HTTP {status} {code})",
    About::Credentials,
    Blame::Nothing,
    credentials::REGISTRATION,
);

static UNSUPPORTED_GRANT_TYPE: Message = message(
    "unsupported-grant-type",
    "The token endpoint does not support grant_type={grant} (HTTP {status} {code})",
    About::Request,
    Blame::Nothing,
    credentials::UNSUPPORTED_GRANT,
);

static INVALID_SCOPE: Message = message(
    "invalid-scope",
    "CXone rejected the requested scopes (HTTP {status} {code})",
    About::Scopes,
    Blame::Scopes,
    request::SCOPES,
);

static INVALID_TARGET: Message = message(
    "invalid-target",
    "CXone rejected the requested audience (HTTP {status} {code})",
    About::Request,
    Blame::Audience,
    request::AUDIENCE,
);

static INVALID_REQUEST: Message = message(
    "invalid-request",
    "CXone did not understand the token request (HTTP {status} {code})",
    About::Request,
    Blame::TokenUrl,
    request::NOT_UNDERSTOOD,
);

static ACCESS_DENIED: Message = message(
    "access-denied",
    "CXone denied the token (HTTP {status} {code})",
    About::Credentials,
    Blame::Nothing,
    credentials::DENIED,
);

static TEMPORARILY_UNAVAILABLE: Message = message(
    "temporarily-unavailable",
    "CXone's token service is not available now (HTTP {status} {code})",
    About::Service,
    Blame::Nothing,
    service::UNAVAILABLE,
);

static SERVER_ERROR: Message = message(
    "server-error",
    "CXone's token service failed (HTTP {status} {code})",
    About::Service,
    Blame::Nothing,
    service::FAILED,
);

static OTHER: Message = message(
    "other-oauth-error",
    "CXone sent no token: {code} (HTTP {status})",
    About::Credentials,
    Blame::Nothing,
    credentials::OWN_CODE,
);

static UNAUTHORIZED: Message = message(
    "http-401",
    "CXone rejected the credentials without an OAuth error (HTTP 401)",
    About::Credentials,
    Blame::Secret,
    credentials::ALL,
);

static FORBIDDEN: Message = message(
    "http-403",
    "CXone rejected the token request without an OAuth error (HTTP 403)",
    About::Credentials,
    Blame::Secret,
    credentials::FORBIDDEN,
);

static BLOCKED: Message = message(
    "http-403-web-page",
    "A firewall or gateway blocked the token request (HTTP 403, a web page)",
    About::Host,
    Blame::TokenUrl,
    response::BLOCKED,
);

static BAD_REQUEST: Message = message(
    "http-400",
    "CXone did not understand the token request (HTTP 400)",
    About::Request,
    Blame::TokenUrl,
    request::NOT_UNDERSTOOD,
);

static NOT_FOUND: Message = message(
    "http-404",
    "There is no token endpoint at this address (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    address::NOT_FOUND,
);

static METHOD_NOT_ALLOWED: Message = message(
    "http-405",
    "This address does not accept POST, so it is not a token endpoint (HTTP 405)",
    About::Address,
    Blame::TokenUrl,
    address::NO_POST,
);

static UNSUPPORTED_MEDIA_TYPE: Message = message(
    "http-415",
    "This address does not accept the format of the token request (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    address::NO_FORM,
);

static TOO_MANY_REQUESTS: Message = message(
    "http-429",
    "CXone is rate-limiting token requests (HTTP 429)",
    About::Service,
    Blame::Nothing,
    service::LIMITED,
);

static SERVER_FAILURE: Message = message(
    "http-5xx",
    "CXone's token service failed (HTTP {status})",
    About::Service,
    Blame::Nothing,
    service::FAILED,
);

static GATEWAY: Message = message(
    "http-502-503-504",
    "CXone's token service is not available (HTTP {status})",
    About::Service,
    Blame::Nothing,
    service::UNAVAILABLE,
);

static OTHER_STATUS: Message = message(
    "http-other",
    "CXone sent no token (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    service::OTHER_STATUS,
);

static REDIRECT_TO_HTTP: Message = message(
    "redirect-to-http",
    "The token endpoint redirects to plain http (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::TO_HTTP,
);

static REDIRECT_TO_LOGIN: Message = message(
    "redirect-to-login",
    "The address redirects to a login page, so it is not a token endpoint (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::TO_LOGIN,
);

static REDIRECT: Message = message(
    "redirect",
    "The address redirects elsewhere, and the provider follows no redirect (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::ELSEWHERE,
);

static CAPTIVE_PORTAL: Message = message(
    "captive-portal",
    "This network requires a login before it lets requests through (HTTP {status})",
    About::Address,
    Blame::Nothing,
    response::CAPTIVE,
);

static LOGIN_PAGE: Message = message(
    "login-page",
    "The response is a login page instead of a token (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::LOGIN_PAGE,
);

static WEB_PAGE: Message = message(
    "web-page",
    "The response is a web page instead of a token (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::PAGE,
);

static OTHER_JSON: Message = message(
    "no-access-token",
    "The response is JSON without an access token (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::NO_TOKEN,
);

static UNUSABLE_TOKEN: Message = message(
    "unusable-token",
    "The access token in the response is not usable (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::UNUSABLE,
);

static BROKEN_JSON: Message = message(
    "broken-json",
    "The token response is cut off or damaged (HTTP {status})",
    About::Service,
    Blame::Nothing,
    response::BROKEN,
);

static EMPTY: Message = message(
    "empty-answer",
    "The response has no content (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::EMPTY,
);

static NOT_JSON: Message = message(
    "not-json",
    "The response is not JSON, so it has no token that the provider can read (HTTP {status})",
    About::Address,
    Blame::TokenUrl,
    response::NOT_JSON,
);

static TOO_LARGE: Message = message(
    "answer-too-large",
    "The response is too large for a token response",
    About::Address,
    Blame::TokenUrl,
    response::TOO_LARGE,
);

static HEADERS_TOO_LARGE: Message = message(
    "headers-too-large",
    "The headers of the response are too large",
    About::Address,
    Blame::TokenUrl,
    response::HEADERS,
);

static NOT_DECODABLE: Message = message(
    "not-decodable",
    "The body of the response is not the gzip that its headers promise",
    About::Address,
    Blame::Nothing,
    response::UNDECODABLE,
);

static ENDED_EARLY: Message = message(
    "ended-early",
    "The compressed body of the response ended early",
    About::Service,
    Blame::Nothing,
    response::ENDED_EARLY,
);

static DNS: Message =
    message("dns", "The host name {host} cannot be resolved", About::Host, Blame::TokenUrl, network::NAME);

static REFUSED: Message =
    message("connection-refused", "{host} refused the connection", About::Host, Blame::TokenUrl, network::REFUSED);

static UNREACHABLE: Message =
    message("unreachable", "{host} cannot be reached", About::Host, Blame::TokenUrl, network::UNREACHABLE);

static CLOSED: Message = message(
    "connection-closed",
    "{host} closed the connection before the response was complete",
    About::Service,
    Blame::Nothing,
    network::CLOSED,
);

static CONNECT_TIMEOUT: Message = message(
    "timeout-connecting",
    "No connection to {host} within {limit}",
    About::Host,
    Blame::Timeout,
    network::NO_CONNECTION,
);

static TLS_TIMEOUT: Message = message(
    "timeout-tls",
    "Connected to {host}, but the TLS handshake got no reply within {limit}",
    About::Host,
    Blame::TokenUrl,
    network::NO_HANDSHAKE,
);

static ANSWER_TIMEOUT: Message = message(
    "timeout-waiting",
    "{host} did not respond within {limit}",
    About::Service,
    Blame::Timeout,
    network::NO_RESPONSE,
);

static BODY_TIMEOUT: Message = message(
    "timeout-reading",
    "The response of {host} was not complete within {limit}",
    About::Service,
    Blame::Timeout,
    network::NO_END,
);

static PROXY_AUTHENTICATION: Message = message(
    "proxy-authentication",
    "The proxy requires a login (HTTP 407)",
    About::Host,
    Blame::Proxy,
    network::PROXY_LOGIN,
);

static PROXY_REFUSED: Message = message(
    "proxy-refused",
    "The proxy refused the connection to {host}{proxy_status}",
    About::Host,
    Blame::Proxy,
    network::PROXY_REFUSED,
);

static PROXY_UNREACHABLE: Message =
    message("proxy-unreachable", "The proxy cannot be reached", About::Host, Blame::Proxy, network::PROXY_UNREACHABLE);

static PROXY_TLS: Message =
    message("proxy-tls", "TLS to the proxy failed", About::Host, Blame::Proxy, network::PROXY_TLS);

static HTTP2: Message =
    message("http2", "The HTTP/2 connection to {host} failed", About::Service, Blame::Nothing, network::HTTP2_FAILED);

static INVALID_HTTP: Message = message(
    "invalid-http",
    "The response of {host} is not valid HTTP",
    About::Host,
    Blame::TokenUrl,
    network::NOT_HTTP,
);

static SETUP: Message =
    message("setup", "The token request cannot be prepared", About::Nothing, Blame::Nothing, network::SETUP);

static INTERRUPTED: Message =
    message("interrupted", "The token request was stopped", About::Nothing, Blame::Nothing, network::STOPPED_BY_HOST);

static UNKNOWN_ISSUER: Message = message(
    "tls-unknown-issuer",
    "The certificate of {host} is signed by an unknown issuer",
    About::Host,
    Blame::CaCert,
    tls::UNKNOWN_ISSUER,
);

static EXPIRED: Message =
    message("tls-expired", "The certificate of {host} has expired", About::Host, Blame::Nothing, tls::EXPIRED);

static NOT_VALID_YET: Message = message(
    "tls-not-valid-yet",
    "The certificate of {host} is not valid yet",
    About::Host,
    Blame::Nothing,
    tls::NOT_VALID_YET,
);

static WRONG_NAME: Message =
    message("tls-wrong-name", "The certificate is not for {host}", About::Host, Blame::TokenUrl, tls::WRONG_NAME);

static CLIENT_CERTIFICATE: Message = message(
    "tls-client-certificate",
    "{host} requires a client certificate, or rejected the one it got",
    About::Host,
    Blame::ClientCert,
    tls::CLIENT_CERTIFICATE,
);

static NOT_TLS: Message =
    message("tls-not-tls", "{host} does not speak TLS on port {port}", About::Host, Blame::TokenUrl, tls::NOT_TLS);

static OTHER_TLS: Message =
    message("tls-other", "The TLS handshake with {host} failed", About::Host, Blame::Nothing, tls::OTHER);
