//! No region: where it was looked for, which name was perhaps meant, and what starts its producer.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use settings::{Address, nearest};

use super::bridge;
use super::configured::{Configured, config_of_unit, producer, unit_of};
use super::examine::Case;
use super::id::Id;
use super::path_walk::PathWalk;
use super::report::{Report, shell_word};
use super::units::Units;

/// Reports that there is nothing at the end of `walk`.
pub(super) fn check(
    case: &Case,
    walk: &PathWalk,
    config: Option<&Configured>,
    units: &Units,
    report: &mut Report,
) {
    let known = names_beside(case);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let near = case.name().and_then(|name| nearest(name, &known));
    let mut fact = vec![match &case.address {
        Address::Name(name) => format!("there is no region {name} in {}", searched(report)),
        Address::Path(_) => format!("there is no file{}", first_missing(walk, &case.path)),
    }];
    fact.extend(near.map(|near| format!("the nearest name is {near}")));
    fact.extend(config.map(|config| format!("{} describes it", config.path.display())));
    if let (Address::Name(name), None) = (&case.address, config) {
        let unit = unit_of(name);
        let about_unit = if units.get(&unit).is_some() {
            format!("reads {}", config_of_unit(name).display())
        } else {
            "is not installed".to_owned()
        };
        fact.push(format!(
            "no configuration in /etc/mapcast describes it, and {unit} {about_unit}"
        ));
    }
    // A producer would take the name of a mirror, which its bridge makes.
    let mirror = bridge::step_of_mirror(&case.path);
    let step = match (config, near) {
        (Some(config), _) => config.start(units),
        (None, _) if mirror.is_some() => mirror.unwrap_or_default(),
        (None, Some(near)) => format!("mapcast doctor {}", beside(case, near)),
        (None, None) => {
            let address = match &case.address {
                Address::Name(name) => format!("name = {name:?}"),
                Address::Path(path) => format!("path = {:?}", path.to_string_lossy()),
            };
            format!("{} CONFIG.toml, where CONFIG.toml has {address} under [region]", producer())
        }
    };
    report.add(Id::NoRegion, &case.path, fact.join("; "), step);
}

/// Reports that there is no region at all: a finding where `MAPCAST_DIR` says that there are some.
pub(super) fn all(report: &mut Report) {
    let searched = searched(report);
    let given = env::var_os("MAPCAST_DIR").filter(|given| !given.is_empty());
    if let Some(directory) = given.as_deref().map(Path::new) {
        let fact = if directory.exists() {
            "there is no region in this directory, which MAPCAST_DIR names"
        } else {
            "there is no such directory, and MAPCAST_DIR names it"
        };
        let step = "export the MAPCAST_DIR of the producers (unset it if they have none), or start one with this";
        report.add(Id::NoRegion, directory, fact, step);
    }
    report.found_none(searched);
}

/// The names of the regions among which this one was looked for.
fn names_beside(case: &Case) -> Vec<String> {
    let stem = |path: PathBuf| {
        let is_region = path.extension().is_some_and(|ending| ending == "region");
        is_region.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
    };
    match &case.address {
        Address::Name(_) => {
            let regions = mapcast::list().map(|listing| listing.regions).unwrap_or_default();
            regions.into_iter().map(|(name, _)| name).collect()
        }
        Address::Path(path) => {
            let entries = path.parent().map(fs::read_dir).into_iter().flatten().flatten().flatten();
            entries.filter_map(|entry| stem(entry.path())).collect()
        }
    }
}

/// The region called `name` beside this one, as an argument.
fn beside(case: &Case, name: &str) -> String {
    match &case.address {
        Address::Name(_) => name.to_owned(),
        Address::Path(path) => shell_word(&path.with_file_name(format!("{name}.region"))),
    }
}

/// The directories that were searched, each with what is wrong with it.
fn searched(report: &mut Report) -> String {
    let directories = mapcast::list().map(|listing| listing.directories).unwrap_or_default();
    let about = |directory: &PathBuf| {
        let path = directory.display();
        match fs::metadata(directory.join(".")).map_err(|error| error.kind()) {
            Ok(_) => format!("{path}"),
            Err(ErrorKind::NotFound) => format!("{path} (which is missing)"),
            Err(_) => {
                refused(directory, report);
                format!("{path} (which may not be entered)")
            }
        }
    };
    directories.iter().map(about).collect::<Vec<_>>().join(", ")
}

/// Reports a directory that this user may not enter.
fn refused(directory: &Path, report: &mut Report) {
    let user = super::user::User::current();
    let walk = PathWalk::to(&directory.join("."));
    if let Some(part) = walk.refusal(&user) {
        let fact = format!("{} may not enter it: it {}", user.name, part.rights());
        report.add(Id::CannotRead, &part.path, fact, part.admission(&user, None));
    }
}

/// The first directory on the path that is not there, unless it is only the file.
fn first_missing(walk: &PathWalk, path: &Path) -> String {
    let last = walk.parts.last().map(|part| part.path.as_path());
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (last, path.parent()) {
        (Some(last), Some(directory)) if !directory.is_dir() => {
            format!(
                ", and no directory {} (the path exists up to {})",
                directory.display(),
                last.display()
            )
        }
        _ => String::new(),
    }
}
