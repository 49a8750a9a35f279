//! Typical broken configurations, and the cause that the diagnostic must name first.
//!
//! Each is its own plan. The test judges the core's output on a terminal.

use std::sync::Mutex;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use testkit::authority::Authority;
use testkit::connect_proxy::ConnectProxy;
use testkit::sandbox::Sandbox;
use testkit::scripted_server::{Reply, ScriptedServer, answer, token};
use testkit::workspace::Workspace;

use super::super::{SECRET, TOKEN};

/// A configuration, and a part of the verdict that only the right cause has.
struct Broken {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    block: String,
    /// More configuration beside the provider block and its data source.
    more: String,
    expected: &'static str,
}

/// What came of one.
struct Outcome {
    name: &'static str,
    lines: usize,
    problem: Option<String>,
}

fn broken(name: &'static str, block: impl Into<String>, expected: &'static str) -> Broken {
    Broken { name, variables: Vec::new(), block: block.into(), more: String::new(), expected }
}

impl Broken {
    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn more(self, more: impl Into<String>) -> Self {
        Self { more: more.into(), ..self }
    }

    fn run(&self) -> Outcome {
        let mut workspace = Workspace::for_any_core();
        workspace.canary("client secret", SECRET);
        workspace.canary("access token", TOKEN);
        workspace.env("CXONE_CLIENT_ID", "reader").env("CXONE_CLIENT_SECRET", SECRET).env("CXONE_MAX_RETRIES", "0");
        for (name, value) in &self.variables {
            workspace.env(name, value);
        }
        let more = if self.more.is_empty() { "data \"cxone_token_info\" \"this\" {}" } else { &self.more };
        workspace.write(&format!("provider \"cxone\" {{\n{}\n}}\n{more}\n", self.block));
        let run = workspace.run(&["plan", "-no-color", "-input=false"]);
        let text = run.stderr.clone();
        workspace.finish();
        let told = ["\nError: ", "\nWarning: "].iter().map(|kind| text.matches(kind).count()).sum::<usize>();
        let lines: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Error: ")).collect();
        if told != 1 || run.stdout.contains("Warning: ") && !run.stdout.contains("development overrides") {
            let problem = format!("{told} diagnostics where one was expected:\n{}{text}", run.stdout);
            return Outcome { name: self.name, lines: 0, problem: Some(problem) };
        }
        let count = lines.iter().filter(|line| !line.trim().is_empty()).count();
        // The verdict ends before the request, which has its own heading.
        let verdict = lines.iter().take_while(|line| **line != "Request").copied().collect::<Vec<_>>().join(" ");
        let is_first = verdict.split_whitespace().collect::<Vec<_>>().join(" ").contains(self.expected);
        let problem = (!is_first).then(|| format!("{:?} is not the verdict:\n{}", self.expected, lines.join("\n")));
        Outcome { name: self.name, lines: count, problem }
    }
}

#[test]
fn the_right_cause_comes_first_and_the_message_is_short() {
    let sandbox = sandbox();
    let wire = ScriptedServer::in_background();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(Stage::start(sandbox, wire));
    let all: Vec<Broken> =
        [stage.values(), stage.words(), stage.responses(), stage.discovery(), stage.rest(), stage.on_the_way()]
            .into_iter()
            .flatten()
            .collect();
    let outcomes = runtime.block_on(async { tokio::task::spawn_blocking(move || run_all(all)).await.unwrap() });

    let mut lengths: Vec<_> = outcomes.iter().map(|outcome| outcome.lines).collect();
    lengths.sort_unstable();
    let (median, longest) = (lengths[lengths.len() / 2], lengths[lengths.len() - 1]);
    let problems: Vec<_> =
        outcomes.iter().filter_map(|outcome| Some((outcome.name, outcome.problem.as_ref()?))).collect();
    let right = outcomes.len() - problems.len();
    let figures = format!("{right} of {} first causes right, median {median} lines, longest {longest}", outcomes.len());
    let by_length: Vec<_> = outcomes.iter().map(|outcome| format!("{:3} {}", outcome.lines, outcome.name)).collect();
    let report: Vec<_> = problems.iter().map(|(name, problem)| format!("{name}: {problem}\n")).collect();
    assert!(problems.is_empty(), "{figures}\n{}\n\n{}", by_length.join("\n"), report.join("\n"));
    assert!(outcomes.len() >= 40 && median <= 16 && longest <= 28, "{figures}\n{}", by_length.join("\n"));
    testkit_print(&figures);
}

/// Shown with `--nocapture`.
fn testkit_print(text: &str) {
    use std::io::Write as _;
    _ = writeln!(std::io::stderr(), "{text}");
}

fn run_all(all: Vec<Broken>) -> Vec<Outcome> {
    let queue = Mutex::new(all.into_iter());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(next) = next else { return };
                    let outcome = next.run();
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap()
}

/// A service with a client for each way to authenticate.
fn sandbox() -> Sandbox {
    let client = |id: &str, more: Value| {
        let mut client = json!({ "client_id": id, "client_secret": SECRET, "scopes": ["cxone:api"] });
        let (Value::Object(members), Value::Object(more)) = (&mut client, more) else { panic!("objects") };
        members.extend(more);
        client
    };
    Sandbox::start(&[
        client("reader", json!({})),
        client("poster", json!({ "authentication": "client_secret_post" })),
        client("encoder", json!({ "client_secret": RESERVED, "basic_encoding": "rfc6749" })),
    ])
}

/// The servers of all configurations.
struct Stage {
    sandbox: Sandbox,
    wire: ScriptedServer,
    tls: Vec<(&'static str, ScriptedServer)>,
    _proxies: Vec<ConnectProxy>,
    nice: String,
    refusing: String,
    authority: String,
    deaf: ScriptedServer,
}

impl Stage {
    async fn start(sandbox: Sandbox, wire: ScriptedServer) -> Self {
        let authority = Authority::named("ours");
        let corporate = Authority::named("Corporate Inspection CA");
        let here = ["127.0.0.1"];
        let mut tls = Vec::new();
        let identities = [
            ("inspected", corporate.issue(&here, |_| {})),
            ("expired", authority.issue(&here, |params| params.not_after = rcgen::date_time_ymd(2021, 2, 3))),
            ("early", authority.issue(&here, |params| params.not_before = rcgen::date_time_ymd(2999, 1, 1))),
            ("foreign", authority.issue(&["gateway.corp.example"], |_| {})),
        ];
        for (name, identity) in &identities {
            tls.push((
                *name,
                ScriptedServer::start_tls([token(TOKEN, 60)], Authority::server(identity, None, &[])).await,
            ));
        }
        let mutual = Authority::server(&authority.issue(&here, |_| {}), Some(&authority), &[]);
        tls.push(("mutual", ScriptedServer::start_tls([token(TOKEN, 60)], mutual).await));
        // A NICE host by name, through a proxy that leads to this machine.
        let nice = authority.issue(&["cxone.niceincontact.com"], |_| {});
        let refusal =
            answer("400 Bad Request", &["Content-Type: application/json"], r#"{"error":"unauthorized_client"}"#);
        let nice = ScriptedServer::start_tls(vec![refusal; 4], Authority::server(&nice, None, &["http/1.1"])).await;
        let to_nice = ConnectProxy::to(nice.address()).await;
        let refusing = ConnectProxy::refusing("HTTP/1.1 403 Forbidden\r\n\r\n").await;
        tls.push(("nice", nice));
        Self {
            sandbox,
            wire,
            tls,
            nice: format!("http://{}", to_nice.address()),
            refusing: format!("http://{}", refusing.address()),
            _proxies: vec![to_nice, refusing],
            authority: authority.pem(),
            deaf: ScriptedServer::start(vec![Reply::Ignore; 8]).await,
        }
    }

    fn at(&self, url: &str) -> String {
        format!("token_url = {url:?}\nscopes = [\"cxone:api\"]")
    }

    fn at_sandbox(&self) -> String {
        self.at(self.sandbox.token_url())
    }

    /// A token endpoint that always sends this.
    fn replying(&self, name: &str, reply: Reply) -> String {
        self.at(&self.wire.route(&format!("/{name}/oauth/token"), [reply]))
    }

    fn tls(&self, name: &str) -> String {
        let server = self.tls.iter().find(|(known, _)| *known == name).map(|(_, server)| server).unwrap();
        format!("{}\nca_cert_pem = {:?}", self.at(&server.url("/token")), self.authority)
    }

    fn values(&self) -> Vec<Broken> {
        let secret =
            |name, value: String, expected| broken(name, self.at_sandbox(), expected).env("CXONE_CLIENT_SECRET", value);
        let jwt = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(SECRET));
        let key = |name, id: &str, expected| {
            let url = self.sandbox.access_key_url();
            let block = format!("grant_type = \"access_key\"\ntoken_url = {url:?}\naccess_key_id = {id:?}");
            broken(name, block, expected)
                .env("CXONE_ACCESS_KEY_SECRET", format!("{}====", "Q4CANARY".repeat(6)))
                .env("CXONE_CLIENT_ID", "")
                .env("CXONE_CLIENT_SECRET", "")
        };
        vec![
            secret("space at the end", format!("{SECRET} "), "client_secret ends in a space"),
            secret("space at the start", format!(" {SECRET}"), "client_secret begins with a space"),
            secret("quotes", format!("\"{SECRET}\""), "client_secret is wrapped in quotation marks"),
            secret(
                "single quotes",
                format!("'{SECRET}'"),
                "Remove them in the environment variable CXONE_CLIENT_SECRET",
            ),
            secret("own name", format!("client_secret: {SECRET}"), "begins with the name of a setting"),
            secret("written line end", format!("{SECRET}\\n"), "ends in the two characters \\n"),
            secret("pair", format!("reader:{SECRET}"), "has the form id:secret"),
            secret("placeholder", "changeme".to_owned(), "client_secret is still a placeholder"),
            secret("URL-encoded", format!("{SECRET}%2Fx%3D"), "has sequences such as %2F"),
            secret("token", jwt, "client_secret is a JSON Web Token"),
            secret("path", "/run/secrets/cxone".to_owned(), "looks like the path of a file"),
            secret("same as id", "reader".to_owned(), "have the same value"),
            broken("quoted id", self.at_sandbox(), "client_id is wrapped in quotation marks")
                .env("CXONE_CLIENT_ID", "'reader'"),
            broken("swapped", self.at_sandbox(), "client_id and client_secret look swapped")
                .env("CXONE_CLIENT_ID", "Rb5Wk8Zd2Xq7Lm4Ty9Vn3Hc6")
                .env("CXONE_CLIENT_SECRET", "0d9e4c1a-7f5b-4a52-9c39-2f0c6a1b7d11"),
            broken(
                "quotes in the block",
                format!("{}\nclient_secret = \"'{SECRET}'\"", self.at_sandbox()),
                "Remove them in client_secret of the provider block",
            ),
            key("access key without its padding", &"CANARY7".repeat(7), "does not end in ===="),
            broken(
                "scopes in one",
                format!("token_url = {:?}\nscopes = [\"cxone:api,openid\"]", self.sandbox.token_url()),
                "One element of scopes holds several scopes",
            ),
        ]
    }

    fn words(&self) -> Vec<Broken> {
        let says = |name: &'static str, words: &str, expected| {
            broken(
                name,
                self.replying(&name.replace(' ', "-"), Reply::oauth_error(401, "invalid_client", words)),
                expected,
            )
        };
        let json = |name: &'static str, status, body: Value, expected| {
            broken(name, self.replying(&name.replace(' ', "-"), Reply::json(status, &body)), expected)
        };
        vec![
            says("unknown client", "Unknown client: reader", "CXone does not know the client"),
            says("disabled", "The application is disabled", "has disabled the application"),
            says("locked", "Account locked after too many failed attempts", "has locked the application"),
            says("expired secret", "The client secret has expired", "The credentials have expired"),
            says("other tenant", "Tenant not found in this region", "another tenant, region or environment"),
            says(
                "address",
                "IP address not in allow list",
                "does not allow requests from this machine's network address",
            ),
            says("wrong secret", "Incorrect client secret", "CXone rejected the secret"),
            says("not approved", "Registration pending approval", "NICE has not approved the registration"),
            broken("registered for post", self.at_sandbox(), "Set token_endpoint_auth_method = \"client_secret_post\"")
                .env("CXONE_CLIENT_ID", "poster"),
            json(
                "gateway key",
                401,
                json!({ "fault": { "faultstring": "Invalid ApiKey" } }),
                "CXone rejected the secret",
            ),
            json(
                "problem details",
                403,
                json!({ "title": "Forbidden", "detail": "Client is inactive" }),
                "has disabled",
            ),
            json("maintenance", 503, json!({ "message": "Scheduled maintenance until 06:00" }), "under maintenance"),
            json("own code", 400, json!({ "error": "client_disabled" }), "has disabled the application"),
            json(
                "scope by name",
                400,
                json!({ "error": "invalid_scope", "error_description": "no such scope: cxone:api" }),
                "did not grant the scope cxone:api",
            ),
            broken(
                "scope of the sandbox",
                self.at_sandbox().replace("cxone:api", "cxone:apis"),
                "did not grant the scope cxone:apis",
            ),
        ]
    }

    fn responses(&self) -> Vec<Broken> {
        let html = ("Content-Type", "text/html");
        let page = |title: &str| format!("<html><head><title>{title}</title></head></html>");
        let sends =
            |name: &'static str, reply, expected| broken(name, self.replying(&name.replace(' ', "-"), reply), expected);
        vec![
            sends(
                "negotiate",
                Reply::answer(401, &[("WWW-Authenticate", "Negotiate")], ""),
                "asks for a login by Negotiate",
            ),
            sends(
                "realm",
                Reply::answer(401, &[("WWW-Authenticate", "Basic realm=\"Corp intranet\"")], ""),
                "the realm \"Corp intranet\"",
            ),
            sends(
                "akamai",
                Reply::answer(403, &[html, ("Server", "AkamaiGHost")], &page("Access Denied")),
                "Akamai blocked the request",
            ),
            sends(
                "zscaler",
                Reply::answer(200, &[html, ("Server", "Zscaler/6.2")], &page("Notice")),
                "Zscaler answered in front of",
            ),
            sends(
                "firewall",
                Reply::answer(403, &[html], &page("Access Denied")),
                "firewall or content filter probably sent it",
            ),
            sends("login page", Reply::answer(200, &[html], &page("Sign in")), "for people"),
            sends(
                "redirect to login",
                Reply::answer(302, &[("Location", "https://sso.example/login")], ""),
                "redirects to https://sso.example/login, a login page",
            ),
            sends(
                "moved",
                Reply::answer(308, &[("Location", "https://new.example/oauth/token")], ""),
                "redirects to https://new.example/oauth/token",
            ),
            sends("GET only", Reply::answer(405, &[("Allow", "GET, HEAD")], ""), "accepts GET, HEAD only"),
            sends("rate limit", Reply::answer(429, &[("Retry-After", "90")], ""), "a wait of 1m 30s"),
            sends(
                "brotli",
                Reply::answer(200, &[("Content-Encoding", "br"), ("Content-Type", "text/plain")], "x%y"),
                "compressed with br",
            ),
            sends("portal", Reply::answer(200, &[html], &page("Hotel WiFi")), "A captive portal answered"),
            sends("another service", Reply::json(200, &json!({ "token": "t" })), "a token under another name"),
        ]
    }

    fn discovery(&self) -> Vec<Broken> {
        let issuer = |name: &str, more: Value, reply: Reply| {
            let issuer = format!("http://{}/{name}", self.wire.address());
            let mut document = json!({ "issuer": issuer, "token_endpoint": format!("{issuer}/token") });
            let (Value::Object(members), Value::Object(more)) = (&mut document, more) else { panic!("objects") };
            members.extend(more);
            self.wire.route(&format!("/{name}/.well-known/openid-configuration"), [Reply::json(200, &document)]);
            self.wire.route(&format!("/{name}/token"), [reply]);
            format!("issuer = {issuer:?}\nscopes = [\"cxone:api\"]")
        };
        let refused = |code| Reply::oauth_error(401, code, "");
        vec![
            broken(
                "method not listed",
                issuer(
                    "methods",
                    json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }),
                    refused("invalid_client"),
                ),
                "lists client_secret_post",
            ),
            broken(
                "grant not listed",
                issuer(
                    "grants",
                    json!({ "grant_types_supported": ["password", "refresh_token"] }),
                    Reply::oauth_error(400, "unsupported_grant_type", ""),
                ),
                "lists the grants password and refresh_token",
            ),
            broken(
                "scope not listed",
                issuer(
                    "scopes",
                    json!({ "scopes_supported": ["openid"] }),
                    Reply::oauth_error(400, "invalid_scope", ""),
                ),
                "lists the scopes openid",
            ),
            broken(
                "another endpoint",
                self.at(&self.sandbox.token_url().replace("/oauth/token", "/oauth2/token")),
                "did you mean http://127.0.0.1:",
            ),
            broken(
                "no issuer",
                format!("issuer = \"http://{}/none\"", self.wire.address()),
                "has no discovery document",
            ),
        ]
    }

    /// NICE's own addresses, the environment and this run.
    fn rest(&self) -> Vec<Broken> {
        let through = |proxy: &str, url: &str| {
            format!("{}\nhttp_proxy = {proxy:?}\nca_cert_pem = {:?}", self.at(url), self.authority)
        };
        let wrong = |name, expected| {
            broken(name, self.at_sandbox(), expected).env("CXONE_CLIENT_SECRET", "Zk4-canary-wrong-one-7Lq2")
        };
        let by_scope = |code: &str| {
            let good = Reply::token(TOKEN);
            self.at(&self.wire.route(&format!("/run-{code}/oauth/token"), [good, Reply::oauth_error(400, code, "")]))
        };
        let other_scopes = "data \"cxone_token_info\" \"this\" {\n  scopes = [\"cxone:api\", \"cxone:admin\"]\n}";
        vec![
            broken(
                "client credentials at the global service",
                through(&self.nice, "https://cxone.niceincontact.com/auth/token"),
                "NICE's list of its grants has no client_credentials",
            ),
            broken(
                "hyphen in NICE's domain",
                through(&self.refusing, "https://cxone.nice-incontact.com/auth/token"),
                "did you mean https://cxone.niceincontact.com/auth/token?",
            ),
            broken(
                "host misspelled",
                through(&self.refusing, "https://cxone.niceincontct.com/auth/token"),
                "did you mean cxone.niceincontact.com?",
            ),
            broken(
                "form at the regional service",
                self.at(&self.sandbox.access_key_url()),
                "Set grant_type = \"access_key\"",
            ),
            broken(
                "access key at the OAuth endpoint",
                format!(
                    "grant_type = \"access_key\"\ntoken_url = {:?}\naccess_key_id = \"KEY7====\"",
                    self.sandbox.token_url()
                ),
                "grant_type = \"access_key\" sends JSON",
            )
            .env("CXONE_ACCESS_KEY_SECRET", format!("{SECRET}===="))
            .env("CXONE_CLIENT_ID", "")
            .env("CXONE_CLIENT_SECRET", ""),
            wrong("near name", "does not read the environment variable CXONE_SECRET").env("CXONE_SECRET", SECRET),
            wrong("Checkmarx", "a variable of Checkmarx One").env("CXONE_TENANT_NAME", "acme"),
            broken(
                "two sources",
                format!("{}\nclient_secret = \"Zk4-canary-wrong-one-7Lq2\"", self.at_sandbox()),
                "client_secret is set twice with different values",
            ),
            broken(
                "scopes under another name",
                self.replying("no-scopes", Reply::oauth_error(400, "invalid_scope", ""))
                    .replace("[\"cxone:api\"]", "[]"),
                "does not read the environment variable CXONE_SCOPE",
            )
            .env("CXONE_SCOPE", "cxone:api"),
            broken(
                "address under another name",
                "scopes = [\"cxone:api\"]",
                "does not read the environment variable CXONE_TOKEN_ENDPOINT",
            )
            .env("CXONE_TOKEN_ENDPOINT", "https://token.example/oauth/token")
            .env("CXONE_TOKEN_URL", format!("http://{}/nothing/here", self.wire.address())),
            broken("scopes of one object", by_scope("invalid_scope"), "the added scopes are the reason: cxone:admin")
                .more(other_scopes),
            broken("denied to one object", by_scope("access_denied"), "The added scopes are the reason")
                .more(other_scopes),
            wrong("rotated", "the secret was rotated"),
            broken("encoding", self.at_sandbox(), "Set basic_auth_encoding = \"rfc6749\"")
                .env("CXONE_CLIENT_ID", "encoder")
                .env("CXONE_CLIENT_SECRET", RESERVED),
        ]
    }

    fn on_the_way(&self) -> Vec<Broken> {
        let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let hanging = self.replying("hanging", Reply::hang());
        vec![
            broken("TLS inspection", self.tls("inspected"), "is signed by \"Corporate Inspection CA\""),
            broken("expired certificate", self.tls("expired"), "expired on 2021-02-03; this machine's clock says 20"),
            broken("clock behind", self.tls("early"), "is valid from 2999-01-01"),
            broken("certificate of a gateway", self.tls("foreign"), "certificate is for gateway.corp.example"),
            broken("client certificate", self.tls("mutual"), "requires a client certificate"),
            broken(
                "TLS without a reply",
                format!("{}\nrequest_timeout = \"800ms\"", self.at(&format!("https://{}/token", self.deaf.address()))),
                "is there, but the TLS handshake got no reply",
            ),
            broken("nothing listens", self.at(&format!("http://{nowhere}/oauth/token")), "If this is the sandbox"),
            broken(
                "no such name",
                self.at("https://token.invalid/oauth/token"),
                "The name token.invalid does not exist",
            ),
            broken(
                "slow",
                format!("{hanging}\nrequest_timeout = \"300ms\""),
                "within request_timeout, which is 300ms (request_timeout, provider block)",
            ),
            broken(
                "proxy left over",
                format!("{}\nhttp_proxy = \"http://{nowhere}\"", self.at("https://token.invalid/oauth/token")),
                "Correct or remove the proxy in the provider block",
            ),
            broken(
                "proxy refuses",
                format!("{}\nhttp_proxy = {:?}", self.at("https://token.invalid/oauth/token"), self.refusing),
                "does not allow connections to token.invalid",
            ),
        ]
    }
}

/// With characters that RFC 6749 section 2.3.1 percent-encodes.
const RESERVED: &str = "Tk3Wq9Zx=canary+first/causes&5Bn8Lp2Vd";
