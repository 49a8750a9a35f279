//! Where the host connects: a unix socket in a private folder, or a loopback port where there are none.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::{fmt, io};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// A connected byte stream, whatever carries it.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// The listening socket. Dropping it removes the socket's folder.
pub(crate) struct Listener {
    socket: Socket,
    address: Address,
}

/// The address as the host is told it.
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
    /// Binds for clients that prove who they are (mutual TLS): a unix socket, else a loopback port out of `ports`.
    pub(crate) async fn bind_authenticated(ports: RangeInclusive<u16>) -> io::Result<Self> {
        #[cfg(unix)]
        if let Ok(listener) = unix::bind() {
            return Ok(listener);
        }
        Self::bind_tcp(ports).await
    }

    /// Binds for clients that prove nothing: on unix, only the private folder guards the socket, so that nothing
    /// else will do.
    pub(crate) async fn bind_unauthenticated(ports: RangeInclusive<u16>) -> io::Result<Self> {
        #[cfg(unix)]
        {
            _ = ports;
            unix::bind()
        }
        #[cfg(not(unix))]
        Self::bind_tcp(ports).await
    }

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

    /// Where it listens.
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

    /// Binds in the system's temporary folder, or in `/tmp` where that one cannot be used.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the temporary folder")]
    pub(super) fn bind() -> io::Result<Listener> {
        bind_in(&std::env::temp_dir()).or_else(|_| bind_in(Path::new("/tmp")))
    }

    pub(super) fn bind_in(parent: &Path) -> io::Result<Listener> {
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

    /// Socket addresses end at 104 bytes (macOS); the handshake line is text, split at `|`; the path is quoted in
    /// the reattach line.
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
