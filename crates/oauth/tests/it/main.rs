//! The exchange through its public interface and real sockets, in one binary.
#![expect(clippy::unwrap_used, reason = "a failed set-up step is a failed test")]

mod cache;
mod proxy;
mod retry;
mod tls;
mod token;
