//! Records out of lines, for a program that publishes them itself.
//!
//! Invariant: a line has the outcome that it has in a producer with the same settings.
//!
//! ```text
//!   push(bytes) --> next: Decoder (values of the line) --> Sources (all others) --> a record
//!   end()                       `-- Refused: the record keeps the values of the last good line
//! ```

use std::fmt;

use daemon::Monotonic;
use layout::RecordBuf;
use settings::Settings;

use super::{Decoder, Outcome, restore};
use crate::run::{keys, max_line};
use crate::sources::{Moment, Sources};

/// Makes a record of each good line of input.
#[derive(Debug)]
pub struct Feed {
    decoder: Decoder,
    sources: Sources,
    record: RecordBuf,
}

/// A line that makes no record. Displays as the line, the fact and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number, counted from 1.
    pub line: u64,
    /// Why, and what to do.
    pub why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl Feed {
    /// The records of these settings, whose fields have no values yet but constants and defaults. Waits
    /// for the second reading of rates.
    pub fn new(settings: &Settings) -> Self {
        let mut sources = Sources::new(&settings.record, Moment::now());
        let mut record = sources.first_record();
        std::thread::sleep(sources.begin_rates(Moment::now(), &mut record));
        Self { decoder: Decoder::new(max_line(settings), keys(settings)), sources, record }
    }

    /// The same with the values of `newest`, a record of the same schema, in the fields of the input.
    #[must_use]
    pub fn continuing(mut self, newest: &RecordBuf) -> Self {
        restore(newest, Monotonic::now(), &mut self.decoder.keys, &mut self.record);
        self
    }

    /// Adds bytes of the input. Take every record out before adding more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.decoder.lines.push(bytes);
    }

    /// The input has ended: the rest is a line.
    pub fn end(&mut self) {
        self.decoder.lines.end();
    }

    /// The record of the next line; `None`: there is no whole line left.
    #[allow(clippy::should_implement_trait)] // it lends the record
    pub fn next(&mut self) -> Option<Result<&RecordBuf, Refused>> {
        let refused = |line, why| Some(Err(Refused { line, why }));
        match self.decoder.next(&mut self.record, &mut || true)? {
            Outcome::Publish => {
                self.sources.sample(Moment::now(), &mut self.record);
                Some(Ok(&self.record))
            }
            Outcome::Incomplete { number } => {
                let missing = self.decoder.keys.missing().join(", ");
                refused(number, format!("there is no value yet for {missing}; give it one"))
            }
            Outcome::Bad { number, error } => refused(number, error.to_string()),
            Outcome::Stopped => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use settings::Settings;

    use super::Feed;

    const CONFIG: &str = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n\
        [[record.field]]\nname = \"a\"\ntype = \"u8\"\nsource = { input = {} }\n\
        [[record.field]]\nname = \"b\"\ntype = \"u8\"\nsource = { input = {} }\n\
        [[record.field]]\nname = \"sum\"\ntype = \"u8\"\nsource = { expr = \"a + b\" }\n";

    fn feed() -> Feed {
        Feed::new(&Settings::parse(CONFIG, "x.toml").expect("settings"))
    }

    fn outcomes(feed: &mut Feed, lines: &str) -> Vec<String> {
        feed.push(lines.as_bytes());
        feed.end();
        std::iter::from_fn(|| {
            let made = feed.next()?;
            Some(made.map_or_else(|refused| refused.to_string(), |it| it.view().line().to_string()))
        })
        .collect()
    }

    #[test]
    fn a_line_is_a_record_or_a_refusal_with_its_number() {
        let made = outcomes(&mut feed(), "{\"a\": 1}\n{\"b\": 2}\n{\"c\": 3}\n{\"a\": 4}");
        assert_eq!(made[0], "line 1: there is no value yet for b; give it one");
        assert_eq!(made[1], "a=1\tb=2\tsum=3");
        assert!(made[2].starts_with("line 3: key \"c\" is unknown"), "{}", made[2]);
        assert_eq!(made[3], "a=4\tb=2\tsum=6");
    }

    #[test]
    fn it_continues_with_the_values_of_the_newest_record() {
        let mut before = feed();
        before.push(b"{\"a\": 1, \"b\": 2}\n");
        let newest = before.next().expect("a line").expect("a record").clone();
        assert_eq!(outcomes(&mut feed().continuing(&newest), "{\"a\": 5}"), ["a=5\tb=2\tsum=7"]);
    }
}
