//! Versions of Terraform and OpenTofu.

use std::fmt;

/// Which core, and its version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Version {
    name: &'static str,
    major: u32,
    minor: u32,
    /// What follows the minor version, such as `.4` or `.0-rc1`.
    rest: String,
}

impl Version {
    /// Reads what `terraform version` or `tofu version` prints; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let found = text.lines().find_map(|line| {
            [TERRAFORM, OPENTOFU]
                .into_iter()
                .find_map(|name| Some((name, line.strip_prefix(name)?.strip_prefix(" v")?)))
        });
        let (name, number) = found?;
        let (major, rest) = number.split_once('.')?;
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (minor, rest) = rest.split_at(digits);
        Some(Self { name, major: major.parse().ok()?, minor: minor.parse().ok()?, rest: rest.trim_end().to_owned() })
    }

    /// Whether this core knows ephemeral resources: Terraform from 1.10, OpenTofu from 1.11.
    pub(crate) fn has_ephemeral_resources(&self) -> bool {
        let first = if self.name == TERRAFORM { 10 } else { 11 };
        (self.major, self.minor) >= (1, first)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}.{}{}", self.name, self.major, self.minor, self.rest)
    }
}

const TERRAFORM: &str = "Terraform";
const OPENTOFU: &str = "OpenTofu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        for (text, shown, ephemeral) in [
            ("Terraform v1.11.4\non linux_amd64\n", "Terraform 1.11.4", true),
            ("Terraform v1.10.0-beta1\n", "Terraform 1.10.0-beta1", true),
            ("Terraform v1.9.8\n\nYour version of Terraform is out of date!", "Terraform 1.9.8", false),
            ("OpenTofu v1.10.6\n", "OpenTofu 1.10.6", false),
            ("OpenTofu v1.11.0\n", "OpenTofu 1.11.0", true),
            ("Terraform v2.0.0\n", "Terraform 2.0.0", true),
        ] {
            let version = Version::parse(text).unwrap();
            assert_eq!((version.to_string().as_str(), version.has_ephemeral_resources()), (shown, ephemeral));
        }
    }

    #[test]
    fn other_programs_have_no_version() {
        for text in ["", "Terraform", "Terraform v1", "Terraform vX.Y", "protoc v1.2.3"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
