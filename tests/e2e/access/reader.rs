//! A user who may read a region can do nothing else with it: tests/c/nosy.c tries to.

use e2e::{Daemon, Place, Reading, Unprivileged, compile_c};

use crate::{consumer, producer};

/// The errors for a call without permission.
const REFUSALS: [&str; 4] =
    ["Permission denied", "Operation not permitted", "Bad file descriptor", "Invalid argument"];

/// What `nosy` tries besides each of a process's first descriptors.
const ATTEMPTS: usize = 3 + 16 + 4;

#[track_caller]
fn is_refused_everything(mut nosy: Daemon) {
    assert_eq!(nosy.exit_code(), 0, "{:?}", nosy.err());
    let refused = |line: &String| {
        let (what, answer) = line.split_once(": ").expect("WHAT: ANSWER");
        // Nor does a number reveal whether that process has such a descriptor.
        REFUSALS.contains(&answer) || (what == "link over it" && answer == "File exists")
    };
    let answers = nosy.out();
    assert!(answers.len() > ATTEMPTS, "{answers:#?}");
    let done: Vec<_> = answers.iter().filter(|line| !refused(line)).collect();
    assert!(done.is_empty(), "not refused: {done:#?}");
}

#[test]
fn a_reader_of_another_user_can_change_neither_the_region_nor_a_process_that_has_it() {
    let tools = Place::on_disk();
    let Some(nosy) = Unprivileged::another(&compile_c("nosy", &tools)) else { return };
    let place = Place::new().open_to_all();
    let mut writer = producer().start(&place, "--region ./stu.region --tick 10ms");
    writer.says("publishing");
    let mut reader = consumer().start(&place, "./stu.region --follow --format json");
    reader.next_out();
    for pid in [writer.pid(), reader.pid()] {
        is_refused_everything(nosy.start(&place, &format!("touch ./stu.region {pid}")));
    }
    reader.skip_out();
    let after = Reading::of(&reader.out_line("more records", |_| true));
    assert!(after.epoch == 1 && after.is_held(), "{}", after.line);
    writer.stop();
}
