//! The generated messages, servers and clients of `proto/`.

use std::fmt;

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

// `build.rs` lists the messages with values. They show only their names: prost requires Debug, and a derived one would
// show secrets.
macro_rules! opaque {
    ($($message:ty),+ $(,)?) => {$(
        impl fmt::Debug for $message {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($message), " { .. }"))
            }
        }
    )+};
}

include!(concat!(env!("OUT_DIR"), "/opaque.rs"));

#[cfg(test)]
mod tests {
    use super::tfplugin6 as wire;

    #[test]
    fn messages_show_no_values() {
        let value = wire::DynamicValue { msgpack: b"canary".to_vec(), json: b"canary".to_vec() };
        let request = wire::read_data_source::Request { config: Some(value), ..Default::default() };
        let shown = format!("{request:?}");
        assert!(shown.contains("DynamicValue { .. }"), "{shown}");
    }
}
