//! Connections: refused, reset, dripping, silent, half open; TLS that fails; names that do not exist.

use std::time::Duration;

use super::check;
use super::row::{Certificate, Place, fails, recovers, until_closed};
use crate::terraform::TOKEN;
use testkit::scripted_server::{Reply, Step, answer_bytes, token};

const LIVES: &str = "self.expires_in > 3000";

fn granted() -> Reply {
    token(TOKEN, 3600)
}

fn good() -> Vec<u8> {
    answer_bytes(
        "200 OK",
        &["Content-Type: application/json"],
        format!(r#"{{"access_token":"{TOKEN}","expires_in":3600}}"#).as_bytes(),
    )
}

fn steps(steps: impl Into<Vec<Step>>) -> Reply {
    Reply::Answer(steps.into())
}

#[tokio::test]
async fn broken_connections_are_overcome_or_named() {
    let cut = || until_closed(&good()[..90]);
    let reset_in_body = || steps([Step::Write(good()[..90].to_vec()), Step::Reset]);
    let closed = &["closed the connection before a whole answer"];
    check(vec![
        fails("nothing listens", [], &["refused the connection"]).at(Place::Nowhere).retries(1),
        fails("closed at once, always", [Reply::CloseAtOnce, Reply::CloseAtOnce], closed).retries(1),
        recovers("closed at once", [Reply::CloseAtOnce, granted()], LIVES).retries(1),
        recovers("closed after the request", [steps([Step::Close]), granted()], LIVES).retries(1),
        recovers("reset before the head", [steps([Step::Reset]), granted()], LIVES).retries(1),
        recovers("reset in the body", [reset_in_body(), granted()], LIVES).retries(1),
        recovers("closed in the body", [cut(), granted()], LIVES).retries(1),
        fails("closed in the body, always", [cut(), cut()], closed).retries(1),
        fails("reset in the body, always", [reset_in_body(), reset_in_body()], closed).retries(1),
        recovers("closed in the head", [until_closed(b"HTTP/1.1 200 OK\r\nContent-"), granted()], LIVES).retries(1),
        recovers("keep-alive closed between two requests", [token_then_close(), granted()], LIVES).retries(1),
        recovers(
            "100 Continue before",
            [steps([Step::Write(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), Step::Write(good())])],
            LIVES,
        ),
        fails(
            "two lengths",
            [until_closed(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n{}   ")],
            &["did not answer in HTTP"],
        ),
        fails("another protocol", [until_closed(b"SSH-2.0-OpenSSH_9.9\r\n")], &["did not answer in HTTP"]),
        fails(
            "HTTP/2 out of the blue",
            [until_closed(b"\0\0\x12\x04\0\0\0\0\0\0\0\0\0\0\0")],
            &["did not answer in HTTP"],
        ),
        fails(
            "chunks that are none",
            [until_closed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")],
            &["HTTP"],
        ),
    ])
    .await;
}

/// A busy answer that keeps the connection, which then ends while nobody asks.
fn token_then_close() -> Reply {
    steps([Step::Write(answer_bytes("503 Busy", &["Retry-After: 0"], b"")), Step::Close])
}

#[tokio::test]
async fn slow_servers_are_waited_for_as_long_as_was_set() {
    let drip = |gap| Step::Drip(good(), Duration::from_millis(gap));
    check(vec![
        fails("never an answer", [steps([Step::Hang])], &["did not answer within 300 ms", "request_timeout"])
            .timeout_ms(300),
        fails(
            "never an answer, twice",
            [steps([Step::Hang]), steps([Step::Hang])],
            &["did not answer within 300 ms", "2 requests"],
        )
        .timeout_ms(300)
        .retries(1),
        fails("dripping for ever", [steps([drip(40)])], &["300 ms", "request_timeout"]).timeout_ms(300),
        fails(
            "dripping body",
            [steps([Step::Write(good()[..90].to_vec()), Step::Drip(b" ".repeat(1000), Duration::from_millis(40))])],
            &["did not end within 400 ms"],
        )
        .timeout_ms(400),
        fails(
            "head, then silence",
            [steps([Step::Write(good()[..90].to_vec()), Step::Hang])],
            &["did not end within 400 ms"],
        )
        .timeout_ms(400),
        fails("accepted and ignored", [Reply::Ignore], &["did not answer within 300 ms"]).timeout_ms(300),
        recovers("dripping, but in time", [steps([drip(2)])], LIVES),
        recovers("late, but in time", [steps([Step::Wait(Duration::from_millis(600)), Step::Write(good())])], LIVES),
        recovers("silent once", [steps([Step::Hang]), granted()], LIVES).timeout_ms(1_500).retries(1),
        fails("TLS that is never finished", [Reply::Ignore], &["No connection to 127.0.0.1"])
            .at(Place::PlainCalledTls)
            .timeout_ms(400),
    ])
    .await;
}

#[tokio::test]
async fn tls_and_names_fail_before_anything_is_sent() {
    let tls = |name, certificate, facts| fails(name, [], facts).at(Place::Tls(certificate));
    check(vec![
        recovers("a certificate of the CA that was set", [granted()], LIVES).at(Place::Tls(Certificate::Good)),
        recovers("any certificate where checks are off", [granted()], LIVES)
            .at(Place::Tls(Certificate::OfAStranger))
            .settings("tls_insecure_skip_verify = true"),
        tls("unknown issuer", Certificate::OfAStranger, &["signed by an unknown issuer", "ca_cert_pem"]),
        tls("expired", Certificate::Expired, &["has expired", "clock"]),
        tls("not valid yet", Certificate::NotValidYet, &["not valid yet", "clock"]),
        tls("another name", Certificate::ForAnotherName, &["another name", "other.example"]),
        tls("client certificate wanted", Certificate::OfBoth, &["client certificate"]),
        fails("no TLS at an https address", [Reply::CloseAtOnce], &["closed the connection"]).at(Place::PlainCalledTls),
        fails("a name that does not exist", [], &["could not be resolved", "cxone.invalid"])
            .at(Place::At("https://cxone.invalid/token")),
        fails("a name that cannot exist", [], &["could not be resolved"])
            .at(Place::At("https://a-label-that-is-longer-than-the-sixty-three-octets-that-dns-allows.invalid/token")),
        fails("an address without a way", [], &["127.0.0.1"]).at(Place::At("http://127.0.0.1:1/token")),
        fails("a proxy that is not there", [], &["proxy could not be reached"])
            .settings("http_proxy = \"http://127.0.0.1:1\"")
            .at(Place::At("https://cxone.example/token")),
    ])
    .await;
}
