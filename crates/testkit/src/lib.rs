//! What the tests and the project's commands share: the real core and a workspace to run it in, servers that it talks to,
//! and the leak check.
//!
//! Without the feature `protocol` nothing of the provider's own protocol is built. `cargo xtask` uses it so, because that
//! protocol needs `protoc`, which `cargo xtask` has to supply first.
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

/// A JWT with these parts and a signature that nobody made.
pub fn json_web_token(header: &Value, claims: &Value) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let [header, claims] = [header, claims].map(|part| encode(part.to_string().as_bytes()));
    format!("{header}.{claims}.{}", encode(b"canary-signature"))
}

/// A program of this workspace, beside the test that asks.
///
/// # Panics
///
/// When it has not been built: `cargo test --workspace` builds all of them.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a program knows its path");
    let built = test.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    built.unwrap_or_else(|| panic!("{name} is not built: use `cargo test --workspace`"))
}

/// Says something to whoever runs the tests or a command. Not the macro, which tests capture.
pub(crate) fn said(text: &str) {
    _ = writeln!(std::io::stderr(), "    {text}");
}
