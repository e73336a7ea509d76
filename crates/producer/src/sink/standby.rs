//! Waiting for another producer to end, in order to take over.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use daemon::{Monotonic, OnChange, Service, Signals};
use region::{Address, DynWriter, Holder, RegionError, RegionErrorKind};
use settings::{Format, Settings};

use super::{Sink, options};
use crate::error::ProducerError;
use crate::standby_input::StandbyInput;

/// How often a standby for a bare file, which has no wake-up, checks whether the lock is free.
const CHECK_EVERY: Duration = Duration::from_millis(100);

/// Opens the region or file at `address` as soon as no other producer has it, and reads `input`
/// meanwhile. `None`: a stop signal came first, or the input ended.
pub(crate) fn open_standby(
    address: &Address,
    settings: &Settings,
    signals: &Signals,
    service: &mut Service,
    input: &mut StandbyInput,
) -> Result<Option<Box<dyn Sink>>, ProducerError> {
    let (path, service) = (address.path(), RefCell::new(service));
    let stop = || {
        let mut keep_going = || {
            service.borrow_mut().keep_alive(Monotonic::now());
            signals.stop_requested().is_none()
        };
        !keep_going() || !input.drain(path, &mut keep_going)
    };
    // Waiting is a standby's work, so it is ready.
    let on_wait = |pid| {
        log_wait(path, pid);
        let status = format!("waiting to take over {}", path.display());
        service.borrow_mut().ready(Monotonic::now(), &status);
    };
    match settings.region.format {
        Format::Mapcast => {
            let on_wait = |holder: &Holder| on_wait(holder.pid);
            let (schema, options) = (&settings.record.schema, options(settings));
            let writer = DynWriter::open_standby(address, schema, &options, on_wait, stop)?;
            Ok(writer.map(|writer| Box::new(writer) as _))
        }
        Format::Bare => wait_for_bare(address, settings, signals, on_wait, stop),
    }
}

fn wait_for_bare(
    address: &Address,
    settings: &Settings,
    signals: &Signals,
    on_wait: impl Fn(u64),
    mut stop: impl FnMut() -> bool,
) -> Result<Option<Box<dyn Sink>>, ProducerError> {
    let mut waits = OnChange::new();
    while !stop() {
        match super::open(address, settings) {
            Err(error) if is_locked(&error) => {}
            opened => return Ok(opened.map(Some)?),
        }
        if waits.update(true).is_some() {
            on_wait(0);
        }
        daemon::wait(signals, None, Some(Monotonic::now().after(CHECK_EVERY)))
            .map_err(ProducerError::system("cannot wait"))?;
    }
    Ok(None)
}

/// Whether the lock may become free.
fn is_locked(error: &RegionError) -> bool {
    matches!(error.kind(), RegionErrorKind::Busy { .. } | RegionErrorKind::Locked)
}

fn log_wait(path: &Path, pid: u64) {
    let who = if pid == 0 { "another producer".to_owned() } else { format!("process {pid}") };
    let path = path.display();
    tracing::info!(region = %path, "{path}: {who} publishes here; waiting to take over");
}
