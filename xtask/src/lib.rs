//! The rendering of the documentation, its pages and pictures: shared by `cargo xtask docs`, which writes it, and by the
//! test that compares it with what is committed.

pub mod pages;
pub mod picture;
