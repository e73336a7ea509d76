//! A region that a supervisor has opened, or a service manager keeps.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use layout::Value;
use region::{DynInstanceReader, DynReader, State};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::Signal;

use crate::manager::Manager;
use crate::place::{COUNTER, Place, TICK, wait_until};

fn reader(file: &File) -> DynReader {
    DynReader::open_file(file, Path::new("test")).expect("a region")
}

/// Epoch, sequence and first field of the newest record.
fn newest(file: &File) -> Option<(u64, u64, Value)> {
    let mut reader = DynReader::open_file(file, Path::new("test")).ok()?;
    let mut record = layout::RecordBuf::new(reader.schema().clone());
    let found = reader.latest(record.bytes_mut()).ok()??;
    Some((reader.epoch(), found.sequence, record.value(0)))
}

#[test]
fn the_next_producer_resumes_a_passed_memfd_or_file() {
    let memfd = File::from(memfd_create("region", MemfdFlags::CLOEXEC).expect("memfd"));
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let file = File::options().read(true).write(true).create_new(true).open(place.path("mine"));
    let manager = Manager::new(&place);
    for region in [memfd, file.expect("file")] {
        let mut producer = manager.start("log", Some(&region), &[]);
        wait_until("records", || newest(&region).is_some_and(|newest| newest.1 > 3));
        let follower = reader(&region);
        wait_until("watchdog pings", || follower.state() == State::Live);
        assert!(producer.log().contains("to fd:region every 10ms (created, epoch 1)"));
        producer.child.kill().expect("kill");
        producer.end();
        assert_eq!(follower.state(), State::Dead, "the supervisor has it open, but no lock on it");
        let last = newest(&region).expect("the last record").1;

        let mut producer = manager.start("log", Some(&region), &["--region", "fd:region"]);
        wait_until("more", || newest(&region).is_some_and(|newest| newest.0 == 2));
        wait_until("more", || newest(&region).is_some_and(|newest| newest.1 > last));
        let log = manager.start("second", Some(&region), &[]).ends_with(1);
        assert!(log.contains("publishes here already"), "{log}");
        producer.signal(Signal::TERM);
        producer.ends_with(0);
        assert_eq!(follower.state(), State::Closed);
    }
    assert!(!place.region().exists(), "the configuration's address is not used");
}

#[test]
fn a_reload_keeps_a_passed_region_and_refuses_another_record() {
    let region = File::from(memfd_create("region", MemfdFlags::CLOEXEC).expect("memfd"));
    let place = Place::new();
    place.configure(COUNTER, "[producer]\ntick = \"1h\"\n");
    let manager = Manager::new(&place);
    let mut producer = manager.start("log", Some(&region), &[]);
    producer.wait_for("publishing");
    place.configure(&[("char[8]", "const = \"new\"")], TICK);
    producer.signal(Signal::HUP);
    producer
        .wait_for("holds another record, and a region that was passed as a descriptor cannot be");
    producer.wait_for("keeping the old configuration");
    place.configure(COUNTER, TICK);
    place.reconfigure("x.region", "elsewhere.region");
    producer.signal(Signal::HUP);
    wait_until("the new tick", || newest(&region).is_some_and(|newest| newest.1 > 3));
    assert!(!place.path("elsewhere.region").exists());
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn an_unusable_descriptor_fails_the_start() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let manager = Manager::new(&place);
    fs::write(place.path("empty"), "").expect("write");
    let read_only = File::open(place.path("empty")).expect("open");
    let cases: [(Option<&File>, &[&str], &str); 4] = [
        (Some(&read_only), &[], "fd:region: is not open for reading and writing; "),
        (
            Some(&read_only),
            &["--region", "fd:x"],
            "no descriptor called \"x\" was passed (region); ",
        ),
        (
            None,
            &["--region", "fd:region"],
            "no descriptor called \"region\" was passed (none was); ",
        ),
        (Some(&read_only), &["--standby"], "fd:region: a standby cannot wait for a descriptor; "),
    ];
    for (region, args, want) in cases {
        let log = manager.start("log", region, args).ends_with(1);
        assert!(log.contains(want) && log.lines().count() == 1, "{args:?}: {log}");
    }
    place.reconfigure("[record]", "format = \"bare\"\n[record]");
    let log = manager.start("log", Some(&read_only), &[]).ends_with(1);
    assert!(log.contains("a bare file cannot be published to by a descriptor"), "{log}");
    // With `--region` for another one, it does not touch the passed one.
    let other = place.path("other.region");
    let mut args = vec!["--region", other.to_str().expect("UTF-8"), "--ticks", "1"];
    manager.start("log", Some(&read_only), &args).ends_with(0);
    args.clear();
    assert!(other.exists());
}

#[test]
fn a_descriptor_announced_but_not_passed_fails_the_start() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let cases = [
        ("1", "region", "descriptor 3 (region) was not passed: Bad file descriptor"),
        ("2", "other:region", "descriptor 3 (other) was not passed: "),
        ("1024", "", "LISTEN_FDNAMES has 1 name and LISTEN_FDS is 1024"),
        ("1025", "region", "LISTEN_FDS=1025: is more than 1024 descriptors; "),
        ("-1", "region", "LISTEN_FDS=-1: is not a number of descriptors; "),
    ];
    for (count, names, want) in cases {
        // The descriptors of this process from 3 on are closed on exec, so the shell has none of
        // them.
        let mut shell = place.command("/bin/sh");
        shell.args(["-c", "exec 3>&- 4>&-; export LISTEN_PID=$$; exec \"$@\"", "sh"]);
        shell.arg(env!("CARGO_BIN_EXE_producer")).arg(place.path("x.toml"));
        shell.env_clear().env("LISTEN_FDS", count).env("LISTEN_FDNAMES", names);
        shell.stdin(Stdio::null());
        let log = place.spawn("log", &mut shell).ends_with(1);
        let want = format!("producer: error: {want}");
        assert!(log.starts_with(&want) && log.lines().count() == 1, "{log}");
    }
    assert!(!place.region().exists());
}

#[test]
fn the_manager_keeps_a_memfd_across_kills_and_changes_of_its_record() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut manager = Manager::new(&place);
    let mut producer = manager.start("log", None, &["--memfd"]);
    manager.wait_for("FDNAME=region");
    manager.wait_for("FDSTORE=1");
    let kept = manager.stored().try_clone().expect("dup");
    let follower = reader(&kept);
    wait_until("records", || newest(&kept).is_some_and(|newest| newest.1 > 3));
    wait_until("watchdog pings", || follower.state() == State::Live);
    producer.child.kill().expect("kill");
    producer.end();
    assert_eq!(follower.state(), State::Dead, "though the manager has it open");
    let last = newest(&kept).expect("the last record").1;

    let mut producer = manager.start("log", Some(&kept), &["--memfd"]);
    wait_until("publishing continues", || {
        newest(&kept).is_some_and(|newest| newest.0 == 2 && newest.1 > last)
    });
    wait_until("watchdog pings", || follower.state() == State::Live);
    assert_eq!(manager.stored_count(), 1, "kept already");

    place.configure(&[("char[8]", "const = \"new\"")], TICK);
    producer.signal(Signal::HUP);
    wait_until("another memfd", || manager.stored_count() == 2);
    let second = manager.stored().try_clone().expect("dup");
    wait_until("the new record", || newest(&second).is_some_and(|newest| newest.0 == 3));
    assert_eq!(follower.state(), State::Retired);
    assert!(newest(&second).expect("a record").1 > last, "the sequence continues");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    assert_eq!(reader(&second).state(), State::Closed);
    assert!(!place.region().exists());
}

#[test]
fn a_memfd_without_a_service_manager_is_warned_of() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let stdin = Stdio::null();
    let log = place.start("log", stdin, &["--memfd", "--ticks", "1"]).ends_with(0);
    assert!(log.contains("there is no service manager to keep it"), "{log}");
}

/// Name and sequence of each instance, and the epoch.
fn instances(file: &File) -> (Vec<(String, u64)>, u64) {
    let Ok(mut reader) = DynInstanceReader::open_file(file, Path::new("test")) else {
        return (Vec::new(), 0);
    };
    let all: Vec<_> = reader.all().collect();
    let mut record = layout::RecordBuf::new(reader.schema().clone());
    let mut sequence = |instance| {
        let latest = reader.latest(instance, record.bytes_mut()).expect("a whole file");
        latest.map_or(0, |latest| latest.sequence)
    };
    let found = all.iter().map(|(instance, name)| (name.to_string(), sequence(*instance)));
    (found.collect(), reader.epoch())
}

#[track_caller]
fn wait_for_instances(file: &File, names: &[&str], epoch: u64) -> u64 {
    let mut sequence = 0;
    wait_until(&format!("records of {names:?} in epoch {epoch}"), || {
        let (found, now) = instances(file);
        sequence = found.iter().map(|(_, sequence)| *sequence).max().unwrap_or(0);
        let are_there = found.iter().map(|(name, _)| name.as_str()).eq(names.iter().copied());
        now == epoch && are_there && found.iter().all(|(_, sequence)| *sequence > 0)
    });
    sequence
}

#[test]
fn instances_in_a_passed_memfd_continue_with_the_next_producer() {
    let region = File::from(memfd_create("region", MemfdFlags::CLOEXEC).expect("memfd"));
    let place = Place::new();
    place.configure(COUNTER, TICK);
    place.reconfigure("name = \"X\"\n", "name = \"X\"\ninstances = [\"a\", \"b\"]\n");
    let manager = Manager::new(&place);
    let mut producer = manager.start("log", Some(&region), &[]);
    wait_for_instances(&region, &["a", "b"], 1);
    producer.child.kill().expect("kill");
    producer.end();
    let last = instances(&region).0[0].1;
    let mut producer = manager.start("log", Some(&region), &[]);
    wait_until("more records", || {
        let (found, epoch) = instances(&region);
        epoch == 2 && found[0].1 > last
    });
    // Those who have the descriptor would not see a file for more of them.
    place.reconfigure("\"b\"]", "\"b\", \"c\"]");
    producer.signal(Signal::HUP);
    producer.wait_for("and a region that was passed as a descriptor cannot be");
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn the_manager_keeps_a_memfd_of_instances_and_gets_another_one_for_more() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    place.reconfigure("name = \"X\"\n", "name = \"X\"\ninstances = [\"a\", \"b\"]\n");
    let mut manager = Manager::new(&place);
    let mut producer = manager.start("log", None, &["--memfd"]);
    wait_until("a memfd", || manager.stored_count() == 1);
    let kept = manager.stored().try_clone().expect("dup");
    wait_for_instances(&kept, &["a", "b"], 1);
    producer.child.kill().expect("kill");
    producer.end();
    let mut producer = manager.start("log", Some(&kept), &["--memfd"]);
    let last = wait_for_instances(&kept, &["a", "b"], 2);
    place.reconfigure("\"b\"]", "\"b\", \"c\"]");
    producer.signal(Signal::HUP);
    wait_until("another memfd", || manager.stored_count() == 2);
    let second = manager.stored().try_clone().expect("dup");
    assert!(wait_for_instances(&second, &["a", "b", "c"], 3) >= last, "the numbers continue");
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    assert!(log.contains("1 instance joined: c"), "{log}");
    assert!(!place.region().exists());
}
