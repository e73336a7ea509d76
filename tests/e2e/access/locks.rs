//! A reader holds every lock that the kernel grants it: it keeps no writer out and makes no dead
//! one look alive.
//!
//! Any process that may read a file may take a read lock on it, which keeps a writer's lock from
//! being taken. `nosy lock` (tests/c/nosy.c) takes it as soon as a writer ends, as another user.

use e2e::{Daemon, Place, Reading, Unprivileged, compile_c, wait_until};

use crate::{consumer, producer};

const FAST: &str = "--region ./stu.region --tick 10ms";
const STANDBY: &str = "--region ./stu.region --tick 10ms --standby";

/// A region whose writer was killed, and a reader that has held its lock since.
struct Held {
    place: Place,
    last: Reading,
    nosy: Daemon,
    _tools: Place,
}

/// `None` if there is no other user here, which was reported.
fn held(standby: Option<&mut Option<Daemon>>) -> Option<Held> {
    let tools = Place::on_disk();
    let nosy = Unprivileged::another(&compile_c("nosy", &tools))?;
    let place = Place::new().open_to_all();
    let mut writer = producer().start(&place, FAST);
    writer.says("publishing");
    let mut nosy = nosy.start(&place, "lock ./stu.region");
    nosy.out_line("in the queue", |line| line == "waiting");
    if let Some(standby) = standby {
        let mut waiting = producer().start(&place, STANDBY);
        waiting.says("waiting to take over");
        *standby = Some(waiting);
    }
    look(&place);
    writer.kill9();
    let last = look(&place);
    Some(Held { place, last, nosy, _tools: tools })
}

fn look(place: &Place) -> Reading {
    let mut consumer = consumer().start(place, "./stu.region --once --timeout 1m --format json");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    Reading::of(&consumer.next_out())
}

#[test]
fn a_readers_lock_never_makes_a_dead_writer_look_alive() {
    let Some(mut held) = held(None) else { return };
    held.nosy.out_line("the lock", |line| line == "locked");
    assert_eq!(look(&held.place).state, "dead");
}

#[test]
fn a_readers_lock_neither_keeps_the_next_writer_out_nor_loses_a_record() {
    let Some(mut held) = held(None) else { return };
    held.nosy.out_line("the lock", |line| line == "locked");
    let mut follower = consumer().start(&held.place, "./stu.region --follow --format json");
    follower.next_out();
    // Slow enough for a follower on a busy machine to see its first record.
    let mut next = producer().start(&held.place, "--region ./stu.region --tick 1h");
    next.says("replaced (a reader holds a lock on the old one), epoch 2");
    let is_new = |line: &str| Reading::of(line).epoch == 2;
    let first = Reading::of(&follower.out_line("a record of the next", is_new));
    assert_eq!(first.sequence, held.last.sequence + 1, "{:?}", follower.err());
    next.stop();
    // The new file has no such lock.
    let mut third = producer().start(&held.place, FAST);
    third.says("(resumed, epoch 3");
    third.stop();
}

#[test]
fn a_standby_takes_over_in_spite_of_a_readers_lock() {
    for _ in 0..3 {
        let mut standby = None;
        let Some(_held) = held(Some(&mut standby)) else { return };
        let mut standby = standby.expect("started");
        standby.says("epoch 2, after record");
        standby.stop();
    }
}

#[test]
fn of_many_writers_started_beside_a_readers_lock_exactly_one_publishes() {
    let Some(mut held) = held(None) else { return };
    held.nosy.out_line("the lock", |line| line == "locked");
    let mut rivals: Vec<_> = (0..8).map(|_| producer().start(&held.place, FAST)).collect();
    wait_until("seven are refused", || {
        rivals.iter_mut().map(Daemon::is_running).filter(|running| !running).count() >= 7
    });
    let running = |rival: &mut Daemon| rival.is_running();
    let at = rivals.iter_mut().position(running).expect("one continues");
    let mut winner = rivals.swap_remove(at);
    for mut rival in rivals {
        assert_eq!(rival.exit_code(), 1);
        rival.says("publishes here already");
        assert_eq!(rival.said("publishing STU"), 0, "it never began: {:?}", rival.err());
    }
    winner.says("epoch 2");
    assert!(look(&held.place).is_held());
    winner.stop();
}

#[test]
fn a_readers_lock_on_a_bare_file_is_named_to_the_next_writer() {
    let tools = Place::on_disk();
    let Some(nosy) = Unprivileged::another(&compile_c("nosy", &tools)) else { return };
    let place = Place::new().open_to_all();
    let stu = std::fs::read_to_string(e2e::shipped_config("stu.toml")).expect("shipped");
    let stu = stu.replace("name = \"stu\"", "path = \"./stu.bin\"");
    place.write("bare.toml", stu.replace("\"mapcast\"", "\"bare\""));
    assert_eq!(producer().start(&place, "./bare.toml --ticks 1").exit_code(), 0);
    let mut nosy = nosy.start(&place, "lock ./stu.bin");
    nosy.out_line("the lock", |line| line == "locked");
    let mut next = producer().start(&place, "./bare.toml --ticks 1");
    assert_eq!(next.exit_code(), 1);
    next.says("./stu.bin: a reader holds a lock on it; find that process with `lslocks`");
    nosy.end_input();
    assert_eq!(nosy.exit_code(), 0);
    assert_eq!(producer().start(&place, "./bare.toml --ticks 1").exit_code(), 0);
}

#[test]
fn moving_readers_out_of_the_wait_queue_loses_no_record() {
    let tools = Place::on_disk();
    let Some(nosy) = Unprivileged::another(&compile_c("nosy", &tools)) else { return };
    let place = Place::new().open_to_all();
    // Enough slots for the pauses of a busy machine.
    super::configure(&place, "slots = 1024");
    let mut writer = producer().start(&place, "./x.toml --tick 50ms");
    writer.says("publishing");
    let mut follower = consumer().start(&place, "./x.region --follow --format json");
    let mut last = Reading::of(&follower.next_out()).sequence;
    let mut nosy = nosy.start(&place, "requeue ./x.region");
    nosy.out_line("a follower was moved", |line| line.starts_with("moved "));
    for _ in 0..30 {
        let next = Reading::of(&follower.next_out()).sequence;
        assert_eq!(next, last + 1, "{:?}", follower.err());
        last = next;
    }
    nosy.end_input();
    assert_eq!(nosy.exit_code(), 0, "{:?}", nosy.err());
}
