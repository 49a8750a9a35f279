//! The provider's functions. Pure: no configuration, no clock, no network.

mod claims_diff;
mod decode_jwt;
mod dynamic;
mod parse_auth_config;
mod scope_diff;

use std::collections::HashMap;

use plugin::schema::{Description, Parameter, Type};
use plugin::{AttributePath, Diagnostic, Diagnostics, Registry};

use claims_diff::ClaimsDiff;
use decode_jwt::DecodeJwt;
use dynamic::Dynamic;
use parse_auth_config::ParseAuthConfig;
use scope_diff::ScopeDiff;

/// Registers every function.
pub(super) fn register(registry: &mut Registry) {
    registry.function("claims_diff", ClaimsDiff);
    registry.function("decode_jwt", DecodeJwt);
    registry.function("parse_auth_config", ParseAuthConfig);
    registry.function("scope_diff", ScopeDiff);
}

/// Adds an error about argument `index`, counted from 0. The core adds the parameter's name and a period.
fn argument_error(diags: &mut Diagnostics, index: i64, message: impl Into<String>) {
    diags.add_error(Diagnostic {
        summary: message.into().into(),
        detail: "".into(),
        attribute: AttributePath::function_argument(index),
    });
}

/// A parameter that cannot be null or unknown in a call: the core checks both.
fn parameter(name: &str, param_type: Type, description: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        param_type,
        allow_null: false,
        allow_unknown: false,
        description: Description::markdown(description),
    }
}

fn object<const N: usize>(attributes: [(&str, Type); N]) -> Type {
    Type::Object(HashMap::from(attributes.map(|(name, attribute)| (name.to_owned(), attribute))))
}

fn set_of_strings() -> Type {
    Type::Set(Box::new(Type::String))
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    /// Runs a function's future, which never waits for anything.
    pub(super) fn run<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }
}
