//! Bugs of other systems that no other test here covers.
//!
//! `docs/guarantees.md` lists all such bugs, each with its test.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::Duration;

use e2e::counters::{self, Counters};
use e2e::{Daemon, Place, Reading, Unprivileged, wait_until};
use layout::Header;
use layout::header::offset;
use nix::sys::signal::Signal;
use nix::sys::stat::{major, minor};

use crate::{consumer, producer};

/// With enough slots for a follower's pauses on a busy machine.
const REGION: Counters<'_> = Counters { region: "./x.region", fields: 4, slots: 4096, tick: "2ms" };

fn pair(place: &Place) -> [Daemon; 2] {
    REGION.write(place, "x.toml");
    let mut producer = producer().start(place, "./x.toml");
    producer.says("publishing");
    let mut follower = consumer().start(place, "./x.region --follow --format json");
    follower.next_out();
    [producer, follower]
}

/// A process id proves nothing: that of a zombie exists until its parent reaps it.
#[test]
fn a_writer_that_is_a_zombie_is_dead() {
    let place = Place::new();
    let [mut producer, mut follower] = pair(&place);
    producer.signal(Signal::SIGKILL);
    follower.says(": dead: ");
    // The kernel releases the lock before the process becomes a zombie.
    wait_until("a zombie", || {
        let status = fs::read_to_string(format!("/proc/{}/status", producer.pid()));
        status.expect("not waited for").contains("State:\tZ")
    });
    let mut next = crate::producer().start(&place, "./x.toml");
    next.says("(resumed, epoch 2");
    next.stop();
}

/// A reader that counts itself or takes a lock can stall the writer by dying.
#[test]
fn killed_readers_leave_no_trace() {
    let place = Place::new();
    let [mut producer, mut follower] = pair(&place);
    let region = place.path("x.region");
    let header = || {
        let mut bytes = [0; offset::HEADER_LEN];
        File::open(&region).expect("open").read_exact_at(&mut bytes, 0).expect("a header");
        bytes
    };
    let before = header();
    for round in 0..60 {
        let how = ["--follow", "--poll 1ms"][round % 2];
        let mut reader = consumer().start(&place, &format!("./x.region {how}"));
        if round % 3 == 0 {
            reader.next_out();
        } else {
            // Before it is attached, while it attaches, and after.
            std::thread::sleep(Duration::from_micros(fastrand::u64(0..8000)));
        }
        reader.kill9();
    }
    assert_eq!(header(), before, "not a byte of it");
    assert_eq!(locks_on(&region), ["WRITE"], "the writer's, and nobody else's");
    let last = Reading::of(&follower.next_out()).sequence;
    follower.out_line("fifty more", |line| Reading::of(line).sequence > last + 50);
    producer.stop();
    follower.says(": closed: ");
    follower.stop();
    for line in follower.out() {
        let reading = Reading::of(&line);
        assert_eq!(counters::value(&reading), reading.sequence);
    }
    assert_eq!(e2e::names_in(place.dir()).len(), 2, "x.toml and x.region");
}

/// The kinds of all locks on `file`, from /proc/locks.
fn locks_on(file: &std::path::Path) -> Vec<String> {
    let meta = fs::metadata(file).expect("a file");
    // Another file system may have a file of the same number, with a lock on it.
    let id = format!("{:02x}:{:02x}:{}", major(meta.dev()), minor(meta.dev()), meta.ino());
    let locks = fs::read_to_string("/proc/locks").expect("/proc/locks");
    // NUMBER: OFDLCK ADVISORY WRITE PID MAJOR:MINOR:INODE START END
    let fields = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = fields.filter(|fields| fields.get(5).is_some_and(|found| *found == id));
    ours.map(|fields| fields[3].to_owned()).collect()
}

/// Numbers of 32 bits wrap within hours; the futex word is one.
#[test]
fn a_sequence_continues_past_32_bits_under_a_sleeping_follower() {
    const BEFORE: u64 = (1 << 32) - 10;
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut first = producer().start(&place, "./x.toml --ticks 1");
    assert_eq!(first.exit_code(), 0);
    begin_after(&place, BEFORE);
    let mut follower = consumer().start(&place, "./x.region --follow --format json");
    follower.says(": closed: ");
    let mut producer = producer().start(&place, "./x.toml --tick 20ms");
    producer.says(&format!("after record {BEFORE}"));
    follower.out_line("past it", |line| Reading::of(line).sequence > BEFORE + 30);
    follower.stop();
    let numbers: Vec<u64> = follower.out().iter().map(|line| Reading::of(line).sequence).collect();
    assert_eq!(numbers[0], BEFORE + 1);
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
    producer.stop();
}

/// Makes the region of `x.toml` an empty one that begins after record `number`.
fn begin_after(place: &Place, number: u64) {
    let path = place.path("x.region");
    let file = File::options().read(true).write(true).open(&path).expect("a region");
    let mut bytes = [0; offset::HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).expect("a header");
    let mut header = Header::decode(&bytes).expect("a header");
    header.base_sequence = number;
    file.write_all_at(&header.encode(), 0).expect("written");
    file.write_all_at(&number.to_le_bytes(), offset::HEAD as u64).expect("written");
    let slots = header.schema_offset - header.slots_offset;
    let empty = vec![0; usize::try_from(slots).expect("a few pages")];
    file.write_all_at(&empty, header.slots_offset).expect("written");
}

/// /tmp is cleaned up, and `PrivateTmp=` hides it; any user may create files in /dev/shm.
#[test]
fn the_default_directory_is_never_a_shared_one() {
    let place = Place::new().open_to_all();
    let users = [producer().command(&place), Unprivileged::new(&producer()).command(&place)];
    for mut command in users {
        command.env_remove("MAPCAST_DIR").env_remove("XDG_RUNTIME_DIR").env("TMPDIR", "/tmp");
        let mut check = Daemon::start("producer", command.arg("--check"));
        // Whatever another user of the machine has made of it, it is named.
        let line = match check.exit_code() {
            0 => check.out_line("the path", |line| line.contains("stu.region")),
            _ => check.says("producer: error: "),
        };
        let path = line.split_whitespace().find(|word| word.starts_with('/')).expect("a path");
        let mut parts = path.split('/');
        assert!(
            !path.starts_with("/tmp") && parts.any(|part| part.starts_with("mapcast")),
            "{line}"
        );
    }
}

/// logind deletes a user's files in /dev/shm when the session ends (`RemoveIPC=`).
#[test]
fn a_repeatedly_deleted_region_is_recreated_each_time() {
    let place = Place::new();
    let [mut producer, mut follower] = pair(&place);
    for epoch in 2..6 {
        fs::remove_file(place.path("x.region")).expect("removed");
        let is_new = |line: &str| Reading::of(line).epoch == epoch;
        follower.out_line("a record of the new file", is_new);
    }
    wait_until("each was said", || producer.said("recreated") == 4);
    producer.stop();
}
