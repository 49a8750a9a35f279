//! Conversions between protobuf and `tf_provider`'s types: schemas, values and diagnostics.

mod diagnostics;
mod schema;
mod stored;
mod value;

pub(crate) use diagnostics::{diagnostics_to_wire, error, function_error, path_to_wire, require};
pub(crate) use schema::{function_to_wire, schema_to_wire};
pub(crate) use stored::encode_stored;
pub(crate) use value::{Encoded, Private};
