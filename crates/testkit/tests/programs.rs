//! Because this package has an integration test, `cargo test --workspace` builds its programs, which the scenarios of
//! the root package start.

#[test]
fn the_stand_in_is_beside_the_tests() {
    assert!(testkit::program("restapi-stand-in").is_file());
}
