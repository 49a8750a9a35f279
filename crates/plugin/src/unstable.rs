//! Access to private parts of this crate for benchmarks and fuzzers. Not a public interface.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tf_provider::Diagnostics;

use crate::proto::tfplugin6::DynamicValue;
use crate::wire::Encoded;

/// Decodes a value as `T` and encodes it again; `None` if it is not a `T`.
pub fn round_trip<T: Serialize + DeserializeOwned>(value: DynamicValue) -> Option<DynamicValue> {
    let mut diags = Diagnostics::default();
    let typed: T = Encoded::from_wire(&mut diags, Some(value))?.decode(&mut diags)?;
    Encoded::encode(&mut diags, &typed).map(Encoded::into_wire)
}

/// Reads msgpack or JSON bytes as a dynamic value, and then as `T`.
///
/// # Panics
///
/// A law is broken.
pub fn dynamic_value<T: DeserializeOwned>(data: &[u8]) {
    let as_json = data.first() == Some(&b'{');
    let (msgpack, json) = if as_json { (Vec::new(), data.to_vec()) } else { (data.to_vec(), Vec::new()) };
    let mut diags = Diagnostics::default();
    let Some(value) = Encoded::from_wire(&mut diags, Some(DynamicValue { msgpack, json })) else {
        assert_eq!(diags.errors.len(), 1, "no value and not exactly one error");
        return;
    };
    let misfits = value.decode::<T>(&mut diags).is_none();
    assert_eq!(diags.errors.len(), usize::from(misfits), "one error if the value does not fit, else none");
    for error in &diags.errors {
        assert!(error.summary.len() + error.detail.len() < 500, "the error is too long");
    }
    let again = Encoded::from_wire(&mut diags, Some(value.clone().into_wire()));
    assert!(again.is_some_and(|again| again == value), "the second parse differs");
}
