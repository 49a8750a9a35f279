//! A release archive in a core: from a packed mirror, with a lock file.

use std::fs;
use std::path::Path;

use serde_json::json;
use xtask::release;
use xtask::release::Names;

use testkit::core::Core;
use testkit::sandbox::Sandbox;
use testkit::workspace::{PLATFORM, Workspace};

#[test]
fn an_archive_is_installed_locked_and_refused_when_it_changes() {
    let sandbox = Sandbox::start(&[json!({ "client_id": "release", "client_secret": SECRET, "scopes": ["a"] })]);
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.env("CXONE_TOKEN_URL", sandbox.token_url());
    workspace.env("CXONE_CLIENT_ID", "release");
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    let folder = tempfile::tempdir().unwrap();
    let program = fs::read(env!("CARGO_BIN_EXE_terraform-provider-cxone")).unwrap();
    pack(folder.path(), &program);
    workspace.use_mirror_at(folder.path());
    workspace.write_file("versions.tf", VERSIONS);
    workspace.write("data \"cxone_token_info\" \"this\" {}");

    let init = workspace.run(&["init"]);
    assert_eq!(init.exit_code, Some(0), "{init}");
    let lock = workspace.read_file(".terraform.lock.hcl");
    let source = format!("{}/cxone-tools/cxone", Core::find().registry());
    for part in [&format!("provider \"{source}\""), "version     = \"0.1.0\"", "\"h1:"] {
        assert!(lock.contains(part), "{part} is not in the lock file: {lock}");
    }
    workspace.run(&["plan", "-json"]).expect_success();
    assert_eq!(sandbox.exchanges(), 1);

    pack(folder.path(), b"another program");
    workspace.remove_folder(".terraform");
    let refused = workspace.run(&["init"]);
    assert_eq!(refused.exit_code, Some(1), "{refused}");
    let told = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("checksum"), "{told}");
    workspace.finish();
}

/// Packs `program` where a core looks for it in a mirror of archives.
fn pack(mirror: &Path, program: &[u8]) {
    let names = Names { version: "0.1.0" };
    let folder = mirror.join(Core::find().registry()).join("cxone-tools/cxone");
    fs::create_dir_all(&folder).unwrap();
    let archive = release::archive(&names, PLATFORM, program, b"licence").unwrap();
    fs::write(folder.join(names.archive(PLATFORM)), archive).unwrap();
}

const SECRET: &str = "Fj2Ws7Kc-canary-client-secret-9Np5Ta3Rb";

const VERSIONS: &str = r#"
terraform {
  required_providers {
    cxone = {
      source  = "cxone-tools/cxone"
      version = "0.1.0"
    }
  }
}
"#;
