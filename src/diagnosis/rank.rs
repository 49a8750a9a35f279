//! The order of causes by evidence, strongest first.

use crate::diagnosis::cause::{Rank, Ranked};
use crate::diagnosis::evidence::Evidence;
use crate::diagnosis::suspicion;

/// The causes with evidence, the strongest first, without repetitions. Never empty.
pub(super) fn rank(evidence: &Evidence) -> Vec<Ranked> {
    let message = evidence.message();
    let suspicions = evidence.clues.suspicions.iter().filter_map(|suspicion| suspicion::judge(suspicion, evidence));
    let table = message.causes.iter().filter_map(|cause| cause.judge(evidence));
    let mut ranked: Vec<Ranked> = suspicions.chain(table).collect();
    // A stable sort: causes of one rank stay in the order of the table, the most frequent first.
    ranked.sort_by_key(|cause| std::cmp::Reverse(cause.rank));
    let mut known = Vec::new();
    ranked.retain(|cause| {
        let is_news = !known.contains(&cause.id);
        known.push(cause.id.clone());
        is_news
    });
    if ranked.first().is_some_and(|first| first.rank == Rank::Decisive) {
        ranked.truncate(1);
    }
    ranked
}
