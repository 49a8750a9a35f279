//! The example provider with a real core.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::core::Core;
use testkit::process;

use crate::example;

/// A failed postcondition of the ephemeral resource fails the run: its value appears nowhere else.
const MODULE: &str = r#"
terraform {
  required_providers {
    hello = { source = "example/hello" }
  }
}

data "hello_greeting" "world" {
  name = "World"
}

ephemeral "hello_pass" "door" {
  lifecycle {
    postcondition {
      condition     = self.word == "sesame"
      error_message = "another word"
    }
  }
}

output "said" {
  value = provider::hello::shout(data.hello_greeting.world.text)
}
"#;

#[test]
fn a_core_uses_every_object_of_the_example() {
    testkit::needs!(ephemerals);
    let core = Core::find();
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["plugins", "module", "tmp"] {
        fs::create_dir(path(name)).unwrap();
    }
    let provider = path("plugins/terraform-provider-hello");
    fs::copy(example("hello"), &provider).unwrap();
    fs::write(path("module/main.tf"), MODULE).unwrap();
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"example/hello\" = {:?}\n  }}\n  direct {{}}\n}}\n",
        path("plugins")
    );
    fs::write(path("cli.tfrc"), overrides).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&core.path);
        command.args(arguments).current_dir(path("module")).env_clear().env("CHECKPOINT_DISABLE", "1");
        let output = command.env("TMPDIR", path("tmp")).env("TF_CLI_CONFIG_FILE", path("cli.tfrc")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
        text
    };

    run(&["apply", "-auto-approve", "-no-color"]);

    let outputs: Value = serde_json::from_str(&run(&["output", "-json"])).unwrap();
    assert_eq!(outputs["said"]["value"], json!("HELLO, WORLD!"));
    testkit::deadline::eventually(Duration::from_secs(5), "the last provider ends", || {
        process::running(&provider).is_empty()
    });
    assert_eq!(fs::read_dir(path("tmp")).unwrap().count(), 0, "a socket is left behind");
}
