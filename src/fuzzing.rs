//! Entries for the fuzzer in `fuzz/`, which the test suite runs as well. Not part of the interface.

use crate::provider;

/// A target takes any bytes and panics when a law is broken.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("token_response", oauth::fuzzing::token_response),
    ("json_web_token", oauth::fuzzing::json_web_token),
    ("retry_after", oauth::fuzzing::retry_after),
    ("scopes", oauth::fuzzing::scopes),
    ("endpoint", oauth::fuzzing::endpoint),
    ("masking", oauth::fuzzing::masking),
    ("auth_config", provider::fuzzing::auth_config),
    ("provider_block", provider::fuzzing::provider_block),
];
