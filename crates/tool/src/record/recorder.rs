//! Records one region: follows it through every change, and writes what it publishes to the output.
//!
//! Invariant: each record is written, left out by an option, or counted in a message of the channel
//! [`events`]. A region that is replaced has its records on channels of the new schema.
//!
//! Price: the lock of the output for each record.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use daemon::counted;
use mapcast::dynamic::RecordView;
use mapcast::{BootTime, Event, Follow, InstanceChange, InstanceName, Publication, State};
use render::{Held, Origin, Pace, Reading, Writer};
use serde_json::{Value, json};
use settings::Address;

use super::fitted::Fitted;
use super::output::{ChannelId, Output};
use super::selection::Selection;
use super::source::{Happened, Source};
use super::stream::{ChannelRegion, Stream, nanos};
use super::{RecordError, events};

/// Longest sleep while there is nothing to wait on.
const NAP: Duration = Duration::from_millis(20);
/// Time between two messages about missed records.
const MISSED_EVERY: Duration = Duration::from_secs(1);
/// Records after which the loop looks up: a fast writer may keep it busy for ever.
const TURN: u32 = 1000;

/// What a region is recorded with.
pub(crate) struct Recorder<'a> {
    name: String,
    selection: &'a Selection,
    output: &'a Mutex<Output>,
    /// `None`: there is no region whose records the options fit.
    fitted: Option<Fitted>,
    streams: BTreeMap<Option<InstanceName>, Stream>,
    /// The rate; as with the consumer, it lasts also where another region takes the place of one.
    pace: Option<Pace>,
    events: Option<ChannelId>,
    /// What the log has said of the writer.
    writer: Option<Writer>,
    /// Records that were missed since the log said so.
    missed: u64,
    missed_logged: Option<BootTime>,
    text: Vec<u8>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(name: String, selection: &'a Selection, output: &'a Mutex<Output>) -> Self {
        Self {
            name,
            selection,
            output,
            fitted: None,
            streams: BTreeMap::new(),
            pace: selection.rate.map(Pace::new),
            events: None,
            writer: None,
            missed: 0,
            missed_logged: None,
            text: Vec::new(),
        }
    }

    /// Records the region at `at` until `stop` returns true. `is_there`: it was at the start.
    pub(crate) fn run(
        mut self,
        (at, is_there): (Address, bool),
        stop: impl Fn() -> bool,
    ) -> Result<(), RecordError> {
        let mut has_waited = !is_there;
        let open = move || Source::open_awaited(&at, &mut has_waited);
        let mut follow = Follow::awaiting(open);
        while !stop() {
            for _ in 0..TURN {
                if self.step(&mut follow)?.is_none() {
                    break;
                }
            }
            self.release(&follow)?;
            self.log_missed();
            let span = self.until_due(follow.next_look());
            if !span.is_zero() && !follow.wait(span) {
                sleep(span.min(NAP));
            }
        }
        self.finish(&mut follow)
    }

    /// Handles what has happened next. Returns when that was published; `None`: there is nothing more now.
    fn step(&mut self, follow: &mut Follow<'_, Source>) -> Result<Option<BootTime>, RecordError> {
        match follow.try_next() {
            Ok(Some(event)) => {
                let at = published_at(&event);
                self.handle(event, follow)?;
                Ok(Some(at))
            }
            Ok(None) => Ok(None),
            Err(error) if follow.source().is_none() && !lock(self.output).has_region => {
                Err(error.into())
            }
            Err(error) => {
                tracing::warn!("{}: {}", self.name, daemon::with_next_step(&error));
                Ok(Some(BootTime::now()))
            }
        }
    }

    /// Writes what was published until now, and what a rate still holds back.
    fn finish(&mut self, follow: &mut Follow<'_, Source>) -> Result<(), RecordError> {
        let end = BootTime::now();
        while self.step(follow)?.is_some_and(|at| at < end) {}
        self.missed_logged = None;
        self.log_missed();
        self.write_all_held(follow)
    }

    fn handle(
        &mut self,
        event: Event<Happened>,
        follow: &Follow<'_, Source>,
    ) -> Result<(), RecordError> {
        match event {
            Event::Record(happened) => {
                let Some(source) = follow.source() else { return Ok(()) };
                self.happened(&happened, source)
            }
            Event::Missed(count) => self.missed(None, count),
            Event::Attached => self.attach(follow, "attached"),
            Event::Replaced => self.attach(follow, "replaced"),
            Event::Writer(state) => {
                self.tell_writer(follow, state);
                self.note(state.as_str())
            }
            Event::Lineage(lineage) => self.event(None, "lineage", json!({ "lineage": lineage })),
            Event::Waiting => {
                tracing::info!("{}: waiting for the region", self.name);
                Ok(())
            }
            Event::Missing => {
                tracing::warn!(
                    "{}: missing: the file was deleted; recording the old one until there is another",
                    self.name
                );
                self.note("missing")
            }
            Event::Back => {
                tracing::info!("{}: back: the same file as before", self.name);
                self.note("back")
            }
            Event::Truncated => {
                tracing::warn!(
                    "{}: truncated: the file was cut short; waiting until it is whole again or \
                     there is another one",
                    self.name
                );
                self.note("truncated")
            }
            _ => Ok(()),
        }
    }

    fn happened(&mut self, happened: &Happened, source: &Source) -> Result<(), RecordError> {
        let instance = happened.instance;
        match happened.what {
            InstanceChange::Record(publication) => self.take(instance, publication, source),
            InstanceChange::Missed(count) => self.missed(instance, count),
            InstanceChange::Joined => self.event(instance, "joined", json!({})),
            InstanceChange::Retired => {
                let paced = self.pace.as_mut().zip(instance);
                let held = paced.and_then(|(pace, instance)| pace.retire(instance));
                self.write_held(held, source)?;
                self.streams.remove(&instance);
                self.event(instance, "retired", json!({}))
            }
            _ => Ok(()),
        }
    }

    /// Goes over to the schema of the region that is attached now.
    fn attach(&mut self, follow: &Follow<'_, Source>, what: &str) -> Result<(), RecordError> {
        self.write_all_held(follow)?;
        let Some(source) = follow.source() else { return Ok(()) };
        self.streams.clear();
        let former = self.fitted.take();
        let fitted = Fitted::of(source, self.selection);
        match fitted.and_then(|fitted| fitted.after(former, source, self.selection)) {
            Ok(fitted) => {
                self.fitted = Some(fitted);
                lock(self.output).has_region = true;
            }
            // It does not end the recording of others, nor that of what had its name before.
            Err(error) if lock(self.output).has_region => tracing::warn!("{error}; not recorded"),
            Err(error) => return Err(error),
        }
        let (record, writer) = (source.reader().schema().name(), Writer::of(source.reader()));
        self.writer = Some(writer);
        log_of(writer, &format!("{}: {what}: {record}; {writer}", self.name));
        self.event(None, what, json!({ "record": record }))
    }

    /// Logs the state of the writer, unless that was logged with the region.
    fn tell_writer(&mut self, follow: &Follow<'_, Source>, state: State) {
        let Some(source) = follow.source() else { return };
        let writer = Writer { state, ..Writer::of(source.reader()) };
        if self.writer.replace(writer) != Some(writer) {
            log_of(writer, &format!("{}: {writer}", self.name));
        }
    }

    /// Writes the record that was copied last, unless an option leaves it out.
    fn take(
        &mut self,
        instance: Option<InstanceName>,
        publication: Publication,
        source: &Source,
    ) -> Result<(), RecordError> {
        let Some(fitted) = &self.fitted else { return Ok(()) };
        if !self.streams.contains_key(&instance) {
            let origin = ChannelRegion {
                region: &self.name,
                instance: instance.as_ref(),
                max_instances: source.max_instances(),
                slots: source.reader().header().slots,
            };
            self.streams.insert(instance, fitted.stream(source, self.selection, origin)?);
        }
        let Some(stream) = self.streams.get_mut(&instance) else { return Ok(()) };
        if stream.admits(source, (instance, publication), self.pace.as_mut()) {
            let origin = Origin { region: source.reader(), publication };
            self.write(instance, source.record.view(), origin, source)?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        instance: Option<InstanceName>,
        record: RecordView<'_>,
        origin: Origin<'_>,
        source: &Source,
    ) -> Result<(), RecordError> {
        let Self { fitted, streams, text, output, selection, .. } = self;
        let (Some(fitted), Some(stream)) = (fitted, streams.get_mut(&instance)) else {
            return Ok(());
        };
        stream.write(record);
        let out_of_memory =
            |error| RecordError::System { what: "cannot write a record", source: error };
        if selection.is_csv {
            let mut output = lock(output);
            output.prepare()?;
            let lines = fitted.lines(output.file(), record.schema(), source, selection)?;
            text.clear();
            let (instance, origin) = (instance.as_deref(), Some(origin));
            lines.render(&Reading { record, instance, origin }, text).map_err(out_of_memory)?;
            return output.lines(text);
        }
        let message = fitted.described.message(record, text).map_err(out_of_memory)?;
        let time = nanos(origin.region.wall_time(&origin.publication));
        let (channel, id, sequence) = stream.channel_for(&origin.publication);
        let mut output = lock(output);
        output.record(channel, id, (sequence, time), message)
    }

    fn write_held(&mut self, held: Option<Held>, source: &Source) -> Result<(), RecordError> {
        let Some(Held { instance, record, publication: Some(publication), noted: Some(region) }) =
            held
        else {
            return Ok(());
        };
        let origin = Origin { region: &region, publication };
        self.write(instance, record.view(), origin, source)
    }

    /// Writes all records that a rate holds back, whether their time has come or not.
    fn write_all_held(&mut self, follow: &Follow<'_, Source>) -> Result<(), RecordError> {
        self.write_each(follow, Pace::take)
    }

    /// Writes the records that a rate has held back until now.
    fn release(&mut self, follow: &Follow<'_, Source>) -> Result<(), RecordError> {
        self.write_each(follow, |pace| pace.release(BootTime::now()))
    }

    /// Writes the records that `next` takes out of what is held back.
    fn write_each(
        &mut self,
        follow: &Follow<'_, Source>,
        next: impl Fn(&mut Pace) -> Option<Held>,
    ) -> Result<(), RecordError> {
        let Some(source) = follow.source() else { return Ok(()) };
        while let Some(held) = self.pace.as_mut().and_then(&next) {
            self.write_held(Some(held), source)?;
        }
        Ok(())
    }

    /// `span`, or the time until a record that is held back is due.
    fn until_due(&self, span: Duration) -> Duration {
        self.pace.as_ref().map_or(span, |pace| pace.shorten(span, BootTime::now()))
    }

    fn missed(&mut self, instance: Option<InstanceName>, count: u64) -> Result<(), RecordError> {
        if self.fitted.is_none() {
            // They would have been left out.
            return Ok(());
        }
        lock(self.output).totals.missed += count;
        self.missed += count;
        self.event(instance, "missed", json!({ "count": count }))
    }

    /// Logs how many records were missed since that was logged last, [`MISSED_EVERY`] at most.
    fn log_missed(&mut self) {
        if self.missed == 0 || self.missed_logged.is_some_and(|at| at.elapsed() < MISSED_EVERY) {
            return;
        }
        let missed = counted(std::mem::take(&mut self.missed), "record");
        self.missed_logged = Some(BootTime::now());
        tracing::warn!("{}: missed {missed}", self.name);
    }

    /// Writes an event of the region that has no details.
    fn note(&mut self, what: &str) -> Result<(), RecordError> {
        self.event(None, what, json!({}))
    }

    /// Writes what has happened to the region, but for its records. CSV has no place for it.
    fn event(
        &mut self,
        instance: Option<InstanceName>,
        what: &str,
        more: Value,
    ) -> Result<(), RecordError> {
        if self.selection.is_csv {
            return Ok(());
        }
        let data = events::message(&self.name, instance, what, more);
        let time = nanos(SystemTime::now());
        let mut output = lock(self.output);
        output.message(&events::channel(), &mut self.events, (0, time), data.as_bytes())
    }
}

/// When a record was published; 0 for what is no record.
fn published_at(event: &Event<Happened>) -> BootTime {
    match event {
        Event::Record(Happened { what: InstanceChange::Record(publication), .. }) => {
            publication.published_at
        }
        _ => BootTime::from_nanos(0),
    }
}

/// Logs news of a region that has this writer.
fn log_of(writer: Writer, news: &str) {
    if writer.is_trouble() {
        tracing::warn!("{news}");
    } else {
        tracing::info!("{news}");
    }
}

/// The output. A thread that panicked has left it as it was.
pub(crate) fn lock(output: &Mutex<Output>) -> MutexGuard<'_, Output> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}
