//! The region that is read, through all that may happen to it, and the notices of that.
//!
//! Invariant: after the first attach nothing that happens to the file or its writer is an error.
//! [`Follow`] reports each change once; this module only adds what people want to know about it.
//!
//! Price: that of [`Follow`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use layout::Schema;
use region::{Follow, Followed, Publication, RegionError, State, Step};

use crate::notice::{Notice, Writer};
use crate::reading::{Origin, Reading};
use crate::source::Source;
use crate::target::{Format, Target};

/// Longest time between two looks at a region.
pub(crate) const LOOK: Duration = Duration::from_millis(if cfg!(test) { 2 } else { 250 });

/// What happens to a region.
pub(crate) type Event = region::Event<Option<Publication>>;

/// A region that is read, or waited for.
#[derive(Debug)]
pub(crate) struct Link {
    target: Target,
    follow: Follow<'static, Box<dyn Source>>,
    /// Whether a notice said that the region is waited for.
    waited: bool,
    /// The fingerprint of the schema that the last notice of an attach was for.
    schema: u64,
    /// The writer in the last notice.
    writer: Option<Writer>,
}

impl Link {
    pub(crate) fn new(target: Target) -> Self {
        let opened = target.clone();
        let follow = Follow::awaiting(move || opened.open()).look_every(LOOK);
        Self { target, follow, waited: false, schema: 0, writer: None }
    }

    /// The next record or change. `None`: wait for one.
    pub(crate) fn next(&mut self) -> Option<Result<Event, RegionError>> {
        self.follow.try_next().transpose()
    }

    /// The next change, without records.
    pub(crate) fn next_change(&mut self) -> Option<Result<Event, RegionError>> {
        self.follow.try_change().transpose()
    }

    /// Copies the newest record.
    pub(crate) fn latest(&mut self) -> Result<Step<Option<Publication>>, RegionError> {
        Ok(self.follow.read(|source| source.latest())?.unwrap_or(Step::Pending))
    }

    /// The record that was copied last.
    ///
    /// # Panics
    /// If there is no region.
    pub(crate) fn reading(&self, publication: Option<Publication>) -> Reading<'_> {
        let source = self.follow.source().expect("a record was copied from it");
        let origin = source.region().zip(publication);
        let origin = origin.map(|(region, publication)| Origin { region, publication });
        Reading { record: source.record(), origin }
    }

    /// Writes the newest record to `file` as a region of its own. `None` if there is none to read.
    ///
    /// # Errors
    /// `file` cannot be written, or has a file that a snapshot does not replace.
    pub(crate) fn snapshot(&mut self, file: &Path) -> Result<Option<Notice>, RegionError> {
        let Some(source) = self.follow.source_mut() else { return Ok(None) };
        let Some(saved) = source.snapshot(file)? else { return Ok(None) };
        let (path, file) = (self.path(), file.to_owned());
        Ok(Some(Notice::Saved { path, file, sequence: saved.sequence }))
    }

    /// Sleeps until there is something newer, for `span` at the most. `false`: there is nothing to
    /// wait on.
    pub(crate) fn wait(&mut self, span: Duration) -> bool {
        self.follow.wait(span)
    }

    /// How long to wait until the next look.
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

    pub(crate) fn path(&self) -> PathBuf {
        self.follow.source().map_or_else(|| self.target.path(), |source| source.path().to_owned())
    }

    /// What to tell people about a change.
    pub(crate) fn notices(&mut self, change: Result<Event, RegionError>) -> Vec<Notice> {
        let path = self.path();
        match change {
            Ok(Event::Attached) => self.attached(path),
            Ok(Event::Replaced) => self.replaced(path),
            Ok(Event::Writer(state)) => self.writer_changed(path, state).into_iter().collect(),
            Ok(Event::Waiting) => {
                self.waited = true;
                vec![Notice::Waiting(path)]
            }
            Ok(Event::Missing) => vec![Notice::Missing(path)],
            Ok(Event::Back) => vec![Notice::Back(path)],
            Ok(Event::Truncated) => vec![Notice::Truncated(path)],
            Ok(_) => Vec::new(),
            Err(error) => vec![Notice::Trouble(error)],
        }
    }

    fn attached(&mut self, path: PathBuf) -> Vec<Notice> {
        let record = self.new_record();
        let attached = if self.waited {
            self.writer = self.writer_now();
            let record = record.unwrap_or_default();
            Some(Notice::Attached { path, writer: self.writer, record })
        } else {
            None
        };
        attached.into_iter().chain(self.other_record()).collect()
    }

    fn replaced(&mut self, path: PathBuf) -> Vec<Notice> {
        let record = self.new_record();
        let other = if record.is_some() { self.other_record() } else { None };
        self.writer = self.writer_now();
        let notice = Notice::Reattached { path, writer: self.writer, record };
        std::iter::once(notice).chain(other).collect()
    }

    /// `None` if the notice of the attach has said so.
    fn writer_changed(&mut self, path: PathBuf, state: State) -> Option<Notice> {
        let writer = Writer { state, ..self.writer_now()? };
        let is_news = self.writer.replace(writer) != Some(writer);
        is_news.then_some(Notice::Changed { path, writer })
    }

    /// The state of the writer; `None` for a bare file.
    fn writer_now(&self) -> Option<Writer> {
        let region = self.follow.source()?.region()?;
        let (state, epoch, pid) = (region.state(), region.epoch(), region.writer_pid());
        Some(Writer { state, epoch, pid })
    }

    /// The name of the record, if it is another one than before.
    fn new_record(&mut self) -> Option<String> {
        let record = self.follow.source()?.record();
        let fingerprint = record.schema().fingerprint();
        let is_new = self.schema != fingerprint;
        let name = is_new.then(|| name_of(record.schema()));
        self.schema = fingerprint;
        name
    }

    /// Says so if the region's record is not the one that the configuration describes.
    fn other_record(&self) -> Option<Notice> {
        let Format::Mapcast { expected: Some(want) } = &self.target.format else { return None };
        let have = self.follow.source()?.record().schema();
        let difference = have.difference(want)?;
        let (path, have, want) = (self.path(), name_of(have), name_of(want));
        Some(Notice::OtherRecord { path, have, want, difference })
    }
}

/// The region as given: a name or a path.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

/// `STU (28 bytes)`.
fn name_of(schema: &Schema) -> String {
    format!("{} ({} bytes)", schema.name(), schema.size())
}
