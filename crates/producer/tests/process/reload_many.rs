//! What a reload does with several regions whose configurations or directories are gone, bad or new.

use std::fs;

use rustix::process::Signal;

use crate::many::{COUNTER, configure, publish_all, publishes, start};
use crate::place::{Place, TICK};

#[test]
fn a_reload_of_a_directory_that_is_gone_changes_nothing() {
    let place = Place::new();
    configure(&place, "a", COUNTER, TICK);
    let (here, away) = (place.path("d"), place.path("away"));
    let mut producer = start(&place, &[&here.display().to_string()]);
    publishes(&place, "a");
    fs::rename(&here, &away).expect("rename");
    producer.signal(Signal::HUP);
    producer
        .wait_for(&format!("SIGHUP: {}: cannot read the directory: No such file", here.display()));
    publishes(&place, "a");
    fs::rename(&away, &here).expect("rename");
    configure(&place, "b", COUNTER, TICK);
    producer.signal(Signal::HUP);
    publish_all(&place, &["a", "b"]);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}
