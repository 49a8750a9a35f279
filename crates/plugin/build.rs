//! Generates the gRPC messages, the servers, and the clients that the tests use, from `proto/`.

fn main() -> std::io::Result<()> {
    let mut builder = tonic_build::configure()
        // Calls that the protocol knows and this server does not serve answer "unimplemented", as the cores expect.
        .generate_default_stubs(true)
        .build_transport(false);
    for message in OPAQUE_MESSAGES {
        builder = builder.skip_debug(format!(".tfplugin6.{message}"));
    }
    builder.compile_protos(&["proto/tfplugin6.proto", "proto/plugin.proto", "proto/health.proto"], &["proto"])
}

/// Messages that hold values, state or private data themselves: secrets, possibly. They get no derived Debug;
/// `src/proto.rs` gives them one that shows nothing.
const OPAQUE_MESSAGES: [&str; 17] = [
    "DynamicValue",
    "RawState",
    "ReadResource.Request",
    "ReadResource.Response",
    "PlanResourceChange.Request",
    "PlanResourceChange.Response",
    "ApplyResourceChange.Request",
    "ApplyResourceChange.Response",
    "ImportResourceState.ImportedResource",
    "MoveResourceState.Request",
    "MoveResourceState.Response",
    "OpenEphemeralResource.Response",
    "RenewEphemeralResource.Request",
    "RenewEphemeralResource.Response",
    "CloseEphemeralResource.Request",
    "ReadStateBytes.Response",
    "WriteStateBytes.RequestChunk",
];
