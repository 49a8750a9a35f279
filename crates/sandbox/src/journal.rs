//! The received requests, oldest first.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::masking;
use crate::received::Received;

/// A bounded record of requests.
#[derive(Default, Serialize)]
pub(crate) struct Journal {
    requests: VecDeque<Entry>,
    /// The number of older requests that were removed.
    dropped: u64,
    #[serde(skip)]
    last: u64,
}

/// One request in its public form. No `Debug`: with `--record-secrets` it contains credentials.
#[derive(Serialize)]
pub(crate) struct Entry {
    /// Counts from 1. The response's `x-request-id` contains the same number.
    sequence: u64,
    method: String,
    path: String,
    query: Option<String>,
    /// Names in lower case. A repeated header has several values.
    headers: BTreeMap<String, Vec<String>>,
    body: String,
    /// Status of the response; `None` before it, or if the connection ended without one.
    status: Option<u16>,
}

impl Journal {
    /// Records a request and returns its number.
    pub(crate) fn record(&mut self, request: &Received, show_secrets: bool) -> u64 {
        self.last += 1;
        if self.requests.len() == CAPACITY {
            self.requests.pop_front();
            self.dropped += 1;
        }
        self.requests.push_back(Entry::new(self.last, request, show_secrets));
        self.last
    }

    /// Stores the status of a request's response.
    pub(crate) fn note_status(&mut self, sequence: u64, status: u16) {
        if let Some(entry) = self.requests.iter_mut().rev().find(|entry| entry.sequence == sequence) {
            entry.status = Some(status);
        }
    }

    /// Removes all requests. Numbers continue, so that a late response is not stored with a newer request.
    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.dropped = 0;
    }
}

impl Entry {
    fn new(sequence: u64, request: &Received, show_secrets: bool) -> Self {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &request.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = if show_secrets { value.into_owned() } else { masking::header(name, &value) };
            headers.entry(name.as_str().to_owned()).or_default().push(shown);
        }
        let query = request.uri.query();
        let (query, body) = if show_secrets {
            (query.map(str::to_owned), String::from_utf8_lossy(&request.body).into_owned())
        } else {
            (query.map(masking::query), masking::body(request))
        };
        let (method, path) = (request.method.to_string(), request.path().to_owned());
        Self { sequence, method, path, query, headers, body, status: None }
    }
}

// At a kilobyte each, ten megabytes. No test asks more often, and a sandbox that is left alone must not grow.
const CAPACITY: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::received::tests::post;

    #[test]
    fn old_requests_make_room() {
        let mut journal = Journal::default();
        for _ in 0..CAPACITY + 2 {
            journal.record(&post(&[], ""), false);
        }
        assert_eq!((journal.requests.len(), journal.dropped), (CAPACITY, 2));
        assert_eq!(journal.requests.front().map(|entry| entry.sequence), Some(3));
        journal.clear();
        assert_eq!(journal.record(&post(&[], ""), false), CAPACITY as u64 + 3);
    }

    #[test]
    fn secrets_show_only_when_wanted() {
        let request = post(&[("authorization", "Basic canary-header")], "client_secret=canary-body");
        let mut journal = Journal::default();
        journal.record(&request, false);
        assert!(!serde_json::to_string(&journal).unwrap().contains("canary"));
        journal.record(&request, true);
        let shown = serde_json::to_string(&journal).unwrap();
        assert!(shown.contains("Basic canary-header") && shown.contains("client_secret=canary-body"));
    }

    #[test]
    fn the_status_is_noted_at_its_request() {
        let mut journal = Journal::default();
        let first = journal.record(&post(&[], ""), false);
        journal.record(&post(&[], ""), false);
        journal.note_status(first, 401);
        assert_eq!(journal.requests.iter().map(|entry| entry.status).collect::<Vec<_>>(), [Some(401), None]);
    }
}
