//! The steps of the checklist after the one exchange.

use std::time::Duration;

use super::checkup::skipped;
use super::step::{Step, Verdict};
use super::way::Way;
use crate::diagnosis;
use crate::session::{DEFAULT_MIN_REMAINING, Failure, Issued, Ready};
use oauth::{BodyShape, Clock, Error, ErrorKind, ScopeSet, TimeoutPhase};
use plugin::Diagnostics;

/// The steps after the settings, in the order of a request's way.
pub(super) const NAMES: &[&str] = &["dns", "tcp", "tls", "http", "oauth", "token", "scopes", "expiry", "clock"];

/// The skipped steps if the settings contain a token.
pub(super) fn handed_over() -> Vec<Step> {
    skipped(&NAMES[..5], "the settings contain the token: nothing was sent")
}

/// The steps about a token.
pub(super) fn of_token(ready: &Ready, issued: &Issued, clock: &Clock) -> Vec<Step> {
    let mut steps = vec![token(issued)];
    steps.extend(scopes(ready, issued));
    steps.push(expiry(issued));
    steps.push(self::clock(skew(issued, clock)));
    steps
}

/// The step that failed has the diagnostic. The steps before it are passed, those after it are skipped.
pub(super) fn of_failure(failure: &Failure, way: &Way, steps: &mut Vec<Step>) {
    let stop = failure.error.as_ref().map_or("token", |error| step_of(error.kind()));
    let problem = Step::found(stop, Verdict::Problem, &failure.diagnostic);
    let Some(position) = NAMES.iter().position(|name| *name == stop) else {
        // A setting whose fault shows only in use, such as an `HTTPS_PROXY` without a valid address.
        steps.retain(|step| step.name != stop || step.is_finding());
        steps.insert(0, problem);
        steps.extend(skipped(NAMES, "not run: correct the settings first"));
        return;
    };
    steps.extend(way.passed(&NAMES[..position]));
    steps.push(problem);
    steps.extend(skipped(&NAMES[position + 1..NAMES.len() - 1], "not reached"));
    steps.push(clock(failure.error.as_ref().and_then(|error: &Error| error.clock_skew_seconds)));
}

/// The step in which a failure of this kind is visible.
fn step_of(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Setup(_) => "configuration",
        ErrorKind::Dns => "dns",
        ErrorKind::ConnectionRefused
        | ErrorKind::Unreachable
        | ErrorKind::Proxy(_)
        | ErrorKind::Timeout { phase: TimeoutPhase::Connect, .. } => "tcp",
        ErrorKind::Timeout { phase: TimeoutPhase::Handshake, .. } => "tls",
        ErrorKind::Tls(_) => "tls",
        ErrorKind::OAuth { .. } => "oauth",
        // An HTML page comes from a gateway or a proxy, so the token service was not reached.
        ErrorKind::Status { status: 400 | 401 | 403, shape, .. } if !matches!(shape, BodyShape::Html(_)) => "oauth",
        ErrorKind::NotATokenResponse { shape: BodyShape::JsonObject(_) | BodyShape::OtherJson, .. } => "token",
        _ => "http",
    }
}

fn token(issued: &Issued) -> Step {
    let form = match &issued.claims.access_token {
        Some(jwt) if jwt.is_access_token_type() => "a JWT of type at+jwt",
        Some(_) => "a JWT",
        None => "opaque",
    };
    Step::fine("token", format!("a {} token, {form}", issued.token.token_type.to_lowercase()))
}

/// Judges the grant as the provider does. Without a declaration, the grant is only shown.
fn scopes(ready: &Ready, issued: &Issued) -> Vec<Step> {
    let mut diags = Diagnostics::default();
    ready.judge(issued, &mut diags);
    let problems = diags.errors.iter().map(|diagnostic| Step::found("scopes", Verdict::Problem, diagnostic));
    let warnings = diags.warnings.iter().map(|diagnostic| Step::found("scopes", Verdict::Warning, diagnostic));
    let found: Vec<_> = problems.chain(warnings).collect();
    if !found.is_empty() {
        return found;
    }
    let read_from = issued.granted.source.as_str();
    vec![match (&issued.granted.scopes, &issued.requested.source) {
        (None, _) => Step::skipped("scopes", "the granted scopes are unknown"),
        (Some(granted), source) if source.is_default() => {
            Step::skipped("scopes", format!("none declared; granted: {} (read from: {read_from})", list(granted)))
        }
        (Some(granted), _) if *granted == issued.requested.value => {
            Step::fine("scopes", format!("granted as declared: {} (read from: {read_from})", list(granted)))
        }
        (Some(granted), _) => {
            let granted = list(granted);
            Step::skipped("scopes", format!("other scopes than declared (scope_drift is ignore); granted: {granted}"))
        }
    }]
}

fn expiry(issued: &Issued) -> Step {
    let Some(left) = issued.token.remaining(issued.now) else {
        return Step::skipped("expiry", "the response does not say when the token expires");
    };
    let summary = format!("the token is valid for {}", humantime::format_duration(Duration::from_secs(left.as_secs())));
    if left >= DEFAULT_MIN_REMAINING {
        return Step::fine("expiry", summary);
    }
    Step {
        name: "expiry",
        verdict: Verdict::Warning,
        summary: format!("{summary}, less than the default of min_remaining_lifetime"),
        detail:
            "The token objects reject this token: min_remaining_lifetime is 1m (default). Set a longer access token \
             lifetime for the application in CXone, or lower min_remaining_lifetime if runs are short."
                .to_owned(),
    }
}

/// The local clock minus the server's, from the response's `Date`, else from a JWT issued in the future.
fn skew(issued: &Issued, clock: &Clock) -> Option<i64> {
    let by_claim = || {
        let issued_at = issued.claims.access_token.as_ref()?.issued_at()?;
        // A token from the past says nothing: it can have been issued before.
        let ahead = issued_at.duration_since(clock.now()).ok()?;
        Some(-i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX))
    };
    issued.token.clock_skew_seconds.or_else(by_claim)
}

fn clock(skew: Option<i64>) -> Step {
    match skew {
        None => Step::skipped("clock", "the server's time is unknown"),
        // RFC 7519 (section 4.1.4) lets servers allow for a small difference, so a minute does no harm.
        Some(skew) if skew.unsigned_abs() <= 60 => {
            Step::fine("clock", "this machine's clock and the server's agree within a minute")
        }
        Some(skew) => Step {
            name: "clock",
            verdict: Verdict::Warning,
            summary: format!("this machine's clock is {} the server's", diagnosis::clock_difference(skew)),
            detail: "With a wrong clock, tokens seem to expire early or not to be valid yet, and servers that check \
                     times reject requests. Compare `date -u` with the real time, and turn on time synchronisation."
                .to_owned(),
        },
    }
}

fn list(scopes: &ScopeSet) -> String {
    match scopes.is_empty() {
        true => "none".to_owned(),
        false => scopes.iter().map(|scope| scope.escape_debug().to_string()).collect::<Vec<_>>().join(" "),
    }
}
