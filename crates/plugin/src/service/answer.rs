//! Answers that can say what went wrong.

use tf_provider::{Diagnostic, Diagnostics};

use crate::proto::tfplugin6 as wire;
use crate::wire::{diagnostics_to_wire, function_error};

/// The answer to an RPC.
pub(super) trait Answer: Default {
    /// Adds an error.
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

impl Answer for wire::call_function::Response {
    fn fail(&mut self, error: Diagnostic) {
        self.error = function_error(&errors(error));
    }
}

fn errors(error: Diagnostic) -> Diagnostics {
    Diagnostics { errors: vec![error], warnings: Vec::new() }
}
