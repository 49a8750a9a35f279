//! Functions, erased.

use async_trait::async_trait;
use tf_provider::schema::FunctionSchema;
use tf_provider::{Diagnostics, Function};

use super::Typed;
use crate::wire::Encoded;

/// A [`Function`] of any input and output.
#[async_trait]
pub(crate) trait ErasedFunction: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<FunctionSchema>;

    /// `arguments` is the array of all arguments; variadic ones follow the others.
    async fn call(&self, diags: &mut Diagnostics, arguments: &Encoded) -> Option<Encoded>;
}

#[async_trait]
impl<F: Function> ErasedFunction for Typed<F> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<FunctionSchema> {
        self.0.schema(diags)
    }

    async fn call(&self, diags: &mut Diagnostics, arguments: &Encoded) -> Option<Encoded> {
        let input = arguments.decode(diags)?;
        let output = self.0.call(diags, input).await?;
        Encoded::encode(diags, &output)
    }
}
