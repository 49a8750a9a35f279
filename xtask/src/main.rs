//! The project's commands, behind `cargo xtask`.
fn main() {}
