//! The region that is read, followed through every change, and the notices of the changes.
//!
//! Invariant: after the first attach nothing that happens to the file or its writer is an error.
//! [`Follow`] reports each change once; this module only adds the details for people.
//!
//! Price: that of [`Follow`].

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use layout::text::counted;
use layout::{InstanceName, RecordBuf, RecordView, Schema};
use region::{DynReader, Follow, Followed, Publication, RegionError, State, Step};
use render::{Noted, Origin, Reading, Writer};

use crate::messages::{Change, Notice};
use crate::selection::Selection;
use crate::source::{Found, Source};
use crate::target::{Format, Target};

/// Longest time between two checks of a region.
pub(crate) const LOOK: Duration = Duration::from_millis(if cfg!(test) { 2 } else { 250 });

/// What happens to a region.
pub(crate) type Event = region::Event<Found>;

type Following = Follow<'static, Box<dyn Source>>;

/// A region that is read, or waited for.
#[derive(Debug)]
pub(crate) struct Link {
    target: Target,
    follow: Following,
    /// The instances that were followed before a region without instances took the name; each is returned as
    /// retired, then this is `None`.
    left: Option<VecDeque<InstanceName>>,
    /// Whether a notice has reported the wait for the region.
    waited: bool,
    /// The fingerprint of the schema that the last notice of an attach was for.
    schema: u64,
    /// The writer in the last notice.
    writer: Option<Writer>,
}

impl Link {
    pub(crate) fn new(target: Target) -> Self {
        let follow = follow(&target);
        Self { target, follow, left: None, waited: false, schema: 0, writer: None }
    }

    /// The next record or change. `None`: wait for one.
    pub(crate) fn next(&mut self) -> Option<Result<Event, RegionError>> {
        self.next_by(|follow| follow.try_next().transpose())
    }

    /// The next change, without records.
    pub(crate) fn next_change(&mut self) -> Option<Result<Event, RegionError>> {
        self.next_by(|follow| follow.try_change().transpose())
    }

    /// The next event by `next`. A region with instances that has taken the place of one without, or the
    /// other way round, is read by another source, after those that were followed are retired.
    fn next_by(
        &mut self,
        next: impl FnOnce(&mut Following) -> Option<Result<Event, RegionError>>,
    ) -> Option<Result<Event, RegionError>> {
        if self.left.is_none() {
            match next(&mut self.follow) {
                Some(Err(error)) if error.is_of_other_kind() => {
                    let followed = self.follow.source().map(|source| source.followed());
                    self.left = Some(followed.unwrap_or_default().into());
                }
                event => return event,
            }
        }
        if let Some(name) = self.left.as_mut().and_then(VecDeque::pop_front) {
            return Some(Ok(Event::Record(Found::Retired(name))));
        }
        self.left = None;
        self.follow = follow(&Target { begin: None, ..self.target.clone() });
        match self.follow.try_change().transpose() {
            Some(Ok(Event::Attached)) => Some(Ok(Event::Replaced)),
            other => other,
        }
    }

    /// The instances that are asked for: see [`Source::list`].
    pub(crate) fn list(&mut self) -> Vec<Option<InstanceName>> {
        self.follow.source_mut().map_or_else(Vec::new, |source| source.list())
    }

    /// The names of all instances; `None` in a plain region.
    pub(crate) fn names(&self) -> Option<Vec<InstanceName>> {
        self.follow.source()?.names()
    }

    /// Which instances are asked for.
    pub(crate) fn selection(&self) -> &Selection {
        &self.target.selection
    }

    /// Copies the newest record of the instance at `index` of the list.
    pub(crate) fn latest(
        &mut self,
        index: usize,
    ) -> Result<Step<Option<Publication>>, RegionError> {
        Ok(self.follow.read(|source| source.latest(index))?.unwrap_or(Step::Pending))
    }

    /// The record that was copied last.
    ///
    /// # Panics
    /// If there is no region.
    pub(crate) fn record(&self) -> RecordView<'_> {
        self.follow.source().expect("a record was copied from it").record()
    }

    /// Its schema and bytes, to be kept.
    ///
    /// # Panics
    /// If there is no region.
    pub(crate) fn buffer(&self) -> &RecordBuf {
        self.follow.source().expect("a record was copied from it").buffer()
    }

    /// A record of the region, with what its origin is now.
    pub(crate) fn reading<'a>(
        &'a self,
        record: RecordView<'a>,
        instance: Option<&'a InstanceName>,
        publication: Option<Publication>,
    ) -> Reading<'a> {
        let origin = self.region().zip(publication);
        let origin = origin.map(|(region, publication)| Origin { region, publication });
        Reading { record, instance: instance.map(InstanceName::as_str), origin }
    }

    /// What the region is now, and the time of one of its records; `None` for a bare file.
    pub(crate) fn note(&self, publication: Option<Publication>) -> Option<Noted> {
        Some(Noted::of(self.region()?, &publication?))
    }

    /// What the records of the region are; `None` if there is no region.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.follow.source().map(|source| source.record().schema())
    }

    /// Writes the newest record to `file` as a region of its own. `None` if there is none to read.
    ///
    /// # Errors
    /// `file` cannot be written, or has a file that a snapshot does not replace.
    pub(crate) fn snapshot(&mut self, file: &Path) -> Result<Option<Notice>, RegionError> {
        let Some(source) = self.follow.source_mut() else { return Ok(None) };
        let Some(saved) = source.snapshot(file)? else { return Ok(None) };
        let change = Change::Saved { file: file.to_owned(), sequence: saved.sequence };
        Ok(Some(Notice::new(self.path(), change)))
    }

    /// Sleeps until there is something newer, for `span` at the most. `false`: there is nothing to
    /// wait on.
    pub(crate) fn wait(&mut self, span: Duration) -> bool {
        self.follow.wait(span)
    }

    /// Time until the next check.
    pub(crate) fn next_look(&self) -> Duration {
        self.follow.next_look()
    }

    /// Why there is no region, if there is none.
    pub(crate) fn take_absence(&mut self) -> Option<RegionError> {
        self.follow.take_absence()
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.follow.source().is_some()
    }

    /// The region, for its state; `None` if there is none or it is a bare file.
    pub(crate) fn region(&self) -> Option<&DynReader> {
        self.follow.source()?.region()
    }

    /// Whether the attached file was cut short.
    pub(crate) fn is_cut(&mut self) -> bool {
        self.follow.source_mut().is_some_and(Followed::is_cut)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.follow.source().map_or_else(|| self.target.path(), |source| source.path().to_owned())
    }

    /// The notices for an event.
    pub(crate) fn notices(&mut self, event: Result<Event, RegionError>) -> Vec<Notice> {
        let change = match event {
            Ok(Event::Attached) => return self.attached(),
            Ok(Event::Replaced) => return self.replaced(),
            Ok(Event::Writer(state)) => return self.writer_changed(state).into_iter().collect(),
            Ok(Event::Waiting) => {
                self.waited = true;
                Change::Waiting
            }
            Ok(Event::Lineage(lineage)) => Change::Lineage(lineage),
            Ok(Event::Missing) => Change::Missing,
            Ok(Event::Back) => Change::Back,
            Ok(Event::Truncated) => Change::Truncated,
            Ok(_) => return Vec::new(),
            Err(error) => {
                return vec![Notice::new(error.path().to_owned(), Change::Trouble(error))];
            }
        };
        vec![Notice::new(self.path(), change)]
    }

    fn attached(&mut self) -> Vec<Notice> {
        let record = self.new_record().unwrap_or_default();
        let attached = self.waited.then(|| self.with_writer(Change::Attached(record)));
        attached.into_iter().chain(self.other_record()).collect()
    }

    fn replaced(&mut self) -> Vec<Notice> {
        let record = self.new_record();
        let other = record.as_ref().and_then(|_| self.other_record());
        let replaced = self.with_writer(Change::Reattached(record));
        std::iter::once(replaced).chain(other).collect()
    }

    /// A notice that includes the writer's state.
    fn with_writer(&mut self, change: Change) -> Notice {
        self.writer = self.writer_now();
        Notice { path: self.path(), writer: self.writer, change }
    }

    /// `None` if the notice of the attach has reported that state.
    fn writer_changed(&mut self, state: State) -> Option<Notice> {
        let writer = Some(Writer { state, ..self.writer_now()? });
        let is_news = std::mem::replace(&mut self.writer, writer) != writer;
        is_news.then(|| Notice { path: self.path(), writer, change: Change::Writer })
    }

    /// The state of the writer; `None` for a bare file.
    fn writer_now(&self) -> Option<Writer> {
        Some(Writer::of(self.follow.source()?.region()?))
    }

    /// The name of the record, if it has changed.
    fn new_record(&mut self) -> Option<String> {
        let record = self.follow.source()?.record();
        let fingerprint = record.schema().fingerprint();
        let is_new = self.schema != fingerprint;
        let name = is_new.then(|| name_of(record.schema()));
        self.schema = fingerprint;
        name
    }

    /// A notice if the region's record is not the one that the configuration describes.
    fn other_record(&self) -> Option<Notice> {
        let Format::Mapcast { expected: Some(want) } = &self.target.format else { return None };
        let have = self.follow.source()?.record().schema();
        let difference = have.difference(want)?;
        let (have, want) = (name_of(have), name_of(want));
        Some(Notice::new(self.path(), Change::OtherRecord { have, want, difference }))
    }
}

/// The region of `target`, which need not be there yet.
fn follow(target: &Target) -> Following {
    let target = target.clone();
    Follow::awaiting(move || target.open()).look_every(LOOK)
}

/// The region as given: a name or a path.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

/// `STU (28 bytes)`.
fn name_of(schema: &Schema) -> String {
    format!("{} ({})", schema.name(), counted(schema.size(), "byte"))
}
