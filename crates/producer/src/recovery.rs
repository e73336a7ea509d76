//! Publishes, and recreates the region's file if it was deleted or cut short.
//!
//! ```text
//!   publish, check --> deleted    recreated, with the last record
//!                      cut short  recreated, the last record again (SIGBUS is an error, not a death)
//!                      replaced   by another producer: an error, the end
//!                      no room, no directory: logged once, tried again with each check and tick
//! ```

use std::sync::Arc;

use daemon::{OnChange, PassedFd, Service};
use layout::{InstanceName, RecordBuf};
use region::{BootTime, FileStatus, RegionError, RegionErrorKind};
use settings::Settings;

use crate::error::ProducerError;
use crate::messages::{log_event, log_failure};
use crate::sink::Sink;

/// The region that is being published to.
#[derive(Debug)]
pub(crate) struct Publisher {
    /// Dropping it, also by an assignment, closes the region for its readers.
    pub(crate) sink: Box<dyn Sink>,
    /// Records published by this process.
    records: u64,
    heartbeats: Heartbeats,
    /// Whether a record was the first one in place of a file that was cut short: others may be lost.
    was_cut: bool,
    /// Why the region cannot be used at present.
    failure: OnChange<String>,
}

/// When a heartbeat that is due is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heartbeats {
    /// At once.
    Regular,
    /// With the next record, because only records are to be a sign of life.
    WithRecords {
        /// Whether one is due.
        is_due: bool,
    },
}

impl Heartbeats {
    /// Those of a producer with these settings.
    pub(crate) fn of(settings: &Settings) -> Self {
        match settings.producer.input_deadline {
            None => Self::Regular,
            Some(_) => Self::WithRecords { is_due: false },
        }
    }
}

impl Publisher {
    pub(crate) fn new(sink: Box<dyn Sink>, heartbeats: Heartbeats) -> Self {
        Self { sink, records: 0, heartbeats, was_cut: false, failure: OnChange::new() }
    }

    /// Another configuration is in force.
    pub(crate) fn change_heartbeats(&mut self, heartbeats: Heartbeats) {
        self.heartbeats = heartbeats;
    }

    /// A heartbeat is due.
    pub(crate) fn heartbeat(&mut self) -> Result<(), RegionError> {
        match &mut self.heartbeats {
            Heartbeats::Regular => self.sink.heartbeat(),
            Heartbeats::WithRecords { is_due } => {
                *is_due = true;
                Ok(())
            }
        }
    }

    /// How many records this process has published.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// Publishes `record`, which is new, of an instance if the region has instances. `false`: that failed for
    /// now, and was logged.
    pub(crate) fn publish(
        &mut self,
        of: Option<&InstanceName>,
        (record, at): (&RecordBuf, BootTime),
        service: &mut Service,
    ) -> Result<bool, ProducerError> {
        let is_published = self.put(of, record, at, service)?;
        if is_published && self.heartbeats == (Heartbeats::WithRecords { is_due: true }) {
            self.sink.heartbeat()?;
            self.heartbeats = Heartbeats::WithRecords { is_due: false };
        }
        Ok(is_published)
    }

    /// Publishes `record` again under the time that it had, unless the region has it. That is no sign of life.
    pub(crate) fn publish_again(
        &mut self,
        of: Option<&InstanceName>,
        (record, at): (&RecordBuf, BootTime),
        service: &mut Service,
    ) -> Result<(), ProducerError> {
        let mut newest = RecordBuf::new(Arc::clone(record.schema()));
        let is_there = self.sink.newest(of, newest.bytes_mut()) == Some(at)
            && newest.bytes() == record.bytes();
        if is_there { Ok(()) } else { self.put(of, record, at, service).map(drop) }
    }

    /// Whether records were lost with a file that was cut short, once.
    pub(crate) fn take_cut(&mut self) -> bool {
        std::mem::take(&mut self.was_cut)
    }

    /// Publishes `record`; recreates the region first if it was cut short. `false`: that failed for now, and
    /// was logged.
    fn put(
        &mut self,
        of: Option<&InstanceName>,
        record: &RecordBuf,
        at: BootTime,
        service: &mut Service,
    ) -> Result<bool, ProducerError> {
        let mut published = self.sink.publish(of, record.bytes(), at);
        if is_truncated(&published) && self.recreate("was cut short", service)? {
            self.was_cut = true;
            published = self.sink.publish(of, record.bytes(), at);
        }
        if is_truncated(&published) {
            // Not recreated, or cut short again since: the next tick tries again.
            return Ok(false);
        }
        published?;
        self.records += 1;
        log_event!(trace, self.sink, "record {}", self.records);
        Ok(true)
    }

    /// Checks that the region's file is there and whole, and recreates it if not. `true`: it was
    /// recreated, and may lack records.
    pub(crate) fn check_region(&mut self, service: &mut Service) -> Result<bool, ProducerError> {
        let what = match self.sink.check() {
            Ok(FileStatus::Named) => {
                self.failure.clear();
                // A heartbeat carries the wall clock, which may have been set since the last one.
                self.heartbeat()?;
                return Ok(false);
            }
            Ok(FileStatus::Deleted) => "was deleted",
            Ok(FileStatus::Truncated) => "was cut short",
            Ok(_) => "was replaced",
            Err(error) => {
                log_failure(&mut self.failure, &*self.sink, daemon::with_next_step(&error));
                return Ok(false);
            }
        };
        self.recreate(what, service)
    }

    /// Passes a memfd to the service manager, which keeps it when this process ends.
    pub(crate) fn store_memfd(&self, service: &mut Service) {
        if let Some(memfd) = self.sink.memfd() {
            service.store(PassedFd::REGION, memfd);
        }
    }

    /// Recreates the region's file. `false`: that failed for now. An error: another producer has
    /// created its own in place.
    fn recreate(&mut self, what: &str, service: &mut Service) -> Result<bool, ProducerError> {
        match self.sink.recreate() {
            Ok(()) => {
                self.store_memfd(service);
                let (path, origin) = (self.sink.path().display(), self.sink.origin());
                log_event!(warn, self.sink, "{path} {what} while in use; recreated: {origin}");
                self.failure.clear();
                Ok(true)
            }
            Err(error) if is_taken(&error) => Err(error.into()),
            Err(error) => {
                let error = daemon::with_next_step(&error);
                let text = format!("the region {what} and cannot be recreated: {error}");
                log_failure(&mut self.failure, &*self.sink, text);
                Ok(false)
            }
        }
    }
}

fn is_truncated(published: &Result<(), RegionError>) -> bool {
    published.as_ref().is_err_and(RegionError::is_truncated)
}

/// Whether another process publishes at the path now.
fn is_taken(error: &RegionError) -> bool {
    matches!(error.kind(), RegionErrorKind::Replaced | RegionErrorKind::Busy { .. })
}
