//! Proxies against the token endpoint: tunnels, credentials, exceptions, refusals.

use std::net::TcpListener as StdListener;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth::{Clock, ErrorKind, HttpSettings, ProxyFailure, ProxySettings, Secret, TokenClient};
use testkit::authority::Authority;
use testkit::connect_proxy::ConnectProxy;
use testkit::exchange::{CANARY, failure, request, retries, settings};
use testkit::scripted_server::{Reply, ScriptedServer, token};

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
    // 0.0.0.0 is this machine for whoever connects, and no loopback address: nobody listens there.
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
    let refused = ProxyFailure::TunnelRefused { status: None };
    let cases = [
        ("407", "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", ProxyFailure::AuthenticationRequired),
        ("403", "HTTP/1.1 403 Forbidden\r\n\r\n", refused.clone()),
        ("502", "HTTP/1.1 502 Bad Gateway\r\n\r\n", refused.clone()),
        ("not HTTP", "hello\r\n\r\n", refused.clone()),
        ("closed", "", refused),
    ];
    for (name, answer, expected) in cases {
        let proxy = ConnectProxy::refusing(answer).await;
        let settings = through(by_hand(format!("http://user:{CANARY}@{}", proxy.address())));
        let error = failure(settings, &request(&format!("https://{NAME}/t"))).await;
        assert_eq!(error.kind(), &ErrorKind::Proxy(expected), "{name}");
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
