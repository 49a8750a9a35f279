//! Terraform's plugin protocol, version 6: handshake, transport, RPCs, and the typed traits of a provider.
//!
//! ```text
//! main ─▶ Launch ─▶ serve ─▶ listener + mtls ─▶ service ─▶ one file an object ─▶ the provider's typed traits
//!                     │        (who may call)    (RPCs)    (bytes ↔ types, with wire)
//!                     └────▶ lifetime (signals, host loss)
//! ```
//!
//! Serves `tf_provider`'s [`DataSource`], [`Resource`] and [`Function`], and adds [`EphemeralResource`] in the same
//! style. This crate knows nothing about the provider's purpose.

mod caller;
mod data_source;
mod ephemeral_resource;
mod function;
mod launch;
mod lifetime;
mod listener;
mod logging;
mod mtls;
#[doc(hidden)]
pub mod proto;
mod provider;
mod resource;
mod server;
mod service;
#[doc(hidden)]
pub mod unstable;
mod wire;

pub use ephemeral_resource::{ClientCapabilities, EphemeralResource, Opened, Renewed};
pub use launch::{Environment, Hosted, Launch, LaunchRefused};
pub use logging::install as install_logging;
pub use provider::{Provider, Registry};
pub use server::{ServeError, serve, serve_until};
pub use tf_provider::{AttributePath, DataSource, Diagnostic, Diagnostics, Function, Resource};
pub use tf_provider::{schema, value};
