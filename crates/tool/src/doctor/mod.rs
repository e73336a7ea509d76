//! `mapcast doctor`: what is wrong with a region, its file, its configuration and its service.
//!
//! Invariant: it changes nothing and does not hang. It writes nowhere, maps a region only if no other user
//! could have put the file there, and gives `systemctl` a deadline.
//!
//! ```text
//!   path_walk    the directories to the file: who may pass, who may replace it      user
//!   place        file system, room, leftover files; logind: RemoveIPC
//!   region_file  the file: rights, place, content, compared with a configuration
//!   condition    the writer's state, the newest record, the clock
//!   bridge       what a bridge says of its links, hosts and mirrors
//!   configured   which configuration describes it; differences, limits
//!   publishes    which configurations its writer has
//!   units        what systemctl shows
//!   missing      no region: where it was looked for, and what starts it
//! ```
//!
//! Price: an attach and one record for each region; one `systemctl`.

mod bridge;
mod condition;
mod configured;
mod differences;
mod examine;
mod id;
mod limits;
mod logind;
mod missing;
mod path_walk;
mod place;
mod publishes;
mod region_file;
mod report;
mod units;
mod user;

use std::path::{Path, PathBuf};

use clap::ValueHint;
use settings::Address;

pub use id::Id;

use crate::ToolError;
use crate::cli::Format;
use crate::error::print;
use crate::region_argument::RegionArgument;
use configured::{Configured, SYSTEM, installed, unit_of};
use examine::{Case, Doctor};
use report::Report;
use units::Units;
use user::User;

const AFTER_HELP: &str = "\
Examples:
  mapcast doctor                          all regions, directories and units
  mapcast doctor boiler                   one region; also why it is not there
  mapcast doctor boiler --user ada        may this user read it?
  mapcast doctor boiler --config new.toml  where the region differs from this configuration
  mapcast doctor --ignore remove-ipc,leftover --format json

Exit codes:
  0  all is well
  1  something is wrong; each finding has a line of fact and a line of what to type
  2  wrong usage

Without --config a region of the services is compared with its configuration in /etc/mapcast. docs/doctor.md describes each finding.";

/// The command line of `doctor`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub struct Args {
    /// A region (name or path) or a .toml; without it all regions are looked at
    #[arg(value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub region: Option<RegionArgument>,

    /// Compare the region with this configuration
    #[arg(long, value_name = "FILE", add = daemon::cli::configurations())]
    pub config: Option<PathBuf>,

    /// Report regions that this user may not read, too (a name or a number)
    #[arg(long, value_name = "USER", value_hint = ValueHint::Username)]
    pub user: Option<String>,

    /// Leave out these findings
    #[arg(long, value_name = "ID", value_enum, value_delimiter = ',')]
    pub ignore: Vec<Id>,

    /// Output format; json is one object
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

/// Why `doctor` does not end with 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// Something is wrong: so many findings.
    #[error("{}; the lines above say what to type", daemon::counted(*.0, "finding"))]
    Findings(u64),
    /// There is no such user.
    #[error("--user: there is no user {0:?} here; see getent passwd")]
    NoSuchUser(String),
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let user = args.user.as_deref().map(known_user).transpose()?;
    let mut report = Report::default();
    let Asked { address, config } = Asked::of(args, &mut report);
    let is_survey = args.region.is_none() && args.config.is_none();
    let cases = match &address {
        Some(address) => Case::of(address, &mut report),
        None if is_survey => all(&mut report),
        None => Vec::new(),
    };
    let names_config = matches!(args.region, Some(RegionArgument::Config(_)));
    let is_given = names_config || args.config.is_some();
    let configs = if is_given { config.into_iter().collect() } else { installed() };
    let names = if is_survey { all_units(&configs) } else { units_of(&cases, &configs) };
    let units = Units::ask(&names, &mut report);
    let doctor = Doctor { user, configs: &configs, is_given, units: &units };
    for case in &cases {
        doctor.examine(case, &mut report);
    }
    units.check(&mut report);
    report.ignore(&args.ignore);
    print(&report.in_format(args.format))?;
    match report.count() {
        0 => Ok(()),
        count => Err(DoctorError::Findings(count).into()),
    }
}

fn known_user(name: &str) -> Result<User, DoctorError> {
    User::named(name).ok_or_else(|| DoctorError::NoSuchUser(name.to_owned()))
}

/// The region and the configuration that were asked for.
struct Asked {
    address: Option<Address>,
    config: Option<Configured>,
}

impl Asked {
    /// Those of `args`; a configuration that cannot be read is reported.
    fn of(args: &Args, report: &mut Report) -> Self {
        let mut load = |path: &Path| Configured::load(path, report);
        let address = |config: &Configured| config.settings.region.address.clone();
        let config = args.config.as_deref().and_then(&mut load);
        match &args.region {
            Some(RegionArgument::Region(address)) => {
                Self { address: Some(address.clone()), config }
            }
            Some(RegionArgument::Config(path)) => {
                let own = load(path);
                Self { address: own.as_ref().map(address), config: config.or(own) }
            }
            None => Self { address: config.as_ref().map(address), config },
        }
    }
}

/// All regions that are found by name; their directories are looked at, too.
fn all(report: &mut Report) -> Vec<Case> {
    let listing = match mapcast::list() {
        Ok(listing) => listing,
        Err(error) => {
            examine::add_error(&error, None, report);
            return Vec::new();
        }
    };
    for error in &listing.refused {
        examine::add_error(error, None, report);
    }
    for directory in &listing.directories {
        place::directory(directory, report);
    }
    configured::broken(|_| true, report);
    if listing.regions.is_empty() && listing.refused.is_empty() {
        missing::all(report);
    }
    let case = |(name, address)| Case::found(Address::Name(name), address);
    listing.regions.into_iter().map(case).collect()
}

/// All units of mapcast, to ask for.
fn all_units(configs: &[Configured]) -> Vec<String> {
    let own = configs.iter().filter_map(Configured::unit);
    own.chain(["mapcast-*".into()]).collect()
}

/// The units of these regions, to ask for.
fn units_of(cases: &[Case], configs: &[Configured]) -> Vec<String> {
    let mut names = Vec::new();
    for case in cases {
        let described = configs.iter().filter(|config| config.describes(&case.address, &case.path));
        names.extend(described.filter_map(Configured::unit));
        let is_of_services = SYSTEM.iter().any(|dir| case.path.starts_with(dir));
        if let Address::Name(name) = &case.address
            && (is_of_services || !case.path.exists())
        {
            names.push(unit_of(name));
        }
    }
    names.sort();
    names.dedup();
    names
}
