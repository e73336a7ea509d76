//! One region: everything about it, in the order of the way to it.

use std::fs;
use std::io::ErrorKind::PermissionDenied;
use std::path::{Path, PathBuf};

use mapcast::ErrorKind;
use nix::unistd::geteuid;
use settings::{Address, Format};

use super::condition::{self, Steps, id_of, writer_of};
use super::configured::{self, Configured, SYSTEM, unit_of};
use super::id::Id;
use super::report::{Report, shell_word};
use super::units::Units;
use super::user::User;
use super::way::{End, Part, Way};
use super::{differences, limits, logind, missing, place};
use crate::observed::Observed;

/// A region that is looked at.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) address: Address,
    pub(super) path: PathBuf,
    located: mapcast::Address,
    /// It was asked for, and not found in a list.
    by_name: bool,
}

/// What every region is looked at with.
#[derive(Debug)]
pub(super) struct Doctor<'a> {
    /// The user of `--user`.
    pub(super) user: Option<User>,
    pub(super) configs: &'a [Configured],
    /// Whether `configs` is the one that was given.
    pub(super) is_given: bool,
    pub(super) units: &'a Units,
}

impl Case {
    /// The region at `address`; none, which is reported, if its directory may not be used.
    pub(super) fn of(address: &Address, by_name: bool, report: &mut Report) -> Vec<Self> {
        let located = match address {
            Address::Path(path) => Ok(path.as_path().into()),
            Address::Name(name) => mapcast::find(name),
        };
        match located {
            Ok(located) => vec![Self { by_name, ..Self::found(address.clone(), located) }],
            Err(error) => {
                add_error(&error, None, report);
                Vec::new()
            }
        }
    }

    /// One of a list.
    pub(super) fn found(address: Address, located: mapcast::Address) -> Self {
        let path = located.path().to_owned();
        Self { address, path, located, by_name: false }
    }

    /// What its file is called, without the ending.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.address {
            Address::Name(name) => Some(name),
            Address::Path(path) => path.file_stem()?.to_str(),
        }
    }
}

impl Doctor<'_> {
    /// Reports what is wrong with `case`.
    pub(super) fn examine(&self, case: &Case, report: &mut Report) {
        let way = Way::to(&case.path);
        let config = self.config(case, &way);
        if let Some(part) = way.unsafe_directory() {
            unsafe_directory(part, report);
        }
        match way.end {
            End::Missing => {
                if !self.is_given {
                    configured::broken(|path| path.file_stem() == case.path.file_stem(), report);
                }
                missing::check(case, &way, config, self.units, report);
            }
            End::Refused => cannot_read(&case.path, &way, &User::current(), config, report),
            End::File => self.file(case, &way, config, report),
        }
        if way.end != End::File
            && let Some(config) = config
        {
            limits::check(config, self.units, None, report);
        }
    }

    /// The configuration of `case`: the given one, or that of a service.
    fn config(&self, case: &Case, way: &Way) -> Option<&Configured> {
        if self.is_given {
            return self.configs.first();
        }
        let is_of_services = SYSTEM.iter().any(|dir| case.path.starts_with(dir));
        let mut found = self.configs.iter().filter(|_| is_of_services || way.end == End::Missing);
        found.find(|config| config.describes(&case.address, &case.path))
    }

    fn file(&self, case: &Case, way: &Way, config: Option<&Configured>, report: &mut Report) {
        let Some(file) = way.file() else { return };
        report.examined(&case.path, way.readers());
        if let Some(user) = self.user.as_ref().filter(|user| way.refusal(user).is_some()) {
            cannot_read(&case.path, way, user, config, report);
        }
        if file.is_regular && file.mode & 0o002 != 0 {
            let fact = format!("it {}: every user may change what is published", file.rights());
            let step = format!("chmod o-w {}", shell_word(&file.path));
            report.add(Id::OthersMayWrite, &file.path, fact, step);
        }
        place::medium(&file.path, report);
        logind::check(way, report);
        if let Some(directory) = way.directories().last() {
            let bytes = fs::symlink_metadata(&file.path).map_or(0, |found| found.len());
            place::room(&directory.path, bytes, report);
            if case.by_name {
                place::leftovers(&directory.path, report);
            }
        }
        if is_unsafe(way, file) {
            let path = case.path.display();
            return report
                .unchecked(format!("{path}: another user could have put this file there"));
        }
        let writer = match config.filter(|config| config.settings.region.format == Format::Bare) {
            Some(config) => bare(&case.path, config, report),
            None => self.content(case, config, report),
        };
        if let Some(config) = config {
            let step = config.reload(self.units, writer);
            differences::rights(file, config, &step, report);
            limits::check(config, self.units, writer, report);
        }
    }

    /// What is in the file. Returns the process that writes it.
    fn content(
        &self,
        case: &Case,
        config: Option<&Configured>,
        report: &mut Report,
    ) -> Option<u64> {
        let mut region = match Observed::open(&case.located) {
            Ok(region) => region,
            Err(error) => {
                add_error(&error, config, report);
                return None;
            }
        };
        condition::check(&mut region, case.by_name, &self.steps(case, config), report);
        let region = region.reader();
        let writer = writer_of(region);
        if let Some(config) = config {
            let step = config.reload(self.units, writer);
            differences::schema(&case.path, region.schema(), config, &step, report);
            differences::header(&case.path, region.header(), config, &step, report);
        }
        writer
    }

    fn steps(&self, case: &Case, config: Option<&Configured>) -> Steps {
        let by_config = config.and_then(|config| config.unit_in(self.units));
        let by_name = case.name().and_then(|name| self.units.get(&unit_of(name)));
        let unit = by_config.or(by_name);
        let start = match (unit, config) {
            (Some(unit), _) => format!("systemctl restart {}", unit.name()),
            (None, Some(config)) => config.start(self.units),
            (None, None) => {
                format!(
                    "{} CONFIG.toml, the configuration that describes it",
                    configured::producer()
                )
            }
        };
        let journal = unit.map(|unit| format!("journalctl --unit {} --lines 20", unit.name()));
        Steps { start, journal }
    }
}

/// Whether another user than its owner, whom this user trusts, could have put the file there.
fn is_unsafe(way: &Way, file: &Part) -> bool {
    let is_trusted = file.uid == 0 || file.uid == geteuid().as_raw();
    way.unsafe_directory().is_some() && !is_trusted
}

fn unsafe_directory(part: &Part, report: &mut Report) {
    let fact = format!("it {}: others may create files in it", part.rights());
    let step = if part.is_sticky() {
        // It is for all users, as /tmp is.
        "give a name, or a path in a directory of its user's own, in its configuration".into()
    } else {
        format!("chmod go-w {}", shell_word(&part.path))
    };
    report.add(Id::UnsafeDirectory, &part.path, fact, step);
}

/// Reports an error of the library; of one that is about permissions, what on the way refuses this user.
pub(super) fn add_error(error: &mapcast::Error, config: Option<&Configured>, report: &mut Report) {
    match error.kind() {
        ErrorKind::Io { source, .. } if source.kind() == PermissionDenied => {
            cannot_read(error.path(), &Way::to(error.path()), &User::current(), config, report);
        }
        kind => report.add_error(id_of(kind), error),
    }
}

/// Reports which part of the way refuses `user`.
fn cannot_read(
    path: &Path,
    way: &Way,
    user: &User,
    config: Option<&Configured>,
    report: &mut Report,
) {
    let Some(part) = way.refusal(user).or(way.parts.last()) else { return };
    let fact = format!("{} may not read it: {} {}", user.name, part.path.display(), part.rights());
    let step = part.admission(user, config.map(|config| config.path.as_path()));
    report.add(Id::CannotRead, path, fact, step);
}

/// Reports a bare file of another size than its record.
fn bare(path: &Path, config: &Configured, report: &mut Report) -> Option<u64> {
    let record = &config.settings.record;
    let size = u64::from(record.schema.size()) * u64::from(record.structs().get());
    let found = fs::symlink_metadata(path).ok()?;
    if found.is_file() && found.len() != size {
        let (have, want) = (daemon::counted(found.len(), "byte"), daemon::counted(size, "byte"));
        let origin = config.path.display();
        let fact = format!("it has {have}, the record in {origin} has {want}");
        let step = "correct the record, or remove the file and start its producer";
        report.add(Id::SchemaDiffers, path, fact, step);
    }
    None
}
