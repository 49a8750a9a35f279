//! Reads zip archives: what a saved plan is.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

/// One file of an archive.
pub struct Entry {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Whether `bytes` are a zip archive.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL_HEADER)
}

/// All files of a zip archive, unpacked; `None` when it is not one that this reader knows.
///
/// Reads the central directory (APPNOTE 4.3.12), since Go's writer leaves the sizes out of the local headers.
pub fn unzip(bytes: &[u8]) -> Option<Vec<Entry>> {
    let end = (0..bytes.len()).rev().find(|&at| bytes[at..].starts_with(END_OF_DIRECTORY))?;
    let count = u16_at(bytes, end + 10)?;
    let mut at = u32_at(bytes, end + 16)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        if !bytes.get(at..)?.starts_with(DIRECTORY_HEADER) {
            return None;
        }
        let (name_length, extra_length, comment_length) =
            (u16_at(bytes, at + 28)?, u16_at(bytes, at + 30)?, u16_at(bytes, at + 32)?);
        let name = bytes.get(at + 46..at + 46 + name_length)?;
        let packed = packed_bytes(bytes, u32_at(bytes, at + 42)?, u32_at(bytes, at + 20)?)?;
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            bytes: unpack(u16_at(bytes, at + 10)?, packed)?,
        });
        at += 46 + name_length + extra_length + comment_length;
    }
    Some(entries)
}

/// The packed bytes behind the local header at `at`.
fn packed_bytes(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    let start = at + 30 + u16_at(bytes, at + 26)? + u16_at(bytes, at + 28)?;
    bytes.get(start..start + length)
}

fn unpack(method: usize, packed: &[u8]) -> Option<Vec<u8>> {
    match method {
        0 => Some(packed.to_vec()),
        8 => {
            let mut bytes = Vec::new();
            DeflateDecoder::new(packed).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        }
        _ => None,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(usize::from(u16::from_le_bytes(field)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(field)).ok()
}

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const DIRECTORY_HEADER: &[u8] = b"PK\x01\x02";
const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
