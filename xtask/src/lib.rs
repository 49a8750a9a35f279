//! What the project's commands share with its tests: the rendering of the documentation, and the form of a release.

pub mod pages;
pub mod release;
