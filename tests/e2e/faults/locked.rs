//! Processes with locked memory that may lock no more, and those of ordinary users.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use e2e::counters::{self, Counters};
use e2e::{Daemon, Limit, NOBODY, Place, Program, Reading, Unprivileged, proc, wait_until};
use nix::sys::resource::{Resource, getrlimit};

use super::{follower, goes_on, is_of_epoch, publishing};
use crate::{consumer, producer};

/// Some pages of slots and of schema.
const REGION: Counters<'_> = Counters { region: "./x.region", fields: 250, slots: 4, tick: "5ms" };
/// More bytes than our programs map after their start.
const ENOUGH: u64 = 4 << 20;

fn locked() -> Program {
    Program::new("locked", env!("CARGO_BIN_EXE_locked"))
}

/// A place, a program that locks its memory, and the user to run it: `nobody` if this is root, who
/// may lock any amount.
struct World {
    place: Place,
    locked: Unprivileged,
    user: u32,
}

impl World {
    fn new(user: u32) -> Self {
        let place = Place::new().open_to_all();
        fs::set_permissions(place.dir(), fs::Permissions::from_mode(0o777)).expect("chmod");
        REGION.write(&place, "x.toml");
        let locked = Unprivileged::new(&locked());
        Self { place, locked, user }
    }

    /// Starts `arguments`, the first of which is the program; `None`, with a message on stderr, if
    /// this user may not lock that much.
    fn start(&self, arguments: &str) -> Option<Daemon> {
        let (allowed, _) = getrlimit(Resource::RLIMIT_MEMLOCK).expect("getrlimit");
        if allowed < ENOUGH {
            let word = b"not run: this user may not lock the memory of a program\n";
            std::io::stderr().write_all(word).expect("stderr");
            return None;
        }
        let mut command = self.locked.command_as_is(&self.place);
        command.arg(self.user.to_string());
        let mut daemon = Daemon::start("locked", command.args(arguments.split_whitespace()));
        wait_until("its memory is locked", || {
            !daemon.is_running() || proc::status(daemon.pid(), "VmLck") > 0
        });
        Some(daemon)
    }
}

const FOLLOW: &str = "consumer ./x.region --follow --format json";

/// The users to try: this one, and `nobody`, to whom the limit applies.
fn users() -> Vec<u32> {
    let this = nix::unistd::geteuid();
    if this.is_root() { vec![0, NOBODY] } else { vec![this.as_raw()] }
}

#[test]
fn a_locked_pair_publishes_and_reads_and_survives_a_cut_at_every_page() {
    for user in users() {
        let world = World::new(user);
        let Some(mut producer) = world.start("producer ./x.toml") else { return };
        producer.says("publishing");
        let mut reader = world.start(FOLLOW).expect("as the producer");
        reader.next_out();
        let region = world.place.path("x.region");
        let len = fs::metadata(&region).expect("a region").len();
        for (epoch, page) in (2..).zip(0..len.div_ceil(4096)) {
            cut(&region, page * 4096);
            producer.says("was cut short while in use; recreated");
            reader.out_line("a record of the new file", is_of_epoch(epoch));
        }
        producer.stop();
        reader.says(": closed: ");
        reader.stop();
        for line in reader.out() {
            counters::value(&Reading::of(&line));
        }
    }
}

fn cut(region: &Path, len: u64) {
    File::options().write(true).open(region).expect("a region").set_len(len).expect("cut");
}

#[test]
fn a_pair_at_its_limit_of_locked_memory_survives_a_cut_and_recovers() {
    let world = World::new(*users().last().expect("one"));
    let Some(mut producer) = world.start("producer ./x.toml") else { return };
    producer.says("publishing");
    let mut reader = world.start(FOLLOW).expect("as the producer");
    reader.next_out();
    let limits = [&producer, &reader].map(|daemon| Limit::of_locked_memory(daemon, 0));
    let region = world.place.path("x.region");
    cut(&region, 4096);
    // The zero page that replaces a missing one would be locked, too, which the limit forbids.
    let line = producer.says("the region was cut short and cannot be recreated");
    assert!(world.user == 0 || line.contains("to lock more memory"), "{line}");
    reader.says("truncated: the file was cut short");
    assert!(producer.is_running() && reader.is_running());
    drop(limits);
    producer.says("was cut short while in use; recreated");
    reader.out_line("a record of the new file", is_of_epoch(2));
    producer.stop();
}

#[test]
fn a_producer_at_its_limit_of_private_memory_survives_a_cut() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    let mut reader = follower(&place, "./x.region");
    let limit = Limit::of_own_memory(&producer);
    cut(&place.path("x.region"), 4096);
    producer.says("recreated");
    reader.out_line("a record of the new file", is_of_epoch(2));
    drop(limit);
    producer.stop();
}

#[test]
fn a_reader_at_its_limit_of_locked_memory_logs_that_and_retries() {
    let world = World::new(*users().last().expect("one"));
    let mut small = publishing(&world.place, "./x.toml");
    let Some(mut reader) = world.start(FOLLOW) else { return };
    reader.next_out();
    // Enough for itself, but not for the next file.
    let limit = Limit::of_locked_memory(&reader, 256 << 10);
    small.stop();
    Counters { slots: 256, ..REGION }.write(&world.place, "x.toml");
    let mut large = publishing(&world.place, "./x.toml");
    if world.user != 0 {
        let line = reader.says("./x.region: mmap: ");
        assert!(line.contains("to lock more memory") && line.contains("trying again"), "{line}");
    }
    drop(limit);
    reader.says("re-attached");
    reader.out_line("a record of the new file", is_of_epoch(2));
    large.stop();
}

#[test]
fn an_ordinary_users_pair_survives_the_same_faults() {
    let place = Place::new().open_to_all();
    fs::set_permissions(place.dir(), fs::Permissions::from_mode(0o777)).expect("chmod");
    REGION.write(&place, "x.toml");
    let (producers, consumers) = (Unprivileged::new(&producer()), Unprivileged::new(&consumer()));
    let mut command = producers.command(&place);
    let mut writer = Daemon::start("producer", command.arg("./x.toml"));
    writer.says("publishing");
    let mut command = consumers.command(&place);
    let arguments = ["./x.region", "--follow", "--format", "json"];
    let mut theirs = Daemon::start("consumer", command.args(arguments));
    theirs.next_out();
    let mut ours = follower(&place, "./x.region");
    cut(&place.path("x.region"), 4096);
    writer.says("recreated");
    for reader in [&mut theirs, &mut ours] {
        reader.out_line("a record of the new file", is_of_epoch(2));
    }
    writer.kill9();
    for reader in [&mut theirs, &mut ours] {
        reader.says(": dead: ");
    }
    let mut command = producers.command(&place);
    let mut next = Daemon::start("producer", command.arg("./x.toml"));
    next.says("(resumed, epoch 3");
    for reader in [&mut theirs, &mut ours] {
        assert_eq!(goes_on(reader).epoch, 3);
    }
    next.stop();
}
