//! All log events of a thread, at every level and from every crate.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Collects events and spans of this thread as text, from its start to [`finish`](Self::finish).
pub struct TraceCapture(());

impl TraceCapture {
    /// The subscriber is global and selects by thread. A scoped one would miss call sites that a thread without a
    /// subscriber happens to reach first.
    pub fn start() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| tracing::subscriber::set_global_default(PerThread).unwrap());
        CAPTURED.set(Some(String::new()));
        Self(())
    }

    /// The collected text, one line for each event.
    pub fn finish(self) -> String {
        CAPTURED.take().unwrap()
    }
}

struct PerThread;

impl Subscriber for PerThread {
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        CAPTURED.with_borrow(Option::is_some)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        write(|text| span.record(text));
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, values: &Record<'_>) {
        write(|text| values.record(text));
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        write(|text| {
            let _ = write!(text.0, "\n{} {}:", metadata.level(), metadata.target());
            event.record(text);
        });
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

fn write(write: impl FnOnce(&mut Text)) {
    // The text is taken out meanwhile, because formatting a value can log.
    if let Some(text) = CAPTURED.take() {
        let mut text = Text(text);
        write(&mut text);
        CAPTURED.set(Some(text.0));
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}
