//! What cannot be tested on this machine or with this core, said aloud.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;
use std::{env, io};

/// Names the file that skips are noted in. `cargo xtask test` and `cargo xtask matrix` count what is in it, since the
/// test runner cannot tell a test that ended early from one that passed.
pub const NOTES_VARIABLE: &str = "CXONE_TEST_SKIPS";

/// Ends a test on a core without `ephemerals`, `functions` or `mocks`, and notes that the test was skipped: the first
/// line of a test that needs them. A macro, since only the test itself can return from the test.
#[macro_export]
macro_rules! needs {
    (ephemerals) => {
        $crate::needs!(has_ephemerals, "ephemeral resources")
    };
    (functions) => {
        $crate::needs!(has_functions, "functions")
    };
    (mocks) => {
        $crate::needs!(has_mocks, "mocks")
    };
    ($ability:ident, $what:expr) => {
        let core = $crate::core::Core::find();
        if !core.$ability() {
            return $crate::skip::test(&format!("{core} has no {}", $what));
        }
    };
}

/// Notes that a whole test is skipped. Behind [`needs!`](crate::needs).
#[track_caller]
pub fn test(reason: &str) {
    note("test", reason);
}

/// Notes that part of a test is skipped.
#[track_caller]
pub fn part(reason: &str) {
    note("part", reason);
}

/// Fails the test where nobody counts: a suite that skips in silence proves nothing.
#[track_caller]
fn note(what: &str, reason: &str) {
    let place = Location::caller();
    let file = env::var_os(NOTES_VARIABLE);
    let file = file.unwrap_or_else(|| panic!("{reason}: run `cargo xtask test`, which counts what is skipped"));
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a writable file");
    // In one piece: other tests append to the same file.
    let line = format!("{what}\t{}:{}\t{reason}\n", place.file(), place.line());
    file.write_all(line.as_bytes()).expect("a writable file");
}

/// Says that a test, or a part of it, is left out because this machine lacks something.
pub fn because(reason: &str) {
    // Not the macro: a captured line would be a silent one.
    _ = writeln!(io::stderr(), "SKIPPED: {reason}");
}

/// As [`because`], but a failure where `CI` is set: there, everything is to be installed.
#[track_caller]
pub fn not_on_ci_because(reason: &str) {
    assert!(env::var_os("CI").is_none_or(|value| value.is_empty() || value == "false"), "on CI: {reason}");
    because(reason);
}
