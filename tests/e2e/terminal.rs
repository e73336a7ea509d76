//! Colours of the log: on a terminal that has them, and where they are forced.

use e2e::{Daemon, Place, Terminal};

use crate::consumer;

/// What precedes a colour.
const ESCAPE: &str = "\x1b[";

/// The first line of a consumer's log in a terminal, with its colours.
fn on_a_terminal(variables: &[&str]) -> String {
    let place = Place::new();
    let terminal = Terminal::open(&place, &consumer(), &["none"], variables, 120);
    let mut line = None;
    e2e::wait_until("a line of the log", || {
        line = terminal.coloured_lines().into_iter().find(|line| line.contains("waiting for"));
        line.is_some()
    });
    line.expect("found")
}

/// The same in a pipe.
fn in_a_pipe(variables: &[(&str, &str)]) -> String {
    let place = Place::new();
    let mut command = consumer().command(&place);
    let command = command.arg("none").envs(variables.iter().copied());
    Daemon::start("consumer", command).says("waiting for")
}

#[test]
fn the_log_has_colours_on_a_terminal_unless_it_is_dumb_or_no_color_is_set() {
    assert!(on_a_terminal(&["TERM=screen"]).contains(ESCAPE));
    for plain in [&["TERM=dumb"][..], &["-u", "TERM"], &["TERM=screen", "NO_COLOR=1"]] {
        let line = on_a_terminal(plain);
        assert!(!line.contains(ESCAPE), "{plain:?}: {line:?}");
    }
}

#[test]
fn the_log_has_colours_in_a_pipe_only_if_they_are_forced() {
    assert!(!in_a_pipe(&[("TERM", "screen")]).contains(ESCAPE));
    assert!(in_a_pipe(&[("CLICOLOR_FORCE", "1")]).contains(ESCAPE));
    assert!(!in_a_pipe(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains(ESCAPE));
}
