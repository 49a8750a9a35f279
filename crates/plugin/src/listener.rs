//! The host's connections: through a unix socket in a private folder, or a loopback port on systems without one. Each
//! client's handshake is its own task, so that none keeps another waiting.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use crate::caller::{Caller, Callers};

/// A connected byte stream of any transport.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// The listening socket. Dropping it removes the socket's folder.
pub(crate) struct Listener {
    socket: Socket,
    address: Address,
}

/// The address in the handshake line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The path of a unix socket.
    #[cfg_attr(not(any(unix, test)), expect(dead_code, reason = "the handshake's text knows it on every system"))]
    Unix(PathBuf),
    /// A loopback port.
    Tcp(SocketAddr),
}

enum Socket {
    #[cfg(unix)]
    Unix {
        listener: tokio::net::UnixListener,
        _folder: tempfile::TempDir,
    },
    Tcp(TcpListener),
}

impl Listener {
    /// Binds for clients that authenticate themselves (mutual TLS): a unix socket, else a loopback port in `ports`.
    pub(crate) async fn bind_authenticated(ports: RangeInclusive<u16>) -> io::Result<Self> {
        #[cfg(unix)]
        if let Ok(listener) = unix::bind() {
            return Ok(listener);
        }
        Self::bind_tcp(ports).await
    }

    /// Binds for clients without authentication. On unix, only the private folder protects the socket, so there is no
    /// fallback to TCP.
    pub(crate) async fn bind_unauthenticated(ports: RangeInclusive<u16>) -> io::Result<Self> {
        #[cfg(unix)]
        {
            _ = ports;
            unix::bind()
        }
        #[cfg(not(unix))]
        Self::bind_tcp(ports).await
    }

    // Always on Windows, where tokio has no unix sockets.
    async fn bind_tcp(ports: RangeInclusive<u16>) -> io::Result<Self> {
        let mut last_error = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for port in ports {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(listener) => {
                    let address = Address::Tcp(listener.local_addr()?);
                    return Ok(Self { socket: Socket::Tcp(listener), address });
                }
                Err(error) => last_error = error,
            }
        }
        Err(last_error)
    }

    /// The address of the socket.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Waits for the next client.
    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match &self.socket {
            #[cfg(unix)]
            Socket::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // RPCs are small and answered one by one, so a delay for more data (Nagle's algorithm) would only cost
                // time.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

impl Address {
    /// `unix` or `tcp`.
    pub(crate) fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(formatter),
            Self::Tcp(address) => address.fmt(formatter),
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::{Permissions, set_permissions};
    use std::io;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use tempfile::TempDir;
    use tokio::net::UnixListener;

    use super::{Address, Listener, Socket};

    /// Binds in the system's temporary folder, or in `/tmp` if that one is not usable.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the temporary folder")]
    pub(super) fn bind() -> io::Result<Listener> {
        bind_in(&std::env::temp_dir()).or_else(|_| bind_in(Path::new("/tmp")))
    }

    /// Rejects a relative folder: with `TMPDIR=`, the socket would be in the user's working folder, beside the
    /// configuration.
    pub(super) fn bind_in(parent: &Path) -> io::Result<Listener> {
        if !parent.is_absolute() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        // The folder protects the socket: some systems ignore the permissions of the socket itself.
        let folder = private_folder(parent)?;
        let path = folder.path().join("s");
        if !is_announceable(&path) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let listener = UnixListener::bind(&path)?;
        set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Listener { socket: Socket::Unix { listener, _folder: folder }, address: Address::Unix(path) })
    }

    fn private_folder(parent: &Path) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("tfplugin").permissions(Permissions::from_mode(0o700)).tempdir_in(parent)
    }

    /// Socket addresses have at most 104 bytes on macOS. The handshake line is split at `|`, and the reattach line
    /// quotes the path.
    fn is_announceable(path: &Path) -> bool {
        path.to_str().is_some_and(|path| path.len() < 104 && !path.contains(['|', '\n', '\'']))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_short_plain_paths_can_be_announced() {
            for (path, expected) in [
                ("/tmp/tfplugin123456/s".to_owned(), true),
                (format!("/tmp/{}/s", "a".repeat(100)), false),
                ("/tmp/a|b/s".to_owned(), false),
                ("/tmp/a'b/s".to_owned(), false),
            ] {
                assert_eq!(is_announceable(Path::new(&path)), expected, "{path}");
            }
        }
    }
}

/// A client that may send RPCs.
pub(crate) struct Connection {
    io: Box<dyn Stream>,
    caller: Arc<Caller>,
}

/// The task of the accept loop. [`close`](Self::close) stops it and removes the socket.
pub(crate) struct AcceptLoop(JoinHandle<()>);

impl AcceptLoop {
    /// Accepts clients of `listener`, with a TLS handshake if `tls` is set, and yields them as they become ready.
    pub(crate) fn start(
        listener: Listener,
        tls: Option<Arc<ServerConfig>>,
        callers: Arc<Callers>,
    ) -> (Self, ReceiverStream<io::Result<Connection>>) {
        // Not with tonic's own TLS, which accepts no verifier. The pinned certificate needs one.
        let (ready, connections) = mpsc::channel(READY_CONNECTIONS);
        let admission = Admission { tls: tls.map(TlsAcceptor::from), callers, ready };
        (Self(tokio::spawn(accept(listener, admission))), ReceiverStream::new(connections))
    }

    /// Stops listening. The socket and its folder are removed when this returns.
    pub(crate) async fn close(self) {
        self.0.abort();
        _ = self.0.await;
    }
}

impl Connected for Connection {
    type ConnectInfo = Arc<Caller>;

    fn connect_info(&self) -> Arc<Caller> {
        Arc::clone(&self.caller)
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

/// The parts that a client's admission needs.
#[derive(Clone)]
struct Admission {
    tls: Option<TlsAcceptor>,
    callers: Arc<Callers>,
    ready: mpsc::Sender<io::Result<Connection>>,
}

impl Admission {
    /// Makes the TLS handshake within its limits. Drops a client that fails, without a response.
    async fn admit(self, stream: Box<dyn Stream>) {
        let io: Box<dyn Stream> = match self.tls {
            None => stream,
            Some(acceptor) => match timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Box::new(stream),
                Ok(Err(error)) => {
                    // Only the kind, because the error's text can quote bytes of a stranger.
                    return tracing::warn!(reason = %error.kind(), "refused a client that failed the TLS handshake");
                }
                Err(_) => return tracing::warn!("refused a client that did not finish the TLS handshake in time"),
            },
        };
        // The receiver is gone once the server ends.
        _ = self.ready.send(Ok(Connection { io, caller: self.callers.connect() })).await;
    }
}

async fn accept(listener: Listener, admission: Admission) {
    let mut half_open = VecDeque::<AbortHandle>::new();
    loop {
        let accepted = listener.accept().await;
        half_open.retain(|handshake| !handshake.is_finished());
        match accepted {
            Ok(stream) => {
                // The host needs milliseconds, so the oldest handshake is the least likely to be the host's.
                if half_open.len() >= HALF_OPEN_CONNECTIONS
                    && let Some(oldest) = half_open.pop_front()
                {
                    oldest.abort();
                }
                half_open.push_back(tokio::spawn(admission.clone().admit(stream)).abort_handle());
            }
            // The client has already left, or there are no file descriptors. In that case, unfinished handshakes must
            // free theirs.
            Err(_) => {
                let lingering = half_open.len().div_ceil(2);
                half_open.drain(..lingering).for_each(|handshake| handshake.abort());
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

// For one TLS handshake. A host needs a few milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

// Unfinished handshakes. Beyond this number, strangers could use up the file descriptors, so the oldest one ends.
const HALF_OPEN_CONNECTIONS: usize = 64;

// Admitted clients that the server has not accepted yet.
const READY_CONNECTIONS: usize = 16;

// After a failed accept: without a pause, the loop would spin while there are no file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn folder_and_socket_belong_to_the_owner_alone_and_go_with_the_listener() {
        use std::os::unix::fs::PermissionsExt;

        let listener = Listener::bind_authenticated(10_000..=25_000).await.unwrap();
        let Address::Unix(path) = listener.address().clone() else { panic!("not a unix socket") };
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        drop(listener);
        assert!(!path.parent().unwrap().exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_temporary_folder_with_too_long_a_path_is_not_used() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("x".repeat(100));
        std::fs::create_dir(&long).unwrap();
        assert!(unix::bind_in(&long).is_err());
        assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0, "nothing is left behind");
    }

    #[tokio::test]
    async fn the_tcp_listener_takes_the_first_free_port_on_loopback() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let listener = Listener::bind_tcp(port..=port.saturating_add(50)).await.unwrap();
        let Address::Tcp(address) = listener.address() else { panic!("not TCP") };
        assert!(address.ip().is_loopback() && address.port() > port);
        assert!(Listener::bind_tcp(port..=port).await.is_err());
    }
}
