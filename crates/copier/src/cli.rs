//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Parser, ValueEnum, ValueHint};
use daemon::cli::{self, VERSION};

use crate::engine::Engine;

/// The name the program goes by in messages.
pub const PROGRAM: &str = "copier";

const AFTER_HELP: &str = "\
Examples:
  copier big.img /mnt/big.img            as many processes as there are processors
  copier big.img copy.img --jobs 4       four processes
  copier big.img copy.img --verify -v    compare afterwards, and print how fast it was
  copier db.img copy.img --preserve      mode, times, attributes and (as root) owner as well
  copier db.img copy.img --sync          on the disk before it gets its name

Engines:
  auto        measures the others on the first parts of the file, then takes the fastest
  mmap        maps source and destination, and copies from one to the other
  pread       reads into a buffer and writes from it
  copy-range  lets the kernel copy (copy_file_range); not between all file systems

The copy gets its name when it is complete; until then DEST stays unchanged.
A new DEST has the mode of SOURCE less the umask. One that is replaced keeps its mode and group if it belongs to you and no other user but root owns or may write to its directory.
If some process may be writing to SOURCE, both files are read again, and a copy that differs is an error. A region that a producer holds is not copied; use consumer REGION --snapshot FILE, or for a region of instances stop its producer first.
A file of up to 8 MiB is copied by one process. A progress bar is drawn if stderr is a terminal.

Exit codes:
  0  the copy is complete and has its name
  1  failure or stopped by a signal; one line on stderr says why, and what to do next
  2  wrong usage

Environment:
  NO_COLOR  no colours in --help and errors of usage
  TERM      no progress bar if it is unset or \"dumb\"";

/// Copies a file with several processes over mmap
///
/// Holes stay holes. If the source changes while it is copied, by write or through a mapping, that
/// is an error.
#[derive(Clone, Debug, Parser)]
#[command(name = PROGRAM, version = VERSION, after_long_help = AFTER_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Args {
    /// The file to copy
    #[arg(value_hint = ValueHint::FilePath)]
    pub source: PathBuf,

    /// The name of the copy, or a directory for it
    ///
    /// A file that has the name is replaced. In a directory the copy has the name of SOURCE. The directory must exist. A symbolic link is followed and its target replaced; a link that
    /// another user has put into a directory such as /tmp is refused.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub dest: PathBuf,

    /// The most processes; default: one a processor
    #[arg(short, long, value_name = "N", value_parser = jobs())]
    pub jobs: Option<NonZeroU16>,

    /// How the bytes are copied
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t = Choice::Auto)]
    pub engine: Choice,

    /// Keep mode, times, attributes and (as root) owner
    ///
    /// Also the group, as root, the access control list and the extended attributes. A line on stderr names
    /// those that the file system of DEST cannot keep.
    #[arg(short, long)]
    pub preserve: bool,

    /// Read both files again and compare them
    ///
    /// Compares checksums, before the copy gets its name. Always done if some process may be writing to SOURCE. The bytes come from the page cache: this
    /// verifies the copy, not the disk.
    #[arg(long)]
    pub verify: bool,

    /// Sync the copy to the disk before it gets its name
    ///
    /// Calls fsync for the copy, and for its directory once it has the name.
    #[arg(long)]
    pub sync: bool,

    /// Fail if DEST exists
    #[arg(short, long)]
    pub no_clobber: bool,

    /// Print how much was copied, how fast and how
    #[arg(short, long)]
    pub verbose: bool,
}

/// The most processes that can be asked for.
const MOST_JOBS: u64 = 512;

fn jobs() -> impl TypedValueParser<Value = NonZeroU16> {
    cli::whole_number::<u16>(1..=MOST_JOBS).try_map(NonZeroU16::try_from)
}

/// The engine to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// The fastest, by measurement
    #[default]
    Auto,
    /// Map both files and copy
    Mmap,
    /// Read and write through a buffer
    Pread,
    /// Let the kernel copy
    CopyRange,
}

impl Choice {
    /// The engine that was named; `None`: the fastest.
    pub(crate) const fn named(self) -> Option<Engine> {
        match self {
            Self::Auto => None,
            Self::Mmap => Some(Engine::Mmap),
            Self::Pread => Some(Engine::Pread),
            Self::CopyRange => Some(Engine::CopyRange),
        }
    }
}

/// The definition of the command line, for completions and man pages.
pub fn command() -> clap::Command {
    cli::command::<Args>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(args: &[&str]) -> i32 {
        let all = ["copier"].iter().chain(args);
        Args::try_parse_from(all).expect_err("refused").exit_code()
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn wrong_usage_ends_with_2_and_help_with_0() {
        let wrong: [&[&str]; 6] = [
            &[],
            &["a"],
            &["a", "b", "c"],
            &["a", "b", "--jobs", "0"],
            &["a", "b", "--jobs", "513"],
            &["a", "b", "--engine", "dd"],
        ];
        for args in wrong {
            assert_eq!(code(args), 2, "{args:?}");
        }
        assert_eq!((code(&["--help"]), code(&["--version"])), (0, 0));
    }

    #[test]
    fn every_engine_has_the_name_that_messages_use() {
        for choice in Choice::value_variants() {
            let name = choice.to_possible_value().expect("none is hidden").get_name().to_owned();
            assert_eq!(name, choice.named().map_or("auto".to_owned(), |e| e.to_string()));
            assert!(AFTER_HELP.contains(&format!("\n  {name}  ")), "{name} is not explained");
        }
    }
}
