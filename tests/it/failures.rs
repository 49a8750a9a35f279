//! The one table of what a token service, or what stands before it, may do to us, and what must come of it.
//!
//! Every row is run through the real core (`terraform/fault_matrix.rs`), and every row in which no token comes through
//! the doctor as well (`doctor/verdicts.rs`). A new case is a new row.

mod bodies;
mod connections;
mod row;
mod statuses;
mod tokens;

pub(crate) use row::{Outcome, Row, Stage};

/// The rows, in groups that are run together.
pub(crate) fn groups() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("verdicts on the client", statuses::verdicts()),
        ("statuses", statuses::statuses()),
        ("redirects", statuses::redirects()),
        ("bodies", bodies::bodies()),
        ("bodies without end", bodies::endless()),
        ("echoes", bodies::echoes()),
        ("broken connections", connections::broken()),
        ("slow servers", connections::slow()),
        ("TLS, names and proxies", connections::before_anything_is_sent()),
        ("lifetimes and types", tokens::lifetimes_and_types()),
        ("odd tokens", tokens::odd_tokens()),
        ("granted scopes", tokens::granted_scopes()),
    ]
}
