//! Splits a stream of bytes into numbered lines of limited length.
//!
//! Invariant: at most `max` bytes and the chunks pushed since all lines were taken out are kept, for any input. A line
//! that is too long is reported once, when it becomes too long, and the rest of it is dropped as it
//! arrives. The memory of a long line is freed by the next push.
//!
//! ```text
//!   push("ab\ncd")   next -> 1 "ab"   next -> none       kept: "cd"
//!   push("e\n")      next -> 2 "cde"
//!   push("f") end()  next -> 3 "f"                       the last line needs no newline
//! ```
//!
//! Price: each byte is copied once and scanned once.

/// A larger buffer is freed when shorter lines follow.
const LARGE: usize = 4 << 20;

/// The content of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The bytes without the line end (`\n` or `\r\n`).
    Text(&'a [u8]),
    /// More than this many bytes.
    TooLong(usize),
}

/// A buffer that is filled with chunks and emptied by lines.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// No newline is between `start` and here.
    scanned: usize,
    max: usize,
    number: u64,
    /// The current line was too long; bytes up to its end are dropped.
    discarding: bool,
}

impl Lines {
    /// A buffer for lines of at most `max` bytes, not counting the line end.
    pub(crate) fn new(max: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, scanned: 0, max, number: 0, discarding: false }
    }

    /// Changes the limit from the next line on.
    pub(crate) fn set_max(&mut self, max: usize) {
        self.max = max;
    }

    /// Adds what was read. Take all lines out before adding more.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        let need = self.buffer.len() + chunk.len();
        if self.buffer.capacity() > LARGE && need < LARGE {
            self.buffer.shrink_to(need);
        }
        self.buffer.extend_from_slice(chunk);
    }

    /// The stream has ended: the remaining bytes are a line, with or without a newline.
    pub(crate) fn end(&mut self) {
        if self.is_inside_line() {
            self.push(b"\n");
        }
    }

    /// Whether an unfinished line is buffered. Exact once all lines are taken out.
    pub(crate) fn is_inside_line(&self) -> bool {
        self.discarding || self.buffer.last().is_some_and(|&byte| byte != b'\n')
    }

    /// How many whole lines are buffered.
    pub(crate) fn count(&self) -> u64 {
        let ends: u64 =
            self.buffer[self.scanned..].iter().map(|&byte| u64::from(byte == b'\n')).sum();
        ends.saturating_sub(u64::from(self.discarding)) // the end of one that was reported
    }

    /// The next whole line and its number, counted from 1.
    pub(crate) fn next_line(&mut self) -> Option<(u64, Line<'_>)> {
        loop {
            let Some(length) = self.buffer[self.scanned..].iter().position(|&byte| byte == b'\n')
            else {
                return self.unfinished();
            };
            let (start, end) = (self.start, self.scanned + length);
            self.start = end + 1;
            self.scanned = self.start;
            if self.discarding {
                self.discarding = false;
                continue;
            }
            self.number += 1;
            let text = &self.buffer[start..end];
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let line =
                if text.len() > self.max { Line::TooLong(self.max) } else { Line::Text(text) };
            return Some((self.number, line));
        }
    }

    /// There is no newline in the rest of the buffer.
    fn unfinished(&mut self) -> Option<(u64, Line<'_>)> {
        // One byte more than `max`: it may be the `\r` of a line end.
        let too_long = self.buffer.len() - self.start > self.max.saturating_add(1);
        let report = too_long && !self.discarding;
        if self.discarding || too_long {
            self.discarding = true;
            self.start = self.buffer.len();
        }
        self.scanned = self.buffer.len();
        report.then(|| {
            self.number += 1;
            (self.number, Line::TooLong(self.max))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Lines};

    #[test]
    fn whole_lines_that_were_not_taken_out_are_counted() {
        let mut lines = Lines::new(9);
        assert_eq!(lines.count(), 0);
        lines.push(b"a\nb\nc");
        assert_eq!(lines.count(), 2);
        assert!(lines.next_line().is_some());
        assert_eq!(lines.count(), 1);
        lines.end();
        assert_eq!(lines.count(), 2);
        let mut lines = Lines::new(1);
        lines.push(b"long");
        assert!(lines.next_line().is_some());
        lines.push(b"er\na\n");
        assert_eq!(lines.count(), 1, "one was reported as too long");
    }

    /// All lines of `chunks`; "<too long>" for each line that is too long.
    fn all(max: usize, chunks: &[&str]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(max);
        let mut out = Vec::new();
        for (index, chunk) in chunks.iter().enumerate() {
            lines.push(chunk.as_bytes());
            for last in [false, true] {
                if last && index + 1 == chunks.len() {
                    lines.end();
                }
                while let Some((number, line)) = lines.next_line() {
                    out.push((
                        number,
                        match line {
                            Line::Text(text) => String::from_utf8(text.to_vec()).expect("UTF-8"),
                            Line::TooLong(_) => "<too long>".to_owned(),
                        },
                    ));
                }
            }
        }
        assert!(!lines.is_inside_line());
        out
    }

    fn numbered(texts: &[&str]) -> Vec<(u64, String)> {
        (1..).zip(texts.iter().map(|text| (*text).to_owned())).collect()
    }

    #[test]
    fn lines_are_whole_for_any_division_into_chunks() {
        let text = "one\r\n\ntwo\nthree";
        let want = numbered(&["one", "", "two", "three"]);
        assert_eq!(all(100, &[text]), want);
        let bytes: Vec<String> = text.chars().map(String::from).collect();
        let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
        assert_eq!(all(100, &bytes), want);
    }

    #[test]
    fn the_last_line_needs_no_newline() {
        assert_eq!(all(100, &["a\nb\n"]), numbered(&["a", "b"]));
        assert_eq!(all(100, &["a\nb"]), numbered(&["a", "b"]));
        assert_eq!(all(100, &[""]), []);
    }

    #[test]
    fn the_limit_is_exact_and_the_line_end_does_not_count() {
        assert_eq!(all(3, &["abc\r\nabc\nabc"]), numbered(&["abc", "abc", "abc"]));
        assert_eq!(all(3, &["abcd\nx\n"]), numbered(&["<too long>", "x"]));
        assert_eq!(all(3, &["x\nabcd"]), numbered(&["x", "<too long>"]));
        assert_eq!(all(3, &["abc", "\r\nx"]), numbered(&["abc", "x"]));
        assert_eq!(all(3, &["abc", "\rd\nx"]), numbered(&["<too long>", "x"]));
    }

    #[test]
    fn an_endless_line_is_reported_once_and_not_kept() {
        let mut lines = Lines::new(10);
        let mut reports = 0;
        for _ in 0..1_000 {
            lines.push(&[b'x'; 64]);
            while let Some(line) = lines.next_line() {
                assert_eq!(line, (1, Line::TooLong(10)));
                reports += 1;
            }
        }
        assert_eq!(reports, 1);
        assert!(lines.buffer.capacity() < 1_000, "{}", lines.buffer.capacity());
        lines.push(b"rest\nnext\n");
        assert_eq!(lines.next_line(), Some((2, Line::Text(b"next"))));
        assert_eq!(lines.next_line(), None);
    }

    #[test]
    fn the_memory_of_a_long_line_is_freed() {
        let mut lines = Lines::new(64 << 20);
        lines.push(&vec![b'x'; 8 << 20]);
        assert_eq!(lines.next_line(), None);
        lines.push(b"\n");
        assert!(lines.next_line().is_some());
        lines.push(b"y\n");
        assert!(lines.buffer.capacity() < 1 << 20, "{}", lines.buffer.capacity());
        assert_eq!(lines.next_line(), Some((2, Line::Text(b"y"))));
    }
}
