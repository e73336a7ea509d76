//! `record --csv`: the lines of `consumer --format csv`.

use std::fs;

use mapcast::Options;
use mapcast::dynamic::Writer;
use nix::sys::signal::Signal;

use crate::recording::{Running, odd, odd_record, wait_until};
use crate::world::World;

#[test]
fn csv_has_the_lines_of_the_consumer() {
    let world = World::new();
    let _live = world.students("live");
    let recorder = Running::start(&world, "record out.csv live --csv --fields name,id");
    let file = world.path("out.csv");
    let text = || fs::read_to_string(&file).unwrap_or_default();
    wait_until("the line is in the file", || text().lines().count() == 2);
    recorder.stop();
    let text = text();
    assert!(
        text.starts_with(
            "lineage,sequence,published_at,age_ns,state,epoch,record.name,record.id\n"
        )
    );
    assert!(text.ends_with(",live,1,xiaoming,10\n"), "{text}");
}

#[test]
fn instances_have_a_column_and_values_their_labels_and_units() {
    let world = World::new();
    let mut class = world.class("class", ["ann", "bob"]);
    let recorder = Running::start(&world, "record out.csv class --csv --labels --units");
    let text = || fs::read_to_string(world.path("out.csv")).unwrap_or_default();
    wait_until("both are in the file", || text().lines().count() == 3);
    let bob = class.instance("bob").expect("an instance");
    class.publish(bob, &mapcast::Stu::new(99, "bobby", 'm')).expect("published");
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    let text = text();
    let (header, rows) = text.split_once('\n').expect("a header");
    assert!(header.starts_with("lineage,sequence,instance,published_at,"), "{header}");
    assert!(header.ends_with(",record.id,record.name,record.sex"), "{header}");
    let row = |line: &str| {
        let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        (cells[2].clone(), cells[7].clone(), cells[8].clone())
    };
    let mut rows: Vec<_> = rows.lines().map(row).collect();
    rows.sort();
    let want = [("ann", "10", "ann"), ("bob", "11", "bob"), ("bob", "99", "bobby")];
    let want = want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(rows, want);

    let mut writer = Writer::open(world.path("odd.region"), &odd()).expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    let recorder =
        Running::start(&world, "record odd.csv odd --csv --labels --units --fields mode,speed");
    let text = || fs::read_to_string(world.path("odd.csv")).unwrap_or_default();
    wait_until("the record is in the file", || text().lines().count() == 2);
    recorder.stop();
    assert!(text().contains(",record.mode,record.speed [m/s]\n"), "{}", text());
    assert!(text().ends_with(",on,0.1\n"), "{}", text());
}

#[test]
fn missed_records_are_counted_in_the_log_and_a_gap_of_the_sequences() {
    let world = World::new();
    let region = world.path("odd.region");
    let mut writer = Writer::open_with(region, &odd(), &Options::new().slots(4)).expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    let recorder = Running::start(&world, "record out.csv odd --csv");
    let text = || fs::read_to_string(world.path("out.csv")).unwrap_or_default();
    wait_until("the first record is in the file", || text().lines().count() == 2);
    recorder.pause();
    for n in 2..=100 {
        writer.publish(odd_record(n).bytes()).expect("published");
    }
    recorder.signal(Signal::SIGCONT);
    let is_last = |line: &str| line.split(',').nth(1) == Some("100");
    wait_until("the newest record is in the file", || text().lines().last().is_some_and(is_last));
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    let records = text().lines().count() - 1;
    let want = format!("recorded {records} records, {} missed, into 1 file", 100 - records);
    assert!(records < 100 && said.contains(&want), "{want}: {said}");
}

#[test]
fn a_region_that_is_replaced_by_one_of_the_same_columns_has_no_second_header() {
    let world = World::new();
    let region = world.path("odd.region");
    let text = || fs::read_to_string(world.path("out.csv")).unwrap_or_default();
    let publish = |slots, n| {
        let mut writer =
            Writer::open_with(&region, &odd(), &Options::new().slots(slots)).expect("a writer");
        writer.publish(odd_record(n).bytes()).expect("published");
    };
    publish(4, 1);
    let recorder = Running::start(&world, "record out.csv odd --csv");
    wait_until("the first record is in the file", || text().lines().count() == 2);
    publish(8, 2);
    wait_until("the second record is in the file", || text().lines().count() > 2);
    recorder.stop();
    assert_eq!(text().matches("lineage,").count(), 1, "{}", text());
    assert_eq!(text().lines().count(), 3, "{}", text());
}
