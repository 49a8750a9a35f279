//! Time limits: no wait in the tests is unbounded.

use std::thread;
use std::time::{Duration, Instant};

/// A point in time before which something must happen.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self(now() + limit)
    }

    /// Whether the time is up.
    pub fn passed(self) -> bool {
        now() >= self.0
    }
}

/// The current time, for measurements.
#[expect(clippy::disallowed_methods, reason = "tests measure the wall clock of real processes")]
pub fn now() -> Instant {
    Instant::now()
}

/// Polls `probe` until it returns a value; `None` after `limit`.
pub fn poll<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Deadline::after(limit);
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        if deadline.passed() {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Polls `condition` until it is true. Fails the test after `limit`.
#[track_caller]
pub fn eventually(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let held = poll(limit, || condition().then_some(()));
    assert!(held.is_some(), "not within {limit:?}: {what}");
}
