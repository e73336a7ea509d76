//! The command line. Its clap definition is the one source of `--help`, completions and man pages.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use daemon::PassedFd;
use daemon::cli::{self, CommonArgs, VERSION};
use settings::{Address, AddressError, EMBEDDED_ORIGIN, Format, Settings, duration, is_stdin};

use crate::configs::Config;
use crate::error::{Kind, ProducerError};

/// The name the program goes by in messages.
pub const PROGRAM: &str = "producer";

const AFTER_HELP: &str = "\
Examples:
  producer                                the built-in record, once a second
  producer host.toml                      a record and sources of your own
  producer host.toml wave.toml            two regions, by one process
  producer /etc/mapcast/producer.d        a region for each *.toml of a directory
  producer host.toml --check              what that would publish, without publishing
  producer host.toml --tick 100ms         ten times a second
  producer --region ./x.region --ticks 3  three records into ./x.region
  producer net.toml disks.toml            an instance for each network interface and disk
  sensor | producer sensor-input.toml     one record for each line of JSON
  producer x.toml --replay < x.jsonl      what consumer --format json recorded

Environment:
  MAPCAST_DIR      the directory of regions that are given by name (an absolute path); else /run/mapcast for root (/dev/shm/mapcast where /run is not in memory), $XDG_RUNTIME_DIR/mapcast or /dev/shm/mapcast-UID
  MAPCAST_LOG      what to log, without --log
  NO_COLOR         no colours; CLICOLOR_FORCE=1: colours also where there is no terminal

Under a service manager (systemd):
  NOTIFY_SOCKET    READY=1 after the first record of each region or when it waits for input, STATUS= with the latest record or the number of regions, STOPPING=1 before exit
  WATCHDOG_USEC    WATCHDOG=1 from the loop that publishes
  JOURNAL_STREAM   the log goes to the journal, with fields MAPCAST_REGION, _SEQUENCE, _EPOCH
  LISTEN_FDS       open descriptors; the one named \"region\" is published to

Signals:
  SIGTERM, SIGINT  mark the regions closed, wake their readers, exit 0
  SIGHUP           reload each CONFIG; if it is bad, keep the old one; open what is new in a directory, close what is gone. If the terminal was closed: as SIGTERM, except under nohup

Exit codes:
  0  done: stopped by a signal, after --ticks, or at the end of the input
  1  failure; one line on stderr says why, and what to do next; of several regions, one that fails is tried again while others are published
  2  wrong usage";

/// Publishes a record into a region of shared memory, for any number of readers
///
/// CONFIG describes the region, the record and where each of its fields comes from: constants,
/// counters, clocks, files such as those in /proc and /sys, or JSON lines on standard input or a
/// named pipe. If no field takes its value from the input, one record is published per tick. If
/// any does, each good line publishes one, and ticks only show readers that the producer is alive.
///
/// With several, or a directory of them, one process publishes all regions; a failure of one leaves the
/// others alone.
#[allow(clippy::doc_markdown)] // the text of `--help`, where backticks would be printed
#[allow(clippy::struct_excessive_bools)] // an option each
#[derive(Clone, Debug, Parser)]
#[command(name = PROGRAM, version = VERSION, after_long_help = AFTER_HELP)]
pub struct Args {
    /// Configurations (TOML), or directories of them; default: a built-in record
    ///
    /// In a directory, those are the files whose names end in .toml and do not begin with a dot.
    /// "-" is standard input, which is read once: a reload keeps it.
    #[arg(value_name = "CONFIG", add = cli::configurations())]
    pub configs: Vec<PathBuf>,

    /// Publish here: a path, a name, or fd:NAME
    ///
    /// A path has a '/'; a name is one in the default directory.
    /// fd:NAME is a descriptor that the parent process has opened for reading and writing and passes
    /// by the LISTEN_FDS protocol: an empty file or memfd, or a region of the same record. One named
    /// "region" is used by default.
    #[arg(long, value_name = "PATH", value_parser = region(), add = cli::regions(&[]))]
    pub region: Option<RegionArgument>,

    /// Publish to memory that the service manager keeps
    ///
    /// It has no name, and is kept from one start to the next. For services with FileDescriptorStoreMax=. Readers get it as a descriptor too.
    #[arg(long, conflicts_with_all = ["region", "standby", "check"])]
    pub memfd: bool,

    /// Time between ticks, such as 250ms or 2s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub tick: Option<Duration>,

    /// Stop after N ticks, of each region
    #[arg(long, value_name = "N", value_parser = cli::whole_number::<NonZeroU64>(1..=u64::MAX))]
    pub ticks: Option<NonZeroU64>,

    /// Take over when the region's present producer ends
    ///
    /// It waits until that producer ends or dies, and publishes at once if there is none.
    #[arg(long)]
    pub standby: bool,

    /// Publish recorded records: lines of consumer's JSON
    ///
    /// Reads what `consumer --format json` has printed, as input: every field takes its value from the
    /// member of its name in "record", whatever its source. Records are published as fast as they are read.
    #[arg(long)]
    pub replay: bool,

    /// Print layout and values, and publish nothing
    ///
    /// Prints the record's layout, the values as read now and the region. A record without sources, which
    /// only describes what another program publishes, is shown without values.
    #[arg(long, conflicts_with_all = ["ticks", "standby"])]
    pub check: bool,

    /// Options of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl Args {
    /// The settings in `config`, with what the command line overrides.
    pub(crate) fn load(&self, config: &Config) -> Result<Settings, ProducerError> {
        let mut settings = match config.path() {
            Some(path) => Settings::load(path)?,
            None => Settings::embedded(),
        };
        if self.replay {
            if settings.region.format == Format::Bare && settings.record.instances.is_some() {
                let path = config.path().unwrap_or(EMBEDDED_ORIGIN.as_ref());
                return Err(Kind::ReplayIntoArray(path.to_owned()).into());
            }
            settings = settings.replaying();
        }
        if !self.check {
            if self.reads_stdin() && settings.reads_stdin() {
                return Err(Kind::StdinTwice.into());
            }
            settings.check_publishable(config.path().unwrap_or(EMBEDDED_ORIGIN.as_ref()))?;
        }
        if let Some(RegionArgument::Address(address)) = &self.region {
            settings.region.address = address.clone();
        }
        if let Some(tick) = self.tick {
            settings.producer.tick = tick;
        }
        Ok(settings)
    }

    /// Whether a configuration is read from standard input, which is possible only once.
    fn reads_stdin(&self) -> bool {
        self.configs.iter().any(|path| is_stdin(path))
    }
}

/// The argument of `--region`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionArgument {
    /// A path or a name.
    Address(Address),
    /// `fd:NAME`: a descriptor that was passed under this name.
    Descriptor(String),
}

impl RegionArgument {
    /// Whether it is a path or a name.
    pub(crate) fn is_address(&self) -> bool {
        matches!(self, Self::Address(_))
    }

    fn from_argument(argument: OsString) -> Result<Self, AddressError> {
        match PassedFd::name_in(&argument) {
            Some(name) => Ok(Self::Descriptor(name.to_owned())),
            None => Address::from_argument(argument).map(Self::Address),
        }
    }
}

/// A path need not be UTF-8.
fn region() -> impl TypedValueParser<Value = RegionArgument> {
    OsStringValueParser::new().try_map(RegionArgument::from_argument)
}

/// The definition of the command line, for completions and man pages.
pub fn command() -> clap::Command {
    cli::command::<Args>()
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use settings::Address;

    use super::{Args, RegionArgument, command};

    fn code(args: &[&str]) -> i32 {
        Args::try_parse_from(args).expect_err("refused").exit_code()
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn wrong_usage_ends_with_2_and_help_with_0() {
        assert_eq!(code(&["producer", "--ticks", "0"]), 2);
        assert_eq!(code(&["producer", "--ticks", "-1"]), 2);
        assert_eq!(code(&["producer", "--tick", "0s"]), 2);
        assert_eq!(code(&["producer", "--tick", "fast"]), 2);
        assert_eq!(code(&["producer", "--region", ""]), 2);
        assert_eq!(code(&["producer", "--check", "--ticks", "3"]), 2);
        assert_eq!(code(&["producer", "--memfd", "--region", "x"]), 2);
        assert_eq!(code(&["producer", "--memfd", "--standby"]), 2);
        assert_eq!(code(&["producer", "--loud"]), 2);
        assert_eq!(code(&["producer", "--help"]), 0);
        assert_eq!(code(&["producer", "--version"]), 0);
    }

    #[test]
    fn a_region_with_a_slash_is_a_path_and_without_one_a_name() {
        let region =
            |text| Args::try_parse_from(["producer", "--region", text]).expect("usage").region;
        let address = |address| Some(RegionArgument::Address(address));
        assert_eq!(region("./x"), address(Address::Path("./x".into())));
        assert_eq!(region("x"), address(Address::Name("x".into())));
        assert_eq!(region("fd:x"), Some(RegionArgument::Descriptor("x".to_owned())));
    }

    #[test]
    fn help_names_signals_exit_codes_and_examples() {
        let help = command().render_long_help().to_string();
        for word in ["SIGTERM", "SIGHUP", "Exit codes:", "Examples:", "MAPCAST_LOG", "--standby"] {
            assert!(help.contains(word), "{word} is missing:\n{help}");
        }
    }
}
