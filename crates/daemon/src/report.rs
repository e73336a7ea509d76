//! An error as a line: the program, the error and every cause. It is the last line of a program that failed.
//!
//! Invariant: exactly one line for any messages. Control characters, which may come
//! from a hostile file name or input line, are escaped; line breaks become spaces; of what is longer than a screen the ends
//! are shown.
//!
//! ```text
//! producer: error: cannot read /etc/mapcast/stu.toml: No such file or directory (os error 2)
//! ```

use std::error::Error;
use std::io;

use rustix::io::Errno;

use crate::terminal::{clean, fit};
use crate::{call_advice, logging};

/// Writes `PROGRAM: error: WHOLE CAUSE CHAIN` to stderr as one line; where the log is for machines
/// (JSON, the journal), it is an event of that log instead.
///
/// A stderr that cannot be written to is ignored, and one that is not read delays the exit by at
/// most 250 ms: there is no other place to report to.
pub fn report(program: &str, error: &(dyn Error + 'static)) {
    write(program, error, logging::last_line);
    if logging::is_for_machines() {
        logging::finish();
    }
}

/// As [`report`], for an error after which the program continues: it waits for nothing, and what stderr has no room for is
/// delayed or counted as lost, as any other message. [`logging::catch_up`] and [`logging::finish`] write what is delayed.
pub fn report_in_passing(program: &str, error: &(dyn Error + 'static)) {
    write(program, error, logging::line);
}

fn write(program: &str, error: &(dyn Error + 'static), on_stderr: fn(String)) {
    let text = one_line(error);
    if logging::is_for_machines() {
        tracing::error!(target: logging::REPORT_TARGET, "{text}");
    }
    if logging::is_stderr_for_people() {
        // The whole line in one write, so that two processes on one terminal do not mix theirs.
        on_stderr(format!("{program}: error: {text}\n"));
    }
}

/// The error and all its causes, joined with `: `.
///
/// A cause that the previous message contains is not repeated.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
    let mut text = clean(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = clean(&error.to_string());
        if !part.is_empty() && !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    fit(&text)
}

/// The next step for an error of a system call that every daemon makes: to handle signals, to wait.
pub fn next_step(error: &io::Error) -> &'static str {
    let common = Errno::from_io_error(error).and_then(call_advice::of_process);
    common.unwrap_or("start it again, and report this line if it comes again")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::one_line;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read {path}: {source}")]
    struct Inner {
        path: &'static str,
        source: io::Error,
    }

    #[test]
    fn every_cause_is_printed_once_and_in_order() {
        let source = io::Error::from_raw_os_error(2);
        let error = Outer(Inner { path: "/x", source });
        assert_eq!(
            one_line(&error),
            "cannot start: cannot read /x: No such file or directory (os error 2)"
        );
    }
}
