//! The one table of failures: the behaviour of a token service, or of something in front of it, and the right reaction.
//!
//! Every row runs through the real core (`terraform/fault_matrix.rs`), and every row without a token also through
//! doctor (`doctor/verdicts.rs`). A new case is a new row.

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
