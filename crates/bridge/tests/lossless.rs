//! Bridges as processes that mirror each record, and mirrors of mirrors.

#[path = "process/host.rs"]
#[allow(dead_code, reason = "some is for the other tests of processes")]
mod host;

use std::fs;

use e2e::{Daemon, free_port, wait_until};
use host::{Host, bytes};
use layout::{Record, Stu};
use region::{Begin, DynReader, DynWriter, Options, State, Step};

/// Records that are published without a pause.
const RECORDS: u64 = 2000;

/// A writer whose region keeps all of them: no reader is lapped, however late it is.
fn writer(host: &Host, name: &str) -> DynWriter {
    let options = Options::new().slots(4096);
    DynWriter::open_with(host.region(name), &Stu::schema(), &options).expect("a writer")
}

fn publish(writer: &mut DynWriter, count: u64) {
    for _ in 0..count {
        let number = i32::try_from(writer.sequence() + 1).expect("few records");
        writer.publish(&bytes(number)).expect("published");
    }
}

/// How many records a follower of the mirror is given until it has the newest, from the first on.
fn follow(host: &Host, mirror: &str, newest: u64) -> u64 {
    let mut reader = DynReader::open(host.region(mirror)).expect("the mirror");
    reader.begin(Begin::Sequence(1));
    let (mut given, mut last, mut record) = (0, 0, bytes(0));
    wait_until("the newest record", || {
        loop {
            match reader.next(&mut record).expect("a mirror that can be read") {
                Step::Record(publication) => {
                    assert_eq!(publication.sequence, last + 1, "in order");
                    (given, last) = (given + 1, publication.sequence);
                }
                Step::Missed(count) => last += count,
                Step::Pending => return last == newest,
            }
        }
    });
    given
}

#[test]
fn each_record_is_in_the_mirror_under_its_name_also_after_its_bridge_was_killed() {
    let (a, b) = (Host::new("hostA"), Host::new("hostB"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    a.configure(&format!("listen = {endpoint}"), "[[export]]\nregion = \"stu\"\nlossless = 10000");
    b.configure(
        &format!("connect = {endpoint}"),
        "[[import]]\nfrom = \"hostA\"\nname = \"stu\"\nlossless = 10000\nstale_after = \"1s\"",
    );
    let mut writer = writer(&a, "stu");
    publish(&mut writer, 1);
    let (_on_a, mut on_b) = (a.start(), b.start());
    wait_until("the first record", || b.number("hostA.stu") == Some(1));
    publish(&mut writer, RECORDS - 1);
    assert_eq!(follow(&b, "hostA.stu", RECORDS), RECORDS);
    on_b.kill9();
    publish(&mut writer, RECORDS);
    let _on_b = b.start();
    assert_eq!(follow(&b, "hostA.stu", 2 * RECORDS), 2 * RECORDS);
    let mirror = DynReader::open(b.region("hostA.stu")).expect("the mirror");
    assert_eq!(mirror.lineage(), writer.lineage());
    drop(writer);
    wait_until("a stalled mirror", || b.state("hostA.stu") == Some(State::Stalled));
}

#[test]
fn what_a_new_region_had_lost_before_the_first_look_is_counted_also_if_a_pattern_matches_it() {
    let (a, b) = (Host::new("hostA"), Host::new("hostB"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    let lossless = "lossless = 1000\n";
    a.configure(
        &format!("listen = {endpoint}"),
        &format!("[[export]]\nregion = \"p*\"\n{lossless}[[export]]\nregion = \"one\"\n{lossless}"),
    );
    b.configure(
        &format!("connect = {endpoint}"),
        &format!("[[import]]\nfrom = \"hostA\"\nname = \"*\"\n{lossless}"),
    );
    let (_on_a, _on_b) = (a.start(), b.start());
    wait_until("a look for regions", || a.link("hostA/one").is_some());
    let mut writers = ["one", "p1"].map(|name| a.writer(name));
    for writer in &mut writers {
        publish(writer, 200);
    }
    for mirror in ["hostA.one", "hostA.p1"] {
        let count = |field| b.row(mirror, field)?.parse::<u64>().ok();
        wait_until(mirror, || count("sequence") == Some(200));
        let (given, skipped) = (count("records"), count("skipped"));
        assert_eq!(
            given.zip(skipped).map(|(given, skipped)| given + skipped),
            Some(200),
            "{mirror}"
        );
    }
}

#[test]
fn a_ring_of_three_hosts_ends_at_the_first() {
    let hosts = ["hostA", "hostB", "hostC"].map(Host::new);
    let ports = [(); 3].map(|()| free_port());
    let [a, b, c] = &hosts;
    // Each listens, and connects to the one before it.
    let links = |own: usize, before: usize| {
        format!(
            "listen = \"tcp/127.0.0.1:{}\"\nconnect = \"tcp/127.0.0.1:{}\"",
            ports[own], ports[before]
        )
    };
    let import = |from: &str, name: &str| {
        format!("[[import]]\nfrom = \"{from}\"\nname = \"{name}\"\nstale_after = \"1s\"\n")
    };
    let export = "[[export]]\nregion = \"*\"\nhops = 8\n";
    a.configure(&links(0, 2), &(import("hostC", "*stu") + export));
    b.configure(&links(1, 0), &(import("hostA", "*") + export));
    c.configure(&links(2, 1), &(import("hostB", "*") + export));
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let _bridges = hosts.each_ref().map(Host::start);
    wait_until("two hops", || c.number("hostB.hostA.stu") == Some(1));
    let back = "hostC.hostB.hostA.stu";
    wait_until("a loop", || a.link(back).as_deref() == Some("loop"));
    writer.publish(&bytes(2)).expect("published");
    wait_until("the next record", || c.number("hostB.hostA.stu") == Some(2));
    assert!(!a.region(back).exists(), "it came from here");
    drop(writer);
    wait_until("a stalled mirror of a mirror", || {
        c.state("hostB.hostA.stu") == Some(State::Stalled)
    });
}

#[test]
fn a_mirror_that_is_exported_again_is_known_as_one_after_a_restart() {
    let (a, b) = (Host::new("hostA"), Host::new("hostB"));
    let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
    let tables = |from: &str| {
        format!(
            "[[export]]\nregion = \"*\"\nhops = 1\n\
             [[import]]\nfrom = \"{from}\"\nname = \"*\"\nstale_after = \"1s\"\n"
        )
    };
    a.configure(&format!("listen = {endpoint}"), &tables("hostB"));
    b.configure(&format!("connect = {endpoint}"), &tables("hostA"));
    let mut writer = a.writer("stu");
    writer.publish(&bytes(1)).expect("published");
    let (mut on_a, mut on_b) = (a.start(), b.start());
    let row = |name, field| b.row(name, field).unwrap_or_default();
    wait_until("the row of its export", || row("hostB/hostA.stu", "direction") == "export");
    wait_until("the row of the mirror", || row("hostA.stu", "mirror_sequence") == "1");
    assert_eq!(
        (row("hostA.stu", "direction"), row("hostA.stu", "hops")),
        ("import".into(), "1".into())
    );
    on_a.says("hostB/hostA.stu has come over hostA: not imported, which would be a loop");
    on_b.kill9(); // first: it exports nothing anew while the other one ends
    on_a.kill9();
    let mut on_b = b.start();
    wait_until("no news", || row("hostA.stu", "link") == "link lost");
    assert_eq!(row("hostB/hostA.stu", "direction"), "", "exported as if it began here");
    assert_eq!(on_b.said("exporting hostA.stu"), 0);
    let mut on_a = a.start();
    writer.publish(&bytes(2)).expect("published");
    on_b.says("exporting hostA.stu");
    on_a.says("hostB/hostA.stu has come over hostA: not imported, which would be a loop");
    wait_until("the next record", || b.number("hostA.stu") == Some(2));
    assert!(!a.region("hostB.hostA.stu").exists(), "it came from here");
}

#[test]
fn a_region_that_is_exported_under_two_names_has_a_row_for_each() {
    let a = Host::new("hostA");
    let export = |name: &str| format!("[[export]]\nregion = \"stu\"\nname = \"{name}\"\n");
    a.configure(
        &format!("listen = \"tcp/127.0.0.1:{}\"", free_port()),
        &(export("one") + &export("other")),
    );
    a.writer("stu").publish(&bytes(1)).expect("published");
    let _on_a = a.start();
    wait_until("two rows", || {
        ["hostA/one", "hostA/other"].iter().all(|row| a.link(row).as_deref() == Some("closed"))
    });
}

/// Whether a thread of the process waits for regions without news.
fn waits(bridge: &Daemon) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", bridge.pid())).into_iter().flatten();
    let name = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("comm"));
    threads.flatten().any(|thread| name(thread).is_ok_and(|name| name == "idle\n"))
}

#[test]
fn a_region_that_is_replaced_while_it_has_no_news_is_followed_also_with_each_record() {
    for lossless in ["lossless = 100", ""] {
        let (a, b) = (Host::new("hostA"), Host::new("hostB"));
        let endpoint = format!("\"tcp/127.0.0.1:{}\"", free_port());
        a.configure(
            &format!("listen = {endpoint}"),
            &format!("[[export]]\nregion = \"stu\"\n{lossless}"),
        );
        b.configure(
            &format!("connect = {endpoint}"),
            "[[import]]\nfrom = \"hostA\"\nname = \"stu\"",
        );
        let mut before = writer(&a, "stu");
        publish(&mut before, 1);
        let (on_a, _on_b) = (a.start(), b.start());
        wait_until("the first record", || b.number("hostA.stu") == Some(1));
        wait_until("a thread that waits for the next", || waits(&on_a));
        drop(before);
        let mut after = a.writer("stu"); // of fewer slots: another file
        assert_eq!(after.sequence(), 1);
        publish(&mut after, 1);
        wait_until("the record in the next file", || b.number("hostA.stu") == Some(2));
    }
}
