//! Endpoints that are not reached, or whose identity is in doubt.

use std::net::TcpListener as StdListener;
use std::sync::mpsc;
use std::thread;

use rcgen::date_time_ymd;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Failure, scripted};
use testkit::authority::Authority;
use testkit::connect_proxy::ConnectProxy;
use testkit::scripted_server::{Reply, ScriptedServer, token};

/// The failing endpoints; they serve until it is dropped.
pub(crate) struct Network {
    pub(crate) failures: Vec<Failure>,
    /// Closed on drop, which ends the servers' thread.
    _alive: oneshot::Sender<()>,
}

/// Starts an endpoint for every class of failure on the way to an answer.
pub(crate) fn on_the_way() -> Network {
    let (alive, dropped) = oneshot::channel::<()>();
    let (ready, failures) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut servers = Servers::start().await;
            _ = ready.send(std::mem::take(&mut servers.failures));
            _ = dropped.await;
        });
    });
    Network { failures: failures.recv().expect("the servers start"), _alive: alive }
}

/// What must stay alive while the endpoints are used.
struct Servers {
    wire: ScriptedServer,
    tls: Vec<ScriptedServer>,
    proxies: Vec<ConnectProxy>,
    greeter: JoinHandle<()>,
    failures: Vec<Failure>,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.greeter.abort();
    }
}

impl Servers {
    async fn start() -> Self {
        let (address, greeter) = greeter().await;
        let mut servers = Self {
            wire: ScriptedServer::start([]).await,
            tls: Vec::new(),
            proxies: Vec::new(),
            greeter,
            failures: Vec::new(),
        };
        unreachable(&mut servers);
        silent(&mut servers);
        certificates(&mut servers).await;
        protocols(&mut servers, address).await;
        proxies(&mut servers).await;
        servers
    }

    fn add(
        &mut self,
        (name, step): (&'static str, &'static str),
        token_url: impl Into<String>,
        settings: Vec<(&'static str, String)>,
        summary: &'static str,
        advice: &'static [&'static str],
    ) {
        let token_url = token_url.into();
        self.failures.push(Failure { name, step, summary, advice, token_url, settings, requests: None });
    }

    /// A TLS server with `identity`, which nobody gets as far as asking.
    async fn tls_server(&mut self, config: rustls::ServerConfig) -> String {
        let server = ScriptedServer::start_tls([token("canary.token", 60)], config).await;
        let url = server.url("/token");
        self.tls.push(server);
        url
    }

    async fn refusing_proxy(&mut self, answer: &'static str) -> Vec<(&'static str, String)> {
        let proxy = ConnectProxy::refusing(answer).await;
        let settings = vec![("http_proxy", format!("http://{}", proxy.address()))];
        self.proxies.push(proxy);
        settings
    }
}

fn unreachable(servers: &mut Servers) {
    let free = StdListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    servers.add(
        ("dns", "dns"),
        "https://token.invalid/oauth/token",
        vec![],
        "token.invalid could not be resolved",
        &["nslookup token.invalid", "HTTPS_PROXY"],
    );
    servers.add(
        ("connection-refused", "tcp"),
        format!("https://{free}/token"),
        vec![],
        "refused the connection",
        &["wrong host or port"],
    );
}

fn silent(servers: &mut Servers) {
    let soon = || vec![("request_timeout", "500ms".to_owned())];
    let partial = Reply::bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec());
    let wire = &servers.wire;
    let rows = [
        scripted(
            wire,
            ("timeout-waiting", "http"),
            Reply::hang(),
            "did not answer within 500 ms",
            &["request_timeout"],
        ),
        scripted(wire, ("timeout-reading", "http"), partial, "did not end within 500 ms", &["came too slowly"]),
        scripted(
            wire,
            ("connection-closed", "http"),
            Reply::close(),
            "closed the connection",
            &["http_version = \"1.1\""],
        ),
        scripted(
            wire,
            ("invalid-http", "http"),
            Reply::bytes(b"hello\r\n\r\n".to_vec()),
            "did not answer in HTTP",
            &["another protocol"],
        ),
    ];
    servers.failures.extend(rows.map(|row| Failure { settings: soon(), ..row }));
    // A TLS greeting has no end that this server waits for.
    let deaf = format!("https://{}/token", servers.wire.address());
    servers.add(("timeout-connecting", "tcp"), deaf, soon(), "No connection to 127.0.0.1 within", &["firewall"]);
}

async fn certificates(servers: &mut Servers) {
    let authority = Authority::named("ours");
    let trusted = || vec![("ca_cert_pem", authority.pem())];
    let here = ["127.0.0.1"];
    let good = authority.issue(&here, |_| {});
    let expired = authority.issue(&here, |params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = authority.issue(&here, |params| params.not_before = date_time_ymd(4000, 1, 1));
    let foreign = authority.issue(&["a.example", "*.b.example"], |_| {});
    let server = |identity| Authority::server(identity, None, &[]);

    let url = servers.tls_server(server(&good)).await;
    servers.add(("tls-unknown-issuer", "tls"), url, vec![], "signed by an unknown issuer", &["Set ca_cert_file"]);
    let url = servers.tls_server(server(&good)).await;
    let theirs = vec![("ca_cert_pem", Authority::named("theirs").pem())];
    servers.add(("tls-unknown-issuer.own", "tls"), url, theirs, "unknown issuer", &["The CA that you added"]);
    let url = servers.tls_server(server(&expired)).await;
    servers.add(("tls-expired", "tls"), url, trusted(), "has expired", &["clock is wrong"]);
    let url = servers.tls_server(server(&early)).await;
    servers.add(("tls-not-valid-yet", "tls"), url, trusted(), "not valid yet", &["date -u"]);
    let url = servers.tls_server(server(&foreign)).await;
    servers.add(("tls-wrong-name", "tls"), url, trusted(), "for another name", &["a.example, *.b.example"]);
    let url = servers.tls_server(Authority::server(&good, Some(&authority), &[])).await;
    servers.add(("tls-client-certificate", "tls"), url, trusted(), "client certificate", &["client_cert_pem"]);
}

async fn protocols(servers: &mut Servers, greeter: std::net::SocketAddr) {
    let authority = Authority::named("ours");
    let trusted = vec![("ca_cert_pem", authority.pem())];
    // Agrees on HTTP/2 and then answers in HTTP/1.1.
    let url = servers.tls_server(Authority::server(&authority.issue(&["127.0.0.1"], |_| {}), None, &["h2"])).await;
    servers.add(("http2", "http"), url, trusted, "HTTP/2 connection", &["http_version = \"1.1\""]);
    let url = format!("https://{greeter}/token");
    servers.add(("tls-not-tls", "tls"), url, vec![], "does not speak TLS", &["plain http"]);
}

async fn proxies(servers: &mut Servers) {
    let url = "https://token.invalid/token";
    let settings = servers.refusing_proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    servers.add(
        ("proxy-authentication", "tcp"),
        url,
        settings,
        "requires a login (HTTP 407)",
        &["percent-encoded", "http://127.0.0.1:", "http_proxy"],
    );
    let settings = servers.refusing_proxy("HTTP/1.1 403 Forbidden\r\n\r\n").await;
    servers.add(("proxy-refused", "tcp"), url, settings, "refused the way to token.invalid", &["CONNECT", "NO_PROXY"]);
    let free = StdListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let settings = vec![("http_proxy", format!("http://{free}"))];
    servers.add(("proxy-unreachable", "tcp"), url, settings, "proxy could not be reached", &["left over"]);
}

/// A server that speaks first, in plain HTTP, and hangs up.
async fn greeter() -> (std::net::SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
            _ = socket.shutdown().await;
        }
    });
    (address, task)
}
