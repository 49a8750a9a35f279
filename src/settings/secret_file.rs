//! Files with one text: a secret, certificates, an `auth:` section.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use oauth::Secret;
use zeroize::Zeroizing;

use crate::settings::inspect::shape;
use crate::settings::source::Source;

/// Why a file is not usable, as a clause about "it" or "the file". Quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableFile {
    /// The source names no file.
    #[error("it names no file")]
    None,
    /// The system's reason.
    #[error("the file cannot be read: {}", reason(*.0))]
    Unreadable(io::ErrorKind),
    /// A folder.
    #[error("it is a folder and not a regular file")]
    Folder,
    /// A device, a socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// Larger than any secret or certificate.
    #[error("the file is larger than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    /// Text in an unsupported encoding, with its name.
    #[error("the file is {0}: save it as UTF-8")]
    Encoding(&'static str),
    /// No text.
    #[error("the file is not valid UTF-8")]
    NotText,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A pipe that ended without any content.
    #[error(
        "it is an empty pipe: a pipe can be read once, by one process, and Terraform starts the provider several \
         times in one run. Use a regular file or an environment variable"
    )]
    EmptyPipe,
    /// A pipe without a writer, or one that did not end.
    #[error("it is a pipe that did not end within {} s", .0.as_secs())]
    SlowPipe(Duration),
}

/// Reads the file of `source`. One final newline is not part of the secret.
///
/// # Errors
///
/// The file is not usable. The error does not quote it.
pub fn read(source: &Source) -> Result<Secret, UnreadableFile> {
    read_text(source.value_file().ok_or(UnreadableFile::None)?)
}

/// Reads a regular file or a pipe of at most `MAX_FILE_BYTES` in UTF-8, with or without a byte order mark, or in UTF-16
/// with one. Removes one final newline.
///
/// # Errors
///
/// The file is not usable. The error does not quote it.
pub fn read_text(path: &Path) -> Result<Secret, UnreadableFile> {
    let metadata = std::fs::metadata(path).map_err(|error| UnreadableFile::Unreadable(error.kind()))?;
    if metadata.is_dir() {
        return Err(UnreadableFile::Folder);
    }
    let bytes = if metadata.is_file() {
        read_bounded(path)?
    } else if is_pipe(&metadata) {
        read_pipe(path, PIPE_LIMIT)?
    } else {
        return Err(UnreadableFile::NotRegular);
    };
    let text = decode(&bytes)?;
    // Editors and `echo` add one newline. Further ones can be part of the value.
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() { Err(UnreadableFile::Empty) } else { Ok(Secret::new(text)) }
}

/// Whether a message may show a path: a secret instead of a path can contain slashes and dots as well, so there must be
/// evidence that it is a path.
pub fn may_show(path: &Path) -> bool {
    // Every text with a slash at its start has the root as its folder, and every text without one the current folder.
    let folder = path.parent().filter(|folder| folder.parent().is_some() && !folder.as_os_str().is_empty());
    path.exists() || folder.is_some_and(Path::is_dir) || path.to_str().is_some_and(shape::is_plainly_a_path)
}

fn read_bounded(path: &Path) -> Result<Zeroizing<Vec<u8>>, UnreadableFile> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| UnreadableFile::Unreadable(error.kind()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(UnreadableFile::TooLarge) } else { Ok(bytes) }
}

/// Reads a pipe to its end. Opening waits for a writer, and reading for the end. Nothing can interrupt these waits, so
/// they happen in a thread that is abandoned when the time is up.
fn read_pipe(path: &Path, limit: Duration) -> Result<Zeroizing<Vec<u8>>, UnreadableFile> {
    let (sender, receiver) = mpsc::channel();
    let path = PathBuf::from(path);
    // After the limit nobody receives, and the result is dropped.
    thread::spawn(move || sender.send(read_bounded(&path)));
    match receiver.recv_timeout(limit) {
        Ok(Ok(bytes)) if bytes.is_empty() => Err(UnreadableFile::EmptyPipe),
        Ok(read) => read,
        Err(_) => Err(UnreadableFile::SlowPipe(limit)),
    }
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// The text, in the encodings of Windows editors and shells: `>` in Windows PowerShell writes UTF-16.
fn decode(bytes: &[u8]) -> Result<Zeroizing<String>, UnreadableFile> {
    let text = match bytes {
        // Before UTF-16, because its byte order mark begins in the same way.
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => return Err(UnreadableFile::Encoding("in UTF-32")),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            // Certificate files can be DER, or contain comments in Latin-1.
            Err(_) => oauth::pem::text_of(rest).ok_or(UnreadableFile::NotText)?,
        },
    };
    Ok(Zeroizing::new(text))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, UnreadableFile> {
    let damaged = UnreadableFile::Encoding("in UTF-16, and damaged");
    let (pairs, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(damaged);
    }
    let units = Zeroizing::new(pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>());
    String::from_utf16(&units).map_err(|_| damaged)
}

/// The reason in a shell's words, if it has some.
fn reason(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        kind => kind.to_string(),
    }
}

// Larger files are neither secrets nor certificates.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

// A password manager that asks its user needs seconds. After a longer wait, there is no writer.
const PIPE_LIMIT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Secret, UnreadableFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        read_text(&path)
    }

    fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn encodings_that_windows_writes_are_read() {
        let little = |text: &str| units(text, u16::to_le_bytes);
        let big = |text: &str| units(text, u16::to_be_bytes);
        let cases = [
            ("plain", "canary\n".as_bytes().to_vec()),
            ("UTF-8 with a byte order mark", "\u{FEFF}canary\r\n".as_bytes().to_vec()),
            ("UTF-16, little end first", little("\u{FEFF}canary\r\n")),
            ("UTF-16, big end first", big("\u{FEFF}canary\n")),
        ];
        for (name, bytes) in cases {
            assert_eq!(read(&bytes).unwrap().expose(), "canary", "{name}");
        }
        assert_eq!(read(&little("\u{FEFF}\u{1F600}")).unwrap().expose(), "\u{1F600}");
        let only_one = read("\u{FEFF}\u{FEFF}canary".as_bytes()).unwrap();
        assert_eq!(only_one.expose(), "\u{FEFF}canary", "a second mark is the inspection's to name");
    }

    #[test]
    fn what_is_no_text_is_named() {
        let cases: [(&str, &[u8], &str); 8] = [
            ("empty", b"", "the file is empty"),
            ("a line end alone", b"\r\n", "the file is empty"),
            ("a mark alone", b"\xEF\xBB\xBF", "the file is empty"),
            ("half a unit", b"\xFF\xFEc\0a", "the file is in UTF-16, and damaged: save it as UTF-8"),
            ("half a character", b"\xFE\xFF\xD8\x00", "the file is in UTF-16, and damaged: save it as UTF-8"),
            ("UTF-32, little end first", b"\xFF\xFE\0\0c\0\0\0", "the file is in UTF-32: save it as UTF-8"),
            ("UTF-32, big end first", b"\0\0\xFE\xFF\0\0\0c", "the file is in UTF-32: save it as UTF-8"),
            ("Latin-1", b"can\xE9ry", "the file is not valid UTF-8"),
        ];
        for (name, bytes, why) in cases {
            assert_eq!(read(bytes).unwrap_err().to_string(), why, "{name}");
        }
        let large = vec![b'x'; usize::try_from(MAX_FILE_BYTES).unwrap() + 1];
        assert_eq!(read(&large).unwrap_err(), UnreadableFile::TooLarge);
        assert_eq!(read(&large[1..]).unwrap().expose().len(), large.len() - 1);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        assert_eq!(read_text(&none).unwrap_err().to_string(), "the file cannot be read: no such file");
        assert_eq!(read_text(folder.path()).unwrap_err(), UnreadableFile::Folder);
        #[cfg(unix)]
        {
            for device in ["/dev/null", "/dev/zero"] {
                assert_eq!(read_text(Path::new(device)).unwrap_err(), UnreadableFile::NotRegular, "{device}");
            }
            let socket = folder.path().join("socket");
            let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
            assert_eq!(read_text(&socket).unwrap_err(), UnreadableFile::NotRegular);
        }
    }

    #[test]
    fn a_path_is_shown_where_something_speaks_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let in_folder = folder.path().join("Zx8+Canary/9=");
        std::fs::create_dir(folder.path().join("Zx8+Canary")).unwrap();
        assert!(may_show(&in_folder) && may_show(&folder.path().join("Zx8Canary")));
        let shown = [
            "/nonexistent/secret",
            "/no/such/file",
            "/run/secrets/cxone-client-2",
            "/opt/app/cxone.txt",
            "~/.cxone/secret",
            "./secret",
            "../secrets/cxone",
            "C:\\cxone\\secret.txt",
            "secrets/cxone.txt",
            "client-secret.key",
        ];
        for path in shown {
            assert!(may_show(Path::new(path)), "{path}");
        }
        let hidden = [
            "canaryPastedSecret",
            "canary/Pasted.Secret",
            "canary.pasted.secret",
            "/Zx8Canary",
            "/canary",
            "/zx8/canary+/9",
            "/Zx8Canary/k3.Q",
            "zx8/canary/secret",
            "Canary.txt/9=",
            "a\\b/canary",
            "eyJhbGciOiJub25lIn0.e30.c2ln",
            "-----BEGIN CERTIFICATE-----\nQ2FuYXJ5\n-----END CERTIFICATE-----",
        ];
        for path in hidden {
            assert!(!may_show(Path::new(path)), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_read_to_its_end_within_a_time() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let pipe = |name: &str| {
            let path = folder.path().join(name);
            let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
            assert!(made.success());
            path
        };
        let written = |name: &str, bytes: Vec<u8>| {
            let path = pipe(name);
            let writer = path.clone();
            // A reader that has seen enough closes the pipe, and the rest cannot be written.
            thread::spawn(move || File::create(writer).and_then(|mut file| file.write_all(&bytes)));
            read_text(&path)
        };
        assert_eq!(written("secret", b"canary\n".to_vec()).unwrap().expose(), "canary");
        assert_eq!(written("empty", Vec::new()).unwrap_err(), UnreadableFile::EmptyPipe);
        assert_eq!(written("endless", vec![b'x'; 3 * 1024 * 1024]).unwrap_err(), UnreadableFile::TooLarge);
        let limit = Duration::from_millis(20);
        assert_eq!(read_pipe(&pipe("no-writer"), limit).unwrap_err(), UnreadableFile::SlowPipe(limit));
    }
}
