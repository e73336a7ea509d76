//! SIGHUP: the configuration is read again.

use std::fs;

use layout::Value;
use region::{DynReader, State};
use rustix::process::Signal;

use crate::place::{COUNTER, Place, TICK, wait_until};

#[test]
fn a_reload_keeps_the_region_of_the_same_record_and_retires_that_of_another() {
    let place = Place::new();
    place.configure(COUNTER, "[producer]\ntick = \"1h\"\n");
    let mut producer = place.start_quietly("log");
    place.wait_for_record("the first record", |newest| newest.1 == 1);
    let (inode, old) = (place.inode(), place.reader());

    place.configure(COUNTER, TICK);
    producer.signal(Signal::HUP);
    place.wait_for_record("the new tick", |newest| {
        newest.1 > 5 && newest.2 == Value::Uint(newest.1)
    });
    assert_eq!(place.inode(), inode);
    assert_eq!(place.reader().epoch(), 1);

    fs::write(place.path("x.toml"), "[region]\nname = 5\n").expect("write");
    producer.signal(Signal::HUP);
    producer.wait_for("keeping the old configuration");
    let now = place.newest().expect("a record").1;
    place.wait_for_record("the old configuration stays in force", |newest| newest.1 > now + 5);
    assert_eq!(place.inode(), inode);

    place.configure(&[("char[8]", "const = \"new\"")], TICK);
    producer.signal(Signal::HUP);
    place.wait_for_record("the new record", |newest| {
        newest.0 == 2 && newest.1 > now && newest.2 == Value::from("new")
    });
    assert_ne!(place.inode(), inode);
    assert_eq!(old.state(), State::Retired);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_reload_moves_to_another_path_and_closes_the_old_one() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut producer = place.start_quietly("log");
    let old = place.reader();
    place.reconfigure("x.region", "y.region");
    producer.signal(Signal::HUP);
    wait_until("the old region is closed", || old.state() == State::Closed);
    let new = DynReader::open(place.path("y.region")).expect("the new region");
    wait_until("the new region is live", || new.state() == State::Live);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}
