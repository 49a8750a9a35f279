//! Build script: see `proto/`.
fn main() {}
