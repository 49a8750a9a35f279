//! Servers that answer, and not with a token.

use serde_json::json;

use super::{Failure, scripted};
use testkit::scripted_server::{Reply, ScriptedServer};

type Row = ((&'static str, &'static str), Reply, &'static str, &'static [&'static str]);

/// Every class of failure that an answer can have.
pub(crate) fn answered(wire: &ScriptedServer) -> Vec<Failure> {
    let rows = oauth_errors().into_iter().chain(statuses()).chain(redirects()).chain(no_tokens());
    rows.map(|(name, reply, summary, advice)| scripted(wire, name, reply, summary, advice)).collect()
}

fn oauth_errors() -> Vec<Row> {
    let error = |status, code| Reply::oauth_error(status, code, "words of the server");
    let camel_case = json!({ "error": "invalid_client", "errorDescription": "words of the server" });
    let nested = json!({ "error": { "code": "invalid_client", "message": "words of the server" } });
    vec![
        (
            ("invalid-client", "oauth"),
            error(401, "invalid_client"),
            "refused the client credentials (HTTP 401, invalid_client)",
            &["words of the server", "character by character at both ends", "client_secret_post"],
        ),
        (
            ("invalid-client.bad-request", "oauth"),
            error(400, "invalid_client"),
            "(HTTP 400, invalid_client)",
            &["wrong, was replaced"],
        ),
        (
            ("invalid-client.camel-case", "oauth"),
            Reply::json(401, &camel_case),
            "invalid_client",
            &["words of the server"],
        ),
        (("invalid-client.nested", "oauth"), Reply::json(401, &nested), "invalid_client", &["words of the server"]),
        (
            ("invalid-grant", "oauth"),
            error(400, "invalid_grant"),
            "refused the grant",
            &["does not know grant_type=client_credentials"],
        ),
        (
            ("unauthorized-client", "oauth"),
            error(400, "unauthorized_client"),
            "may not use grant_type",
            &["not registered for this way"],
        ),
        (
            ("unsupported-grant-type", "oauth"),
            error(400, "unsupported_grant_type"),
            "unsupported_grant_type",
            &["lost the request's body"],
        ),
        (
            ("invalid-scope", "oauth"),
            error(400, "invalid_scope"),
            "refused the requested scopes",
            &["Requested: cxone:api", "one at a time"],
        ),
        (
            ("invalid-target", "oauth"),
            error(400, "invalid_target"),
            "refused the requested audience",
            &["Remove `audience`"],
        ),
        (
            ("invalid-request", "oauth"),
            error(400, "invalid_request"),
            "could not make sense",
            &["fields", "client_secret_post"],
        ),
        (("access-denied", "oauth"), error(403, "access_denied"), "denied the token", &["IP allow list"]),
        (
            ("temporarily-unavailable", "oauth"),
            error(503, "temporarily_unavailable"),
            "not available right now",
            &["raise max_retries", "words of the server"],
        ),
        (("server-error", "oauth"), error(500, "server_error"), "token service failed", &["on the server's side"]),
        (
            ("other-oauth-error", "oauth"),
            error(400, "quota_exceeded"),
            "gave no token: quota_exceeded",
            &["server says \"words of the server\"", "Look the code up"],
        ),
    ]
}

fn statuses() -> Vec<Row> {
    let bare = |status| Reply::answer(status, &[], "");
    let blocked = "<html><head><title>Access blocked</title></head></html>";
    let challenge = Reply::answer(401, &[("WWW-Authenticate", "Negotiate"), ("X-Request-Id", "request-4711")], "");
    vec![
        (
            ("http-401", "oauth"),
            challenge,
            "(HTTP 401) without saying why",
            &["asks for Negotiate, not for Basic", "x-request-id request-4711"],
        ),
        (("http-403", "oauth"), bare(403), "(HTTP 403) without saying why", &["IP allow list", "wrong, was replaced"]),
        (
            ("http-403-web-page", "http"),
            Reply::answer(403, &[("Content-Type", "text/html")], blocked),
            "blocked the token request",
            &["Access blocked", "firewall"],
        ),
        (("http-400", "oauth"), bare(400), "could not make sense", &["access_key"]),
        (("http-404", "http"), bare(404), "no token endpoint at this address", &["The path is wrong", "/token"]),
        (("http-405", "http"), bare(405), "takes no POST", &["RFC 6749 section 3.2"]),
        (("http-415", "http"), bare(415), "does not take a form", &["takes JSON"]),
        (("http-429", "http"), bare(429), "wants fewer token requests", &["CXONE_ACCESS_TOKEN"]),
        (("http-5xx", "http"), bare(500), "token service failed (HTTP 500)", &["support"]),
        (("http-502-503-504", "http"), bare(502), "behind its gateway", &["raise max_retries"]),
        (("http-other", "http"), bare(418), "gave no token (HTTP 418)", &["token_url"]),
        (("captive-portal.status", "http"), bare(511), "want a login before", &["in a browser"]),
    ]
}

fn redirects() -> Vec<Row> {
    let to = |location| Reply::answer(302, &[("Location", location)], "");
    vec![
        (
            ("redirect-to-http", "http"),
            to("http://elsewhere.example/token"),
            "leads to plain http",
            &["unencrypted", "http://elsewhere.example/token"],
        ),
        (
            ("redirect-to-login", "http"),
            to("https://sso.example/login?hint=x"),
            "leads to a login page",
            &["https://sso.example/login", "usually ends in /token"],
        ),
        (("redirect", "http"), to("https://elsewhere.example/token"), "leads elsewhere", &["set token_url to it"]),
        (("captive-portal", "http"), to("https://portal.example/welcome"), "want a login before", &["in a browser"]),
    ]
}

fn no_tokens() -> Vec<Row> {
    let html = |title| Reply::answer(200, &[("Content-Type", "text/html")], &page(title));
    let body = |kind, text| Reply::answer(200, &[("Content-Type", kind)], text);
    vec![
        (("login-page", "http"), html("Sign in"), "answered with a login page", &["titled \"Sign in\""]),
        (("web-page", "http"), html("Welcome"), "answered with a web page", &["titled \"Welcome\"", "token_url"]),
        (
            ("no-access-token", "token"),
            Reply::json(200, &json!({ "token": "t" })),
            "no token response",
            &["\"token\"", "grant_type = \"access_key\""],
        ),
        (
            ("unusable-token", "token"),
            Reply::json(200, &json!({ "access_token": "t", "token_type": "mac" })),
            "cannot be used",
            &["token_type is not bearer"],
        ),
        (("broken-json", "http"), body("application/json", "{\"access_to"), "cut off or broken", &["halfway"]),
        (("empty-answer", "http"), Reply::answer(200, &[], ""), "without any content", &["token_url"]),
        (("not-json", "http"), body("text/plain", "hello"), "is not JSON", &["RFC 6749 section 5.1"]),
        (
            ("answer-too-large", "http"),
            body("application/json", &"x".repeat(1_100_000)),
            "too large for a token response",
            &["a download"],
        ),
    ]
}

fn page(title: &str) -> String {
    format!("<html><head><title>{title}</title></head></html>")
}
