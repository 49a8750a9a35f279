//! Every TLS setting, right, wrong and missing, against the token endpoint and a fetched document.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oauth::{ClientIdentity, Clock, ErrorKind, HttpSettings, HttpVersion, LookUp, Secret, TlsFailure, TokenClient};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use testkit::authority::Authority;
use testkit::exchange::{CANARY, failure, request, retries, settings};
use testkit::scripted_server::{Reply, ScriptedServer, Step, token};
use testkit::trace_capture::TraceCapture;

const HOST: &str = "127.0.0.1";

fn trusting(authority: &Authority) -> HttpSettings {
    HttpSettings { extra_ca_pem: Some(Secret::new(authority.pem())), ..settings(5_000) }
}

/// Asks for a token, then for a document, over fresh connections of one client.
async fn both(settings: HttpSettings, server: &ScriptedServer) -> Result<(), ErrorKind> {
    let client = TokenClient::new(settings, retries(0), Clock::System);
    let request = request(&server.url("/t"));
    let token = client.token(&request, Duration::ZERO).await;
    let document = client.document(&request.endpoint).await;
    match (token, document) {
        (Ok(_), Ok(_)) => Ok(()),
        (Err(one), Err(other)) => {
            assert_eq!(one.kind(), other.kind());
            Err(one.kind().clone())
        }
        (token, document) => panic!("{token:?} but {document:?}"),
    }
}

async fn server(identity: &ClientIdentity, clients: Option<&Authority>) -> ScriptedServer {
    let config = Authority::server(identity, clients, &[]);
    ScriptedServer::start_tls([token("canary.token", 60), token("canary.token", 60)], config).await
}

#[tokio::test]
async fn the_servers_certificate_is_judged() {
    let authority = Authority::named("ours");
    let trusted = || trusting(&authority);
    let tls = |failure| Err(ErrorKind::Tls(failure));
    let good = authority.issue(&[HOST], |_| {});
    let expired = authority.issue(&[HOST], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = authority.issue(&[HOST], |params| params.not_before = date_time_ymd(4000, 1, 1));
    let foreign = authority.issue(&["a.example", "*.b.example"], |_| {});
    let names = || vec!["a.example".to_owned(), "*.b.example".to_owned()];
    let skipping = || HttpSettings { insecure_skip_verify: true, ..settings(5_000) };
    let cases = [
        ("trusted by the extra root", &good, trusted(), Ok(())),
        ("unknown to the system", &good, settings(5_000), tls(TlsFailure::UnknownIssuer)),
        ("of another authority", &good, trusting(&Authority::named("theirs")), tls(TlsFailure::UnknownIssuer)),
        (
            "of a former one by the same name",
            &good,
            trusting(&Authority::named("ours")),
            tls(TlsFailure::UnknownIssuer),
        ),
        ("expired", &expired, trusted(), tls(TlsFailure::Expired)),
        ("not valid yet", &early, trusted(), tls(TlsFailure::NotValidYet)),
        ("for other names", &foreign, trusted(), tls(TlsFailure::WrongName { presented: names() })),
        ("unknown, verification off", &good, skipping(), Ok(())),
        ("expired, verification off", &expired, skipping(), Ok(())),
        ("for other names, verification off", &foreign, skipping(), Ok(())),
    ];
    for (name, identity, settings, expected) in cases {
        let server = server(identity, None).await;
        assert_eq!(both(settings, &server).await, expected, "{name}");
        assert_eq!(server.requests().is_empty(), expected.is_err(), "{name}: nothing is sent before the TLS handshake");
    }
}

#[tokio::test]
async fn our_own_certificate_is_shown_when_asked_for() {
    let (authority, strangers) = (Authority::named("ours"), Authority::named("theirs"));
    let identity = authority.issue(&[HOST], |_| {});
    let as_client = |identity| HttpSettings { client_identity: Some(identity), ..trusting(&authority) };
    let refused = || Err(ErrorKind::Tls(TlsFailure::ClientCertificate));
    let cases = [
        ("none", trusting(&authority), refused()),
        ("of another authority", as_client(strangers.issue(&["client"], |_| {})), refused()),
        ("right", as_client(authority.issue(&["client"], |_| {})), Ok(())),
    ];
    for (name, settings, expected) in cases {
        let server = server(&identity, Some(&authority)).await;
        assert_eq!(both(settings, &server).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_named_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await.unwrap();
        let _ = socket.shutdown().await;
    });
    let error = failure(settings(5_000), &request(&format!("https://{address}/t"))).await;
    assert_eq!(error.kind(), &ErrorKind::Tls(TlsFailure::NotTls));
    server.await.unwrap();
}

#[tokio::test]
async fn unusable_settings_are_named_before_anything_is_sent() {
    let authority = Authority::named("ours");
    let server = server(&authority.issue(&[HOST], |_| {}), None).await;
    let broken = HttpSettings { extra_ca_pem: Some(Secret::new("no PEM certificate")), ..settings(5_000) };
    let error = failure(broken, &request(&server.url("/t"))).await;
    let ErrorKind::Setup(text) = error.kind() else { panic!("{error:?}") };
    assert!(text.contains("trusted certificates are not usable: it contains no PEM certificate"), "{text}");
    assert_eq!(server.connections(), 0);
}

/// A server that speaks both versions and says which one it was asked in. hyper's `http2` comes with tonic.
async fn versatile_server(identity: &ClientIdentity) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/t", listener.local_addr().unwrap());
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(Authority::server(identity, None, &["h2", "http/1.1"])));
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(socket).await.unwrap();
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let service = service_fn(|request: Request<Incoming>| async move {
            let version = if request.version() == Version::HTTP_2 { "h2" } else { "h1" };
            let body = format!(r#"{{"access_token":"canary.{version}"}}"#);
            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from(body))))
        });
        let io = TokioIo::new(stream);
        let _ = if h2 {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
        } else {
            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
        };
    });
    url
}

#[tokio::test]
async fn http_2_is_spoken_where_offered_and_not_forbidden() {
    let authority = Authority::named("ours");
    let identity = authority.issue(&[HOST], |_| {});
    for (http_version, expected) in [(HttpVersion::Auto, "canary.h2"), (HttpVersion::Http11, "canary.h1")] {
        let url = versatile_server(&identity).await;
        let settings = HttpSettings { http_version, ..trusting(&authority) };
        let client = TokenClient::new(settings, retries(0), Clock::System);
        let token = client.token(&request(&url), Duration::ZERO).await.unwrap();
        assert_eq!(token.access_token.expose(), expected);
    }
}

#[tokio::test]
async fn no_crate_logs_a_secret_even_at_trace() {
    let authority = Authority::named("ours");
    let identity = authority.issue(&[HOST], |_| {});
    for (http_version, library) in [(HttpVersion::Auto, "TRACE h2"), (HttpVersion::Http11, "")] {
        let url = versatile_server(&identity).await;
        let capture = TraceCapture::start();
        let client = TokenClient::new(HttpSettings { http_version, ..trusting(&authority) }, retries(0), Clock::System);
        client.token(&request(&url), Duration::ZERO).await.unwrap();
        let logged = capture.finish();
        assert!(logged.contains(library) && logged.contains("exchanged a token"), "{logged}");
        let basic = STANDARD.encode(format!("abc-123:{CANARY}"));
        for secret in [CANARY, &basic, "canary.h"] {
            assert!(!logged.contains(secret), "{secret} in {logged}");
        }
    }
}

#[tokio::test]
async fn broken_http_2_is_named_so() {
    let authority = Authority::named("ours");
    let config = Authority::server(&authority.issue(&[HOST], |_| {}), None, &["h2"]);
    // Settings, then a frame with a kind and a size that no peer may send.
    let frames = vec![0, 0, 0, 4, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 1];
    let turn = Reply::Answer(vec![Step::Write(frames), Step::Hang]);
    let server = ScriptedServer::start_tls([turn], config).await;
    let error = failure(trusting(&authority), &request(&server.url("/t"))).await;
    assert_eq!(error.kind(), &ErrorKind::Http2);
}

#[tokio::test]
async fn a_close_without_farewell_after_a_whole_object_gives_a_token() {
    let authority = Authority::named("ours");
    let identity = authority.issue(&[HOST], |_| {});
    let object = r#"{"access_token":"canary.token"}"#;
    let cases = [
        ("ended by closing", format!("\r\n{object}"), true),
        ("with blanks behind", format!("\r\n{object}\r\n"), true),
        ("of the length that it says", format!("Content-Length: {}\r\n\r\n{object}", object.len()), true),
        ("half an object", format!("\r\n{}", &object[..20]), false),
        ("nothing", "\r\n".to_owned(), false),
        ("shorter than it says", format!("Content-Length: 99\r\n\r\n{object}"), false),
        ("in a chunk without end", format!("Transfer-Encoding: chunked\r\n\r\n1f\r\n{object}\r\n"), false),
    ];
    for (name, rest, is_whole) in cases {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{rest}");
        let config = Authority::server(&identity, None, &[]);
        let turn = Reply::Answer(vec![Step::Write(answer.into_bytes()), Step::Leave]);
        let server = ScriptedServer::start_tls([turn], config).await;
        let client = TokenClient::new(trusting(&authority), retries(0), Clock::System);
        let token = client.token(&request(&server.url("/t")), Duration::ZERO).await;
        let expected = if is_whole { Ok(()) } else { Err(ErrorKind::ConnectionClosed) };
        assert_eq!(token.map(drop).map_err(|error| error.kind().clone()), expected, "{name}");
    }
}

#[tokio::test]
async fn a_look_up_elsewhere_sees_no_certificate_of_ours() {
    let authority = Authority::named("ours");
    let identity = authority.issue(&[HOST], |_| {});
    let settings = HttpSettings { client_identity: Some(authority.issue(&["client"], |_| {})), ..trusting(&authority) };
    for (shows_identity, expected) in [(true, Ok(())), (false, Err(ErrorKind::Tls(TlsFailure::ClientCertificate)))] {
        let server = server(&identity, Some(&authority)).await;
        let client = TokenClient::new(settings.clone(), retries(0), Clock::System);
        let look_up = LookUp { limit: Duration::from_secs(5), shows_identity };
        let found = client.document_within(&request(&server.url("/t")).endpoint, look_up).await;
        assert_eq!(found.map(drop).map_err(|error| error.kind().clone()), expected);
        assert_eq!(server.requests().len(), usize::from(shows_identity));
    }
}

/// As `openssl req -x509` makes it: signed by its own key, and an authority by its own word.
fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> ClientIdentity {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    ClientIdentity { certificate_pem: certificate.pem(), key_pem: Secret::new(key.serialize_pem()) }
}

#[tokio::test]
async fn a_servers_own_certificate_may_be_the_trusted_one() {
    let tls = |failure| Err(ErrorKind::Tls(failure));
    let authority = Authority::named("unknown");
    let own = self_signed(&[HOST], |_| {});
    let twin = self_signed(&[HOST], |_| {});
    let foreign = self_signed(&["a.example"], |_| {});
    let expired = self_signed(&[HOST], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = self_signed(&[HOST], |params| params.not_before = date_time_ymd(4000, 1, 1));
    let plain = self_signed(&[HOST], |params| params.is_ca = IsCa::ExplicitNoCa);
    let issued = authority.issue(&[HOST], |_| {});
    let issued_expired = authority.issue(&[HOST], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let wrong_name = TlsFailure::WrongName { presented: vec!["a.example".to_owned()] };
    let cases = [
        ("self-signed authority", &own, &own, Ok(())),
        ("self-signed, no authority", &plain, &plain, Ok(())),
        ("signed by somebody unknown", &issued, &issued, Ok(())),
        ("another one by the same name", &own, &twin, tls(TlsFailure::UnknownIssuer)),
        ("self-signed authority, not listed", &own, &foreign, tls(TlsFailure::UnknownIssuer)),
        ("for another name", &foreign, &foreign, tls(wrong_name)),
        ("expired", &expired, &expired, tls(TlsFailure::Expired)),
        ("not valid yet", &early, &early, tls(TlsFailure::NotValidYet)),
        ("signed by somebody unknown, expired", &issued_expired, &issued_expired, tls(TlsFailure::Expired)),
    ];
    for (name, identity, listed, expected) in cases {
        let bundle = format!("# f\u{fc}r uns\n{}more\n{}", authority_of_others(), listed.certificate_pem);
        let settings = HttpSettings { extra_ca_pem: Some(Secret::new(bundle)), ..settings(5_000) };
        let server = server(identity, None).await;
        match both(settings, &server).await {
            // This certificate has several faults, and rustls reports either.
            Err(ErrorKind::Tls(_)) if name == "another one by the same name" => {}
            found => assert_eq!(found, expected, "{name}"),
        }
    }
}

fn authority_of_others() -> String {
    Authority::named("others").pem()
}
