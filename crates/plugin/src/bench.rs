//! A door for the benchmarks to what this layer keeps to itself.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tf_provider::Diagnostics;

use super::proto::tfplugin6::DynamicValue;
use super::wire::Encoded;

/// Takes a value off the wire as a `T`, and puts that back; `None` when it does not fit.
pub fn round_trip<T: Serialize + DeserializeOwned>(value: DynamicValue) -> Option<DynamicValue> {
    let mut diags = Diagnostics::default();
    let typed: T = Encoded::from_wire(&mut diags, Some(value))?.decode(&mut diags)?;
    Encoded::encode(&mut diags, &typed).map(Encoded::into_wire)
}
