//! Integration tests: real sockets, real processes, a real Terraform core. One binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed set-up step is a failed test")]

mod cache;
mod docs;
mod handshake;
mod layering;
mod leaks;
mod mtls;
mod proxy;
mod retry;
mod rpc;
mod sandbox;
mod support;
mod terraform;
mod tls;
mod token;
