//! What the tests and the project's commands share.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed set-up step is a failed test")]
#![expect(missing_docs, reason = "tests read the names")]

pub mod archive;
pub mod authority;
pub mod background;
pub mod canary;
pub mod connect_proxy;
pub mod core;
pub mod deadline;
pub mod exchange;
pub mod host;
pub mod leak_check;
pub mod plugin_client;
pub mod process;
pub mod real_server;
pub mod run;
pub mod running;
pub mod sandbox;
pub mod scripted_server;
pub mod skip;
pub mod toy_provider;
pub mod trace_capture;
pub mod workspace;

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
