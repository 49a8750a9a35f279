//! When to try again, and how long to wait before.

use std::time::Duration;

/// How often and how patiently a failed exchange is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts after the first; 0 means never again.
    pub max_retries: u32,
    /// The upper end of the first wait; it doubles with each attempt.
    pub min_wait: Duration,
    /// The longest single wait, also when the server asks for more.
    pub max_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: 3, min_wait: Duration::from_secs(1), max_wait: Duration::from_secs(30) }
    }
}
