//! Files that hold one secret or certificate.

use std::path::Path;

use crate::settings::source::Source;
use oauth::Secret;

/// Reads the file that `source` names; one final newline is not part of the secret.
///
/// # Errors
///
/// Why the file cannot serve, without quoting it.
pub fn read(source: &Source) -> Result<Secret, String> {
    let path = source.value_file().ok_or("it names no file")?;
    read_bounded(path).map(Secret::new)
}

/// Larger files are neither secrets nor certificates.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Reads a regular file of at most [`MAX_FILE_BYTES`]; one final newline is taken off.
///
/// # Errors
///
/// Why the file cannot serve, without quoting it.
pub fn read_bounded(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the file cannot be read: {}", error.kind());
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
    }
    let bytes = zeroize::Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| "the file is not valid UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() { Err("the file is empty".to_owned()) } else { Ok(text.to_owned()) }
}
