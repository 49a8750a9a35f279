//! Bodies: empty, too large, wrong, truncated, and texts that deceive a reader or reveal a secret.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::row::{Row, fails, recovers, until_closed};
use crate::terraform::{SECRET, TOKEN};
use testkit::scripted_server::{Reply, Step, answer};

const JSON: &str = "Content-Type: application/json";
const HTML: &str = "Content-Type: text/html";
const LIVES: &str = "self.expires_in > 3000";

fn good() -> String {
    format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":3600}}"#)
}

fn ok(headers: &[&str], body: impl AsRef<[u8]>) -> [Reply; 1] {
    [answer("200 OK", headers, body)]
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn chunked(body: &[u8]) -> [Reply; 1] {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for piece in body.chunks(7) {
        bytes.extend(format!("{:x}\r\n", piece.len()).bytes());
        bytes.extend_from_slice(piece);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    [Reply::Answer(vec![Step::Write(bytes)])]
}

pub(super) fn bodies() -> Vec<Row> {
    let deep =
        format!(r#"{{"access_token":"{TOKEN}","expires_in":3600,"x":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let deep_array = "[".repeat(500_000);
    let latin = [good().replace('}', r#","note":"caf"#).as_bytes(), b"\xe9\"}"].concat();
    vec![
        fails("empty", "empty-answer", ok(&[JSON], ""), &["200", "has no content"]),
        fails("white space", "empty-answer", ok(&[JSON], "\r\n  \r\n"), &["has no content"]),
        fails(
            "login page",
            "login-page",
            ok(&[HTML], "<!doctype html><title>Sign in</title>"),
            &["login page", "titled \"Sign in\"", "the token endpoint that NICE gave you"],
        ),
        fails(
            "web page",
            "web-page",
            ok(&[HTML], "<html><title>Welcome</title></html>"),
            &["titled \"Welcome\"", "web page instead of a token", "token_url"],
        ),
        fails(
            "captive portal",
            "captive-portal",
            ok(&[HTML], "<html><title>Hotel WiFi</title></html>"),
            &["Hotel WiFi"],
        ),
        fails("cut off", "broken-json", ok(&[JSON], &good()[..40]), &["cut off or damaged", "halfway"]),
        fails(
            "form",
            "not-json",
            ok(&["Content-Type: application/x-www-form-urlencoded"], format!("access_token={TOKEN}&token_type=bearer")),
            &["not JSON"],
        ),
        fails("text", "not-json", ok(&["Content-Type: text/plain"], "It works!"), &["not JSON"]),
        fails("bytes", "not-json", ok(&["Content-Type: application/octet-stream"], [0xff, 0x00, 0xfe]), &["not JSON"]),
        fails(
            "a fault with a good status",
            "no-access-token",
            ok(&[JSON], r#"{"fault":{"faultstring":"Invalid ApiKey for given resource"}}"#),
            &["rejected the secret: \"Invalid ApiKey for given resource\""],
        ),
        fails(
            "words with a good status",
            "no-access-token",
            ok(&[JSON], r#"{"message":"no Route matched with those values"}"#),
            &["no access token, but words: \"no Route matched with those values\""],
        ),
        fails(
            "a locked client with a good status",
            "no-access-token",
            ok(&[JSON], r#"{"success":false,"errors":[{"code":"E9","detail":"The account is locked"}]}"#),
            &["has locked the application or the user: \"E9: The account is locked\""],
        ),
        fails(
            "an error compressed with br",
            "http-401",
            [answer("401 Unauthorized", &[JSON, "Content-Encoding: br"], [0x8b, 0x0e, 0x80, 0xff])],
            &["401, a body that the provider cannot unpack", "Content-Encoding: br"],
        ),
        fails(
            "an error called gzip",
            "invalid-client",
            [answer("401 Unauthorized", &[JSON, "Content-Encoding: gzip"], r#"{"error":"invalid_client"}"#)],
            &["invalid_client"],
        ),
        fails("null", "no-access-token", ok(&[JSON], "null"), &["not an object"]),
        fails("list", "no-access-token", ok(&[JSON], format!("[{}]", good())), &["not an object"]),
        fails("text in JSON", "no-access-token", ok(&[JSON], format!("{TOKEN:?}")), &["not an object"]),
        fails(
            "two documents",
            "broken-json",
            ok(&[JSON], [good(), good()].concat()),
            &["cut off or damaged", "halfway"],
        ),
        fails(
            "half a million open brackets",
            "broken-json",
            ok(&[JSON], deep_array),
            &["cut off or damaged", "halfway"],
        ),
        recovers("deep nesting beside the token", ok(&[JSON], deep), LIVES),
        recovers("byte order mark", ok(&[JSON], ["\u{feff}", &good()].concat()), LIVES),
        recovers("invalid UTF-8 beside the token", ok(&[JSON], latin), LIVES),
        recovers("called text/html", ok(&[HTML], good()), LIVES),
        recovers("no media type, ETag", ok(&["ETag: \"x\""], good()), LIVES),
        recovers("chunked in small pieces", chunked(good().as_bytes()), LIVES),
        recovers("HTTP/1.0 until closed", [until_closed(format!("HTTP/1.0 200 OK\r\n\r\n{}", good()))], LIVES),
        recovers("gzip", ok(&[JSON, "Content-Encoding: gzip"], gzip(good().as_bytes())), LIVES),
    ]
}

pub(super) fn endless() -> Vec<Row> {
    let head = |more: &str| {
        Step::Write(format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}\r\n").into_bytes())
    };
    let mega = vec![b' '; 1 << 20];
    let chunk = [b"100000\r\n".to_vec(), mega.clone(), b"\r\n".to_vec()].concat();
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let too_large = &["too large for a token response", "1048576 bytes"];
    vec![
        fails(
            "2 GiB declared",
            "answer-too-large",
            [Reply::Answer(vec![
                head("Content-Length: 2147483648\r\n"),
                Step::Repeat(mega.clone(), 2_048),
                Step::Close,
            ])],
            too_large,
        ),
        fails(
            "2 GiB in chunks",
            "answer-too-large",
            [Reply::Answer(vec![head("Transfer-Encoding: chunked\r\n"), Step::Repeat(chunk, 2_048), Step::Close])],
            too_large,
        ),
        fails(
            "2 GiB until closed",
            "answer-too-large",
            [Reply::Answer(vec![head("Connection: close\r\n"), Step::Repeat(mega.clone(), 2_048), Step::Close])],
            too_large,
        ),
        fails("gzip bomb", "answer-too-large", ok(&[JSON, "Content-Encoding: gzip"], bomb), too_large),
        fails(
            "gzip that is none",
            "not-decodable",
            ok(&[JSON, "Content-Encoding: gzip"], good()),
            &["Content-Encoding: gzip", "unpacked the body"],
        ),
        fails(
            "gzip cut off",
            "ended-early",
            ok(&[JSON, "Content-Encoding: gzip"], &gzip(good().as_bytes())[..30]),
            &["ended early", "stopped halfway", "Run Terraform again"],
        ),
        fails(
            "2 GiB in an error",
            "answer-too-large",
            [Reply::Answer(vec![
                Step::Write(b"HTTP/1.1 401 No\r\n\r\n".to_vec()),
                Step::Repeat(mega, 2_048),
                Step::Close,
            ])],
            too_large,
        ),
        fails(
            "endless head",
            "headers-too-large",
            [Reply::Answer(vec![
                Step::Write(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Step::Repeat(b"X-More: and more of it, without end\r\n".to_vec(), 100_000),
                Step::Close,
            ])],
            &["headers are larger than the 400 KiB"],
        ),
        fails(
            "endless header",
            "headers-too-large",
            [Reply::Answer(vec![
                Step::Write(b"HTTP/1.1 200 OK\r\nX-More: ".to_vec()),
                Step::Repeat(vec![b'x'; 65_536], 100),
                Step::Close,
            ])],
            &["headers are larger than the 400 KiB"],
        ),
    ]
}

pub(super) fn echoes() -> Vec<Row> {
    let basic = STANDARD.encode(format!("matrix:{SECRET}"));
    let error = |body: serde_json::Value| [answer("401 Unauthorized", &[JSON], body.to_string())];
    let half = &SECRET[..SECRET.len() / 2 + 2];
    vec![
        fails(
            "secret in the description",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_description": format!("got {SECRET}") })),
            &["invalid_client", "***"],
        ),
        fails(
            "header in the description",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_description": format!("Basic {basic}") })),
            &["invalid_client", "***"],
        ),
        fails(
            "half the secret",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_description": format!("begins {half}") })),
            &["invalid_client", "***"],
        ),
        fails("secret as the code", "other-oauth-error", error(json!({ "error": SECRET })), &["401", "***"]),
        fails(
            "secret in error_uri",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_uri": format!("https://a.example/?s={SECRET}") })),
            &["invalid_client"],
        ),
        fails(
            "secret as a member's name",
            "no-access-token",
            ok(&[JSON], json!({ SECRET: 1 }).to_string()),
            &["no access_token"],
        ),
        fails("secret as a page's title", "web-page", ok(&[HTML], format!("<html><title>{SECRET}</title>")), &["200"]),
        fails(
            "secret in headers",
            "http-401",
            [answer(
                "401 No",
                &[
                    &format!("X-Request-Id: {SECRET}"),
                    &format!("WWW-Authenticate: {SECRET}"),
                    &format!("Server: {basic}"),
                ],
                "",
            )],
            &["401"],
        ),
        fails(
            "secret as the status line's phrase",
            "http-401",
            [Reply::Answer(vec![Step::Write(
                format!("HTTP/1.1 401 {SECRET}\r\nContent-Length: 0\r\n\r\n").into_bytes(),
            )])],
            &["401"],
        ),
        fails(
            "secret in the wrong protocol",
            "invalid-http",
            [until_closed(format!("220 smtp.example {SECRET}\r\n"))],
            &["is not valid HTTP"],
        ),
        fails(
            "token in an error",
            "other-oauth-error",
            error(json!({ "error": "odd", "access_token": TOKEN })),
            &["odd"],
        ),
        fails(
            "terminal escapes",
            "invalid-client",
            error(
                json!({ "error": "invalid_client", "error_description": "\u{1b}[2J\u{1b}]0;gone\u{7}\u{9b}31m\u{202e}\r\nError: all is well" }),
            ),
            &["invalid_client", "all is well"],
        ),
        fails(
            "a description of a megabyte",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_description": "long ".repeat(180_000) })),
            &["invalid_client", "…"],
        ),
        fails(
            "a description of wrong type",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_description": { "x": SECRET } })),
            &["invalid_client"],
        ),
        fails("an error of wrong type", "http-401", error(json!({ "error": [SECRET] })), &["401"]),
        fails(
            "HCL in the description",
            "invalid-client",
            error(json!({ "error": "invalid_client", "error_description": "${path.root} %{ for x }" })),
            &["${path.root}"],
        ),
    ]
}
