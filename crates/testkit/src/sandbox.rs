//! A sandbox in this process, and its control API.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use sandbox::Running;
use serde_json::{Value, json};

/// A running sandbox. It ends when dropped.
pub struct Sandbox {
    /// Ends the sandbox on drop.
    _running: Running,
    address: SocketAddr,
    token_url: String,
}

impl Sandbox {
    /// Starts a sandbox with `clients`, each an object as in the sandbox's configuration file.
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

    /// The issuer, which is the base address.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the regional access key service.
    pub fn access_key_url(&self) -> String {
        format!("{}/authentication/v1/token/access-key", self.issuer())
    }

    /// The number of requests for `path`, with any query.
    pub fn requests_for(&self, path: &str) -> usize {
        let journal = self.control("GET", "requests", None);
        let requests = journal["requests"].as_array().unwrap_or_else(|| panic!("no requests in {journal}"));
        requests.iter().filter(|request| request["path"] == path).count()
    }

    /// The number of token requests, granted and rejected.
    pub fn exchanges(&self) -> u64 {
        self.counter("exchanges")
    }

    /// The number of tokens.
    pub fn granted(&self) -> u64 {
        self.counter("granted")
    }

    /// The number of token requests of each registered client, granted and rejected.
    pub fn exchanges_by_client(&self) -> BTreeMap<String, u64> {
        let counters = self.control("GET", "counters", None);
        let clients = counters["clients"].as_object().unwrap_or_else(|| panic!("no clients in {counters}"));
        let count = |counts: &Value, outcome| counts[outcome].as_u64().expect("a count");
        clients.iter().map(|(id, counts)| (id.clone(), count(counts, "granted") + count(counts, "refused"))).collect()
    }

    /// Changes a client.
    pub fn change_client(&self, id: &str, change: &Value) {
        self.control("PUT", &format!("clients/{id}"), Some(change));
    }

    /// Injects a fault into later token requests.
    pub fn fault(&self, fault: &Value) {
        self.control("PUT", "fault", Some(fault));
    }

    /// Changes the role of an access key's employee.
    pub fn change_role(&self, access_key_id: &str, change: &Value) {
        let id = access_key_id.replace('=', "%3D");
        self.control("PUT", &format!("access-keys/{id}/role"), Some(change));
    }

    /// Removes requests, counters and faults.
    pub fn reset(&self) {
        self.control("POST", "reset", None);
    }

    fn counter(&self, name: &str) -> u64 {
        let counters = self.control("GET", "counters", None);
        counters[name].as_u64().unwrap_or_else(|| panic!("no counter {name} in {counters}"))
    }

    /// Sends one control request. Returns the JSON body of the response, null if empty.
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

/// The time limit for the sandbox's start and for its responses.
const START_LIMIT: Duration = Duration::from_secs(10);
