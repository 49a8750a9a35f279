//! A strict stand-in for the CXone token service: a real HTTP/1.1 server on loopback, in a process of its own.
//!
//! It exists for the demo, for this project's tests and for users' own pipelines. It refuses what a careful token
//! service refuses, records what it was asked, and can be told through `/_sandbox/` to change its mind between runs.
//!
//! ```text
//! options ─▶ config ─▶ sandbox (state: clients, journal, counters, faults)
//!                         ▲
//! server ─▶ routes ─▶ exchange ─▶ mint ─▶ signer      POST /oauth/token, /auth/token
//!                  ├▶ access_key                      POST /authentication/v1/token/access-key
//!                  ├▶ discovery                       GET  /.well-known/…, /auth/jwks, /auth/userinfo
//!                  └▶ control                         /_sandbox/…
//! ```

mod access_key;
mod answer;
mod authentication;
mod banner;
mod client;
mod clock;
mod config;
mod control;
mod counters;
mod discovery;
mod exchange;
mod fault;
mod form;
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

use anyhow::Context as _;

use crate::sandbox::Sandbox;

pub use options::Options;
pub use running::Running;

/// Serves until a signal, the time given or the end of the parent stops it.
///
/// # Errors
///
/// When the configuration is not usable, or the address cannot be listened on.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let config = options.config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let ending = lifetime::Ending::prepare(options.stop_after(), options.exits_with_parent())?;
        let listener = server::listen(options.listen()).await?;
        let sandbox = Sandbox::try_new(config, listener.local_addr()?, options.recording())?;
        banner::print(&sandbox, options.stop_after())?;
        tokio::select! {
            () = server::serve(listener, sandbox) => {}
            () = ending.wait() => {}
        }
        Ok(())
    })
}
