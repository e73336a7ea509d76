//! Many regions over one link, and many hosts at one router.

use std::time::{Duration, Instant};

use e2e::{Program, wait_until};

use crate::net::Net;
use crate::reading::Usage;
use crate::source::Source;
use crate::{ENDPOINT, export, import};

/// Hosts at one router, besides those two that are measured.
const HOSTS: [usize; 2] = [0, 100];

#[test]
fn a_router_of_many_hosts_passes_on_the_records_of_each() {
    let Some(net) = Net::<3>::new() else { return };
    let [a, b, crowd] = &net.hosts;
    let program = Program::new("bridge-crowd", env!("CARGO_BIN_EXE_bridge-crowd"));
    for hosts in HOSTS {
        let mut source = Source::new(a, "x", 56);
        source.publish();
        // The source's bridge is the router.
        let on_a = a.start(&export());
        let mut others = crowd.run(&program, &format!("{ENDPOINT} {hosts}"));
        others.out_line("all hosts", |line| line == "connected");
        let _on_b = b.start(&import("B"));
        wait_until("the first record", || b.number("A.x") == source.number);
        let before = Usage::of(&on_a);
        std::thread::sleep(Duration::from_secs(5)); // the time over which it is measured
        let usage = Usage::of(&on_a);
        println!(
            "figure: router of {hosts} idle hosts: {} % of a processor, {} MiB",
            (usage.ticks - before.ticks) / 5,
            usage.resident >> 10
        );
        for _ in 0..20 {
            source.publish();
            wait_until("the next record", || b.number("A.x") == source.number);
        }
        drop(source);
        std::fs::remove_file(a.region("x")).expect("removed");
        std::fs::remove_file(b.region("A.x")).expect("removed");
    }
}

/// Regions of the late joiner.
const REGIONS: usize = 2000;

#[test]
fn a_late_joiner_gets_two_thousand_regions() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let mut sources: Vec<_> =
        (0..REGIONS).map(|index| Source::new(a, &format!("r{index}"), 48)).collect();
    sources.iter_mut().for_each(Source::publish);
    let on_a = a.start(&export());
    wait_until("all exports", || a.row("A/r1999", ["link"]).is_some());
    let mut on_b = b.start(&import("B"));
    on_b.says("connecting to");
    let start = Instant::now();
    let is_there = |index: usize| b.number(&format!("A.r{index}")) == sources[index].number;
    wait_until("all mirrors", || (0..REGIONS).all(is_there));
    println!("figure: 2000 mirrors made and equal {:?} after the session", start.elapsed());
    sources.iter_mut().for_each(Source::publish);
    let start = Instant::now();
    let is_there = |index: usize| b.number(&format!("A.r{index}")) == sources[index].number;
    wait_until("a newer record in each", || (0..REGIONS).all(is_there));
    println!("figure: a newer record in each of 2000 mirrors after {:?}", start.elapsed());
    for (what, daemon) in [("source", &on_a), ("sink", &on_b)] {
        let before = Usage::of(daemon);
        std::thread::sleep(Duration::from_secs(5)); // the time over which it is measured
        let usage = Usage::of(daemon);
        println!(
            "figure: {what}, 2000 idle regions: {} % of a processor, {} MiB, {} descriptors",
            (usage.ticks - before.ticks) / 5,
            usage.resident >> 10,
            usage.descriptors
        );
    }
}
