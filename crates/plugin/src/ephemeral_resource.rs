//! Ephemeral resources, in the style of `tf_provider::DataSource`.

use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

/// An object that lives for one walk of the core and never touches plan or state.
#[async_trait]
pub trait EphemeralResource: Send + Sync {
    /// Configuration and result, as one object.
    type State<'a>: Serialize + Deserialize<'a> + Send;

    /// Opaque data that the core hands back to `renew` and `close`. The configuration is not handed back.
    type PrivateState<'a>: Serialize + Deserialize<'a> + Send;

    /// The schema; `None` is an internal error.
    fn schema(&self, diags: &mut Diagnostics) -> Option<Schema>;

    /// Checks the configuration offline.
    async fn validate<'a>(&self, diags: &mut Diagnostics, config: Self::State<'a>) -> Option<()> {
        _ = (diags, config);
        Some(())
    }

    /// Opens the object: at plan and again at apply.
    async fn open<'a>(
        &self,
        diags: &mut Diagnostics,
        config: Self::State<'a>,
    ) -> Option<Opened<Self::State<'a>, Self::PrivateState<'a>>>;

    /// Extends the object's life. The result cannot change. Return the same private data as `open` did:
    /// Terraform closes with that of `open`, OpenTofu with that of the latest `renew`.
    async fn renew<'a>(
        &self,
        diags: &mut Diagnostics,
        private: Self::PrivateState<'a>,
    ) -> Option<Renewed<Self::PrivateState<'a>>> {
        _ = diags;
        Some(Renewed { private, renew_at: None })
    }

    /// Ends the object. Not called after errors or Ctrl-C: clean up at shutdown, too.
    async fn close<'a>(&self, diags: &mut Diagnostics, private: Self::PrivateState<'a>) -> Option<()> {
        _ = (diags, private);
        Some(())
    }
}

/// What `open` hands out.
pub struct Opened<S, P> {
    /// The result: set arguments as configured, everything else known (unknown only when the provider itself is
    /// configured with unknown values).
    pub result: S,
    /// Handed back to `renew` and `close`.
    pub private: P,
    /// When the core shall call `renew`; `None`: never.
    pub renew_at: Option<SystemTime>,
}

/// What `renew` hands out.
pub struct Renewed<P> {
    /// Handed back to the next `renew` and, by OpenTofu, to `close`.
    pub private: P,
    /// When the core shall call `renew` again; `None`: never.
    pub renew_at: Option<SystemTime>,
}
