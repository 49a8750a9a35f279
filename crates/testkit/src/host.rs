//! The host's side of the plugin protocol: identity, connection and client. The benchmarks also use it.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use p521::ecdsa::signature::Signer as _;
use p521::ecdsa::{DerSignature, SigningKey as P521Key};
use plugin::proto::tfplugin6::diagnostic::Severity;
use plugin::proto::tfplugin6::provider_client::ProviderClient;
use plugin::proto::tfplugin6::{ClientCapabilities, DynamicValue, get_provider_schema, open_ephemeral_resource};
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{ClientConfig, RootCertStore, SignatureAlgorithm, SignatureScheme};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::core::Flavour;

/// No response takes this long.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Every core sets `TF_PLUGIN_MAGIC_COOKIE` to this.
pub const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// A parsed handshake line.
#[derive(Debug, Clone)]
pub struct Handshake {
    pub fields: Vec<String>,
    pub socket: PathBuf,
    pub certificate: Option<CertificateDer<'static>>,
}

impl Handshake {
    /// Parses the line. Fails the test if it has another form.
    pub fn parse(line: &str) -> Self {
        let fields: Vec<String> = line.trim_end_matches('\n').split('|').map(str::to_owned).collect();
        assert_eq!(fields.len(), 6, "{line:?}");
        let certificate = (!fields[5].is_empty()).then(|| STANDARD_NO_PAD.decode(&fields[5]).unwrap().into());
        Self { socket: fields[3].clone().into(), certificate, fields }
    }
}

/// A host's certificate and key.
#[derive(Debug, Clone)]
pub struct Identity {
    pub pem: String,
    key: Arc<CertifiedKey>,
}

impl Identity {
    /// An identity like Terraform's: self-signed, a certificate authority, with P-521.
    pub fn p521() -> Self {
        let pem = include_str!("fixtures/host-p521.cert.pem").to_owned();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("fixtures/host-p521.key.pem")).unwrap();
        // PKCS #8 contains SEC 1 here: the private number is the octet string of 66 bytes.
        let start = key.secret_der().windows(2).position(|bytes| bytes == [0x04, 0x42]).unwrap() + 2;
        let key = P521Key::from_slice(&key.secret_der()[start..start + 66]).unwrap();
        Self::new(pem, Arc::new(P521SigningKey(key)))
    }

    /// A new identity with P-256 and the same name.
    pub fn p256() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let key = ring::sign::any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
        Self::new(certificate.pem(), key)
    }

    /// This certificate with another P-521 key.
    pub fn with_stolen_name(&self) -> Self {
        let mut number = [1; 66];
        number[0] = 0;
        Self::new(self.pem.clone(), Arc::new(P521SigningKey(P521Key::from_slice(&number).unwrap())))
    }

    /// This certificate with another key.
    pub fn with_key_of(&self, other: &Self) -> Self {
        Self::new(self.pem.clone(), Arc::clone(&other.key.key))
    }

    fn new(pem: String, key: Arc<dyn SigningKey>) -> Self {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        Self { pem, key: Arc::new(CertifiedKey::new(vec![certificate], key)) }
    }
}

/// rustls on ring cannot sign with P-521.
struct P521SigningKey(P521Key);

impl std::fmt::Debug for P521SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("P521SigningKey")
    }
}

impl SigningKey for P521SigningKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.scheme()).then(|| Box::new(Self(self.0.clone())) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for P521SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature: DerSignature = self.0.sign(message);
        Ok(signature.as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}

/// Always sends the same certificate, or none.
#[derive(Debug)]
struct Shown(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// Connects, with TLS if the handshake line contains a certificate. Only that certificate is trusted then.
pub async fn connect(handshake: &Handshake, identity: Option<&Identity>) -> Result<Channel, String> {
    let tls = handshake.certificate.clone().map(|server| {
        let mut roots = RootCertStore::empty();
        roots.add(server).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(Shown(identity.map(|identity| Arc::clone(&identity.key)))));
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    });
    let connector = Connector { socket: handshake.socket.clone(), tls };
    let endpoint = Endpoint::from_static("http://unused");
    match timeout(LIMIT, endpoint.connect_with_connector(connector)).await {
        Ok(connected) => connected.map_err(|error| format!("{error:?}")),
        Err(_) => Err("no connection in time".to_owned()),
    }
}

/// A client of the provider, with the limits of a core.
pub fn client(channel: Channel) -> ProviderClient<Channel> {
    ProviderClient::new(channel).max_decoding_message_size(256 << 20).max_encoding_message_size(256 << 20)
}

/// Connects and requests the schema, as a core does first.
pub async fn try_schema(
    handshake: &Handshake,
    identity: Option<&Identity>,
) -> Result<get_provider_schema::Response, String> {
    let mut client = client(connect(handshake, identity).await?);
    let answer = timeout(LIMIT, client.get_provider_schema(get_provider_schema::Request {})).await;
    let answer = answer.map_err(|_| "no answer in time".to_owned())?;
    answer.map(tonic::Response::into_inner).map_err(|status| format!("{status:?}"))
}

/// Opens an ephemeral resource like this core, which does so at plan even if the provider's configuration is unknown,
/// and checks the result like this core.
///
/// # Errors
///
/// The core would reject the result, for this reason.
pub async fn open_ephemeral(
    core: Flavour,
    provider: &mut ProviderClient<Channel>,
    type_name: &str,
    config: impl Serialize,
) -> Result<open_ephemeral_resource::Response, String> {
    // Terraform up to 1.15 sends this message empty.
    let is_opentofu = core == Flavour::OpenTofu;
    let capabilities = ClientCapabilities { write_only_attributes_allowed: is_opentofu, ..Default::default() };
    let request = open_ephemeral_resource::Request {
        type_name: type_name.to_owned(),
        config: encoded(config),
        client_capabilities: Some(capabilities),
    };
    let response = provider.open_ephemeral_resource(request).await.map_err(|status| format!("{status:?}"))?;
    let response = response.into_inner();
    let failed = response.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    let result = response.result.as_ref().map(|value| rmpv::decode::read_value(&mut &*value.msgpack).unwrap());
    match result {
        _ if failed => Ok(response),
        None | Some(rmpv::Value::Nil) => Err("no result".to_owned()),
        Some(result) if is_opentofu && !is_wholly_known(&result) => Err("the result is not wholly known".to_owned()),
        Some(_) => Ok(response),
    }
}

/// Whether no part of a value is unknown: only unknown values are extensions of MessagePack.
fn is_wholly_known(value: &rmpv::Value) -> bool {
    match value {
        rmpv::Value::Ext(..) => false,
        rmpv::Value::Array(elements) => elements.iter().all(is_wholly_known),
        rmpv::Value::Map(entries) => entries.iter().all(|(_, value)| is_wholly_known(value)),
        _ => true,
    }
}

/// Opens the socket, with TLS if set.
struct Connector {
    socket: PathBuf,
    tls: Option<TlsConnector>,
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for T {}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (socket, tls) = (self.socket.clone(), self.tls.clone());
        Box::pin(async move {
            let stream = UnixStream::connect(socket).await?;
            let stream: Box<dyn Stream> = match tls {
                Some(tls) => Box::new(tls.connect("localhost".try_into().unwrap(), stream).await?),
                None => Box::new(stream),
            };
            Ok(TokioIo::new(stream))
        })
    }
}

/// A value for a request.
pub fn encoded(value: impl Serialize) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: rmp_serde::to_vec_named(&value).unwrap(), json: Vec::new() })
}

/// A value from a response.
pub fn decoded<T: DeserializeOwned>(value: Option<DynamicValue>) -> T {
    rmp_serde::from_slice(&value.expect("a value").msgpack).unwrap()
}
