//! Metrics in a file, for the textfile collector of `node_exporter`.
//!
//! Invariant: the file is always whole: a new one takes its name by a rename, and its name before that does not end
//! in `.prom`, by which the collector finds files.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use daemon::{Monotonic, Signals, Ticks};
use tracing::{info, warn};

use super::error::ExportError;
use super::families::Exposition;
use super::fleet::Fleet;
use super::metrics::Scraper;

const FILE: &str = "mapcast.prom";

/// Writes `mapcast.prom` to `directory` once, or `every` so often until a signal ends it.
pub(crate) fn run(
    directory: &Path,
    every: Option<Duration>,
    mut signals: Signals,
    mut fleet: Fleet,
) -> Result<(), ExportError> {
    let mut scraper = Scraper::default();
    let mut write = || {
        let text = scraper.scrape(&mut fleet).encode(Exposition::Text);
        let path = directory.join(FILE);
        replace(directory, &path, &text).map_err(|source| ExportError::TextFile { path, source })
    };
    // What fails at the start is reported as an error, what fails later is tried again.
    write()?;
    let Some(every) = every else { return fleet.unread().map_or(Ok(()), Err) };
    let mut ticks = Ticks::new(Monotonic::now().after(every), every);
    let mut failure = daemon::OnChange::new();
    loop {
        daemon::wait(&signals, None, Some(ticks.deadline())).map_err(ExportError::Runtime)?;
        if let Some(signal) = signals.take().stop {
            info!("stopped by {signal}");
            return Ok(());
        }
        if ticks.take(Monotonic::now()).is_some() {
            let failed = write().err().map(|error| error.to_string());
            if let Some(Some(error)) = failure.update(failed) {
                warn!("{error}");
            }
        }
    }
}

fn replace(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    // Made and written without tempfile's own functions, whose errors have the temporary name in them.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    let mut file = tempfile::Builder::new().prefix(".mapcast-").make_in(directory, create)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.as_file_mut().write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
