//! How the program ends, and with which exit code.

use std::fs;

use rustix::io::ioctl_fionread;
use rustix::process::Signal;

use crate::world::{World, wait_until};

const LINE: &str = "id=10\tname=xiaoming\tm\n";

#[test]
fn a_region_is_found_by_name_by_path_and_by_default() {
    let world = World::new();
    let _writers = (world.region("x"), world.region("stu"));
    let path = world.path("x.region");
    for source in [&["x"][..], &[path.to_str().unwrap()], &[]] {
        let args: Vec<_> = source.iter().copied().chain(["--once"]).collect();
        assert_eq!(world.run(&args), (Some(0), LINE.to_owned(), String::new()), "{args:?}");
    }
}

#[test]
fn each_kind_of_failure_has_its_exit_code_and_one_line() {
    let world = World::new();
    fs::write(world.path("text.region"), "text").unwrap();
    fs::create_dir(world.path("dir.region")).unwrap();
    fs::write(world.path("bad.toml"), "[region]\nname = 7\n").unwrap();
    let bad = world.path("bad.toml");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["none", "--once"], 3, "no such region"),
        (&["none", "--timeout", "10ms"], 3, "no region within 10ms"),
        (&["text"], 1, "is not a region"),
        (&["dir"], 1, "is a directory"),
        (&[bad.to_str().unwrap()], 1, "bad.toml:2:8: region.name"),
        (&["none.toml"], 1, "none.toml: cannot be read"),
        (&["na me"], 2, "is no name for a region"),
    ];
    for (args, code, message) in cases {
        let (status, out, err) = world.run(args);
        assert_eq!(status, Some(code), "{args:?}: {err}");
        assert!(err.contains(message) && out.is_empty(), "{args:?}: {err}");
        let errors = err.lines().filter(|line| line.starts_with("consumer: error: ")).count();
        assert_eq!(errors, usize::from(code != 2), "{args:?}: {err}");
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_region_with_0() {
    let world = World::new();
    for (mode, signal) in [("--follow", Signal::TERM), ("--poll=1h", Signal::INT)] {
        let mut consumer = world.start(&["none", mode]);
        assert!(consumer.first_notice().contains("waiting for "));
        consumer.signal(signal);
        assert_eq!(consumer.end().code(), Some(0));
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_record_with_0() {
    let world = World::new();
    let _writer = world.region("x");
    for (mode, signal) in [("--follow", Signal::INT), ("--poll=1h", Signal::TERM)] {
        let mut consumer = world.start(&["x", mode]);
        assert_eq!(consumer.first_line(), LINE);
        consumer.signal(signal);
        assert_eq!(consumer.end().code(), Some(0));
    }
}

#[test]
fn a_signal_ends_a_consumer_whose_output_is_not_read() {
    let world = World::new();
    let _writer = world.region("x");
    let mut consumer = world.start(&["x", "--poll=1us"]);
    let pipe = consumer.0.stdout.take().unwrap();
    let mut before = 0;
    // The pipe is full when it has some KiB and stops growing.
    wait_until("the pipe is full", || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let now = ioctl_fionread(&pipe).unwrap();
        std::mem::replace(&mut before, now) == now && now > 30_000
    });
    consumer.signal(Signal::TERM);
    assert_eq!(consumer.end().code(), Some(0));
}

#[test]
fn a_closed_stdout_is_a_normal_end() {
    let world = World::new();
    let _writer = world.region("x");
    // One that keeps printing, one without new records, and one that never prints.
    for args in [["x", "--poll=1ms"], ["x", "--follow"], ["none", "--follow"]] {
        let mut consumer = world.start(&args);
        if args[0] == "x" {
            assert_eq!(consumer.first_line(), LINE);
        }
        drop(consumer.0.stdout.take());
        assert_eq!(consumer.end().code(), Some(0), "{args:?}");
    }
}
