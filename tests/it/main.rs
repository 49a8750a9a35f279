//! Integration tests: real sockets, real processes, a real Terraform core. One binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed set-up step is a failed test")]

mod configuration;
mod docs;
mod doctor;
mod failures;
mod fuzzing;
mod handshake;
mod leaks;
mod process_life;
mod release;
mod sandbox_command;
mod security;
mod terraform;
mod token_command;
