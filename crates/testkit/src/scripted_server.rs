//! A scripted token endpoint over plain HTTP or TLS. It records every request byte for byte.
//!
//! It writes raw bytes, because a library would refuse to send the responses of a broken server.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::background::Background;
use crate::deadline;

/// The reaction to one request (the first two: to one connection).
#[derive(Debug, Clone)]
pub enum Reply {
    /// Closes the connection without reading anything.
    CloseAtOnce,
    /// Accepts the connection and neither reads nor writes.
    Ignore,
    /// Reads a whole request, then makes these steps. The connection stays open for the next request.
    Answer(Vec<Step>),
}

/// A part of a response.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes one by one with this pause between them.
    Drip(Vec<u8>, Duration),
    /// Writes these bytes repeatedly, this many times or until the client leaves.
    Repeat(Vec<u8>, usize),
    /// Waits.
    Wait(Duration),
    /// Waits until [`ScriptedServer::release`] was called.
    Hold,
    /// Sends nothing more, and keeps the connection open until the client leaves.
    Hang,
    /// Closes the connection properly.
    Close,
    /// Closes the connection without TLS's close message.
    Leave,
    /// Resets the connection.
    Reset,
}

impl Reply {
    /// Writes these bytes and keeps the connection open.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Answer(vec![Step::Write(bytes.into())])
    }

    /// Delays this reply until [`ScriptedServer::release`] is called.
    pub fn held(self) -> Self {
        let Self::Answer(mut steps) = self else { panic!("only an answer can be held") };
        steps.insert(0, Step::Hold);
        Self::Answer(steps)
    }

    /// Never responds, and keeps the connection open until the client closes it.
    pub fn hang() -> Self {
        Self::Answer(vec![Step::Hang])
    }

    /// Closes the connection without a response.
    pub fn close() -> Self {
        Self::Answer(vec![Step::Close])
    }

    /// A response with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::answer(status, &[("Content-Type", "application/json")], &body.to_string())
    }

    /// A token response: bearer, one hour.
    pub fn token(access_token: &str) -> Self {
        Self::token_with(access_token, json!({}))
    }

    /// A token response with the members of `more` added or replaced. Null members are removed.
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

    /// A response with this body and these headers. `Content-Length` is added.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        answer(&format!("{status} Scripted"), &headers.iter().map(String::as_str).collect::<Vec<_>>(), body)
    }
}

/// A complete response with `Content-Length`.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Reply {
    Reply::bytes(answer_bytes(status, headers, body.as_ref()))
}

/// A token response.
pub fn token(access_token: &str, expires_in: u32) -> Reply {
    Reply::token_with(access_token, json!({ "expires_in": expires_in }))
}

/// The bytes of [`answer`].
pub fn answer_bytes(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len()).into_bytes();
    for header in headers {
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// The server, on loopback. It stops when dropped.
pub struct ScriptedServer {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    /// The runtime if it is not the caller's. Kept so that it ends with the server.
    background: Option<Background>,
}

struct Shared {
    /// The remaining replies for requests to any path.
    script: Mutex<VecDeque<Reply>>,
    /// The remaining replies by path. The last one repeats.
    routes: Mutex<BTreeMap<String, VecDeque<Reply>>>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<usize>,
    released: watch::Sender<bool>,
    tls: Option<TlsAcceptor>,
}

impl ScriptedServer {
    /// Serves plain HTTP on the caller's runtime. A request after the end of the script gets 418.
    pub async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::start_with(script, None).await
    }

    /// Serves the same over TLS.
    pub async fn start_tls(
        script: impl IntoIterator<Item = Reply>,
        config: tokio_rustls::rustls::ServerConfig,
    ) -> Self {
        Self::start_with(script, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    /// Serves plain HTTP on its own thread, for scenarios that wait for a core. [`Self::route`] scripts it.
    pub fn in_background() -> Self {
        let background = Background::start();
        let mut server = background.block_on(Self::start([]));
        server.background = Some(background);
        server
    }

    async fn start_with(script: impl IntoIterator<Item = Reply>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into_iter().collect()),
            routes: Mutex::default(),
            requests: Mutex::default(),
            connections: Mutex::default(),
            released: watch::Sender::new(false),
            tls,
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, scheme, shared, task, background: None }
    }

    /// Scripts `path` with one reply for each request; the last one repeats. Returns the address.
    pub fn route(&self, path: &str, replies: impl IntoIterator<Item = Reply>) -> String {
        let script: VecDeque<_> = replies.into_iter().collect();
        assert!(!script.is_empty(), "a script has at least one reply");
        self.shared.routes.lock().unwrap().insert(path.to_owned(), script);
        self.url(path)
    }

    /// Adds a reply to the end of the script.
    pub fn push(&self, reply: Reply) {
        self.shared.script.lock().unwrap().push_back(reply);
    }

    /// Sends the held replies.
    pub fn release(&self) {
        self.shared.released.send_replace(true);
    }

    /// Host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// All requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The requests for `path`.
    pub fn requests_for(&self, path: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.path() == path).collect()
    }

    /// The only request for `path`. Fails the test if there is none or several.
    #[track_caller]
    pub fn only_request(&self, path: &str) -> Request {
        let mut requests = self.requests_for(path);
        assert_eq!(requests.len(), 1, "requests for {path}");
        requests.remove(0)
    }

    /// The number of accepted connections.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// Waits for `count` requests.
    pub async fn wait_for_requests(&self, count: usize) {
        let arrived = async {
            while self.requests().len() < count {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(5), arrived).await.expect("the requests did not come");
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A received request. Dereferences to its text.
#[derive(Debug, Clone)]
pub struct Request {
    text: String,
    /// The arrival of its last byte.
    pub at: Instant,
    /// The moment before the first byte of the response, or before the connection was closed instead. The client reacts
    /// after this moment. `None` before that.
    pub answered: Option<Instant>,
}

impl Request {
    /// The path, with the query if there is one.
    pub fn path(&self) -> &str {
        self.request_line().split(' ').nth(1).unwrap_or_default()
    }

    /// `POST /oauth/token HTTP/1.1`.
    pub fn request_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// All headers in order, the names in lower case.
    pub fn headers(&self) -> Vec<(String, &str)> {
        let lines = self.split().0.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect()
    }

    /// The first header called `name`, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().into_iter().find(|(header, _)| header == name).map(|(_, value)| value)
    }

    /// `id:secret` of Basic authentication, decoded; `None` without it.
    pub fn basic(&self) -> Option<String> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        Some(String::from_utf8(STANDARD.decode(encoded).expect("padded base64")).expect("UTF-8"))
    }

    /// The body.
    pub fn body(&self) -> &str {
        self.split().1
    }

    /// The form fields of the body, decoded. Fails the test if a field is repeated.
    #[track_caller]
    pub fn form(&self) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(self.body().as_bytes()) {
            let earlier = fields.insert(name.clone().into_owned(), value.into_owned());
            assert_eq!(earlier, None, "the field {name} comes twice");
        }
        fields
    }

    fn split(&self) -> (&str, &str) {
        self.text.split_once("\r\n\r\n").unwrap_or((&self.text, ""))
    }
}

impl Deref for Request {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self)
    }
}

impl Shared {
    /// Records the request. Returns its number and the reply.
    fn take(&self, text: String) -> (usize, Reply) {
        let request = Request { text, at: deadline::now(), answered: None };
        let reply = self.next_reply(request.path());
        let mut requests = self.requests.lock().unwrap();
        requests.push(request);
        (requests.len() - 1, reply)
    }

    fn next_reply(&self, path: &str) -> Reply {
        let mut routes = self.routes.lock().unwrap();
        if let Some(script) = routes.get_mut(path) {
            return if script.len() > 1 { script.pop_front() } else { script.front().cloned() }.unwrap();
        }
        let next = self.script.lock().unwrap().pop_front();
        // If there are only routes, any other path does not exist.
        let (status, reply) = if routes.is_empty() { ("418 No Script Left", next) } else { ("404 Not Found", next) };
        reply.unwrap_or_else(|| answer(status, &[], ""))
    }

    /// The next reply of the script if it applies to a connection.
    fn next_connection(&self) -> Option<Reply> {
        let mut script = self.script.lock().unwrap();
        if matches!(script.front(), Some(Reply::CloseAtOnce | Reply::Ignore)) { script.pop_front() } else { None }
    }

    /// Records the start of this request's response.
    fn answers(&self, number: usize) {
        let answered = &mut self.requests.lock().unwrap()[number].answered;
        *answered = answered.or_else(|| Some(deadline::now()));
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        *shared.connections.lock().unwrap() += 1;
        connections.spawn(serve(socket, Arc::clone(&shared)));
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) {
    match (shared.next_connection(), &shared.tls) {
        (Some(Reply::Ignore), _) => {
            // Keeps the socket open until the set of connections is dropped.
            std::future::pending::<()>().await;
            drop(socket);
        }
        (Some(_), _) => {}
        (None, None) => converse(socket, &shared, |socket| socket.set_zero_linger().unwrap()).await,
        (None, Some(acceptor)) => {
            if let Ok(stream) = acceptor.accept(socket).await {
                converse(stream, &shared, |stream| stream.get_ref().0.set_zero_linger().unwrap()).await;
            }
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shared: &Shared, make_reset: fn(&S)) {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread).await {
        let (number, reply) = shared.take(request);
        let Reply::Answer(steps) = reply else { panic!("this reply begins a connection") };
        for step in steps {
            match take(step, number, &mut stream, shared).await {
                After::GoOn => {}
                After::Leave => return,
                After::Reset => return make_reset(&stream),
            }
        }
        let _ = stream.flush().await;
    }
}

/// The action after a step.
enum After {
    GoOn,
    Leave,
    Reset,
}

async fn take<S: AsyncRead + AsyncWrite + Unpin>(step: Step, number: usize, stream: &mut S, shared: &Shared) -> After {
    if !matches!(step, Step::Hang | Step::Hold | Step::Wait(_)) {
        shared.answers(number);
    }
    match step {
        Step::Write(bytes) => {
            if stream.write_all(&bytes).await.is_err() {
                return After::Leave;
            }
        }
        Step::Drip(bytes, gap) => {
            for byte in bytes {
                if stream.write_all(&[byte]).await.is_err() {
                    return After::Leave;
                }
                sleep(gap).await;
            }
        }
        Step::Repeat(bytes, times) => {
            for _ in 0..times {
                if stream.write_all(&bytes).await.is_err() {
                    return After::Leave;
                }
            }
        }
        Step::Wait(time) => sleep(time).await,
        Step::Hold => _ = shared.released.subscribe().wait_for(|released| *released).await,
        Step::Hang => {
            let _ = stream.read(&mut [0; 1]).await;
            return After::Leave;
        }
        Step::Close => {
            let _ = stream.shutdown().await;
            return After::Leave;
        }
        Step::Leave => {
            let _ = stream.flush().await;
            return After::Leave;
        }
        Step::Reset => return After::Reset,
    }
    After::GoOn
}

/// The head, and the body up to `Content-Length`; `None` if the client has left.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n").map(|start| start + 4) {
            let head = String::from_utf8_lossy(&unread[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let whole = end + length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
            if unread.len() >= whole {
                let rest = unread.split_off(whole);
                let request = std::mem::replace(unread, rest);
                return Some(String::from_utf8(request).unwrap());
            }
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn requests_are_kept_byte_for_byte_and_answered_by_script() {
        let server = ScriptedServer::in_background();
        let url = server.route("/a", [Reply::bytes("one"), Reply::bytes("two")]);
        assert_eq!(url, format!("http://{}/a", server.address()));
        let mut stream = connected(&server);
        let request = "POST /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic aTpz\r\nContent-Length: 5\r\n\r\na=b+c";
        for answer in ["one", "two", "two"] {
            // In pieces, as a network can deliver it.
            for piece in request.as_bytes().chunks(40) {
                stream.write_all(piece).unwrap();
            }
            let mut bytes = [0; 3];
            stream.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, answer.as_bytes());
        }
        let requests = server.requests_for("/a");
        assert_eq!(requests.len(), 3);
        let first = &requests[0];
        assert_eq!(&**first, request);
        assert_eq!((first.request_line(), first.body()), ("POST /a HTTP/1.1", "a=b+c"));
        assert_eq!(first.form(), BTreeMap::from([("a".to_owned(), "b c".to_owned())]));
        assert_eq!(first.basic().as_deref(), Some("i:s"));
        assert_eq!(first.header("host"), Some("h"));
    }

    #[test]
    fn a_hanging_reply_ends_with_the_server() {
        let server = ScriptedServer::in_background();
        server.route("/hang", [Reply::hang()]);
        let mut stream = connected(&server);
        stream.write_all(b"POST /hang HTTP/1.1\r\n\r\n").unwrap();
        deadline::eventually(Duration::from_secs(5), "the request has come", || server.requests().len() == 1);
        drop(server);
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0, "the connection is closed without an answer");
    }

    #[test]
    fn a_held_reply_waits_and_what_has_no_script_is_not_found() {
        let server = ScriptedServer::in_background();
        server.route("/held", [Reply::bytes("now").held()]);
        let (mut held, mut other) = (connected(&server), connected(&server));
        held.write_all(b"GET /held HTTP/1.1\r\n\r\n").unwrap();
        other.write_all(b"GET /other HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = [0; 12];
        other.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 404");
        deadline::eventually(Duration::from_secs(5), "both requests have come", || server.requests().len() == 2);
        assert!(server.only_request("/held").answered.is_none());
        server.release();
        held.read_exact(&mut answer[..3]).unwrap();
        assert!(server.only_request("/held").answered.is_some());
    }

    fn connected(server: &ScriptedServer) -> TcpStream {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }
}
