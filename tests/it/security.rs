//! Every promise in SECURITY.md has a test.

use std::fs;
use std::path::Path;

/// All of the project's Rust code below this folder.
fn code(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => fs::read_to_string(&path).unwrap(),
        _ if path.is_dir() => code(&path),
        _ => String::new(),
    });
    texts.collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let code = ["src", "tests", "crates"].map(|folder| code(&root.join(folder))).concat();
    // Names of tests have more underscores than names of settings and objects.
    let quoted = page.split('`').skip(1).step_by(2);
    let named: Vec<_> = quoted.filter(|name| name.matches('_').count() >= 3 && name.chars().all(is_plain)).collect();
    let settings = ["tls_insecure_skip_verify"];
    let missing: Vec<_> =
        named.iter().filter(|name| !settings.contains(*name) && !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(named.len() >= 25, "{} tests named", named.len());
}

#[test]
fn every_promise_stands_beside_its_tests() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).unwrap();
    let promises = page.split("## What is protected").nth(1).unwrap().split("## What is not protected").next().unwrap();
    let rows = promises.lines().filter(|line| line.starts_with("| ")).filter(|line| !line.starts_with("| promise"));
    let tests: Vec<_> = rows.map(|row| row.trim_end_matches(" |").rsplit(" | ").next().unwrap()).collect();
    assert!(tests.len() >= 20, "{} promises", tests.len());
    for tests in tests {
        let named = tests.split(", ").all(|test| test.trim_matches('`').chars().all(is_plain) && test.len() > 10);
        assert!(named, "no list of tests: {tests}");
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
}
