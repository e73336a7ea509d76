//! What can be wrong.

use clap::ValueEnum;
use serde::Serialize;

/// What a finding is about. The names are stable: scripts compare them.
///
/// The comment of each is its line in `--help` and in `docs/doctor.md`.
#[allow(clippy::doc_markdown)] // the text of `--help`, where backticks would be printed
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Id {
    /// There is no region of this name, no file at this path, or no region at all where MAPCAST_DIR points
    NoRegion,
    /// MAPCAST_DIR is a relative path
    RelativeDirectory,
    /// A directory on the path to the region lets other users replace its file, or is not the expected user's
    UnsafeDirectory,
    /// This user, or the one of --user, may not read the region: which file or directory refuses it, and why
    CannotRead,
    /// Every user may write to the region's file, and so change what is published
    OthersMayWrite,
    /// The file is something else: text, a directory, a link, a pipe, or empty
    NotARegion,
    /// The file's header contradicts itself, or the file was cut short, also to less than its header
    Damaged,
    /// The region is of a later format than this program knows
    OtherVersion,
    /// The system refuses to open or to map the file, for another reason than its mode
    Unreadable,
    /// The writer ended without closing the region: it was killed, or it crashed
    Dead,
    /// The writer runs and sends no heartbeats
    Stalled,
    /// The region is left from an earlier boot
    Stale,
    /// The writer closed the region that was named on the command line
    Closed,
    /// The writer gave the region up for a new one, which does not have its name yet
    Retired,
    /// The writer has published nothing yet, or the region has no instance now
    NoRecord,
    /// A bridge has no link to an endpoint, hears nothing of a host, or hears two of one name
    NoLink,
    /// The wall clock was set since the newest record: its printed time is by the former clock
    ClockStep,
    /// The file is on a disk, whose write-back can delay the writer
    DiskBacked,
    /// The file is on overlayfs, where one name can mean two files
    Overlayfs,
    /// The file system has no room for a region's new file; also of a directory without regions
    Full,
    /// logind deletes the region when its user logs out (RemoveIPC=yes)
    RemoveIpc,
    /// A killed writer left a temporary file
    Leftover,
    /// A unit has failed
    UnitFailed,
    /// A unit is masked, so it cannot be started
    UnitMasked,
    /// A configuration cannot be read
    BadConfiguration,
    /// The region's record is another one than the configuration describes: a finding for each field
    SchemaDiffers,
    /// The file's mode is another one than the configuration's
    ModeDiffers,
    /// The file's group is another one than the configuration's
    GroupDiffers,
    /// The region has another number of slots than the configuration asks for
    SlotsDiffer,
    /// The region wakes its readers and the configuration says otherwise, or the reverse
    WakeDiffers,
    /// The configuration has more files and pipes than the producer may open
    LimitNofile,
    /// The configuration asks for locked memory, and the limit may not be enough
    LimitMemlock,
    /// The configuration asks for a real-time priority, and the limit does not allow it
    LimitRtprio,
}

impl Id {
    /// The name, as `--ignore` takes it and JSON has it.
    pub fn name(self) -> String {
        self.value().get_name().to_owned()
    }

    /// What it means.
    pub fn meaning(self) -> String {
        self.value().get_help().map(ToString::to_string).unwrap_or_default()
    }

    fn value(self) -> clap::builder::PossibleValue {
        self.to_possible_value().expect("none is skipped")
    }
}
