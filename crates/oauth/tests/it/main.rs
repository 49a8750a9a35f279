//! The exchange through its public surface and real sockets. One binary.
#![expect(clippy::unwrap_used, reason = "a failed set-up step is a failed test")]

mod cache;
mod proxy;
mod retry;
mod tls;
mod token;
