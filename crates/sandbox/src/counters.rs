//! The number of exchanges and their outcomes.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::refusal::Refusal;

/// Counts since the start or the last reset.
#[derive(Default, Serialize)]
pub(crate) struct Counters {
    /// Requests to a token endpoint, with any outcome.
    exchanges: u64,
    granted: u64,
    refused: u64,
    /// Responses of an injected fault.
    faults: u64,
    refused_by_error: BTreeMap<&'static str, u64>,
    /// By registered client id. Requests without a registered client are not counted here.
    clients: BTreeMap<String, ClientCounters>,
}

#[derive(Default, Serialize)]
struct ClientCounters {
    granted: u64,
    refused: u64,
}

impl Counters {
    /// Counts a request to a token endpoint.
    pub(crate) fn count_exchange(&mut self) {
        self.exchanges += 1;
    }

    /// Counts an injected fault.
    pub(crate) fn count_fault(&mut self) {
        self.faults += 1;
    }

    /// Counts a token for a registered client, or for none at the access key service.
    pub(crate) fn count_granted(&mut self, client_id: Option<&str>) {
        self.granted += 1;
        if let Some(client_id) = client_id {
            self.clients.entry(client_id.to_owned()).or_default().granted += 1;
        }
    }

    /// Counts a rejection.
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
