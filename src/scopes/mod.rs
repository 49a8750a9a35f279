//! Declared scopes against granted ones, and what a difference does.

pub mod drift;
pub mod judge;
