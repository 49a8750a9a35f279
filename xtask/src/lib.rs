//! What the project's commands share with its tests: the form of a release.

pub mod release;
