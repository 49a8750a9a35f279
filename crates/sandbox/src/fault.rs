//! Injected faults: other responses of the token endpoints, or delays before them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// One kind of fault, and its number of repetitions.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default = "once")]
    count: u32,
    /// The status of the response; `None` for the normal response.
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Text unchanged, or any other JSON value in compact form.
    #[serde(default)]
    body: Value,
    /// A wait before the response.
    #[serde(default)]
    delay_ms: u64,
    /// Closes the connection without a response.
    #[serde(default)]
    close: bool,
}

/// The remaining faults, in order.
#[derive(Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Fault {
    /// Parses one fault or a list of them.
    ///
    /// # Errors
    /// A description of the mistake.
    pub(crate) fn try_list(json: &[u8]) -> Result<Vec<Self>, String> {
        let value: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        let faults: Result<Vec<Self>, _> = values.into_iter().map(serde_json::from_value).collect();
        let faults = faults.map_err(|error| error.to_string())?;
        match faults.iter().find_map(Self::mistake) {
            Some(mistake) => Err(mistake.to_owned()),
            None => Ok(faults),
        }
    }

    /// The wait before anything else.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    /// Whether to close the connection without a response.
    pub(crate) fn closes(&self) -> bool {
        self.close
    }

    /// The status of the response; `None` for the normal response.
    pub(crate) fn status(&self) -> Option<u16> {
        self.status
    }

    /// Headers of the response.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Body of the response.
    pub(crate) fn body(&self) -> String {
        match &self.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    fn mistake(&self) -> Option<&'static str> {
        if self.delay() > LONGEST_DELAY {
            return Some("delay_ms is more than ten minutes");
        }
        let status_is_possible = self.status.is_none_or(|status| (200..=599).contains(&status));
        if status_is_possible { None } else { Some("status must be between 200 and 599") }
    }
}

impl Faults {
    /// Replaces the remaining faults.
    pub(crate) fn replace(&mut self, faults: Vec<Fault>) {
        self.0 = faults.into_iter().filter(|fault| fault.count > 0).collect();
    }

    /// The fault of the next response.
    pub(crate) fn take(&mut self) -> Option<Fault> {
        let fault = self.0.front_mut()?;
        fault.count -= 1;
        if fault.count > 0 { Some(fault.clone()) } else { self.0.pop_front() }
    }
}

fn once() -> u32 {
    1
}

// Longer than any time limit under test. A forgotten fault must not hold a connection for ever.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_happen_in_order_and_run_out() {
        let mut faults = Faults::default();
        faults.replace(Fault::try_list(br#"[{"count":2,"status":503},{"count":0},{"close":true}]"#).unwrap());
        let statuses: Vec<_> =
            std::iter::from_fn(|| faults.take()).map(|fault| (fault.status(), fault.closes())).collect();
        assert_eq!(statuses, [(Some(503), false), (Some(503), false), (None, true)]);
    }

    #[test]
    fn bodies_are_text_or_json() {
        let bodies = Fault::try_list(br#"[{"body":"<html>"},{"body":{"error":"x"}},{}]"#).unwrap();
        assert_eq!(bodies.iter().map(Fault::body).collect::<Vec<_>>(), ["<html>", r#"{"error":"x"}"#, ""]);
    }

    #[test]
    fn impossible_faults_are_refused() {
        for json in ["{", "1", r#"{"status":99}"#, r#"{"status":600}"#, r#"{"delay_ms":600001}"#, r#"{"stauts":503}"#] {
            assert!(Fault::try_list(json.as_bytes()).is_err(), "{json}");
        }
    }
}
