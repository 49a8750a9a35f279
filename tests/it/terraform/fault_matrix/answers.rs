//! Bodies: nothing, too much, the wrong thing, half of it, and texts made to fool a reader or to betray a secret.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::check;
use super::row::{fails, recovers, until_closed};
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

#[tokio::test]
async fn bodies_that_are_no_token_response_are_named_for_what_they_are() {
    let deep =
        format!(r#"{{"access_token":"{TOKEN}","expires_in":3600,"x":{}{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let deep_array = "[".repeat(500_000);
    let latin = [good().replace('}', r#","note":"caf"#).as_bytes(), b"\xe9\"}"].concat();
    check(vec![
        fails("empty", ok(&[JSON], ""), &["200", "without any content"]),
        fails("white space", ok(&[JSON], "\r\n  \r\n"), &["without any content"]),
        fails("login page", ok(&[HTML], "<!doctype html><title>Sign in</title>"), &["login page", "Sign in"]),
        fails("web page", ok(&[HTML], "<html><title>Welcome</title></html>"), &["Welcome", "web page"]),
        fails("captive portal", ok(&[HTML], "<html><title>Hotel WiFi</title></html>"), &["Hotel WiFi"]),
        fails("cut off", ok(&[JSON], &good()[..40]), &["cut off or broken"]),
        fails(
            "form",
            ok(&["Content-Type: application/x-www-form-urlencoded"], format!("access_token={TOKEN}&token_type=bearer")),
            &["not JSON"],
        ),
        fails("text", ok(&["Content-Type: text/plain"], "It works!"), &["not JSON"]),
        fails("bytes", ok(&["Content-Type: application/octet-stream"], [0xff, 0x00, 0xfe]), &["not JSON"]),
        fails("null", ok(&[JSON], "null"), &["not an object"]),
        fails("list", ok(&[JSON], format!("[{}]", good())), &["not an object"]),
        fails("text in JSON", ok(&[JSON], format!("{TOKEN:?}")), &["not an object"]),
        fails("two documents", ok(&[JSON], [good(), good()].concat()), &["cut off or broken"]),
        fails("half a million open brackets", ok(&[JSON], deep_array), &["cut off or broken"]),
        recovers("deep nesting beside the token", ok(&[JSON], deep), LIVES),
        recovers("byte order mark", ok(&[JSON], ["\u{feff}", &good()].concat()), LIVES),
        recovers("invalid UTF-8 beside the token", ok(&[JSON], latin), LIVES),
        recovers("called text/html", ok(&[HTML], good()), LIVES),
        recovers("no media type, ETag", ok(&["ETag: \"x\""], good()), LIVES),
        recovers("chunked in small pieces", chunked(good().as_bytes()), LIVES),
        recovers("HTTP/1.0 until closed", [until_closed(format!("HTTP/1.0 200 OK\r\n\r\n{}", good()))], LIVES),
        recovers("gzip", ok(&[JSON, "Content-Encoding: gzip"], gzip(good().as_bytes())), LIVES),
    ])
    .await;
}

#[tokio::test]
async fn bodies_without_end_are_not_read_to_the_end() {
    let head = |more: &str| {
        Step::Write(format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}\r\n").into_bytes())
    };
    let mega = vec![b' '; 1 << 20];
    let chunk = [b"100000\r\n".to_vec(), mega.clone(), b"\r\n".to_vec()].concat();
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let too_large = &["too large for a token response", "1048576 bytes"];
    check(vec![
        fails(
            "2 GiB declared",
            [Reply::Answer(vec![
                head("Content-Length: 2147483648\r\n"),
                Step::Repeat(mega.clone(), 2_048),
                Step::Close,
            ])],
            too_large,
        ),
        fails(
            "2 GiB in chunks",
            [Reply::Answer(vec![head("Transfer-Encoding: chunked\r\n"), Step::Repeat(chunk, 2_048), Step::Close])],
            too_large,
        ),
        fails(
            "2 GiB until closed",
            [Reply::Answer(vec![head("Connection: close\r\n"), Step::Repeat(mega.clone(), 2_048), Step::Close])],
            too_large,
        ),
        fails("gzip bomb", ok(&[JSON, "Content-Encoding: gzip"], bomb), too_large),
        fails("gzip that is none", ok(&[JSON, "Content-Encoding: gzip"], good()), &["HTTP"]),
        fails("gzip cut off", ok(&[JSON, "Content-Encoding: gzip"], &gzip(good().as_bytes())[..30]), &["HTTP"]),
        fails(
            "2 GiB in an error",
            [Reply::Answer(vec![
                Step::Write(b"HTTP/1.1 401 No\r\n\r\n".to_vec()),
                Step::Repeat(mega, 2_048),
                Step::Close,
            ])],
            too_large,
        ),
        fails(
            "endless head",
            [Reply::Answer(vec![
                Step::Write(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Step::Repeat(b"X-More: and more of it, without end\r\n".to_vec(), 100_000),
                Step::Close,
            ])],
            &["lines of headers came"],
        ),
        fails(
            "endless header",
            [Reply::Answer(vec![
                Step::Write(b"HTTP/1.1 200 OK\r\nX-More: ".to_vec()),
                Step::Repeat(vec![b'x'; 65_536], 100),
                Step::Close,
            ])],
            &["lines of headers came"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn echoed_secrets_are_masked_and_escapes_are_shown_harmless() {
    let basic = STANDARD.encode(format!("matrix:{SECRET}"));
    let error = |body: serde_json::Value| [answer("401 Unauthorized", &[JSON], body.to_string())];
    let half = &SECRET[..SECRET.len() / 2 + 2];
    check(vec![
        fails("secret in the description", error(json!({ "error": "invalid_client", "error_description": format!("got {SECRET}") })), &["invalid_client", "***"]),
        fails("header in the description", error(json!({ "error": "invalid_client", "error_description": format!("Basic {basic}") })), &["invalid_client", "***"]),
        fails("half the secret", error(json!({ "error": "invalid_client", "error_description": format!("begins {half}") })), &["invalid_client", "***"]),
        fails("secret as the code", error(json!({ "error": SECRET })), &["401", "***"]),
        fails("secret in error_uri", error(json!({ "error": "invalid_client", "error_uri": format!("https://a.example/?s={SECRET}") })), &["invalid_client"]),
        fails("secret as a member's name", ok(&[JSON], json!({ SECRET: 1 }).to_string()), &["no access_token"]),
        fails("secret as a page's title", ok(&[HTML], format!("<html><title>{SECRET}</title>")), &["200"]),
        fails("secret in headers", [answer("401 No", &[&format!("X-Request-Id: {SECRET}"), &format!("WWW-Authenticate: {SECRET}"), &format!("Server: {basic}")], "")], &["401"]),
        fails("secret as the status line's phrase", [Reply::Answer(vec![Step::Write(format!("HTTP/1.1 401 {SECRET}\r\nContent-Length: 0\r\n\r\n").into_bytes())])], &["401"]),
        fails("secret in the wrong protocol", [until_closed(format!("220 smtp.example {SECRET}\r\n"))], &["did not answer in HTTP"]),
        fails("token in an error", error(json!({ "error": "odd", "access_token": TOKEN })), &["odd"]),
        fails("terminal escapes", error(json!({ "error": "invalid_client", "error_description": "\u{1b}[2J\u{1b}]0;gone\u{7}\u{9b}31m\u{202e}\r\nError: all is well" })), &["invalid_client", "all is well"]),
        fails("a description of a megabyte", error(json!({ "error": "invalid_client", "error_description": "long ".repeat(180_000) })), &["invalid_client", "…"]),
        fails("a description of wrong type", error(json!({ "error": "invalid_client", "error_description": { "x": SECRET } })), &["invalid_client"]),
        fails("an error of wrong type", error(json!({ "error": [SECRET] })), &["401"]),
        fails("HCL in the description", error(json!({ "error": "invalid_client", "error_description": "${path.root} %{ for x }" })), &["${path.root}"]),
    ])
    .await;
}
