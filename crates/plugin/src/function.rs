//! Functions.

use std::sync::Arc;

use async_trait::async_trait;
use tf_provider::schema::FunctionSchema;
use tf_provider::{Diagnostics, Function};

use crate::caller::Instance;
use crate::proto::tfplugin6::{call_function, get_functions};
use crate::provider;
use crate::provider::Typed;
use crate::wire::{Encoded, diagnostics_to_wire, function_error, require};

#[async_trait]
pub(crate) trait ErasedFunction: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<FunctionSchema>;

    /// `arguments` is an array of all arguments, the variadic ones last.
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

pub(crate) async fn all(instance: Arc<Instance>, _: get_functions::Request) -> get_functions::Response {
    let mut diags = Diagnostics::default();
    let functions = provider::functions(&instance, &mut diags);
    get_functions::Response { functions, diagnostics: diagnostics_to_wire(diags) }
}

pub(crate) async fn call(instance: Arc<Instance>, request: call_function::Request) -> call_function::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let function = instance.function(&mut diags, &request.name)?;
        let arguments = Encoded::from_arguments(&mut diags, request.arguments)?;
        function.call(&mut diags, &arguments).await
    }
    .await;
    // Terraform calls functions in an unconfigured process, also during validation; OpenTofu in the configured one.
    // Arguments are known unless the parameter allows unknown values.
    let result = require(&mut diags, outcome);
    match function_error(&diags) {
        Some(error) => call_function::Response { result: None, error: Some(error) },
        None => call_function::Response { result: result.map(Encoded::into_wire), error: None },
    }
}
