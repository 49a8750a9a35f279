//! The table of causes, by subject.

pub(super) mod address;
pub(super) mod credentials;
pub(super) mod network;
pub(super) mod request;
pub(super) mod response;
pub(super) mod service;
pub(super) mod tls;

use crate::diagnosis::cause::Rank;
use crate::diagnosis::evidence::Evidence;
use crate::diagnosis::words::Topic;

/// Evidence of `rank` if `holds`.
fn given(holds: bool, rank: Rank) -> Option<Rank> {
    holds.then_some(rank)
}

/// Evidence if the server's words mention `topic`.
fn says(evidence: &Evidence, topic: Topic) -> Option<Rank> {
    given(evidence.topic() == Some(topic), Rank::Words)
}
