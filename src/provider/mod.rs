//! The CXone provider: settings, schemas, data sources, ephemeral resources and the prose of its diagnostics.

pub mod explain;
pub mod inspect;
mod source;

pub use source::{Source, Sourced};
