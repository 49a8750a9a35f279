//! The examination: the settings, their characters, and each step of one exchange.

use std::io;
use std::io::Write;
use std::time::Duration;

use super::equivalents::Equivalents;
use super::outcome::NAMES;
use super::step::{Step, Verdict};
use super::way::Way;
use super::{Emit, Options, methods, outcome};
use crate::diagnosis;
use crate::session::{Failure, Overrides, Ready};
use crate::settings::clues::NearName;
use crate::settings::config;
use crate::settings::config::{Resolution, Settings};
use crate::settings::environment::Environment;
use crate::settings::raw_config::RawConfig;
use oauth::Clock;
use plugin::{AttributePath, Diagnostic, Diagnostics};

/// All results of one run.
#[derive(Default)]
pub(super) struct Checkup {
    /// The checklist, in the order of a request's way.
    pub steps: Vec<Step>,
    /// The class of the failure, which is its anchor in the troubleshooting guide; `None` without a failure.
    pub class: Option<&'static str>,
    /// The request that the settings make, secrets masked; `None` if they make none.
    pub request: Option<String>,
    /// The settings in the forms of `--emit`; `None` if they are incomplete.
    pub equivalents: Option<Equivalents>,
    /// The number of authentication methods to try after a rejection; 0 if there is none, or all were tried.
    pub untried_methods: usize,
}

impl Checkup {
    /// A check-up that ended with unreadable settings.
    pub(super) fn unusable(fault: &Diagnostic) -> Self {
        let mut steps = vec![Step::found("configuration", Verdict::Problem, fault)];
        steps.push(Step::skipped("characters", "not run: correct the settings first"));
        steps.extend(skipped(NAMES, "not run: correct the settings first"));
        Self { steps, ..Self::default() }
    }

    /// Whether any step found a problem.
    pub(super) fn has_problem(&self) -> bool {
        self.steps.iter().any(|step| step.verdict == Verdict::Problem)
    }

    /// Whether there is a likely mistake, and no exchange has settled it.
    pub(super) fn has_suspicion(&self) -> bool {
        let has_warning = self.steps.iter().any(|step| step.verdict == Verdict::Warning);
        !self.has_problem() && has_warning && self.sent_nothing()
    }

    /// Whether no request was sent and the settings contain no token.
    fn sent_nothing(&self) -> bool {
        self.steps.iter().any(|step| step.name == "http" && step.verdict == Verdict::Skipped)
            && !self.steps.iter().any(|step| step.name == "token" && step.verdict == Verdict::Fine)
    }

    /// The result in one sentence.
    pub(super) fn answer(&self) -> String {
        let first = |verdict| self.steps.iter().find(|step| step.verdict == verdict);
        let nothing_sent = self.sent_nothing();
        match (first(Verdict::Problem), first(Verdict::Warning)) {
            (Some(problem), _) => format!("Problem: {}{}", problem.summary.trim_end_matches('.'), self.reason(problem)),
            (None, Some(warning)) if nothing_sent => {
                format!("Likely wrong: {}. Nothing was sent.", warning.summary.trim_end_matches('.'))
            }
            (None, Some(warning)) => format!("It works, but: {}.", warning.summary.trim_end_matches('.')),
            (None, None) if nothing_sent => "The settings have no known mistake. Nothing was sent.".to_owned(),
            (None, None) => "Healthy: these settings give a token.".to_owned(),
        }
    }

    /// The end of the sentence about `problem`: the method that works, or the first sentence of the diagnostic.
    fn reason(&self, problem: &Step) -> String {
        // A method that works is the fix, so no cause is needed.
        if let Some(method) = self.steps.iter().find(|step| step.name == methods::NAME && step.verdict == Verdict::Fine)
        {
            return format!(", but {}.", method.summary);
        }
        let verdict = problem.detail.lines().next().unwrap_or_default();
        let first = verdict.split_inclusive(". ").next().unwrap_or_default().trim_end();
        match self.class {
            Some(_) if !first.is_empty() => format!(". {first}"),
            _ => ".".to_owned(),
        }
    }
}

/// Examines `raw` and the environment. Announces further logins on `err` before they are made.
///
/// # Errors
///
/// `err` cannot be written.
pub(super) async fn run(
    raw: &RawConfig,
    options: &Options,
    environment: &Environment,
    clock: Clock,
    err: &mut dyn Write,
) -> io::Result<Checkup> {
    let mut diags = Diagnostics::default();
    let (resolution, findings) = config::resolve_and_inspect(raw, environment, "", &mut diags);
    for NearName { found, meant } in NearName::all(environment) {
        diags.add_warning(Diagnostic {
            summary: format!("the environment variable {found} is not read").into(),
            detail: format!("Did you mean {meant}? Rename {found}, or remove it.").into(),
            attribute: AttributePath::root(),
        });
    }
    let mut steps = from_diagnostics("configuration", &diags, "all needed settings are set and valid");
    steps.extend(from_diagnostics("characters", &findings, "the values have no known mistake"));
    let Resolution::Complete(mut settings) = resolution else {
        steps.extend(skipped(NAMES, "not run: correct the settings first"));
        return Ok(Checkup { steps, ..Checkup::default() });
    };
    // One request shows the fault. Retries would only make the reader wait.
    settings.transport.retry.max_retries = 0;
    if let Some(note) = settings.credential.mixed_pair() {
        writeln!(err, "note: {note}")?;
    }
    let ready = Ready::on_command_line(*settings, clock.clone());
    let mut checkup = Checkup { steps, request: ready.masked_request(), ..Checkup::default() };
    // A form needs no exchange, so it costs no login.
    if options.offline || options.emit.is_some() {
        without_exchange(&ready, options, &mut checkup).await;
        return Ok(checkup);
    }
    let outcome = exchange(&ready, &clock, &mut checkup).await;
    let endpoint = ready.token_endpoint().await.unwrap_or_default();
    // After the exchange, because discovery has then found the token endpoint.
    checkup.equivalents = Some(Equivalents::new(ready.settings(), endpoint.as_ref()));
    settle_suspicions(&mut checkup.steps, outcome.is_ok());
    if let Err(failure) = outcome {
        checkup.class = failure.error.as_ref().map(diagnosis::class);
        // Other methods cost further failed logins, so they are tried only if they can help.
        if failure.error.as_ref().is_some_and(methods::can_be_the_cause) {
            after_refusal(&mut checkup, ready.into_settings(), options, clock, err).await?;
        }
    }
    Ok(checkup)
}

/// If CXone accepts the values, suspicions about them are meaningless. If it rejects them, the diagnostic names the
/// suspicion, so the checklist needs no more than its line.
fn settle_suspicions(steps: &mut Vec<Step>, is_accepted: bool) {
    let is_suspicion = |step: &Step| step.name == "characters" && step.verdict == Verdict::Warning;
    for step in steps.iter_mut().filter(|step| is_suspicion(step)) {
        step.detail.clear();
        if is_accepted {
            *step = Step::fine("characters", "nothing that CXone rejects");
        }
    }
    // Several suspicions become the same line.
    steps.dedup_by(|one, other| one.name == "characters" && one == other);
}

/// The equivalents, without an exchange. Only curl and Python need the token endpoint, so only they ask the issuer.
async fn without_exchange(ready: &Ready, options: &Options, checkup: &mut Checkup) {
    let needs_endpoint = !options.offline && matches!(options.emit, Some(Emit::Curl | Emit::Python));
    let endpoint = match needs_endpoint {
        true => ready.token_endpoint().await,
        false => Ok(None),
    };
    let endpoint = match endpoint {
        Ok(endpoint) => endpoint,
        Err(failure) => {
            checkup.class = failure.error.as_ref().map(diagnosis::class);
            if let Some(address) = ready.settings().credential.address() {
                let way = Way::explore(ready.settings(), &address.value.first_contact()).await;
                outcome::of_failure(&failure, &way, &mut checkup.steps);
            }
            return;
        }
    };
    checkup.equivalents = Some(Equivalents::new(ready.settings(), endpoint.as_ref()));
    checkup.steps.extend(skipped(NAMES, "offline: nothing was sent"));
}

/// Makes the one exchange, and adds a step for each part of it.
async fn exchange(ready: &Ready, clock: &Clock, checkup: &mut Checkup) -> Result<(), Failure> {
    // Before the exchange, so that its failure can be assigned to one step.
    let way = match ready.settings().credential.address() {
        Some(address) => Some(Way::explore(ready.settings(), &address.value.first_contact()).await),
        None => None,
    };
    let outcome = ready.token(Overrides::default(), Duration::ZERO).await;
    match (&outcome, way) {
        (Ok(issued), way) => {
            checkup.steps.extend(way.map_or_else(outcome::handed_over, |way| way.passed(NAMES_OF_THE_WAY)));
            checkup.steps.extend(outcome::of_token(ready, issued, clock));
        }
        (Err(failure), Some(way)) => outcome::of_failure(failure, &way, &mut checkup.steps),
        (Err(failure), None) => {
            checkup.steps.extend(outcome::handed_over());
            checkup.steps.push(Step::found("token", Verdict::Problem, &failure.diagnostic));
            checkup.steps.extend(skipped(&["scopes", "expiry", "clock"], "not reached"));
        }
    }
    outcome.map(|_| ())
}

/// Tries the other methods if the options allow it, else counts them.
async fn after_refusal(
    checkup: &mut Checkup,
    settings: Settings,
    options: &Options,
    clock: Clock,
    err: &mut dyn Write,
) -> io::Result<()> {
    let others = methods::others(&settings);
    if !options.try_auth_methods || others.is_empty() {
        // Counted, so that the report can offer them.
        checkup.untried_methods = others.len();
        return Ok(());
    }
    writeln!(err, "{}", methods::announcement(others.len()))?;
    checkup.steps.push(methods::try_all(&others, settings, &clock).await);
    Ok(())
}

/// The diagnostics as findings of the step `name`, or one step that it is `fine`.
fn from_diagnostics(name: &'static str, diags: &Diagnostics, fine: &str) -> Vec<Step> {
    let errors = diags.errors.iter().map(|diagnostic| Step::found(name, Verdict::Problem, diagnostic));
    let warnings = diags.warnings.iter().map(|diagnostic| Step::found(name, Verdict::Warning, diagnostic));
    let found: Vec<_> = errors.chain(warnings).collect();
    if found.is_empty() { vec![Step::fine(name, fine)] } else { found }
}

/// Skips all `names`.
pub(super) fn skipped(names: &[&'static str], why: &str) -> Vec<Step> {
    names.iter().map(|name| Step::skipped(name, why)).collect()
}

const NAMES_OF_THE_WAY: &[&str] = &["dns", "tcp", "tls", "http", "oauth"];
