//! The command `doctor` as a process, against servers on loopback.

mod emit;
mod guide;
mod laws;
mod methods;
mod run;
mod usage;
mod verdicts;

use std::process::Command;

use testkit::skip;

/// Whether `program` can be run here; says so when it cannot.
fn is_installed(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        skip::not_on_ci_because(&format!("there is no {program}, so nothing is compared with it"));
    }
    is_there
}

/// The client secret of most scenarios. Its characters are all unreserved.
const SECRET: &str = "Wm5Zt8Kq-canary-doctor-secret-3Xv7Ld2Rf";

/// The access token of most scenarios.
const TOKEN: &str = "Gp4Nb9Sj-canary-doctor-token-6Hy1Cw8Qe";
