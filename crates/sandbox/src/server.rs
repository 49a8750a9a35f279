//! The listener and its connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::answer;
use crate::answer::Answer;
use crate::received::Received;
use crate::routes;
use crate::routes::Closed;
use crate::sandbox::Sandbox;

/// Binds the address.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves connections until the future is dropped.
pub(crate) async fn serve(listener: TcpListener, sandbox: Sandbox) {
    let sandbox = Arc::new(sandbox);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&sandbox)));
            }
            // Usually there are no file descriptors left, so wait until connections end.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn connection(stream: TcpStream, sandbox: Arc<Sandbox>) {
    let service = service_fn(|request| handle(request, Arc::clone(&sandbox)));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
    // An error here is a client that left, a broken request, or a fault that closes the connection.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn handle(request: Request<Incoming>, sandbox: Arc<Sandbox>) -> Result<Answer, Closed> {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(READ_TIMEOUT, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return Ok(answer::plain(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => return Ok(answer::plain(StatusCode::REQUEST_TIMEOUT)),
    };
    let request = Received { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    routes::answer(&sandbox, request).await
}

// Without a pause, a process that is out of file descriptors would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
// A client that never ends its request must not keep the connection for the sandbox's whole life.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
// Far above a token request with ten thousand scopes, which the tests send.
const LARGEST_BODY: usize = 256 * 1024;
