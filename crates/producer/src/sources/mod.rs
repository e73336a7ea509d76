//! The values of fields: one sampler per field, each sampled once per record.
//!
//! Invariant: a record is sampled at one moment, and so are those of all instances at a tick. All clocks of a
//! record agree, and a file that several fields or instances read is read once. A field without a value, or
//! with one that it cannot hold, has its `default` or keeps its last value. The loss and each change of its
//! reason are logged, within a rate limit, and the return of the value if the loss was: of one record at once,
//! of instances when all were sampled. A field that has had no value yet is warned of, with a default or not:
//! its configuration may be wrong.
//!
//! ```text
//!   sample(now) --> files of another moment are forgotten   (read again by the first field that asks)
//!               --> each field: sampler -> value -> RecordBuf::set
//!               --> each expr, after the fields it uses
//!               --> losses: what to log
//! ```
//!
//! Price: no system call except for the clocks (vDSO), one or two `pread` per file and one `statvfs` per
//! `disk`.

mod carry_over;
#[cfg(test)]
mod carry_over_tests;
#[cfg(test)]
mod choice_tests;
mod clock;
mod counter;
mod disk;
mod expr;
mod file;
#[cfg(test)]
mod file_tests;
mod files;
mod find;
#[cfg(test)]
mod find_tests;
#[cfg(test)]
mod host_tests;
mod losses;
#[cfg(test)]
mod number_tests;
mod random;
mod range;
mod sample_error;
mod sampler;
#[cfg(test)]
mod test_setup;
mod wave;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::{CType, InstanceName, Literal, RecordBuf, Schema, Value};
use settings::{LeavesFolder, RecordSettings, Source};
use tracing::Level;

pub(crate) use clock::Moment;
use files::Files;
pub(crate) use files::try_matches;
use losses::{Losses, What};
use sample_error::SampleError;
use sampler::{Sample, Sampler, sampler};

/// Time between the first two readings of a rate: ten of the steps in which the kernel counts processor
/// time.
const FIRST_RATE: Duration = Duration::from_millis(100);

/// One field and the source of its value.
#[derive(Debug)]
struct FieldSource {
    name: String,
    ctype: CType,
    source: Source,
    sampler: Sampler,
    /// Why it has no value now.
    error: OnChange<SampleError>,
    /// Whether `error`, or another one before it, was logged.
    is_logged: bool,
    /// Whether its source has given a value since the producer started.
    has_had_value: bool,
}

/// What the sources of all instances of a record share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    files: Files,
    pub(crate) losses: Losses,
}

/// The sources of all fields of a record, or of one instance of it.
#[derive(Debug)]
pub(crate) struct Sources {
    schema: Arc<Schema>,
    fields: Vec<FieldSource>,
    /// The fields that are computed from others, in this order.
    computed: Vec<usize>,
    /// The instance, if it is one.
    of: Option<InstanceName>,
    shared: Rc<RefCell<Shared>>,
}

impl Sources {
    /// Sources that start at `now`: counters at their start, waves at their phase.
    pub(crate) fn new(record: &RecordSettings, now: Moment) -> Self {
        Self::with(record, record.sources.clone(), None, now, &Rc::default())
    }

    /// The same for one instance. What all of them share is `shared`.
    ///
    /// # Errors
    /// A path would lead out of its folder.
    pub(crate) fn of_instance(
        record: &RecordSettings,
        name: &InstanceName,
        now: Moment,
        shared: &Rc<RefCell<Shared>>,
    ) -> Result<Self, LeavesFolder> {
        let sources = record.sources.iter().map(|source| source.of_instance(name));
        let sources = sources.collect::<Result<_, _>>()?;
        Ok(Self::with(record, sources, Some(*name), now, shared))
    }

    fn with(
        record: &RecordSettings,
        sources: Vec<Source>,
        of: Option<InstanceName>,
        now: Moment,
        shared: &Rc<RefCell<Shared>>,
    ) -> Self {
        let files = &mut shared.borrow_mut().files;
        let fields =
            record.schema.fields().iter().zip(sources).map(|(field, source)| FieldSource {
                name: field.name().to_owned(),
                ctype: field.ctype(),
                sampler: sampler(&source, field.ctype().element(), now, files),
                source,
                error: OnChange::new(),
                is_logged: false,
                has_had_value: false,
            });
        let fields = fields.collect();
        let (schema, computed) = (Arc::clone(&record.schema), record.computed.clone());
        Self { schema, fields, computed, of, shared: Rc::clone(shared) }
    }

    /// Whether the value of field number `index` comes from somewhere else than the configuration.
    pub(crate) fn is_variable(&self, index: usize) -> bool {
        !matches!(self.fields[index].source, Source::Const(_))
    }

    /// A record that holds the constants, and zero everywhere else.
    pub(crate) fn first_record(&self) -> RecordBuf {
        let mut record = RecordBuf::new(Arc::clone(&self.schema));
        for (index, field) in self.fields.iter().enumerate() {
            if let Source::Const(value) = &field.source
                && let Err(error) = record.set(index, value)
            {
                // Checked by the settings; if it is wrong nevertheless, log that and publish the
                // rest.
                tracing::error!("field {:?}: {error}", field.name);
            }
        }
        record
    }

    /// Takes the first reading of every rate, so that the first record has rates. Returns how long to wait
    /// for the second reading; zero without rates.
    pub(crate) fn begin_rates(&mut self, now: Moment, record: &mut RecordBuf) -> Duration {
        let mut wait = Duration::ZERO;
        let files = &mut self.shared.borrow_mut().files;
        files.begin(now.monotonic);
        for (index, field) in self.fields.iter_mut().enumerate() {
            if let Sampler::File(file) = &mut field.sampler
                && file.is_rate()
            {
                let labels = self.schema.fields()[index].labels();
                let _ = file.sample(labels, files); // the first reading of a rate is no value
                field.fall_back(index, record);
                wait = FIRST_RATE;
            }
        }
        wait
    }

    /// Samples every source at `now` into `record`. Of an instance, [`Losses::log`] logs what was lost.
    pub(crate) fn sample(&mut self, now: Moment, record: &mut RecordBuf) {
        self.sample_some(now, record, |_| true);
    }

    /// Samples the sources of those fields whose numbers are `wanted`.
    pub(crate) fn sample_some(
        &mut self,
        now: Moment,
        record: &mut RecordBuf,
        wanted: impl Fn(usize) -> bool,
    ) {
        let Shared { files, losses } = &mut *self.shared.borrow_mut();
        files.begin(now.monotonic);
        let fields = self.fields.iter_mut().enumerate();
        for (index, field) in fields.filter(|(index, _)| wanted(*index)) {
            let labels = self.schema.fields()[index].labels();
            let error = match field.sampler.sample(now, labels, files) {
                Sample::Keep => continue,
                Sample::Value(value) => record.set(index, &value).err().map(SampleError::Value),
                Sample::Number(digits) => set(record, index, Literal::Number(digits)),
                Sample::Whole(number) => set(record, index, Literal::Whole(number)),
                Sample::Missing(error) => Some(error),
            };
            if error.is_some() {
                field.fall_back(index, record);
            }
            field.note(error, now, losses, self.of.as_ref());
        }
        for &index in self.computed.iter().filter(|index| wanted(**index)) {
            let field = &mut self.fields[index];
            if let Source::Expr(expr) = &field.source {
                let error = expr::compute(expr, index, field.ctype.element(), record).err();
                field.note(error, now, losses, self.of.as_ref());
            }
        }
        if self.of.is_none() {
            losses.log();
        }
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        let Ok(mut shared) = self.shared.try_borrow_mut() else { return };
        for field in &self.fields {
            if let Sampler::File(file) = &field.sampler {
                file.files().iter().for_each(|&id| shared.files.release(id));
            }
        }
    }
}

impl Sources {
    /// Whether field number `index` holds a value: one from its source, or its default.
    pub(crate) fn has_value(&self, index: usize) -> bool {
        let field = &self.fields[index];
        if let Source::Expr(expr) = &field.source {
            return field.has_had_value && expr.fields().all(|used| self.has_value(used));
        }
        let is_const = matches!(field.source, Source::Const(_));
        is_const || field.has_had_value || field.default().is_some()
    }
}

impl FieldSource {
    /// The value of a field whose source has none.
    fn default(&self) -> Option<&Value> {
        match &self.source {
            Source::File(file) => file.default.as_deref(),
            Source::Disk(disk) => disk.default.as_deref(),
            _ => None,
        }
    }

    fn fall_back(&self, index: usize, record: &mut RecordBuf) {
        if let Some(default) = self.default() {
            // The settings have checked that it fits the field.
            let _ = record.set(index, default);
        }
    }

    /// Notes that the value is lost, that the reason has changed, or that the value is back.
    fn note(
        &mut self,
        error: Option<SampleError>,
        now: Moment,
        losses: &mut Losses,
        of: Option<&InstanceName>,
    ) {
        let now = Monotonic::from_nanos(nanos(now.monotonic));
        self.has_had_value |= error.is_none();
        // A rate has no value at the first reading: not an error.
        let Some(error) = error.filter(|error| !matches!(error, SampleError::FirstRate)) else {
            self.error.clear();
            if std::mem::take(&mut self.is_logged) {
                let found = What { field: &self.name, level: Level::INFO, why: None };
                let text = || format!("field {:?}: has a value again", self.name);
                losses.note(found, of, now, text);
            }
            return;
        };
        if self.error.update(error).is_some() {
            self.is_logged |= self.note_loss(losses, of, now);
        }
    }

    /// `false`: there were too many messages, as of a value that flaps.
    fn note_loss(&self, losses: &mut Losses, of: Option<&InstanceName>, now: Monotonic) -> bool {
        let Some(error) = self.error.last() else { return false };
        // A field type that is too small is a configuration error, logged one level higher. A source
        // without a value so far may be one.
        let is_known = self.has_had_value || self.is_logged;
        let (level, instead) = match (self.default().is_some(), error.is_mismatch()) {
            (true, false) if is_known => (Level::INFO, "it holds its default"),
            (true, _) => (Level::WARN, "it holds its default"),
            (false, false) => (Level::WARN, "it keeps its last value"),
            (false, true) => (Level::ERROR, "it keeps its last value"),
        };
        let lost = What { field: &self.name, level, why: Some(error.alike()) };
        losses.note(lost, of, now, || format!("{}{error}; {instead}", self.subject(error)))
    }

    /// The field, in front of an error that does not name it.
    fn subject(&self, error: &SampleError) -> String {
        match error {
            SampleError::Value(_) => String::new(),
            _ => format!("field {:?}: ", self.name),
        }
    }
}

fn set(record: &mut RecordBuf, index: usize, number: Literal<'_>) -> Option<SampleError> {
    record.set_literal(index, number).err().map(SampleError::Value)
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
