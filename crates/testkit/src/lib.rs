//! The common part of the tests and the project's commands: the real core and its workspace, servers for it, and the
//! leak check.
//!
//! Without the feature `protocol`, the crate does not build the plugin protocol. `cargo xtask` uses it in this form,
//! because that protocol needs `protoc`, and `cargo xtask` must supply `protoc` first.
#![expect(clippy::expect_used, reason = "a failed set-up step is a failed test")]
#![cfg_attr(feature = "protocol", expect(clippy::unwrap_used, reason = "a failed set-up step is a failed test"))]
#![expect(missing_docs, reason = "tests read the names")]

#[cfg(feature = "protocol")]
pub mod authority;
#[cfg(feature = "protocol")]
pub mod background;
pub mod canary;
#[cfg(feature = "protocol")]
pub mod connect_proxy;
pub mod core;
pub mod deadline;
#[cfg(feature = "protocol")]
pub mod exchange;
#[cfg(feature = "protocol")]
pub mod host;
pub mod leak_check;
pub mod packages;
#[cfg(feature = "protocol")]
pub mod plugin_client;
pub mod process;
pub mod real_server;
pub mod run;
pub mod sandbox;
#[cfg(feature = "protocol")]
pub mod scripted_server;
pub mod skip;
#[cfg(feature = "protocol")]
pub mod trace_capture;
pub mod workspace;

use std::io::Write as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

/// A JWT with these parts and a meaningless signature.
pub fn json_web_token(header: &Value, claims: &Value) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let [header, claims] = [header, claims].map(|part| encode(part.to_string().as_bytes()));
    format!("{header}.{claims}.{}", encode(b"canary-signature"))
}

/// A program of this workspace, in the folder of the running test.
///
/// # Panics
///
/// It has not been built: `cargo test --workspace` builds all programs.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a program knows its path");
    let built = test.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    built.unwrap_or_else(|| panic!("{name} is not built: use `cargo test --workspace`"))
}

/// Prints a message for the person who runs the tests or a command. Tests would capture the output of `eprintln!`.
pub(crate) fn said(text: &str) {
    _ = writeln!(std::io::stderr(), "    {text}");
}
