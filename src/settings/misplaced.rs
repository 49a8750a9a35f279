//! A secret in a setting that messages, logs and the state show.

use percent_encoding::percent_decode_str;

use crate::settings::address::Address;
use crate::settings::config::Settings;
use crate::settings::credential::Credential;
use crate::settings::source::{Source, Sourced};
use oauth::Secret;
use plugin::{AttributePath, Diagnostic};

/// An error for each shown setting that contains a whole secret. The comparison of ids and secrets is elsewhere.
pub fn secrets(settings: &Settings) -> Vec<Diagnostic> {
    let secrets = secrets_of(&settings.credential);
    let shown = shown(settings);
    let found = shown.iter().filter_map(|(setting, texts, source)| {
        let (name, secret) = secrets.iter().find(|(_, secret)| {
            let secret = secret.value.expose();
            secret.len() >= SHORTEST && texts.iter().any(|text| text.contains(secret))
        })?;
        Some(misplaced(setting, source, name, &secret.source))
    });
    found.collect()
}

fn secrets_of(credential: &Credential) -> Vec<(&'static str, &Sourced<Secret>)> {
    match credential {
        Credential::Exchange(exchange) => {
            let key = exchange.access_key.as_ref().map(|key| ("access_key_secret", &key.secret));
            [("client_secret", &exchange.client_secret)].into_iter().chain(key).collect()
        }
        Credential::AccessKey(exchange) => vec![("access_key_secret", &exchange.access_key.secret)],
        Credential::AccessToken(token) => vec![("access_token", token)],
    }
}

/// The settings that messages show, with their texts.
fn shown(settings: &Settings) -> Vec<(&'static str, Vec<String>, &Source)> {
    let address = settings.credential.address().map(|Sourced { value, source }| {
        let (name, endpoint) = match value {
            Address::Endpoint(endpoint) => ("token_url", endpoint.clone()),
            Address::Issuer(_) => ("issuer", value.first_contact()),
        };
        let url = endpoint.url().to_string();
        let decoded = percent_decode_str(&url).decode_utf8_lossy().into_owned();
        (name, vec![url, decoded], source)
    });
    let texts = [("audience", &settings.audience), ("expected_tenant_id", &settings.expected_tenant_id)];
    let texts = texts.into_iter().filter_map(|(name, setting)| Some((name, setting.as_ref()?)));
    let scopes = ("scopes", settings.scopes.value.iter().cloned().collect(), &settings.scopes.source);
    let texts = texts.map(|(name, setting)| (name, vec![setting.value.clone()], &setting.source));
    address.into_iter().chain([scopes]).chain(texts).collect()
}

fn misplaced(setting: &str, source: &Source, secret: &str, secret_source: &Source) -> Diagnostic {
    Diagnostic {
        summary: format!("`{setting}` contains `{secret}`").into(),
        detail: format!(
            "The value of `{setting}` ({source}) contains the whole value of `{secret}` ({secret_source}). Messages, logs \
             and the state show `{setting}`, so nothing was sent. Correct `{setting}`.",
        )
        .into(),
        // The core would quote the line of the argument.
        attribute: AttributePath::root(),
    }
}

// A shorter text can be a part of an address or of a scope by chance.
const SHORTEST: usize = 12;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::settings::config::{Resolution, resolve};
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;
    use plugin::Diagnostics;

    #[test]
    fn a_secret_in_a_setting_that_is_shown_is_an_error_that_does_not_show_it() {
        let secret = "canary/secret 0123";
        let cases = [
            ("token_url", json!("https://api.example/canary%2Fsecret%200123/token"), secret, true),
            ("issuer", json!("https://api.example/canary/secret%200123"), secret, true),
            ("audience", json!("urn:canary/secret 0123"), secret, true),
            ("expected_tenant_id", json!(secret), secret, true),
            ("scopes", json!(["a", "canary-secret-0123"]), "canary-secret-0123", true),
            ("scopes", json!(["a", "canary"]), "canary", false),
            ("token_url", json!("https://api.example/canary/token"), secret, false),
        ];
        for (setting, value, secret, is_error) in cases {
            let block = RawConfig::from_json(json!({ "client_id": "id", "client_secret": secret, setting: value }));
            let mut diags = Diagnostics::default();
            let resolution = resolve(&block, &Environment::default(), "", &mut diags);
            assert_eq!(matches!(resolution, Resolution::Invalid), is_error, "{setting} {:?}", diags.errors);
            let texts: Vec<_> = diags.errors.iter().map(|it| format!("{} {}", it.summary, it.detail)).collect();
            let is_named = texts.iter().all(|text| text.contains(setting) && !text.contains("canary"));
            assert!(texts.len() == usize::from(is_error) && is_named, "{texts:?}");
        }
    }
}
