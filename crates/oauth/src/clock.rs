//! Time as a parameter.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The source of the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The operating system's clocks.
    #[default]
    System,
    /// A clock that only a test moves.
    Manual(ManualClock),
}

impl Clock {
    /// The wall clock, for expiry dates. It may jump.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn now(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Manual(clock) => clock.read().wall,
        }
    }

    /// A clock that never goes back: the time since a fixed moment in this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn monotonic(&self) -> Duration {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Self::System => Instant::now().saturating_duration_since(*ORIGIN),
            Self::Manual(clock) => clock.read().monotonic,
        }
    }
}

/// A clock that only a test moves. Clones share their time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Reading>>);

#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: SystemTime,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock whose wall time is `wall`.
    pub fn new(wall: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(Reading { wall, monotonic: Duration::ZERO })))
    }

    /// Advances both clocks.
    pub fn advance(&self, duration: Duration) {
        self.change(|reading| {
            reading.wall += duration;
            reading.monotonic += duration;
        });
    }

    /// Sets only the wall clock, as an administrator or NTP does.
    pub fn set_wall(&self, wall: SystemTime) {
        self.change(|reading| reading.wall = wall);
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_jumps_leaves_the_monotonic_clock_alone() {
        let manual = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1000));
        let clock = Clock::Manual(manual.clone());
        manual.advance(Duration::from_secs(5));
        manual.set_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH);
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }
}
