//! The documentation and the examples against the provider itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use terraform_provider_cxone::diagnosis::render_troubleshooting;

use testkit::core::Core;
use testkit::leak_check::files_below;
use testkit::run::Run;
use testkit::sandbox::Sandbox;
use testkit::skip;
use testkit::workspace::Workspace;

/// `cargo xtask docs --check` compares whole pages; this one needs no Go.
#[test]
fn every_page_has_what_the_schema_says() {
    testkit::needs!(ephemerals);
    let mut workspace = Workspace::new();
    let document = workspace.run(&["providers", "schema", "-json"]).expect_success().json();
    let schemas = document["provider_schemas"].as_object().unwrap();
    let (_, schema) = schemas.iter().find(|(address, _)| address.ends_with("/cxone-tools/cxone")).unwrap();
    let mut expected = vec![("index.md".to_owned(), sentences(&schema["provider"]["block"]))];
    for (kind, objects) in [
        ("ephemeral-resources", "ephemeral_resource_schemas"),
        ("data-sources", "data_source_schemas"),
        ("resources", "resource_schemas"),
        ("functions", "functions"),
    ] {
        for (name, object) in schema[objects].as_object().unwrap() {
            let content = if kind == "functions" { object } else { &object["block"] };
            expected.push((format!("{kind}/{}.md", name.trim_start_matches("cxone_")), sentences(content)));
        }
    }
    let docs = root().join("docs");
    for (page, sentences) in &expected {
        let text = fs::read_to_string(docs.join(page)).unwrap_or_else(|_| panic!("docs/{page}: {STALE}"));
        for sentence in sentences {
            assert!(text.contains(sentence), "docs/{page} lacks: {sentence}\n{STALE}");
        }
    }
    let pages = files_below(&docs);
    let kept =
        |path: &&PathBuf| path.extension().is_some_and(|it| it == "md") && !path.starts_with(docs.join("guides"));
    assert_eq!(pages.iter().filter(kept).count(), expected.len(), "a page is about nothing: {STALE}");
    workspace.finish();
}

/// What a page has to say about an object or a function: each of its descriptions, with the name where it has one.
fn sentences(content: &Value) -> Vec<String> {
    let description = |of: &Value| of["description"].as_str().unwrap().to_owned();
    let attributes = content["attributes"].as_object().into_iter().flatten();
    let attributes = attributes.map(|(name, attribute)| (name.as_str(), description(attribute)));
    let parameters = content["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| (parameter["name"].as_str().unwrap(), description(parameter)));
    let named = attributes.chain(parameters).flat_map(|(name, text)| [format!("`{name}` ("), text]);
    named.chain([description(content)]).collect()
}

#[test]
fn the_guide_through_every_error_is_what_the_table_of_errors_renders() {
    let path = root().join("docs/guides/troubleshooting.md");
    let rendered = render_troubleshooting();
    if std::env::var_os("CXONE_WRITE_DOCS").is_some() {
        fs::write(&path, &rendered).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == rendered, "{}: {STALE}", path.display());
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let pages = files_below(&root().join("docs"));
    let pages = pages.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let readme = root().join("README.md");
    let mut checked = 0;
    for page in pages.chain([&readme]) {
        let text = fs::read_to_string(page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if !file.contains("://") {
                let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
                assert!(file.exists(), "{} links to {target}", page.display());
                assert!(anchor.is_empty() || has_anchor(&file, anchor), "{} links to {target}", page.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "only {checked} links were found");
}

/// Whether a page has a heading or a mark of this name, as the registries and code hosts spell it.
fn has_anchor(page: &Path, anchor: &str) -> bool {
    let text = fs::read_to_string(page).unwrap();
    let spelled = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        kept.chars().filter(|it| it.is_alphanumeric() || matches!(it, '-' | '_')).collect::<String>()
    };
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| spelled(line) == anchor) || text.contains(&format!("<a id=\"{anchor}\">"))
}

#[test]
fn every_example_is_validated_and_applied_and_planned_without_changes_where_it_can_run() {
    let core = Core::find();
    let sandbox = Sandbox::start(&[client()]);
    let mut applied = 0;
    for (folder, files) in examples() {
        let source: String = files.iter().filter(|(name, _)| is_source(name)).map(|(_, text)| text.as_str()).collect();
        if let Some(reason) = too_new(&source, core) {
            skip::part(&reason);
            continue;
        }
        let mut workspace = workspace(&sandbox);
        for (name, text) in &files {
            workspace.write_file(name, text);
        }
        if source.contains("required_providers") {
            workspace.write_file("versions.tf", "");
        } else {
            workspace.write_file("versions.tf", VERSIONS);
        }
        expect_zero(&folder, workspace.run(&["fmt", "-check", "-diff"]));
        if let Some(provider) = absent_provider(&source) {
            skip::because(&format!("examples/{folder} is parsed, not validated: {provider} is in no mirror here"));
            workspace.finish();
            continue;
        }
        expect_zero(&folder, workspace.run(&["init"]));
        expect_zero(&folder, workspace.validate());
        if reaches_the_sandbox(&source) {
            // Even an example without resources: its outputs must not change from plan to plan.
            expect_zero(&folder, workspace.apply());
            expect_zero(&folder, workspace.plan_with(&["-detailed-exitcode"]));
            if source.contains("\nresource \"") {
                expect_zero(&folder, workspace.run(&["destroy", "-auto-approve", "-no-color"]));
            }
            applied += 1;
        }
        workspace.finish();
    }
    let least = if core.has_ephemerals() { 8 } else { 3 };
    assert!(applied >= least, "only {applied} examples were applied");
}

#[test]
fn the_example_of_tests_passes_with_mocks_and_against_the_sandbox() {
    testkit::needs!(mocks);
    let sandbox = Sandbox::start(&[client()]);
    let mut workspace = workspace(&sandbox);
    for (name, text) in read_folder(&root().join("examples/testing")) {
        workspace.write_file(&name, &text);
    }
    workspace.write_file("versions.tf", "");
    expect_zero("testing", workspace.run(&["init"]));
    let run = expect_zero("testing", workspace.run(&["test", "-no-color"]));
    assert!(run.stdout.contains("3 passed, 0 failed"), "{}", run.stdout);
    assert!(sandbox.exchanges() > 0, "one of the runs requests a token from the sandbox");
    workspace.finish();
}

#[test]
fn the_guide_to_drift_shows_the_examples() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let guide = read("docs/guides/scope-drift.md");
    for (section, example) in [
        ("Keep a baseline", "scope-drift"),
        ("Watch a role", "role-drift"),
        ("Note it in the output", "scope-gate"),
        ("Make it a condition of use", "scope-gate"),
    ] {
        let (_, text) = guide.split_once(&format!("## {section}\n")).unwrap();
        let (_, text) = text.split_once("```terraform\n").unwrap();
        let (shown, _) = text.split_once("```").unwrap();
        let source = read(&format!("examples/{example}/main.tf"));
        for block in shown.trim_end().split("\n\n") {
            assert!(source.contains(block), "examples/{example} and `{section}` differ: {block}");
        }
    }
}

/// What the real restapi provider needs, as its stand-in knows it.
#[test]
fn the_example_for_restapi_says_no_more_than_that_provider_needs() {
    testkit::needs!(ephemerals);
    let sandbox = Sandbox::start(&[client()]);
    let example = fs::read_to_string(root().join("examples/rest-api/main.tf")).unwrap();
    for (line, applies) in [("  write_returns_object = true\n", false), ("  ignore_server_additions = true\n", true)] {
        assert!(example.contains(line), "examples/rest-api no longer holds {line}");
        let mut workspace = workspace(&sandbox);
        workspace.write_file("main.tf", &example.replace(line, ""));
        workspace.write_file("versions.tf", "");
        expect_zero("rest-api", workspace.run(&["init"]));
        assert_eq!(workspace.apply().exit_code, Some(i32::from(!applies)), "without {line}");
        assert_eq!(workspace.plan_with(&["-detailed-exitcode"]).exit_code, Some(2), "without {line}");
        workspace.finish();
    }
}

/// Files of every example by its folder below `examples/`: each folder that holds Terraform files, with what is below.
fn examples() -> BTreeMap<String, Vec<(String, String)>> {
    let examples = root().join("examples");
    let folders: BTreeSet<PathBuf> = files_below(&examples)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .map(|path| path.parent().unwrap().to_owned())
        .collect();
    let name = |folder: &Path| folder.strip_prefix(&examples).unwrap().display().to_string();
    let all: BTreeMap<_, _> = folders.iter().map(|folder| (name(folder), read_folder(folder))).collect();
    assert!(all.len() >= 9, "only {} examples were found", all.len());
    all
}

fn read_folder(folder: &Path) -> Vec<(String, String)> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
    files_below(folder).iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn is_source(name: &str) -> bool {
    name.ends_with(".tf") || name.ends_with(".hcl")
}

/// Why this core cannot run the example; `None` when it can.
fn too_new(source: &str, core: &Core) -> Option<String> {
    let needs = [
        (
            (source.contains("ephemeral \"") || source.contains("ephemeral = true")) && !core.has_ephemerals(),
            "ephemeral resources",
        ),
        (source.contains("provider::cxone::") && !core.has_functions(), "functions"),
        (
            source.contains("parse_auth_config(") && !core.has_functions_for_their_provider(),
            "functions that configure their own provider",
        ),
        (source.contains("mock_provider \"") && !core.has_mocks(), "mocks"),
    ];
    needs.into_iter().find(|(lacks, _)| *lacks).map(|(_, what)| format!("{core} has no {what}"))
}

/// A provider of the example that the mirror does not have: its syntax alone can be checked.
fn absent_provider(source: &str) -> Option<&'static str> {
    ["hashicorp/http", "hashicorp/vault", "magodo/restful"]
        .into_iter()
        .find(|name| source.contains(&format!("source = \"{name}\"")))
}

/// Whether the example takes its address from the environment, which the test sets to the sandbox.
fn reaches_the_sandbox(source: &str) -> bool {
    !["token_url", "issuer ", "region ", "grant_type", "http_proxy", "auth_file "]
        .iter()
        .any(|argument| source.contains(argument))
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.use_mirror(env!("CARGO_PKG_VERSION"));
    let variables = [
        ("CXONE_TOKEN_URL", sandbox.token_url()),
        ("CXONE_CLIENT_ID", "examples"),
        ("CXONE_CLIENT_SECRET", SECRET),
        ("TF_VAR_client_id", "examples"),
        ("TF_VAR_client_secret", SECRET),
        ("TF_VAR_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkifQ."),
    ];
    for (name, value) in variables {
        workspace.env(name, value);
    }
    workspace
}

fn client() -> serde_json::Value {
    // The role that examples/resources/cxone_scope_baseline declares.
    let role = json!({ "id": "11e70000-0a1e-b0c5-0000-0242ac110002", "secondaryRoles": [] });
    json!({
        "client_id": "examples", "client_secret": SECRET, "scopes": ["cxone:api", "cxone:reports"],
        "claims": { "role": role },
    })
}

#[track_caller]
fn expect_zero(example: &str, run: Run) -> Run {
    assert_eq!(run.exit_code, Some(0), "examples/{example}: {run}\n{}", run.stdout);
    run
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

const SECRET: &str = "Zp4Yk9Tr-canary-client-secret-3Lw6Hd1Qs";

const STALE: &str = "the page is stale: run `cargo xtask docs` and commit what changed";

const VERSIONS: &str = r#"
terraform {
  required_providers {
    cxone   = { source = "cxone-tools/cxone" }
    restapi = { source = "mastercard/restapi" }
  }
}
"#;
