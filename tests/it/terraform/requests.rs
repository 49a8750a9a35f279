//! The number of token requests of each command: the table in `docs/index.md`, with the core at hand.

use serde_json::json;

use super::SECRET;
use testkit::core::Core;
use testkit::sandbox::Sandbox;
use testkit::workspace::Workspace;

const PAGE: &str = include_str!("../../../templates/index.md.tmpl");

/// What a module has of the provider, by the column of the table.
const MODULES: [&str; 3] = [
    "resource \"cxone_scope_baseline\" \"this\" {\n  scopes = [\"a\"]\n}",
    "data \"cxone_token_info\" \"this\" {}",
    "ephemeral \"cxone_access_token\" \"this\" {}",
];

#[test]
fn every_command_costs_what_the_page_says() {
    testkit::needs!(ephemerals);
    let sandbox = Sandbox::start(&[json!({ "client_id": "counted", "client_secret": SECRET, "scopes": ["a"] })]);
    let rows: Vec<Vec<_>> = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| Command |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .collect();
    assert_eq!(rows.len(), 8);
    for (column, module) in MODULES.into_iter().enumerate() {
        let mut workspace = Workspace::new();
        workspace.canary("client secret", SECRET);
        // The provider's and the baseline's requests are equal, so one exchange serves both.
        workspace.use_sandbox(&sandbox, "counted", SECRET).env("CXONE_SCOPES", "a").write(module);
        for row in &rows {
            let command: Vec<_> = row[0].trim_matches('`').split(' ').collect();
            let more = match command[0] {
                "plan" => "-out=plan.tfplan",
                "apply" | "destroy" if !command.contains(&"plan.tfplan") => "-auto-approve",
                _ => "-no-color",
            };
            if command == ["apply"] {
                // Otherwise there would be nothing to create.
                workspace.run(&["destroy", "-auto-approve"]).expect_success();
            }
            let before = sandbox.exchanges();
            let words = [&command[..1], &[more], &command[1..]].concat();
            workspace.run(&words).expect_success();
            assert_eq!(sandbox.exchanges() - before, promised(row[column + 1]), "{} with {module}", row[0]);
        }
        workspace.finish();
    }
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The count of a cell such as `2; OpenTofu: 1` for this core.
fn promised(cell: &str) -> u64 {
    let core = Core::find().to_string();
    let mut parts = cell.split("; ");
    let usual = parts.next().unwrap();
    let own = parts.filter_map(|part| part.split_once(": ")).find(|(name, _)| core.starts_with(name));
    own.map_or(usual, |(_, count)| count).parse().unwrap()
}
