//! The leak check itself: it must find planted canaries.

use std::fs;
use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use testkit::canary::{Canary, Scanner};
use testkit::leak_check::LeakCheck;

/// A secret that every encoding changes.
const SECRET: &str = "Qx7?Vd2>Lm/canary-client-secret+8Rk%4T:z9&W=<p\"e\\é~";

fn scanner() -> Scanner {
    Scanner::new(&[Canary::new("client secret", SECRET)])
}

#[track_caller]
fn assert_found(case: &str, form: &str, text: impl AsRef<[u8]>) {
    let sightings = scanner().scan(text.as_ref());
    let found = sightings.iter().any(|sighting| sighting.canary == "client secret" && sighting.form.starts_with(form));
    assert!(found, "{case}: {form} is not among {sightings:?}");
}

#[test]
fn a_secret_is_found_in_every_form() {
    let json_text = json!({ "secret": SECRET }).to_string();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("client_secret", SECRET).finish();
    let percent = url::Url::parse_with_params("https://host/", [("secret", SECRET)]).unwrap().to_string();
    let lower_case = percent_in_lower_case(SECRET);
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let cases = [
        ("clear", "clear", format!("secret={SECRET};")),
        ("JSON", "JSON", json_text.clone()),
        ("JSON in JSON", "JSON in JSON", json!({ "line": json_text }).to_string()),
        (
            "JSON as Go writes it",
            "JSON as Go writes it",
            json_text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        ),
        ("Rust's Debug", "JSON", format!("{SECRET:?}")),
        ("Rust's Debug of bytes", "list of bytes", format!("{:?}", SECRET.as_bytes())),
        ("byte string", "escaped bytes", SECRET.as_bytes().escape_ascii().to_string()),
        ("form body", "form-encoded", query),
        ("query", "form-encoded", percent),
        ("percent-encoded", "percent-encoded in lower case", lower_case),
        ("hex", "hex", hex.clone()),
        ("hex in upper case", "hex in upper case", hex.to_uppercase()),
        ("upper case", "in upper case", SECRET.to_uppercase()),
        ("lower case", "in lower case", SECRET.to_lowercase()),
        ("entities", "numeric entities", SECRET.chars().map(|it| format!("&#{};", it as u32)).collect()),
        (
            "entities in hex",
            "numeric entities in hex",
            SECRET.chars().map(|it| format!("&#x{:x};", it as u32)).collect(),
        ),
        ("first part only", "first half", SECRET[..SECRET.len() / 2 + 1].to_owned()),
        ("last part only", "second half", SECRET[SECRET.len() / 2 - 1..].to_owned()),
    ];
    for (case, form, text) in cases {
        assert_found(case, form, text);
    }
}

#[test]
fn a_secret_is_found_in_base64_at_every_alignment() {
    for before in ["", "i", "id", "id:", "client:"] {
        for after in ["", "x", "xy", "xyz"] {
            let data = format!("{before}{SECRET}{after}");
            let case = format!("between {before:?} and {after:?}");
            assert_found(&case, "base64", STANDARD.encode(&data));
            assert_found(&case, "base64", STANDARD_NO_PAD.encode(&data));
            assert_found(&case, "base64", URL_SAFE.encode(&data));
            assert_found(&case, "base64", format!("Authorization: Basic {}\r\n", URL_SAFE_NO_PAD.encode(&data)));
        }
    }
}

#[test]
fn other_text_is_not_taken_for_a_secret() {
    let other = SECRET.replace('7', "8").replace('4', "5");
    for text in [other.clone(), STANDARD.encode(&other), "canary".to_owned(), String::new(), "abc".to_owned()] {
        assert_eq!(scanner().scan(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn a_secret_is_found_in_files_and_in_packed_plans() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(folder.path().join("deep/crash.log"), format!("panic: {SECRET}")).unwrap();
    let plan = zip(&[("tfplan", SECRET), ("tfstate", "{}"), ("tfconfig/m-/main.tf", SECRET)]);
    fs::write(folder.path().join("plan.tfplan"), plan).unwrap();
    fs::write(folder.path().join("skipped"), SECRET).unwrap();

    let mut check = LeakCheck::new(scanner());
    check.folder(folder.path(), &|path| path.ends_with("skipped"));

    let places: Vec<_> = check.leaks().iter().map(|leak| leak.place.as_str()).collect();
    assert!(places.iter().any(|place| place.ends_with("crash.log")), "{places:?}");
    assert!(places.iter().any(|place| place.ends_with("plan.tfplan: tfplan")), "{places:?}");
    assert!(!places.iter().any(|place| place.contains("tfconfig") || place.contains("skipped")), "{places:?}");
}

#[test]
fn only_the_promised_attributes_of_data_sources_may_hold_a_secret() {
    let state = |kind: &str, attribute: &str| {
        json!({ "resources": [{
            "mode": "data", "type": kind, "name": "this",
            "instances": [{ "attributes": { attribute: SECRET, "id": "x" } }],
        }]})
        .to_string()
    };
    let shown = |kind: &str, attribute: &str| {
        json!({ "prior_state": { "values": { "root_module": { "resources": [{
            "mode": "data", "type": kind, "values": { attribute: SECRET },
        }]}}}})
        .to_string()
    };
    for document in [state, shown] {
        assert_eq!(leaks_in(&document("cxone_access_token", "access_token")), 0);
        assert_eq!(leaks_in(&document("cxone_access_token", "authorization_header")), 0);
        assert_ne!(leaks_in(&document("cxone_access_token", "token_type")), 0);
        assert_eq!(leaks_in(&document("cxone_token_info", "claims_json")), 0);
        assert_ne!(leaks_in(&document("cxone_token_info", "access_token")), 0);
    }
    let managed = state("cxone_access_token", "access_token").replace("\"data\"", "\"managed\"");
    assert_ne!(leaks_in(&managed), 0);
}

#[test]
fn a_shown_plan_repeats_the_users_own_files_and_nothing_else_may() {
    let plan =
        |place: &str| json!({ "format_version": "1.2", "planned_values": {}, place: { "x": SECRET } }).to_string();
    assert_eq!(leaks_in(&plan("configuration")), 0);
    assert_ne!(leaks_in(&plan("variables")), 0);
    assert_ne!(leaks_in(&json!({ "configuration": SECRET }).to_string()), 0);
}

fn leaks_in(text: &str) -> usize {
    let mut check = LeakCheck::new(scanner());
    check.file("state", text.as_bytes());
    check.leaks().len()
}

fn percent_in_lower_case(text: &str) -> String {
    let spell = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    text.bytes().map(spell).collect()
}

/// A zip archive as Go's writer makes one, as a stream: sizes only behind each file and in the central directory.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new_stream(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner().into_inner()
}
