//! Which regions are exported, and that they are attached.
//!
//! Invariant: no two regions have one label. A region that cannot be read is logged once, and again when the reason
//! changes; the others are exported.
//!
//! ```text
//!   mapcast export          all that can be found by name, looked for again every second
//!   mapcast export A ./B    these; one that is not there yet is attached when it appears
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use daemon::{Monotonic, OnChange, plain, shorten};
use mapcast::dynamic::Field;
use mapcast::{Error, ErrorKind, Place, ToPlace};
use tracing::{info, warn};

use crate::region_argument::similar;

use super::attached::{Attached, Choice, Row, Shape};
use super::error::ExportError;

/// How often the directories are listed at most.
const LIST_EVERY: Duration = Duration::from_secs(1);

/// The regions that are exported.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// By their labels.
    regions: BTreeMap<String, Region>,
    /// When to list the directories again; `None`: the regions were named.
    listing: Option<Monotonic>,
    refused: OnChange<Vec<String>>,
    choice: Choice,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Region {
    spot: Spot,
    attached: Option<Attached>,
    error: OnChange<String>,
    /// Whether that is that there is no such file.
    is_absent: bool,
}

#[derive(Clone, Debug)]
enum Spot {
    Listed(mapcast::Address),
    Named(settings::Address),
}

impl ToPlace for Spot {
    fn place(&self) -> Place<'_> {
        match self {
            Self::Listed(address) => address.place(),
            Self::Named(address) => address.place(),
        }
    }
}

impl Fleet {
    /// All regions that can be found by name, or those that are `named`.
    pub(crate) fn new(named: Vec<settings::Address>, choice: Choice) -> Result<Self, Error> {
        let listing = named.is_empty().then_some(Monotonic::from_nanos(0));
        let region =
            |address: settings::Address| (address.to_string(), Region::new(Spot::Named(address)));
        let regions = named.into_iter().map(region).collect();
        let mut fleet = Self { regions, listing, refused: OnChange::new(), choice };
        fleet.list_if_due()?;
        Ok(fleet)
    }

    /// The regions as they are now, with their labels. Attaches those that are not.
    pub(crate) fn regions(&mut self) -> impl Iterator<Item = (&str, &mut Region)> {
        if let Err(error) = self.list_if_due() {
            self.report_refused(&[error]);
        }
        for region in self.regions.values_mut() {
            region.attach(&self.choice);
        }
        let is_listed = self.listing.is_some();
        self.regions.iter_mut().filter_map(move |(label, region)| {
            // One that was deleted since the directory was listed.
            (!is_listed || region.attached.is_some() || region.error.last().is_some())
                .then_some((label.as_str(), region))
        })
    }

    /// Logs the chosen fields that no region has now.
    pub(crate) fn report_unknown_fields(&mut self) {
        let chosen = self.choice.names.clone();
        if chosen.is_empty() {
            return;
        }
        let attached = self.regions().filter_map(|(_, region)| region.attached());
        let schemas: Vec<_> = attached.map(|attached| attached.region().schema().clone()).collect();
        let known: BTreeSet<&str> =
            schemas.iter().flat_map(|schema| schema.fields()).map(Field::name).collect();
        let known: Vec<&str> = known.into_iter().collect();
        // Where there is no region yet, any name may be right.
        let is_unknown = |name: &&String| !known.is_empty() && !known.contains(&name.as_str());
        for name in chosen.iter().filter(is_unknown) {
            let instead = query::instead_of(name, &known);
            warn!("--fields: no region has {} now; {instead}", shorten(name));
        }
    }

    /// The error that some regions could not be read when they were looked at last.
    pub(crate) fn unread(&self) -> Option<ExportError> {
        let unread = self.regions.values().filter(|region| region.error.last().is_some());
        let missing = unread.clone().filter(|region| region.is_absent).count();
        let count = unread.count();
        let are_missing = count == missing;
        (count > 0).then_some(ExportError::Unread { count: count as u64, are_missing })
    }

    fn list_if_due(&mut self) -> Result<(), Error> {
        let now = Monotonic::now();
        if self.listing.is_none_or(|due| due > now) {
            return Ok(());
        }
        let listing = mapcast::list()?;
        self.listing = Some(now.after(LIST_EVERY));
        self.report_refused(&listing.refused);
        let mut before = std::mem::take(&mut self.regions);
        for (name, address) in listing.regions {
            let same = before.remove(&name).filter(|region| region.is_at(&address));
            let region = same.unwrap_or_else(|| Region::new(Spot::Listed(address)));
            self.regions.insert(name, region);
        }
        Ok(())
    }

    fn report_refused(&mut self, refused: &[Error]) {
        let messages = refused.iter().map(daemon::with_next_step).collect();
        if let Some(messages) = self.refused.update(messages) {
            for message in messages {
                warn!("{}", plain(message));
            }
        }
    }
}

impl Region {
    fn new(spot: Spot) -> Self {
        Self { spot, attached: None, error: OnChange::new(), is_absent: false }
    }

    fn is_at(&self, address: &mapcast::Address) -> bool {
        matches!(&self.spot, Spot::Listed(own) if own == address)
    }

    /// The region, if it can be read.
    pub(crate) fn attached(&mut self) -> Option<&mut Attached> {
        self.attached.as_mut()
    }

    /// Why it cannot be read, if it cannot: a word, and what to do.
    pub(crate) fn problem(&self) -> Option<(&'static str, &str)> {
        let word = if self.is_absent { "absent" } else { "error" };
        self.error.last().map(|error| (word, error.as_str()))
    }

    fn attach(&mut self, choice: &Choice) {
        if self.attached.as_mut().is_some_and(Attached::is_current) {
            return;
        }
        match Attached::open(&self.spot, choice) {
            Ok(attached) => {
                self.attached = Some(attached);
                self.is_well();
            }
            Err(error) => {
                self.attached = None;
                self.report(&error);
            }
        }
    }

    /// Reads each record once, and passes it to `visit`; whether the region could be read. If it could not, that is its
    /// [problem](Self::problem) until it can.
    pub(crate) fn look(&mut self, visit: impl FnMut(Row<'_>, &mut Shape)) -> bool {
        let looked = self.attached.as_mut().map(|attached| attached.look(visit));
        match &looked {
            Some(Ok(())) => self.is_well(),
            Some(Err(error)) => self.report(error),
            None => {}
        }
        matches!(looked, Some(Ok(())))
    }

    fn is_well(&mut self) {
        let Some(attached) = &self.attached else { return };
        if self.error.clear().is_some() {
            info!("{}: attached", plain(&attached.region().path().to_string_lossy()));
        }
    }

    /// Logs why the region cannot be read, if that has changed.
    fn report(&mut self, error: &Error) {
        let is_missing = matches!(error.kind(), ErrorKind::NotThere);
        self.is_absent = is_missing;
        let message = match &self.spot {
            Spot::Listed(_) if is_missing => return,
            Spot::Named(located) if is_missing => {
                format!("{error}; {}", advice(&located.to_string()))
            }
            _ => daemon::with_next_step(error),
        };
        if let Some(message) = self.error.update(message) {
            warn!("{}", plain(message));
        }
    }
}

/// What to do about a region that is not there.
fn advice(name: &str) -> String {
    match similar(name) {
        Some(near) => format!("did you mean {near}?"),
        None => "start its producer, or check the name".to_owned(),
    }
}
