//! Connections: refused, reset, slow, silent, half open; TLS failures; unknown names; proxies.

use std::time::Duration;

use super::row::{Certificate, Place, Row, fails, recovers, until_closed};
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

pub(super) fn broken() -> Vec<Row> {
    let cut = || until_closed(&good()[..90]);
    let reset_in_body = || steps([Step::Write(good()[..90].to_vec()), Step::Reset]);
    let closes = |name, script: Vec<Reply>| {
        fails(
            name,
            "connection-closed",
            script,
            &["closed the connection before the response was complete", "http_version = \"1.1\""],
        )
    };
    let odd = |name, bytes: &[u8]| {
        fails(name, "invalid-http", [until_closed(bytes)], &["is not valid HTTP", "another protocol"])
    };
    vec![
        fails("nothing listens", "connection-refused", [], &["refused the connection", "wrong host or port"])
            .at(Place::Nowhere)
            .retries(1),
        closes("closed at once, always", vec![Reply::CloseAtOnce, Reply::CloseAtOnce]).retries(1),
        recovers("closed at once", [Reply::CloseAtOnce, granted()], LIVES).retries(1),
        closes("closed after the request, always", vec![steps([Step::Close])]),
        recovers("closed after the request", [steps([Step::Close]), granted()], LIVES).retries(1),
        recovers("reset before the head", [steps([Step::Reset]), granted()], LIVES).retries(1),
        recovers("reset in the body", [reset_in_body(), granted()], LIVES).retries(1),
        recovers("closed in the body", [cut(), granted()], LIVES).retries(1),
        closes("closed in the body, always", vec![cut(), cut()]).retries(1),
        closes("reset in the body, always", vec![reset_in_body(), reset_in_body()]).retries(1),
        recovers("closed in the head", [until_closed(b"HTTP/1.1 200 OK\r\nContent-"), granted()], LIVES).retries(1),
        recovers("keep-alive closed between two requests", [token_then_close(), granted()], LIVES).retries(1),
        recovers(
            "100 Continue before",
            [steps([Step::Write(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), Step::Write(good())])],
            LIVES,
        ),
        odd("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n{}   "),
        odd("another protocol", b"SSH-2.0-OpenSSH_9.9\r\n"),
        odd("HTTP/2 out of the blue", b"\0\0\x12\x04\0\0\0\0\0\0\0\0\0\0\0"),
        odd("chunks that are none", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    ]
}

/// A busy answer that keeps the connection, which then ends while nobody asks.
fn token_then_close() -> Reply {
    steps([Step::Write(answer_bytes("503 Busy", &["Retry-After: 0"], b"")), Step::Close])
}

pub(super) fn slow() -> Vec<Row> {
    let drip = |gap| Step::Drip(good(), Duration::from_millis(gap));
    let begun = || Step::Write(good()[..90].to_vec());
    let waits = |name, script: Vec<Reply>| {
        fails(name, "timeout-waiting", script, &["did not respond within 300ms", "request_timeout, which is 300ms"])
            .timeout_ms(300)
    };
    let reads = |name, script: Vec<Reply>| {
        fails(name, "timeout-reading", script, &["was not complete within 400ms", "came too slowly"]).timeout_ms(400)
    };
    vec![
        waits("never an answer", vec![steps([Step::Hang])]),
        fails(
            "never an answer, twice",
            "timeout-waiting",
            [steps([Step::Hang]), steps([Step::Hang])],
            &["did not respond within 300ms", "2 requests"],
        )
        .timeout_ms(300)
        .retries(1),
        waits("dripping for ever", vec![steps([drip(40)])]),
        waits("accepted and ignored", vec![Reply::Ignore]),
        reads("dripping body", vec![steps([begun(), Step::Drip(b" ".repeat(1000), Duration::from_millis(40))])]),
        reads("head, then silence", vec![steps([begun(), Step::Hang])]),
        recovers("dripping, but in time", [steps([drip(2)])], LIVES),
        recovers("late, but in time", [steps([Step::Wait(Duration::from_millis(600)), Step::Write(good())])], LIVES),
        recovers("silent once", [steps([Step::Hang]), granted()], LIVES).timeout_ms(1_500).retries(1),
        fails(
            "TLS that is never finished",
            "timeout-tls",
            [Reply::Ignore],
            &["Connected to 127.0.0.1, but the TLS handshake got no reply", "no credential was sent"],
        )
        .at(Place::PlainCalledTls)
        .timeout_ms(400),
    ]
}

pub(super) fn before_anything_is_sent() -> Vec<Row> {
    let tls = |name, class, certificate, facts| fails(name, class, [], facts).at(Place::Tls(certificate));
    vec![
        recovers("a certificate of the CA that was set", [granted()], LIVES).at(Place::Tls(Certificate::Good)),
        recovers("any certificate where checks are off", [granted()], LIVES)
            .at(Place::Tls(Certificate::OfAStranger))
            .setting("tls_insecure_skip_verify", "true"),
        tls(
            "unknown issuer beside a CA of our own",
            "tls-unknown-issuer",
            Certificate::OfAStranger,
            &["signed by an unknown issuer", "signed by \"a stranger\"", " is another one"],
        ),
        fails(
            "unknown issuer",
            "tls-unknown-issuer",
            [],
            &["signed by an unknown issuer", "signed by \"the matrix' own\"", "Set ca_cert_file"],
        )
        .at(Place::Untrusted),
        tls(
            "expired",
            "tls-expired",
            Certificate::Expired,
            &["has expired", "expired on 2020-01-01; this machine's clock says 20"],
        ),
        tls(
            "not valid yet",
            "tls-not-valid-yet",
            Certificate::NotValidYet,
            &["not valid yet", "valid from 4000-01-01", "date -u"],
        ),
        tls(
            "another name",
            "tls-wrong-name",
            Certificate::ForAnotherName,
            &["is not for 127.0.0.1", "is for a.example, *.b.example"],
        ),
        tls(
            "client certificate wanted",
            "tls-client-certificate",
            Certificate::OfBoth,
            &["client certificate", "client_cert_pem"],
        ),
        tls("HTTP/2 that is none", "http2", Certificate::CalledHttp2, &["HTTP/2 connection", "http_version = \"1.1\""]),
        fails("plain http at an https address", "tls-not-tls", [], &["does not speak TLS on port", "plain http"])
            .at(Place::SpeaksFirst),
        fails("no TLS at an https address", "connection-closed", [Reply::CloseAtOnce], &["closed the connection"])
            .at(Place::PlainCalledTls),
        fails(
            "a name that does not exist",
            "dns",
            [],
            &["cxone.invalid cannot be resolved", "nslookup cxone.invalid", "HTTPS_PROXY"],
        )
        .at(Place::At("https://cxone.invalid/token")),
        fails("a name that cannot exist", "dns", [], &["cannot be resolved"])
            .at(Place::At("https://a-label-that-is-longer-than-the-sixty-three-octets-that-dns-allows.invalid/token")),
        fails("an address without a way", "connection-refused", [], &["127.0.0.1"])
            .at(Place::At("http://127.0.0.1:1/token")),
        fails("a proxy that is not there", "proxy-unreachable", [], &["proxy cannot be reached", "left over"])
            .at(Place::BehindNoProxy),
        fails(
            "a proxy that wants a login",
            "proxy-authentication",
            [],
            &["requires a login (HTTP 407)", "URL-encoded", "http://127.0.0.1:", "http_proxy"],
        )
        .at(Place::BehindProxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")),
        fails(
            "a proxy that offers NTLM",
            "proxy-authentication",
            [],
            &["requires a login by Negotiate, NTLM", "Basic alone"],
        )
        .at(Place::BehindProxy("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n")),
        fails(
            "a proxy that refuses",
            "proxy-refused",
            [],
            &[
                "refused the connection to token.invalid (HTTP 403)",
                "says \"not on the list\"",
                "CONNECT",
                "remove the proxy in the provider block",
            ],
        )
        .at(Place::BehindProxy("HTTP/1.1 403 Forbidden\r\n\r\nnot on the list"))
        .retries(1),
        fails(
            "a proxy that cannot reach the host",
            "proxy-refused",
            [],
            &["(HTTP 502)", "cannot reach token.invalid", "(2 times)", "says \"Unable to connect\""],
        )
        .at(Place::BehindProxy("HTTP/1.1 502 Bad Gateway\r\n\r\n<html><title>Unable to connect</title>"))
        .retries(1),
        fails(
            "a proxy that closes",
            "proxy-refused",
            [],
            &["closed the connection in place of a response", "https://"],
        )
        .at(Place::BehindProxy("")),
        fails("a proxy that is none", "proxy-refused", [], &["is not HTTP", "no proxy listens there"])
            .at(Place::BehindProxy("SSH-2.0-OpenSSH_9.9\r\n")),
    ]
}
