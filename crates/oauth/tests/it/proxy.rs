//! Proxies against the token endpoint: tunnels, credentials, exceptions, refusals.

use std::net::TcpListener as StdListener;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth::{
    Clock, ErrorKind, HttpSettings, HttpVersion, ProxyFailure, ProxySettings, Secret, TimeoutPhase, TlsFailure,
    TokenClient,
};
use testkit::authority::Authority;
use testkit::connect_proxy::ConnectProxy;
use testkit::exchange::{CANARY, failure, request, retries, settings};
use testkit::scripted_server::{Reply, ScriptedServer, token};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// A name that only the proxy can reach.
const NAME: &str = "token.invalid";

fn through(proxy: ProxySettings) -> HttpSettings {
    HttpSettings { proxy, ..settings(5_000) }
}

fn by_hand(url: impl Into<String>) -> ProxySettings {
    ProxySettings::Url(Secret::new(url))
}

fn environment(https_proxy: String, no_proxy: &str) -> ProxySettings {
    ProxySettings::Environment {
        variable: "HTTPS_PROXY",
        https_proxy: Secret::new(https_proxy),
        no_proxy: Some(no_proxy.into()),
    }
}

#[tokio::test]
async fn an_https_endpoint_is_reached_through_a_tunnel() {
    let authority = Authority::named("ours");
    let config = Authority::server(&authority.issue(&[NAME], |_| {}), None, &[]);
    let server = ScriptedServer::start_tls((0..4).map(|_| token("canary.token", 60)), config).await;
    let proxy = ConnectProxy::to(server.address()).await;
    let with_user = format!("http://user:canary%40proxy@{}", proxy.address());
    for (index, proxy_settings) in
        [by_hand(&*with_user), environment(with_user.clone(), "other.invalid")].into_iter().enumerate()
    {
        let settings = HttpSettings { extra_ca_pem: Some(Secret::new(authority.pem())), ..through(proxy_settings) };
        let client = TokenClient::new(settings, retries(0), Clock::System);
        let request = request(&format!("https://{NAME}/t"));
        client.token(&request, Duration::ZERO).await.unwrap();
        client.document(&request.endpoint).await.unwrap();

        let head = proxy.heads()[index].clone();
        let basic = STANDARD.encode("user:canary@proxy");
        assert!(head.starts_with(&format!("CONNECT {NAME}:443 HTTP/1.1\r\n")), "{head}");
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic"), "{head}");
        assert!(head.contains(&basic), "{head}");
        assert!(head.to_ascii_lowercase().contains("user-agent: test-agent/1\r\n"), "{head}");
        assert!(!head.contains(&STANDARD.encode(format!("abc-123:{CANARY}"))), "{head}");
        let sent = server.requests()[2 * index].to_ascii_lowercase();
        assert!(sent.starts_with("post /t http/1.1\r\n") && !sent.contains("proxy-"), "{sent}");
    }
}

#[tokio::test]
async fn a_plain_endpoint_is_never_asked_for_at_a_proxy() {
    let server = ScriptedServer::start([token("canary.token", 60)]).await;
    let proxy = ConnectProxy::refusing("HTTP/1.1 500 Unused\r\n\r\n").await;
    let client = TokenClient::new(through(by_hand(format!("http://{}", proxy.address()))), retries(0), Clock::System);
    client.token(&request(&server.url("/t")), Duration::ZERO).await.unwrap();
    assert!(proxy.heads().is_empty(), "the credentials went to the proxy unencrypted");
}

#[tokio::test]
async fn exceptions_are_reached_directly() {
    let proxy = ConnectProxy::refusing("HTTP/1.1 500 Unused\r\n\r\n").await;
    let address = format!("http://{}", proxy.address());
    let direct =
        failure(through(environment(address.clone(), ".invalid")), &request(&format!("https://{NAME}/t"))).await;
    assert_eq!(direct.kind(), &ErrorKind::Dns);
    let entries = [
        ("*.invalid", format!("https://{NAME}/t")),
        ("token.invalid:8443", format!("https://{NAME}:8443/t")),
        ("INVALID", format!("https://{NAME}/t")),
        ("x.example, *", format!("https://{NAME}/t")),
    ];
    for (no_proxy, url) in entries {
        let direct = failure(through(environment(address.clone(), no_proxy)), &request(&url)).await;
        assert_eq!(direct.kind(), &ErrorKind::Dns, "{no_proxy}");
    }
    // A connection to 0.0.0.0 reaches this machine, but it is not a loopback address. Nobody listens there.
    for no_proxy in ["0.0.0.0", "0.0.0.0:9", "0.0.0.0/8", "*"] {
        let direct = failure(through(environment(address.clone(), no_proxy)), &request("https://0.0.0.0:9/t")).await;
        assert_eq!(direct.kind(), &ErrorKind::ConnectionRefused, "{no_proxy}");
    }
    let loopback = failure(through(environment(address, "")), &request("https://127.0.0.1:9/t")).await;
    assert_eq!(loopback.kind(), &ErrorKind::ConnectionRefused);
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn refusals_of_the_proxy_are_told_from_those_of_the_server() {
    let refused = |status, message: &str| ProxyFailure::TunnelRefused {
        status: Some(status),
        message: Some(message.to_owned()).filter(|message| !message.is_empty()),
    };
    let login = ProxyFailure::AuthenticationRequired;
    let page = "HTTP/1.1 403 Forbidden\r\nServer: squid/6.1\r\nContent-Type: text/html\r\n\r\n\
                <html><title>ERROR: Access Denied</title><body>canary-page</body>";
    let echo: &str = Box::leak(
        format!("HTTP/1.1 403 No\r\n\r\nno {CANARY}, {}", STANDARD.encode(format!("user:{CANARY}"))).into_boxed_str(),
    );
    let cases = [
        ("407", "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", login.clone(), 1),
        ("407 with JSON", "HTTP/1.0 407 No\r\nContent-Length: 17\r\n\r\n{\"message\":\"who\"}", login, 1),
        ("403", "HTTP/1.1 403 Forbidden\r\n\r\n", refused(403, ""), 1),
        ("a reason of its own", "HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n", refused(403, "Filtered"), 1),
        ("a page", page, refused(403, "ERROR: Access Denied"), 1),
        ("words", "HTTP/1.1 403 No\r\n\r\nRBAC: \r\n access denied", refused(403, "RBAC: access denied"), 1),
        ("JSON", "HTTP/1.1 400 No\r\n\r\n{\"error\":{\"message\":\"not listed\"}}", refused(400, "not listed"), 1),
        ("an echo", echo, refused(403, "no ***, ***"), 1),
        ("a body that does not end", "HTTP/1.1 403 No\r\nContent-Length: 99\r\n\r\nbegun", refused(403, "begun"), 1),
        ("429", "HTTP/1.1 429 Too Many Requests\r\n\r\n", refused(429, ""), 3),
        ("502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", refused(502, ""), 3),
        ("503", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\n\r\n", refused(503, ""), 3),
        ("504", "HTTP/1.1 504 Gateway Timeout\r\n\r\n", refused(504, ""), 3),
        ("a redirect", "HTTP/1.1 302 Found\r\nLocation: http://login.invalid/\r\n\r\n", refused(302, ""), 1),
        ("not HTTP", "hello\r\n\r\n", ProxyFailure::TunnelRefused { status: None, message: None }, 1),
        ("closed", "", ProxyFailure::Closed, 3),
    ];
    for (name, answer, expected, attempts) in cases {
        let proxy = ConnectProxy::refusing(answer).await;
        let settings = through(by_hand(format!("http://user:{CANARY}@{}", proxy.address())));
        let client = TokenClient::new(settings, retries(2), Clock::System);
        let error = client.token(&request(&format!("https://{NAME}/t")), Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Proxy(expected), "{name}");
        assert_eq!((error.attempts, proxy.heads().len()), (attempts, attempts as usize), "{name}");
        assert_eq!(error.marks.server.is_some(), name == "a page", "{name}");
    }
}

#[tokio::test]
async fn the_schemes_that_a_proxy_offers_are_kept() {
    let answer = "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n";
    let proxy = ConnectProxy::refusing(answer).await;
    let settings = through(by_hand(format!("http://{}", proxy.address())));
    let error = failure(settings, &request(&format!("https://{NAME}/t"))).await;
    assert_eq!(error.marks.challenges, ["Negotiate", "NTLM"]);
    assert!(!proxy.heads()[0].to_ascii_lowercase().contains("proxy-authorization"), "{:?}", proxy.heads());
}

#[tokio::test]
async fn every_form_of_a_host_is_reached_through_a_tunnel() {
    let authority = Authority::named("ours");
    let names = ["2001:db8::1", "192.0.2.7", "xn--bcher-kva.invalid"];
    let config = || Authority::server(&authority.issue(&names, |_| {}), None, &["h2", "http/1.1"]);
    let cases = [
        ("https://[2001:db8::1]/t", "[2001:db8::1]:443"),
        ("https://[2001:DB8:0::1]:8443/t", "[2001:db8::1]:8443"),
        ("https://192.0.2.7/t", "192.0.2.7:443"),
        ("https://b\u{fc}cher.invalid:444/t", "xn--bcher-kva.invalid:444"),
    ];
    for (url, target) in cases {
        let server = ScriptedServer::start_tls([token("canary.token", 60)], config()).await;
        let proxy = ConnectProxy::to(server.address()).await;
        let settings = HttpSettings {
            extra_ca_pem: Some(Secret::new(authority.pem())),
            http_version: HttpVersion::Http11,
            ..through(by_hand(format!("http://{}", proxy.address())))
        };
        let client = TokenClient::new(settings, retries(0), Clock::System);
        client.token(&request(url), Duration::ZERO).await.unwrap();
        let head = proxy.heads()[0].to_ascii_lowercase();
        assert!(head.starts_with(&format!("connect {target} http/1.1\r\n")), "{head}");
        assert!(head.contains(&format!("host: {target}\r\n")), "{head}");
        let host = target.trim_end_matches(":443");
        assert!(server.requests()[0].to_ascii_lowercase().contains(&format!("host: {host}\r\n")));
    }
}

#[tokio::test]
async fn an_encrypted_proxy_is_spoken_to_over_tls() {
    let authority = Authority::named("ours");
    let server = Authority::server(&authority.issue(&[NAME], |_| {}), None, &["h2", "http/1.1"]);
    let server = ScriptedServer::start_tls([token("canary.token", 60)], server).await;
    let secure = Authority::server(&authority.issue(&["127.0.0.1"], |_| {}), None, &["h2", "http/1.1"]);
    let proxy = ConnectProxy::secure(server.address(), secure).await;
    let settings = HttpSettings {
        extra_ca_pem: Some(Secret::new(authority.pem())),
        http_version: HttpVersion::Http11,
        ..through(by_hand(format!("https://user:{CANARY}@{}", proxy.address())))
    };
    let client = TokenClient::new(settings, retries(0), Clock::System);
    client.token(&request(&format!("https://{NAME}/t")), Duration::ZERO).await.unwrap();
    assert!(proxy.heads()[0].contains(&STANDARD.encode(format!("user:{CANARY}"))), "{:?}", proxy.heads());
}

#[tokio::test]
async fn tls_that_fails_at_the_proxy_is_the_proxys() {
    let server = ScriptedServer::start([]).await;
    let secure = Authority::server(&Authority::named("unknown").issue(&["127.0.0.1"], |_| {}), None, &[]);
    let secure = ConnectProxy::secure(server.address(), secure).await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = plain.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        socket.shutdown().await.unwrap();
    });
    for (proxy, expected) in [(secure.address(), TlsFailure::UnknownIssuer), (address, TlsFailure::NotTls)] {
        let settings = through(by_hand(format!("https://{proxy}")));
        let error = failure(settings, &request(&format!("https://{NAME}/t"))).await;
        assert_eq!(error.kind(), &ErrorKind::Proxy(ProxyFailure::Tls(expected)));
    }
}

#[tokio::test]
async fn time_that_runs_out_behind_a_proxy_is_told_by_phase() {
    let silent = ScriptedServer::start([Reply::Ignore]).await;
    let behind = ScriptedServer::start([Reply::Ignore]).await;
    let open = ConnectProxy::to(behind.address()).await;
    for (phase, proxy) in [(TimeoutPhase::Connect, silent.address()), (TimeoutPhase::Handshake, open.address())] {
        let settings = HttpSettings { proxy: by_hand(format!("http://{proxy}")), ..settings(80) };
        let error = failure(settings, &request(&format!("https://{NAME}/t"))).await;
        assert_eq!(error.kind(), &ErrorKind::Timeout { phase, limit: Duration::from_millis(60) });
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_so() {
    let free = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for proxy in [format!("http://{free}"), "http://nonexistent.invalid:3128".to_owned()] {
        let error = failure(through(by_hand(&*proxy)), &request(&format!("https://{NAME}/t"))).await;
        assert_eq!(error.kind(), &ErrorKind::Proxy(ProxyFailure::Unreachable), "{proxy}");
    }
}

#[tokio::test]
async fn an_unusable_proxy_setting_is_named() {
    let settings = through(by_hand("socks5://user:canary@127.0.0.1:1080"));
    let error = failure(settings, &request("https://127.0.0.1:9/t")).await;
    let ErrorKind::Setup(text) = error.kind() else { panic!("{error:?}") };
    assert!(
        text.contains("the proxy cannot be used: it is neither an http nor an https address")
            && !text.contains("canary"),
        "{text}"
    );
}

#[tokio::test]
async fn behind_the_tunnel_the_fault_is_the_servers_and_is_tried_again() {
    let authority = Authority::named("ours");
    let config = Authority::server(&authority.issue(&[NAME], |_| {}), None, &[]);
    let closing = [Reply::CloseAtOnce, Reply::close(), token("canary.token", 60)];
    let server = ScriptedServer::start_tls(closing, config).await;
    let proxy = ConnectProxy::to(server.address()).await;
    let settings = || HttpSettings {
        extra_ca_pem: Some(Secret::new(authority.pem())),
        ..through(by_hand(format!("http://{}", proxy.address())))
    };
    let client = TokenClient::new(settings(), retries(2), Clock::System);
    client.token(&request(&format!("https://{NAME}/t")), Duration::ZERO).await.unwrap();
    assert_eq!(server.connections(), 3);

    let gone = ConnectProxy::refusing("HTTP/1.1 200 OK\r\n\r\n").await;
    let error =
        failure(through(by_hand(format!("http://{}", gone.address()))), &request(&format!("https://{NAME}/t"))).await;
    assert_eq!(error.kind(), &ErrorKind::ConnectionClosed);
}
