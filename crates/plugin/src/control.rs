//! The services beside the provider: shutdown, standard streams, broker and health.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::proto::health::health_check_response::ServingStatus;
use super::proto::health::health_server::Health;
use super::proto::health::{HealthCheckRequest, HealthCheckResponse};
use super::proto::plugin::grpc_broker_server::GrpcBroker;
use super::proto::plugin::grpc_controller_server::GrpcController;
use super::proto::plugin::grpc_stdio_server::GrpcStdio;
use super::proto::plugin::{ConnInfo, Empty, StdioData};

/// Serves them all; cancels `ended` when the host asks for the end.
#[derive(Clone)]
pub(crate) struct Control {
    ended: CancellationToken,
}

impl Control {
    /// `ended` ends the process, and every open stream with it.
    pub(crate) fn new(ended: CancellationToken) -> Self {
        Self { ended }
    }

    /// A stream that yields `first`, then nothing until the process ends: hosts take the end of a stream for the
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
        tracing::debug!("the host asked to shut down");
        self.ended.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[async_trait]
impl GrpcStdio for Control {
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

/// `plugin` is what go-plugin asks for; the empty name means the server as a whole.
fn is_served(request: &HealthCheckRequest) -> bool {
    matches!(&*request.service, "" | "plugin")
}
