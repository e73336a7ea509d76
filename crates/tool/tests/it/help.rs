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

#[test]
fn help_is_no_wider_than_a_window() {
    let world = World::new();
    for arguments in ["--help", "list --help", "inspect --help", "get --help", "publish --help"] {
        for line in world.prints(arguments).lines() {
            assert!(line.len() <= 100, "{arguments}: {line}");
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
