//! Zip archives whose bytes depend on their contents alone: no times, no owners, entries as given.

use std::io::Write as _;

use anyhow::Context as _;
use flate2::{Compression, Crc, write::DeflateEncoder};

/// A file to pack.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its name inside the archive.
    pub name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// Whether it can be run.
    pub executable: bool,
}

/// The archive of `entries`.
///
/// # Errors
/// When a file or the archive has 4 GiB or more.
pub fn zip(entries: &[Entry<'_>]) -> anyhow::Result<Vec<u8>> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let offset = size(archive.len())?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(entry.bytes)?;
        let packed = encoder.finish()?;
        let described = described(entry, packed.len())?;
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&described);
        archive.extend_from_slice(entry.name.as_bytes());
        archive.extend_from_slice(&packed);

        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&MADE_BY_UNIX.to_le_bytes());
        directory.extend_from_slice(&described);
        // No comment, first disk, no internal attributes.
        directory.extend_from_slice(&[0; 6]);
        let mode: u32 = if entry.executable { 0o100_755 } else { 0o100_644 };
        directory.extend_from_slice(&(mode << 16).to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(entry.name.as_bytes());
    }
    let (at, length) = (size(archive.len())?, size(directory.len())?);
    let count = u16::try_from(entries.len()).context("too many files")?;
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    archive.extend_from_slice(&count.to_le_bytes());
    archive.extend_from_slice(&count.to_le_bytes());
    archive.extend_from_slice(&length.to_le_bytes());
    archive.extend_from_slice(&at.to_le_bytes());
    archive.extend_from_slice(&[0, 0]);
    Ok(archive)
}

/// What both headers of an entry say: from the version needed to the length of the extra field.
fn described(entry: &Entry<'_>, packed: usize) -> anyhow::Result<Vec<u8>> {
    let mut crc = Crc::new();
    crc.update(entry.bytes);
    let mut fields = Vec::new();
    for field in [VERSION_NEEDED, UTF_8, DEFLATED, MIDNIGHT, FIRST_OF_JANUARY_1980] {
        fields.extend_from_slice(&field.to_le_bytes());
    }
    for field in [crc.sum(), size(packed)?, size(entry.bytes.len())?] {
        fields.extend_from_slice(&field.to_le_bytes());
    }
    let name = u16::try_from(entry.name.len()).context("a name is too long")?;
    fields.extend_from_slice(&name.to_le_bytes());
    fields.extend_from_slice(&[0, 0]);
    Ok(fields)
}

fn size(bytes: usize) -> anyhow::Result<u32> {
    u32::try_from(bytes).context("4 GiB or more do not fit into an archive")
}

/// Version 2.0 of the format, on Unix: file modes count.
const MADE_BY_UNIX: u16 = (3 << 8) | 20;
const VERSION_NEEDED: u16 = 20;
const UTF_8: u16 = 1 << 11;
const DEFLATED: u16 = 8;
const MIDNIGHT: u16 = 0;
const FIRST_OF_JANUARY_1980: u16 = (1 << 5) | 1;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn python_unpacks_it_with_names_modes_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let entries = [
            Entry { name: "LICENSE", bytes: b"text", executable: false },
            Entry { name: "program", bytes: &[7; 10_000], executable: true },
        ];
        std::fs::write(&path, zip(&entries).unwrap()).unwrap();
        let script = "import sys, zipfile\n\
            z = zipfile.ZipFile(sys.argv[1])\n\
            assert z.testzip() is None\n\
            print([(i.filename, oct(i.external_attr >> 16), i.file_size, i.date_time[0]) for i in z.infolist()])";
        let output = Command::new("python3").args(["-c", script]).arg(&path).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            "[('LICENSE', '0o100644', 4, 1980), ('program', '0o100755', 10000, 1980)]",
            "{output:?}"
        );
        assert_eq!(zip(&entries).unwrap(), zip(&entries).unwrap());
    }
}
