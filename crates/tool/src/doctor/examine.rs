//! One region: everything about it, in the order of the path to it.

use std::io::ErrorKind::PermissionDenied;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use mapcast::{ErrorKind, ToPlace as _};
use settings::Address;

use super::condition::{Steps, id_of};
use super::configured::{self, Configured, SYSTEM, unit_of};
use super::id::Id;
use super::path_walk::{End, Part, PathWalk};
use super::report::{Report, shell_word};
use super::units::{Unit, Units};
use super::user::User;
use super::{bridge, limits, missing, place};

/// A region that is looked at.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) address: Address,
    pub(super) path: PathBuf,
    pub(super) located: mapcast::Address,
    pub(super) chosen: Chosen,
}

/// How a region was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// It was named on the command line, or its configuration was.
    Named,
    /// It was found in a list.
    Listed,
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
    /// The region at `address`, which was asked for; none, which is reported, if its directory may not be used.
    pub(super) fn of(address: &Address, report: &mut Report) -> Vec<Self> {
        match address.place().to_read() {
            Ok(located) => vec![Self::new(address.clone(), located, Chosen::Named)],
            Err(error) => {
                add_error(&error, None, report);
                Vec::new()
            }
        }
    }

    /// One of a list.
    pub(super) fn found(address: Address, located: mapcast::Address) -> Self {
        Self::new(address, located, Chosen::Listed)
    }

    fn new(address: Address, located: mapcast::Address, chosen: Chosen) -> Self {
        let path = located.path().to_owned();
        Self { address, path, located, chosen }
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
        let walk = PathWalk::to(&case.path);
        let config = self.config(case, &walk);
        if let Some(part) = walk.unsafe_directory() {
            unsafe_directory(part, report);
        }
        match walk.end {
            End::Missing => {
                if !self.is_given {
                    configured::broken(|path| path.file_stem() == case.path.file_stem(), report);
                }
                let its_own = config.filter(|config| config.describes(&case.address, &case.path));
                missing::check(case, &walk, its_own, self.units, report);
                if let Some(directory) = case.path.parent() {
                    place::room_for_one(directory, report);
                }
            }
            End::Refused => cannot_read(&case.path, &walk, &User::current(), config, report),
            End::File => self.file(case, &walk, config, report),
        }
        if walk.end != End::File
            && let Some(config) = config
        {
            limits::check(config, self.units, None, report);
        }
    }

    /// The configuration of `case`: the given one, or that of a service.
    fn config(&self, case: &Case, walk: &PathWalk) -> Option<&Configured> {
        if self.is_given {
            return self.configs.first();
        }
        let is_of_services = SYSTEM.iter().any(|dir| case.path.starts_with(dir));
        let mut found = self.configs.iter().filter(|_| is_of_services || walk.end == End::Missing);
        found.find(|config| config.describes(&case.address, &case.path))
    }

    /// What starts the producer of `case`, and shows what it logged.
    pub(super) fn steps(&self, case: &Case, config: Option<&Configured>) -> Steps {
        if let Some(start) = bridge::step_of_mirror(&case.path) {
            return Steps { journal: Some(start.clone()), start };
        }
        // One of another region does not start this one's.
        let config = config.filter(|config| config.describes(&case.address, &case.path));
        let by_config = config.and_then(|config| config.unit_in(self.units));
        let unit = by_config.or_else(|| self.unit_by_name(case));
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

    /// The unit of the name of `case`, if it has a configuration that was not read: one that was read describes
    /// another region.
    fn unit_by_name(&self, case: &Case) -> Option<&Unit> {
        let name = case.name()?;
        let path = configured::config_of_unit(name);
        let is_read = self.configs.iter().any(|config| config.path == path);
        let unit = self.units.get(&unit_of(name));
        unit.filter(|_| !is_read && path.exists())
    }
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

/// Reports an error of the library; of one that is about permissions, what on the path refuses this user.
pub(super) fn add_error(error: &mapcast::Error, config: Option<&Configured>, report: &mut Report) {
    if is_about_permissions(error) {
        let walk = if error.path().is_dir() {
            PathWalk::into(error.path())
        } else {
            PathWalk::to(error.path())
        };
        cannot_read(error.path(), &walk, &User::current(), config, report);
    } else if let Some(step) = step_of_mode(error) {
        report.add(id_of(error), error.path(), error.kind().to_string(), step);
    } else {
        report.add_error(id_of(error), error);
    }
}

/// The command that closes the directory of `error`, if it is unsafe by its mode alone.
///
/// None for a sticky one: it is for all users, as /tmp is.
fn step_of_mode(error: &mapcast::Error) -> Option<String> {
    const STICKY_OR_OTHERS_WRITE: u32 = 0o1022;
    if !matches!(error.kind(), ErrorKind::UnsafeDirectory(_)) {
        return None;
    }
    let directory = error.path().symlink_metadata().ok().filter(std::fs::Metadata::is_dir)?;
    let is_ours = directory.uid() == rustix::process::geteuid().as_raw();
    let bits = directory.mode() & STICKY_OR_OTHERS_WRITE;
    let is_open = matches!(bits, 0o20 | 0o2 | 0o22);
    (is_ours && is_open).then(|| format!("chmod go-w {}", shell_word(error.path())))
}

pub(super) fn is_about_permissions(error: &mapcast::Error) -> bool {
    matches!(error.kind(), ErrorKind::Io { source, .. } if source.kind() == PermissionDenied)
}

/// Reports which part of the path refuses `user`.
pub(super) fn cannot_read(
    path: &Path,
    walk: &PathWalk,
    user: &User,
    config: Option<&Configured>,
    report: &mut Report,
) {
    let Some(part) = walk.refusal(user).or(walk.parts.last()) else { return };
    let fact = format!("{} may not read it: {} {}", user.name, part.path.display(), part.rights());
    let step = part.admission(user, config.map(|config| config.path.as_path()));
    report.add(Id::CannotRead, path, fact, step);
}
