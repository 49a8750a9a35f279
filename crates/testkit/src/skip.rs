//! Tests that this machine or core cannot run are reported, never silently skipped.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;
use std::{env, io};

/// The file for skipped tests. `cargo xtask test` and `cargo xtask matrix` count its lines, because the test runner
/// cannot distinguish a test that ended early from one that passed.
pub const NOTES_VARIABLE: &str = "CXONE_TEST_SKIPS";

/// Ends a test on a core without `ephemerals`, `functions` or `mocks`, and records the skip. It is the first line of
/// such a test. A macro, because a function cannot return from the test.
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

/// Records a skipped test, for [`needs!`](crate::needs).
#[track_caller]
pub fn test(reason: &str) {
    note("test", reason);
}

/// Records a skipped part of a test.
#[track_caller]
pub fn part(reason: &str) {
    note("part", reason);
}

/// Fails the test if nobody counts skips: a suite that skips silently proves nothing.
#[track_caller]
fn note(what: &str, reason: &str) {
    let place = Location::caller();
    let file = env::var_os(NOTES_VARIABLE);
    let file = file.unwrap_or_else(|| panic!("{reason}: run `cargo xtask test`, which counts what is skipped"));
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a writable file");
    // As one write, because other tests append to the same file.
    let line = format!("{what}\t{}:{}\t{reason}\n", place.file(), place.line());
    file.write_all(line.as_bytes()).expect("a writable file");
}

/// Prints that a test or a part of it is skipped, because this machine lacks something.
pub fn because(reason: &str) {
    // Not `eprintln!`, whose output tests capture, so that the skip would be silent.
    _ = writeln!(io::stderr(), "SKIPPED: {reason}");
}

/// As [`because`], but fails if `CI` is set, because everything is installed there.
#[track_caller]
pub fn not_on_ci_because(reason: &str) {
    assert!(env::var_os("CI").is_none_or(|value| value.is_empty() || value == "false"), "on CI: {reason}");
    because(reason);
}
