//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use oauth::Secret;

use crate::client::Client;
use crate::config::Config;
use crate::sandbox::Recording;

/// A strict stand-in for the CXone token service, on loopback.
///
/// It answers POST /oauth/token (and /auth/token) the way a careful token service does:
/// form bodies only, HTTP Basic by default, known scopes only. JSON bodies, wrong credentials,
/// missing or repeated parameters and unknown scopes are refused with the errors of RFC 6749.
/// Tokens are real JWTs (ES256, key made at each start) or opaque text. With access keys
/// configured it also serves the password grant and the regional JSON service, and it
/// publishes CXone's discovery documents.
///
/// The first line on standard output is one JSON object with address, token_url,
/// access_key_url, issuer, control_url, client_id and pid; the HCL to use follows.
#[derive(Parser)]
#[command(name = "cxone-sandbox", version, after_long_help = CONTROL_HELP, verbatim_doc_comment)]
pub struct Options {
    /// Address to listen on. Loopback only; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = loopback)]
    listen: SocketAddr,

    /// Id of the one client known at the start, unless a configuration file lists clients.
    #[arg(long, value_name = "ID", default_value = Client::DEMO_ID, conflicts_with = "config")]
    client_id: String,

    /// Secret of that client. Other users can read a command line: for anything but a throw-away use --config.
    #[arg(long, value_name = "SECRET", default_value = Client::DEMO_SECRET, conflicts_with = "config")]
    client_secret: String,

    /// Scopes of that client, separated by spaces or commas.
    #[arg(long, value_name = "SCOPES", default_value = Client::DEMO_SCOPE, conflicts_with = "config")]
    scopes: String,

    /// JSON file with clients, access keys and the tenant; see CONFIGURATION FILE below.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Stop by itself after this long: a number with ms, s, m or h, at most 24h.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    stop_after: Duration,

    /// Stop when the process that started the sandbox is gone (Unix).
    #[arg(long)]
    exit_with_parent: bool,

    /// Keep credentials readable in /_sandbox/requests. For tests; without it they are masked.
    #[arg(long)]
    record_secrets: bool,

    /// Write one line for each request to standard error.
    #[arg(long, short)]
    verbose: bool,
}

impl Options {
    /// Where to listen; always a loopback address.
    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// How long the process may live.
    pub(crate) fn stop_after(&self) -> Duration {
        self.stop_after
    }

    /// Whether the process ends with the one that started it.
    pub(crate) fn exits_with_parent(&self) -> bool {
        self.exit_with_parent
    }

    /// What is kept and shown of each request.
    pub(crate) fn recording(&self) -> Recording {
        Recording { secrets: self.record_secrets, verbose: self.verbose }
    }

    /// The clients and the tenant: from the file when one is given, else the one client of the flags.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let Some(path) = &self.config else {
            let scopes = self.scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
            return Ok(Config::with_client(Client {
                secret: Secret::new(self.client_secret.as_str()),
                scopes,
                ..Client::new(self.client_id.as_str())
            }));
        };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Config::try_from_json(&text).with_context(|| format!("in {}", path.display()))
    }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "not an address such as 127.0.0.1:0".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback addresses are served".to_owned()) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let number: u64 = digits.parse().map_err(|_| "not a duration such as 90s, 30m or 1h".to_owned())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => return Err("the unit must be ms, s, m or h".to_owned()),
    };
    match milliseconds.map(Duration::from_millis) {
        Some(duration) if !duration.is_zero() && duration <= LONGEST_LIFE => Ok(duration),
        _ => Err("must be more than nothing and at most 24h".to_owned()),
    }
}

const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

const CONTROL_HELP: &str = "\
CONTROL (JSON, same address):
  GET    /_sandbox/requests       what was asked, oldest first; credentials masked unless --record-secrets
  GET    /_sandbox/counters       exchanges, granted, refused, by error and by client
  POST   /_sandbox/reset          forget requests, counters and faults; clients stay
  PUT    /_sandbox/clients/{id}   change or add a client; members left out stay as they are
  DELETE /_sandbox/clients/{id}   forget a client
  PUT    /_sandbox/access-keys/{id}/role
                                  change the role of an access key's employee; members left out stay as they are
  PUT    /_sandbox/fault          for the next answers: {\"count\":2,\"status\":503,\"headers\":{\"retry-after\":\"1\"},
                                  \"body\":\"\",\"delay_ms\":0,\"close\":false}, or a list of such objects;
                                  without status and close the true answer follows after the delay
  DELETE /_sandbox/fault          no more faults

CONFIGURATION FILE (every member optional):
  {\"issuer\":\"…\",\"api_endpoint\":\"…\",\"tenant_id\":\"…\",\"area\":\"na1\",\"cluster\":\"B32\",\"business_unit\":1,
   \"access_keys\":[{\"access_key_id\":\"…\",\"access_key_secret\":\"…\",
     \"role\":{\"id\":\"…\",\"legacy_id\":\"…\",\"last_update_time\":1700000000000,\"secondary_roles\":[]}}],
   \"clients\":[{\"client_id\":\"…\",\"client_secret\":\"…\",\"scopes\":[\"cxone:api\"],\"extra_scopes\":[],
     \"grants\":[\"client_credentials\",\"password\"],
     \"authentication\":\"client_secret_basic|client_secret_post|any\",\"basic_encoding\":\"raw|rfc6749\",
     \"unknown_scopes\":\"refuse|narrow|ignore\",\"scope_in_answer\":\"text|array|empty|omit\",\"scope_claim\":true,
     \"token_format\":\"jwt|opaque\",\"jwt_type\":\"JWT|at+jwt\",\"token_type\":\"Bearer\",\"expires_in\":3600,
     \"expires_in_form\":\"number|float|text|omit\",\"claims\":{\"name\":\"added, or null to leave one out\"}}]}
  narrow refuses (invalid_scope) when no scope would be left.

EXAMPLES:
  cxone-sandbox
  cxone-sandbox --client-id ci --client-secret not-real --scopes 'cxone:api cxone:admin' --stop-after 10m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_taken() {
        for good in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:0"] {
            assert!(loopback(good).is_ok(), "{good}");
        }
        for bad in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0", "localhost:0", ""] {
            assert!(loopback(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_have_a_unit_and_a_bound() {
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for bad in ["", "5", "0s", "25h", "s", "-1s", "1d", "99999999999999999999h", "18446744073709551615h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
    }
}
