//! The parts of a command line that all programs have.

mod completions;
mod dash_value;
mod help;
mod man;
mod shell_word;
mod whole_number;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::{EnumValueParser, StyledStr};
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Parser};
pub use completions::{Shell, configurations, regions};
use layout::text::{is_control, plain};
pub use man::page;
pub use shell_word::{option_value, shell_path, shell_word};
pub use whole_number::whole_number;

use crate::disposition::{keep_ended_children, survive_file_size_limit};
use crate::logging::{self, LogError, LogFilter, LogFormat, Observer};
use crate::report::report;
use crate::terminal::fit;
use crate::{Exit, OutputError, output, print};

/// What `--version` prints after the program's name. It names the project, because the programs'
/// names are common words.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (mapcast)");

/// Options that every program has; use it with `#[command(flatten)]`.
#[allow(clippy::doc_markdown)] // the text of `--help`, where backticks would be printed
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// What to log: off, error, warn, info, debug or trace
    ///
    /// A level for everything, and MODULE=LEVEL for single modules: "warn,region=debug". Without
    /// the option the environment variable MAPCAST_LOG applies, else info.
    #[arg(long, value_name = "LEVEL", global = true)]
    pub log: Option<LogFilter>,

    /// How to log
    ///
    /// "auto" writes to the journal under systemd, else text.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Auto, global = true)]
    pub log_format: LogFormat,
}

impl CommonArgs {
    /// Starts logging as `program`: see [`logging::init`].
    pub fn start_logging(&self, program: &'static str) -> Result<(), LogError> {
        logging::init(program, self.log.as_ref(), self.log_format, None)
    }

    /// The same, with an observer of what a library logs.
    pub fn start_logging_with(
        &self,
        program: &'static str,
        observer: Observer,
    ) -> Result<(), LogError> {
        logging::init(program, self.log.as_ref(), self.log_format, Some(observer))
    }
}

/// The id and long name of the option that prints completions.
const COMPLETIONS: &str = "completions";
/// The same of the one that prints the man page.
const MAN: &str = "man";
/// The word that asks for the help of a command.
const HELP: &str = "help";

/// The command line of `A`, with the options that [`run`] answers itself.
pub fn command<A: Parser>() -> Command {
    let completions = Arg::new(COMPLETIONS)
        .long(COMPLETIONS)
        .value_name("SHELL")
        .value_parser(EnumValueParser::<Shell>::new())
        .help("Print what a shell reads to complete this command")
        .long_help(
            "Print what a shell reads to complete this command\n\n\
             For bash and zsh, in their start file: source <(COMMAND --completions bash). For fish: \
             COMMAND --completions fish | source. Where it takes regions or \
             configurations, those are completed, too.",
        );
    let man = Arg::new(MAN)
        .long(MAN)
        .action(ArgAction::SetTrue)
        .help("Print the man page")
        .long_help("Print the man page, for: COMMAND --man | man -l -");
    let alone = |option: Arg| option.exclusive(true).hide_short_help(true);
    A::command().args([completions, man].map(alone))
}

/// Parses the command line, does `work`, and returns the exit code: that of `exit` if `work` failed.
///
/// Help, version, completions and man page go to stdout, which may fail; wrong usage goes to stderr.
pub fn run<A: Parser, E: Error + 'static>(
    program: &str,
    work: impl FnOnce(&A) -> Result<(), E>,
    exit: impl FnOnce(&E) -> Exit,
) -> ExitCode {
    // Where it cannot be handled, the signal still ends the process.
    let _ = survive_file_size_limit();
    // If this fails, waiting for a child fails with ECHILD, which the program reports.
    let _ = keep_ended_children();
    let code = match parse::<A>(program) {
        Ok(args) => match work(&args) {
            Ok(()) => Exit::Done,
            Err(error) => {
                report(program, &error);
                exit(&error)
            }
        },
        Err(Answer::Printed) => Exit::Done,
        Err(Answer::Clap(error)) if error.use_stderr() => {
            print_usage(&dash_value::with_tip(error, &command::<A>(), std::env::args_os()));
            Exit::Usage
        }
        Err(Answer::Clap(help)) => printed(program, output::written(|| help.print())),
        Err(Answer::Text(text)) => {
            printed(program, text.map_err(OutputError).and_then(|text| print(&text)))
        }
    };
    code.into()
}

/// What is printed in place of work.
enum Answer {
    /// Candidates, which were printed.
    Printed,
    /// Completions or a man page.
    Text(io::Result<String>),
    /// Help, the version, or wrong usage.
    Clap(clap::Error),
}

impl From<clap::Error> for Answer {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

fn parse<A: Parser>(program: &str) -> Result<A, Answer> {
    if completions::answer(command::<A>)? {
        return Err(Answer::Printed);
    }
    let fitted = in_window(command::<A>());
    let found = fitted
        .clone()
        .try_get_matches()
        .or_else(|error| help_command(fitted, error, std::env::args_os().collect()))
        .or_else(without_subcommand::<A>)?;
    if let Some(&shell) = found.get_one::<Shell>(COMPLETIONS) {
        return Err(Answer::Text(completions::lines(shell, program)));
    }
    if found.get_flag(MAN) {
        return Err(Answer::Text(page(&command::<A>())));
    }
    Ok(A::from_arg_matches(&found)?)
}

/// The answer to `PROGRAM help COMMAND`, which is that to `PROGRAM COMMAND --help`: clap's own command of this name
/// does not suggest a command in place of one that is misspelt. Any other `error` stays as it is.
fn help_command(
    mut command: Command,
    error: clap::Error,
    mut words: Vec<OsString>,
) -> Result<ArgMatches, clap::Error> {
    let invalid = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string);
    // Not the program's own name.
    let at = words.iter().skip(1).position(|word| word == HELP).map(|at| at + 1);
    let (Some(HELP), Some(at)) = (invalid.as_deref(), at) else { return Err(error) };
    let mut asked = words.split_off(at);
    asked.retain(|word| word != HELP);
    let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
    if let Some(other) = asked.get(1).filter(|word| !is_option(word)) {
        let why = format!("help describes one command; leave out '{}'", other.to_string_lossy());
        return Err(command.error(ErrorKind::UnknownArgument, why));
    }
    words.extend(asked);
    words.push("--help".into());
    command.try_get_matches_from(words)
}

/// What was found on a command line without a subcommand: the options that need none, or `error`.
fn without_subcommand<A: Parser>(error: clap::Error) -> Result<ArgMatches, clap::Error> {
    if error.kind() != ErrorKind::MissingSubcommand {
        return Err(error);
    }
    let found = command::<A>().subcommand_required(false).try_get_matches()?;
    let is_answered = found.contains_id(COMPLETIONS) || found.get_flag(MAN);
    if is_answered { Ok(found) } else { Err(error) }
}

fn printed(program: &str, printed: Result<(), OutputError>) -> Exit {
    match printed {
        Ok(()) => Exit::Done,
        Err(error) => {
            report(program, &error);
            Exit::Failure
        }
    }
}

fn print_usage(error: &clap::Error) {
    let text = error.render().ansi().to_string();
    // A stderr that cannot be written to is ignored: there is nowhere left to report it.
    let _ = match safe_usage(&text, std::env::args_os().skip(1)) {
        Some(text) => io::stderr().write_all(text.as_bytes()),
        None => error.print(),
    };
}

/// Columns of help where the window does not report its own, and the most that are used.
const COLUMNS: (usize, usize) = (80, 100);

/// `command` with help as wide as the window: that of stdout, else as the environment says.
fn in_window(command: Command) -> Command {
    let named = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|&columns| columns > 0);
    let columns = crate::columns(io::stdout()).map(usize::from).or_else(named);
    let columns = columns.unwrap_or(COLUMNS.0).min(COLUMNS.1);
    let fitted = |command: Command| {
        let after = after_help(&command);
        command.after_long_help(help::fit(&after, columns))
    };
    fitted(command.term_width(columns)).mut_subcommands(fitted)
}

/// The text behind the options of `--help`.
fn after_help(command: &Command) -> String {
    command.get_after_long_help().map(ToString::to_string).unwrap_or_default()
}

/// What clap says of an argument that is not UTF-8.
const NOT_UTF8: &str = "invalid UTF-8 was detected in one or more arguments";

/// The error `text`, with clap's styles, as plain text that names what is not UTF-8, in which the control characters of
/// `args` are escaped, and whose lines fit; `None` if nothing has to be changed for that.
fn safe_usage(text: &str, args: impl Iterator<Item = OsString>) -> Option<String> {
    let args: Vec<OsString> = args.collect();
    let is_bad = |arg: &&OsString| arg.to_str().is_none();
    let not_utf8 = args.iter().filter(is_bad).map(|arg| format!("'{}'", arg.to_string_lossy()));
    let not_utf8 = not_utf8.collect::<Vec<_>>().join(", ");
    let named = text.replace(NOT_UTF8, &format!("{not_utf8} is not UTF-8; write it in UTF-8"));
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    // clap names an argument as a whole, or the value behind its "=".
    let values = args.iter().filter_map(|arg| Some(arg.split_once('=')?.1));
    let parts =
        args.iter().map(AsRef::as_ref).chain(values).filter(|part| part.contains(is_control));
    let safe = parts.fold(named, |text, part| text.replace(part, &plain(part)));
    let lines = StyledStr::from(safe).to_string();
    let fitted = lines.split('\n').map(|line| fit(&plain(line))).collect::<Vec<_>>().join("\n");
    (fitted != StyledStr::from(text.to_owned()).to_string()).then_some(fitted)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    use clap::{Arg, Args, Command};

    use super::{CommonArgs, NOT_UTF8, VERSION, safe_usage};

    #[test]
    fn a_usage_error_has_no_control_character_of_an_argument() {
        let argument = "--a\x1b[31m\nerror: \u{202e}b";
        let text = format!("error: unexpected argument '{argument}' found\n\nUsage: x\n");
        assert_eq!(
            safe_usage(&text, [argument.into()].into_iter()).as_deref(),
            Some(
                "error: unexpected argument '--a\\u{1b}[31m\\nerror: \\u{202e}b' found\n\nUsage: x\n"
            )
        );
        assert_eq!(safe_usage("error: '--b' found\n", ["--b".into()].into_iter()), None);
    }

    #[test]
    fn a_usage_error_names_an_argument_that_is_not_utf8_and_the_ends_of_a_long_one() {
        let args = [OsString::from("--fields"), OsString::from_vec(b"a\xff".to_vec())];
        assert_eq!(
            safe_usage(&format!("error: {NOT_UTF8}\n\nUsage: x\n"), args.into_iter()).as_deref(),
            Some("error: 'a\u{fffd}' is not UTF-8; write it in UTF-8\n\nUsage: x\n")
        );
        let long = "a".repeat(100_000);
        let usage = safe_usage(&format!("error: '{long}' found\n"), std::iter::empty());
        assert!(usage.is_some_and(|usage| usage.len() < 300));
    }

    #[test]
    fn clap_says_what_is_replaced() {
        let command = Command::new("x").arg(Arg::new("a"));
        let bad = OsString::from_vec(b"\xff".to_vec());
        let error = command.try_get_matches_from([OsString::from("x"), bad]).expect_err("bad");
        assert!(error.to_string().contains(NOT_UTF8), "{error}");
    }

    #[test]
    fn a_bad_level_is_wrong_usage() {
        let command = CommonArgs::augment_args(Command::new("x").version(VERSION));
        let error = command.clone().try_get_matches_from(["x", "--log", "loud"]).expect_err("bad");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("\"loud\" is not a log level"), "{error}");
        command.try_get_matches_from(["x", "--log", "warn,region=trace"]).expect("good");
    }
}
