//! A forward proxy on loopback. All its tunnels (RFC 9110 section 9.3.6) lead to one fixed address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// The proxy. It stops when dropped.
pub struct ConnectProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl ConnectProxy {
    /// A proxy with tunnels to `target`, whatever host is requested.
    pub async fn to(target: SocketAddr) -> Self {
        Self::start(OPEN, Some(target), None).await
    }

    /// As [`Self::to`], over TLS.
    pub async fn secure(target: SocketAddr, config: ServerConfig) -> Self {
        Self::start(OPEN, Some(target), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    /// Sends these bytes to every client, and closes the connection.
    pub async fn refusing(answer: &'static str) -> Self {
        Self::start(answer, None, None).await
    }

    async fn start(answer: &'static str, target: Option<SocketAddr>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            let mut tunnels = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (tls, seen) = (tls.clone(), Arc::clone(&seen));
                tunnels.spawn(async move {
                    match tls {
                        None => serve(client, answer, target, seen).await,
                        Some(tls) => {
                            if let Ok(client) = tls.accept(client).await {
                                serve(client, answer, target, seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, heads, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    answer: &str,
    target: Option<SocketAddr>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());
    if client.write_all(answer.as_bytes()).await.is_err() {
        return;
    }
    if let Some(target) = target {
        let mut server = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
