//! What happens to writers and files under a consumer, and what it logs.

use std::fs::{self, File};

use daemon::Exit;
use layout::{Record, Stu};
use region::Options;

use super::{Stage, Step};

/// Cuts the file to `len` bytes in place.
fn cut(stage: &Stage, len: u64) -> Step {
    stage.file(move |path| File::options().write(true).open(path).unwrap().set_len(len).unwrap())
}

#[test]
fn a_wait_for_a_missing_region_is_logged_once() {
    let stage = Stage::empty();
    let quiet = || stage.file(|_| {});
    for mode in ["--follow", "--poll=1ms"] {
        let steps = [quiet(), quiet(), stage.opens(&Stu::schema()), stage.publishes([10])];
        let played = stage.play(&[mode], steps);
        assert_eq!(played.ids()[0], 10);
        let [waiting, attached] = &played.notices[..] else { panic!("{:?}", played.notices) };
        assert_eq!(*waiting, format!("waiting for {}", stage.path().display()));
        let pid = std::process::id();
        let expected =
            format!("attached, record STU (28 bytes); live: process {pid} publishes, epoch 1");
        assert_eq!(*attached, expected);
        fs::remove_file(stage.path()).unwrap();
    }
}

#[test]
fn a_dead_writer_is_logged_once_and_the_next_one_is_followed() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let quiet = || stage.file(|_| {});
    let steps = [
        stage.publishes([2]),
        stage.dies(),
        quiet(),
        quiet(),
        stage.opens(&Stu::schema()),
        quiet(),
        stage.publishes([3]),
    ];
    let played = stage.play(&["--follow", "--format=csv"], steps);
    let cells = |row: &&str| -> [String; 3] {
        let cells: Vec<&str> = row.split(',').collect();
        [0, 1, 5].map(|column| cells[column].to_owned())
    };
    let rows: Vec<_> = played.lines()[1..].iter().map(cells).collect();
    let names: Vec<_> = rows.iter().map(|[_, sequence, epoch]| (&**sequence, &**epoch)).collect();
    assert_eq!(names, [("1", "1"), ("2", "1"), ("3", "2")], "sequence and epoch");
    assert!(rows.iter().all(|row| row[0] == rows[0][0]), "one lineage: {rows:?}");
    assert_eq!(played.words(), ["dead", "live"]);
    let pid = std::process::id();
    assert_eq!(played.notices[1], format!("live: process {pid} publishes, epoch 2"));
}

#[test]
fn what_was_published_before_a_change_is_printed_before_it_is_logged() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let (publishes, dies) = (stage.publishes([2, 3]), stage.dies());
    let at_once: Step = Box::new(move || {
        publishes();
        dies();
    });
    let played = stage.play(&["--follow"], [at_once]);
    assert_eq!((played.words(), &played.lines_before[..]), (vec!["dead"], &[3][..]));
}

#[test]
fn a_writer_that_ended_before_the_start_is_logged_at_the_start() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    stage.dies()();
    let played = stage.play(&["--once"], []);
    assert_eq!((played.ids(), played.words()), (vec![1], vec!["dead"]));
}

#[test]
fn a_writer_that_closed_and_one_that_resumed_are_logged_once_each() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    for mode in ["--follow", "--poll=1ms"] {
        let steps = [stage.closes(), stage.opens(&Stu::schema()), stage.publishes([2])];
        let played = stage.play(&[mode], steps);
        assert_eq!(played.words(), ["closed", "live"], "{mode}");
        assert_eq!(played.ids().last(), Some(&2), "{mode}");
    }
}

#[test]
fn a_take_over_between_two_looks_is_logged() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let (dies, opens, publishes) =
        (stage.dies(), stage.opens(&Stu::schema()), stage.publishes([2]));
    let at_once: Step = Box::new(move || {
        dies();
        opens();
        publishes();
    });
    let played = stage.play(&["--follow"], [at_once]);
    assert_eq!((played.ids(), played.words()), (vec![1, 2], vec!["live"]));
}

#[test]
fn a_replaced_region_is_drained_before_the_next_is_read() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let replace = stage.with_writer(|writer| {
        let publish = |writer: &mut region::DynWriter, id| {
            writer.publish(bytemuck::bytes_of(&Stu::new(id, "x", 'm'))).unwrap();
        };
        publish(writer, 2);
        publish(writer, 3);
        let _ = writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
        publish(writer, 4);
    });
    let played = stage.play(&["--follow"], [replace]);
    assert_eq!((played.ids(), played.words()), (vec![1, 2, 3, 4], vec!["re-attached"]));
}

#[test]
fn a_record_like_the_one_printed_last_is_no_change_in_the_next_file_either() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let recreate = || {
        let path = stage.path();
        stage.with_writer(move |writer| {
            fs::remove_file(path).unwrap();
            writer.recreate().unwrap();
        })
    };
    for mode in ["--follow", "--poll=1ms"] {
        let steps = [recreate(), stage.publishes([1]), stage.publishes([2]), stage.publishes([1])];
        let played = stage.play(&[mode, "--on-change"], steps);
        assert!(played.words().contains(&"re-attached"), "{mode}: {:?}", played.notices);
        assert_eq!(played.ids(), [1, 2, 1], "{mode}");
    }
    // What a rate has held back is printed before the next file is read.
    let steps = [stage.publishes([2]), recreate(), stage.publishes([2])];
    let played = stage.play(&["--follow", "--on-change", "--rate=0.001"], steps);
    assert_eq!(played.ids(), [1, 2]);
}

#[test]
fn a_deleted_region_is_read_until_there_is_another() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let steps = [
        stage.file(|path| fs::remove_file(path).unwrap()),
        stage.publishes([2]),
        stage.with_writer(|writer| writer.recreate().unwrap()),
        stage.publishes([3]),
    ];
    let played = stage.play(&["--follow"], steps);
    let words = vec!["missing", "re-attached", "new lineage"];
    assert_eq!((played.ids(), played.words()), (vec![1, 2, 3], words));
}

#[test]
fn a_truncated_region_is_not_read_until_there_is_another() {
    // Lengths that remain: none; everything but the padding at the end; a part of the header.
    for len in [0, 1000, 100] {
        for mode in ["--follow", "--poll=1ms"] {
            let stage = Stage::of_students();
            stage.publishes([1])();
            let steps = [
                cut(&stage, len),
                stage.file(|_| {}),
                stage.with_writer(|writer| writer.recreate().unwrap()),
                stage.publishes([2]),
            ];
            let played = stage.play(&[mode], steps);
            assert_eq!(played.words(), ["truncated", "re-attached"], "{mode} {len}");
            let mut ids = played.ids();
            ids.dedup();
            assert_eq!(ids, [1, 2], "{mode} {len}");
        }
    }
}

#[test]
fn an_unreadable_file_at_the_path_is_logged_once_and_the_old_file_still_read() {
    let stage = Stage::of_students();
    stage.publishes([1])();
    let aside = stage.dir.path().join("aside");
    let back = aside.clone();
    let steps = [
        stage.file(move |path| {
            fs::rename(path, aside).unwrap();
            fs::write(path, "not a region").unwrap();
        }),
        stage.publishes([2]),
        stage.file(|path| fs::remove_file(path).unwrap()),
        stage.file(move |path| fs::rename(back, path).unwrap()),
        stage.publishes([3]),
    ];
    let played = stage.play(&["--follow"], steps);
    assert_eq!(played.ids(), [1, 2, 3]);
    assert!(played.notices[0].starts_with("is not a region"), "{:?}", played.notices);
    assert_eq!(played.words()[1..], ["missing", "back"]);
}

#[test]
fn an_unreadable_region_at_the_start_ends_the_program() {
    let stage = Stage::empty();
    fs::write(stage.path(), "not a region").unwrap();
    for mode in ["--once", "--follow", "--poll=1ms"] {
        let (exit, message) = stage.play(&[mode], []).failure();
        assert_eq!(exit, Exit::Failure);
        assert!(message.contains("is not a region"), "{message}");
    }
    fs::remove_file(stage.path()).unwrap();
    let appears = stage.file(|path| fs::write(path, "not a region").unwrap());
    let played = stage.play(&["--follow"], [appears]);
    assert_eq!(played.failure().0, Exit::Failure);
    assert_eq!(played.notices.len(), 1, "waiting: {:?}", played.notices);
}
