//! `--help`, `--man` and `--completions`.

use clap::Command;

use crate::world::World;

/// The words of a line as a shell has them, up to a pipe, a redirection or what the line does.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut last = ' ';
    for c in line.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '|' || c == '>' || c == '&' || (c == ' ' && last == ' ') => break,
            None if c == ' ' => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
        last = c;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// The command lines of this program among the examples of its help.
fn examples(command: &Command) -> Vec<Vec<String>> {
    let help = command.get_after_long_help().expect("examples").to_string();
    let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = examples.take_while(|line| !line.is_empty());
    let lines = lines.filter_map(|line| line.find("mapcast ").map(|at| line[at..].to_owned()));
    lines.map(|line| words(line.split(')').next().unwrap_or(&line))).collect()
}

#[test]
fn each_example_of_each_command_is_a_valid_command_line() {
    let command = tool::cli::command();
    for documented in command.get_subcommands().chain([&command]) {
        let name = documented.get_name();
        let examples = examples(documented);
        assert!(examples.len() >= 3, "{name}: {examples:?}");
        for example in examples {
            let parsed = command.clone().try_get_matches_from(&example);
            assert!(parsed.is_ok(), "{name}: {example:?}: {}", parsed.unwrap_err());
        }
    }
}

/// What is printed to stderr by a command line that is wrong.
#[track_caller]
fn refused(arguments: &str) -> String {
    let output = World::new().run(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments}: {output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn help_is_a_command_too_and_names_the_one_that_was_meant() {
    let world = World::new();
    assert_eq!(world.prints("help publish"), world.prints("publish --help"));
    assert_eq!(world.prints("--log debug help list"), world.prints("list --help"));
    assert_eq!(world.prints("help"), world.prints("--help"));
    let tip = "tip: a similar subcommand exists: 'list'";
    for arguments in ["lsit", "help lsit"] {
        assert!(refused(arguments).contains(tip), "{arguments}: {}", refused(arguments));
    }
    assert_eq!(world.prints("help help"), world.prints("--help"));
    assert_eq!(world.prints("help get --log debug"), world.prints("get --help"));
    let two = refused("help get list");
    assert!(two.starts_with("error: help describes one command; leave out 'list'\n"), "{two}");
    assert!(refused("hlep").contains("unrecognized subcommand 'hlep'"));
}

#[test]
fn options_of_the_log_stand_before_or_behind_the_command() {
    let world = World::new();
    for arguments in [
        "--log debug --log-format json list",
        "list --log debug --log-format json",
        "--log warn list --log debug --log-format json",
        "--log debug list --log-format json --log warn",
    ] {
        world.prints(arguments);
        let bad = refused(&arguments.replace("debug", "loud"));
        assert!(bad.contains("\"loud\" is not a log level"), "{bad}");
    }
    for command in tool::cli::command().get_subcommands() {
        let help = world.prints(&format!("{} --help", command.get_name()));
        assert!(help.contains("--log <LEVEL>"), "{help}");
    }
}

#[test]
fn help_is_no_wider_than_a_window() {
    let world = World::new();
    let command = tool::cli::command();
    let names = command.get_subcommands().map(Command::get_name);
    for name in names.chain([""]) {
        for line in world.prints(&format!("{name} --help")).lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn the_page_and_the_completions_need_no_command() {
    let world = World::new();
    let page = world.prints("--man");
    for heading in [".SH COMMANDS", ".SH \"MAPCAST PUBLISH\"", ".SS \"EXIT CODES\""] {
        assert!(page.contains(heading), "{heading}:\n{page}");
    }
    assert!(world.prints("--completions bash").contains("complete "));
    let output = world.run("");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
