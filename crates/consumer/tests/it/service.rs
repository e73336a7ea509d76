//! What a service manager receives from a consumer, and what it passes.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use bytemuck::bytes_of;
use layout::{Record, Stu};
use region::{DynWriter, Options};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::Signal;

use crate::manager::Manager;
use crate::world::{World, wait_until};

const LINE: &str = "id=10\tname=xiaoming\tm\n";

fn student() -> Stu {
    Stu::new(10, "xiaoming", 'm')
}

fn memfd() -> File {
    memfd_create("passed-region", MemfdFlags::CLOEXEC).unwrap().into()
}

/// A read-only descriptor of the same file.
fn read_only(file: &File) -> File {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap()
}

fn writer(file: &File) -> DynWriter {
    let file = file.try_clone().unwrap();
    DynWriter::open_file(file, Path::new("region"), &Stu::schema(), &Options::new()).unwrap()
}

#[test]
fn a_consumer_that_cannot_attach_is_never_ready() {
    for args in [["--follow"], ["--poll=1h"]] {
        let world = World::new();
        std::fs::write(world.path("x.region"), "no region").unwrap();
        let mut manager = Manager::new(&world);
        let mut consumer = manager.start(None, &["x", args[0]]);
        assert_eq!(consumer.end().code(), Some(1));
        assert_eq!(manager.count("READY=1"), 0, "{:?}", manager.heard());
    }
}

#[test]
fn the_status_names_the_region_that_is_read_or_waited_for() {
    for args in [["--follow"], ["--poll=1h"]] {
        let world = World::new();
        let mut manager = Manager::new(&world).with_watchdog(Duration::from_millis(400));
        let mut consumer = manager.start(None, &["x", args[0]]);
        manager.wait_for("READY=1");
        manager.wait_for("STATUS=waiting for x");
        wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 3);
        let mut writer = world.region("x");
        assert_eq!(consumer.first_line(), LINE);
        manager.wait_for("STATUS=/");
        if args == ["--follow"] {
            wait_until("a rate", || {
                writer.publish(bytes_of(&student())).unwrap();
                let is_rate = |heard: &String| {
                    heard.starts_with("STATUS=reading x: ") && heard.ends_with("/s")
                };
                manager.heard().iter().any(is_rate)
            });
        }
        drop(writer);
        manager.wait_for(&format!("STATUS={}: closed: ", world.path("x.region").display()));
        let before = manager.count("WATCHDOG=1");
        wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= before + 3);
        consumer.signal(Signal::TERM);
        assert_eq!(consumer.end().code(), Some(0));
        assert_eq!((manager.count("READY=1"), manager.count("STOPPING=1")), (1, 1));
    }
}

#[test]
fn a_consumer_that_fails_reports_its_reason_to_the_manager() {
    let world = World::new();
    let mut manager = Manager::new(&world);
    assert_eq!(manager.start(None, &["none", "--once"]).end().code(), Some(3));
    manager.wait_for("STOPPING=1");
    assert!(manager.heard().last().unwrap().contains("no such region"));
}

#[test]
fn a_consumer_that_cannot_take_its_descriptors_reports_that_to_the_manager() {
    let world = World::new();
    let mut manager = Manager::new(&world);
    assert_eq!(manager.start_with_bad_descriptors(&["none", "--once"]).end().code(), Some(1));
    assert_eq!(manager.count("STOPPING=1"), 1, "{:?}", manager.heard());
    assert!(manager.heard().last().unwrap().contains("LISTEN_FDS"), "{:?}", manager.heard());
}

#[test]
fn watchdog_pings_do_not_wait_for_records_or_checks_of_the_region() {
    let world = World::new();
    let _writer = world.region("x");
    for mode in ["--follow", "--poll=1h"] {
        let mut manager = Manager::new(&world);
        let _consumer = manager.start(None, &["x", mode]);
        wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 3);
        // 100 are due; without them the loop would turn four times a second, to check the region. A
        // busy machine may not run it in one second, but will in another.
        wait_until(&format!("more than ten in a second: {mode}"), || {
            let before = manager.count("WATCHDOG=1");
            std::thread::sleep(std::time::Duration::from_secs(1));
            manager.count("WATCHDOG=1") > before + 10
        });
        std::fs::remove_file(world.path("notify")).unwrap();
    }
}

#[test]
fn a_writer_that_never_pauses_does_not_delay_watchdog_pings() {
    let world = World::new();
    let mut writer = world.region("x");
    let mut manager = Manager::new(&world);
    let mut consumer = manager.start(None, &["x", "--follow"]);
    let mut output = consumer.0.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    let (stop, stopped) = mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
            writer.publish(bytes_of(&student())).unwrap();
        }
    });
    wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 50);
    drop(stop);
    writer.join().unwrap();
    drop(consumer);
    assert!(reader.join().unwrap().unwrap() > 0, "it has printed meanwhile");
}

#[test]
fn a_stopped_loop_sends_no_watchdog_pings() {
    let world = World::new();
    let _writer = world.region("x");
    let mut manager = Manager::new(&world);
    let consumer = manager.start(None, &["x", "--follow"]);
    wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 3);
    consumer.pause();
    manager.heard();
    let before = manager.count("WATCHDOG=1");
    std::thread::sleep(std::time::Duration::from_millis(300)); // time for pings that must not come
    assert!(manager.count("WATCHDOG=1") <= before + 1, "sent before the stop");
    consumer.signal(Signal::CONT);
    wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= before + 3);
}

#[test]
fn a_passed_region_is_read_by_default_and_never_written() {
    let world = World::new();
    let file = memfd();
    let mut writer = writer(&file);
    writer.publish(bytes_of(&student())).unwrap();
    // A supervisor should pass a read-only descriptor; a writable one is mapped read-only as well.
    for passed in [read_only(&file), file.try_clone().unwrap()] {
        for args in [&["--follow", "--format", "json"][..], &["fd:region", "--format", "json"]] {
            let mut consumer = Manager::new(&world).start(Some(&passed), args);
            let line = consumer.first_line();
            assert!(line.contains("\"state\":\"live\""), "{line}");
            let maps = std::fs::read_to_string(format!("/proc/{}/maps", consumer.0.id())).unwrap();
            let rights: Vec<_> = maps
                .lines()
                .filter(|line| line.contains("passed-region"))
                .filter_map(|line| line.split_whitespace().nth(1))
                .collect();
            assert_eq!(rights, ["r--s"]);
            consumer.signal(Signal::TERM);
            assert_eq!(consumer.end().code(), Some(0));
            std::fs::remove_file(world.path("notify")).unwrap();
        }
    }
}

#[test]
fn a_passed_region_that_is_not_filled_yet_is_waited_for() {
    let world = World::new();
    let file = memfd();
    let mut manager = Manager::new(&world);
    let mut consumer = manager.start(Some(&read_only(&file)), &["--follow"]);
    assert!(consumer.first_notice().ends_with("waiting for fd:region\n"));
    manager.wait_for("STATUS=waiting for fd:region");
    writer(&file).publish(bytes_of(&student())).unwrap();
    assert_eq!(consumer.first_line(), LINE);
}

#[test]
fn a_region_in_the_argument_precedes_a_passed_one() {
    let world = World::new();
    let _writer = world.region("x");
    let empty = memfd();
    let mut consumer = Manager::new(&world).start(Some(&empty), &["x", "--once"]);
    assert_eq!(consumer.first_line(), LINE);
    assert_eq!(consumer.end().code(), Some(0));
    std::fs::remove_file(world.path("notify")).unwrap();
    let mut consumer = Manager::new(&world).start(Some(&empty), &["fd:other", "--once"]);
    let error = consumer.first_notice();
    assert!(error.contains("no descriptor called \"other\" was passed (region)"), "{error}");
    assert_eq!(consumer.end().code(), Some(1));
}

#[test]
fn an_unresponsive_manager_delays_neither_records_nor_the_end() {
    let world = World::new();
    let mut writer = world.region("x");
    let mut manager = Manager::new(&world);
    manager.is_busy();
    let mut consumer = manager.start(None, &["x", "--follow"]);
    assert_eq!(consumer.first_line(), LINE);
    writer.publish(bytes_of(&student())).unwrap();
    assert_eq!(consumer.first_line(), LINE);
    manager.wait_for("READY=1");
    manager.is_busy();
    consumer.signal(Signal::TERM);
    assert_eq!(consumer.end().code(), Some(0));
}
