//! One row and how it is checked.

use std::time::Duration;

use tokio::net::TcpListener;

use crate::terraform::{SECRET, TOKEN};
use testkit::authority::Authority;
use testkit::run::Run;
use testkit::scripted_server::{Reply, ScriptedServer, Step};
use testkit::workspace::Workspace;

/// A server's behaviour and what must come of it.
pub(super) struct Row {
    name: &'static str,
    place: Place,
    script: Vec<Reply>,
    /// Per attempt.
    timeout: Duration,
    retries: u32,
    /// The longest wait between attempts, also when the server names a longer one.
    longest_wait: Duration,
    scopes: &'static [&'static str],
    settings: &'static str,
    /// Secrets besides [`SECRET`] and [`TOKEN`].
    canaries: Vec<String>,
    outcome: Outcome,
}

enum Outcome {
    /// A token comes, and this condition on the data source `self` holds.
    Recovered(&'static str),
    /// One error, with all of these in it.
    Failed(&'static [&'static str]),
}

/// Where the token endpoint is.
pub(super) enum Place {
    /// Plain HTTP on loopback.
    Plain,
    /// HTTPS on loopback, with a certificate of an authority that the configuration trusts.
    Tls(Certificate),
    /// An https address at which a server without TLS listens.
    PlainCalledTls,
    /// Nothing listens there.
    Nowhere,
    /// An address of that kind.
    At(&'static str),
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
}

/// A row in which a token comes.
pub(super) fn recovers(name: &'static str, script: impl IntoIterator<Item = Reply>, holds: &'static str) -> Row {
    row(name, script, Outcome::Recovered(holds))
}

/// A row in which no token comes; the error has these facts.
pub(super) fn fails(
    name: &'static str,
    script: impl IntoIterator<Item = Reply>,
    facts: &'static [&'static str],
) -> Row {
    row(name, script, Outcome::Failed(facts))
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
        settings: "",
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

    pub(super) fn settings(self, settings: &'static str) -> Self {
        Self { settings, ..self }
    }

    pub(super) fn canary(mut self, secret: impl Into<String>) -> Self {
        self.canaries.push(secret.into());
        self
    }

    /// Runs the row; gives what is wrong with it.
    pub(super) async fn check(self) -> Vec<String> {
        let authority = Authority::named("the matrix' own");
        let server = self.start_server(&authority).await;
        let url = self.url(&server).await;
        let mut workspace = Workspace::for_any_core();
        workspace.canary("client secret", SECRET);
        workspace.canary("access token", TOKEN);
        for canary in &self.canaries {
            workspace.canary("secret of the row", canary);
        }
        workspace.env("CXONE_CLIENT_SECRET", SECRET);
        workspace.write(&self.configuration(&url, &authority.pem()));
        let (workspace, run) = tokio::task::spawn_blocking(move || {
            let run = workspace.run(&["plan", "-json"]);
            (workspace, run)
        })
        .await
        .unwrap();
        let problems = [self.outcome_problems(&run), self.time_problems(&run), self.request_problems(&server)].concat();
        workspace.finish();
        problems.iter().map(|problem| format!("{}: {problem}\n{run}", self.name)).collect()
    }

    async fn start_server(&self, authority: &Authority) -> ScriptedServer {
        let Place::Tls(certificate) = self.place else {
            return ScriptedServer::start(self.script.clone()).await;
        };
        let stranger = Authority::named("a stranger");
        let name = if matches!(certificate, Certificate::ForAnotherName) { "other.example" } else { "127.0.0.1" };
        let issuer = if matches!(certificate, Certificate::OfAStranger) { &stranger } else { authority };
        let identity = issuer.issue(&[name], |params| match certificate {
            Certificate::Expired => params.not_after = rcgen::date_time_ymd(2020, 1, 1),
            Certificate::NotValidYet => params.not_before = rcgen::date_time_ymd(4000, 1, 1),
            _ => {}
        });
        let clients = matches!(certificate, Certificate::OfBoth).then_some(authority);
        ScriptedServer::start_tls(self.script.clone(), Authority::server(&identity, clients, &["http/1.1"])).await
    }

    async fn url(&self, server: &ScriptedServer) -> String {
        match self.place {
            Place::Plain | Place::Tls(_) => server.url("/token"),
            Place::PlainCalledTls => format!("https://{}/token", server.address()),
            Place::At(url) => url.to_owned(),
            Place::Nowhere => {
                // Bound and given up: nothing else gets this port so soon.
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                format!("http://{}/token", listener.local_addr().unwrap())
            }
        }
    }

    fn configuration(&self, url: &str, ca: &str) -> String {
        let Self { timeout, retries, longest_wait, scopes, settings, .. } = self;
        let (timeout, longest_wait) = (timeout.as_millis(), longest_wait.as_millis());
        let condition = match self.outcome {
            Outcome::Recovered(holds) => holds,
            Outcome::Failed(_) => "self.id != null",
        };
        format!(
            r#"
            provider "cxone" {{
              token_url       = "{url}"
              client_id       = "matrix"
              scopes          = {scopes:?}
              scope_drift     = "ignore"
              request_timeout = "{timeout}ms"
              max_retries     = {retries}
              retry_min_wait  = "10ms"
              retry_max_wait  = "{longest_wait}ms"
              ca_cert_pem     = {ca:?}
              {settings}
            }}
            data "cxone_token_info" "this" {{
              lifecycle {{
                postcondition {{
                  condition     = {condition}
                  error_message = "The row's condition does not hold."
                }}
              }}
            }}
            "#
        )
    }

    fn outcome_problems(&self, run: &Run) -> Vec<String> {
        let errors: Vec<_> = run.errors().collect();
        let texts: Vec<_> = errors.iter().map(|error| error.text()).collect();
        let mut problems = Vec::new();
        match self.outcome {
            Outcome::Recovered(_) if run.exit_code == Some(0) && errors.is_empty() => {}
            Outcome::Recovered(_) => problems.push("no token came".to_owned()),
            Outcome::Failed(_) if run.exit_code != Some(1) || errors.len() != 1 => {
                problems.push(format!("{} errors where one was expected", errors.len()));
            }
            Outcome::Failed(facts) => {
                let missing: Vec<_> = facts.iter().filter(|fact| !texts[0].contains(**fact)).collect();
                if !missing.is_empty() {
                    problems.push(format!("not said: {missing:?}"));
                }
            }
        }
        for diagnostic in &run.diagnostics {
            let shown = format!("{}{}", diagnostic.summary, diagnostic.detail);
            if shown.chars().any(|character| character.is_control() && character != '\n') {
                problems.push(format!("control characters in {shown:?}"));
            }
            if shown.contains("backtrace") {
                problems.push("a backtrace in a diagnostic".to_owned());
            }
        }
        problems
    }

    fn time_problems(&self, run: &Run) -> Vec<String> {
        let configured = self.timeout * (self.retries + 1) + self.longest_wait * self.retries;
        if run.elapsed <= configured + CORE_LIMIT {
            return Vec::new();
        }
        vec![format!("took longer than {configured:?} and the core's own")]
    }

    /// The server was asked as often as the script says, and each time in the documented way.
    fn request_problems(&self, server: &ScriptedServer) -> Vec<String> {
        let expected = self.script.iter().filter(|turn| matches!(turn, Reply::Answer(_))).count();
        let requests = server.requests();
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

/// What the core, its start of the provider and a busy machine may add.
const CORE_LIMIT: Duration = Duration::from_secs(10);

/// Closes after this answer, which says nothing of its length.
pub(super) fn until_closed(bytes: impl AsRef<[u8]>) -> Reply {
    Reply::Answer(vec![Step::Write(bytes.as_ref().to_vec()), Step::Close])
}
