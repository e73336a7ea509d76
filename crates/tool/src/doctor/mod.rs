//! `mapcast doctor`: what is wrong with a region, its file, its configuration and its service.
//!
//! Invariant: it changes nothing and does not hang. It writes nowhere, maps a region only if no other user
//! could have put the file there, and gives `systemctl` a deadline.
//!
//! ```text
//!   way          the directories to the file: who may pass, who may replace it      user
//!   place        file system, room, leftover files; logind: RemoveIPC
//!   condition    the writer's state, the newest record, the clock
//!   configured   which configuration describes it; differences, limits
//!   units        what systemctl shows
//!   missing      no region: where it was looked for, and what starts it
//! ```
//!
//! Price: an attach and one record for each region; one `systemctl`.

mod condition;
mod configured;
mod differences;
mod examine;
mod id;
mod limits;
mod logind;
mod missing;
mod place;
mod report;
mod units;
mod user;
mod way;

use std::path::PathBuf;

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
  mapcast doctor boiler --config new.toml where the region differs from this configuration
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
    #[arg(value_parser = RegionArgument::parser())]
    pub region: Option<RegionArgument>,

    /// Compare the region with this configuration
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
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
    let user = args
        .user
        .as_ref()
        .map(|name| User::named(name).ok_or_else(|| DoctorError::NoSuchUser(name.clone())));
    let user = user.transpose()?;
    let mut report = Report::default();
    let given = given_config(args).map(|path| Configured::load(path, &mut report));
    let cases = match (&args.region, &given) {
        (Some(RegionArgument::Region(address)), _) => Case::of(address, true, &mut report),
        (_, Some(Some(config))) => Case::of(&config.settings.region.address, true, &mut report),
        (_, Some(None)) => Vec::new(),
        _ => all(&mut report),
    };
    let installed = if given.is_some() { Vec::new() } else { installed() };
    let configs = given.flatten().into_iter().chain(installed).collect::<Vec<_>>();
    let units = Units::ask(&unit_names(args, &cases, &configs), &mut report);
    let is_given = given_config(args).is_some();
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

fn given_config(args: &Args) -> Option<&PathBuf> {
    match &args.region {
        Some(RegionArgument::Config(path)) => args.config.as_ref().or(Some(path)),
        _ => args.config.as_ref(),
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
    for directory in listing.directories.iter().filter(|directory| directory.is_dir()) {
        place::leftovers(directory, report);
    }
    configured::broken(|_| true, report);
    let case = |(name, address)| Case::found(Address::Name(name), address);
    listing.regions.into_iter().map(case).collect()
}

/// The units to ask for: those of the regions, or all of mapcast's.
fn unit_names(args: &Args, cases: &[Case], configs: &[Configured]) -> Vec<String> {
    if args.region.is_none() && args.config.is_none() {
        let own = configs.iter().filter_map(Configured::unit);
        return own.chain(["mapcast-*".into()]).collect();
    }
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
