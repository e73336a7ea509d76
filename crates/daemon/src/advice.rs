//! The next step for an error of a region.
//!
//! The library reports the file and the fact. Which option helps, or what to restart, depends on
//! the program, so the next step is added here, once for producer and consumer, which share most
//! errors.

use region::{RegionError, RegionErrorKind as Kind};

use crate::call_advice;

/// The region format of this program; a file with a later one needs a newer program.
const KNOWN_FORMAT: u32 = layout::header::VERSION;

/// The next step where a region has no instances now.
pub const NO_INSTANCES_STEP: &str =
    "check what its producer takes their names from: a pattern, or its lines of input";

/// `error` and what to do about it: `PATH: fact; next step`.
pub fn with_next_step(error: &RegionError) -> String {
    format!("{error}; {}", next_step(error.kind()))
}

fn next_step(kind: &Kind) -> &'static str {
    match kind {
        Kind::NotThere => "start its producer, or check the name",
        Kind::Busy { .. } => "stop it, or start with --standby to take over when it ends",
        Kind::Locked => {
            "find that process with `lslocks` and stop it, or keep its user out by `mode`"
        }
        Kind::NotARegion | Kind::TooShort(_) => {
            "give another path, or for a bare file its configuration (.toml)"
        }
        Kind::UnsupportedVersion(found) if *found <= KNOWN_FORMAT => "start its producer again",
        Kind::UnsupportedVersion(_) | Kind::UnsupportedFeatures(_) => "use a newer mapcast",
        // A writer refuses a bare file of another length.
        Kind::Truncated { structs: Some(_), .. } => "remove it, then start its producer again",
        Kind::Damaged(_) | Kind::Truncated { .. } => "start its producer again to replace it",
        Kind::OtherSchema { .. } => {
            "rebuild it against the region's schema, or read by the schema in the region"
        }
        Kind::WrongSize { .. } => "pass one whole record",
        Kind::HasInstances { .. } => "read it with a program that knows its instances",
        Kind::NoInstances => "read it as one record",
        Kind::BadInstanceName(_) => "give it a name of 1 to 64 bytes",
        Kind::TooManyInstances { .. } => {
            "raise max, or write full = \"retire-oldest\" to retire those with the oldest records"
        }
        Kind::NoSuchInstance => "look for its name again",
        Kind::NoSuchField { .. } => "name a field of the record that is there",
        Kind::NotThisRecord { .. } => {
            "describe the struct that is there, and how many, or remove the file"
        }
        Kind::Unstable => "its writer is broken: stop it and start a producer",
        Kind::BadOptions(_) => "correct the region's settings",
        Kind::Replaced => "stop the producer it belongs to, or remove it",
        Kind::Forked => "open a writer here",
        Kind::UnfitFileSystem { .. } => "give a file on tmpfs or on a disk",
        Kind::Io { call, source } => call_advice::next_step(call, source),
        other => of_place(other).unwrap_or("report this line"),
    }
}

/// Names, directories, permissions and descriptors.
fn of_place(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::NotAFile(_) => "give the path of a region",
        Kind::UnsafeDirectory(_) => {
            "fix the directory's owner and mode, or give a path in a directory of your own"
        }
        Kind::RelativeDirectory(_) => "give an absolute one, or unset the variable",
        Kind::BadName(_) => "give another name, or a path with a '/'",
        Kind::NotOurs(_) => "remove it, or give a path in a directory of your own",
        Kind::NotInGroup(_) => {
            "make this account a member of it, let its sandbox allow fchown, or change `group`"
        }
        Kind::NoSuchGroup(_) => "create it or correct `group`",
        Kind::NoDirectory => "create it first, or correct the path",
        Kind::InTheWay(_) => "give another path",
        Kind::CannotReplace(_) => "start again with an empty one",
        Kind::WrongAccess(_) => "open it so before it is passed",
        Kind::Sealed(_) => "pass one that is not",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::num::NonZeroU32;

    use super::*;

    /// Kinds of error and the text after the path: a file that was cut.
    fn of_cuts() -> Vec<(Kind, &'static str)> {
        vec![
            (
                Kind::Truncated { want: 9, have: 4, structs: None },
                "has 4 bytes, its header promises 9; start its producer again to replace it",
            ),
            (
                Kind::Truncated { want: 28, have: 10, structs: Some(NonZeroU32::MIN) },
                "has 10 bytes, its struct takes 28; remove it, then start its producer again",
            ),
            (
                Kind::Truncated { want: 9, have: 9, structs: None },
                "was cut short and has grown again since; start its producer again to replace it",
            ),
        ]
    }

    /// Kinds of error and the text after the path: a region, its writer, its file.
    fn of_regions() -> Vec<(Kind, &'static str)> {
        vec![
            (Kind::NotThere, "no such region; start its producer, or check the name"),
            (
                Kind::Busy { pid: 0 },
                "another writer publishes here already; stop it, or start with --standby to take over when it ends",
            ),
            (
                Kind::Busy { pid: 7 },
                "process 7 publishes here already; stop it, or start with --standby to take over when it ends",
            ),
            (
                Kind::Locked,
                "a reader holds a lock on it; find that process with `lslocks` and stop it, or keep its user out by `mode`",
            ),
            (
                Kind::NotAFile("a directory"),
                "is a directory, not a regular file; give the path of a region",
            ),
            (
                Kind::NotARegion,
                "is not a region (no mapcast header); give another path, or for a bare file its configuration (.toml)",
            ),
            (
                Kind::UnsupportedVersion(2),
                "has region format 2, this program knows format 1; use a newer mapcast",
            ),
            (
                Kind::UnsupportedVersion(0),
                "has region format 0, this program knows format 1; start its producer again",
            ),
            (
                Kind::UnsupportedFeatures(16),
                "needs features 0x10 that this program does not know; use a newer mapcast",
            ),
            (
                Kind::Damaged("its end mark is missing".into()),
                "is damaged: its end mark is missing; start its producer again to replace it",
            ),
            (
                Kind::OtherSchema { want: "A".into(), have: "B".into() },
                "holds record B, this program reads A; rebuild it against the region's schema, or read by the schema in the region",
            ),
            (
                Kind::WrongSize { want: 4, have: 5 },
                "takes records of 4 bytes, got 5; pass one whole record",
            ),
            (
                Kind::NoSuchField { record: "STU".into(), field: "size".into() },
                "its record STU has no field \"size\"; name a field of the record that is there",
            ),
            (
                Kind::Unstable,
                "its newest record keeps changing while it is read; its writer is broken: stop it and start a producer",
            ),
        ]
    }

    /// The same: its directory, its users, a descriptor, the system.
    fn of_places() -> Vec<(Kind, &'static str)> {
        vec![
            (Kind::BadOptions("no".into()), "no; correct the region's settings"),
            (
                Kind::Replaced,
                "another file has taken this name; stop the producer it belongs to, or remove it",
            ),
            (
                Kind::Forked,
                "this writer belongs to the process that opened it, and this one is a fork of it; open a writer here",
            ),
            (
                Kind::CannotReplace("it is old".into()),
                "it is old, and a region that was passed as a descriptor cannot be replaced; start again with an empty one",
            ),
            (
                Kind::WrongAccess("reading"),
                "is not open for reading; open it so before it is passed",
            ),
            (Kind::Sealed("writing"), "is sealed against writing; pass one that is not"),
            (
                Kind::UnsafeDirectory("has mode 0777".into()),
                "has mode 0777; fix the directory's owner and mode, or give a path in a directory of your own",
            ),
            (
                Kind::RelativeDirectory("x".into()),
                "\"x\" is a relative path; give an absolute one, or unset the variable",
            ),
            (
                Kind::BadName("a b".into()),
                "\"a b\" is not a region name (letters, digits and . _ - @, no dot in front, at most 248 bytes); give another name, or a path with a '/'",
            ),
            (
                Kind::NotOurs(7),
                "belongs to uid 7, who could change what is published; remove it, or give a path in a directory of your own",
            ),
            (
                Kind::NotInGroup("x".into()),
                "cannot be given to group \"x\" (fchown: Operation not permitted); make this account a member of it, let its sandbox allow fchown, or change `group`",
            ),
            (
                Kind::NoSuchGroup("x".into()),
                "there is no group \"x\" here; create it or correct `group`",
            ),
            (
                Kind::NotThisRecord { want: 28, count: 1, have: 4 },
                "has 4 bytes, the record has 28; describe the struct that is there, and how many, or remove the file",
            ),
            (
                Kind::InTheWay("is the region itself"),
                "is the region itself, which a snapshot does not replace; give another path",
            ),
            (
                Kind::UnfitFileSystem { call: "mmap", source: io::ErrorKind::Unsupported.into() },
                "its file system cannot hold a region (mmap: unsupported); give a file on tmpfs or on a disk",
            ),
            (
                Kind::Io { call: "open", source: io::ErrorKind::NotFound.into() },
                "open: entity not found; create the directory first",
            ),
        ]
    }

    /// The same: files and directories that are not what they should be.
    fn of_files() -> Vec<(Kind, &'static str)> {
        vec![
            (
                Kind::TooShort(1),
                "is not a region: 1 byte long, shorter than a header; give another path, or for a bare file its configuration (.toml)",
            ),
            (
                Kind::NoDirectory,
                "its directory does not exist; create it first, or correct the path",
            ),
        ]
    }

    #[test]
    fn every_error_has_its_fact_and_next_step() {
        let of_regions = of_regions().into_iter().chain(of_cuts());
        for (kind, line) in of_regions.chain(of_places()).chain(of_files()) {
            assert_eq!(format!("{kind}; {}", next_step(&kind)), line);
        }
    }
}
