//! The generated messages, servers and clients of `proto/`.

use std::fmt;

use self::tfplugin6 as wire;

#[expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated code")]
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

#[expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated code")]
pub mod plugin {
    tonic::include_proto!("plugin");
}

#[expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated code")]
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}

// Messages that hold values show their names alone: `prost` demands Debug, and a derived one would show secrets.
// `build.rs` has the same list.
macro_rules! opaque {
    ($($message:ty),+ $(,)?) => {$(
        impl fmt::Debug for $message {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($message), " { .. }"))
            }
        }
    )+};
}

opaque! {
    wire::DynamicValue,
    wire::RawState,
    wire::read_resource::Request,
    wire::read_resource::Response,
    wire::plan_resource_change::Request,
    wire::plan_resource_change::Response,
    wire::apply_resource_change::Request,
    wire::apply_resource_change::Response,
    wire::import_resource_state::ImportedResource,
    wire::move_resource_state::Request,
    wire::move_resource_state::Response,
    wire::open_ephemeral_resource::Response,
    wire::renew_ephemeral_resource::Request,
    wire::renew_ephemeral_resource::Response,
    wire::close_ephemeral_resource::Request,
    wire::read_state_bytes::Response,
    wire::write_state_bytes::RequestChunk,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_no_values() {
        let value = wire::DynamicValue { msgpack: b"canary".to_vec(), json: b"canary".to_vec() };
        let request = wire::read_data_source::Request { config: Some(value), ..Default::default() };
        let shown = format!("{request:?}");
        assert!(shown.contains("DynamicValue { .. }"), "{shown}");
    }
}
