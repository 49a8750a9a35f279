//! Every environment variable, each with what it changes in the resolved settings.

use std::collections::BTreeSet;

use crate::settings::config;
use crate::settings::config::{Resolution, Settings};
use crate::settings::credential::Credential;
use crate::settings::environment::Environment;
use crate::settings::raw_config::RawConfig;
use crate::settings::setting::ALL;
use crate::settings::source::Source;
use oauth::{HttpVersion, ProxySettings};
use plugin::Diagnostics;

/// The settings that these variables alone come to.
fn settings(variables: &[(&str, &str)]) -> Settings {
    let mut diags = Diagnostics::default();
    let environment = Environment::from_iter(variables.iter().copied());
    match config::resolve(&RawConfig::default(), &environment, "1.11.4", &mut diags) {
        Resolution::Complete(settings) => *settings,
        _ => panic!("{:?}: {diags:?}", variables.iter().map(|(name, _)| name).collect::<Vec<_>>()),
    }
}

/// What the credential of `settings` is made of, in one line.
fn credential(settings: &Settings) -> String {
    let address = settings.credential.address().map(|address| address.value.first_contact().redacted());
    let address = address.unwrap_or_default();
    match &settings.credential {
        Credential::AccessToken(token) => format!("token {}", token.value.expose()),
        Credential::AccessKey(exchange) => {
            format!("key {}:{} {address}", exchange.access_key.id.value, exchange.access_key.secret.value.expose())
        }
        Credential::Exchange(exchange) => {
            let key = exchange.access_key.as_ref();
            let key = key.map(|key| format!(" {}:{}", key.id.value, key.secret.value.expose())).unwrap_or_default();
            format!(
                "client {}:{}{key} {:?} {address}",
                exchange.client_id.value,
                exchange.client_secret.value.expose(),
                exchange.authentication.value
            )
        }
    }
}

const ID: (&str, &str) = ("CXONE_CLIENT_ID", "abc");
const SECRET: (&str, &str) = ("CXONE_CLIENT_SECRET", "canary-client");
const KEY: [(&str, &str); 2] = [("CXONE_ACCESS_KEY_ID", "KEY"), ("CXONE_ACCESS_KEY_SECRET", "canary-key")];

#[test]
fn every_variable_sets_what_it_is_named_after() {
    type Check = fn(&Settings) -> bool;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "canary-in-file\n").unwrap();
    let file = path.to_str().unwrap();
    let made = rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.key_pair.serialize_pem());
    let certificate_path = folder.path().join("certificate");
    std::fs::write(&certificate_path, &certificate).unwrap();
    let certificate_file = certificate_path.to_str().unwrap();
    let password = ("CXONE_GRANT_TYPE", "password");
    let regional = ("CXONE_GRANT_TYPE", "access_key");
    let cases: Vec<(Vec<(&str, &str)>, Check)> = vec![
        (vec![ID, SECRET, ("CXONE_TOKEN_URL", "https://a.example/t")], |s| {
            credential(s).ends_with("https://a.example/t")
        }),
        (vec![ID, SECRET, ("CXONE_ISSUER", "https://i.example")], |s| {
            credential(s).contains("https://i.example/.well")
        }),
        (vec![regional, KEY[0], KEY[1], ("CXONE_REGION", "au1")], |s| {
            credential(s).contains("https://au1.nice-incontact")
        }),
        (vec![password, ID, SECRET, KEY[0], KEY[1]], |s| {
            credential(s).starts_with("client abc:canary-client KEY:canary-key ")
        }),
        (vec![ID, ("CXONE_CLIENT_SECRET_FILE", file)], |s| credential(s).starts_with("client abc:canary-in-file ")),
        (vec![regional, KEY[0], ("CXONE_ACCESS_KEY_SECRET_FILE", file), ("CXONE_REGION", "na1")], |s| {
            credential(s).starts_with("key KEY:canary-in-file ")
        }),
        (vec![ID, SECRET, ("CXONE_TOKEN_ENDPOINT_AUTH_METHOD", "client_secret_post")], |s| {
            credential(s).contains(" Post")
        }),
        (vec![ID, SECRET, ("CXONE_BASIC_AUTH_ENCODING", "rfc6749")], |s| credential(s).contains("Rfc6749")),
        (vec![ID, SECRET, ("CXONE_SCOPES", "b, a")], |s| s.scopes.value.to_wire() == "a b"),
        (vec![ID, SECRET, ("CXONE_AUDIENCE", "aud")], |s| {
            s.audience.as_ref().is_some_and(|found| found.value == "aud")
        }),
        (vec![ID, SECRET, ("CXONE_SCOPE_DRIFT", "error")], |s| format!("{:?}", s.scope_drift.value) == "Error"),
        (vec![ID, SECRET, ("CXONE_SKIP_CREDENTIALS_VALIDATION", "TRUE")], |s| s.skip_credentials_validation),
        (vec![ID, SECRET, ("CXONE_REQUEST_TIMEOUT", "7s")], |s| s.transport.http.request_timeout.as_secs() == 7),
        (vec![ID, SECRET, ("CXONE_MAX_RETRIES", "7")], |s| s.transport.retry.max_retries == 7),
        (vec![ID, SECRET, ("CXONE_RETRY_MIN_WAIT", "7s")], |s| s.transport.retry.min_wait.as_secs() == 7),
        (vec![ID, SECRET, ("CXONE_RETRY_MAX_WAIT", "7s")], |s| s.transport.retry.max_wait.as_secs() == 7),
        (vec![ID, SECRET, ("CXONE_CA_CERT_FILE", certificate_file)], |s| s.transport.http.extra_ca_pem.is_some()),
        (vec![ID, SECRET, ("CXONE_CA_CERT_PEM", &certificate)], |s| s.transport.http.extra_ca_pem.is_some()),
        (vec![ID, SECRET, ("CXONE_CLIENT_CERT_PEM", &certificate), ("CXONE_CLIENT_KEY_PEM", &key)], |s| {
            s.transport.http.client_identity.is_some()
        }),
        (vec![ID, SECRET, ("CXONE_TLS_INSECURE_SKIP_VERIFY", "1")], |s| s.transport.http.insecure_skip_verify),
        (
            vec![ID, SECRET, ("CXONE_HTTP_PROXY", "http://p:1"), ("HTTPS_PROXY", "http://q:1")],
            |s| matches!(&s.transport.http.proxy, ProxySettings::Url(url) if url.expose() == "http://p:1"),
        ),
        (vec![ID, SECRET, ("HTTPS_PROXY", "http://q:1"), ("NO_PROXY", "x")], |s| {
            s.transport.proxy == Some(Source::Environment("HTTPS_PROXY")) && s.transport.plain_proxy.is_none()
        }),
        (
            vec![ID, SECRET, ("HTTP_PROXY", "http://q:1"), ("NO_PROXY", "x")],
            |s| matches!(&s.transport, t if t.http.proxy == ProxySettings::None && t.plain_proxy == Some("HTTP_PROXY")),
        ),
        (vec![ID, SECRET, ("CXONE_HTTP_VERSION", "1.1")], |s| s.transport.http.http_version == HttpVersion::Http11),
        (vec![("CXONE_ACCESS_TOKEN", "canary-token")], |s| credential(s) == "token canary-token"),
        (vec![ID, SECRET, ("CXONE_EXPECTED_TENANT_ID", "t-1")], |s| {
            s.expected_tenant_id.as_ref().is_some_and(|found| found.value == "t-1")
        }),
        (vec![ID, SECRET, ("CXONE_APPEND_USER_AGENT", "x/1")], |s| s.transport.http.user_agent.ends_with(" x/1")),
        (vec![ID, SECRET, ("TF_APPEND_USER_AGENT", "y/1")], |s| s.transport.http.user_agent.ends_with(" y/1")),
    ];
    for (variables, is_set) in &cases {
        let names: Vec<_> = variables.iter().map(|(name, _)| name).collect();
        assert!(is_set(&settings(variables)), "{names:?}");
        let plain = settings(&[ID, SECRET]);
        assert!(!is_set(&plain), "{names:?} make no difference");
    }
    let tried: BTreeSet<_> = cases.iter().flat_map(|(variables, _)| variables).map(|(name, _)| *name).collect();
    let known = ALL.iter().flat_map(|setting| setting.variables).copied();
    assert_eq!(known.filter(|name| !tried.contains(name)).collect::<Vec<_>>(), [""; 0], "these are not tried");
}
