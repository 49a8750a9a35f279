//! The accept loop: every client proves itself apart, so that none keeps another waiting.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::listener::{Listener, Stream};
use super::session::{Session, Sessions};

/// A client that may call.
pub(crate) struct Connection {
    io: Box<dyn Stream>,
    session: Arc<Session>,
}

/// The accept loop's task. Stop it with [`close`](Self::close), which removes the socket.
pub(crate) struct AcceptLoop(JoinHandle<()>);

impl AcceptLoop {
    /// Accepts clients of `listener`, with a TLS handshake if `tls` is set, and yields them as they are ready.
    pub(crate) fn start(
        listener: Listener,
        tls: Option<Arc<ServerConfig>>,
        sessions: Arc<Sessions>,
    ) -> (Self, ReceiverStream<io::Result<Connection>>) {
        let (ready, connections) = mpsc::channel(READY_CONNECTIONS);
        let admission = Admission { tls: tls.map(TlsAcceptor::from), sessions, ready };
        (Self(tokio::spawn(accept(listener, admission))), ReceiverStream::new(connections))
    }

    /// Stops listening; the socket and its folder are gone when this returns.
    pub(crate) async fn close(self) {
        self.0.abort();
        _ = self.0.await;
    }
}

impl Connected for Connection {
    type ConnectInfo = Arc<Session>;

    fn connect_info(&self) -> Arc<Session> {
        Arc::clone(&self.session)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// What it takes to let a client in.
#[derive(Clone)]
struct Admission {
    tls: Option<TlsAcceptor>,
    sessions: Arc<Sessions>,
    ready: mpsc::Sender<io::Result<Connection>>,
}

impl Admission {
    /// Shakes hands, within bounds. A client that fails is dropped without a word.
    async fn admit(self, stream: Box<dyn Stream>) {
        let io: Box<dyn Stream> = match self.tls {
            None => stream,
            Some(acceptor) => match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Box::new(stream),
                Ok(Err(error)) => {
                    return tracing::warn!(reason = %error.kind(), "refused a client that failed the TLS handshake");
                }
                Err(_) => return tracing::warn!("refused a client that did not finish the TLS handshake in time"),
            },
        };
        // The receiver is gone once the server ends.
        _ = self.ready.send(Ok(Connection { io, session: self.sessions.connect() })).await;
    }
}

async fn accept(listener: Listener, admission: Admission) {
    let mut half_open = VecDeque::<AbortHandle>::new();
    loop {
        let accepted = listener.accept().await;
        half_open.retain(|handshake| !handshake.is_finished());
        match accepted {
            Ok(stream) => {
                if half_open.len() >= HALF_OPEN_CONNECTIONS
                    && let Some(oldest) = half_open.pop_front()
                {
                    oldest.abort();
                }
                half_open.push_back(tokio::spawn(admission.clone().admit(stream)).abort_handle());
            }
            // A client that left already, or out of file descriptors: those who linger have to give theirs back.
            Err(_) => {
                let lingering = half_open.len().div_ceil(2);
                half_open.drain(..lingering).for_each(|handshake| handshake.abort());
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Time for one TLS handshake; a host takes a few milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Clients in the middle of a handshake; beyond that, the oldest has to go.
const HALF_OPEN_CONNECTIONS: usize = 64;

/// Admitted clients that the server has not taken yet.
const READY_CONNECTIONS: usize = 16;

/// Wait after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
