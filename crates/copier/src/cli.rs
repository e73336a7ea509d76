//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, ValueEnum};
use daemon::cli::VERSION;

use crate::engine::Engine;

/// The name the program goes by in messages.
pub const PROGRAM: &str = "copier";

const AFTER_HELP: &str = "\
Examples:
  copier big.img /mnt/big.img            as many processes as there are processors
  copier big.img copy.img --jobs 4       four processes
  copier big.img copy.img --verify -v    compare afterwards, and say how fast it was
  copier db.img copy.img --preserve      mode, times and (as root) owner as well
  copier db.img copy.img --sync          on the disk before it has its name

Engines:
  auto        measures the others on the first parts of the file, then takes the fastest
  mmap        maps source and destination, and copies from one to the other
  pread       reads into a buffer and writes from it
  copy-range  lets the kernel copy (copy_file_range); not between all file systems

The copy is made aside and named when it is complete: whatever happens before, DEST is as it was.
A new DEST has the mode of SOURCE less the umask; one that is replaced keeps its mode and group, if
it and its directory belong to nobody else.
If some process may be writing to SOURCE, both files are read again, and a copy that differs is an
error. A region that a producer holds is not copied: consumer REGION --snapshot FILE.
A file of up to 8 MiB is copied by one process. A bar is drawn where stderr is a terminal.

Exit codes:
  0  the copy is complete and has its name
  1  failure or stopped by a signal; one line on stderr says what and what to do next
  2  wrong usage

Environment:
  NO_COLOR  no colours on stderr";

/// Copies a file with several processes over mmap
///
/// Holes stay holes. A source that changes while it is copied is an error, not a mixture: by `write` or
/// through a mapping.
#[derive(Clone, Debug, Parser)]
#[command(name = PROGRAM, version = VERSION, max_term_width = 100, after_help = AFTER_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Args {
    /// The file to copy
    pub source: PathBuf,

    /// The name of the copy; a file that has it is replaced
    ///
    /// The directory must be there. A symbolic link is followed, and what it leads to is replaced;
    /// one that another user has put into a directory such as /tmp is refused.
    pub dest: PathBuf,

    /// How many processes copy, at the most; else one for each processor
    #[arg(short, long, value_name = "N", value_parser = jobs())]
    pub jobs: Option<NonZeroU16>,

    /// How the bytes are copied
    #[arg(long, value_name = "ENGINE", value_enum, default_value_t = Choice::Auto)]
    pub engine: Choice,

    /// Give the copy the mode and times of the source, and (as root) its owner and group
    #[arg(short, long)]
    pub preserve: bool,

    /// Read both files again and compare checksums, before the copy gets its name
    ///
    /// Done in any case if some process may be writing to SOURCE. What is compared comes out of the
    /// page cache: it proves the copy, not the disk.
    #[arg(long)]
    pub verify: bool,

    /// Have the copy on the disk (fsync) before it gets its name, and then the name too
    #[arg(long)]
    pub sync: bool,

    /// Fail if DEST exists
    #[arg(short, long)]
    pub no_clobber: bool,

    /// Say at the end how much was copied, how fast and how
    #[arg(short, long)]
    pub verbose: bool,
}

/// More processes than this never helped anybody.
const MOST_JOBS: i64 = 512;

fn jobs() -> impl clap::builder::TypedValueParser<Value = NonZeroU16> {
    use clap::builder::TypedValueParser as _;
    let range = clap::value_parser!(u16).range(1..=MOST_JOBS);
    range.try_map(|jobs| NonZeroU16::new(jobs).ok_or("must be at least 1"))
}

/// Which engine is asked for.
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
    Args::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(args: &[&str]) -> i32 {
        let all = ["copier"].iter().chain(args);
        Args::try_parse_from(all).expect_err("refused").exit_code()
    }

    #[test]
    fn the_definition_holds_together() {
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
