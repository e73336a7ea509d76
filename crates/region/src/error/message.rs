//! What an error says to a person: the fact, then the next step.

use super::RegionErrorKind;
use super::advice::next_step;
use layout::header;
use std::fmt;

impl fmt::Display for RegionErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("no such region; start its producer, or check the name"),
            Self::Busy { .. } | Self::Locked => self.of_locks(f),
            Self::NotAFile(what) => write!(f, "is {what}, not a regular file; give the path of a region"),
            Self::NotARegion => {
                f.write_str("is not a region (no mapcast header); give another path, or remove the file if it is of no use")
            }
            Self::UnsupportedVersion(found) => {
                let newer = *found > header::VERSION;
                let step = if newer { "use a newer mapcast" } else { "start its producer again" };
                write!(f, "has region format {found}, this program knows format 1; {step}")
            }
            Self::UnsupportedFeatures(bits) => {
                write!(f, "needs features {bits:#x} that this program does not know; use a newer mapcast")
            }
            Self::Damaged(what) => write!(f, "is damaged: {what}; start its producer again to replace it"),
            Self::Truncated { want, have } => {
                write!(f, "has {have} bytes, its header promises {want}; start its producer again to replace it")
            }
            Self::OtherSchema { want, have } => write!(
                f,
                "holds record {have}, this program reads {want}; rebuild it against the region's schema, or read by the schema in the region"
            ),
            Self::WrongSize { want, have } => {
                write!(f, "takes records of {want} bytes, got {have}; pass one whole record")
            }
            Self::Unstable => {
                f.write_str("its newest record keeps changing while it is read; its writer is broken: stop it and start a producer")
            }
            Self::BadOptions(what) => write!(f, "{what}; correct the region's settings"),
            Self::Replaced => {
                f.write_str("another file has taken this name; stop the producer it belongs to, or remove it")
            }
            Self::Forked => f.write_str(
                "this writer belongs to the process that opened it, and this one is a fork of it; open a writer here",
            ),
            Self::UnsafeDirectory(_)
            | Self::RelativeDirectory(_)
            | Self::BadName(_)
            | Self::NotOurs(_)
            | Self::NoSuchGroup(_)
            | Self::NotInGroup(_) => self.of_places(f),
            Self::NotThisRecord { .. }
            | Self::NoFile
            | Self::Exists
            | Self::InTheWay(_)
            | Self::NotElements { .. }
            | Self::NotAPage { .. }
            | Self::TooShort { .. }
            | Self::NoPage => self.of_plain_memory(f),
            Self::CannotReplace(_) | Self::WrongAccess(_) | Self::Sealed(_) => {
                self.of_descriptors(f)
            }
            Self::UnfitFileSystem { call, source } => write!(
                f,
                "its file system cannot hold a region ({call}: {source}); give a file on tmpfs or on a disk"
            ),
            Self::Io { call, source } => write!(f, "{call}: {source}; {}", next_step(call, source)),
        }
    }
}

impl RegionErrorKind {
    /// The messages about locks that another process holds.
    fn of_locks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { pid: 0 } => f.write_str(
                "another process publishes here already; stop it, or start with --standby to take over when it ends",
            ),
            Self::Busy { pid } => write!(
                f,
                "process {pid} publishes here already; stop it, or start with --standby to take over when it ends"
            ),
            Self::Locked => f.write_str(
                "a reader holds a lock on it; find that process with `lslocks` and stop it, or keep its user out by `mode`",
            ),
            _ => Ok(()),
        }
    }

    /// The messages about descriptors that another process has opened.
    fn of_descriptors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotReplace(why) => write!(
                f,
                "{why}, and a region that was passed as a descriptor cannot be replaced; start again with an empty one"
            ),
            Self::WrongAccess(want) => {
                write!(f, "is not open for {want}; open it so before it is passed")
            }
            Self::Sealed(what) => write!(f, "is sealed against {what}; pass one that is not"),
            _ => Ok(()),
        }
    }

    /// The messages of names, directories and who may enter.
    fn of_places(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsafeDirectory(what) => {
                write!(
                    f,
                    "{what}; fix the directory's owner and mode, or give a path in a directory of your own"
                )
            }
            Self::RelativeDirectory(value) => write!(
                f,
                "{value:?} is a relative path; give an absolute one, or unset the variable"
            ),
            Self::BadName(name) => write!(
                f,
                "{name:?} is not a region name; use letters, digits, '.', '_', '-' and '@', or give a path with a '/'"
            ),
            Self::NotOurs(uid) => write!(
                f,
                "belongs to uid {uid}, who could change what is published; remove it, or give a path in a directory of your own"
            ),
            Self::NotInGroup(name) => write!(
                f,
                "cannot be given to group {name:?} (fchown: Operation not permitted); make this account a member of it, let its sandbox allow fchown, or change `group`"
            ),
            Self::NoSuchGroup(name) => {
                write!(f, "there is no group {name:?} here; create it or correct `group`")
            }
            _ => Ok(()),
        }
    }

    /// The messages of shared memory without a header.
    fn of_plain_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThisRecord { want, have } => write!(
                f,
                "has {have} bytes, the record has {want}; describe the struct that is there, or remove the file"
            ),
            Self::NoFile => f.write_str("no such file; create it first, or check the path"),
            Self::Exists => f.write_str("exists already; open it, or give another path"),
            Self::InTheWay(what) => {
                write!(f, "{what}, which a snapshot does not replace; give another path")
            }
            Self::NotElements { element, have } => write!(
                f,
                "has {have} bytes, not one or more elements of {element}; give it its length first"
            ),
            Self::NotAPage { at } => write!(
                f,
                "cannot be mapped from byte {at} on; give a multiple of {}, the size of a page",
                rustix::param::page_size()
            ),
            Self::TooShort { want, have } => write!(
                f,
                "has {have} bytes where {want} are mapped; it was cut, or another file was meant"
            ),
            Self::NoPage => f.write_str(
                "a page of it cannot be had; free space on its file system, or look for errors of its device",
            ),
            _ => Ok(()),
        }
    }
}
