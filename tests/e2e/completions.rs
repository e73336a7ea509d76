//! `--completions` and `--man`.

use std::fs;

use e2e::{Daemon, Place, Program};

use crate::{consumer, copier, producer};

/// What `program` prints with `args`, which must end well.
#[track_caller]
fn printed(place: &Place, program: &Program, args: &[&str]) -> String {
    let mut command = program.command(place);
    let mut daemon = Daemon::start(program.name(), command.args(args));
    assert_eq!((daemon.exit_code(), daemon.err()), (0, vec![]), "{args:?}");
    daemon.out().join("\n")
}

/// What bash offers for the last of `words`, the arguments of `program`.
#[track_caller]
fn offered(place: &Place, program: &Program, words: &[&str]) -> Vec<String> {
    place.write("lines", printed(place, program, &["--completions", "bash"]));
    let script = ". ./lines
        name=${0##*/}
        function=$(complete -p \"$name\" | sed -E 's/.* -F ([^ ]+) .*/\\1/')
        COMP_WORDS=(\"$name\" \"$@\") COMP_CWORD=$#
        $function \"$name\" \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut command = program.command_under(&["bash", "-c", script], place);
    let mut bash = Daemon::start("bash", command.args(words));
    assert_eq!((bash.exit_code(), bash.err()), (0, vec![]), "{words:?}");
    let mut offered = bash.out();
    offered.sort();
    offered
}

/// A place with a region called stu, and some files.
fn place() -> Place {
    let place = Place::new();
    let mut producer = producer().start(&place, "--ticks 1");
    assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
    place.write("host.toml", "");
    place.write("sight.txt", "");
    fs::create_dir(place.path("some")).expect("a directory");
    place
}

#[test]
fn bash_completes_options_and_their_values() {
    let place = place();
    for (program, words, expected) in [
        (producer(), &["--st"][..], &["--standby"][..]),
        (consumer(), &["--fo"], &["--follow", "--format"]),
        (consumer(), &["--format", "j"], &["json"]),
        (consumer(), &["--require", "live,sta"], &["live,stale", "live,stalled"]),
        (copier(), &["--engine", "co"], &["copy-range"]),
        (copier(), &["--ver"], &["--verbose", "--verify", "--version"]),
        (producer(), &["--completions", ""], &["bash", "fish", "zsh"]),
    ] {
        assert_eq!(offered(&place, &program, words), expected, "{words:?}");
    }
}

#[test]
fn bash_completes_regions_that_exist_and_configurations() {
    let place = place();
    for (program, words, expected) in [
        (consumer(), &["s"][..], &["some/", "stu", "stu.region"][..]),
        (consumer(), &["h"], &["host.toml"]),
        (consumer(), &["--snapshot", "si"], &["sight.txt"]),
        (producer(), &["h"], &["host.toml"]),
        (producer(), &["s"], &["some/"]),
        (producer(), &["--region", "st"], &["stu", "stu.region"]),
        (copier(), &["host.toml", "s"], &["sight.txt", "some/", "stu.region"]),
    ] {
        assert_eq!(offered(&place, &program, words), expected, "{words:?}");
    }
}

#[test]
fn zsh_and_fish_call_the_program_by_the_path_it_was_started_by() {
    let place = Place::new();
    for program in [producer(), consumer(), copier()] {
        let path = program.path().display().to_string();
        let zsh = printed(&place, &program, &["--completions", "zsh"]);
        assert!(zsh.starts_with("#compdef ") && zsh.contains(&path), "{zsh}");
        let fish = printed(&place, &program, &["--completions", "fish"]);
        assert!(fish.starts_with("complete ") && fish.contains(&path), "{fish}");
    }
}

#[test]
fn the_man_page_has_the_sections_of_the_help() {
    let place = Place::new();
    for program in [producer(), consumer(), copier()] {
        let page = printed(&place, &program, &["--man"]);
        for part in [".TH ", ".SH NAME", ".SH OPTIONS", ".SH \"EXAMPLES\"", "\\-\\-completions"] {
            assert!(page.contains(part), "{}: no {part:?}", program.name());
        }
    }
}

#[test]
fn another_shell_and_other_arguments_are_wrong_usage() {
    let place = Place::new();
    for args in ["--completions tcsh", "--completions", "--man x.toml y", "--man --completions zsh"]
    {
        let mut daemon = copier().start(&place, args);
        assert_eq!((daemon.exit_code(), daemon.out()), (2, vec![]), "{args}: {:?}", daemon.err());
    }
}
