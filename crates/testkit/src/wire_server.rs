//! A token endpoint of raw sockets: keeps every request byte for byte and answers by script.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::deadline;

/// A server on loopback; stops when dropped. A path without a script answers 404.
pub struct WireServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What to do with one request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These bytes, then the connection stays open for the next request.
    Bytes(Vec<u8>),
    /// These bytes once [`WireServer::release`] was called, and not before.
    Held(Vec<u8>),
    /// Never an answer; the connection stays open until the client closes it.
    Hang,
    /// The connection is closed without an answer.
    Close,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct WireRequest {
    /// All its bytes.
    pub raw: Vec<u8>,
    /// When its last byte had come.
    pub at: Instant,
    /// The moment before the answer's first byte went out, or the connection was closed in place of one: whatever the
    /// client does about the answer, it does later. `None` while there is none.
    pub answered: Option<Instant>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    released: AtomicBool,
    /// By path: what is left of the script. Its last reply repeats.
    scripts: Mutex<BTreeMap<String, Vec<Reply>>>,
    requests: Mutex<Vec<WireRequest>>,
}

impl WireServer {
    /// Starts the server.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let shared = Arc::new(Shared::default());
        let server = Self { address, shared: Arc::clone(&shared) };
        thread::spawn(move || accept(&listener, &shared));
        server
    }

    /// Scripts `path`: one reply a request, the last one for all that follow. Gives the address.
    pub fn route(&self, path: &str, replies: impl IntoIterator<Item = Reply>) -> String {
        let mut script: Vec<_> = replies.into_iter().collect();
        script.reverse();
        assert!(!script.is_empty(), "a script has at least one reply");
        self.shared.scripts.lock().expect("no panic").insert(path.to_owned(), script);
        format!("http://{}{path}", self.address)
    }

    /// Lets the held replies go.
    pub fn release(&self) {
        self.shared.released.store(true, Ordering::Relaxed);
    }

    /// Host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, in the order they came.
    pub fn requests(&self) -> Vec<WireRequest> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// The requests for `path`.
    pub fn requests_for(&self, path: &str) -> Vec<WireRequest> {
        self.requests().into_iter().filter(|request| request.path() == path).collect()
    }

    /// The one request for `path`; fails the test when there are none or several.
    #[track_caller]
    pub fn only_request(&self, path: &str) -> WireRequest {
        let mut requests = self.requests_for(path);
        assert_eq!(requests.len(), 1, "requests for {path}");
        requests.remove(0)
    }
}

impl Drop for WireServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the accepting thread.
        _ = TcpStream::connect(self.address);
    }
}

impl Reply {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::answer(status, &[("Content-Type", "application/json")], &body.to_string())
    }

    /// A token answer: bearer, one hour.
    pub fn token(access_token: &str) -> Self {
        Self::token_with(access_token, json!({}))
    }

    /// A token answer; the members of `more` are added or replace others, null ones are left out.
    pub fn token_with(access_token: &str, more: Value) -> Self {
        let mut body = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 3600 });
        let (Value::Object(members), Value::Object(more)) = (&mut body, more) else {
            panic!("the members to add are an object");
        };
        members.extend(more);
        members.retain(|_, value| !value.is_null());
        Self::json(200, &body)
    }

    /// An OAuth error.
    pub fn oauth_error(status: u16, error: &str, description: &str) -> Self {
        Self::json(status, &json!({ "error": error, "error_description": description }))
    }

    /// An answer with these headers, less `Content-Length`, and this body.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!("HTTP/1.1 {status} Scripted\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        Self::Bytes(text.into_bytes())
    }
}

impl WireRequest {
    /// The path, with the query if there is one.
    pub fn path(&self) -> &str {
        self.request_line().split(' ').nth(1).unwrap_or_default()
    }

    /// `POST /oauth/token HTTP/1.1`.
    pub fn request_line(&self) -> &str {
        self.head().lines().next().unwrap_or_default()
    }

    /// All headers in order, the names in lower case.
    pub fn headers(&self) -> Vec<(String, &str)> {
        let lines = self.head().lines().skip(1);
        lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect()
    }

    /// The first header called `name`, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().into_iter().find(|(header, _)| header == name).map(|(_, value)| value)
    }

    /// User name and password of Basic authentication, decoded, as `id:secret`; `None` without it.
    pub fn basic(&self) -> Option<String> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        Some(String::from_utf8(STANDARD.decode(encoded).expect("padded base64")).expect("UTF-8"))
    }

    /// The body as text.
    pub fn body(&self) -> &str {
        let start = head_length(&self.raw).unwrap_or(self.raw.len());
        std::str::from_utf8(&self.raw[start..]).expect("a body of UTF-8 text")
    }

    /// The body's form fields, decoded; fails the test when a field comes twice.
    #[track_caller]
    pub fn form(&self) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(self.body().as_bytes()) {
            let earlier = fields.insert(name.clone().into_owned(), value.into_owned());
            assert_eq!(earlier, None, "the field {name} comes twice");
        }
        fields
    }

    fn head(&self) -> &str {
        let end = head_length(&self.raw).unwrap_or(self.raw.len());
        std::str::from_utf8(&self.raw[..end]).expect("a head of UTF-8 text")
    }
}

impl Shared {
    /// Keeps the request; gives its number.
    fn keep(&self, request: WireRequest) -> usize {
        let mut requests = self.requests.lock().expect("no panic");
        requests.push(request);
        requests.len() - 1
    }

    /// Takes note that this request is answered from now on.
    fn answers(&self, number: usize) {
        self.requests.lock().expect("no panic")[number].answered = Some(deadline::now());
    }

    fn next_reply(&self, path: &str) -> Reply {
        let mut scripts = self.scripts.lock().expect("no panic");
        match scripts.get_mut(path) {
            Some(script) if script.len() > 1 => script.pop().expect("more than one reply is left"),
            Some(script) => script[0].clone(),
            None => Reply::answer(404, &[], ""),
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if shared.stopped.load(Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || serve(stream, &shared));
    }
}

/// Serves one connection until the client or the script closes it, or the server stops.
fn serve(mut stream: TcpStream, shared: &Shared) {
    _ = stream.set_read_timeout(Some(READ_SLICE));
    while let Some(raw) = read_request(&mut stream, shared) {
        let request = WireRequest { raw, at: deadline::now(), answered: None };
        let reply = shared.next_reply(request.path());
        let number = shared.keep(request);
        let bytes = match reply {
            Reply::Bytes(bytes) => bytes,
            Reply::Held(bytes) => {
                while !shared.released.load(Ordering::Relaxed) && !shared.stopped.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                }
                bytes
            }
            Reply::Hang => {
                // Ends when the client hangs up.
                _ = read_request(&mut stream, shared);
                return;
            }
            Reply::Close => {
                shared.answers(number);
                return;
            }
        };
        shared.answers(number);
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

/// One whole request; `None` when the connection ends first or the server stops.
fn read_request(stream: &mut TcpStream, shared: &Shared) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    let mut chunk = [0; 4096];
    while !shared.stopped.load(Ordering::Relaxed) {
        if request_length(&raw).is_some_and(|length| raw.len() >= length) {
            return Some(raw);
        }
        match stream.read(&mut chunk) {
            Ok(0) => return None,
            Ok(count) => raw.extend_from_slice(&chunk[..count]),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return None,
        }
    }
    None
}

/// Head and body, once the head is complete.
fn request_length(raw: &[u8]) -> Option<usize> {
    let head = head_length(raw)?;
    let text = String::from_utf8_lossy(&raw[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    Some(head + length.unwrap_or(0))
}

/// The head with its empty line.
fn head_length(raw: &[u8]) -> Option<usize> {
    raw.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// How often a waiting connection looks whether the server has stopped.
const READ_SLICE: Duration = Duration::from_millis(50);

#[test]
fn requests_are_kept_byte_for_byte_and_answered_by_script() {
    let wire = WireServer::start();
    let url = wire.route("/a", [Reply::Bytes(b"one".to_vec()), Reply::Bytes(b"two".to_vec())]);
    assert_eq!(url, format!("http://{}/a", wire.address()));
    let mut stream = TcpStream::connect(wire.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let request = "POST /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic aTpz\r\nContent-Length: 5\r\n\r\na=b+c";
    for answer in ["one", "two", "two"] {
        // In pieces, as a network may deliver it.
        for piece in request.as_bytes().chunks(40) {
            stream.write_all(piece).unwrap();
        }
        let mut bytes = [0; 3];
        stream.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, answer.as_bytes());
    }
    let requests = wire.requests_for("/a");
    assert_eq!(requests.len(), 3);
    let first = &requests[0];
    assert_eq!(first.raw, request.as_bytes());
    assert_eq!((first.request_line(), first.body()), ("POST /a HTTP/1.1", "a=b+c"));
    assert_eq!(first.form(), BTreeMap::from([("a".to_owned(), "b c".to_owned())]));
    assert_eq!(first.basic().as_deref(), Some("i:s"));
    assert_eq!(first.header("host"), Some("h"));
}

#[test]
fn a_hanging_reply_ends_with_the_server() {
    let wire = WireServer::start();
    wire.route("/hang", [Reply::Hang]);
    let mut stream = TcpStream::connect(wire.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(b"POST /hang HTTP/1.1\r\n\r\n").unwrap();
    deadline::eventually(Duration::from_secs(5), "the request has come", || wire.requests().len() == 1);
    drop(wire);
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "the connection is closed without an answer");
}
