//! A stand-in CXone in this process, and its control path.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use sandbox::Running;
use serde_json::{Value, json};

/// A running sandbox; ends when dropped.
pub struct Sandbox {
    /// Ends the sandbox on drop.
    _running: Running,
    address: SocketAddr,
    token_url: String,
}

impl Sandbox {
    /// Starts a sandbox that knows `clients`, each an object as in the sandbox's configuration file.
    pub fn start(clients: &[Value]) -> Self {
        Self::start_with(&json!({ "clients": clients }))
    }

    /// Starts a sandbox with this configuration file.
    pub fn start_with(configuration: &Value) -> Self {
        let running = Running::start(&configuration.to_string()).expect("a usable configuration");
        let address = running.address();
        Self { _running: running, address, token_url: format!("http://{address}/oauth/token") }
    }

    /// The token endpoint.
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// The issuer: the address that everything is under.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The regional service that takes an access key alone.
    pub fn access_key_url(&self) -> String {
        format!("{}/authentication/v1/token/access-key", self.issuer())
    }

    /// How many requests for `path` have come, whatever their query.
    pub fn requests_for(&self, path: &str) -> usize {
        let journal = self.control("GET", "requests", None);
        let requests = journal["requests"].as_array().unwrap_or_else(|| panic!("no requests in {journal}"));
        requests.iter().filter(|request| request["path"] == path).count()
    }

    /// How many token requests have come, granted and refused.
    pub fn exchanges(&self) -> u64 {
        self.counter("exchanges")
    }

    /// How many token requests were answered with a token.
    pub fn granted(&self) -> u64 {
        self.counter("granted")
    }

    /// How many token requests have come from each registered client, granted and refused.
    pub fn exchanges_by_client(&self) -> BTreeMap<String, u64> {
        let counters = self.control("GET", "counters", None);
        let clients = counters["clients"].as_object().unwrap_or_else(|| panic!("no clients in {counters}"));
        let count = |counts: &Value, outcome| counts[outcome].as_u64().expect("a count");
        clients.iter().map(|(id, counts)| (id.clone(), count(counts, "granted") + count(counts, "refused"))).collect()
    }

    /// Changes what the sandbox knows of a client.
    pub fn change_client(&self, id: &str, change: &Value) {
        self.control("PUT", &format!("clients/{id}"), Some(change));
    }

    /// Has the token requests to come fail, or wait, as the sandbox's fault says.
    pub fn fault(&self, fault: &Value) {
        self.control("PUT", "fault", Some(fault));
    }

    /// Changes the role of the employee that an access key belongs to.
    pub fn change_role(&self, access_key_id: &str, change: &Value) {
        let id = access_key_id.replace('=', "%3D");
        self.control("PUT", &format!("access-keys/{id}/role"), Some(change));
    }

    /// Forgets requests, counters and faults.
    pub fn reset(&self) {
        self.control("POST", "reset", None);
    }

    fn counter(&self, name: &str) -> u64 {
        let counters = self.control("GET", "counters", None);
        counters[name].as_u64().unwrap_or_else(|| panic!("no counter {name} in {counters}"))
    }

    /// One request to the control path; gives the answer's JSON body, null when it is empty.
    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(self.address).expect("the sandbox listens");
        stream.set_read_timeout(Some(START_LIMIT)).expect("a timeout");
        let head = format!(
            "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len(),
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .expect("the request goes out");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("a whole answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        assert!(!head.to_ascii_lowercase().contains("transfer-encoding"), "a chunked answer: {head}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("a JSON answer") }
    }
}

/// How long the sandbox may take to start or to answer.
const START_LIMIT: Duration = Duration::from_secs(10);
