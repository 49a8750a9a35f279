//! The files of a release, in the form and with the names that provider registries require.

mod elf;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

pub use elf::is_static;

/// The file names of one version's release.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The version, without `v`.
    pub version: &'a str,
}

impl Names<'_> {
    /// The archive for a platform such as `linux_amd64`.
    pub fn archive(&self, platform: &str) -> String {
        self.file(&format!("{platform}.zip"))
    }

    /// The program inside an archive.
    pub fn program(&self, platform: &str) -> String {
        let suffix = if platform.starts_with("windows_") { ".exe" } else { "" };
        format!("{PROVIDER}_v{}{suffix}", self.version)
    }

    /// The manifest, which names the provider's protocol version.
    pub fn manifest(&self) -> String {
        self.file("manifest.json")
    }

    /// The checksums of archives and manifest.
    pub fn checksums(&self) -> String {
        self.file("SHA256SUMS")
    }

    fn file(&self, rest: &str) -> String {
        format!("{PROVIDER}_{}_{rest}", self.version)
    }
}

/// An archive with the program and the licence. The same program always gives the same bytes.
///
/// # Errors
/// A file is too large for the format.
pub fn archive(names: &Names<'_>, platform: &str, program: &[u8], licence: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, mode) in [("LICENSE".to_owned(), licence, 0o644), (names.program(platform), program, 0o755)] {
        // The time of packing would be the only difference between two archives, so it is fixed to the first possible
        // one.
        let options = SimpleFileOptions::default().last_modified_time(DateTime::DEFAULT).unix_permissions(mode);
        let options = options.compression_method(CompressionMethod::Deflated).compression_level(Some(9));
        archive.start_file(name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The lines of `SHA256SUMS`, sorted by file name, for `sha256sum --check`.
pub fn checksums<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut lines: Vec<_> = files.into_iter().map(|(name, bytes)| (name, sha256(bytes))).collect();
    lines.sort_unstable();
    lines.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect()
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The platform of a Rust target, as in cores and registries; `None` for a target without a release.
pub fn platform(target: &str) -> Option<&'static str> {
    PLATFORMS.iter().find(|(known, _)| *known == target).map(|(_, platform)| *platform)
}

const PLATFORMS: [(&str, &str); 7] = [
    ("aarch64-apple-darwin", "darwin_arm64"),
    ("aarch64-pc-windows-msvc", "windows_arm64"),
    ("aarch64-unknown-linux-musl", "linux_arm64"),
    ("x86_64-apple-darwin", "darwin_amd64"),
    ("x86_64-pc-windows-msvc", "windows_amd64"),
    ("x86_64-unknown-freebsd", "freebsd_amd64"),
    ("x86_64-unknown-linux-musl", "linux_amd64"),
];

const PROVIDER: &str = "terraform-provider-cxone";

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn files_are_named_as_registries_demand() {
        let names = Names { version: "1.2.3" };
        assert_eq!(names.archive("linux_amd64"), "terraform-provider-cxone_1.2.3_linux_amd64.zip");
        assert_eq!(names.program("linux_amd64"), "terraform-provider-cxone_v1.2.3");
        assert_eq!(names.program("windows_amd64"), "terraform-provider-cxone_v1.2.3.exe");
        assert_eq!(names.manifest(), "terraform-provider-cxone_1.2.3_manifest.json");
        assert_eq!(names.checksums(), "terraform-provider-cxone_1.2.3_SHA256SUMS");
        assert_eq!(platform("aarch64-unknown-linux-musl"), Some("linux_arm64"));
        assert_eq!(platform("x86_64-unknown-linux-gnu"), None);
    }

    #[test]
    fn the_workflow_builds_for_every_platform() {
        let workflow = include_str!("../../../.github/workflows/release.yml");
        let targets = workflow.lines().filter_map(|line| line.split_once("target: ")?.1.split([',', ' ']).next());
        let mut platforms: Vec<_> = targets.filter_map(platform).collect();
        platforms.sort_unstable();
        let systems = ["darwin", "linux", "windows"];
        let all: Vec<_> =
            systems.iter().flat_map(|system| [format!("{system}_amd64"), format!("{system}_arm64")]).collect();
        assert_eq!(platforms, all);
    }

    #[test]
    fn workflows_use_actions_by_commit() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.github/workflows")).unwrap();
        let workflows: Vec<_> = folder.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
        let uses: Vec<_> =
            workflows.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once("uses: ")).collect();
        assert!(uses.len() >= 5, "{uses:?}");
        for (_, action) in uses {
            let commit =
                action.split_once('@').map_or("", |(_, version)| version.split(' ').next().unwrap_or_default());
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
        }
    }

    #[test]
    fn python_unpacks_an_archive_with_names_modes_and_contents() {
        let names = Names { version: "1.2.3" };
        let pack = || archive(&names, "linux_amd64", &[7; 10_000], b"text").unwrap();
        let script = "import io, sys, zipfile\n\
            z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\n\
            assert z.testzip() is None\n\
            print([(i.filename, oct(i.external_attr >> 16), i.file_size, i.date_time[0]) for i in z.infolist()])";
        let mut command = Command::new("python3");
        let mut python = command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        python.stdin.take().unwrap().write_all(&pack()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            "[('LICENSE', '0o100644', 4, 1980), ('terraform-provider-cxone_v1.2.3', '0o100755', 10000, 1980)]",
            "{output:?}"
        );
        assert_eq!(pack(), pack());
    }

    #[test]
    fn checksums_are_sorted_lines() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(checksums([("b", &b""[..]), ("a", &b""[..])]), format!("{empty}  a\n{empty}  b\n"));
    }
}
