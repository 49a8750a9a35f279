//! The least that an exchange can cost: a written request and a read answer on one blocking socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Where and with what tokens are asked for.
pub(crate) struct Service {
    pub(crate) token_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// One kept-alive connection.
pub(crate) struct Bare {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Service {
    /// What the provider itself would use.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        Ok(Self {
            token_url: variable("CXONE_TOKEN_URL")?,
            client_id: variable("CXONE_CLIENT_ID")?,
            client_secret: variable("CXONE_CLIENT_SECRET")?,
        })
    }

    fn split(&self) -> anyhow::Result<(&str, &str)> {
        let rest = self.token_url.strip_prefix("http://").context("the service must speak plain HTTP")?;
        let slash = rest.find('/').context("the address has no path")?;
        Ok(rest.split_at(slash))
    }

    fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.split()?.0.parse()?)
    }

    /// The bytes of the request that the provider sends, too.
    pub(crate) fn request(&self, audience: &str) -> anyhow::Result<Vec<u8>> {
        let (host, path) = self.split()?;
        let credentials = STANDARD.encode(format!("{}:{}", self.client_id, self.client_secret));
        let body = format!("grant_type=client_credentials&audience={audience}");
        let length = body.len();
        Ok(format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\nauthorization: Basic {credentials}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes())
    }

    /// Has the sandbox wait this long before each answer; with nothing it stops waiting.
    pub(crate) fn delay(&self, milliseconds: u64) -> anyhow::Result<()> {
        let fault = format!("{{\"count\":1000000,\"delay_ms\":{milliseconds}}}");
        let (method, body) = if milliseconds == 0 { ("DELETE", "") } else { ("PUT", fault.as_str()) };
        let (host, length) = (self.split()?.0, body.len());
        let request = format!(
            "{method} /_sandbox/fault HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        Bare::connect(self)?.exchange(request.as_bytes())
    }
}

impl Bare {
    pub(crate) fn connect(service: &Service) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(service.address()?)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 * 1024] })
    }

    /// Sends the request and reads the whole answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..])?;
            ensure!(read > 0, "the service closed the connection");
            filled += read;
            if is_whole(&self.buffer[..filled])? {
                return Ok(());
            }
        }
    }
}

/// Whether head and body are there; fails for anything but success.
fn is_whole(answer: &[u8]) -> anyhow::Result<bool> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(false) };
    let head = std::str::from_utf8(&answer[..end])?;
    ensure!(head.starts_with("HTTP/1.1 2"), "the service refused");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Ok(answer.len() >= end + 4 + length.map_or(Ok(0), str::parse::<usize>)?)
}
