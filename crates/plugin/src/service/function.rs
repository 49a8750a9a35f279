//! Functions.

use std::sync::Arc;

use tf_provider::Diagnostics;

use super::provider;
use crate::proto::tfplugin6::{call_function, get_functions};
use crate::session::Instance;
use crate::wire::{Encoded, diagnostics_to_wire, function_error, require};

pub(super) async fn all(instance: Arc<Instance>, _: get_functions::Request) -> get_functions::Response {
    let mut diags = Diagnostics::default();
    let functions = provider::functions(&instance, &mut diags);
    get_functions::Response { functions, diagnostics: diagnostics_to_wire(diags) }
}

pub(super) async fn call(instance: Arc<Instance>, request: call_function::Request) -> call_function::Response {
    let mut diags = Diagnostics::default();
    let outcome = async {
        let function = instance.function(&mut diags, &request.name)?;
        let arguments = Encoded::from_arguments(&mut diags, request.arguments)?;
        function.call(&mut diags, &arguments).await
    }
    .await;
    let result = require(&mut diags, outcome);
    match function_error(&diags) {
        Some(error) => call_function::Response { result: None, error: Some(error) },
        None => call_function::Response { result: result.map(Encoded::into_wire), error: None },
    }
}
