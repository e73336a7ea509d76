//! The regions of the list: which there are, their states and rates.
//!
//! Price: for each region and second two system calls and a copy of its smallest field; of instances, two more
//! and their names.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapcast::{Address, ErrorKind, Refreshed, State, ToPlace};

use crate::ToolError;
use crate::published::Published;
use crate::region_argument::{RegionArgument, file_of, similar};

use super::source::Source;

/// Shortest time from one listing of the directories to the next; it is longer where a listing takes
/// long.
const LIST_EVERY: Duration = Duration::from_secs(2);
/// A listing takes at most a 50th of the time.
const SHARE: u32 = 50;

/// Where a region is: as it was named, or as it was listed.
pub(super) type At = Arc<dyn ToPlace + Send + Sync>;

/// What a row of the list says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RegionLine {
    pub(crate) name: String,
    pub(crate) status: Status,
    /// Records a second since the last look.
    pub(crate) rate: Option<f64>,
}

/// How a region is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Status {
    /// It is attached, and its writer in this state.
    Attached(State),
    /// It is attached, but no file has its name any more.
    Deleted,
    /// There is none of this name (yet); what was probably meant.
    Absent(Option<String>),
    /// It cannot be read, and why.
    Unreadable(String),
}

impl Status {
    /// One word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Attached(state) => state.as_str(),
            Self::Deleted => "deleted",
            Self::Absent(_) => "absent",
            Self::Unreadable(_) => "error",
        }
    }
}

/// A region of the list.
pub(crate) struct Watched {
    pub(crate) at: At,
    /// The file that has its name, if it was listed and not named.
    listed: Option<Address>,
    pub(crate) source: Option<Source>,
    pub(crate) line: RegionLine,
    /// How often a file was attached.
    pub(crate) attached: u32,
    published: Option<(Published, Instant)>,
    /// The name that was probably meant.
    meant: Option<String>,
}

impl Watched {
    fn new(name: &str, at: At) -> Self {
        let line =
            RegionLine { name: daemon::plain(name), status: Status::Absent(None), rate: None };
        Self { at, listed: None, source: None, line, attached: 0, published: None, meant: None }
    }

    fn listed(name: &str, address: Address) -> Self {
        let at = Arc::new(address.clone());
        Self { listed: Some(address), ..Self::new(name, at) }
    }

    /// Is at `address` from now on: a name can go to another directory.
    fn move_to(&mut self, address: Address) {
        if self.listed.as_ref() == Some(&address) {
            return;
        }
        (self.source, self.published, self.line.rate) = (None, None, None);
        self.at = Arc::new(address.clone());
        self.listed = Some(address);
    }

    /// Whether there was no file of its name when it was looked at last.
    fn is_gone(&self) -> bool {
        matches!(self.line.status, Status::Deleted | Status::Absent(_))
    }

    /// Looks at it again.
    pub(crate) fn look(&mut self, now: Instant) {
        let looked = self.attach().and_then(|refreshed| self.status(refreshed, now));
        self.line.status = looked.unwrap_or_else(|error| self.failed(&error));
    }

    /// Attaches to the file that has its name now.
    fn attach(&mut self) -> Result<Refreshed, mapcast::Error> {
        let refreshed = match &mut self.source {
            None => None,
            Some(source) => match source.refresh() {
                Err(error) if error.is_of_other_kind() => None,
                refreshed => Some(refreshed?),
            },
        };
        if refreshed.is_none() {
            self.source = Some(Source::open(&*self.at)?);
        }
        let refreshed = refreshed.unwrap_or(Refreshed::Reattached);
        if refreshed == Refreshed::Reattached {
            self.attached = self.attached.wrapping_add(1);
        }
        Ok(refreshed)
    }

    fn status(&mut self, refreshed: Refreshed, now: Instant) -> Result<Status, mapcast::Error> {
        let Some(source) = &mut self.source else { return Ok(Status::Absent(None)) };
        let published = source.published()?;
        self.line.rate = self.published.as_ref().and_then(|(before, since)| {
            let seconds = now.duration_since(*since).as_secs_f64();
            #[allow(clippy::cast_precision_loss)] // a rate for people
            published.since(before).filter(|_| seconds > 0.0).map(|new| new as f64 / seconds)
        });
        self.published = Some((published, now));
        Ok(match refreshed {
            Refreshed::Missing => Status::Deleted,
            _ => Status::Attached(source.reader().state()),
        })
    }

    /// The status after an error, which may be over when it is looked at again.
    pub(crate) fn failed(&mut self, error: &mapcast::Error) -> Status {
        (self.source, self.published, self.line.rate) = (None, None, None);
        match error.kind() {
            ErrorKind::NotThere => Status::Absent(self.meant.clone()),
            _ => Status::Unreadable(daemon::with_next_step(error)),
        }
    }
}

/// All regions of the list.
pub(crate) struct Regions {
    pub(crate) all: Vec<Watched>,
    /// When to list the directories again; `None`: the regions were named.
    list_at: Option<Instant>,
}

impl Regions {
    /// The regions that `named` names, each once, or all that can be found by name if it names none.
    pub(crate) fn of(named: &[RegionArgument]) -> Result<Self, ToolError> {
        let located = named.iter().map(RegionArgument::located);
        let mut located = located.collect::<Result<Vec<_>, ToolError>>()?;
        let mut known = HashSet::new();
        located.retain(|region| known.insert(file_of(region)));
        let watched =
            |region: settings::Address| Watched::new(&region.to_string(), Arc::new(region));
        let all = located.into_iter().map(watched).collect();
        // An environment that names no directory is an error now, and not each time.
        let list_at = if named.is_empty() { Some(Instant::now()) } else { None };
        let mut regions = Self { all, list_at };
        if named.is_empty() {
            mapcast::list()?;
        }
        regions.look(Instant::now(), None);
        regions.guess();
        Ok(regions)
    }

    /// Looks at every region, and for new ones if it is time for that. `chosen` is on the screen.
    pub(crate) fn look(&mut self, now: Instant, chosen: Option<&str>) {
        if self.list_at.is_some_and(|at| at <= now) {
            self.list(chosen);
            let pause = (now.elapsed() * SHARE).max(LIST_EVERY);
            self.list_at = Some(now + pause);
        }
        self.all.iter_mut().for_each(|region| region.look(now));
    }

    fn list(&mut self, chosen: Option<&str>) {
        if let Ok(listing) = mapcast::list() {
            self.take(listing.regions.into_iter().collect(), chosen);
        }
    }

    /// Has the regions of a listing, each where it is now. Of the others it keeps those that are there, and the one
    /// that is on the screen: each has a mapping and a descriptor.
    fn take(&mut self, mut listed: BTreeMap<String, Address>, chosen: Option<&str>) {
        self.all.retain_mut(|region| match listed.remove(&region.line.name) {
            Some(address) => {
                region.move_to(address);
                true
            }
            None => !region.is_gone() || chosen == Some(&region.line.name),
        });
        self.all.extend(listed.into_iter().map(|(name, address)| Watched::listed(&name, address)));
        self.all.sort_by(|one, other| one.line.name.cmp(&other.line.name));
    }

    /// Finds out what was probably meant by names that are none.
    fn guess(&mut self) {
        let is_absent = |region: &&mut Watched| region.line.status == Status::Absent(None);
        for region in self.all.iter_mut().filter(is_absent) {
            region.meant = similar(&region.line.name);
            region.line.status = Status::Absent(region.meant.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use mapcast::{Address, InstanceWriter, Stu, Writer};

    use super::{At, Regions, Watched};
    use crate::region_argument::RegionArgument;

    #[test]
    fn a_region_that_is_named_twice_is_listed_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("s.region");
        let _writer = mapcast::Writer::<Stu>::open(&path).expect("a writer");
        std::os::unix::fs::symlink(dir.path(), dir.path().join("link")).expect("a link");
        let again = dir.path().join("link/s.region");
        let none = dir.path().join("none.region");
        let named = [&path, &again, &none, &path, &none];
        let named = named.map(|path| RegionArgument::parse(path.into()).expect("a path"));
        assert_eq!(Regions::of(&named).expect("regions").all.len(), 2);
    }

    /// A listing in which `host` is this file, and what is seen then.
    fn look(regions: &mut Regions, host: Option<&Path>, chosen: Option<&str>) -> Vec<&'static str> {
        let listed = host.map(|path| ("host".to_owned(), Address::from(path)));
        regions.take(listed.into_iter().collect(), chosen);
        regions.look(Instant::now(), chosen);
        regions.all.iter().map(|region| region.line.status.word()).collect()
    }

    #[test]
    fn a_name_that_goes_to_another_directory_is_followed_there() {
        let dir = tempfile::tempdir().expect("a directory");
        let [own, system] = ["own.region", "system.region"].map(|name| dir.path().join(name));
        let mut regions = Regions { all: Vec::new(), list_at: None };
        drop(Writer::<Stu>::open(&own).expect("a writer"));
        assert_eq!(look(&mut regions, Some(&own), None), ["closed"]);
        fs::remove_file(&own).expect("removed");
        let _writer = Writer::<Stu>::open(&system).expect("a writer");
        assert_eq!(look(&mut regions, Some(&system), None), ["live"]);
        assert_eq!(regions.all[0].attached, 2, "so its waiter is another one");
        assert_eq!(look(&mut regions, Some(&system), None), ["live"]);
        assert_eq!(regions.all[0].attached, 2);
    }

    #[test]
    fn a_region_that_was_deleted_leaves_the_list_when_it_is_not_selected() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("host.region");
        let mut regions = Regions { all: Vec::new(), list_at: None };
        let _writer = Writer::<Stu>::open(&path).expect("a writer");
        assert_eq!(look(&mut regions, Some(&path), None), ["live"]);
        assert_eq!(
            look(&mut regions, None, None),
            ["live"],
            "a directory that could not be listed"
        );
        fs::remove_file(&path).expect("removed");
        assert_eq!(look(&mut regions, None, Some("host")), ["deleted"]);
        assert_eq!(look(&mut regions, None, Some("host")), ["deleted"], "it is on the screen");
        assert_eq!(look(&mut regions, None, None), [""; 0]);
    }

    #[test]
    fn the_rate_is_that_of_the_records_whatever_instances_join_or_are_retired() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("net.region");
        let opened = Writer::options().open_instances(&path, 1);
        let writer = &mut opened.expect("a writer");
        let publish = |writer: &mut InstanceWriter<Stu>, name: &str, records: u32| {
            let instance = writer.instance(name).expect("a place");
            (0..records).for_each(|_| {
                writer.publish(instance, &Stu::new(1, name, 'm')).expect("a record");
            });
            instance
        };
        let a = publish(writer, "a", 1000);
        let at: At = Arc::new(mapcast::Address::from(path.as_path()));
        let (mut watched, begin) = (Watched::new("net", at), Instant::now());
        let mut rate_after = |seconds| {
            watched.look(begin + Duration::from_secs(seconds));
            watched.line.rate
        };
        assert_eq!(rate_after(0), None, "the first look");
        writer.retire(a).expect("retired");
        assert_eq!(rate_after(1), Some(0.0), "retired");
        let b = publish(writer, "b", 8);
        assert_eq!(rate_after(2), Some(8.0), "the next one of a place that had 1,000 records");
        writer.retire(b).expect("retired");
        publish(writer, "c", 4);
        assert_eq!(rate_after(4), Some(2.0), "4 records in two seconds");
    }
}
