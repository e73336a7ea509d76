//! How far the clocks of this process are from those of the machine.
//!
//! In a time namespace (a container that was moved from another machine, `unshare --time`)
//! `CLOCK_BOOTTIME` has an offset. A region is read on both sides, so all times in
//! it are the machine's: the writer takes its own distance off, and so does the reader.
//! See `time_namespaces(7)`.
//!
//! Price: two links and a file read once in a process; a load for each look at the clock. A process
//! that may not see its own `/proc`, whose main thread had ended before, or that has called `unshare(CLONE_NEWTIME)` and
//! not executed anything since, is taken to live in the machine's time; one that has no descriptor left, until it has.
#![allow(clippy::disallowed_types)] // what is known of the machine, not of a region

use crate::file;
use std::fs;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};

/// Nanoseconds by which `CLOCK_BOOTTIME` is ahead of the machine's.
#[inline]
pub(crate) fn ahead() -> i64 {
    // No lock: a child that was forked while another thread held it would wait for ever.
    const NOT_ASKED: i64 = i64::MIN;
    static AHEAD: AtomicI64 = AtomicI64::new(NOT_ASKED);
    match AHEAD.load(Ordering::Relaxed) {
        NOT_ASKED => {
            let found = match ask() {
                Ok(found) => found.unwrap_or(0),
                // Not remembered: the next call may succeed.
                Err(err) if file::is_transient(&err) => return 0,
                Err(_) => 0,
            };
            AHEAD.store(found, Ordering::Relaxed);
            found
        }
        found => found,
    }
}

fn ask() -> io::Result<Option<i64>> {
    // The file describes the namespace of future children, which is this process's own if the links
    // are the same.
    let own = fs::read_link("/proc/self/ns/time")?;
    if own != fs::read_link("/proc/self/ns/time_for_children")? {
        return Ok(None);
    }
    Ok(parse(&fs::read_to_string("/proc/self/timens_offsets")?))
}

/// `boottime SECONDS NANOSECONDS`, one of the lines.
fn parse(text: &str) -> Option<i64> {
    let mut lines = text.lines().map(str::split_whitespace);
    let mut words = lines.find_map(|mut words| (words.next()? == "boottime").then_some(words))?;
    let seconds: i64 = words.next()?.parse().ok()?;
    let nanos: i64 = words.next()?.parse().ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read_whatever_the_sign() {
        let text = "monotonic           3         0\nboottime     31536000  25000000\n";
        assert_eq!(parse(text), Some(31_536_000_025_000_000));
        // As the kernel writes -2.5 s.
        assert_eq!(parse("boottime -3 500000000"), Some(-2_500_000_000));
        for text in ["", "boottime", "boottime x 0", "boottime 9223372036854775807 0"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
