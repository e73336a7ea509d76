//! `record` whose file another program deletes, truncates or renames.

use std::fs::{self, OpenOptions};

use crate::recording::{Running, odd_record};
use crate::recording::{of_topic, record_odd, wait_until};
use crate::world::World;

#[test]
fn a_file_that_was_deleted_is_an_error_and_its_records_are_lost() {
    for more in [0, 1] {
        let world = World::new();
        let (mut writer, recorder) = record_odd(&world, "", 2);
        fs::remove_file(world.path("out.mcap")).expect("removed");
        for n in 0..more {
            writer.publish(odd_record(n).bytes()).expect("published");
        }
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(1), "{said}");
        let want =
            "out.mcap: cannot write: it was deleted while it was written; record into another file";
        assert!(said.contains(want), "{said}");
        let lost = 3 + more;
        let want = format!(
            "recorded 0 records, 0 missed, {lost} lost with the failure, into 1 file of 0 B"
        );
        assert!(said.contains(&want), "{want}: {said}");
        assert!(!world.path("out.mcap").exists());
    }
}

#[test]
fn a_file_that_was_truncated_is_an_error_and_is_left_as_it_is() {
    for len in [0, 100] {
        let world = World::new();
        let (_writer, recorder) = record_odd(&world, "", 2);
        let file = OpenOptions::new().write(true).open(world.path("out.mcap")).expect("the file");
        file.set_len(len).expect("truncated");
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(1), "{said}");
        let want =
            format!("out.mcap: cannot write: it was truncated to {len} bytes while it was written");
        assert!(said.contains(&want), "{said}");
        assert!(said.contains("recorded 0 records, 0 missed, 3 lost with the failure"), "{said}");
        assert_eq!(fs::metadata(world.path("out.mcap")).expect("the file").len(), len);
    }
}

#[test]
fn a_csv_file_that_was_replaced_is_an_error_and_the_other_one_is_not_touched() {
    let world = World::new();
    let _live = world.students("live");
    let recorder = Running::start(&world, "record out.csv live --csv");
    let file = world.path("out.csv");
    wait_until("the line is in the file", || {
        fs::read_to_string(&file).is_ok_and(|text| text.lines().count() == 2)
    });
    fs::write(world.path("mine"), "mine").expect("a file");
    fs::rename(world.path("mine"), &file).expect("renamed");
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("out.csv: cannot write: it was deleted while it was written"), "{said}");
    assert_eq!(fs::read_to_string(&file).expect("text"), "mine");
}

#[test]
fn a_file_that_was_renamed_is_recorded_into_under_its_other_name() {
    let world = World::new();
    let (mut writer, recorder) = record_odd(&world, "", 2);
    let file = world.path("moved.mcap");
    fs::rename(world.path("out.mcap"), &file).expect("renamed");
    writer.publish(odd_record(4).bytes()).expect("published");
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(of_topic(&file, "odd").len(), 4);
}
