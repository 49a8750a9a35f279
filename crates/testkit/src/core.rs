//! The real Terraform or OpenTofu that the scenarios run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fmt};

use crate::skip;

/// Which of the two cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    Terraform,
    OpenTofu,
}

/// A core binary and its version.
#[derive(Debug, Clone)]
pub struct Core {
    pub path: PathBuf,
    pub flavour: Flavour,
    /// Major and minor version.
    pub version: (u32, u32),
}

impl Core {
    /// The core to test with: `TF_ACC_TERRAFORM_PATH`, else `terraform`, else `tofu` on the path. Found once.
    ///
    /// Without any, the test fails: a suite that skips its main job proves nothing.
    pub fn find() -> &'static Self {
        static CORE: OnceLock<Core> = OnceLock::new();
        CORE.get_or_init(|| {
            let path = locate().expect(
                "no Terraform core: set TF_ACC_TERRAFORM_PATH, or put `terraform` or `tofu` on the path \
                 (`cargo xtask test` gets one)",
            );
            Self::at(path)
        })
    }

    /// [`Self::find`], for scenarios with `ephemeral` blocks: skips the test on a core that has none.
    #[track_caller]
    pub fn find_with_ephemerals() -> &'static Self {
        let core = Self::find();
        if !core.has_ephemerals() {
            skip::test(&format!("{core} has no ephemeral resources"));
        }
        core
    }

    /// Whether it knows `ephemeral` blocks.
    pub fn has_ephemerals(&self) -> bool {
        self.version >= self.first((1, 10), (1, 11))
    }

    /// Whether an apply configures providers of which nothing is created, changed or destroyed. Cores that know
    /// ephemeral resources do; older ones leave such a provider out.
    pub fn configures_idle_providers(&self) -> bool {
        self.has_ephemerals()
    }

    /// Whether it knows `provider::name::function(…)`.
    pub fn has_functions(&self) -> bool {
        self.version >= self.first((1, 8), (1, 7))
    }

    /// Whether a function of a provider can configure that very provider: a cycle to OpenTofu.
    pub fn has_functions_for_their_provider(&self) -> bool {
        self.flavour == Flavour::Terraform && self.has_functions()
    }

    /// Whether `test` knows `mock_provider`.
    pub fn has_mocks(&self) -> bool {
        self.version >= self.first((1, 7), (1, 8))
    }

    /// Whether it reports an error of every instance of a counted object: Terraform from 1.12 on shows one of those that
    /// are alike.
    pub fn reports_every_instance(&self) -> bool {
        self.flavour == Flavour::OpenTofu || self.version < (1, 12)
    }

    /// The heading over drift in the plan that people read. Texts of the cores that differ stand here.
    pub fn drift_heading(&self) -> &'static str {
        self.first("Objects have changed outside of Terraform", "Objects have changed outside of OpenTofu")
    }

    /// Where a provider without a host in its source address lives.
    pub fn registry(&self) -> &'static str {
        self.first("registry.terraform.io", "registry.opentofu.org")
    }

    fn first<T>(&self, terraform: T, opentofu: T) -> T {
        match self.flavour {
            Flavour::Terraform => terraform,
            Flavour::OpenTofu => opentofu,
        }
    }

    fn at(path: PathBuf) -> Self {
        let output = Command::new(&path)
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE")
            .env_remove("TF_LOG")
            .output()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", path.display()));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (flavour, version) =
            parse_version(&text).unwrap_or_else(|| panic!("{} printed no version: {text}", path.display()));
        Self { path, flavour, version }
    }
}

impl fmt::Display for Core {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.version;
        write!(formatter, "{:?} {major}.{minor} at {}", self.flavour, self.path.display())
    }
}

fn locate() -> Option<PathBuf> {
    if let Some(path) = env::var_os("TF_ACC_TERRAFORM_PATH").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let folders = env::var_os("PATH")?;
    ["terraform", "tofu"]
        .iter()
        .find_map(|name| env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| is_program(path)))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Reads the first line of `version`: `Terraform v1.11.4`, `OpenTofu v1.12.0-rc1`.
fn parse_version(text: &str) -> Option<(Flavour, (u32, u32))> {
    let (name, version) = text.lines().next()?.split_once(" v")?;
    let flavour = match name {
        "Terraform" => Flavour::Terraform,
        "OpenTofu" => Flavour::OpenTofu,
        _ => return None,
    };
    let mut numbers = version.split('.').map(str::parse);
    Some((flavour, (numbers.next()?.ok()?, numbers.next()?.ok()?)))
}

#[test]
fn the_version_of_both_cores_is_read() {
    assert_eq!(parse_version("Terraform v1.11.4\non linux_amd64\n"), Some((Flavour::Terraform, (1, 11))));
    assert_eq!(parse_version("OpenTofu v1.12.0-rc1\n"), Some((Flavour::OpenTofu, (1, 12))));
    assert_eq!(parse_version("Packer v1.9.0\n"), None);
}
