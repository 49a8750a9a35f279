//! The fault matrix: what a server may do to us, and the one thing that must come of it.
//!
//! Each row is a plan of its own through the real core. Whatever the row, its run must end within the limits that were
//! configured, ask exactly as often as the script says, show no control character and no backtrace, and leave no
//! secret anywhere. A new case is a new row.

mod answers;
mod connections;
mod row;
mod statuses;
mod tokens;

use row::Row;

async fn check(rows: Vec<Row>) {
    let mut problems = Vec::new();
    for row in rows {
        problems.extend(row.check().await);
    }
    assert!(problems.is_empty(), "{} problems:\n\n{}", problems.len(), problems.join("\n"));
}
