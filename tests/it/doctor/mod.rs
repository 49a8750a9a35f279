//! The command `doctor`, as a process of its own against servers on loopback.

mod emit;
mod laws;
mod methods;
mod run;
mod usage;
mod verdicts;

/// The client secret of most scenarios. Its characters are all unreserved.
const SECRET: &str = "Wm5Zt8Kq-canary-doctor-secret-3Xv7Ld2Rf";

/// The access token of most scenarios.
const TOKEN: &str = "Gp4Nb9Sj-canary-doctor-token-6Hy1Cw8Qe";
