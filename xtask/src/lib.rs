//! The common part of the project's commands and its tests: the form of a release.

pub mod release;
