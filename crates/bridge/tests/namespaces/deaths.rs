//! Processes that are killed: the hub, a source with its bridge, the bridge of a mirror.

use std::fs;
use std::time::{Duration, Instant};

use e2e::{Daemon, wait_until};
use region::State;

use crate::net::{Host, Net};
use crate::reading::newest;
use crate::source::Source;
use crate::{ENDPOINT, export, import, imports, mirrored};

/// Two clients, of which one exports to the other, over the hub that `start` starts on host 0 where it listens at
/// [`ENDPOINT`]. It is killed while the source publishes.
pub(crate) fn kill_hub(what: &str, start: impl Fn(&Host) -> Daemon) {
    let Some(net) = Net::<3>::new() else { return };
    let [hub, a, b] = &net.hosts;
    let client = |host: &str| {
        format!("[bridge]\nhost = \"{host}\"\nmode = \"client\"\nconnect = \"{ENDPOINT}\"\n")
    };
    let mut on_hub = start(hub);
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let exports = "[[export]]\nregion = \"*\"\nmax_hz = 1000\n";
    let _bridges = (a.start(&(client("A") + exports)), b.start(&(client("B") + &imports("A"))));
    wait_until("the first record", || b.number("A.x") == 1);
    let times = times_of_travel(&mut source, b);
    println!("figure: over {what}: half of the records in {:?}, 99 % in {:?}", times.0, times.1);
    for round in 1..=3 {
        on_hub.kill9();
        source.publish();
        wait_until("a stalled mirror", || b.state("A.x") == Some(State::Stalled));
        on_hub = start(hub);
        let restarted = Instant::now();
        wait_until("what was published meanwhile", || b.number("A.x") == source.number);
        println!("figure: {what} killed, {round}: equal {:?} after its start", restarted.elapsed());
        wait_until("a live mirror", || b.state("A.x") == Some(State::Live));
    }
}

/// From a publish to its record in the mirror, of 200: the median, and the longest of 99 %.
fn times_of_travel(source: &mut Source, b: &Host) -> (Duration, Duration) {
    let mut reader = b.reader("A.x");
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            source.publish();
            let start = Instant::now();
            wait_until_read(&mut reader, source.number);
            start.elapsed()
        })
        .collect();
    times.sort();
    (times[100], times[197])
}

/// As [`wait_until`], looking all the time.
fn wait_until_read(reader: &mut region::DynReader, number: u64) {
    let deadline = Instant::now() + e2e::DEADLINE;
    while newest(reader) != Some(number) {
        assert!(Instant::now() < deadline, "no record {number}");
        std::thread::yield_now();
    }
}

#[test]
fn a_hub_that_is_killed_stalls_mirrors_and_brings_the_newest_records_when_it_is_back() {
    kill_hub("a bridge as hub", |hub| {
        hub.start(&format!("[bridge]\nhost = \"hub\"\nlisten = \"{ENDPOINT}\"\n"))
    });
}

#[test]
fn a_source_that_is_killed_is_mirrored_again_whether_its_region_continues_or_begins_anew() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let (mut source, [mut on_a, _on_b]) = mirrored(a, b);
    for (what, begins_anew) in [("continues", false), ("begins anew", true)] {
        on_a.kill9();
        let number = source.number;
        drop(source);
        if begins_anew {
            fs::remove_file(a.region("x")).expect("removed");
        }
        wait_until("a stalled mirror", || b.state("A.x") == Some(State::Stalled));
        wait_until("a row that says why", || b.link("A.x").contains("lost"));
        assert_eq!(b.number("A.x"), number, "the last record stays");
        source = Source::after(number, a, "x", 56);
        source.publish();
        on_a = a.start_again();
        let restarted = Instant::now();
        wait_until("the next record", || b.number("A.x") == source.number);
        println!(
            "figure: source killed, its region {what}: equal {:?} after the start of its bridge",
            restarted.elapsed()
        );
        wait_until("a live mirror", || b.state("A.x") == Some(State::Live));
    }
}

#[test]
fn a_reader_of_a_mirror_whose_bridge_is_killed_again_and_again_never_goes_back() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let mut source = Source::new(a, "x", 4 << 10);
    source.publish();
    let (_on_a, mut on_b) = (a.start(&export()), b.start(&import("B")));
    wait_until("the first record", || b.number("A.x") == 1);
    let mut reader = b.reader("A.x");
    let mut last = 0;
    let mut look = || {
        if let Some(now) = newest(&mut reader) {
            assert!(now >= last, "it went from {last} back to {now}");
            last = now;
        }
        last
    };
    for round in 1..=5 {
        source.publish_for(Duration::from_millis(300), Duration::from_millis(2));
        on_b.kill9();
        wait_until("a dead writer", || b.state("A.x") == Some(State::Dead));
        assert!(look() > 0, "the last record stays");
        source.publish();
        on_b = b.start_again();
        let restarted = Instant::now();
        wait_until("the newest record", || look() == source.number);
        println!("figure: sink killed, {round}: equal {:?} after its start", restarted.elapsed());
    }
}
