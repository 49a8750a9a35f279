//! What is fuzzed here: the `auth:` YAML, and configurations as they come from the wire.

use super::auth_config::AuthConfig;
use super::raw_config::RawConfig;
use plugin::unstable;

/// The `auth:` YAML.
///
/// # Panics
///
/// When a law is broken.
pub fn auth_config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match AuthConfig::try_from_yaml(&text) {
        Ok(config) => {
            let secret = config.client_secret.as_ref().map_or("", |secret| secret.expose());
            assert!(secret.len() <= text.len(), "a secret from nowhere");
            assert!(secret.len() < 16 || !format!("{config:?}").contains(secret), "the secret is shown");
        }
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.len() < 400 && !shown.chars().any(char::is_control), "an error that quotes: {shown:?}");
        }
    }
}

/// A provider block off the wire.
///
/// # Panics
///
/// When a law is broken.
pub fn provider_block(data: &[u8]) {
    unstable::dynamic_value::<RawConfig>(data);
}
