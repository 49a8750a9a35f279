//! Integration tests: real sockets, real processes, a real Terraform core. One binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed set-up step is a failed test")]

mod cache;
mod configuration;
mod docs;
mod doctor;
mod failures;
mod fuzzing;
mod handshake;
mod leaks;
mod mtls;
mod process_life;
mod proxy;
mod release;
mod retry;
mod rpc;
mod sandbox_command;
mod security;
mod strangers;
mod terraform;
mod tls;
mod token;
mod token_command;
