//! The example provider that comes with the `tf-provider` crate: what its own server costs.

use std::path::PathBuf;

use anyhow::Context as _;

use super::build;
use crate::{cargo, environment};

/// Builds it from the crate's own source, with the crate's own lock file and settings.
///
/// # Errors
/// When the source is not there or does not build.
pub(super) fn build() -> anyhow::Result<PathBuf> {
    let manifest = manifest()?;
    let folder = environment::cache("tf-provider")?;
    let (manifest, folder) = (manifest.to_string_lossy(), folder.to_string_lossy());
    let arguments = ["build", "--release", "--locked", "--example", EXAMPLE];
    let programs = build::built(
        &[&arguments[..], &["--manifest-path", &manifest, "--target-dir", &folder]].concat(),
        None,
        "example",
    )?;
    build::find(&programs, EXAMPLE)
}

/// Where cargo keeps the crate's source.
fn manifest() -> anyhow::Result<PathBuf> {
    let metadata = cargo::metadata(&[])?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package =
        packages.find(|package| package["name"] == "tf-provider").context("tf-provider is not in the graph")?;
    Ok(PathBuf::from(package["manifest_path"].as_str().context("cargo tells no path")?))
}

const EXAMPLE: &str = "terraform-provider-null";
