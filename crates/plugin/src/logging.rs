//! Logs in Terraform's format: hclog's JSON on standard error, one object a line.

use std::io::Write;
use std::time::SystemTime;
use std::{fmt, io};

use serde_json::{Map, Value};
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, registry};

use crate::launch::Environment;

/// Sends the process's logs to standard error at the core's level. Keeps panic messages out, because they can quote
/// anything. Without a log level in the environment, nothing is formatted. Call it once, early.
///
/// `own` names further crates of which all events are shown. Of other crates, only warnings and errors are.
pub fn install(environment: &Environment, own: &'static [&'static str]) {
    let level = level(environment.log_level.as_deref());
    // The default hook prints the panic's message on standard error, and the core would show it in its log.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
    if level != LevelFilter::OFF {
        #[expect(clippy::disallowed_methods, reason = "a log line is stamped with the wall clock")]
        let layer = HclogLayer { level, own, now: SystemTime::now, output: io::stderr };
        // Fails only if there is already a subscriber, which then gets the events.
        _ = tracing::subscriber::set_global_default(registry().with(layer));
    }
}

/// The level in a variable. As in the cores, an unknown word means TRACE.
fn level(setting: Option<&str>) -> LevelFilter {
    match setting.map(str::to_uppercase).as_deref() {
        None | Some("" | "OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

/// Writes one hclog line for each event: all events of our crates, and the warnings and errors of dependencies, whose
/// other events could show the bytes of a connection.
struct HclogLayer<W> {
    level: LevelFilter,
    own: &'static [&'static str],
    now: fn() -> SystemTime,
    output: fn() -> W,
}

impl<W> HclogLayer<W> {
    fn is_own(&self, target: &str) -> bool {
        let name = target.split("::").next().unwrap_or_default();
        name == env!("CARGO_CRATE_NAME") || self.own.contains(&name)
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let limit = if self.is_own(metadata.target()) { self.level } else { self.level.min(LevelFilter::WARN) };
        metadata.is_event() && *metadata.level() <= limit
    }
}

impl<S: Subscriber, W: Write + 'static> Layer<S> for HclogLayer<W> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = line(event.metadata(), fields, (self.now)());
        // Standard error closes with the host, and then nobody can read an error about that.
        _ = (self.output)().write_all(line.as_bytes());
    }
}

/// The fields of one event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn record(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            ("message", other) => self.message = other.to_string(),
            (name, value) => {
                self.others.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, capped(format!("{value:?}")).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, capped(value.to_owned()).into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record(field, value.into());
    }
}

fn line(metadata: &Metadata<'_>, fields: Fields, now: SystemTime) -> String {
    let Fields { message, others } = fields;
    let mut object = Map::new();
    // `@level` and `@message` must be texts: go-plugin asserts their type, and its panic would be the core's.
    object.insert("@level".into(), level_name(*metadata.level()).into());
    object.insert("@message".into(), message.into());
    object.insert("@module".into(), metadata.target().replace("::", ".").into());
    object.insert("@timestamp".into(), timestamp(now).into());
    let essential = object.clone();
    // Field names are Rust identifiers, so none begins with `@`.
    object.extend(others);
    let line = format!("{}\n", Value::Object(object));
    if line.len() <= MAX_LINE { line } else { format!("{}\n", Value::Object(essential)) }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

/// Exactly six digits after the second. Terraform shows a line with any other form unparsed.
fn timestamp(now: SystemTime) -> String {
    let now = OffsetDateTime::from(now);
    let (date, time) = (now.date(), now.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second, micro) = time.as_hms_micro();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
}

fn capped(mut text: String) -> String {
    if text.len() > MAX_FIELD {
        let end = (0..=MAX_FIELD).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

// go-plugin splits lines of more than 64 KiB, and both parts lose their structure.
const MAX_LINE: usize = 60 * 1024;

// Even a message of control characters, each escaped to six characters, stays within a line.
const MAX_FIELD: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    thread_local! {
        static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    struct Written;

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            WRITTEN.with_borrow_mut(|written| written.extend_from_slice(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The output of `emit` at `level`, in June 2026.
    fn logged(level: LevelFilter, emit: impl FnOnce()) -> String {
        let layer = HclogLayer {
            level,
            own: &[],
            now: || UNIX_EPOCH + Duration::from_nanos(1_780_272_000_000_042_999),
            output: || Written,
        };
        tracing::subscriber::with_default(registry().with(layer), emit);
        String::from_utf8(WRITTEN.take()).unwrap()
    }

    #[test]
    fn an_event_is_one_line_of_hclog() {
        let line = logged(LevelFilter::TRACE, || {
            tracing::info!(text = "a\nb", count = 3_u64, odd = ?Some(1), "message of {}", 2);
        });
        insta::assert_snapshot!(line.replace(env!("CARGO_CRATE_NAME"), "this_crate"), @r#"{"@level":"info","@message":"message of 2","@module":"this_crate.logging.tests","@timestamp":"2026-06-01T00:00:00.000042Z","count":3,"odd":"Some(1)","text":"a\nb"}"#);
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn the_message_is_text_even_where_there_is_none() {
        let line = logged(LevelFilter::TRACE, || tracing::warn!(message = 7_u64));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["@message"], "7");
        let line = logged(LevelFilter::TRACE, || tracing::warn!(field = true));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["@message"], "");
    }

    #[test]
    fn levels_above_the_limit_are_dropped() {
        let emit = || {
            tracing::debug!("own debug");
            tracing::warn!("own warning");
            tracing::debug!(target: "other::crate", "foreign debug");
            tracing::warn!(target: "other::crate", "foreign warning");
        };
        for (limit, expected) in [
            (LevelFilter::TRACE, &["own debug", "own warning", "foreign warning"][..]),
            (LevelFilter::WARN, &["own warning", "foreign warning"]),
            (LevelFilter::ERROR, &[]),
        ] {
            let lines = logged(limit, emit);
            let messages: Vec<String> = lines
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()["@message"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(messages, expected, "{limit}");
        }
    }

    #[test]
    fn a_line_stays_within_what_the_host_reads() {
        let long = "\u{1}ä".repeat(50_000);
        let line = logged(LevelFilter::TRACE, || tracing::error!(long, "{}", long));
        assert!(line.len() < 64 * 1024 && line.ends_with("}\n"));
        let line = logged(LevelFilter::TRACE, || tracing::error!(a = long, b = long, c = long, "too much"));
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert!(line.len() < 64 * 1024 && parsed["@message"] == "too much");
    }

    #[test]
    fn level_words_are_read_as_the_cores_read_them() {
        for (word, expected) in [
            (None, LevelFilter::OFF),
            (Some("off"), LevelFilter::OFF),
            (Some("Error"), LevelFilter::ERROR),
            (Some("warn"), LevelFilter::WARN),
            (Some("INFO"), LevelFilter::INFO),
            (Some("debug"), LevelFilter::DEBUG),
            (Some("trace"), LevelFilter::TRACE),
            (Some("JSON"), LevelFilter::TRACE),
            (Some("1"), LevelFilter::TRACE),
        ] {
            assert_eq!(level(word), expected, "{word:?}");
        }
    }
}
