//! The settings that hold certificates and keys, judged as soon as they are known.

use crate::settings::resolve::Resolver;
use crate::settings::setting;
use crate::settings::setting::Setting;
use crate::settings::source::{Source, Sourced};
use oauth::pem::InvalidPem;
use oauth::{ClientIdentity, Secret, pem};

/// The certificates to trust beside the system's roots; those that cannot be used are reported.
pub fn roots(resolver: &mut Resolver<'_>) -> Option<Sourced<Secret>> {
    let roots = resolver.secret(&setting::CA_CERT_PEM)?;
    let judgement = pem::check_roots(roots.value.expose());
    judge(resolver, &setting::CA_CERT_PEM, &roots.source, judgement).then_some(roots)
}

/// The client certificate and its key: both or neither, each usable, and belonging together.
pub fn identity(resolver: &mut Resolver<'_>) -> Option<Sourced<ClientIdentity>> {
    let (certificate, key) = (certificate(resolver), key(resolver));
    match (certificate, key) {
        (Some(certificate), Some(key)) => together(resolver, certificate, key),
        (Some(certificate), None) => {
            resolver.half(&setting::CLIENT_CERT_PEM, &certificate.source, &setting::CLIENT_KEY_PEM);
            None
        }
        (None, Some(key)) => {
            resolver.half(&setting::CLIENT_KEY_PEM, &key.source, &setting::CLIENT_CERT_PEM);
            None
        }
        (None, None) => None,
    }
}

fn certificate(resolver: &mut Resolver<'_>) -> Option<Sourced<String>> {
    let chain = resolver.text(&setting::CLIENT_CERT_PEM)?;
    let judgement = pem::check_chain(&chain.value);
    judge(resolver, &setting::CLIENT_CERT_PEM, &chain.source, judgement).then_some(chain)
}

fn key(resolver: &mut Resolver<'_>) -> Option<Sourced<Secret>> {
    let key = resolver.secret(&setting::CLIENT_KEY_PEM)?;
    let judgement = pem::check_key(&key.value);
    judge(resolver, &setting::CLIENT_KEY_PEM, &key.source, judgement).then_some(key)
}

fn together(
    resolver: &mut Resolver<'_>,
    certificate: Sourced<String>,
    key: Sourced<Secret>,
) -> Option<Sourced<ClientIdentity>> {
    let identity = ClientIdentity { certificate_pem: certificate.value, key_pem: key.value };
    if identity.check().is_err() {
        let why =
            format!("it is not the key of the certificate in `client_cert_pem`, which comes {}", certificate.source);
        resolver.invalid(&setting::CLIENT_KEY_PEM, &key.source, why);
        return None;
    }
    Some(Sourced { value: identity, source: certificate.source })
}

/// Whether the setting can be used; what is wrong with it is reported.
fn judge(
    resolver: &mut Resolver<'_>,
    setting: &'static Setting,
    source: &Source,
    judgement: Result<(), InvalidPem>,
) -> bool {
    judgement.map_err(|why| resolver.invalid(setting, source, why)).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::settings::config;
    use crate::settings::environment::Environment;
    use crate::settings::raw_config::RawConfig;
    use plugin::{AttributePath, Diagnostics};

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["canary.example".to_owned()]).unwrap();
        (made.cert.pem(), made.key_pair.serialize_pem())
    }

    /// The one error that this block is, with the credentials in the environment.
    #[track_caller]
    fn error(block: serde_json::Value, variables: &[(&str, &str)]) -> (String, AttributePath) {
        let credentials = [("CXONE_CLIENT_ID", "abc"), ("CXONE_CLIENT_SECRET", "canary-secret")];
        let environment = Environment::from_iter(credentials.iter().chain(variables).copied());
        let mut diags = Diagnostics::default();
        config::resolve(&RawConfig::from_json(block), &environment, "", &mut diags);
        assert_eq!(diags.errors.len(), 1, "{diags:?}");
        let error = diags.errors.remove(0);
        assert!(!error.detail.contains("canary"), "{}", error.detail);
        (error.detail.into_owned(), error.attribute)
    }

    #[test]
    fn a_text_that_may_have_a_key_in_it_is_never_pointed_at() {
        let (_, key) = made();
        for setting in ["ca_cert_pem", "client_cert_pem"] {
            let (text, path) = error(json!({ setting: "/etc/ssl/ca.pem" }), &[]);
            assert!(text.contains("no certificate in PEM"), "{text}");
            assert_eq!(path, AttributePath::root());
            let (text, path) = error(json!({ setting: key }), &[]);
            assert!(text.contains("a private key and no certificate"), "{text}");
            assert_eq!(path, AttributePath::root(), "{setting}");
        }
        let (text, path) = error(json!({"client_key_pem": "/etc/ssl/key.pem"}), &[]);
        assert!(text.contains("no private key in PEM"), "{text}");
        assert_eq!(path, AttributePath::root());
    }

    #[test]
    fn a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
        let path = path.to_str().unwrap();
        let (text, _) = error(json!({"ca_cert_file": path}), &[]);
        assert!(text.contains(path) && text.contains("`ca_cert_file`") && text.contains("not valid PEM"), "{text}");
        let (text, _) = error(json!({}), &[("CXONE_CA_CERT_FILE", path)]);
        assert!(text.contains(path) && text.contains("CXONE_CA_CERT_FILE"), "{text}");
    }

    #[test]
    fn a_key_of_another_certificate_names_both_sources() {
        let ((certificate, _), (_, key)) = (made(), made());
        let (text, path) = error(json!({"client_cert_pem": certificate}), &[("CXONE_CLIENT_KEY_PEM", &key)]);
        for part in ["`client_key_pem`", "variable CXONE_CLIENT_KEY_PEM", "`client_cert_pem` in the provider block"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(path, AttributePath::root());
    }

    #[test]
    fn validate_judges_what_the_block_has() {
        let (certificate, _) = made();
        let block = json!({"client_cert_pem": certificate, "ca_cert_file": "/nonexistent"});
        let mut diags = Diagnostics::default();
        config::check(&RawConfig::from_json(block), &mut diags);
        assert_eq!(diags, Diagnostics::default(), "the other half and the file may come later");
        config::check(&RawConfig::from_json(json!({"ca_cert_pem": "x", "client_key_pem": "y"})), &mut diags);
        assert_eq!(diags.errors.len(), 2, "{diags:?}");
    }
}
