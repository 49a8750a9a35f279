//! Generates the gRPC messages, the servers, and the clients that the tests use, from `proto/`.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut builder = tonic_build::configure()
        // Cores expect the status "unimplemented" from every RPC that a server does not serve.
        .generate_default_stubs(true)
        .build_transport(false);
    for message in OPAQUE_MESSAGES {
        builder = builder.skip_debug(format!(".tfplugin6.{message}"));
    }
    builder.compile_protos(&["proto/tfplugin6.proto", "proto/plugin.proto", "proto/health.proto"], &["proto"])?;
    let types = OPAQUE_MESSAGES.map(|message| format!("tfplugin6::{},\n", rust_path(message))).concat();
    let folder = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(Path::new(&folder).join("opaque.rs"), format!("opaque! {{\n{types}}}\n"))
}

/// The path of a message in prost's code: `ReadResource.Request` is `read_resource::Request`.
fn rust_path(message: &str) -> String {
    let Some((outer, inner)) = message.split_once('.') else { return message.to_owned() };
    let module: String = outer.char_indices().fold(String::new(), |mut module, (position, letter)| {
        if position > 0 && letter.is_ascii_uppercase() {
            module.push('_');
        }
        module.push(letter.to_ascii_lowercase());
        module
    });
    format!("{module}::{inner}")
}

// These messages contain values, state or private data, and so possibly secrets. `src/proto.rs` implements their Debug,
// which shows nothing.
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
