//! Links that are cut, slow, or too slow for what is published.

use std::time::{Duration, Instant};

use e2e::wait_until;
use region::State;

use crate::net::{Host, Net};
use crate::reading::Usage;
use crate::source::Source;
use crate::{export, import, mirrored};

#[test]
fn a_partition_stalls_the_mirror_and_ends_with_the_newest_record() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    let (mut source, _bridges) = mirrored(a, b);
    for (what, longer_than_the_lease) in [("shorter", false), ("longer", true)] {
        b.cut();
        if longer_than_the_lease {
            wait_until("a stalled mirror", || b.state("A.x") == Some(State::Stalled));
            wait_until("a row that says why", || b.link("A.x").contains("lost"));
            source.publish_for(Duration::from_secs(2), Duration::from_millis(10));
        } else {
            source.publish_for(Duration::from_millis(800), Duration::from_millis(10));
        }
        let before = b.number("A.x");
        b.mend();
        let start = Instant::now();
        wait_until("the newest record", || {
            let now = b.number("A.x");
            assert!(now >= before, "it went back to {now}");
            now == source.number
        });
        println!("figure: partition {what} than the lease: equal {:?} after it", start.elapsed());
        wait_until("a live mirror", || b.state("A.x") == Some(State::Live));
    }
}

/// Waits until the row of a mirror is about record `last`; all before it were published there or counted as skipped.
#[track_caller]
fn assert_all_are_counted(host: &Host, mirror: &str, last: u64) {
    wait_until("the row of the last record", || host.numbers(mirror, ["sequence"]) == Some([last]));
    let row = host.numbers(mirror, ["records", "skipped"]);
    let [records, skipped] = row.expect("a row");
    assert_eq!(records + skipped, last, "{mirror}: {records} published, {skipped} skipped");
}

#[test]
fn a_slow_link_delays_no_other_host_and_no_writer() {
    let Some(net) = Net::<3>::new() else { return };
    let [a, slow, fast] = &net.hosts;
    slow.slow_down("2mbit");
    let mut source = Source::new(a, "x", 16 << 10);
    source.publish();
    let _bridges = (a.start(&export()), slow.start(&import("B")), fast.start(&import("C")));
    wait_until("the first record", || slow.number("A.x") == 1 && fast.number("A.x") == 1);
    let start = Instant::now();
    source.publish_for(Duration::from_secs(10), Duration::from_millis(10));
    let sent = source.number;
    wait_until("the newest record on the fast link", || fast.number("A.x") == sent);
    println!(
        "figure: fast link: equal {:?} after the last of {sent} publishes",
        start.elapsed().saturating_sub(Duration::from_secs(10))
    );
    let stopped = Instant::now();
    wait_until("the newest record on the slow link", || slow.number("A.x") == sent);
    println!("figure: slow link: equal {:?} later", stopped.elapsed());
    for (what, host) in [("fast", fast), ("slow", slow)] {
        assert_all_are_counted(host, "A.x", sent);
        let row = host.row("A.x", ["records", "skipped", "pulls"]).expect("a row");
        println!(
            "figure: {what} link: records, skipped, pulls {row:?}, last record {:?} old",
            host.age("A.x")
        );
    }
    println!("figure: slowest publish {:?}", source.slowest);
}

/// Regions that together are published 50 times as fast as the link is.
const OVERLOAD: usize = 16;

#[test]
fn an_overloaded_link_skips_and_counts_records_and_every_mirror_gets_its_last() {
    let Some(net) = Net::<2>::new() else { return };
    let [a, b] = &net.hosts;
    b.slow_down("8mbit");
    let names: Vec<_> = (0..OVERLOAD).map(|index| format!("r{index}")).collect();
    let mut sources: Vec<_> = names.iter().map(|name| Source::new(a, name, 16 << 10)).collect();
    sources.iter_mut().for_each(Source::publish);
    let on_a = a.start(&(export() + "max_hz = 1000\n"));
    let on_b = b.start(&import("B"));
    let are_equal = |sources: &[Source]| {
        let mut pairs = names.iter().zip(sources);
        pairs.all(|(name, source)| b.number(&format!("A.{name}")) == source.number)
    };
    wait_until("the first records", || are_equal(&sources));
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        sources.iter_mut().for_each(Source::publish);
        std::thread::sleep(Duration::from_millis(5));
    }
    let stopped = Instant::now();
    wait_until("the last records", || are_equal(&sources));
    println!("figure: overload: all of {OVERLOAD} mirrors equal after {:?}", stopped.elapsed());
    for (name, source) in names.iter().zip(&sources) {
        assert_all_are_counted(b, &format!("A.{name}"), source.number);
    }
    let published: u64 = sources.iter().map(|source| source.number).sum();
    let slowest = sources.iter().map(|source| source.slowest).max().expect("some");
    println!(
        "figure: overload: {} MB/s over 8 Mbit/s, slowest publish {slowest:?}, memory at most {} and {} MiB",
        published * (16 << 10) / 5_000_000,
        Usage::of(&on_a).most >> 10,
        Usage::of(&on_b).most >> 10
    );
}
