//! One event as one line of text: time (UTC), level, who, message, fields.
//!
//! Fields that only repeat for machines what the message says ([`FOR_MACHINES`]) are left out.
//!
//! "Who" is the program, so that two daemons can share a terminal; for `debug` and `trace`, which
//! are for the people who work on it, it is the module.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::report::clean;

/// Fields that stand in the message too.
const FOR_MACHINES: [&str; 4] = ["region", "sequence", "epoch", "state"];

/// The formatter.
pub(super) struct Text {
    pub(super) program: &'static str,
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        let who = if level > Level::INFO { event.metadata().target() } else { self.program };
        // Without colours and without tracing's own escapes: `clean` does all of it.
        let mut words = Words::default();
        event.record(&mut words);
        let message = words.message + &words.fields;

        if writer.has_ansi_escapes() {
            write!(writer, "\x1b[2m")?;
            SystemTime.format_time(&mut writer)?;
            write!(writer, "\x1b[0m {}{level:>5}\x1b[0m {who}: ", colour(level))?;
        } else {
            SystemTime.format_time(&mut writer)?;
            write!(writer, " {level:>5} {who}: ")?;
        }
        writeln!(writer, "{}", clean(&message))
    }
}

/// The message of an event, and the fields that it does not repeat: ` name=value`.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let name = field.name();
        if name == "message" {
            self.message = format!("{value:?}");
        } else if !FOR_MACHINES.contains(&name) {
            let _ = write!(self.fields, " {name}={value:?}");
        }
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry;

    use super::Text;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `events` write, each line without its 28 bytes of time.
    fn logged(ansi: bool, events: impl FnOnce()) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let text = layer()
            .event_format(Text { program: "producer" })
            .with_writer(move || writer.clone())
            .with_ansi(ansi);
        tracing::subscriber::with_default(registry().with(text), events);
        let bytes = sink.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        if ansi { text } else { text.lines().flat_map(|line| [&line[28..], "\n"]).collect() }
    }

    #[test]
    fn a_line_says_level_program_message_and_fields() {
        let text = logged(false, || tracing::warn!(missed = 3, "late"));
        assert_eq!(text, " WARN producer: late missed=3\n");
    }

    #[test]
    fn fields_for_machines_are_not_said_twice() {
        let text = logged(false, || {
            tracing::info!(region = "/x", epoch = 2, sequence = 7_u64, state = %"dead", "/x: dead");
        });
        assert_eq!(text, " INFO producer: /x: dead\n");
    }

    #[test]
    fn debug_lines_name_the_module() {
        let text = logged(false, || tracing::debug!("x"));
        assert_eq!(text, "DEBUG daemon::logging::text::tests: x\n");
    }

    #[test]
    fn hostile_text_stays_one_harmless_line() {
        let text = logged(false, || tracing::info!(path = %"\x1b[2J", "a\nINFO producer: forged"));
        assert_eq!(text, " INFO producer: a INFO producer: forged path=\\u{1b}[2J\n");
    }

    #[test]
    fn colour_goes_around_the_level_and_never_into_the_message() {
        let text = logged(true, || tracing::error!("\x1b[31mx"));
        let (_, line) = text.split_once("\x1b[0m ").expect("dim time");
        assert!(line.starts_with("\x1b[31mERROR\x1b[0m producer: "), "{line:?}");
        assert_eq!(line.matches('\x1b').count(), 2, "{line:?}");
    }
}
