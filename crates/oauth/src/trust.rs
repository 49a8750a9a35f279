//! The root certificates that this machine trusts, and the environment variables that replace them.

use std::ffi::OsString;
use std::fmt;

/// The environment variables for the system's store, read by the caller. An empty one counts as unset, as in Go and
/// OpenSSL. The stores of macOS and Windows have no such variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustStore {
    /// `SSL_CERT_FILE`: replaces the system's bundle.
    pub file: Option<OsString>,
    /// `SSL_CERT_DIR`: replaces the system's folders. Several are separated by colons.
    pub folders: Option<OsString>,
}

/// A place of root certificates in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedPlace {
    /// The environment variable.
    pub variable: &'static str,
    /// Its path, escaped and capped.
    pub path: String,
    /// The number of certificates, or why there is none.
    pub found: Result<usize, &'static str>,
}

impl fmt::Display for TrustedPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, path, found } = self;
        match found {
            Ok(1) => write!(formatter, "{variable} names {path} (1 certificate)"),
            Ok(count) => write!(formatter, "{variable} names {path} ({count} certificates)"),
            Err(why) => write!(formatter, "{variable} names {path}, {why}"),
        }
    }
}

/// The systems whose store is files. Elsewhere, the operating system verifies certificates itself.
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
mod files {
    use std::io;
    use std::path::Path;

    use rustls::RootCertStore;
    use rustls::pki_types::CertificateDer;
    use rustls_native_certs::{Error, ErrorKind, load_certs_from_paths};

    use super::{TrustStore, TrustedPlace};
    use crate::masking::Mask;
    use crate::pem;

    impl TrustStore {
        /// The store's certificates, and the places in the environment variables. As in Go, a variable replaces only
        /// its own kind of place, so a missing file leaves the system's folders in use.
        pub(crate) fn read(&self) -> (Vec<CertificateDer<'static>>, Vec<TrustedPlace>) {
            let (mut certificates, mut places) = (Vec::new(), Vec::new());
            match self.file.as_ref().filter(|file| !file.is_empty()) {
                Some(file) => places.push(read_place("SSL_CERT_FILE", Path::new(file), &mut certificates)),
                None => {
                    let bundle = openssl_probe::probe().cert_file;
                    certificates.extend(load_certs_from_paths(bundle.as_deref(), None).certs);
                }
            }
            match self.folders.as_ref().filter(|folders| !folders.is_empty()) {
                Some(folders) => {
                    let folders = std::env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty());
                    places.extend(folders.map(|folder| read_place("SSL_CERT_DIR", &folder, &mut certificates)));
                }
                None => {
                    for folder in openssl_probe::candidate_cert_dirs() {
                        certificates.extend(load_certs_from_paths(None, Some(folder)).certs);
                    }
                }
            }
            certificates.sort_unstable_by(|one, other| one.as_ref().cmp(other));
            certificates.dedup();
            (certificates, places)
        }
    }

    fn read_place(
        variable: &'static str,
        path: &Path,
        certificates: &mut Vec<CertificateDer<'static>>,
    ) -> TrustedPlace {
        let is_file = variable == "SSL_CERT_FILE";
        let mut loaded = load_certs_from_paths(is_file.then_some(path), (!is_file).then_some(path));
        // rustls-native-certs skips some blocks, such as one after a byte order mark. Our own parser reads these.
        let text = |bytes| String::from_utf8(bytes).map_or_else(|error| pem::text_of(error.as_bytes()), Some);
        if let Some(text) = is_file.then(|| std::fs::read(path).ok()).flatten().and_then(text) {
            let found = pem::certificates(&text).unwrap_or_default();
            loaded.certs.extend(found.into_iter().filter(|one| !loaded.certs.contains(one)).collect::<Vec<_>>());
        }
        let mut usable = RootCertStore::empty();
        let (added, ignored) = usable.add_parsable_certificates(loaded.certs.iter().cloned());
        let found = match (added, ignored) {
            (0, 0) => Err(loaded.errors.first().map_or("which holds no certificate in PEM", why)),
            (0, _) => Err("whose certificates are damaged"),
            (count, _) => Ok(count),
        };
        certificates.extend(loaded.certs);
        TrustedPlace { variable, path: Mask::hiding([]).clean(&path.to_string_lossy(), PATH_CAP), found }
    }

    fn why(error: &Error) -> &'static str {
        let ErrorKind::Io { inner, .. } = &error.kind else { return "which holds no certificate in PEM" };
        match inner.kind() {
            io::ErrorKind::NotFound => "which does not exist",
            io::ErrorKind::NotADirectory => "which is not a folder",
            io::ErrorKind::IsADirectory => "which is a folder",
            _ => "which cannot be read",
        }
    }

    // The path comes from the environment and goes into a message.
    const PATH_CAP: usize = 200;

    #[cfg(test)]
    mod tests {
        use std::path::PathBuf;

        use super::*;
        use proptest::prelude::*;

        #[test]
        fn variables_are_followed_as_go_follows_them() {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            let one = rcgen::generate_simple_self_signed(["one.example".to_owned()]).unwrap().cert;
            std::fs::write(path("one.pem"), one.pem()).unwrap();
            std::fs::write(path("none.pem"), "no certificate").unwrap();
            std::fs::write(path("odd.pem"), format!("\u{feff}{}", one.pem().replace("\n", "\r\n\r\n"))).unwrap();
            std::fs::create_dir(path("empty")).unwrap();
            std::fs::create_dir(path("full")).unwrap();
            std::fs::write(path("full").join("a.crt"), one.pem()).unwrap();
            let found = |file: Option<PathBuf>, folders: Option<PathBuf>| {
                let store = TrustStore { file: file.map(Into::into), folders: folders.map(Into::into) };
                let (certificates, places) = store.read();
                (places.into_iter().map(|place| place.found).collect::<Vec<_>>(), certificates.len())
            };
            let system = found(None, None).1;
            let bundle = found(None, Some(path("empty"))).1;
            let folders = found(Some(path("gone.pem")), None).1;
            let gone = "which does not exist";
            let no_pem = "which holds no certificate in PEM";
            let cases = [
                ("empty ones", Some(PathBuf::new()), Some(PathBuf::new()), vec![], system),
                ("a file", Some(path("one.pem")), Some(path("empty")), vec![Ok(1), Err(no_pem)], 1),
                ("a file beside the folders", Some(path("one.pem")), None, vec![Ok(1)], folders + 1),
                ("a mark and blank lines", Some(path("odd.pem")), None, vec![Ok(1)], folders + 1),
                ("a file that is gone", Some(path("gone.pem")), None, vec![Err(gone)], folders),
                ("a file without any", Some(path("none.pem")), None, vec![Err(no_pem)], folders),
                ("a folder for the file", Some(path("full")), None, vec![Err("which is a folder")], folders),
                ("a folder", None, Some(path("full")), vec![Ok(1)], bundle + 1),
                ("a folder that is gone", None, Some(path("gone")), vec![Err(gone)], bundle),
                ("a file for the folder", None, Some(path("one.pem")), vec![Err("which is not a folder")], bundle),
                ("both gone", Some(path("gone.pem")), Some(path("gone")), vec![Err(gone), Err(gone)], 0),
            ];
            for (name, file, dirs, places, count) in cases {
                assert_eq!(found(file, dirs), (places, count), "{name}");
            }
            let several = std::env::join_paths([path("gone"), path("full")]).unwrap();
            assert_eq!(found(Some(path("gone.pem")), Some(several.into())), (vec![Err(gone), Err(gone), Ok(1)], 1));
        }

        proptest! {
            #[test]
            fn whatever_a_variable_holds_is_one_line(text in ".{0,300}") {
                let store = TrustStore { file: Some(text.into()), folders: Some("/nonexistent".into()) };
                for place in store.read().1 {
                    prop_assert!(!place.to_string().contains(char::is_control));
                }
            }
        }
    }
}
