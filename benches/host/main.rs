//! Plays the core towards the provider and measures what only a client of the protocol can see. `cargo xtask bench`
//! runs it and reads its one line of JSON:
//!
//! ```text
//! host memory <provider>                      resident memory in bytes, by moment
//! host exchange <provider> <rounds> <delay>   microseconds for one exchange, by way; the service waits <delay> ms
//! ```
//!
//! Where tokens are asked for and with which credentials stands in the provider's own environment variables.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a failed step ends the measurement; it reads clocks"
)]

mod bare;
mod exchange;
mod memory;
#[path = "../../crates/testkit/src/host.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod protocol;
mod provider;

use std::io;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured: Value = match words[..] {
        ["memory", program] => runtime.block_on(memory::measure(Path::new(program)))?,
        ["exchange", program, rounds, delay] => {
            runtime.block_on(exchange::measure(Path::new(program), rounds.parse()?, delay.parse()?))?
        }
        _ => {
            // Also how `cargo bench` starts it, beside the benchmarks that run by themselves.
            writeln!(io::stderr(), "another program has to run this one: `cargo xtask bench`")?;
            return Ok(());
        }
    };
    writeln!(io::stdout(), "{measured}")?;
    Ok(())
}
