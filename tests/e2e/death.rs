//! Death at every instruction: writers are single-stepped and killed.
//!
//! ```text
//!   writer     |MARK . . . . X                 killed before instruction 0, 1, 2, ... of its way
//!   readers    attached before, attached after, asleep: the last complete record, whole
//!   successor                 takes over, publishes the next number, and all of them see it
//! ```
//!
//! Short paths are tried at all or some hundred of their instructions, long ones at a few dozen
//! from a random one on. `cargo xtask stress death` tries all, in a release build; `cargo xtask
//! stress death --mutant` breaks the protocol and requires this test to fail.

use e2e::Program;
use e2e::death::{Fate, HEADING, Route, Spread, Walk, row, walk};

/// Walks the routes `names` and panics on failures; `cargo test -- --show-output` shows the table.
fn walks(names: &[&str], spread: Spread) -> Vec<Walk> {
    let program = Program::new("stepped_writer", env!("CARGO_BIN_EXE_stepped_writer"));
    let one = |name: &&str| walk(Route::called(name), &program, spread, |_, _| {});
    let walks: Vec<Walk> = names.iter().map(one).collect();
    show(&walks);
    let failures: Vec<&String> = walks.iter().flat_map(|walk| &walk.failures).collect();
    assert!(failures.is_empty(), "{} failures: {:#?}", failures.len(), &failures[..1]);
    for walk in walks.iter().filter(|walk| can_use_breakpoints(walk)) {
        // The clock or the process id sends a few of them on another path, not most.
        let (there, all) = (walk.there(), walk.deaths.len());
        assert!(2 * there > all, "{}: only {there} of {all} where they should", walk.route.name);
    }
    walks
}

/// Reports it if not.
#[allow(clippy::print_stderr, reason = "what was not tried must be said")]
fn can_use_breakpoints(walk: &Walk) -> bool {
    if !walk.by_breakpoint {
        let (tried, all) = (walk.deaths.len(), walk.instructions);
        let name = walk.route.name;
        eprintln!("{name}: no two processes have the same addresses here: {tried} of {all} tried");
    }
    walk.by_breakpoint
}

#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn show(walks: &[Walk]) {
    println!("{HEADING}");
    for walk in walks {
        let (from, every) = walk.from_every;
        println!("{}   from instruction {from} in steps of {every}", row(walk));
    }
}

#[test]
fn a_writer_may_die_before_any_instruction_of_a_publish() {
    let walks = walks(&["publish 28 B, waking a sleeper"], Spread::All);
    let [walk] = &walks[..] else { panic!("one walk") };
    if !walk.by_breakpoint {
        return;
    }
    assert_eq!(walk.deaths.len(), walk.instructions);
    for fate in [Fate::Undone, Fate::Unannounced, Fate::Done] {
        assert!(walk.count(fate) > 0, "no death was {fate:?}: the marks are at the wrong places");
    }
}

#[test]
fn a_writer_may_die_in_a_publish_of_any_kind_and_while_it_closes() {
    let short = [
        "publish 28 B, no waking",
        "publish 28 B, waking, nobody asleep",
        "publish 4 KiB, no waking",
        "publish 4 KiB, waking a sleeper",
        "close",
    ];
    for walk in walks(&short, Spread::Some(300)) {
        assert!(walk.count(Fate::Undone) > 0 && walk.count(Fate::Done) > 0, "{}", row(&walk));
    }
}

#[test]
fn a_writer_may_die_while_it_takes_over_from_one_that_died() {
    let ways = ["take over", "take over, record half written", "take over, record not announced"];
    walks(&ways, Spread::Some(40));
}

#[test]
fn a_creator_may_die_at_any_time_without_leaving_a_partial_region() {
    walks(&["create", "replace"], Spread::Some(40));
}
