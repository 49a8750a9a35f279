//! Pointing cores at a process that a developer started.

use serde_json::json;

use super::handshake::PROTOCOL_VERSION;
use super::listener::Address;

/// The text for the developer: a line to paste into a shell, with an entry for either core's default registry,
/// since a bare source means a different one to each.
pub(crate) fn instructions(source: &str, address: &Address, process_id: u32) -> String {
    let entry = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": process_id,
        // Without it, Terraform 1.11 crashes, and every core would end the process after one command.
        "Test": true,
        "Addr": { "Network": address.network(), "String": address.to_string() },
    });
    let providers: serde_json::Map<_, _> =
        REGISTRIES.iter().map(|registry| (format!("{registry}/{source}"), entry.clone())).collect();
    let providers = serde_json::Value::Object(providers);
    format!(
        "Provider started. To use it, set this variable in the shell that runs Terraform or OpenTofu:\n\n\
         \tTF_REATTACH_PROVIDERS='{providers}'\n\n\
         It serves until it is interrupted.\n"
    )
}

const REGISTRIES: [&str; 2] = ["registry.opentofu.org", "registry.terraform.io"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_cores_find_their_entry() {
        let address = Address::Tcp("127.0.0.1:4711".parse().unwrap());
        let text = instructions("example/cloud", &address, 42);
        let line = text.lines().find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS='")).unwrap();
        let parsed: serde_json::Value = serde_json::from_str(line.strip_suffix('\'').unwrap()).unwrap();
        let entry = json!({
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 42, "Test": true,
            "Addr": {"Network": "tcp", "String": "127.0.0.1:4711"},
        });
        let expected =
            json!({"registry.opentofu.org/example/cloud": entry, "registry.terraform.io/example/cloud": entry});
        assert_eq!(parsed, expected);
    }
}
