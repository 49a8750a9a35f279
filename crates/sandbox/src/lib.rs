//! A strict stand-in for the CXone token service: a real HTTP/1.1 server on loopback, in its own process or on a
//! thread.
//!
//! It serves the demo, this project's tests and users' own pipelines. It rejects what a careful token service rejects,
//! records its requests, and changes its behaviour through `/_sandbox/`.
//!
//! ```text
//! command ─▶ options ─▶ config ─▶ sandbox (state: clients, journal, counters, faults)
//!    │                               ▲
//!    └▶ hosted: a program beside it  │
//! server ─▶ routes ─▶ exchange ─▶ mint ─▶ signer      POST /oauth/token, /auth/token
//!                  ├▶ access_key                      POST /authentication/v1/token/access-key
//!                  ├▶ discovery                       GET  /.well-known/…, /auth/jwks
//!                  └▶ control                         /_sandbox/…
//! ```

mod access_key;
mod answer;
mod authentication;
mod banner;
mod client;
mod clock;
mod command;
mod config;
mod control;
mod counters;
mod discovery;
mod exchange;
mod fault;
mod form;
mod hosted;
mod journal;
mod lifetime;
mod masking;
mod mint;
mod options;
mod received;
mod refusal;
mod role;
mod routes;
mod running;
mod sandbox;
mod scopes;
mod server;
mod signer;

pub use command::Command;
pub use running::Running;
