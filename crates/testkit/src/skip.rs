//! What cannot be tested on this machine or with this core, said aloud.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;
use std::{env, io, process};

/// Ends the test here as passed, and notes why in the file that `CXONE_TEST_SKIPS` names: `cargo xtask matrix` counts
/// what is in it.
///
/// Under nextest alone, which runs each test in a process of its own. Elsewhere the test fails, as it does when nobody
/// counts: a suite that skips in silence proves nothing.
#[track_caller]
pub fn test(reason: &str) -> ! {
    note("test", reason);
    let own_process = env::var_os("NEXTEST").is_some();
    assert!(own_process, "{reason}: run `cargo xtask matrix`, or set TF_ACC_TERRAFORM_PATH to another core");
    process::exit(0)
}

/// Notes that part of a test is skipped.
#[track_caller]
pub fn part(reason: &str) {
    note("part", reason);
}

#[track_caller]
fn note(what: &str, reason: &str) {
    let place = Location::caller();
    let file = env::var_os("CXONE_TEST_SKIPS");
    let file = file.unwrap_or_else(|| panic!("{reason}, and CXONE_TEST_SKIPS names no file to note it in"));
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a writable file");
    // In one piece: other tests, in processes of their own, append to the same file.
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
