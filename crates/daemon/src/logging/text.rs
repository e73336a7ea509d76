//! One event as one line of text: time (UTC), level, program, message, fields.
//!
//! Fields that repeat for machines what is in the message ([`FOR_MACHINES`]) are left out.
//!
//! The program is named so that two daemons can share a terminal; `debug` and `trace`, which are
//! for developers, name the module instead.

use std::fmt::Write as _;
use std::time::SystemTime;

use humantime::format_rfc3339_micros;
use tracing::Level;

use super::entry::{Entry, short, shown};

/// Fields that the message names too.
const FOR_MACHINES: [&str; 5] = ["region", "sequence", "epoch", "state", "instance"];

/// `entry` as a line of `program`.
pub(super) fn line(entry: &Entry, program: &str, palette: Palette) -> Vec<u8> {
    let who = if entry.level > Level::INFO { entry.target } else { program };
    let (time, level) = (format_rfc3339_micros(SystemTime::now()), entry.level);
    let message = message_and_fields(entry);
    let line = match palette {
        Palette::Colours => {
            let colour = colour(level);
            format!("\x1b[2m{time}\x1b[0m {colour}{level:>5}\x1b[0m {who}: {message}\n")
        }
        Palette::Plain => format!("{time} {level:>5} {who}: {message}\n"),
    };
    line.into_bytes()
}

/// Whether lines have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Palette {
    Plain,
    Colours,
}

/// The message, and the fields that it does not repeat: ` name=value`.
fn message_and_fields(entry: &Entry) -> String {
    let mut text = entry.message.clone();
    for (name, value) in &entry.fields {
        if !FOR_MACHINES.contains(name) {
            let _ = write!(text, " {name}={}", shown(value));
        }
    }
    short(&text)
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
    use super::super::Format;
    use super::super::testing::logged;
    use super::Palette;

    /// The lines of `events`, each without its 28 bytes of time.
    fn lines(events: impl FnOnce()) -> String {
        let text = logged(Format::Text(Palette::Plain), events);
        text.lines().flat_map(|line| [&line[28..], "\n"]).collect()
    }

    #[test]
    fn a_line_has_level_program_message_and_fields() {
        let text = lines(|| tracing::warn!(missed = 3, "late"));
        assert_eq!(text, " WARN producer: late missed=3\n");
    }

    #[test]
    fn fields_for_machines_are_not_repeated() {
        let text = lines(|| {
            tracing::info!(region = "/x", epoch = 2, sequence = 7_u64, state = %"dead", "/x: dead");
        });
        assert_eq!(text, " INFO producer: /x: dead\n");
    }

    #[test]
    fn debug_lines_name_the_module() {
        let text = lines(|| tracing::debug!("x"));
        assert_eq!(text, "DEBUG daemon::logging::text::tests: x\n");
    }

    #[test]
    fn hostile_text_stays_one_harmless_line() {
        let text = lines(|| tracing::info!(path = %"\x1b[2J", "a\nINFO producer: forged\u{202e}"));
        let want = " INFO producer: a INFO producer: forged\\u{202e} path=\\u{1b}[2J\n";
        assert_eq!(text, want);
    }

    #[test]
    fn a_line_is_one_write_to_a_pipe_however_long_the_message() {
        let text = lines(|| tracing::info!(more = "y".repeat(5000), "{}", "x".repeat(100_000)));
        assert!(text.len() < 4096 - 28, "{}", text.len());
        assert!(text.ends_with(" bytes]\n"), "{text}");
    }

    #[test]
    fn colour_goes_around_the_level_and_never_into_the_message() {
        let text = logged(Format::Text(Palette::Colours), || tracing::error!("\x1b[31mx"));
        let (_, line) = text.split_once("\x1b[0m ").expect("dim time");
        assert!(line.starts_with("\x1b[31mERROR\x1b[0m producer: "), "{line:?}");
        assert_eq!(line.matches('\x1b').count(), 2, "{line:?}");
    }
}
