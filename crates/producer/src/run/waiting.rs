//! A region that another producer has: a standby, which reads its own input meanwhile.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use settings::Settings;

use super::Host;
use crate::error::ProducerError;
use crate::sink::{self, Sink};
use crate::standby_input::StandbyInput;

/// Time between two reads of the input.
const DRAIN_EVERY: Duration = Duration::from_millis(50);

/// A standby.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) settings: Settings,
    pub(super) address: region::Address,
    standby: sink::Standby,
    pub(super) input: StandbyInput,
    /// The process that was logged last.
    holder: OnChange<u64>,
    next_attempt: Monotonic,
    next_drain: Monotonic,
    /// The event that the loop polls already.
    polled: Option<RawFd>,
}

/// The result of an attempt.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The region is this producer's.
    Opened(Box<dyn Sink>),
    /// Another producer still has it.
    Held,
    /// The input has ended: there is nothing to wait for.
    InputEnded,
}

impl Waiting {
    /// One whose first attempt is due now.
    pub(super) fn new(
        settings: Settings,
        address: region::Address,
        input: StandbyInput,
    ) -> Result<Self, ProducerError> {
        let now = Monotonic::now();
        Ok(Self {
            standby: sink::Standby::new(&address, &settings)?,
            settings,
            address,
            input,
            holder: OnChange::new(),
            next_attempt: now,
            next_drain: now.after(DRAIN_EVERY),
            polled: None,
        })
    }

    /// Opens the region if no other producer has it, else reads the input.
    pub(super) fn attempt(&mut self, host: &mut Host<'_>) -> Result<Attempt, ProducerError> {
        if let Some(sink) = self.standby.try_open(&self.address, &self.settings)? {
            return Ok(Attempt::Opened(sink));
        }
        self.input.begin()?;
        if let Some(pid) = self.standby.holder()
            && self.holder.update(pid).is_some()
        {
            log_wait(self.address.path(), pid);
            if let Err(error) = sink::would_open(&self.address, &self.settings) {
                warn_of_refusal(&self.address, &error);
            }
        }
        let now = Monotonic::now();
        self.next_attempt = now.after(self.standby.pause());
        if now >= self.next_drain {
            self.next_drain = now.after(DRAIN_EVERY);
            if !self.input.drain(&self.address, &mut || host.keep_going()) && host.keep_going() {
                return self.input.check().map(|()| Attempt::InputEnded);
            }
        }
        Ok(Attempt::Held)
    }

    /// When the next attempt is due.
    pub(super) fn due(&self) -> Monotonic {
        self.next_attempt
    }

    /// Whether it waits, which is a standby's work.
    pub(super) fn is_settled(&self) -> bool {
        self.holder.last().is_some()
    }

    /// The descriptor that becomes readable when the other producer ends, if it is a new one.
    pub(super) fn take_new_event(&mut self) -> Option<BorrowedFd<'_>> {
        let event = self.standby.event();
        let number = event.map(|event| event.as_raw_fd());
        let is_new = number != std::mem::replace(&mut self.polled, number);
        event.filter(|_| is_new)
    }

    /// The event is not polled any more.
    pub(super) fn forget_poll(&mut self) {
        self.polled = None;
    }

    /// What it does, for `STATUS=`.
    pub(super) fn status(&self) -> String {
        format!("waiting to take over {}", self.address.path().display())
    }
}

fn log_wait(path: &Path, pid: u64) {
    let who = if pid == 0 { "another producer".to_owned() } else { format!("process {pid}") };
    let path = path.display();
    tracing::info!(region = %path, "{path}: {who} publishes here; waiting to take over");
}

/// Better now than at the take-over.
fn warn_of_refusal(address: &region::Address, error: &region::RegionError) {
    let (region, error) = (address.path().display(), daemon::with_next_step(error));
    tracing::warn!(%region, "{error}; without that this standby ends when it is to take over");
}
