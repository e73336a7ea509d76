//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{
    OsStringValueParser, PathBufValueParser, PossibleValuesParser, TypedValueParser,
};
use clap::{CommandFactory, Parser, ValueEnum};
use daemon::cli::{CommonArgs, VERSION};
use region::State;
use settings::duration;

use crate::target::Source;

/// The name the program goes by in messages.
pub const PROGRAM: &str = "consumer";

const AFTER_HELP: &str = "\
Examples:
  consumer                              the region \"stu\", every two seconds
  consumer host --poll 1s               the region \"host\", every second
  consumer ./x.region --follow          every record of a region given by its path
  consumer host --once --format json    the current value, for a script
  consumer host --once --timeout 5s     the current value; wait up to 5 s for one
  consumer host --once --max-age 5s --require live    a health check, by its exit status
  consumer wave --follow --format csv > wave.csv
  consumer host --snapshot host.copy    a consistent copy of the region, for a backup
  consumer fd:region                    a region that the parent process has passed
  consumer bare.toml                    a struct without a header, described by bare.toml

Formats:
  text  one line by the template that the region carries
  status  the same, after the sequence, the state and the age, with tabs between; \"-\" if unknown
  json  one object per line: lineage, sequence, published_at, age_ns, state, epoch, record; null if unknown, as is everything but the record of a bare file
  csv   a header, then one line a record; another header when the record changes; columns lineage, sequence, published_at, age_ns, state, epoch, then record.NAME for each field and record.NAME[0], record.NAME[1] ... for an array; control characters as \\x1b

Records go to stdout. Changes of the region and its writer (waiting, live, stalled, dead, closed, missing, truncated, re-attached, missed N) are logged to stderr, once each. After a signal the current line is finished; if that takes longer than a second, it ends with \" [...]\".

Exit codes:
  0  done: after --once or --count, stopped by a signal, or stdout was closed by its reader
  1  failure; one line on stderr says why, and what to do next
  2  wrong usage
  3  no region, or no value in time (--once, --snapshot, --timeout)
  4  not healthy: another state than --require, or a record older than --max-age

Environment:
  MAPCAST_DIR      the directory of regions that are given by name (an absolute path); else /run/mapcast, $XDG_RUNTIME_DIR/mapcast or /dev/shm/mapcast-UID
  MAPCAST_LOG      what to log, without --log
  NO_COLOR         no colours on stderr

Under a service manager (systemd):
  NOTIFY_SOCKET    READY=1 when the region is attached or waited for, STATUS= with the latest record, STOPPING=1 before exit
  WATCHDOG_USEC    WATCHDOG=1 from the loop that reads
  JOURNAL_STREAM   the log goes to the journal, with fields MAPCAST_REGION, _EPOCH, _STATE
  LISTEN_FDS       open descriptors; \"region\" is read unless another region is named";

/// Prints the records of a region of shared memory
///
/// A region describes itself: a name or a path is enough. Without an argument it is the one that
/// `producer` publishes without an argument. The consumer waits for a region that does not exist yet,
/// and when its writer dies or is replaced, it continues with the next one.
#[derive(Clone, Debug, Parser)]
#[command(name = PROGRAM, version = VERSION, after_long_help = AFTER_HELP)]
pub struct Args {
    /// A region (name, path or fd:NAME) or a .toml
    ///
    /// A path has a '/', a configuration ends in .toml.
    /// A configuration says where the region is and how often to look; it describes the record
    /// only where the region itself does not (format = "bare").
    #[arg(value_name = "CONFIG | REGION", value_parser = source())]
    pub source: Option<Source>,

    /// Print every record in order, not just the latest
    ///
    /// Begins with the newest record. If the writer laps the consumer, the number of lost records is
    /// logged: missed N.
    #[arg(long)]
    pub follow: bool,

    /// Print the latest value once; exit 3 without one
    #[arg(long, conflicts_with_all = ["follow", "count", "poll"])]
    pub once: bool,

    /// Stop after N records
    #[arg(long, value_name = "N")]
    pub count: Option<NonZeroU64>,

    /// Exit 3 if no new record arrives within TIME
    ///
    /// The time restarts with each record that was not printed before. A bare file does not number
    /// its records: there, it is enough that the file can be read. With --once it is the time to wait
    /// for a value.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,

    /// Exit 4 if the newest record is older than TIME
    ///
    /// No older record is printed by --once and by polling, nor as the first one by --follow. The age
    /// is checked again while no record arrives. With --once and --timeout, the consumer waits for a
    /// younger record until the time is over.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub max_age: Option<Duration>,

    /// Exit 4 if the region is in none of these states
    ///
    /// The states: live, stalled, dead, closed, retired, stale. A region that does not exist yet is
    /// waited for, as without this option. With --once and --timeout, the consumer waits for one of
    /// the states until the time is over.
    #[arg(long, value_name = "STATES", value_delimiter = ',', hide_possible_values = true, value_parser = state())]
    pub require: Vec<State>,

    /// Save the latest record to FILE, a region, and exit
    ///
    /// Exits with 3 if there is no record. The copy is consistent even while the region is published to; a copy by cp may hold a torn
    /// record. It is closed: consumers can read it, and a producer can continue from it. Its mode is
    /// the region's, less the umask. FILE is replaced only if it is a region without a writer. With
    /// --timeout it waits for a record.
    #[arg(
        long,
        value_name = "FILE",
        value_parser = file(),
        conflicts_with_all =
            ["follow", "once", "count", "poll", "format", "max_age", "require"]
    )]
    pub snapshot: Option<PathBuf>,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// How often to read; default: the .toml's, or 2s
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "follow")]
    pub poll: Option<Duration>,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One line by the template that the region carries
    #[default]
    Text,
    /// Text, after the sequence, the state and the age of the record
    Status,
    /// One JSON object per line
    Json,
    /// Comma-separated values with a header
    Csv,
}

impl From<Format> for render::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Status => Self::Status,
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
        }
    }
}

fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(Source::from_argument)
}

/// All states of a region.
const STATES: [State; 6] =
    [State::Live, State::Stalled, State::Dead, State::Closed, State::Retired, State::Stale];

/// A state, by its name.
fn state() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(STATES.map(State::as_str)).map(|name| {
        let state = STATES.into_iter().find(|state| state.as_str() == name);
        state.expect("one of the possible values")
    })
}

/// A place for a file; not stdout.
fn file() -> impl TypedValueParser<Value = PathBuf> {
    let refused = "a region is a file and cannot be written to stdout; give a path";
    PathBufValueParser::new()
        .try_map(move |path| if path.as_os_str() == "-" { Err(refused) } else { Ok(path) })
}

/// The definition of the command line, for completions and man pages.
pub fn command() -> clap::Command {
    Args::command()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use region::State;

    use super::{Args, Format, command};

    fn code(args: &[&str]) -> i32 {
        let all = ["consumer"].iter().chain(args);
        Args::try_parse_from(all).expect_err("refused").exit_code()
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn wrong_usage_ends_with_2_and_help_with_0() {
        let wrong: [&[&str]; 18] = [
            &["--count", "0"],
            &["--count", "many"],
            &["--timeout", "0s"],
            &["--poll", "fast"],
            &["--format", "xml"],
            &["--once", "--follow"],
            &["--once", "--count", "2"],
            &["--follow", "--poll", "1s"],
            &["a", "b"],
            &["na me"],
            &["--snapshot", "-"],
            &["--snapshot", ""],
            &["--snapshot", "x", "--follow"],
            &["--snapshot", "x", "--format", "json"],
            &["--snapshot", "x", "--require", "live"],
            &["--max-age", "0s"],
            &["--require", "alive"],
            &["--require", "live,"],
        ];
        for args in wrong {
            assert_eq!(code(args), 2, "{args:?}");
        }
        assert_eq!(code(&["--help"]), 0);
        assert_eq!(code(&["--version"]), 0);
    }

    #[test]
    fn the_states_of_require_are_a_list_and_a_misspelt_one_is_recognised() {
        let args = Args::try_parse_from(["consumer", "--require", "live,closed"]).expect("usage");
        assert_eq!(args.require, [State::Live, State::Closed]);
        let error = Args::try_parse_from(["consumer", "--require", "stale,staled"]);
        let error = error.expect_err("no state").to_string();
        assert!(error.contains("a similar value exists: 'stalled'"), "{error}");
    }

    #[test]
    fn without_options_it_prints_text_without_end() {
        let args = Args::try_parse_from(["consumer"]).expect("usage");
        assert_eq!((args.format, args.once, args.follow), (Format::Text, false, false));
        assert!(args.source.is_none() && args.count.is_none() && args.timeout.is_none());
    }

    #[test]
    fn help_names_examples_exit_codes_formats_and_environment() {
        let help = command().render_long_help().to_string();
        for word in ["Examples:", "Exit codes:", "Formats:", "MAPCAST_DIR", "MAPCAST_LOG", "missed"]
        {
            assert!(help.contains(word), "{word} is missing:\n{help}");
        }
    }
}
