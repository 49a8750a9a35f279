//! What keeps one call from harming the process: interruptions and panics become errors.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use tf_provider::Diagnostic;
use tokio_util::sync::CancellationToken;

use crate::wire::error;

/// Why a call has no answer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The host asked to stop, or the process ends.
    Interrupted,
    /// A bug.
    Panicked,
}

impl Broken {
    /// What the user is told.
    pub(super) fn diagnostic(self, rpc: &'static str) -> Diagnostic {
        match self {
            Self::Interrupted => error("Interrupted", "The operation was interrupted before it could finish."),
            Self::Panicked => error(
                "Provider crashed",
                format!(
                    "The provider failed in an unexpected way while it answered {rpc}. This is a bug in the provider. \
                     Set TF_LOG_PROVIDER=error to see in the log where it happened."
                ),
            ),
        }
    }
}

/// Runs `work` until it is done, panics, or `interrupted` is cancelled.
pub(super) async fn guarded<T>(interrupted: &CancellationToken, work: impl Future<Output = T>) -> Result<T, Broken> {
    tokio::select! {
        biased;
        () = interrupted.cancelled() => Err(Broken::Interrupted),
        outcome = caught(work) => outcome,
    }
}

/// Runs `work` until it is done or panics.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, Broken> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // Nothing touches the future again once it has panicked, and what it shares locks with recovers from it.
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
