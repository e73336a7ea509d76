//! Bad lines of input as long as `max_line` permits.

use std::fs::{self, File};
use std::path::PathBuf;

use e2e::{Daemon, Limit, Place, wait_until};
use nix::sys::signal::Signal;

use crate::{consumer, producer};

/// The longest line that a configuration can allow, in bytes.
const LONGEST: usize = 64 << 20;

fn configure(place: &Place, ctype: &str) {
    let text = format!(
        "[region]\npath = \"./x.region\"\n[record]\nname = \"X\"\n[[record.field]]\nname = \"n\"\n\
         type = \"{ctype}\"\nsource = {{ input = {{}} }}\n[producer]\nmax_line = \"64MiB\"\n"
    );
    place.write("x.toml", text);
}

/// A named pipe as the standard input, so that the producer waits for the line.
fn start(place: &Place) -> (Daemon, PathBuf) {
    let pipe = place.path("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
    let both = File::options().read(true).write(true).open(&pipe).expect("open");
    let mut command = producer().command(place);
    let mut producer = Daemon::start_reading("producer", command.arg("./x.toml"), both);
    producer.says("publishing X to");
    (producer, pipe)
}

#[test]
fn a_line_of_64_mib_is_refused_within_memory_of_its_own_size() {
    let place = Place::new();
    configure(&place, "f64");
    let members: Vec<String> = (0..5_000_000).map(|i| format!("\"{i:07}\":0")).collect();
    let lines = [
        (format!("{{\"n\":[1{}]}}", ",1".repeat(LONGEST / 2 - 8)), "takes a number, not list"),
        (format!("{{{}}}", members.join(",")), "key \"0000000\" is unknown; use n"),
        (format!("{{\"n\":{}}}", "9".repeat(LONGEST - 16)), "9... does not fit field"),
    ];
    let (mut producer, pipe) = start(&place);
    let limit = Limit::of_address_space(&producer, 3 * LONGEST as u64);
    for (line, why) in lines {
        fs::write(&pipe, line + "\n").expect("write");
        let said = producer.says(" skipped: ");
        assert!(said.contains(why), "{said}");
    }
    fs::write(&pipe, "{\"n\":1}\n").expect("write");
    let mut consumer = consumer().start(&place, "./x.region --once --timeout 1m");
    assert_eq!((consumer.exit_code(), consumer.out()), (0, vec!["n=1".to_owned()]));
    drop(limit);
    producer.stop();
    assert_eq!(producer.said("1 record, 3 bad lines"), 1, "{:?}", producer.err());
}

#[test]
fn a_producer_inside_a_long_line_stops_on_a_signal() {
    let place = Place::new();
    configure(&place, "u8[15728640]");
    let (mut producer, pipe) = start(&place);
    let list = ",1".repeat((15 << 20) - 1);
    fs::write(&pipe, format!("{{\"n\":[1{list}]}}\n")).expect("write");
    // The line is 30 MiB, the record that it is read into 15 MiB; without them the producer has 1 MiB, but 16 for a
    // moment after it has begun.
    wait_until("the line is being read", || memory(&producer) > 40 << 10);
    producer.signal(Signal::SIGTERM);
    assert_eq!(producer.exit_code(), 0);
    assert_eq!(producer.said("(SIGTERM): 0 records, 0 bad lines"), 1, "{:?}", producer.err());
}

/// What a process has in memory of its own, in KiB: the pages of the region come and go as the machine needs memory.
fn memory(daemon: &Daemon) -> u64 {
    e2e::proc::status(daemon.pid(), "RssAnon")
}
