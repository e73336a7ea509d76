//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{
    OsStringValueParser, PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser,
};
use clap::{Parser, ValueHint};
use daemon::cli::{self, CommonArgs, VERSION};
use region::{Begin, State};
use render::{Filter, Format, Pace, View};
use settings::duration;

use crate::selection::NamePattern;
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
  consumer host --follow --where 'cpu_busy > 0.9'  the records for which it is true
  consumer host --line '{age:>9} {cpu_busy:6.2}'  text of your own
  consumer drone --fields mode,velocity[0]        some fields, in any format
  consumer net --instance 'eth*'        some instances of a region that has many, a line for each
  consumer host --snapshot host.copy    a consistent copy of the region, for a backup
  consumer fd:region                    a region that the parent process has passed
  consumer bare.toml                    a struct without a header, described by bare.toml

Formats:
  text    one line by the template that the region carries, or by --line, [consumer] line or --fields; an instance's name and a tab are in front, but not of --line and of a [consumer] line that is not the region's, which may have {instance}
  status  the same, after the instance's name, the sequence, the state and the age, with tabs between; \"-\" if unknown
  json    one object per line: lineage, sequence, instance (if the region has instances), published_at, age_ns, state, epoch, record; null if unknown; for a bare file, all but instance and record are null
  csv     a header, then one line a record; another header when the record changes; columns lineage, sequence, instance (if the region has instances), published_at, age_ns, state, epoch, then record.NAME for each field and record.NAME[0], record.NAME[1] ... for an array; control characters as \\x1b, as in text, and a backslash before x or u doubled; a text may begin with = + - or @, which a spreadsheet takes for a formula: see --csv-safe

Records go to stdout. Changes of the region and its writer (waiting, live, stalled, dead, closed, missing, truncated, re-attached, instance NAME joined or retired, missed N) are logged to stderr, once each. SIGTERM, SIGINT and SIGHUP (except under nohup) end it when the current line is finished; if that takes longer than a second, the line ends with \" [...]\".

Exit codes:
  0  done: after --once, --last, --count or --snapshot, stopped by a signal (but 1 with --snapshot), or stdout was closed by its reader
  1  failure, or --snapshot stopped by a signal; one line on stderr says why, and what to do next
  2  wrong usage
  3  no region or no record (--once, --last, --snapshot), none in time (--timeout), no instance that is asked for, or not one record for which --where is true (--once, --last)
  4  not healthy: another state than --require, or a record older than --max-age

Environment:
  MAPCAST_DIR      the directory of regions that are given by name (an absolute path); else $XDG_RUNTIME_DIR/mapcast or /dev/shm/mapcast-UID, then /run/mapcast and /dev/shm/mapcast; root: the last two
  MAPCAST_LOG      what to log, without --log
  NO_COLOR         no colours; CLICOLOR_FORCE=1: colours also where there is no terminal

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
#[allow(clippy::doc_markdown)] // the text of `--help`, where backticks would be printed
#[allow(clippy::struct_excessive_bools)] // an option each
#[derive(Clone, Debug, Parser)]
#[allow(rustdoc::broken_intra_doc_links, reason = "the text of --help, in which [0] is an element")]
#[command(name = PROGRAM, version = VERSION, after_long_help = AFTER_HELP)]
pub struct Args {
    /// A region (name, path or fd:NAME) or a .toml
    ///
    /// A path has a '/', a configuration ends in .toml or is "-", standard input.
    /// A configuration says where the region is and how often to look; it describes the record
    /// only where the region itself does not (format = "bare").
    #[arg(
        value_name = "CONFIG | REGION",
        value_parser = source(),
        add = cli::regions(&["toml"])
    )]
    pub source: Option<Source>,

    /// Print every record in order, not just the latest
    ///
    /// Begins with the newest record, or with the one that --from or --last names. If the writer laps
    /// the consumer, the number of lost records is logged: missed N. Records of several instances come in the order of
    /// their publication; after a lap one instance after the other, until it has caught up.
    #[arg(long)]
    pub follow: bool,

    /// Read these instances only: a name or a pattern
    ///
    /// In a pattern, * is any text, ? any character, [a-z] one of these and [!a-z] any other; [*] is a *
    /// itself. May be given more than once; without it, all are read. Polling and --once print a line for each, --follow what changes; --last, --from, --rate,
    /// --on-change and --max-age are for each of them. One that is not there yet is waited for, as a region
    /// is.
    #[arg(long, value_name = "NAME", value_parser = NamePattern::parse)]
    pub instance: Vec<NamePattern>,

    /// Begin --follow with the newest, the oldest or record N
    ///
    /// oldest is the oldest record that is still in the region; N is a sequence number. If that record
    /// is gone, the number of lost ones is logged: missed N. If it is not published yet, the
    /// consumer waits for it. An instance that joins later has numbers of its own, and is printed from its first
    /// record on. What is there at the start comes one instance after the other, what is published later in its order.
    #[arg(long, hide_short_help = true, value_name = "newest | oldest | N", requires = "follow", conflicts_with_all = WITHOUT_FOLLOW, value_parser = begin)]
    pub from: Option<Begin>,

    /// Print the last N records that are there, then end
    ///
    /// A region holds as many as it has slots; the oldest one may be overwritten meanwhile, and is then
    /// logged as missed. Exits with 3 if there is none, unless --timeout waits for one, and if --where is true of none.
    /// Of several instances the last N of each, one instance after the other. With --follow, newer records follow.
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["from", "once", "poll"],
        value_parser = cli::whole_number::<NonZeroU64>(1..=u64::MAX)
    )]
    pub last: Option<NonZeroU64>,

    /// Print the latest value once; exit 3 without one
    #[arg(long, conflicts_with_all = ["follow", "count", "poll"])]
    pub once: bool,

    /// Stop after N records
    #[arg(long, value_name = "N", value_parser = cli::whole_number::<NonZeroU64>(1..=u64::MAX))]
    pub count: Option<NonZeroU64>,

    /// Exit 3 if no new record arrives within TIME
    ///
    /// The time restarts with each new record, printed or not. A bare file does not number
    /// its records: there, it is enough that the file can be read. With --once it is the time to wait
    /// for a value.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,

    /// Exit 4 if the newest record is older than TIME
    ///
    /// No older record is printed by --once and by polling, nor as the first one by --follow. The age
    /// is checked again while no record arrives. A retired instance is not checked any more, unless
    /// --instance gives its name. With --once and --timeout, the consumer waits for a younger record
    /// until the time is over.
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = duration)]
    pub max_age: Option<Duration>,

    /// Exit 4 if the region is in none of these states
    ///
    /// The states: live, stalled, dead, closed, retired, stale. The consumer waits for a
    /// region that does not exist yet, as without this option. With --once and --timeout, the consumer waits for one of
    /// the states until the time is over.
    #[arg(long, hide_short_help = true, value_name = "STATES", value_delimiter = ',', hide_possible_values = true, value_parser = state())]
    pub require: Vec<State>,

    /// Save the latest record to FILE, a region, and exit
    ///
    /// Exits with 3 if there is no record. The copy is consistent even while a producer publishes; a copy by
    /// cp may hold a torn record. It is closed: consumers can read it, and a producer can continue from it. Its mode is
    /// the region's, less the umask. FILE is replaced only if it is a region without a writer. With
    /// --timeout it waits for a record. It holds one record: a region of instances is refused.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FILE",
        value_parser = file(),
        value_hint = ValueHint::FilePath,
        conflicts_with_all =
            ["follow", "last", "once", "count", "poll", "format", "fields", "line", "labels", "units",
             "condition", "on_change", "max_age", "require", "instance"]
    )]
    pub snapshot: Option<PathBuf>,

    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format())]
    pub format: Format,

    /// Print these fields, in this order: x,velocity[0]
    ///
    /// In every format; an element of an array by its number. As text they are printed as name=value.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = View::field)]
    pub fields: Vec<String>,

    /// Print text by this template, not the region's
    ///
    /// {name} is a field, {name[0]} an element, {lineage}, {sequence}, {instance}, {epoch}, {state}, {age} and {published_at}
    /// tell which record it is ({@state} even if a field has that name), {{ is a brace, \n a line break, \t a
    /// tab. Width, alignment, fill and precision as in Rust: {x:>8.3}, {name:*<12}, {sequence:08}.
    #[arg(long, hide_short_help = true, value_name = "TEMPLATE", conflicts_with = "fields")]
    pub line: Option<String>,

    /// In JSON and CSV, print the label of a value that has one
    ///
    /// Other values are printed as they are. Text always has labels.
    #[arg(long, hide_short_help = true)]
    pub labels: bool,

    /// In JSON and CSV, print the units of the fields
    ///
    /// Each JSON object has a last member, "units":{"speed":"m/s"}; the header of CSV has record.speed [m/s].
    #[arg(long, hide_short_help = true)]
    pub units: bool,

    /// Print only records for which CONDITION is true
    ///
    /// Such as 'temperature > 80 and mode == "auto"': fields, elements (v[0]), numbers, labels and texts in
    /// quotes; == != < <= > >=, + - * /, min(a, b), max(a, b), and, or, not, parentheses. --count counts
    /// the records that are printed. With --once, exits with 3 if it is not true of the latest record,
    /// unless --timeout waits for one.
    #[arg(long = "where", value_name = "CONDITION", value_parser = Filter::condition)]
    pub condition: Option<String>,

    /// Print only records in which a chosen field has changed
    ///
    /// A field of --fields, or of the template of --line or [consumer] line; else any field. The first
    /// record is printed.
    #[arg(long, hide_short_help = true)]
    pub on_change: bool,

    /// Print at most N lines a second; the newest record wins
    ///
    /// N may be a fraction: 0.2 is a line in five seconds. A record that is held back is printed as soon as
    /// the rate allows, or at the end, unless a newer one takes its place. Records that are left out are not
    /// logged; the sequence numbers show the gap.
    #[arg(long, hide_short_help = true, value_name = "N", requires = "follow", conflicts_with_all = WITHOUT_FOLLOW, value_parser = Pace::every)]
    pub rate: Option<Duration>,

    /// In CSV, put ' before a text that begins with = + - or @
    ///
    /// A spreadsheet takes such a text for a formula, and runs it. Numbers are left as they are.
    #[arg(long, hide_short_help = true)]
    pub csv_safe: bool,

    /// How often to read; default: the .toml's, or 2s
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "follow")]
    pub poll: Option<Duration>,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What goes without `--follow`. clap asks for no option that conflicts with one given, so an option that
/// requires `--follow` is refused with each of these by name.
const WITHOUT_FOLLOW: [&str; 3] = ["once", "poll", "snapshot"];

/// Each format, its name and its line in `--help`.
const FORMATS: [(Format, &str, &str); 4] = [
    (Format::Text, "text", "One line by the template that the region carries"),
    (Format::Status, "status", "Text, after the sequence, the state and the age of the record"),
    (Format::Json, "json", "One JSON object per line"),
    (Format::Csv, "csv", "Comma-separated values with a header"),
];

/// A format, by its name.
fn format() -> impl TypedValueParser<Value = Format> {
    let values = FORMATS.map(|(_, name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values).map(|given| {
        let format = FORMATS.into_iter().find(|(_, name, _)| *name == given);
        format.expect("one of the possible values").0
    })
}

fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(Source::from_argument)
}

fn begin(text: &str) -> Result<Begin, &'static str> {
    match text {
        "newest" => Ok(Begin::Newest),
        "oldest" => Ok(Begin::Oldest),
        number => match number.parse() {
            Ok(sequence) if sequence > 0 => Ok(Begin::Sequence(sequence)),
            _ => Err("write newest, oldest or the number of a record, from 1 on"),
        },
    }
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
    cli::command::<Args>()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use region::State;
    use render::Format;

    use super::{Args, command};

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
        let wrong: [&[&str]; 38] = [
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
            &["--from", "oldest"],
            &["--follow", "--from", "0"],
            &["--follow", "--from", "first"],
            &["--last", "0"],
            &["--last", "2", "--once"],
            &["--last", "2", "--follow", "--from", "oldest"],
            &["--fields", ""],
            &["--fields", "a,"],
            &["--fields", "a", "--line", "{a}"],
            &["--follow", "--rate", "0"],
            &["--follow", "--rate", "nan"],
            &["--rate", "1"],
            &["--rate", "1", "--once"],
            &["--rate", "1", "--poll", "1s"],
            &["--rate", "1", "--snapshot", "x"],
            &["--from", "oldest", "--once"],
            &["--from", "oldest", "--poll", "1s"],
            &["--from", "oldest", "--snapshot", "x"],
            &["x.region"],
            &["--snapshot", "x", "--where", "a"],
        ];
        for args in wrong {
            assert_eq!(code(args), 2, "{args:?}");
        }
        assert_eq!(code(&["--help"]), 0);
        assert_eq!(code(&["--version"]), 0);
    }

    #[test]
    fn no_option_that_requires_another_is_ignored_beside_one_that_rules_it_out() {
        let command = command();
        let ruled_out = |id: &str| {
            let given = command.get_arguments().find(|arg| arg.get_id() == id).expect("an option");
            command.get_arg_conflicts_with(given).into_iter().map(|arg| arg.get_id().clone())
        };
        let without: std::collections::BTreeSet<_> = ruled_out("follow").collect();
        for id in ["from", "rate"] {
            let refused: Vec<_> = ruled_out(id).collect();
            for other in without.iter().filter(|other| *other != id) {
                assert!(refused.contains(other), "--{id} is ignored beside --{other}");
            }
        }
    }

    #[test]
    fn a_number_of_records_is_refused_in_the_same_words_for_each_option() {
        for option in ["--count", "--last"] {
            let error = Args::try_parse_from(["consumer", option, "0"]).expect_err("no record");
            let words = "give a whole number from 1 to";
            assert!(error.to_string().contains(words), "{option}: {error}");
        }
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
