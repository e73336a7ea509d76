//! What a region's records are made of: the values of its one record, or of each instance.
//!
//! Invariant: a record in hand holds the last good value of every field.

use std::collections::BTreeSet;
use std::time::Duration;

use daemon::Monotonic;
use layout::{InstanceName, RecordBuf};
use region::{Address, BootTime};
use settings::Settings;

use crate::input::{Keys, LineError, ReadLine, copy_field, restore};
use crate::instances::{Changes, InstanceSet};
use crate::sink::Sink;
use crate::sources::{Moment, Sources};

/// The sources of a record, and the record in hand.
#[derive(Debug)]
pub(crate) struct Values {
    sources: Sources,
    record: RecordBuf,
    /// When it was published last.
    published_at: Option<BootTime>,
    /// The fields that a reload has given another source, and that were not sampled since.
    unsampled: BTreeSet<usize>,
}

impl Values {
    /// The constants, and zero everywhere else.
    pub(crate) fn of(sources: Sources) -> Self {
        let record = sources.first_record();
        Self { record, sources, published_at: None, unsampled: BTreeSet::new() }
    }

    /// Samples every source at `now`, and returns the record.
    pub(crate) fn sample(&mut self, now: Moment) -> &RecordBuf {
        self.unsampled.clear();
        self.sources.sample(now, &mut self.record);
        &self.record
    }

    /// Samples every source at `now`, to publish the record at once; returns that, and its time.
    pub(crate) fn sample_to_publish(&mut self, now: Moment) -> (&RecordBuf, BootTime) {
        let at = BootTime::now();
        self.published_at = Some(at);
        (self.sample(now), at)
    }

    /// When the record was published last.
    pub(crate) fn published_at(&self) -> Option<BootTime> {
        self.published_at
    }

    /// The record as it is, with a value from each source that a reload has changed since the last one.
    pub(crate) fn completed(&mut self, now: Moment) -> &RecordBuf {
        let new = std::mem::take(&mut self.unsampled);
        if !new.is_empty() {
            self.sources.sample_some(now, &mut self.record, |field| new.contains(&field));
        }
        &self.record
    }

    /// The record as it is.
    pub(crate) fn record(&self) -> &RecordBuf {
        &self.record
    }

    /// Whether field number `index` has a value.
    pub(crate) fn has_value(&self, index: usize) -> bool {
        self.sources.has_value(index)
    }

    /// See [`Sources::begin_rates`].
    pub(crate) fn begin_rates(&mut self, now: Moment) -> Duration {
        self.sources.begin_rates(now, &mut self.record)
    }

    /// The same values with other sources.
    pub(crate) fn restart(&mut self, sources: Sources) {
        self.sources = sources;
    }

    /// See [`Sources::carry_over`].
    pub(crate) fn carry_over(&mut self, earlier: Self) -> Vec<(usize, usize)> {
        self.published_at = earlier.published_at;
        let pairs = self.sources.carry_over(earlier.sources, &earlier.record, &mut self.record);
        self.unsampled = (0..self.record.schema().fields().len()).collect();
        for (field, _) in &pairs {
            self.unsampled.remove(field);
        }
        pairs
    }

    /// Continues with the values of `newest`, a record of the same schema that was published `at`, where no
    /// line has set others: constants stay.
    pub(crate) fn restore(&mut self, newest: &RecordBuf, at: BootTime, keys: &mut Keys) {
        self.published_at = Some(at);
        let is_set = keys.fields_set();
        let fields = 0..newest.schema().fields().len();
        for field in
            fields.filter(|field| self.sources.is_variable(*field) && !is_set.contains(field))
        {
            copy_field((newest, field), (&mut self.record, field));
        }
        restore(newest, Monotonic::now().before(at.elapsed()), keys, &mut self.record);
    }

    /// Reads a line.
    pub(crate) fn read_line(
        &mut self,
        line: &[u8],
        keys: &mut Keys,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        self.record.read_line(line, keys, keep_going)
    }
}

/// Which records of a region are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All, at a tick.
    All,
    /// That of the last line.
    OfLine,
    /// Those with values that were not published.
    Pending,
    /// Those that were published before.
    Published,
}

/// The records of a region.
#[derive(Debug)]
pub(crate) enum Records {
    One(Box<Values>),
    Many(Box<InstanceSet>),
}

impl Records {
    /// For the record in `settings`: its constants, or no instance yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        match &settings.record.instances {
            None => {
                let sources = Sources::new(&settings.record, Moment::now());
                Self::One(Box::new(Values::of(sources)))
            }
            Some(instances) => Self::Many(Box::new(InstanceSet::new(settings, instances))),
        }
    }

    /// Begins: sources start now, and instances are those of the configuration and of the region of `sink`.
    pub(crate) fn open(&mut self, settings: &Settings, sink: &dyn Sink) -> Changes {
        match self {
            Self::One(values) => {
                values.restart(Sources::new(&settings.record, Moment::now()));
                Changes::default()
            }
            Self::Many(set) => {
                set.restart();
                set.open(sink)
            }
        }
    }

    /// For a region of one record: takes each value that no line has set from the newest record. Returns whether
    /// lines have set some and every field has a value now. Instances do the same when they are opened.
    pub(crate) fn continue_with_newest(&mut self, sink: &dyn Sink, keys: &mut Keys) -> bool {
        let Self::One(values) = self else { return false };
        let has_lines = !keys.fields_set().is_empty();
        let mut newest = values.record().clone();
        if let Some(at) = sink.newest(None, newest.bytes_mut()) {
            values.restore(&newest, at, keys);
        }
        has_lines && keys.is_complete()
    }

    /// Continues where `earlier` was; returns pairs of a field's number now and then, if the record is one.
    pub(crate) fn carry_over(&mut self, earlier: Self) -> Vec<(usize, usize)> {
        match (self, earlier) {
            (Self::One(values), Self::One(earlier)) => values.carry_over(*earlier),
            (Self::Many(set), Self::Many(earlier)) => {
                set.carry_over(*earlier);
                Vec::new()
            }
            _ => Vec::new(), // instances neither come nor go by a reload
        }
    }

    /// As [`carry_over`](Self::carry_over), for a standby, which has published nothing of what lines have set.
    pub(crate) fn carry_over_unpublished(&mut self, earlier: Self) -> Vec<(usize, usize)> {
        match (self, earlier) {
            (Self::Many(set), Self::Many(earlier)) => {
                set.carry_over_unpublished(*earlier);
                Vec::new()
            }
            (records, earlier) => records.carry_over(earlier),
        }
    }

    /// Takes the first reading of every rate. Returns how long to wait for the second one.
    pub(crate) fn begin_rates(&mut self) -> Duration {
        match self {
            Self::One(values) => values.begin_rates(Moment::now()),
            Self::Many(set) => set.begin_rates(Moment::now()),
        }
    }

    /// Calls `publish` with each record of `which`, and its instance.
    pub(crate) fn each<E>(
        &mut self,
        which: Which,
        mut publish: impl FnMut(Option<&InstanceName>, &mut Values) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::One(values) => publish(None, values),
            Self::Many(set) => set.each(which, |name, values| publish(Some(name), values)),
        }
    }

    /// The instances, if there are any.
    pub(crate) fn set(&mut self) -> Option<&mut InstanceSet> {
        match self {
            Self::One(_) => None,
            Self::Many(set) => Some(set),
        }
    }

    /// Logs which values of instances were lost and found.
    pub(crate) fn log_losses(&self) {
        if let Self::Many(set) = self {
            set.log_losses();
        }
    }

    /// Notes which instances have a place in the region at `address`, which another producer has.
    pub(crate) fn note_places(&mut self, address: &Address) {
        if let Self::Many(set) = self {
            set.note_places(address);
        }
    }

    /// Nothing that has changed so far concerns the region or the log.
    pub(crate) fn forget_changes(&mut self) {
        if let Self::Many(set) = self {
            let _ = (set.take_retired(), set.take_changes());
        }
    }

    /// Whether an instance has values of lines that were not published.
    pub(crate) fn has_pending(&self) -> bool {
        matches!(self, Self::Many(set) if set.has_pending())
    }

    /// How many instances there are; `None`: the record is one.
    pub(crate) fn instances(&self) -> Option<usize> {
        match self {
            Self::One(_) => None,
            Self::Many(set) => Some(set.len()),
        }
    }

    /// What it waits for, for the status.
    pub(crate) fn wait(&self) -> Option<String> {
        match self {
            Self::One(_) => None,
            Self::Many(set) => set.wait(),
        }
    }

    /// When to search for instances.
    pub(crate) fn due(&self) -> Option<Monotonic> {
        match self {
            Self::One(_) => None,
            Self::Many(set) => set.due(),
        }
    }

    /// The instance of the last line, and the keys without which its record is not published, if that is news;
    /// `keys` are those of the input.
    pub(crate) fn take_incomplete(
        &mut self,
        keys: &Keys,
    ) -> Option<(Option<InstanceName>, String)> {
        match self {
            Self::One(_) => Some((None, keys.missing().join(", "))),
            Self::Many(set) => set.take_incomplete().map(|(name, missing)| (Some(name), missing)),
        }
    }

    /// What of the input was not published, if anything, after `published` records; `keys` are those of the
    /// input.
    pub(crate) fn unpublished(&self, keys: &Keys, published: u64) -> Option<String> {
        let none = published == 0;
        match self {
            Self::One(_) => {
                let missing = keys.missing().join(", ");
                (none && !missing.is_empty())
                    .then(|| format!("nothing was published: there was no value for {missing}"))
            }
            Self::Many(set) => match set.incomplete() {
                Some(names) => Some(format!("values were not published for {names}")),
                None => {
                    none.then(|| "nothing was published: no good line named an instance".to_owned())
                }
            },
        }
    }
}

impl ReadLine for Records {
    fn read_line(
        &mut self,
        line: &[u8],
        keys: &mut Keys,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        match self {
            Self::One(values) => values.read_line(line, keys, keep_going),
            Self::Many(set) => set.read_line(line, keys, keep_going),
        }
    }
}
