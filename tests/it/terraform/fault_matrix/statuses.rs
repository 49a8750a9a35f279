//! Statuses, headers and verdicts: what eleven servers were seen to answer, and what gateways add.

use super::check;
use super::row::{Row, fails, recovers};
use crate::terraform::{SECRET, TOKEN};
use testkit::scripted_server::{Reply, answer, token};

const JSON: &str = "Content-Type: application/json";
const HTML: &str = "Content-Type: text/html";

fn oauth_error(status: &str, code: &str) -> Reply {
    answer(status, &[JSON], format!(r#"{{"error":"{code}","error_description":"as it was judged"}}"#))
}

fn granted() -> Reply {
    token(TOKEN, 3600)
}

#[tokio::test]
async fn verdicts_on_the_client_have_their_own_messages() {
    let unauthorized = |challenge| answer("401 Unauthorized", &[challenge, JSON], r#"{"error":"invalid_client"}"#);
    check(vec![
        fails(
            "wrong secret, Basic challenge",
            [unauthorized("WWW-Authenticate: Basic realm=\"x\"")],
            &["401", "invalid_client", "refused the client credentials"],
        ),
        fails(
            "wrong secret, Bearer challenge",
            [unauthorized("WWW-Authenticate: Bearer error=\"invalid_client\"")],
            &["401", "invalid_client"],
        ),
        fails(
            "wrong secret, challenge of its own",
            [unauthorized("WWW-Authenticate: Vendor-Key id=7")],
            &["401", "invalid_client"],
        ),
        fails(
            "wrong secret, no challenge",
            [oauth_error("401 Unauthorized", "invalid_client")],
            &["401", "as it was judged"],
        ),
        fails(
            "wrong secret, clocks decades apart",
            [answer("401 No", &["Date: Sun, 06 Nov 1994 08:49:37 GMT", JSON], r#"{"error":"invalid_client"}"#)],
            &["invalid_client", "clock"],
        ),
        fails(
            "wrong secret, 400",
            [oauth_error("400 Bad Request", "invalid_client")],
            &["400", "invalid_client", "refused the client credentials"],
        ),
        fails("wrong secret, empty 403", [answer("403 Forbidden", &[], "")], &["403", "without saying why"]),
        fails(
            "wrong secret, empty 401",
            [answer("401 Unauthorized", &["WWW-Authenticate: Basic"], "")],
            &["401", "without saying why", "Basic"],
        ),
        fails("wrong secret inside 200", [oauth_error("200 OK", "invalid_client")], &["200", "invalid_client"]),
        fails(
            "unknown client, 404 of its own",
            [answer("404 Not Found", &[JSON], r#"{"code":"APP_404","message":"no app"}"#)],
            &["404", "no token endpoint"],
        ),
        fails(
            "unknown client, camelCase",
            [answer("400 Bad Request", &[JSON], r#"{"error":"invalid_client","errorDescription":"who?"}"#)],
            &["invalid_client", "who?"],
        ),
        fails(
            "nested error",
            [answer("403 Forbidden", &[JSON], r#"{"error":{"code":"unauthorized_client","message":"not you"}}"#)],
            &["403", "unauthorized_client", "not you"],
        ),
        fails(
            "form instead of JSON wanted",
            [oauth_error("400 Bad Request", "invalid_request")],
            &["400", "invalid_request"],
        ),
        fails(
            "grant not offered",
            [oauth_error("400 Bad Request", "unsupported_grant_type")],
            &["unsupported_grant_type", "does not offer"],
        ),
        fails(
            "grant not offered, as invalid_grant",
            [oauth_error("400 Bad Request", "invalid_grant")],
            &["invalid_grant", "does not know grant_type"],
        ),
        fails(
            "grant not allowed",
            [oauth_error("400 Bad Request", "unauthorized_client")],
            &["unauthorized_client", "may not use"],
        ),
        fails("unknown scope", [oauth_error("400 Bad Request", "invalid_scope")], &["invalid_scope", "cxone:api"])
            .scopes(&["cxone:api"]),
        fails(
            "unknown scope, the other way round",
            [oauth_error("400 Bad Request", "scope_invalid")],
            &["scope_invalid", "cxone:api"],
        )
        .scopes(&["cxone:api"]),
        fails(
            "scope wanted",
            [oauth_error("400 Bad Request", "invalid_scope")],
            &["invalid_scope", "none was requested"],
        ),
        fails("unknown audience", [oauth_error("400 Bad Request", "invalid_target")], &["invalid_target", "audience"]),
        fails("code that nobody knows", [oauth_error("400 Bad Request", "TENANT_ASLEEP")], &["TENANT_ASLEEP"]),
    ])
    .await;
}

#[tokio::test]
async fn statuses_have_their_own_messages_and_passing_ones_are_overcome() {
    let busy = |status: &str| answer(status, &[HTML], "<html><title>Busy</title></html>");
    let after = |value: &str| answer("429 Too Many Requests", &[&format!("Retry-After: {value}")], "");
    let two = |turn: Reply| [turn, granted()];
    check(vec![
        fails("empty 400", [answer("400 Bad Request", &[], "")], &["400"]),
        fails("405 with a page", [busy("405 Method Not Allowed")], &["405", "takes no POST"]),
        fails("406", [answer("406 Not Acceptable", &[], "")], &["406"]),
        fails("415", [answer("415 Unsupported Media Type", &[], "")], &["415", "does not take a form"]),
        fails("407 of the server itself", [answer("407 Proxy Authentication Required", &[], "")], &["407", "proxy"]),
        fails("418", [answer("418 I'm a teapot", &[], "")], &["418"]),
        fails("451", [answer("451 Unavailable For Legal Reasons", &[HTML], "<title>Blocked</title>")], &["451"]),
        fails(
            "web application firewall",
            [answer("403 Forbidden", &[HTML], "<title>Attention required</title>")],
            &["403", "blocked"],
        ),
        fails("500", [answer("500 Internal Server Error", &[], "")], &["500", "failed"]).retries(2),
        fails(
            "500 with server_error",
            [oauth_error("500 Internal Server Error", "server_error")],
            &["500", "server_error"],
        ),
        fails("501", [answer("501 Not Implemented", &[], "")], &["501"]),
        fails("502 that stays", vec![busy("502 Bad Gateway"); 3], &["502", "gateway", "3 requests"]).retries(2),
        fails("599", [answer("599 Odd", &[], "")], &["599"]),
        fails("999", [answer("999 Beyond", &[], "")], &["999"]),
        recovers("502 once", two(busy("502 Bad Gateway")), "self.expires_in > 3000").retries(1),
        recovers("503 once", two(oauth_error("503 Busy", "temporarily_unavailable")), "self.expires_in > 3000")
            .retries(1),
        recovers("504 once", two(answer("504 Gateway Timeout", &[], "")), "self.expires_in > 3000").retries(1),
        recovers("429 with seconds", two(after("1")), "self.expires_in > 3000").retries(1).longest_wait_ms(2_000),
        recovers("429 with a date in the past", two(after("Sun, 06 Nov 1994 08:49:37 GMT")), "self.expires_in > 3000")
            .retries(1),
        recovers("429 with a far date", two(after("Fri, 31 Dec 9999 23:59:59 GMT")), "self.expires_in > 3000")
            .retries(1),
        recovers("429 with a negative number", two(after("-30")), "self.expires_in > 3000").retries(1),
        recovers("429 with an absurd number", two(after("99999999999999999999999")), "self.expires_in > 3000")
            .retries(1),
        recovers("429 with a word", two(after("soon")), "self.expires_in > 3000").retries(1),
        fails("429 that stays", vec![after("0"); 3], &["429", "fewer token requests", "3 requests"]).retries(2),
        recovers("201", [answer("201 Created", &[JSON], token_body())], "self.expires_in > 3000"),
        recovers("203 without a media type", [answer("203 Odd", &[], token_body())], "self.expires_in > 3000"),
        fails(
            "204",
            [Reply::Answer(vec![testkit::scripted_server::Step::Write(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())])],
            &["204", "without any content"],
        ),
    ])
    .await;
}

fn token_body() -> String {
    format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","expires_in":3600}}"#)
}

#[tokio::test]
async fn redirects_are_never_followed() {
    let to = |status: &str, location: &str| [answer(status, &[&format!("Location: {location}")], token_body())];
    let mut rows: Vec<Row> =
        [("301 Moved", "301"), ("303 See Other", "303"), ("307 Temporary", "307"), ("308 Permanent", "308")]
            .into_iter()
            .map(|(status, code)| {
                fails(code, to(status, "/elsewhere?next=1"), &["/elsewhere", "Redirects are never followed"])
            })
            .collect();
    rows.extend([
        fails(
            "302 to a login page",
            to("302 Found", "https://sso.example/login?state=1"),
            &["302", "login page", "sso.example"],
        ),
        fails("302 to plain http", to("302 Found", "http://plain.example/token"), &["302", "plain http"]),
        fails("302 without a place", [answer("302 Found", &[], "")], &["302", "redirect"]),
        fails("302 to nonsense", to("302 Found", "http://[::1"), &["302"]),
        fails(
            "302 that echoes our secret",
            to("302 Found", &format!("/back?client_secret={SECRET}#{SECRET}")),
            &["302", "/back"],
        ),
        fails(
            "304",
            [Reply::Answer(vec![testkit::scripted_server::Step::Write(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())])],
            &["304"],
        ),
    ]);
    check(rows).await;
}
