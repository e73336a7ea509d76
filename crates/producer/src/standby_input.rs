//! The input of a standby: read while it waits, so that the program that writes it does not block.
//!
//! Invariant: an input that another producer reads is not touched, nor is one whose writer never
//! blocks (a regular file). Lines read here are not published; they set the values of the one
//! record, or the one of each instance, that the take-over publishes.
//!
//! ```text
//!   sensor --> tee --+--> active producer --> region
//!                    `--> standby, at each check: drain --> record
//!                                  take-over: drain, publish the record, then line by line
//! ```
//!
//! Price: at most [`STRETCH`] at each check, which delays a take-over at that moment; of instances, an attach
//! to the region at each check at which there are lines.

use std::io;
use std::path::Path;
use std::time::Duration;

use daemon::Monotonic;
use region::Address;
use settings::Settings;

use crate::error::{Kind, ProducerError};
use crate::input::{Input, Outcome};
use crate::records::Records;
use crate::run::{keys, max_line};

/// The longest time spent reading lines before the standby checks the region again.
const STRETCH: Duration = Duration::from_millis(25);
/// How often to check whether the input's name belongs to another pipe.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Checks at which no other producer reads the input until this one does.
const CLAIMED: u8 = 2;
/// Lines to read between two clock reads.
const LINES: usize = 64;

/// An input and the values read from it.
#[derive(Debug)]
pub(crate) struct StandbyInput {
    pub(crate) input: Option<Input>,
    pub(crate) records: Records,
    /// How many bad lines there were.
    pub(crate) bad_lines: u64,
    /// When the last good line was read, if the record is complete and not yet published.
    pub(crate) unpublished: Option<Monotonic>,
    /// Consecutive checks at which no other producer read the input.
    free_checks: u8,
    next_check: Monotonic,
    failure: Option<io::Error>,
}

impl StandbyInput {
    /// For the record in `settings`. Nothing is read.
    pub(crate) fn new(input: Option<Input>, settings: &Settings) -> Self {
        Self {
            input,
            records: Records::new(settings),
            bad_lines: 0,
            unpublished: None,
            free_checks: 0,
            next_check: Monotonic::now().after(CHECK_EVERY),
            failure: None,
        }
    }

    /// Opens the input, if there is one and it is not open yet: the region is waited for, and has not failed.
    pub(crate) fn begin(&mut self) -> Result<(), ProducerError> {
        Ok(self.input.as_mut().map_or(Ok(()), Input::begin)?)
    }

    /// Continues where `earlier` was, under other settings for the same stream.
    pub(crate) fn carry_over(&mut self, earlier: Self, settings: &Settings) {
        let Some(mut input) = earlier.input else { return };
        let mut keys = keys(settings);
        let kept = self.records.carry_over_unpublished(earlier.records);
        keys.carry_over(input.keys(), &kept);
        // A new field may have no value yet.
        let is_whole = self.records.instances().is_some() || keys.is_complete();
        self.unpublished = earlier.unpublished.filter(|_| is_whole);
        input.configure(settings.producer.input.as_deref(), max_line(settings), keys);
        self.input = Some(input);
        self.bad_lines = earlier.bad_lines;
        self.free_checks = earlier.free_checks;
        self.failure = earlier.failure;
    }

    /// Reads the available input for the standby of the region at `address` while `keep_going` returns
    /// true. `false` if the input has ended or failed.
    pub(crate) fn drain(
        &mut self,
        address: &Address,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> bool {
        let Some(mut input) = self.input.take() else { return true };
        let path = address.path();
        self.follow_name(path, &mut input);
        // Also when it was claimed: the producer that publishes may have begun to read it.
        self.free_checks = if input.claim() { (self.free_checks + 1).min(CLAIMED) } else { 0 };
        let drained =
            if self.is_claimed() { self.read(address, &mut input, keep_going) } else { Ok(()) };
        let has_ended = input.has_ended();
        if has_ended {
            tracing::info!(region = %path.display(), "the input ended before a take-over");
        }
        self.input = Some(input);
        self.failure = drained.err();
        !has_ended && self.failure.is_none()
    }

    /// Whether this standby may read the input. One check is not enough: the producer that read it
    /// may have just died, and the lines it left are for the one that takes over.
    fn is_claimed(&self) -> bool {
        self.free_checks == CLAIMED
    }

    /// Ends the wait: lines written until now become one record.
    pub(crate) fn finish(&mut self, address: &Address) -> Result<(), ProducerError> {
        if self.is_claimed() {
            self.drain(address, &mut || true);
        }
        self.check()
    }

    /// The error that ended the wait, if any.
    pub(crate) fn check(&mut self) -> Result<(), ProducerError> {
        let Some(source) = self.failure.take() else { return Ok(()) };
        let input = self.input.as_ref().map(Input::name).unwrap_or_default();
        Err(Kind::Read { input, source }.into())
    }

    fn read(
        &mut self,
        address: &Address,
        input: &mut Input,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> io::Result<()> {
        let end = Monotonic::now().after(STRETCH);
        if !input.has_ended() && (input.has_lines() || input.is_readable()?) {
            self.records.note_places(address);
        }
        while !input.has_ended() && (input.has_lines() || input.is_readable()?) {
            if !input.has_lines() {
                input.fill()?;
            }
            for _ in 0..LINES {
                let outcome = input.next(&mut self.records, keep_going);
                self.records.forget_changes();
                match outcome {
                    Some(Outcome::Publish) => self.unpublished = Some(Monotonic::now()),
                    Some(Outcome::Incomplete { .. }) => {}
                    Some(Outcome::Bad { number, error }) => {
                        self.bad_lines += 1;
                        let region = address.path().display();
                        tracing::warn!(%region, "line {number} skipped: {error}");
                    }
                    Some(Outcome::Stopped) => return Ok(()),
                    None => break,
                }
            }
            if Monotonic::now() >= end {
                break;
            }
        }
        Ok(())
    }

    /// Switches to the pipe that has the input's name now. A pipe that is gone is reported after
    /// the take-over.
    fn follow_name(&mut self, path: &Path, input: &mut Input) {
        let now = Monotonic::now();
        // The rest of a pipe that this standby reads is read first.
        let has_rest =
            self.is_claimed() && (input.has_lines() || input.is_readable().unwrap_or(false));
        if now < self.next_check || has_rest {
            return;
        }
        self.next_check = now.after(CHECK_EVERY);
        if input.follow_name_without_rest().is_ok_and(|followed| followed) {
            self.free_checks = 0;
            tracing::info!(
                region = %path.display(),
                "the input pipe was replaced; reading the new one"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use region::ToPlace as _;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;
    use crate::run::find_input;

    #[test]
    fn a_standby_gives_a_pipe_back_that_another_producer_begins_to_read() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let text = format!(
            "[region]\npath = \"{0}/x.region\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"n\"\n\
             type = \"u32\"\nsource = {{ input = {{}} }}\n[producer]\ninput = \"{0}/pipe\"\n",
            dir.path().display()
        );
        let settings = Settings::parse(&text, "x.toml").unwrap();
        let address = settings.region.address.place().to_write().unwrap();
        let open = || {
            let mut input = find_input(&settings).unwrap().unwrap();
            input.begin().unwrap();
            input
        };
        let (mut standby, other) = (StandbyInput::new(Some(open()), &settings), open());
        let mut writer = std::fs::File::options().write(true).open(&pipe).unwrap();
        let mut reads = |standby: &mut StandbyInput| {
            writer.write_all(b"{\"n\":1}\n").unwrap();
            assert!(standby.drain(&address, &mut || true));
            !standby.input.as_ref().unwrap().is_readable().unwrap()
        };
        assert_eq!([reads(&mut standby), reads(&mut standby)], [false, true], "no other reads");
        other.hold();
        assert_eq!([reads(&mut standby), reads(&mut standby)], [false, false], "another reads");
        drop(other);
        assert_eq!(
            [reads(&mut standby), reads(&mut standby)],
            [false, true],
            "no other reads again"
        );
    }
}
