//! One row: a server's behaviour, and the right reaction.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use testkit::authority::Authority;
use testkit::connect_proxy::ConnectProxy;
use testkit::scripted_server::{Reply, ScriptedServer, Step};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server's behaviour and what must come of it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    place: Place,
    script: Vec<Reply>,
    /// Per attempt.
    timeout: Duration,
    pub(crate) retries: u32,
    /// The longest wait between attempts, also when the server names a longer one.
    longest_wait: Duration,
    scopes: &'static [&'static str],
    settings: Vec<(&'static str, String)>,
    /// Secrets besides the client secret and the access token.
    pub(crate) canaries: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// What comes of a row.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    /// A token comes, and this condition on the data source `self` holds.
    Recovered(&'static str),
    /// One error of this class, as the troubleshooting guide names it, with all of these facts in it.
    Failed(&'static str, &'static [&'static str]),
}

/// Where the token endpoint is.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// Plain HTTP on loopback.
    Plain,
    /// HTTPS on loopback, with a certificate of an authority that the configuration trusts.
    Tls(Certificate),
    /// HTTPS with a certificate that only the system's roots could vouch for.
    Untrusted,
    /// An https address at which a server without TLS listens.
    PlainCalledTls,
    /// An https address at which a server speaks first, in plain HTTP, and hangs up.
    SpeaksFirst,
    /// Nothing listens there.
    Nowhere,
    /// An address of that kind.
    At(&'static str),
    /// Behind a proxy that answers CONNECT with this.
    BehindProxy(&'static str),
    /// Behind a proxy that does not listen.
    BehindNoProxy,
}

/// What is special about a server's certificate.
#[derive(Clone, Copy)]
pub(super) enum Certificate {
    Good,
    OfAStranger,
    Expired,
    NotValidYet,
    ForAnotherName,
    /// The server wants one of the client, too.
    OfBoth,
    /// The server agrees on HTTP/2 and then answers in HTTP/1.1.
    CalledHttp2,
}

/// A row in which a token comes.
pub(super) fn recovers(name: &'static str, script: impl IntoIterator<Item = Reply>, holds: &'static str) -> Row {
    row(name, script, Outcome::Recovered(holds))
}

/// A row in which no token comes: the class of the failure, and the facts that the error has.
pub(super) fn fails(
    name: &'static str,
    class: &'static str,
    script: impl IntoIterator<Item = Reply>,
    facts: &'static [&'static str],
) -> Row {
    row(name, script, Outcome::Failed(class, facts))
}

fn row(name: &'static str, script: impl IntoIterator<Item = Reply>, outcome: Outcome) -> Row {
    Row {
        name,
        place: Place::Plain,
        script: script.into_iter().collect(),
        timeout: Duration::from_secs(10),
        retries: 0,
        longest_wait: Duration::from_millis(50),
        scopes: &[],
        settings: Vec::new(),
        canaries: Vec::new(),
        outcome,
    }
}

impl Row {
    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    pub(super) fn timeout_ms(self, limit: u64) -> Self {
        Self { timeout: Duration::from_millis(limit), ..self }
    }

    pub(super) fn retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    pub(super) fn longest_wait_ms(self, limit: u64) -> Self {
        Self { longest_wait: Duration::from_millis(limit), ..self }
    }

    pub(super) fn scopes(self, scopes: &'static [&'static str]) -> Self {
        Self { scopes, ..self }
    }

    pub(super) fn setting(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    pub(super) fn canary(mut self, secret: impl Into<String>) -> Self {
        self.canaries.push(secret.into());
        self
    }

    /// The longest that the provider may take, by what is configured.
    pub(crate) fn longest(&self) -> Duration {
        self.timeout * (self.retries + 1) + self.longest_wait * self.retries
    }

    /// Starts what the row needs.
    pub(crate) async fn stage(&self) -> Stage {
        let authority = Authority::named("the matrix' own");
        let server = self.start_server(&authority).await;
        let mut stage = Stage {
            token_url: server.url("/token"),
            settings: self.settings.clone(),
            server,
            proxy: None,
            speaker: None,
        };
        match self.place {
            Place::Plain | Place::Tls(_) | Place::Untrusted => {}
            Place::PlainCalledTls => stage.token_url = format!("https://{}/token", stage.server.address()),
            Place::At(url) => stage.token_url = url.to_owned(),
            Place::Nowhere => stage.token_url = format!("http://{}/token", free_port().await),
            Place::SpeaksFirst => {
                let (address, task) = speaks_first().await;
                stage.token_url = format!("https://{address}/token");
                stage.speaker = Some(task);
            }
            Place::BehindProxy(answer) => {
                let proxy = ConnectProxy::refusing(answer).await;
                stage.behind(&format!("http://{}", proxy.address()));
                stage.proxy = Some(proxy);
            }
            Place::BehindNoProxy => stage.behind(&format!("http://{}", free_port().await)),
        }
        if !matches!(self.place, Place::Untrusted | Place::SpeaksFirst) {
            stage.settings.push(("ca_cert_pem", authority.pem()));
        }
        stage.settings.extend([
            ("token_url", stage.token_url.clone()),
            ("request_timeout", format!("{}ms", self.timeout.as_millis())),
            ("max_retries", self.retries.to_string()),
            ("retry_min_wait", "10ms".to_owned()),
            ("retry_max_wait", format!("{}ms", self.longest_wait.as_millis())),
        ]);
        if !self.scopes.is_empty() {
            stage.settings.push(("scopes", self.scopes.join(" ")));
        }
        stage
    }

    async fn start_server(&self, authority: &Authority) -> ScriptedServer {
        let certificate = match self.place {
            Place::Tls(certificate) => certificate,
            Place::Untrusted => Certificate::Good,
            _ => return ScriptedServer::start(self.script.clone()).await,
        };
        let stranger = Authority::named("a stranger");
        let names: &[&str] = match certificate {
            Certificate::ForAnotherName => &["a.example", "*.b.example"],
            _ => &["127.0.0.1"],
        };
        let issuer = if matches!(certificate, Certificate::OfAStranger) { &stranger } else { authority };
        let identity = issuer.issue(names, |params| match certificate {
            Certificate::Expired => params.not_after = rcgen::date_time_ymd(2020, 1, 1),
            Certificate::NotValidYet => params.not_before = rcgen::date_time_ymd(4000, 1, 1),
            _ => {}
        });
        let clients = matches!(certificate, Certificate::OfBoth).then_some(authority);
        let protocol = if matches!(certificate, Certificate::CalledHttp2) { "h2" } else { "http/1.1" };
        ScriptedServer::start_tls(self.script.clone(), Authority::server(&identity, clients, &[protocol])).await
    }

    /// What is wrong with the requests that `stage` got: their number, which the script says, or their form.
    pub(crate) fn request_problems(&self, stage: &Stage) -> Vec<String> {
        let expected = self.script.iter().filter(|turn| matches!(turn, Reply::Answer(_))).count();
        let mut requests = stage.server.requests();
        // The preface of HTTP/2 is not a request of ours (RFC 9113 section 3.4).
        requests.retain(|request| !request.starts_with("PRI * HTTP/2.0") && !request.starts_with("SM"));
        // If the address is not a token endpoint, one request without credentials for the discovery document follows.
        requests.retain(|request| !request.starts_with("GET /.well-known/openid-configuration "));
        let mut problems = Vec::new();
        if requests.len() != expected {
            problems.push(format!("{} requests where {expected} were expected", requests.len()));
        }
        let body = match self.scopes {
            [] => "grant_type=client_credentials".to_owned(),
            scopes => format!("grant_type=client_credentials&scope={}", scopes.join("+").replace(':', "%3A")),
        };
        for request in requests {
            let lower = request.to_ascii_lowercase();
            // Two of eleven servers lose a chunked body.
            let counted = lower.contains(&format!("\r\ncontent-length: {}\r\n", body.len()));
            if !request.starts_with("POST /token HTTP/1.1\r\n") || !counted || !request.ends_with(&body) {
                problems.push(format!("an unexpected request: {request:?}"));
            }
        }
        problems
    }
}

/// A row's servers while they run, and the settings that lead to them.
pub(crate) struct Stage {
    pub(crate) token_url: String,
    /// All but the credentials, each as text.
    pub(crate) settings: Vec<(&'static str, String)>,
    server: ScriptedServer,
    proxy: Option<ConnectProxy>,
    speaker: Option<JoinHandle<()>>,
}

impl Stage {
    /// The settings as arguments of a provider block.
    pub(crate) fn hcl(&self) -> String {
        let arguments = self.settings.iter().map(|(name, value)| match *name {
            "scopes" => format!("scopes = {}\n", json!(value.split(' ').collect::<Vec<_>>())),
            _ => format!("{name} = {}\n", json!(value)),
        });
        arguments.collect()
    }

    fn behind(&mut self, proxy: &str) {
        self.token_url = "https://token.invalid/token".to_owned();
        self.settings.push(("http_proxy", proxy.to_owned()));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(speaker) = &self.speaker {
            speaker.abort();
        }
    }
}

/// Bound and given up: nothing else gets this port so soon.
async fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn speaks_first() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
            _ = socket.shutdown().await;
        }
    });
    (address, task)
}

/// Closes after this answer, which says nothing of its length.
pub(super) fn until_closed(bytes: impl AsRef<[u8]>) -> Reply {
    Reply::Answer(vec![Step::Write(bytes.as_ref().to_vec()), Step::Close])
}
