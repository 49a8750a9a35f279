//! How many exchanges there were, and how they ended.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::refusal::Refusal;

/// Counts since the start or the last reset.
#[derive(Default, Serialize)]
pub(crate) struct Counters {
    /// Requests that reached a token endpoint, however they ended.
    exchanges: u64,
    granted: u64,
    refused: u64,
    /// Answers that came from an injected fault instead.
    faults: u64,
    refused_by_error: BTreeMap<&'static str, u64>,
    /// By registered client id; requests that name no registered client are in none.
    clients: BTreeMap<String, ClientCounters>,
}

#[derive(Default, Serialize)]
struct ClientCounters {
    granted: u64,
    refused: u64,
}

impl Counters {
    /// A request reached a token endpoint.
    pub(crate) fn count_exchange(&mut self) {
        self.exchanges += 1;
    }

    /// An injected fault took the place of the answer.
    pub(crate) fn count_fault(&mut self) {
        self.faults += 1;
    }

    /// A token was handed out to a registered client or, at the access key service, to none.
    pub(crate) fn count_granted(&mut self, client_id: Option<&str>) {
        self.granted += 1;
        if let Some(client_id) = client_id {
            self.clients.entry(client_id.to_owned()).or_default().granted += 1;
        }
    }

    /// A request was refused.
    pub(crate) fn count_refused(&mut self, refusal: &Refusal) {
        self.refused += 1;
        *self.refused_by_error.entry(refusal.error).or_default() += 1;
        if let Some(client_id) = &refusal.client_id {
            self.clients.entry(client_id.clone()).or_default().refused += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_outcome_is_counted_where_it_belongs() {
        let mut counters = Counters::default();
        for _ in 0..4 {
            counters.count_exchange();
        }
        counters.count_granted(Some("a"));
        counters.count_refused(&Refusal::client("").of("a"));
        counters.count_refused(&Refusal::request(""));
        counters.count_fault();
        let expected = json!({
            "exchanges": 4, "granted": 1, "refused": 2, "faults": 1,
            "refused_by_error": { "invalid_client": 1, "invalid_request": 1 },
            "clients": { "a": { "granted": 1, "refused": 1 } },
        });
        assert_eq!(serde_json::to_value(&counters).unwrap(), expected);
    }
}
