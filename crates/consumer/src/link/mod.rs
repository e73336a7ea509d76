//! The connection to a region, through all that may happen to it.
//!
//! Invariant: after the first attach nothing that happens to the file or its writer is an error.
//! It is a notice, sent once per change, and the link keeps looking for the next writer.
//!
//! ```text
//!            attach                    refresh: another file
//!   absent ----------> attached <----------------------------.
//!     |  ^                | read, observe                    |
//!     |  '-- not yet      |    missing, unreadable path -----+   the old file is still read
//!     v                   '--> cut short --------------------'   nothing is read
//!   error: cannot be read (first attach only)
//! ```
//!
//! Price: one system call to ask for the state at each [`Link::observe`]; two or three
//! `stat` calls for each [`Link::refresh`], which is due four times a second while all is well.

mod attached;
mod mark;
mod told;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use daemon::Monotonic;
use layout::Schema;
use region::{Address, Refreshed, RegionError, RegionErrorKind, Step};

use crate::error::ConsumerError;
use crate::notice::{Notice, Writer};
use crate::reading::Reading;
use crate::target::{Format, Target};
use attached::Attached;
use told::Told;

/// Longest time between two looks at an attached region.
pub(crate) const LOOK: Duration = Duration::from_millis(if cfg!(test) { 2 } else { 250 });
/// Time between two looks for a missing file, whose creation wakes no waiter.
const LOOK_FOR_FILE: Duration = Duration::from_millis(if cfg!(test) { 2 } else { 100 });

/// A region that is read, or waited for.
#[derive(Debug)]
pub(crate) struct Link {
    target: Target,
    address: Address,
    attached: Option<Attached>,
    /// It was attached before: from now on nothing is an error.
    was_attached: bool,
    /// Why there is no region, at the last look.
    absence: Option<RegionError>,
    looked: Monotonic,
    told: Told,
    news: Vec<Notice>,
}

impl Link {
    pub(crate) fn new(target: Target) -> Result<Self, ConsumerError> {
        let address = target.locate()?;
        Ok(Self {
            target,
            address,
            attached: None,
            was_attached: false,
            absence: None,
            looked: Monotonic::from_nanos(0),
            told: Told::default(),
            news: Vec::new(),
        })
    }

    /// Looks what has become of the region; `true`: a [`refresh`](Self::refresh) is due.
    ///
    /// What is to be read of the old file should be read between the two calls: the writer's state
    /// is known by then, so nothing is added to a file that was given up.
    ///
    /// # Errors
    /// Before the first attach: what is there cannot be read.
    pub(crate) fn observe(&mut self) -> Result<bool, ConsumerError> {
        let Some(attached) = &self.attached else {
            self.attach()?;
            return Ok(false);
        };
        let now = Monotonic::now();
        if self.told.is_calm(attached.writer()) && now.since(self.looked) < LOOK {
            return Ok(false);
        }
        self.looked = now;
        Ok(true)
    }

    fn attach(&mut self) -> Result<(), ConsumerError> {
        if !self.was_attached {
            self.address = self.target.locate()?;
        }
        match Attached::open(&self.address, &self.target) {
            Ok(attached) => self.begin(attached),
            Err(error) if is_absence(&error) => {
                if self.was_attached {
                    self.say_missing();
                } else if self.told.is_wait_news() {
                    self.news.push(Notice::Waiting(self.path().to_owned()));
                }
                self.absence = Some(error);
            }
            Err(error) if self.was_attached => self.say_path_trouble(error),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn begin(&mut self, attached: Attached) {
        let writer = attached.writer();
        let record = name_of(attached.schema());
        let path = self.path().to_owned();
        self.attached = Some(attached);
        self.absence = None;
        if self.was_attached {
            self.told.start_over(writer);
            self.news.push(Notice::Reattached { path, writer, record: None });
        } else if self.told.waits() {
            self.told.start_over(writer);
            self.news.push(Notice::Attached { path, writer, record });
        } else if let Some(writer) = writer {
            self.say_writer(writer);
        }
        self.was_attached = true;
        self.compare_with_expected();
    }

    /// Looks at the path: another file there is attached.
    pub(crate) fn refresh(&mut self) {
        let Some(attached) = &mut self.attached else { return };
        let (fingerprint, is_cut) = (attached.schema().fingerprint(), attached.is_cut());
        match attached.refresh() {
            Ok(Refreshed::Reattached) => return self.go_on(fingerprint),
            Ok(Refreshed::Missing) => self.say_missing(),
            Ok(_) => self.say_found(),
            // An empty bare file is one that its C program has not given its size yet.
            Err(error) if is_absence(&error) => {}
            Err(error) => self.say_path_trouble(error),
        }
        if is_cut {
            return self.say_cut();
        }
        // The writer line of a file that was cut reads as zeros.
        let attached = self.attached.as_ref().filter(|_| !self.told.is_cut());
        if let Some(writer) = attached.and_then(Attached::writer) {
            self.say_writer(writer);
        }
    }

    /// Goes on in another file under the same name.
    fn go_on(&mut self, old_fingerprint: u64) {
        let Some(attached) = &self.attached else { return };
        let (writer, schema) = (attached.writer(), attached.schema());
        let changed = schema.fingerprint() != old_fingerprint;
        let record = changed.then(|| name_of(schema));
        self.told.start_over(writer);
        self.news.push(Notice::Reattached { path: self.path().to_owned(), writer, record });
        if changed {
            self.compare_with_expected();
        }
    }

    /// The newest record; `None` if there is none that can be read.
    pub(crate) fn latest(&mut self) -> Option<Reading<'_>> {
        let attached = self.attached.as_mut().filter(|_| !self.told.is_cut())?;
        match attached.latest() {
            // Looked at after the copy: a bare file that is cut meanwhile reads as zeros.
            Ok(_) if self.target.is_bare() && attached.is_cut() => {
                self.say_cut();
                None
            }
            Ok(copied) => {
                self.told.reading_is_fine();
                let copied = copied?;
                self.attached.as_ref().map(|attached| attached.reading(copied))
            }
            Err(error) => {
                self.say_read_trouble(error);
                None
            }
        }
    }

    /// Writes the newest record to `file` as a region of its own. `false` if there is none to read.
    ///
    /// # Errors
    /// `file` cannot be written, or has a file that a snapshot does not replace.
    pub(crate) fn snapshot(&mut self, file: &Path) -> Result<bool, ConsumerError> {
        if self.latest().is_none() {
            return Ok(false);
        }
        let Some(attached) = &mut self.attached else { return Ok(false) };
        let Some(taken) = attached.snapshot(file)? else { return Ok(false) };
        let (path, file) = (self.path().to_owned(), file.to_owned());
        self.news.push(Notice::Saved { path, file, sequence: taken.sequence });
        Ok(true)
    }

    /// The next record in order, or why there is none. Does not wait.
    pub(crate) fn next(&mut self) -> Step<Reading<'_>> {
        let Some(attached) = self.attached.as_mut().filter(|_| !self.told.is_cut()) else {
            return Step::Pending;
        };
        match attached.next() {
            Ok(step) => {
                self.told.reading_is_fine();
                match (step, &self.attached) {
                    (Step::Record(copied), Some(attached)) => {
                        Step::Record(attached.reading(copied))
                    }
                    (Step::Missed(count), _) => Step::Missed(count),
                    _ => Step::Pending,
                }
            }
            Err(error) => {
                self.say_read_trouble(error);
                Step::Pending
            }
        }
    }

    /// Sleeps until there is something newer, for `span` at the most. `false`: this region has
    /// nothing to wait on.
    pub(crate) fn wait(&self, span: Duration) -> bool {
        let reader = self.attached.as_ref().and_then(Attached::mapcast);
        self.told.is_readable() && reader.is_some_and(|reader| reader.wait(span).is_ok())
    }

    /// How long to wait until the next look.
    pub(crate) fn look_every(&self) -> Duration {
        if self.attached.is_some() { LOOK } else { LOOK_FOR_FILE }
    }

    /// The notices since the last call.
    pub(crate) fn take_news(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.news)
    }

    /// Why there is no region, if there is none.
    pub(crate) fn take_absence(&mut self) -> Option<RegionError> {
        self.absence.take()
    }

    /// Takes the one notice that says why the attached region could not be read.
    pub(crate) fn take_trouble(&mut self) -> Option<RegionError> {
        let at = self.news.iter().position(|notice| matches!(notice, Notice::Trouble(_)))?;
        match self.news.remove(at) {
            Notice::Trouble(error) => Some(error),
            _ => None,
        }
    }

    /// Is there a region to read?
    pub(crate) fn is_attached(&self) -> bool {
        self.attached.is_some()
    }

    pub(crate) fn was_attached(&self) -> bool {
        self.was_attached
    }

    pub(crate) fn path(&self) -> &Path {
        self.address.path()
    }

    fn say_writer(&mut self, writer: Writer) {
        if self.told.is_news(writer) {
            self.news.push(Notice::Changed { path: self.path().to_owned(), writer });
        }
    }

    fn say_missing(&mut self) {
        if self.told.is_missing_news() {
            self.news.push(Notice::Missing(self.path().to_owned()));
        }
    }

    fn say_found(&mut self) {
        if self.told.is_found_news() {
            self.news.push(Notice::Back(self.path().to_owned()));
        }
    }

    fn say_path_trouble(&mut self, error: RegionError) {
        // A bare file that was cut is too short until its program makes it whole again.
        let is_known =
            self.told.is_cut() && matches!(error.kind(), RegionErrorKind::NotThisRecord { .. });
        if !is_known && self.told.is_path_trouble_news(error.to_string()) {
            self.news.push(Notice::Trouble(error));
        }
    }

    fn say_read_trouble(&mut self, error: RegionError) {
        if error.is_truncated() {
            self.say_cut();
        } else if self.told.is_read_trouble_news(error.to_string()) {
            self.news.push(Notice::Trouble(error));
        }
    }

    fn say_cut(&mut self) {
        if self.told.is_cut_news() {
            self.news.push(Notice::Truncated(self.path().to_owned()));
        }
        if self.target.is_bare() {
            // Its program may make the same file whole again: map it anew then.
            self.attached = None;
        }
    }

    /// Says so if the region's record is not the one that the configuration describes.
    fn compare_with_expected(&mut self) {
        let (Format::Mapcast { expected: Some(want) }, Some(attached)) =
            (&self.target.format, &self.attached)
        else {
            return;
        };
        let have = attached.schema();
        if let Some(difference) = have.difference(want) {
            let (path, have, want) = (self.path().to_owned(), name_of(have), name_of(want));
            self.news.push(Notice::OtherRecord { path, have, want, difference });
        }
    }
}

/// The region as given: a name or a path.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

/// There is nothing to read yet, and nothing wrong with that.
fn is_absence(error: &RegionError) -> bool {
    // A C program creates a bare file first and gives it its size a moment later.
    error.is_not_there() || matches!(error.kind(), RegionErrorKind::NotThisRecord { have: 0, .. })
}

/// `STU (28 bytes)`.
fn name_of(schema: &Schema) -> String {
    format!("{} ({} bytes)", schema.name(), schema.size())
}
