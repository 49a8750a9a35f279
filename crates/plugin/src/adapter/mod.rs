//! From typed traits to encoded values: each object of a provider behind a trait without type parameters.

mod data_source;
mod ephemeral_resource;
mod function;
mod provider;
mod resource;

pub(crate) use data_source::ErasedDataSource;
pub(crate) use ephemeral_resource::{EncodedOpened, EncodedRenewed, ErasedEphemeralResource};
pub(crate) use function::ErasedFunction;
pub(crate) use provider::ErasedProvider;
pub(crate) use resource::{EncodedPlan, EncodedState, ErasedResource};

/// Carries a typed object behind its erased trait.
pub(crate) struct Typed<T>(pub(crate) T);
