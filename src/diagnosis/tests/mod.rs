//! The texts as users read them, and the laws that hold for all of them.

mod answers;
mod credentials;
mod laws;
mod network;

use crate::settings::grant_type::GrantType;
use std::time::Duration;

use super::*;
use crate::diagnosis::troubleshooting;
use crate::settings::source::Sourced;
use oauth::{BodyShape, ProxyFailure, TimeoutPhase, TlsFailure};

const ENDPOINT: &str = "https://api.nicecxone.com/oauth/token";

fn oauth(status: u16, error: &str, description: Option<&str>) -> Error {
    let description = description.map(str::to_owned);
    Error::new(ErrorKind::OAuth { status, error: error.to_owned(), description, uri: None }, ENDPOINT)
}

fn status(status: u16, shape: BodyShape) -> Error {
    Error::new(ErrorKind::Status { status, shape, challenges: Vec::new(), message: None }, ENDPOINT)
}

fn context() -> Context {
    Context {
        client_id: Some(Sourced { value: "canary-client".to_owned(), source: Source::block("client_id") }),
        client_secret: Some(Source::environment("CXONE_CLIENT_SECRET")),
        scopes: vec!["cxone:api".to_owned()],
        scopes_source: Source::block("scopes"),
        ..Context::default()
    }
}

fn access_key_context() -> Context {
    Context {
        grant: GrantType::Password,
        access_key_id: Some(Source::block("access_key_id")),
        access_key_secret: Some(Source::block("access_key_secret_file").in_file("/run/key")),
        token_url: Source::environment("CXONE_TOKEN_URL"),
        scopes: Vec::new(),
        scopes_source: Source::DEFAULT,
        proxy: Some(Sourced {
            value: "http://proxy.example:3128".to_owned(),
            source: Source::environment("HTTPS_PROXY"),
        }),
        ca_cert: Some(Source::block("ca_cert_file")),
        client_cert: Some(Source::block("client_cert_pem")),
        reserved_characters: true,
        authentication: Authentication::BasicRfc6749,
        ..context()
    }
}

fn show(error: &Error, context: &Context) -> String {
    let diagnostic = explain(error, context);
    format!("Error: {}\n\n{}", diagnostic.summary, diagnostic.detail)
}

/// At least one failure for each entry of the table. A new kind of failure does not compile in `classify`.
fn samples() -> Vec<Error> {
    let mut kinds = Vec::new();
    let codes = [
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "scope_invalid",
        "invalid_target",
        "invalid_request",
        "access_denied",
        "temporarily_unavailable",
        "server_error",
        "canary_code",
    ];
    for code in codes {
        kinds.push(ErrorKind::OAuth {
            status: 401,
            error: code.into(),
            description: Some("words".into()),
            uri: Some("https://example.com/e".into()),
        });
    }
    let shapes = [
        BodyShape::Empty,
        BodyShape::JsonObject(vec!["token".into()]),
        BodyShape::JsonObject(vec!["access_token".into()]),
        BodyShape::JsonObject(vec![]),
        BodyShape::OtherJson,
        BodyShape::Html(None),
        BodyShape::Html(Some("Sign in".into())),
        BodyShape::Form,
        BodyShape::Text,
        BodyShape::Binary,
        BodyShape::BrokenJson,
    ];
    for shape in &shapes {
        kinds.push(ErrorKind::NotATokenResponse {
            status: 200,
            shape: shape.clone(),
            reason: "no access_token".into(),
        });
        for status in [400, 401, 403, 404, 405, 407, 415, 418, 429, 500, 502, 503, 504, 511] {
            kinds.push(ErrorKind::Status {
                status,
                shape: shape.clone(),
                challenges: vec!["Bearer".into()],
                message: None,
            });
        }
    }
    for location in [
        None,
        Some("http://example.com/"),
        Some("https://portal.example.com/"),
        Some("https://example.com/login"),
        Some("https://example.com/x"),
    ] {
        kinds.push(ErrorKind::Redirect { status: 302, location: location.map(str::to_owned) });
    }
    for phase in [TimeoutPhase::Connect, TimeoutPhase::Headers, TimeoutPhase::Body] {
        kinds.push(ErrorKind::Timeout { phase, limit: Duration::from_secs(30) });
    }
    let tls = [
        TlsFailure::UnknownIssuer,
        TlsFailure::Expired,
        TlsFailure::NotValidYet,
        TlsFailure::ClientCertificate,
        TlsFailure::NotTls,
        TlsFailure::WrongName { presented: vec!["*.example.com".into()] },
        TlsFailure::WrongName { presented: vec![] },
        TlsFailure::Other("received fatal alert: HandshakeFailure".into()),
    ];
    kinds.extend(tls.map(ErrorKind::Tls));
    let proxy = [
        ProxyFailure::AuthenticationRequired,
        ProxyFailure::TunnelRefused { status: Some(403) },
        ProxyFailure::TunnelRefused { status: None },
        ProxyFailure::Unreachable,
    ];
    kinds.extend(proxy.map(ErrorKind::Proxy));
    kinds.extend([
        ErrorKind::ResponseTooLarge { limit: 65_536 },
        ErrorKind::Dns,
        ErrorKind::ConnectionRefused,
        ErrorKind::Unreachable,
        ErrorKind::ConnectionClosed,
        ErrorKind::Http2,
        ErrorKind::InvalidHttp,
        ErrorKind::Interrupted,
        ErrorKind::Setup("`ca_cert_pem` holds no certificate".into()),
    ]);
    kinds.into_iter().map(|kind| Error::new(kind, ENDPOINT)).collect()
}
