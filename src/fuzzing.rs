//! Entry points for the fuzzer in `fuzz/`, which the test suite also runs. Not a public interface.

use crate::settings::auth_file::AuthConfig;
use crate::settings::raw_config::RawConfig;

/// A fuzz target: accepts any bytes, and panics if a law is broken.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("token_response", oauth::fuzzing::token_response),
    ("json_web_token", oauth::fuzzing::json_web_token),
    ("retry_after", oauth::fuzzing::retry_after),
    ("scopes", oauth::fuzzing::scopes),
    ("endpoint", oauth::fuzzing::endpoint),
    ("masking", oauth::fuzzing::masking),
    ("auth_config", auth_config),
    ("provider_block", provider_block),
];

/// The `auth:` YAML.
///
/// # Panics
///
/// A law is broken.
pub fn auth_config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match AuthConfig::try_from_yaml(&text) {
        Ok(config) => {
            let secret = config.client_secret.as_ref().map_or("", |secret| secret.expose());
            assert!(secret.len() <= text.len(), "a secret from nowhere");
            // Shorter secrets occur in the debug output by chance.
            assert!(secret.len() < 16 || !format!("{config:?}").contains(secret), "the secret is shown");
        }
        Err(error) => {
            let shown = error.to_string();
            // Errors name lines and keys, but never quote the document.
            assert!(shown.len() < 400 && !shown.chars().any(char::is_control), "the error is too long: {shown:?}");
        }
    }
}

/// A provider block in its wire form.
///
/// # Panics
///
/// A law is broken.
pub fn provider_block(data: &[u8]) {
    plugin::unstable::dynamic_value::<RawConfig>(data);
}
