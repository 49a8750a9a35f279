//! Where things are: the repository, the target folder, programs on the path.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Where cargo puts the programs it builds for us: beside this one, wherever the target folder is.
pub(crate) fn programs() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(own.parent().context("this program has no folder")?.to_owned())
}

/// The path of a program that cargo built for us.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let path = programs()?.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    anyhow::ensure!(path.is_file(), "cargo has not built {}", path.display());
    Ok(path)
}

/// A folder of ours below the target folder, for things that are fetched once.
pub(crate) fn cache(name: &str) -> anyhow::Result<PathBuf> {
    let programs = programs()?;
    Ok(programs.parent().unwrap_or(&programs).join("xtask").join(name))
}

/// A variable's value; an empty one counts as not set.
pub(crate) fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The first program of this name on the path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&variable("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert_eq!(on_path("no-program-has-this-name"), None);
    }
}
