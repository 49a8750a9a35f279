//! The server from launch to end: transport, announcement, services, clean-up; and the services besides the provider's.

use std::future::Future;
use std::io;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::caller::Callers;
use crate::launch;
use crate::launch::Launch;
use crate::lifetime::Lifetime;
use crate::listener::{AcceptLoop, Connection, Listener};
use crate::mtls::{IdentityError, ServerIdentity};
use crate::proto::health::health_check_response::ServingStatus;
use crate::proto::health::health_server::{Health, HealthServer};
use crate::proto::health::{HealthCheckRequest, HealthCheckResponse};
use crate::proto::plugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use crate::proto::plugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use crate::proto::plugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use crate::proto::plugin::{ConnInfo, Empty, StdioData};
use crate::proto::tfplugin6::provider_server::ProviderServer;
use crate::provider::Provider;
use crate::service::Service;

/// Why serving failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Signal handlers could not be installed.
    #[error("signals cannot be handled")]
    Signals(#[source] io::Error),
    /// The server's certificate could not be made.
    #[error("the connection to the host cannot be secured")]
    Identity(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No socket could be opened.
    #[error("no socket can be opened for the host")]
    Listen(#[source] io::Error),
    /// The handshake line could not be written, because nobody reads it.
    #[error("the handshake line cannot be written")]
    Announce(#[source] io::Error),
    /// The server failed.
    #[error("the connection to the host broke down")]
    Transport(#[source] tonic::transport::Error),
}

/// Serves until the host asks for the end, the host's process ends, or a signal arrives. Then cleans up, within two
/// seconds.
///
/// `factory` makes provider instances: one for a host, and one for each configuring connection in a standalone process.
/// Pass standard output as `output`. It gets only the handshake line or the reattach instructions.
///
/// # Errors
/// [`ServeError`], for the terminal or the log.
pub async fn serve<P: Provider>(
    factory: impl Fn() -> P + Send + Sync + 'static,
    launch: Launch,
    output: impl Write,
) -> Result<(), ServeError> {
    let lifetime = Lifetime::begin(matches!(launch, Launch::Hosted(_))).map_err(ServeError::Signals)?;
    let serving = Serving::start(factory, launch, output).await?;
    let callers = Arc::clone(&serving.callers);
    serving.run(lifetime.ended(|| callers.interrupt())).await
}

/// As [`serve`], but ignores signals and the host's process. Ends when `ended` completes, or when a client asks for the
/// end.
///
/// # Errors
/// [`ServeError`].
pub async fn serve_until<P: Provider>(
    factory: impl Fn() -> P + Send + Sync + 'static,
    launch: Launch,
    output: impl Write,
    ended: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Serving::start(factory, launch, output).await?.run(ended).await
}

/// A process whose address has been announced.
struct Serving {
    callers: Arc<Callers>,
    accept_loop: AcceptLoop,
    connections: ReceiverStream<io::Result<Connection>>,
    /// Cancelled at the end of the process.
    end: CancellationToken,
}

impl Serving {
    async fn start<P: Provider>(
        factory: impl Fn() -> P + Send + Sync + 'static,
        launch: Launch,
        output: impl Write,
    ) -> Result<Self, ServeError> {
        let end = CancellationToken::new();
        let callers = Callers::new(factory, matches!(launch, Launch::Standalone { .. }), end.clone());
        let (listener, tls) = open(&launch, output).await?;
        let (accept_loop, connections) = AcceptLoop::start(listener, tls, Arc::clone(&callers));
        Ok(Self { callers, accept_loop, connections, end })
    }

    async fn run(self, ended: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { callers, accept_loop, connections, end } = self;
        let outcome = answer(Arc::clone(&callers), connections, &end, ended).await;
        // Cores do not close ephemeral resources after an error or Ctrl-C, so the provider releases them here.
        callers.stop();
        accept_loop.close().await;
        outcome
    }
}

/// Opens the transport and announces it.
async fn open(launch: &Launch, output: impl Write) -> Result<(Listener, Option<Arc<ServerConfig>>), ServeError> {
    let (listener, tls, text) = match launch {
        Launch::Hosted(hosted) => {
            let identity = identity(hosted.client_certificate.clone())?;
            let listener = match identity {
                Some(_) => Listener::bind_authenticated(hosted.ports.clone()).await,
                None => Listener::bind_unauthenticated(hosted.ports.clone()).await,
            };
            let listener = listener.map_err(ServeError::Listen)?;
            // The line still says 6: the host then explains the mismatch to its user, who does not see this process's
            // output.
            if !hosted.version_offered {
                tracing::error!("the host offers no protocol version that this provider speaks");
            }
            let line =
                launch::handshake_line(listener.address(), identity.as_ref().map(|identity| &identity.certificate));
            (listener, identity.map(|identity| identity.config), format!("{line}\n"))
        }
        Launch::Standalone { source } => {
            let listener = Listener::bind_unauthenticated(10_000..=25_000).await.map_err(ServeError::Listen)?;
            let text = launch::reattach_instructions(source, listener.address(), std::process::id());
            (listener, None, text)
        }
    };
    // After the socket exists, because the host connects as soon as it has read the line.
    announce(output, &text).map_err(ServeError::Announce)?;
    Ok((listener, tls))
}

fn identity(client: Option<CertificateDer<'static>>) -> Result<Option<ServerIdentity>, ServeError> {
    let identity = client.map(ServerIdentity::try_new).transpose();
    identity.map_err(|error: IdentityError| ServeError::Identity(Box::new(error)))
}

fn announce(mut output: impl Write, text: &str) -> io::Result<()> {
    output.write_all(text.as_bytes())?;
    // Standard output is a pipe, and the host waits for the whole line, at most for a minute.
    output.flush()
}

async fn answer(
    callers: Arc<Callers>,
    connections: ReceiverStream<io::Result<Connection>>,
    end: &CancellationToken,
    ended: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let control = Control::new(end.clone());
    let server = Server::builder()
        .add_service(sized(ProviderServer::new(Service::new(callers))))
        .add_service(GrpcControllerServer::new(control.clone()))
        .add_service(GrpcStdioServer::new(control.clone()))
        .add_service(GrpcBrokerServer::new(control.clone()))
        .add_service(HealthServer::new(control))
        .serve_with_incoming_shutdown(connections, end.clone().cancelled_owned());
    let mut server = pin!(server);
    let finished = tokio::select! {
        outcome = &mut server => Some(outcome),
        () = ended => None,
        () = end.cancelled() => None,
    };
    end.cancel();
    // Responses in flight, all of them "interrupted", are still sent. A client that is too slow gets none.
    let outcome = match finished {
        Some(outcome) => outcome,
        None => timeout(FAREWELL, server).await.unwrap_or(Ok(())),
    };
    outcome.map_err(ServeError::Transport)
}

fn sized(service: ProviderServer<Service>) -> ProviderServer<Service> {
    service.max_decoding_message_size(MESSAGE_SIZE).max_encoding_message_size(MESSAGE_SIZE)
}

// The limit of providers in Go: 256 MiB. Tonic's default is 4 MiB.
const MESSAGE_SIZE: usize = 256 << 20;

// For the last responses. The host kills the process two seconds after it has asked for the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// All of these services. Cancels `ended` if the host asks for the end.
#[derive(Clone)]
pub(crate) struct Control {
    ended: CancellationToken,
}

impl Control {
    /// `ended` ends the process and all open streams.
    pub(crate) fn new(ended: CancellationToken) -> Self {
        Self { ended }
    }

    /// A stream that yields `first`, and then nothing until the process ends: hosts treat the end of a stream as the
    /// end of the plugin.
    fn silent_stream<T: Send + 'static>(&self, first: Option<T>) -> BoxStream<T> {
        let (sender, receiver) = mpsc::channel(1);
        let ended = self.ended.clone();
        tokio::spawn(async move {
            if let Some(first) = first {
                _ = sender.send(Ok(first)).await;
            }
            tokio::select! {
                () = ended.cancelled() => {}
                () = sender.closed() => tracing::debug!("the host closed a stream of the plugin protocol"),
            }
        });
        Box::pin(ReceiverStream::new(receiver))
    }
}

#[async_trait]
impl GrpcController for Control {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        // go-plugin waits two seconds for the end of the process, then kills it. Without this service, it would wait at
        // every start: `validate` took 4.7 s instead of 0.7 s.
        tracing::debug!("the host asked to shut down");
        self.ended.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[async_trait]
impl GrpcStdio for Control {
    // Optional, but without it a core writes a line into its log. Terraform would log any output here as unexpected, so
    // there is none.
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(self.silent_stream(None)))
    }
}

#[async_trait]
impl GrpcBroker for Control {
    async fn start_stream(&self, _: Request<Streaming<ConnInfo>>) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(self.silent_stream(None)))
    }
}

#[async_trait]
impl Health for Control {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        if is_served(request.get_ref()) {
            Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
        } else {
            Err(Status::not_found("no such service"))
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<BoxStream<HealthCheckResponse>>, Status> {
        let status = if is_served(request.get_ref()) { ServingStatus::Serving } else { ServingStatus::ServiceUnknown };
        let first = HealthCheckResponse { status: status.into() };
        Ok(Response::new(self.silent_stream(Some(first))))
    }
}

/// go-plugin asks for `plugin`. An empty name means the whole server.
fn is_served(request: &HealthCheckRequest) -> bool {
    matches!(&*request.service, "" | "plugin")
}
