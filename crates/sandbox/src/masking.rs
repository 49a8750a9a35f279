//! The public form of a recorded request: by default, everything that can be a credential is masked.

use hyper::header::{AUTHORIZATION, COOKIE, HeaderName, PROXY_AUTHORIZATION};

use crate::form::Form;
use crate::received::Received;

/// The public form of a header's value: of credentials only the scheme.
pub(crate) fn header(name: &HeaderName, value: &str) -> String {
    let has_scheme = [AUTHORIZATION, PROXY_AUTHORIZATION].contains(name);
    if !has_scheme && name != COOKIE && !TELLING.iter().any(|word| name.as_str().contains(word)) {
        return value.to_owned();
    }
    match value.split_once(' ') {
        Some((scheme, _)) if has_scheme => format!("{scheme} {MASK}"),
        _ => MASK.to_owned(),
    }
}

/// The public form of a query.
pub(crate) fn query(query: &str) -> String {
    Form::try_parse(query.as_bytes()).map_or_else(|_| unreadable(query.len()), |form| masked(&form))
}

/// The public form of a body: a form with only harmless values; of anything else only the size.
pub(crate) fn body(request: &Received) -> String {
    if request.body.is_empty() {
        return String::new();
    }
    let form = if request.is_json() { None } else { Form::try_parse(&request.body).ok() };
    form.map_or_else(|| unreadable(request.body.len()), |form| masked(&form))
}

fn masked(form: &Form) -> String {
    let mut shown = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form.iter() {
        shown.append_pair(name, if HARMLESS.contains(&name) { value.expose() } else { MASK });
    }
    shown.finish()
}

fn unreadable(length: usize) -> String {
    format!("({length} bytes, masked)")
}

const MASK: &str = "***";

// Gateways name the headers of their credentials as they like: `X-Api-Key`, `X-Auth-Token`.
const TELLING: [&str; 5] = ["auth", "key", "password", "secret", "token"];

// The values of these parameters are never secret. Those of any other can be.
const HARMLESS: [&str; 7] = ["audience", "client_id", "grant_type", "realm", "resource", "scope", "tenantId"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::received::tests::post;

    #[test]
    fn credentials_are_masked_wherever_they_stand() {
        assert_eq!(header(&AUTHORIZATION, "Basic canary"), "Basic ***");
        assert_eq!(header(&AUTHORIZATION, "canary"), "***");
        assert_eq!(header(&COOKIE, "session canary"), "***");
        assert_eq!(header(&HeaderName::from_static("x-api-key"), "a canary"), "***");
        assert_eq!(header(&HeaderName::from_static("accept"), "a b"), "a b");
        assert_eq!(query("tenantId=t&access_token=canary"), "access_token=***&tenantId=t");
        assert_eq!(query("canary"), "(6 bytes, masked)");
    }

    #[test]
    fn bodies_keep_only_harmless_values() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let shown = |body| body_of(&form, body);
        assert_eq!(shown("scope=a+b&client_secret=canary&own=canary"), "client_secret=***&own=***&scope=a+b");
        assert_eq!(shown("canary"), "(6 bytes, masked)");
        assert_eq!(shown(r#"{"a=":"canary"}"#), "(15 bytes, masked)");
        assert_eq!(shown(""), "");
    }

    fn body_of(headers: &[(&'static str, &str)], text: &str) -> String {
        body(&post(headers, text))
    }
}
