//! The plugin protocol from the host's side: a generated client over real sockets, with a toy provider in this process
//! or in its own program, and a real core.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed set-up step is a failed test")]

mod example;
mod handshake;
mod mtls;
mod rpc;
mod server;
mod strangers;
#[path = "../toy/provider.rs"]
mod toy;

use std::path::PathBuf;

/// A program of this crate's examples. Cargo builds them with the tests, but not for one `--test` alone.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.is_file(), "{name} is not built: use `cargo test -p plugin`");
    program
}
