//! The layout of a diagnosis: summary, verdict, request and response, other causes.

use crate::diagnosis::evidence::{Authentication, Errand, Evidence, Site, clock_difference, origin, span};
use crate::diagnosis::message::About;
use crate::text::{Detail, escaped, quoted, wrap};
use oauth::{BodyShape, ErrorKind, TlsFailure};

/// The parts of a diagnosis, in their order.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The most probable cause, its evidence, and the fix.
    pub(super) verdict: String,
    /// The request, with the sources of its parts.
    pub(super) request: Vec<String>,
    /// The response.
    pub(super) response: Vec<String>,
    /// The rejected certificate.
    pub(super) certificate: Vec<String>,
    /// Other causes, each in one or two lines.
    pub(super) others: Vec<String>,
    /// Whether there is evidence for the verdict. The other causes get less room then.
    pub(super) is_evident: bool,
    /// Whether to recommend `doctor`.
    pub(super) doctor: bool,
}

impl Parts {
    /// The detail of the diagnostic. If it is too long for an outage, it has fewer other causes.
    pub(super) fn detail(mut self) -> String {
        loop {
            let detail = self.written();
            // With a clear verdict, the other causes are worth less room.
            let is_short = lines(&detail) <= if self.is_evident { FEW_LINES } else { MOST_LINES };
            let has_enough = self.others.len() <= 1 && lines(&detail) <= MOST_LINES;
            if is_short || has_enough || self.others.pop().is_none() {
                return detail;
            }
        }
    }

    fn written(&self) -> String {
        let mut detail = Detail::default();
        detail.paragraph(self.verdict.as_str()).sections(&[
            ("Request", &self.request),
            ("Response", &self.response),
            ("Certificate", &self.certificate),
        ]);
        let has_others = !self.others.is_empty();
        detail.bullets("If that is not the reason:", &self.others);
        match (self.doctor, has_others) {
            (false, _) => {}
            (true, true) => _ = detail.last_line(DOCTOR),
            (true, false) => _ = detail.paragraph(DOCTOR),
        }
        detail.finish()
    }
}

/// The number of lines on a terminal of 80 columns, without empty ones.
fn lines(text: &str) -> usize {
    let wrapped = |line: &str| if line.starts_with(' ') { 1 } else { wrap(line, "").lines().count() };
    text.lines().filter(|line| !line.is_empty()).map(wrapped).sum()
}

/// The request with the source of each setting, as far as it is relevant for the cause. Never a secret.
pub(super) fn request(evidence: &Evidence) -> Vec<String> {
    let about = evidence.message().about;
    if about == About::Nothing {
        return Vec::new();
    }
    let method = match evidence.errand {
        Errand::Token => "POST",
        Errand::Discovery => "GET",
    };
    // The user did not set a discovered address, so its origin is named as well.
    let address = match (&evidence.token_url, &evidence.discovery) {
        (source, Some(_)) => format!("from the discovery document; {}", origin(source)),
        (source, None) => origin(source),
    };
    let mut lines = vec![format!("{method} {} ({address})", escaped(&evidence.error.endpoint))];
    // A server that was not reached has not seen the credentials.
    if matches!(about, About::Credentials | About::Scopes | About::Request) {
        lines.push(credentials(evidence));
    }
    if let Some(proxy) = &evidence.proxy {
        lines.push(format!("through the proxy {} ({})", escaped(&proxy.value), origin(&proxy.source)));
    }
    lines.extend(time_spent(evidence));
    lines
}

fn credentials(evidence: &Evidence) -> String {
    let mut parts = Vec::new();
    if let Some(id) = &evidence.client_id {
        parts.push(format!("client_id {} ({})", evidence.shown_client_id(), origin(&id.source)));
    }
    let hidden = [
        ("client_secret", &evidence.client_secret),
        ("access_key_id", &evidence.access_key_id),
        ("access_key_secret", &evidence.access_key_secret),
    ];
    for (name, source) in hidden {
        parts.extend(source.as_ref().map(|source| format!("{name} hidden ({})", origin(source))));
    }
    parts.push(
        match evidence.authentication {
            // Without reserved characters, both encodings are the same bytes.
            Authentication::BasicRaw if evidence.reserved_characters => "HTTP Basic, not URL-encoded",
            Authentication::BasicRaw => "HTTP Basic",
            Authentication::BasicRfc6749 => "HTTP Basic, URL-encoded",
            Authentication::Post => "client_secret_post",
            Authentication::None => "JSON",
        }
        .to_owned(),
    );
    // The default grant is not news, unless the form of the request is in question.
    if !evidence.is_client_credentials() || evidence.message().about == About::Request {
        parts.push(format!("grant_type {}", evidence.grant.as_str()));
    }
    if evidence.authentication != Authentication::None {
        parts.push(scopes(evidence));
    }
    parts.extend(evidence.audience.as_ref().map(|source| format!("audience ({})", origin(source))));
    if evidence.has_parameters {
        parts.push("endpoint_params (provider block)".to_owned());
    }
    parts.join(", ")
}

fn scopes(evidence: &Evidence) -> String {
    match (evidence.scopes.is_empty(), &evidence.scopes_source) {
        (true, source) if source.is_default() => "no scopes".to_owned(),
        (true, source) => format!("no scopes ({})", origin(source)),
        (false, source) => {
            let names = evidence.value("scopes").unwrap_or_default();
            match evidence.message().about {
                About::Scopes => format!("scopes {names} ({})", origin(source)),
                _ => format!("scopes {names}"),
            }
        }
    }
}

/// The number of requests and the time that they took; `None` for a single quick request.
fn time_spent(evidence: &Evidence) -> Option<String> {
    let error = &evidence.error;
    // A single quick request has no history worth a line.
    if error.attempts < 2 {
        return None;
    }
    let what = match error.kind() {
        // Without a connection, no request was sent.
        ErrorKind::Dns | ErrorKind::ConnectionRefused | ErrorKind::Unreachable | ErrorKind::Tls(_) => "attempts",
        _ => "requests",
    };
    let waited = match error.waited.is_zero() {
        true => String::new(),
        false => format!(", {} of it between them", seconds(error.waited)),
    };
    let retries = evidence.value("retries").unwrap_or_default();
    Some(format!("{} {what} in {}{waited}; max_retries is {retries}", error.attempts, seconds(error.elapsed)))
}

/// The response beyond the summary: the server's words, the form of the body, its sender, ids for the support.
///
/// Leaves out the parts that `verdict` quotes. Ids are only for users who must contact the support.
pub(super) fn response(evidence: &Evidence, verdict: &str, with_ids: bool) -> Vec<String> {
    let marks = &evidence.error.marks;
    let Some(status) = evidence.status() else { return Vec::new() };
    // No sentence appears twice in one diagnostic.
    let words = evidence.words().map(quoted).filter(|words| !verdict.contains(words.as_str()));
    let words = words.map(|words| format!(": {words}")).unwrap_or_default();
    let mut line = match evidence.kind() {
        ErrorKind::OAuth { error, .. } => format!("{status} {}{words}", escaped(error)),
        ErrorKind::Redirect { location, .. } => {
            format!("{status}, Location: {}", location.as_deref().map_or_else(|| "none".to_owned(), escaped))
        }
        _ if !words.is_empty() => format!("{status}{words}"),
        _ if marks.content_encoding.is_some() => format!("{status}, a body that the provider cannot unpack"),
        _ => format!("{status}, {}", evidence.shape().map(body).unwrap_or_default()),
    };
    let is_oauth = matches!(evidence.kind(), ErrorKind::OAuth { .. });
    let mut more = Vec::new();
    // An OAuth error comes from the token service itself. Only other responses need their sender named.
    if status == 401 && !is_oauth && !marks.challenges.is_empty() {
        let realm = marks.realm.as_deref().map(|realm| format!(" realm {}", quoted(realm))).unwrap_or_default();
        more.push(format!("WWW-Authenticate: {}{realm}", escaped(&marks.challenges.join(", "))));
    }
    let header =
        |name: &str, value: &Option<String>| value.as_deref().map(|value| format!("{name}: {}", escaped(value)));
    if status == 405 {
        more.extend(header("Allow", &marks.allow));
    }
    if !is_oauth {
        more.extend(header("Server", &marks.server));
        more.extend(header("Via", &marks.via));
        more.extend(header("Content-Encoding", &marks.content_encoding));
    }
    more.extend(
        marks.retry_after.map(|wait| format!("Retry-After: {}", span(std::time::Duration::from_secs(wait.as_secs())))),
    );
    if let ErrorKind::OAuth { uri: Some(uri), .. } = evidence.kind() {
        more.push(format!("more at {}", escaped(uri)));
    }
    for part in more {
        line.push_str(", ");
        line.push_str(&part);
    }
    // Ids are for the support, so they are left out if the user can fix the cause.
    let ids = evidence.error.correlation_ids.iter().take(if with_ids { SHOWN_IDS } else { 0 });
    let ids: Vec<_> = ids.map(|(name, value)| format!("{} {}", escaped(name), escaped(value))).collect();
    if !ids.is_empty() {
        line.push_str(&format!(" ({})", ids.join(", ")));
    }
    let mut lines = vec![line];
    if let Some(skew) = evidence.clock_difference() {
        lines.push(format!("this machine's clock is {} the server's", clock_difference(skew)));
    }
    lines
}

/// The facts of a rejected certificate.
pub(super) fn certificate(evidence: &Evidence) -> Vec<String> {
    if evidence.error.marks.certificate.is_none() || !matches!(evidence.kind(), ErrorKind::Tls(_)) {
        return Vec::new();
    }
    let fact = |name| evidence.value(name).unwrap_or_default();
    let names = match evidence.kind() {
        ErrorKind::Tls(TlsFailure::WrongName { .. }) => format!("for {}, ", fact("names")),
        _ => String::new(),
    };
    let signer = format!("{names}signed by {}", fact("issuer"));
    vec![format!("{signer}, valid from {} to {}", fact("not_before"), fact("not_after"))]
}

/// Whether to recommend `doctor`: not to a user of `doctor`.
pub(super) fn may_name_doctor(evidence: &Evidence) -> bool {
    evidence.site != Site::CommandLine && evidence.message().about != About::Nothing
}

fn body(shape: &BodyShape) -> String {
    match shape {
        BodyShape::Empty => "no content".to_owned(),
        BodyShape::JsonObject(names) if names.is_empty() => "an empty JSON object".to_owned(),
        BodyShape::JsonObject(names) => {
            let names = names.iter().take(SHOWN_MEMBERS).map(|name| quoted(name));
            format!("JSON with {}", names.collect::<Vec<_>>().join(", "))
        }
        BodyShape::OtherJson => "JSON, but not an object".to_owned(),
        BodyShape::Html(Some(title)) => format!("a web page titled {}", quoted(title)),
        BodyShape::Html(None) => "a web page".to_owned(),
        BodyShape::Form => "form-encoded text".to_owned(),
        BodyShape::Text => "plain text".to_owned(),
        BodyShape::Binary => "binary data".to_owned(),
        BodyShape::BrokenJson => "broken JSON".to_owned(),
    }
}

/// A measured duration for people: `850 ms`, `12.4 s`.
fn seconds(duration: std::time::Duration) -> String {
    if duration.as_secs() == 0 {
        return format!("{} ms", duration.as_millis());
    }
    let text = format!("{:.1}", duration.as_secs_f64());
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

const DOCTOR: &str = "Run `terraform-provider-cxone doctor` to try one step at a time.";
// 28 lines in all, without the summary of two lines and the core's three lines about the place.
const MOST_LINES: usize = 23;
// The same for the median of 16 lines.
const FEW_LINES: usize = 12;
// NICE's support needs one id. Two gateways in a row each add one of their own.
const SHOWN_IDS: usize = 2;
const SHOWN_MEMBERS: usize = 6;
