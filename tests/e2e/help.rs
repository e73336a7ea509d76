//! The output of `--help`, `--version` and `--check`.

use std::fs;

use e2e::{Daemon, Place, Program};
use layout::{Record, Stu};
use region::{DynReader, State};

use crate::{consumer, copier, producer};

/// Most columns in a line of help.
const WIDTH: usize = 100;

/// Runs `program` with `args` in a place where it must leave nothing; returns its output.
#[track_caller]
fn printed(program: &Program, args: &str, columns: Option<&str>) -> Vec<String> {
    let place = Place::new();
    let mut command = program.command(&place);
    // Invalid settings: help must be printed nevertheless.
    command
        .args(shlex::split(args).expect("words"))
        .env("MAPCAST_LOG", "loud")
        .env_remove("COLUMNS");
    if let Some(columns) = columns {
        command.env("COLUMNS", columns);
    }
    let mut daemon = Daemon::start(program.name(), &mut command);
    assert_eq!((daemon.exit_code(), daemon.err()), (0, vec![]), "{args}");
    assert_eq!(fs::read_dir(place.dir()).expect("the place").count(), 0, "{args} left a file");
    daemon.out()
}

/// Asserts that no line is wider than a window or contains terminal controls.
#[track_caller]
fn is_plain_and_narrow(help: &[String]) {
    for line in help {
        let columns = line.chars().count();
        assert!(columns <= WIDTH, "{columns} columns: {line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[test]
fn help_has_examples_and_exit_codes_within_the_width_of_a_window() {
    for (program, codes) in [(producer(), 3), (consumer(), 5), (copier(), 3)] {
        let help = printed(&program, "--help", None);
        let text = help.join("\n");
        for part in ["Usage: ", "Examples:", "Exit codes:", "--version"] {
            assert!(text.contains(part), "{}: no {part:?}", program.name());
        }
        let section = help.iter().skip_while(|line| *line != "Exit codes:").skip(1);
        let section = section.take_while(|line| !line.is_empty());
        let listed = section.filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
        let listed: Vec<&str> = listed.map(|(code, _)| code).filter(|c| !c.is_empty()).collect();
        assert_eq!(listed, ["0", "1", "2", "3", "4"][..codes], "{}", program.name());
        is_plain_and_narrow(&help);
    }
}

#[test]
fn short_help_fits_a_screen_and_points_to_the_long_one() {
    for program in [producer(), consumer(), copier()] {
        let help = printed(&program, "-h", Some("80"));
        assert!(help.len() <= 24, "{} lines:\n{}", help.len(), help.join("\n"));
        assert!(help.iter().any(|line| line.contains("--help")), "{help:?}");
        is_no_wider(&help, 80);
    }
}

#[test]
fn in_a_narrow_window_help_is_as_narrow_and_examples_stay_whole() {
    for program in [producer(), consumer(), copier()] {
        let wide = printed(&program, "--help", Some("100"));
        let commands = wide.iter().skip_while(|line| *line != "Examples:").skip(1);
        let commands = commands.take_while(|line| !line.is_empty());
        let commands: Vec<&str> =
            commands.filter_map(|line| line.trim_start().split("  ").next()).collect();
        assert!(commands.len() >= 5, "{commands:?}");
        for columns in [80, 50] {
            let help = printed(&program, "--help", Some(&columns.to_string()));
            is_no_wider(&help, columns);
            for command in &commands {
                let is_whole = |line: &String| line.trim_start().starts_with(command);
                assert!(help.iter().any(is_whole), "{command}:\n{}", help.join("\n"));
            }
        }
    }
}

#[track_caller]
fn is_no_wider(help: &[String], columns: usize) {
    // The line of usage has the name that the program was started by.
    for line in help.iter().filter(|line| !line.starts_with("Usage: ")) {
        assert!(line.chars().count() <= columns, "more than {columns} columns: {line}");
    }
}

#[test]
fn help_is_no_wider_in_a_wide_window() {
    for program in [producer(), consumer(), copier()] {
        is_plain_and_narrow(&printed(&program, "--help", Some("300")));
        is_plain_and_narrow(&printed(&program, "-h", Some("300")));
    }
}

#[test]
fn each_example_of_the_help_is_a_valid_command_line() {
    for program in [producer(), consumer(), copier()] {
        let help = printed(&program, "--help", None);
        let name = program.name();
        let examples = help.iter().filter_map(|line| line.strip_prefix("  "));
        let examples =
            examples.filter(|line| line.starts_with(name) || line.contains("| producer"));
        let mut count = 0;
        for example in examples {
            // COMMAND, then at least two spaces or the end, then what it does.
            let command = example.split("  ").next().expect("a command");
            let (_, arguments) = command.split_once(name).expect("the program");
            let words = shlex::split(arguments).expect("words");
            // Up to a redirection of a shell.
            let words = words.iter().map(String::as_str).take_while(|word| *word != ">");
            let words = shlex::try_join(words.chain(["--help"])).expect("words");
            assert_eq!(printed(&program, &words, None), help, "{command}");
            count += 1;
        }
        assert!(count >= 5, "{name} has {count} examples");
    }
}

#[test]
fn the_version_names_program_and_project() {
    for program in [producer(), consumer(), copier()] {
        let version = format!("{} {} (mapcast)", program.name(), env!("CARGO_PKG_VERSION"));
        assert_eq!(printed(&program, "--version", None), [version.as_str()]);
        assert_eq!(printed(&program, "-V", None), [version.as_str()]);
    }
}

#[test]
fn help_that_cannot_be_written_is_an_error() {
    for program in [producer(), consumer(), copier()] {
        for option in ["--help", "-h", "--version"] {
            let place = Place::new();
            let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
            let output = program.command(&place).arg(option).stdout(full).output().expect("runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{option}: {said}");
            let fact = format!("{}: error: cannot write to stdout: ", program.name());
            assert!(said.starts_with(&fact) && said.lines().count() == 1, "{said}");
        }
    }
}

#[test]
fn a_usage_error_escapes_what_could_drive_a_terminal() {
    for program in [producer(), consumer(), copier()] {
        let place = Place::new();
        let mut command = program.command(&place);
        let mut daemon =
            Daemon::start(program.name(), command.args(["--x\x1b[31m\nerror: y\u{202e}"]));
        assert_eq!(daemon.exit_code(), 2);
        daemon.says("error: unexpected argument '--x\\u{1b}[31m\\nerror: y\\u{202e}' found");
    }
}

#[test]
fn an_unknown_option_ends_with_2_and_points_to_the_help() {
    for program in [producer(), consumer(), copier()] {
        let place = Place::new();
        let mut daemon = program.start(&place, "--frobnicate");
        assert_eq!(daemon.exit_code(), 2);
        daemon.says("unexpected argument '--frobnicate' found");
        daemon.says("Usage: ");
        daemon.says("--help");
        assert!(daemon.out().is_empty());
    }
}

/// The table that `--check` prints for the tutorial's record.
const TABLE: [&str; 5] = [
    "offset  size  type       name  value     unit  source",
    "     0     4  i32        id    10              counter from 10 by 1",
    "     4    20  char[20]   name  xiaoming        const xiaoming",
    "    24     1  char       sex   m               const m",
    "    25     3  (padding)",
];

#[test]
fn check_prints_the_layout_and_creates_nothing() {
    let place = Place::new();
    place.shipped("stu.toml");
    let mut said = Vec::new();
    for arguments in ["--check", "stu.toml --check"] {
        let mut checked = producer().start(&place, arguments);
        assert_eq!(checked.exit_code(), 0, "{arguments}");
        let logged = checked.err();
        assert!(logged.is_empty(), "{arguments}: {logged:#?}");
        let out = checked.out();
        let table = out.iter().skip_while(|line| !line.starts_with("offset")).map(|l| l.trim());
        assert!(table.eq(TABLE.iter().map(|line| line.trim())), "{arguments}: {out:#?}");
        let fingerprint = format!("fingerprint  {:#018x}", Stu::schema().fingerprint());
        let record = "record       STU, 28 bytes, aligned to 4".to_owned();
        assert!(out.contains(&record) && out.contains(&fingerprint), "{arguments}: {out:#?}");
        said.push(out);
    }
    assert_eq!(said[0], said[1], "the embedded configuration is the shipped one");
    let left =
        fs::read_dir(place.dir()).expect("the place").map(|entry| entry.expect("an entry").path());
    assert_eq!(left.collect::<Vec<_>>(), [place.path("stu.toml")]);
}

#[test]
fn check_does_not_make_the_default_directory() {
    let place = Place::new();
    let missing = place.path("mapcast");
    let mut command = producer().command(&place);
    let mut checked =
        Daemon::start("producer", command.arg("--check").env("MAPCAST_DIR", &missing));
    assert_eq!(checked.exit_code(), 0, "{:?}", checked.err());
    checked.out_line("the path", |line| {
        line == format!("region       {}/stu.region", missing.display())
    });
    assert!(!missing.exists(), "--check made the directory");
}

#[test]
fn check_does_not_disturb_a_running_producer() {
    let place = Place::new();
    let mut running = producer().start(&place, "--tick 5ms");
    running.says("publishing");
    let before = DynReader::open(place.path("stu.region")).expect("a region");
    let mut checked = producer().start(&place, "--check");
    assert_eq!(checked.exit_code(), 0);
    let after = DynReader::open(place.path("stu.region")).expect("a region");
    for reader in [&before, &after] {
        e2e::wait_until("a live writer", || reader.state() == State::Live);
        assert_eq!((reader.epoch(), reader.writer_pid()), (1, before.writer_pid()));
    }
    running.stop();
}

#[test]
fn check_of_a_bad_configuration_fails_like_a_start_with_it() {
    let place = Place::new();
    let record = "[record]\nname = \"R\"\n";
    let field = "[[record.field]]\nname = \"x\"\ntype = \"u8\"\nsource = { const = 1 }\n";
    place.write("bad.toml", format!("[region]\nname = \"r\"\nslots = 7\n{record}{field}"));
    let mut checked = producer().start(&place, "bad.toml --check");
    assert_eq!(checked.exit_code(), 1);
    checked.says("bad.toml:3:9: region.slots: 7 is not a power of two");
    assert!(checked.out().is_empty());
}
