//! How much memory the provider holds.

use std::path::Path;

use serde_json::{Value, json};

use crate::provider::Provider;

/// Resident bytes at the handshake line, once configured, and after a thousand data sources were read.
pub(crate) async fn measure(program: &Path) -> anyhow::Result<Value> {
    let provider = Provider::start(program)?;
    let handshake = provider.resident()?;
    let mut caller = provider.connect().await?;
    caller.configure().await?;
    let configured = provider.resident()?;
    for _ in 0..READS {
        caller.read().await?;
    }
    Ok(json!({ "handshake": handshake, "configured": configured, "read": provider.resident()? }))
}

const READS: usize = 1_000;
