//! What cannot be tested on this machine, said aloud.

use std::{env, io::Write as _};

/// Says that a test, or a part of it, is left out because this machine lacks something.
pub(crate) fn because(reason: &str) {
    // Not the macro: a captured line would be a silent one.
    _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// As [`because`], but a failure where `CI` is set: there, everything is to be installed.
#[track_caller]
pub(crate) fn not_on_ci_because(reason: &str) {
    assert!(env::var_os("CI").is_none_or(|value| value.is_empty() || value == "false"), "on CI: {reason}");
    because(reason);
}
