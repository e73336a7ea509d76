//! Where values come from: one sampler per field, all of them asked once per record.
//!
//! Invariant: a record is sampled at one moment. All clocks of a record agree, and a file that
//! several fields read is read once. A sampler that has no value leaves the field as it is (or at
//! its `default`), says so once, and says so again only when the reason changes.
//!
//! ```text
//!   sample(now) --> files: forget what was read        (read again by the first field that asks)
//!               --> each field: sampler -> value -> RecordBuf::set
//! ```
//!
//! Price: no system call except for the clocks (vDSO) and one or two `pread` per file.

mod clock;
mod counter;
mod file;
#[cfg(test)]
mod file_tests;
mod files;
mod random;
mod trouble;
mod wave;

use std::sync::Arc;

use layout::{CType, RecordBuf, Scalar, Schema, Value};
use settings::{RecordSettings, Source};

pub(crate) use clock::Moment;
use clock::Telling;
use counter::Counting;
use file::FileField;
use files::Files;
use random::Rolling;
use trouble::Trouble;
use wave::Swinging;

/// What a sampler answers.
#[derive(Debug)]
enum Sample {
    /// A new value.
    Value(Value),
    /// No new value, and nothing wrong with that.
    Keep,
    /// No value, and why.
    Missing(Trouble),
}

/// The state of one field's source.
#[derive(Debug)]
enum Sampler {
    /// `const` and `input`: set once, or by lines.
    Still,
    Counter(Counting),
    Clock(Telling),
    File(Box<FileField>),
    Wave(Swinging),
    Random(Rolling),
}

/// One field and where its value comes from.
#[derive(Debug)]
struct Feed {
    name: String,
    ctype: CType,
    source: Source,
    sampler: Sampler,
    trouble: Option<Trouble>,
}

/// The sources of all fields of a record.
#[derive(Debug)]
pub(crate) struct Sources {
    schema: Arc<Schema>,
    feeds: Vec<Feed>,
    files: Files,
}

impl Sources {
    /// Sources that begin at `now`: counters at their start, waves at their phase.
    pub(crate) fn new(record: &RecordSettings, now: Moment) -> Self {
        let mut files = Files::default();
        let fields = record.schema.fields();
        let feeds = fields.iter().zip(&record.sources).map(|(field, source)| Feed {
            name: field.name().to_owned(),
            ctype: field.ctype(),
            source: source.clone(),
            sampler: sampler(source, field.ctype().element(), now, &mut files),
            trouble: None,
        });
        let feeds = feeds.collect();
        Self { schema: Arc::clone(&record.schema), feeds, files }
    }

    /// Goes on where `earlier` was, for every field whose name, type and source are still the same.
    /// Their values are taken over into `record`; answers with pairs of their number now and then.
    pub(crate) fn carry_over(
        &mut self,
        earlier: Self,
        last: &RecordBuf,
        record: &mut RecordBuf,
    ) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let mut old: Vec<Option<Feed>> = earlier.feeds.into_iter().map(Some).collect();
        for (index, feed) in self.feeds.iter_mut().enumerate() {
            let at = old.iter().position(|old| old.as_ref().is_some_and(|old| old.is_like(feed)));
            let Some((at, kept)) = at.and_then(|at| Some((at, old[at].take()?))) else { continue };
            if record.set(index, &last.value(at)).is_err() {
                continue; // its labels have changed: it begins anew
            }
            feed.trouble = kept.trouble;
            match (&mut feed.sampler, kept.sampler) {
                // The files themselves are opened anew, under their numbers in this collection.
                (Sampler::File(new), Sampler::File(old)) => new.carry_over(&old),
                (sampler, kept) => *sampler = kept,
            }
            pairs.push((index, at));
        }
        pairs
    }

    /// A record that holds the constants, and zero everywhere else.
    pub(crate) fn first_record(&self) -> RecordBuf {
        let mut record = RecordBuf::new(Arc::clone(&self.schema));
        for (index, feed) in self.feeds.iter().enumerate() {
            if let Source::Const(value) = &feed.source
                && let Err(error) = record.set(index, value)
            {
                // The settings have checked it; if they are wrong, say it and publish the rest.
                tracing::error!("field {:?}: {error}", feed.name);
            }
        }
        record
    }

    /// Asks every source for its value at `now`.
    pub(crate) fn sample(&mut self, now: Moment, record: &mut RecordBuf) {
        self.files.forget();
        for (index, feed) in self.feeds.iter_mut().enumerate() {
            let trouble = match feed.sampler.sample(now, &mut self.files) {
                Sample::Keep => continue,
                Sample::Value(value) => record.set(index, &value).err().map(Trouble::Value),
                Sample::Missing(trouble) => {
                    feed.fall_back(index, record);
                    Some(trouble)
                }
            };
            feed.tell(trouble);
        }
    }
}

impl Feed {
    /// Whether `other` is the same field with the same source.
    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.ctype == other.ctype && self.source == other.source
    }

    /// The value while there is none.
    fn default(&self) -> Option<&Value> {
        match &self.source {
            Source::File(file) => file.default.as_deref(),
            _ => None,
        }
    }

    fn fall_back(&self, index: usize, record: &mut RecordBuf) {
        if let Some(default) = self.default() {
            // The settings have checked that the field can hold it.
            let _ = record.set(index, default);
        }
    }

    /// Says what is wrong when that is news, and when all is well again.
    fn tell(&mut self, trouble: Option<Trouble>) {
        let name = &self.name;
        match (&self.trouble, &trouble) {
            (Some(_), None) => tracing::info!("field {name:?}: has a value again"),
            (Some(old), Some(new)) if old.is_like(new) => {}
            (None, None) | (_, Some(Trouble::FirstRate)) => {}
            (_, Some(new)) if self.default().is_some() => {
                tracing::debug!("field {name:?}: {new}; it holds its default");
            }
            (_, Some(new)) => tracing::warn!("field {name:?}: {new}; it keeps its last value"),
        }
        self.trouble = trouble.filter(|trouble| !matches!(trouble, Trouble::FirstRate));
    }
}

impl Sampler {
    fn sample(&mut self, now: Moment, files: &mut Files) -> Sample {
        match self {
            Self::Still => Sample::Keep,
            Self::Counter(counter) => Sample::Value(counter.next()),
            Self::Clock(clock) => Sample::Value(clock.at(now)),
            Self::File(field) => field.sample(files),
            Self::Wave(wave) => Sample::Value(wave.at(now)),
            Self::Random(random) => Sample::Value(random.next()),
        }
    }
}

fn sampler(source: &Source, element: Scalar, now: Moment, files: &mut Files) -> Sampler {
    match source {
        Source::Counter(counter) => Sampler::Counter(Counting::new(*counter)),
        Source::Clock(clock) => Sampler::Clock(Telling::new(*clock, element)),
        Source::File(file) => Sampler::File(Box::new(FileField::new(file, element, files))),
        Source::Wave(wave) => Sampler::Wave(Swinging::new(*wave, now)),
        Source::Random(random) => Sampler::Random(Rolling::new(*random)),
        // Set once, or by lines.
        Source::Const(_) | Source::Input(_) => Sampler::Still,
    }
}
