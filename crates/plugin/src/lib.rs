//! Terraform's plugin protocol, version 6: handshake, transport, RPCs and the typed traits a provider implements.
//!
//! ```text
//! main ─▶ Launch ─▶ serve ─▶ listener + mtls ─▶ service ─▶ adapter ─▶ the provider's typed traits
//!                     │           (who may call)   (RPCs)    (bytes ↔ types, with wire)
//!                     └────▶ lifetime (signals, host loss), control (Shutdown, stdio, broker, health)
//! ```
//!
//! Serves `tf_provider`'s [`DataSource`], [`Resource`] and [`Function`] and adds [`EphemeralResource`] in the same
//! style. Nothing here knows what the provider is for.

mod adapter;
#[doc(hidden)]
pub mod bench;
mod control;
mod environment;
mod ephemeral_resource;
#[doc(hidden)]
pub mod fuzzing;
mod handshake;
mod incoming;
mod lifetime;
mod listener;
mod logging;
mod mtls;
mod opaque;
mod provider;
mod reattach;
mod registry;
mod serve;
mod service;
mod session;
mod wire;

pub use environment::Environment;
pub use ephemeral_resource::{EphemeralResource, Opened, Renewed};
pub use handshake::{Hosted, Launch, LaunchRefused};
pub use logging::install as install_logging;
pub use provider::Provider;
pub use registry::Registry;
pub use serve::{ServeError, serve, serve_until};
pub use tf_provider::{AttributePath, AttributePathStep, DataSource, Diagnostic, Diagnostics, Function, Resource};
pub use tf_provider::{schema, value};

/// The generated messages, servers and clients of `proto/`.
#[doc(hidden)]
#[expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated code")]
pub mod proto {
    pub mod tfplugin6 {
        tonic::include_proto!("tfplugin6");
    }
    pub mod plugin {
        tonic::include_proto!("plugin");
    }
    pub mod health {
        tonic::include_proto!("grpc.health.v1");
    }
}
