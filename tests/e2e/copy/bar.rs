//! The progress bar of the copier, in a terminal.

use e2e::{Place, Terminal, wait_until};
use rustix::process::Signal;

use super::interrupted::stage;
use super::same;
use super::stopped_copy::{Worker, stop_workers};
use crate::copier;

/// A variable that makes a terminal one that can redraw a line.
const ORDINARY: &str = "TERM=screen";
/// Most attempts: a copy that ends before its workers are found is repeated.
const ATTEMPTS: u32 = 50;

/// A copy in a terminal of so many columns whose workers are stopped: its bar stays where it is.
fn halfway(place: &Place, columns: u16) -> (Terminal<'_>, Vec<Worker>) {
    for _ in 0..ATTEMPTS {
        let args = ["source", "copy", "--jobs", "2"];
        let terminal = Terminal::open(place, &copier(), &args, &[ORDINARY], columns);
        if let Some(workers) = stop_workers(terminal.pid(), || terminal.is_running()) {
            return (terminal, workers);
        }
    }
    panic!("none of {ATTEMPTS} copies could be stopped halfway");
}

/// Waits until all that the terminal shows is one line for which `is_right` returns true.
#[track_caller]
fn shows_one_line(terminal: &Terminal<'_>, what: &str, is_right: impl Fn(&str) -> bool) {
    let is_shown = || matches!(&terminal.lines()[..], [line] if is_right(line));
    wait_until(&format!("only {what}"), is_shown);
}

/// Waits until the last line that the terminal shows is one for which `is_right` returns true. What was
/// drawn before the window became narrower is broken by the terminal, and stays above.
#[track_caller]
fn shows_at_last(terminal: &Terminal<'_>, what: &str, is_right: impl Fn(&str) -> bool) {
    wait_until(what, || terminal.lines().last().is_some_and(|line| is_right(line)));
}

fn is_wide(line: &str) -> bool {
    line.starts_with("copying ") && line.contains(" of 256.00 MiB, ") && line.ends_with(" left")
}

fn is_narrow(line: &str) -> bool {
    line.starts_with("copying ") && line.contains("%, ") && line.ends_with(" left")
}

/// Lets the copy end: the bar is gone, and the copy is there.
#[track_caller]
fn ends(place: &Place, terminal: &Terminal<'_>, workers: &[Worker]) {
    for worker in workers {
        worker.send(Signal::CONT);
    }
    terminal.wait_for_end();
    assert_eq!(terminal.lines(), Vec::<String>::new(), "the bar is left on the screen");
    same(&place.path("source"), &place.path("copy"));
}

#[test]
fn the_bar_is_one_line_in_80_and_in_50_columns_and_gone_at_the_end() {
    let (place, _alone) = stage();
    for (columns, is_right) in [(80, is_wide as fn(&str) -> bool), (50, is_narrow)] {
        let (terminal, workers) = halfway(&place, columns);
        shows_one_line(&terminal, &format!("a bar of {columns} columns"), is_right);
        ends(&place, &terminal, &workers);
    }
}

#[test]
fn the_bar_follows_the_width_of_the_window() {
    let (place, _alone) = stage();
    let (terminal, _workers) = halfway(&place, 50);
    shows_one_line(&terminal, "a bar of 50 columns", is_narrow);
    terminal.resize(80);
    shows_one_line(&terminal, "a bar of 80 columns", is_wide);
    terminal.resize(50);
    shows_at_last(&terminal, "a bar of 50 columns", is_narrow);
    assert!(terminal.lines().iter().all(|line| line.len() <= 50), "{:?}", terminal.lines());
}

#[test]
fn a_terminal_that_cannot_redraw_a_line_gets_no_bar() {
    let (place, _alone) = stage();
    let args = ["source", "copy", "--jobs", "2", "-v"];
    for dumb in [&["TERM=dumb"][..], &["-u", "TERM"]] {
        let terminal = Terminal::open(&place, &copier(), &args, dumb, 100);
        terminal.wait_for_end();
        let lines = terminal.lines();
        let [line] = &lines[..] else { panic!("{dumb:?}: {lines:?}") };
        assert!(line.starts_with("copied 256.0 MiB in "), "{dumb:?}: {line}");
    }
}
