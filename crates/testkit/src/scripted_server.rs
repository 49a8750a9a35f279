//! A server that answers by script and keeps the exact bytes it was sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// What the server does about one request (or one connection, for the first two).
#[derive(Clone)]
pub enum Turn {
    /// Closes the connection without reading anything.
    CloseAtOnce,
    /// Accepts the connection and neither reads nor writes.
    Ignore,
    /// Reads a whole request, then takes these steps. The connection stays open for the next request.
    Answer(Vec<Step>),
}

/// A part of an answer.
#[derive(Clone)]
pub enum Step {
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes one by one, so far apart.
    Drip(Vec<u8>, Duration),
    /// Writes these bytes again and again, so many times or until the client leaves.
    Repeat(Vec<u8>, usize),
    /// Waits.
    Wait(Duration),
    /// Says nothing more and keeps the connection open until the client leaves.
    Hang,
    /// Closes the connection properly.
    Close,
    /// Resets the connection.
    Reset,
}

/// A whole answer with `Content-Length`.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Turn {
    Turn::Answer(vec![Step::Write(answer_bytes(status, headers, body.as_ref()))])
}

/// A token response.
pub fn token(access_token: &str, expires_in: u32) -> Turn {
    let body = format!(r#"{{"access_token":"{access_token}","token_type":"Bearer","expires_in":{expires_in}}}"#);
    answer("200 OK", &["Content-Type: application/json"], body)
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

/// The server; stops when dropped.
pub struct ScriptedServer {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    turns: Mutex<VecDeque<Turn>>,
    requests: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    tls: Option<TlsAcceptor>,
}

impl ScriptedServer {
    /// Serves plain HTTP on loopback. A request beyond the script is answered with 418.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self::start_with(turns, None).await
    }

    /// Serves the same over TLS.
    pub async fn start_tls(turns: impl IntoIterator<Item = Turn>, config: tokio_rustls::rustls::ServerConfig) -> Self {
        Self::start_with(turns, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start_with(turns: impl IntoIterator<Item = Turn>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            turns: Mutex::new(turns.into_iter().collect()),
            requests: Mutex::default(),
            connections: Mutex::default(),
            tls,
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, scheme, shared, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Adds a turn to the end of the script.
    pub fn push(&self, turn: Turn) {
        self.shared.turns.lock().unwrap().push_back(turn);
    }

    /// Every request so far, as it came.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// Waits until `count` requests have come.
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

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        *shared.connections.lock().unwrap() += 1;
        connections.spawn(serve(socket, Arc::clone(&shared)));
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) {
    let first = shared.turns.lock().unwrap().front().cloned();
    match first {
        Some(Turn::CloseAtOnce) => {
            shared.turns.lock().unwrap().pop_front();
        }
        Some(Turn::Ignore) => {
            shared.turns.lock().unwrap().pop_front();
            // Holds the socket open; the set of connections ends it.
            std::future::pending::<()>().await;
            drop(socket);
        }
        _ => match &shared.tls {
            None => converse(socket, &shared, |socket| socket.set_zero_linger().unwrap()).await,
            Some(acceptor) => {
                if let Ok(stream) = acceptor.accept(socket).await {
                    converse(stream, &shared, |stream| stream.get_ref().0.set_zero_linger().unwrap()).await;
                }
            }
        },
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shared: &Shared, make_reset: fn(&S)) {
    let mut unread = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut unread).await {
        shared.requests.lock().unwrap().push(request);
        let turn = shared.turns.lock().unwrap().pop_front();
        let steps = match turn {
            Some(Turn::Answer(steps)) => steps,
            Some(Turn::CloseAtOnce | Turn::Ignore) => panic!("this turn begins a connection"),
            None => vec![Step::Write(answer_bytes("418 No Script Left", &[], b""))],
        };
        for step in steps {
            match step {
                Step::Write(bytes) => drop(stream.write_all(&bytes).await),
                Step::Drip(bytes, gap) => {
                    for byte in bytes {
                        if stream.write_all(&[byte]).await.is_err() {
                            return;
                        }
                        sleep(gap).await;
                    }
                }
                Step::Repeat(bytes, times) => {
                    for _ in 0..times {
                        if stream.write_all(&bytes).await.is_err() {
                            return;
                        }
                    }
                }
                Step::Wait(time) => sleep(time).await,
                Step::Hang => {
                    let _ = stream.read(&mut [0; 1]).await;
                    return;
                }
                Step::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Step::Reset => {
                    make_reset(&stream);
                    return;
                }
            }
        }
        let _ = stream.flush().await;
    }
}

/// The head and as much body as `Content-Length` says; `None` when the client has left.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n").map(|start| start + 4) {
            let head = String::from_utf8_lossy(&unread[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let whole = end + length.map_or(0, |length| length.parse::<usize>().unwrap());
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
