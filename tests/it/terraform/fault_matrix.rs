//! The table of failures through the real core.
//!
//! With every row, the provider must end within the configured limits, send exactly the scripted number of requests,
//! show no control character and no backtrace, and leave no secret anywhere. A group of rows is one plan with a
//! provider configuration for each row.

use std::time::Duration;

use super::{SECRET, TOKEN};
use crate::failures::{Outcome, Row, Stage, groups};
use testkit::run::Run;
use testkit::workspace::Workspace;

#[tokio::test]
async fn every_row_ends_in_a_token_or_in_one_error_that_explains() {
    let mut problems = Vec::new();
    for (group, rows) in groups() {
        problems.extend(check(rows).await.into_iter().map(|problem| format!("{group}: {problem}")));
    }
    assert!(problems.is_empty(), "{} problems:\n\n{}", problems.len(), problems.join("\n"));
}

async fn check(rows: Vec<Row>) -> Vec<String> {
    let mut stages = Vec::new();
    for row in &rows {
        stages.push(row.stage().await);
    }
    let mut workspace = Workspace::for_any_core();
    workspace.canary("client secret", SECRET);
    workspace.canary("access token", TOKEN);
    for canary in rows.iter().flat_map(|row| &row.canaries) {
        workspace.canary("secret of a row", canary);
    }
    workspace.env("CXONE_CLIENT_SECRET", SECRET);
    let blocks = rows.iter().zip(&stages).enumerate();
    workspace.write(&blocks.map(|(index, (row, stage))| block(index, row, stage)).collect::<String>());
    let (workspace, run) = tokio::task::spawn_blocking(move || {
        let run = workspace.run(&["plan", "-json", "-parallelism=8"]);
        (workspace, run)
    })
    .await
    .unwrap();
    let mut problems = form_problems(&run);
    let longest = rows.iter().map(Row::longest).sum::<Duration>() + CORE_LIMIT;
    if run.elapsed > longest {
        problems.push(format!("took longer than {longest:?}: {:?}", run.elapsed));
    }
    for (index, (row, stage)) in rows.iter().zip(&stages).enumerate() {
        let found = [outcome_problems(index, row, &run), row.request_problems(stage)].concat();
        problems.extend(found.iter().map(|problem| format!("{}: {problem}", row.name)));
    }
    workspace.finish();
    problems
}

fn block(index: usize, row: &Row, stage: &Stage) -> String {
    let condition = match row.outcome {
        Outcome::Recovered(holds) => holds,
        Outcome::Failed(..) => "self.id != null",
    };
    format!(
        r#"
        provider "cxone" {{
          alias       = "row{index}"
          client_id   = "matrix"
          scope_drift = "ignore"
          {}
        }}
        data "cxone_token_info" "row{index}" {{
          provider = cxone.row{index}
          lifecycle {{
            postcondition {{
              condition     = {condition}
              error_message = "The row's condition does not hold."
            }}
          }}
        }}
        "#,
        stage.hcl()
    )
}

fn outcome_problems(index: usize, row: &Row, run: &Run) -> Vec<String> {
    let address = format!(".row{index}");
    let errors: Vec<_> = run.errors().filter(|error| error.address.ends_with(&address)).collect();
    match (row.outcome, errors.as_slice()) {
        (Outcome::Recovered(_), []) => Vec::new(),
        (Outcome::Recovered(_), [error, ..]) => vec![format!("no token came: {}", error.text())],
        (Outcome::Failed(_, facts), [error]) => {
            let text = error.text();
            let missing: Vec<_> = facts.iter().filter(|fact| !text.contains(**fact)).collect();
            if missing.is_empty() { Vec::new() } else { vec![format!("not said: {missing:?} in {text}")] }
        }
        (Outcome::Failed(..), errors) => vec![format!("{} errors where one was expected", errors.len())],
    }
}

fn form_problems(run: &Run) -> Vec<String> {
    let mut problems = Vec::new();
    for diagnostic in &run.diagnostics {
        let shown = format!("{}{}", diagnostic.summary, diagnostic.detail);
        if shown.chars().any(|character| character.is_control() && character != '\n') {
            problems.push(format!("control characters in {shown:?}"));
        }
        if shown.contains("backtrace") {
            problems.push("a backtrace in a diagnostic".to_owned());
        }
    }
    problems
}

/// What the core, its starts of the provider and a busy machine may add.
const CORE_LIMIT: Duration = Duration::from_secs(20);
