//! Statuses, headers and errors: those that eleven servers sent, and those that gateways add.

use super::row::{Row, fails, recovers};
use crate::terraform::{SECRET, TOKEN};
use testkit::scripted_server::{Reply, Step, answer, token};

const JSON: &str = "Content-Type: application/json";
const HTML: &str = "Content-Type: text/html";
const LIVES: &str = "self.expires_in > 3000";

fn oauth_error(status: &str, code: &str) -> [Reply; 1] {
    [answer(status, &[JSON], format!(r#"{{"error":"{code}","error_description":"as it was judged"}}"#))]
}

fn bare(status: &str) -> [Reply; 1] {
    [answer(status, &[], "")]
}

fn page(status: &str, title: &str) -> Reply {
    answer(status, &[HTML], format!("<html><head><title>{title}</title></head></html>"))
}

pub(super) fn verdicts() -> Vec<Row> {
    let asked = |row: Row| row.scopes(&["cxone:api"]);
    vec![
        asked(fails(
            "wrong secret, Basic challenge",
            "invalid-client",
            [answer(
                "401 Unauthorized",
                &["WWW-Authenticate: Basic realm=\"x\"", JSON],
                r#"{"error":"invalid_client","error_description":"as it was judged"}"#,
            )],
            &[
                "rejected the client credentials (HTTP 401 invalid_client)",
                "as it was judged",
                "especially the first and last characters",
                "client_secret_post",
            ],
        )),
        fails(
            "wrong secret, clocks decades apart",
            "invalid-client",
            [answer("401 No", &["Date: Sun, 06 Nov 1994 08:49:37 GMT", JSON], r#"{"error":"invalid_client"}"#)],
            &["invalid_client", "clock"],
        ),
        fails(
            "wrong secret, 400",
            "invalid-client",
            oauth_error("400 Bad Request", "invalid_client"),
            &["(HTTP 400 invalid_client)", "the secret was rotated"],
        ),
        fails(
            "wrong secret, empty 403",
            "http-403",
            bare("403 Forbidden"),
            &["without an OAuth error (HTTP 403)", "IP allow list", "for wrong credentials"],
        ),
        fails(
            "wrong secret, empty 401",
            "http-401",
            [answer("401 Unauthorized", &["WWW-Authenticate: Negotiate", "X-Request-Id: request-4711"], "")],
            &["without an OAuth error (HTTP 401)", "asks for a login by Negotiate", "WWW-Authenticate: Negotiate"],
        ),
        fails(
            "wrong secret inside 200",
            "invalid-client",
            oauth_error("200 OK", "invalid_client"),
            &["200", "invalid_client"],
        ),
        fails(
            "unknown client, 404 of its own",
            "http-404",
            [answer("404 Not Found", &[JSON], r#"{"code":"APP_404","message":"no app"}"#)],
            &["404", "no token endpoint", "CXone does not know the client", "APP_404: no app"],
        ),
        fails(
            "unknown client, camelCase",
            "invalid-client",
            [answer("400 Bad Request", &[JSON], r#"{"error":"invalid_client","errorDescription":"who?"}"#)],
            &["invalid_client", "who?"],
        ),
        fails(
            "nested error",
            "unauthorized-client",
            [answer("403 Forbidden", &[JSON], r#"{"error":{"code":"unauthorized_client","message":"not you"}}"#)],
            &["403", "unauthorized_client", "not you", "may not use grant_type", "registered as another type"],
        ),
        asked(fails(
            "form instead of JSON wanted",
            "invalid-request",
            oauth_error("400 Bad Request", "invalid_request"),
            &["400", "invalid_request", "did not understand", "another service", "client_secret_post"],
        )),
        fails(
            "grant not offered",
            "unsupported-grant-type",
            oauth_error("400 Bad Request", "unsupported_grant_type"),
            &["unsupported_grant_type", "does not support grant_type=client_credentials", "lost the body"],
        ),
        fails(
            "grant not offered, as invalid_grant",
            "invalid-grant",
            oauth_error("400 Bad Request", "invalid_grant"),
            &["rejected the grant", "invalid_grant", "does not support grant_type=client_credentials"],
        ),
        asked(fails(
            "unknown scope",
            "invalid-scope",
            oauth_error("400 Bad Request", "invalid_scope"),
            &["invalid_scope", "rejected the requested scopes", "were not: cxone:api", "Run once without scopes"],
        )),
        asked(fails(
            "unknown scope, the other way round",
            "invalid-scope",
            oauth_error("400 Bad Request", "scope_invalid"),
            &["scope_invalid", "cxone:api"],
        )),
        fails(
            "scope wanted",
            "invalid-scope",
            oauth_error("400 Bad Request", "invalid_scope"),
            &["invalid_scope", "none was requested"],
        ),
        fails(
            "unknown audience",
            "invalid-target",
            oauth_error("400 Bad Request", "invalid_target"),
            &["invalid_target", "rejected the requested audience", "remove audience"],
        ),
        fails(
            "denied",
            "access-denied",
            oauth_error("403 Forbidden", "access_denied"),
            &["denied the token", "IP allow list"],
        ),
        fails(
            "code that nobody knows",
            "other-oauth-error",
            oauth_error("400 Bad Request", "TENANT_ASLEEP"),
            &["sent no token: TENANT_ASLEEP", "The server says: \"as it was judged\"", "Look up TENANT_ASLEEP"],
        ),
    ]
}

pub(super) fn statuses() -> Vec<Row> {
    let granted = || token(TOKEN, 3600);
    let busy = |status: &str| page(status, "Busy");
    let after = |value: &str| answer("429 Too Many Requests", &[&format!("Retry-After: {value}")], "");
    let two = |turn: Reply| [turn, granted()];
    vec![
        fails("empty 400", "http-400", bare("400 Bad Request"), &["400", "did not understand", "another service"]),
        fails(
            "405 with a page",
            "http-405",
            [busy("405 Method Not Allowed")],
            &["405", "does not accept POST", "RFC 6749 section 3.2"],
        ),
        fails("406", "http-415", bare("406 Not Acceptable"), &["406"]),
        fails("415", "http-415", bare("415 Unsupported Media Type"), &["415", "does not accept the format", "as JSON"]),
        fails(
            "407 of the server itself",
            "proxy-authentication",
            bare("407 Proxy Authentication Required"),
            &["407", "proxy"],
        ),
        fails("418", "http-other", bare("418 I'm a teapot"), &["sent no token (HTTP 418)", "token_url"]),
        fails("451", "http-other", [page("451 Unavailable For Legal Reasons", "Blocked")], &["451"]),
        fails(
            "web application firewall",
            "http-403-web-page",
            [page("403 Forbidden", "Access blocked")],
            &["blocked the token request", "titled \"Access blocked\"", "firewall or content filter"],
        ),
        fails("500", "http-5xx", bare("500 Internal Server Error"), &["token service failed (HTTP 500)", "support"])
            .retries(2),
        fails("501", "http-5xx", bare("501 Not Implemented"), &["501"]),
        fails(
            "500 with server_error",
            "server-error",
            oauth_error("500 Internal Server Error", "server_error"),
            &["500", "server_error", "token service failed", "on the server's side"],
        ),
        fails(
            "503 with temporarily_unavailable",
            "temporarily-unavailable",
            oauth_error("503 Service Unavailable", "temporarily_unavailable"),
            &["not available now", "raise max_retries, which is 0", "as it was judged"],
        ),
        fails(
            "502",
            "http-502-503-504",
            bare("502 Bad Gateway"),
            &["is not available (HTTP 502)", "raise max_retries"],
        ),
        fails("502 that stays", "http-502-503-504", vec![busy("502 Bad Gateway"); 3], &["502", "3 requests"])
            .retries(2),
        fails("599", "http-5xx", bare("599 Odd"), &["599"]),
        fails("999", "http-5xx", bare("999 Beyond"), &["999"]),
        fails(
            "511",
            "captive-portal",
            bare("511 Network Authentication Required"),
            &["requires a login before", "in a browser"],
        ),
        recovers("502 once", two(busy("502 Bad Gateway")), LIVES).retries(1),
        recovers("503 once", two(oauth_error("503 Busy", "temporarily_unavailable")[0].clone()), LIVES).retries(1),
        recovers("504 once", two(answer("504 Gateway Timeout", &[], "")), LIVES).retries(1),
        recovers("429 with seconds", two(after("1")), LIVES).retries(1).longest_wait_ms(2_000),
        recovers("429 with a date in the past", two(after("Sun, 06 Nov 1994 08:49:37 GMT")), LIVES).retries(1),
        recovers("429 with a far date", two(after("Fri, 31 Dec 9999 23:59:59 GMT")), LIVES).retries(1),
        recovers("429 with a negative number", two(after("-30")), LIVES).retries(1),
        recovers("429 with an absurd number", two(after("99999999999999999999999")), LIVES).retries(1),
        recovers("429 with a word", two(after("soon")), LIVES).retries(1),
        fails(
            "429",
            "http-429",
            bare("429 Too Many Requests"),
            &["rate-limiting token requests (HTTP 429)", "CXONE_ACCESS_TOKEN"],
        ),
        fails("429 that stays", "http-429", vec![after("0"); 3], &["429", "3 requests"]).retries(2),
        recovers("201", [answer("201 Created", &[JSON], token_body())], LIVES),
        recovers("203 without a media type", [answer("203 Odd", &[], token_body())], LIVES),
        fails("204", "empty-answer", [raw("HTTP/1.1 204 No Content\r\n\r\n")], &["204", "has no content"]),
    ]
}

fn token_body() -> String {
    format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","expires_in":3600}}"#)
}

fn raw(bytes: &str) -> Reply {
    Reply::Answer(vec![Step::Write(bytes.as_bytes().to_vec())])
}

pub(super) fn redirects() -> Vec<Row> {
    let to = |status: &str, location: &str| [answer(status, &[&format!("Location: {location}")], token_body())];
    let relative = [("301 Moved", "301"), ("303 See Other", "303"), ("307 Temporary", "307"), ("308 Permanent", "308")]
        .into_iter()
        .map(|(status, code)| {
            fails(code, "redirect", to(status, "/elsewhere?next=1"), &["/elsewhere", "follows no redirect"])
        });
    let others = [
        fails(
            "302 to a login page",
            "redirect-to-login",
            to("302 Found", "https://sso.example/login?state=1"),
            &["302", "redirects to a login page", "https://sso.example/login", "the token endpoint that NICE gave you"],
        ),
        fails(
            "302 to plain http",
            "redirect-to-http",
            to("302 Found", "http://plain.example/token"),
            &["302", "redirects to plain http", "unencrypted", "http://plain.example/token"],
        ),
        fails(
            "302 elsewhere",
            "redirect",
            to("302 Found", "https://elsewhere.example/token"),
            &["redirects elsewhere", "set token_url in the"],
        ),
        fails(
            "302 to a portal",
            "captive-portal",
            to("302 Found", "https://portal.example/welcome"),
            &["requires a login before", "in a browser"],
        ),
        fails("302 without a place", "redirect", bare("302 Found"), &["302", "redirect"]),
        fails("302 to nonsense", "redirect", to("302 Found", "http://[::1"), &["302"]),
        fails(
            "302 that echoes our secret",
            "redirect",
            to("302 Found", &format!("/back?client_secret={SECRET}#{SECRET}")),
            &["302", "/back"],
        ),
        fails("304", "redirect", [raw("HTTP/1.1 304 Not Modified\r\n\r\n")], &["304"]),
    ];
    relative.chain(others).collect()
}
