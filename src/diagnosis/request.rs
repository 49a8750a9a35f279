//! The parts of a diagnostic that tell what was sent, what came back, and how long it took.

use crate::diagnosis::entry::Request;
use crate::diagnosis::facts::{Facts, seconds};
use crate::diagnosis::{Authentication, Errand};
use crate::settings::inspect::shape::client_id;
use crate::text::{escaped, quoted};
use oauth::{BodyShape, ErrorKind};

type Pairs = Vec<(String, String)>;

/// What was sent and where, each setting with its origin; never a secret.
pub(super) fn sent(facts: &Facts<'_>, request: Request) -> Pairs {
    let context = facts.context;
    let mut pairs = Pairs::new();
    if request == Request::Nothing {
        return pairs;
    }
    let mut add = |label: &str, value: String| pairs.push((label.to_owned(), value));
    let method = match context.errand {
        Errand::Token => "POST",
        Errand::Discovery => "GET",
    };
    add("address", format!("{method} {} ({})", escaped(&facts.error.endpoint), context.token_url));
    if request == Request::Credentials {
        add("grant_type", context.grant.as_str().to_owned());
        if let Some(id) = &context.client_id {
            let text = client_id(&id.value).filter(|_| context.show_client_id);
            let text = text.unwrap_or_else(|| "not shown, it looks like a secret or has a part of one".to_owned());
            add("client_id", format!("{text} ({})", id.source));
        }
        let secrets = [
            ("client_secret", &context.client_secret),
            ("access_key_id", &context.access_key_id),
            ("access_key_secret", &context.access_key_secret),
        ];
        for (label, source) in secrets {
            if let Some(source) = source {
                add(label, format!("not shown ({source})"));
            }
        }
        add("sent as", authentication(context.authentication).to_owned());
        add("scopes", scopes(facts));
        if let Some(source) = &context.audience {
            add("audience", format!("sent ({source})"));
        }
    }
    if let Some(proxy) = &context.proxy {
        add("proxy", format!("{} ({})", escaped(&proxy.value), proxy.source));
    }
    pairs
}

/// What came back beyond the summary: the server's own words, the body's form, ids for the support.
pub(super) fn received(facts: &Facts<'_>) -> Pairs {
    let mut pairs = Pairs::new();
    match facts.error.kind() {
        ErrorKind::OAuth { description, uri, .. } => {
            pairs.extend(description.as_deref().map(|text| ("server says".to_owned(), quoted(text))));
            pairs.extend(uri.as_deref().map(|uri| ("more at".to_owned(), escaped(uri))));
        }
        ErrorKind::Status { shape, challenges, message, .. } => {
            pairs.extend(message.as_deref().map(|text| ("server says".to_owned(), quoted(text))));
            pairs.push(("body".to_owned(), body(shape)));
            if !challenges.is_empty() {
                pairs.push(("asks for".to_owned(), escaped(&challenges.join(", "))));
            }
        }
        _ => {}
    }
    let ids = facts.error.correlation_ids.iter();
    pairs.extend(ids.map(|(name, value)| (escaped(name), escaped(value))));
    pairs
}

/// What is known about the host; empty when nothing is.
pub(super) fn about_host(facts: &Facts<'_>) -> String {
    let Some(known) = facts.known else { return String::new() };
    let mut text = format!("About {}: {}.", facts.host, known.role);
    for path in known.paths {
        text += &format!(" Token endpoint there: {} ({}; {}).", path.path, path.takes, path.certainty.words());
    }
    text
}

/// How the time was spent; empty when it was one quick request.
pub(super) fn time_spent(facts: &Facts<'_>) -> String {
    let error = facts.error;
    if error.attempts < 2 && error.elapsed.as_secs() < 5 {
        return String::new();
    }
    let requests = if error.attempts < 2 { "1 request".to_owned() } else { format!("{} requests", error.attempts) };
    let waited = if error.waited.is_zero() {
        String::new()
    } else {
        format!(", of which {} waiting between them", seconds(error.waited))
    };
    let context = facts.context;
    format!(
        "Time: {requests} in {}{waited}. The limits are request_timeout ({}) and max_retries ({}).",
        seconds(error.elapsed),
        context.request_timeout,
        context.max_retries
    )
}

fn authentication(style: Authentication) -> &'static str {
    match style {
        Authentication::BasicRaw => "Basic header (client_secret_basic), characters as they are",
        Authentication::BasicRfc6749 => "Basic header (client_secret_basic), percent-encoded",
        Authentication::Post => "fields of the body (client_secret_post)",
        Authentication::None => "JSON, without a client application",
    }
}

fn scopes(facts: &Facts<'_>) -> String {
    let scopes = &facts.context.scopes;
    match (scopes.is_empty(), &facts.context.scopes_source) {
        (true, source) if source.is_default() => "none".to_owned(),
        (true, source) => format!("none ({source})"),
        (false, source) => {
            format!("{} ({source})", scopes.iter().map(|scope| escaped(scope)).collect::<Vec<_>>().join(" "))
        }
    }
}

fn body(shape: &BodyShape) -> String {
    match shape {
        BodyShape::Empty => "empty".to_owned(),
        BodyShape::JsonObject(names) if names.is_empty() => "an empty JSON object".to_owned(),
        BodyShape::JsonObject(names) => {
            format!("JSON with {}", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
        }
        BodyShape::OtherJson => "JSON, but no object".to_owned(),
        BodyShape::Html(Some(title)) => format!("a web page titled {}", quoted(title)),
        BodyShape::Html(None) => "a web page".to_owned(),
        BodyShape::Form => "form fields".to_owned(),
        BodyShape::Text => "plain text".to_owned(),
        BodyShape::Binary => "binary data".to_owned(),
        BodyShape::BrokenJson => "broken JSON".to_owned(),
    }
}
