//! The CXone provider: settings, schemas, data sources, ephemeral resources and the prose of its diagnostics.

mod source;

pub use source::{Source, Sourced};
