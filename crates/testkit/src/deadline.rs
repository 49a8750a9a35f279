//! Time limits: no wait in the tests is unbounded.

use std::thread;
use std::time::{Duration, Instant};

/// A point in time by which something must have happened.
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

/// The time now, for measuring how long something took.
#[expect(clippy::disallowed_methods, reason = "tests measure the wall clock of real processes")]
pub fn now() -> Instant {
    Instant::now()
}

/// Polls `probe` until it gives a value; `None` after `limit`.
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

/// Polls `condition` until it holds; fails the test after `limit`.
#[track_caller]
pub fn eventually(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let held = poll(limit, || condition().then_some(()));
    assert!(held.is_some(), "not within {limit:?}: {what}");
}
