//! The examination: settings, characters, and what one exchange tells about every step on its way.

use std::time::Duration;

use super::{Options, input::Input, snippet};
use crate::{
    oauth::{BasicEncoding, ClientAuthentication, Clock, ErrorKind, ScopeSet, TimeoutPhase, grant, jwt},
    plugin::{Diagnostic, Diagnostics},
    provider::{
        Environment,
        config::{self, Credential, Resolution, Settings},
        session::{Failure, Issued, Overrides, Ready},
    },
};

/// Everything that was found.
pub struct Checkup {
    /// The checklist, in the order of the way that a request takes.
    pub steps: Vec<Step>,
    /// The request that the settings make, secrets masked; `None` when they make none.
    pub request: Option<String>,
    /// The settings in the forms that `--emit` knows; `None` when they are not complete.
    pub snippets: Option<snippet::Snippets>,
}

/// One line of the checklist.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// What was looked at.
    pub name: &'static str,
    /// What was found.
    pub verdict: Verdict,
    /// The finding in one sentence.
    pub summary: String,
    /// More about it; empty when there is nothing more to say.
    pub detail: String,
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing wrong.
    Fine,
    /// Likely wrong, or worth knowing.
    Warning,
    /// Wrong.
    Problem,
    /// Not looked at.
    Skipped,
}

impl Verdict {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}

impl Checkup {
    /// Whether any step found a problem.
    pub fn has_problem(&self) -> bool {
        self.steps.iter().any(|step| step.verdict == Verdict::Problem)
    }

    /// What is wrong, in one sentence.
    pub fn answer(&self) -> String {
        let first = |verdict| self.steps.iter().find(|step| step.verdict == verdict);
        match (first(Verdict::Problem), first(Verdict::Warning)) {
            (Some(problem), _) => format!("Problem: {}.", problem.summary.trim_end_matches('.')),
            (None, Some(warning)) => format!("It works, but: {}.", warning.summary.trim_end_matches('.')),
            (None, None) if self.steps.iter().any(|step| step.verdict == Verdict::Skipped && step.name == "oauth") => {
                "Nothing wrong was found in the settings; nothing was sent.".to_owned()
            }
            (None, None) => "Healthy: CXone handed out a token for these settings.".to_owned(),
        }
    }
}

/// Examines `input` together with the environment.
pub async fn run(input: &Input, options: &Options, environment: &Environment, clock: Clock) -> Checkup {
    let mut diags = Diagnostics::default();
    let (resolution, findings) = config::resolve_and_inspect(&input.raw, environment, "", &mut diags);
    let mut steps = Vec::new();
    from_diagnostics("configuration", &diags, "every setting that is needed is set and valid", &mut steps);
    from_diagnostics("characters", &findings, "no stray or impossible characters in the settings", &mut steps);
    let Resolution::Complete(settings) = resolution else {
        skip(&WAY, "the settings have to be put right first", &mut steps);
        return Checkup { steps, request: None, snippets: None };
    };
    let snippets = snippet::Snippets::new(&settings);
    let request = snippets.request.clone();
    let ready = Ready::new(*settings, clock.clone());
    if options.offline || options.emit.is_some() {
        skip(&WAY, "offline: nothing was sent", &mut steps);
        return Checkup { steps, request, snippets: Some(snippets) };
    }
    let outcome = ready.token(Overrides::default(), Duration::ZERO).await;
    match &outcome {
        Ok(issued) => succeeded(&ready, issued, &clock, &mut steps),
        Err(failure) => failed(failure, &mut steps),
    }
    if options.try_auth_methods && outcome.is_err_and(|failure| is_refusal(&failure)) {
        steps.push(other_methods(&input.raw, environment, clock).await);
    }
    Checkup { steps, request, snippets: Some(snippets) }
}

/// The steps of a request's way, first to last, and what each means when it is passed.
const WAY: [&str; 9] = ["dns", "tcp", "tls", "http", "oauth", "token", "scopes", "expiry", "clock"];

fn from_diagnostics(name: &'static str, diags: &Diagnostics, fine: &str, steps: &mut Vec<Step>) {
    let step = |verdict| {
        move |diagnostic: &Diagnostic| Step {
            name,
            verdict,
            summary: diagnostic.summary.to_string(),
            detail: diagnostic.detail.to_string(),
        }
    };
    steps.extend(diags.errors.iter().map(step(Verdict::Problem)));
    steps.extend(diags.warnings.iter().map(step(Verdict::Warning)));
    if diags.errors.is_empty() && diags.warnings.is_empty() {
        steps.push(fine_step(name, fine.to_owned()));
    }
}

fn fine_step(name: &'static str, summary: String) -> Step {
    Step { name, verdict: Verdict::Fine, summary, detail: String::new() }
}

fn skip(names: &[&'static str], why: &str, steps: &mut Vec<Step>) {
    steps.extend(names.iter().map(|name| Step {
        name,
        verdict: Verdict::Skipped,
        summary: why.to_owned(),
        detail: String::new(),
    }));
}

/// The way up to the token was free.
fn succeeded(ready: &Ready, issued: &Issued, clock: &Clock, steps: &mut Vec<Step>) {
    if let Some(address) = ready.settings().credential.address() {
        let host = address.value.host();
        steps.push(fine_step("dns", format!("{host} resolves")));
        steps.push(fine_step("tcp", "the connection was accepted".to_owned()));
        steps.push(match address.value.url().scheme() {
            "https" => fine_step("tls", "the certificate is trusted".to_owned()),
            _ => Step { verdict: Verdict::Skipped, ..fine_step("tls", "plain http on a loopback host".to_owned()) },
        });
        steps.push(fine_step("http", "the endpoint answered HTTP 200 with JSON".to_owned()));
        steps.push(fine_step("oauth", "the credentials were accepted".to_owned()));
    } else {
        skip(&WAY[..5], "the token was handed over: nothing was sent", steps);
    }
    steps.extend([token_step(issued), scope_step(issued), expiry_step(issued), clock_step(issued, clock)]);
}

fn token_step(issued: &Issued) -> Step {
    let form = match jwt::decode(issued.token.access_token.expose()) {
        Ok(jwt) if jwt.is_access_token_type() => "a JWT of type at+jwt",
        Ok(_) => "a JWT",
        Err(_) => "opaque",
    };
    fine_step("token", format!("a {} token, {form}", issued.token.token_type.to_lowercase()))
}

fn scope_step(issued: &Issued) -> Step {
    let granted = grant::granted(&issued.requested.value, &issued.token);
    let Some(scopes) = &granted.scopes else {
        return Step {
            verdict: Verdict::Skipped,
            ..fine_step("scopes", "nothing tells which scopes were granted".to_owned())
        };
    };
    let drift = grant::drift(&issued.requested.value, scopes);
    let read_from = granted.source.as_str();
    if drift.is_empty() {
        return fine_step("scopes", format!("granted as declared (read from: {read_from})"));
    }
    let list =
        |scopes: &ScopeSet| scopes.iter().map(|scope| scope.escape_debug().to_string()).collect::<Vec<_>>().join(", ");
    Step {
        name: "scopes",
        verdict: Verdict::Warning,
        summary: "the granted scopes are not the declared ones".to_owned(),
        detail: format!("missing: {}\nextra: {}\nread from: {read_from}", list(&drift.missing), list(&drift.extra)),
    }
}

fn expiry_step(issued: &Issued) -> Step {
    match issued.token.remaining(issued.now) {
        Some(left) => {
            let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
            fine_step("expiry", format!("the token lives {left} more"))
        }
        None => Step {
            verdict: Verdict::Skipped,
            ..fine_step("expiry", "the answer does not say how long the token lives".to_owned())
        },
    }
}

/// The local clock against the moment of issue that a JWT names.
fn clock_step(issued: &Issued, clock: &Clock) -> Step {
    let issued_at = jwt::decode(issued.token.access_token.expose()).ok().and_then(|jwt| jwt.issued_at());
    let Some(issued_at) = issued_at else {
        return Step {
            verdict: Verdict::Skipped,
            ..fine_step("clock", "the token does not say when it was issued".to_owned())
        };
    };
    match issued_at.duration_since(clock.now()) {
        Ok(ahead) if ahead > Duration::from_secs(60) => Step {
            name: "clock",
            verdict: Verdict::Warning,
            summary: format!("this machine's clock is {} s behind CXone's", ahead.as_secs()),
            detail: String::new(),
        },
        _ => fine_step("clock", "not behind the server's".to_owned()),
    }
}

/// The step at which the way ended carries the explanation; those before it are passed, those after it skipped.
fn failed(failure: &Failure, steps: &mut Vec<Step>) {
    let stop = failure.kind.as_ref().map_or("token", step_of);
    let position = WAY.iter().position(|name| *name == stop).unwrap_or_default();
    for name in &WAY[..position] {
        steps.push(fine_step(name, "passed".to_owned()));
    }
    steps.push(Step {
        name: stop,
        verdict: Verdict::Problem,
        summary: failure.diagnostic.summary.to_string(),
        detail: failure.diagnostic.detail.to_string(),
    });
    skip(&WAY[position + 1..], "not reached", steps);
}

/// The step at which a failure of this kind shows.
fn step_of(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Dns | ErrorKind::Setup(_) => "dns",
        ErrorKind::ConnectionRefused
        | ErrorKind::Unreachable
        | ErrorKind::Proxy(_)
        | ErrorKind::Timeout { phase: TimeoutPhase::Connect, .. } => "tcp",
        ErrorKind::Tls(_) => "tls",
        ErrorKind::OAuth { .. } => "oauth",
        _ => "http",
    }
}

fn is_refusal(failure: &Failure) -> bool {
    matches!(
        &failure.kind,
        Some(ErrorKind::OAuth { status: 400 | 401 | 403, .. } | ErrorKind::Status { status: 400 | 401 | 403, .. })
    )
}

/// Tries the authentication methods that were not set, after a refusal and on request.
async fn other_methods(raw: &crate::provider::raw_config::RawConfig, environment: &Environment, clock: Clock) -> Step {
    let mut tried = Vec::new();
    for (authentication, encoding, name) in METHODS {
        let mut diags = Diagnostics::default();
        let (Resolution::Complete(mut settings), _) = config::resolve_and_inspect(raw, environment, "", &mut diags)
        else {
            break;
        };
        if !differs(&mut settings, authentication, encoding) {
            continue;
        }
        let ready = Ready::new(*settings, clock.clone());
        if ready.token(Overrides::default(), Duration::ZERO).await.is_ok() {
            return Step {
                name: "other methods",
                verdict: Verdict::Warning,
                summary: format!("the credentials are accepted with {name}"),
                detail: String::new(),
            };
        }
        tried.push(name);
    }
    Step {
        name: "other methods",
        verdict: Verdict::Problem,
        summary: format!("refused as well with {}", tried.join(" and with ")),
        detail: "So the method is not the cause: look at the credentials themselves.".to_owned(),
    }
}

const METHODS: [(ClientAuthentication, BasicEncoding, &str); 3] = [
    (ClientAuthentication::ClientSecretPost, BasicEncoding::Raw, "token_endpoint_auth_method = \"client_secret_post\""),
    (
        ClientAuthentication::ClientSecretBasic,
        BasicEncoding::Raw,
        "client_secret_basic and basic_auth_encoding = \"raw\"",
    ),
    (ClientAuthentication::ClientSecretBasic, BasicEncoding::Rfc6749, "basic_auth_encoding = \"rfc6749\""),
];

/// Sets the method; `false` when the request would be the same as before.
fn differs(settings: &mut Settings, authentication: ClientAuthentication, encoding: BasicEncoding) -> bool {
    let Credential::Exchange(exchange) = &mut settings.credential else { return false };
    let needs_encoding = crate::provider::explain::needs_percent_encoding(&exchange.client_id.value)
        || crate::provider::explain::needs_percent_encoding(exchange.client_secret.value.expose());
    let same_method = exchange.authentication.value == authentication;
    let same_encoding = exchange.basic_encoding.value == encoding
        || authentication == ClientAuthentication::ClientSecretPost
        || !needs_encoding;
    exchange.authentication.value = authentication;
    exchange.basic_encoding.value = encoding;
    !(same_method && same_encoding)
}
