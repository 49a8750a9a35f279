//! The RPCs, one thin function each: it guards, times and logs the work of the object's own file. Generated code
//! responds "unimplemented" to all other RPCs.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use tf_provider::{Diagnostic, Diagnostics};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, async_trait};

use crate::caller::{Caller, Callers, Instance};
use crate::proto::tfplugin6 as wire;
use crate::proto::tfplugin6::provider_server::Provider;
use crate::wire::{diagnostics_to_wire, error, function_error};
use crate::{data_source, ephemeral_resource, function, provider, resource};

// Every failure is a diagnostic in a response. The core would report a gRPC status as "Plugin did not respond", without
// the reason.
pub(crate) struct Service {
    callers: Arc<Callers>,
    /// Schemas never change during the life of the process.
    schema: OnceLock<wire::get_provider_schema::Response>,
}

impl Service {
    pub(crate) fn new(callers: Arc<Callers>) -> Self {
        Self { callers, schema: OnceLock::new() }
    }

    /// Responds with the outcome of `work`, unless it panics or is interrupted.
    async fn answer<Q, A: Answer, F: Future<Output = A>>(
        &self,
        name: &'static str,
        request: Request<Q>,
        work: impl FnOnce(Arc<Instance>, Q) -> F,
    ) -> Result<Response<A>, Status> {
        self.answer_or(name, request, |_| A::default(), work).await
    }

    /// As [`answer`](Self::answer), but also after a stop: for work that never waits, or that releases resources.
    async fn answer_to_the_end<Q, A: Answer, F: Future<Output = A>>(
        &self,
        name: &'static str,
        request: Request<Q>,
        work: impl FnOnce(Arc<Instance>, Q) -> F,
    ) -> Result<Response<A>, Status> {
        let caller = caller(&request).ok_or_else(no_caller)?;
        let instance = self.callers.instance(&caller);
        let work = async { work(instance, request.into_inner()).await };
        Ok(Response::new(observed(name, self.callers.ended(), A::default(), work).await))
    }

    /// As [`answer`](Self::answer). `fallback` is the response of a broken call, with the error added.
    async fn answer_or<Q, A: Answer, F: Future<Output = A>>(
        &self,
        name: &'static str,
        request: Request<Q>,
        fallback: impl FnOnce(&Q) -> A,
        work: impl FnOnce(Arc<Instance>, Q) -> F,
    ) -> Result<Response<A>, Status> {
        let caller = caller(&request).ok_or_else(no_caller)?;
        let instance = self.callers.instance(&caller);
        let request = request.into_inner();
        let fallback = fallback(&request);
        let work = async { work(instance, request).await };
        Ok(Response::new(observed(name, caller.stopped(), fallback, work).await))
    }
}

// Only the RPC's name is logged: request and response can contain secrets.
async fn observed<A: Answer>(
    name: &'static str,
    stopped: &CancellationToken,
    mut fallback: A,
    work: impl Future<Output = A>,
) -> A {
    #[expect(clippy::disallowed_methods, reason = "how long a call takes is for the log alone")]
    let started = Instant::now();
    let outcome = guarded(stopped, work).await;
    let microseconds = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let result = match &outcome {
        Ok(_) => "answered",
        Err(Broken::Interrupted) => "interrupted",
        Err(Broken::Panicked) => "panicked",
    };
    tracing::debug!(rpc = name, microseconds, result, "rpc");
    outcome.unwrap_or_else(|broken| {
        fallback.fail(broken.diagnostic(name));
        fallback
    })
}

// Tonic adds the `Connected` information to every request.
fn caller<Q>(request: &Request<Q>) -> Option<Arc<Caller>> {
    request.extensions().get().cloned()
}

fn no_caller() -> Status {
    Status::internal("the connection is unknown")
}

#[async_trait]
impl Provider for Service {
    async fn get_metadata(
        &self,
        request: Request<wire::get_metadata::Request>,
    ) -> Result<Response<wire::get_metadata::Response>, Status> {
        self.answer_to_the_end("GetMetadata", request, provider::metadata).await
    }

    async fn get_provider_schema(
        &self,
        request: Request<wire::get_provider_schema::Request>,
    ) -> Result<Response<wire::get_provider_schema::Response>, Status> {
        // If many walks share one process, a core asks three times in one plan.
        if let Some(schema) = self.schema.get() {
            return Ok(Response::new(schema.clone()));
        }
        let response = self.answer_to_the_end("GetProviderSchema", request, provider::schema).await?;
        if response.get_ref().diagnostics.is_empty() {
            _ = self.schema.set(response.get_ref().clone());
        }
        Ok(response)
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<wire::get_resource_identity_schemas::Request>,
    ) -> Result<Response<wire::get_resource_identity_schemas::Response>, Status> {
        // Terraform and OpenTofu from 1.12 ask after every schema. Any error except "unimplemented" would be fatal.
        Ok(Response::new(Default::default()))
    }

    async fn get_functions(
        &self,
        request: Request<wire::get_functions::Request>,
    ) -> Result<Response<wire::get_functions::Response>, Status> {
        self.answer_to_the_end("GetFunctions", request, function::all).await
    }

    async fn validate_provider_config(
        &self,
        request: Request<wire::validate_provider_config::Request>,
    ) -> Result<Response<wire::validate_provider_config::Response>, Status> {
        self.answer("ValidateProviderConfig", request, provider::validate).await
    }

    async fn configure_provider(
        &self,
        request: Request<wire::configure_provider::Request>,
    ) -> Result<Response<wire::configure_provider::Response>, Status> {
        let (callers, caller) = (&self.callers, caller(&request).ok_or_else(no_caller)?);
        let work = async |_, request: wire::configure_provider::Request| {
            let instance = callers.instance_to_configure(&caller, request.config.as_ref());
            provider::configure(instance, request).await
        };
        self.answer("ConfigureProvider", request, work).await
    }

    async fn stop_provider(
        &self,
        request: Request<wire::stop_provider::Request>,
    ) -> Result<Response<wire::stop_provider::Response>, Status> {
        tracing::debug!("the host asked to stop the work in progress");
        let caller = caller(&request).ok_or_else(no_caller)?;
        // This response has no diagnostics. The core logs its text and continues.
        let outcome = caught(async { caller.stop() }).await;
        let error = outcome.err().map(|broken| broken.diagnostic("StopProvider").detail.into_owned());
        Ok(Response::new(wire::stop_provider::Response { error: error.unwrap_or_default() }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> Result<Response<wire::validate_data_resource_config::Response>, Status> {
        self.answer("ValidateDataResourceConfig", request, data_source::validate).await
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> Result<Response<wire::read_data_source::Response>, Status> {
        self.answer("ReadDataSource", request, data_source::read).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<wire::validate_ephemeral_resource_config::Response>, Status> {
        self.answer("ValidateEphemeralResourceConfig", request, ephemeral_resource::validate).await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::open_ephemeral_resource::Request>,
    ) -> Result<Response<wire::open_ephemeral_resource::Response>, Status> {
        self.answer("OpenEphemeralResource", request, ephemeral_resource::open).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<wire::renew_ephemeral_resource::Request>,
    ) -> Result<Response<wire::renew_ephemeral_resource::Response>, Status> {
        let kept = ephemeral_resource::unrenewed;
        self.answer_or("RenewEphemeralResource", request, kept, ephemeral_resource::renew).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<wire::close_ephemeral_resource::Request>,
    ) -> Result<Response<wire::close_ephemeral_resource::Response>, Status> {
        self.answer_to_the_end("CloseEphemeralResource", request, ephemeral_resource::close).await
    }

    async fn validate_resource_config(
        &self,
        request: Request<wire::validate_resource_config::Request>,
    ) -> Result<Response<wire::validate_resource_config::Response>, Status> {
        self.answer("ValidateResourceConfig", request, resource::validate).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> Result<Response<wire::upgrade_resource_state::Response>, Status> {
        self.answer("UpgradeResourceState", request, resource::upgrade).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<wire::upgrade_resource_identity::Request>,
    ) -> Result<Response<wire::upgrade_resource_identity::Response>, Status> {
        self.answer("UpgradeResourceIdentity", request, resource::upgrade_identity).await
    }

    async fn read_resource(
        &self,
        request: Request<wire::read_resource::Request>,
    ) -> Result<Response<wire::read_resource::Response>, Status> {
        self.answer_or("ReadResource", request, resource::unread, resource::read).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> Result<Response<wire::plan_resource_change::Response>, Status> {
        self.answer("PlanResourceChange", request, resource::plan).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> Result<Response<wire::apply_resource_change::Response>, Status> {
        self.answer_or("ApplyResourceChange", request, resource::unapplied, resource::apply).await
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> Result<Response<wire::import_resource_state::Response>, Status> {
        self.answer("ImportResourceState", request, resource::import).await
    }

    async fn call_function(
        &self,
        request: Request<wire::call_function::Request>,
    ) -> Result<Response<wire::call_function::Response>, Status> {
        self.answer("CallFunction", request, function::call).await
    }
}

trait Answer: Default {
    fn fail(&mut self, error: Diagnostic);
}

macro_rules! answers {
    ($($rpc:ident)+) => {$(
        impl Answer for wire::$rpc::Response {
            fn fail(&mut self, error: Diagnostic) {
                self.diagnostics.extend(diagnostics_to_wire(errors(error)));
            }
        }
    )+};
}

answers! {
    get_metadata get_provider_schema get_functions validate_provider_config configure_provider
    validate_data_resource_config read_data_source
    validate_ephemeral_resource_config open_ephemeral_resource renew_ephemeral_resource close_ephemeral_resource
    validate_resource_config upgrade_resource_state upgrade_resource_identity read_resource plan_resource_change
    apply_resource_change import_resource_state
}

// The response of a function can contain one error, but neither warnings nor paths.
impl Answer for wire::call_function::Response {
    fn fail(&mut self, error: Diagnostic) {
        self.error = function_error(&errors(error));
    }
}

fn errors(error: Diagnostic) -> Diagnostics {
    Diagnostics { errors: vec![error], warnings: Vec::new() }
}

/// Why a call has no response of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// The host asked to stop, or the process ends.
    Interrupted,
    /// A bug.
    Panicked,
}

impl Broken {
    // Without the panic's message, because that can quote anything.
    fn diagnostic(self, rpc: &'static str) -> Diagnostic {
        match self {
            Self::Interrupted => error("Interrupted", "The operation was interrupted before it could finish."),
            Self::Panicked => error(
                "Provider crashed",
                format!(
                    "The provider failed unexpectedly during {rpc}. This is a bug in the provider. Set \
                     TF_LOG_PROVIDER=error to see in the log where it happened."
                ),
            ),
        }
    }
}

/// Runs `work` until it completes, panics, or `stopped` is cancelled.
async fn guarded<T>(stopped: &CancellationToken, work: impl Future<Output = T>) -> Result<T, Broken> {
    tokio::select! {
        // Stopped first, so that a call after the stop does not start its work.
        biased;
        () = stopped.cancelled() => Err(Broken::Interrupted),
        outcome = caught(work) => outcome,
    }
}

/// Runs `work` until it completes or panics.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Broken> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // Otherwise a panic would end the connection's task, and the core would only report that the plugin crashed.
        // Nothing polls the future after its panic, and all locks that it shares recover from poisoning.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
            Err(_) => Poll::Ready(Err(Broken::Panicked)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_ends_well_is_passed_on() {
        assert_eq!(guarded(&CancellationToken::new(), async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_becomes_an_error_without_its_message() {
        let work = async {
            tokio::task::yield_now().await;
            if true {
                panic!("canary");
            }
        };
        let broken = guarded(&CancellationToken::new(), work).await.unwrap_err();
        assert_eq!(broken, Broken::Panicked);
        assert!(!format!("{:?}", broken.diagnostic("ReadDataSource")).contains("canary"));
    }

    #[tokio::test]
    async fn an_interruption_ends_work_that_never_would() {
        let token = CancellationToken::new();
        token.cancel();
        assert_eq!(guarded(&token, std::future::pending::<()>()).await, Err(Broken::Interrupted));
    }
}
