//! When each record is published, and from which one on.

use std::fs;
use std::time::Duration;

use mapcast::dynamic::Reader;
use mapcast::{Begin, BootTime, Record as _, State, Step, Stu};

use super::{add_records, id_of, newest, recording, students};
use crate::recording::{Running, records, wait_until};
use crate::world::World;

#[test]
fn a_replay_keeps_the_distance_of_the_records_and_begins_where_it_is_asked_to() {
    let world = World::new();
    let file = world.path("x.mcap");
    let times = [1_000, 1_001, 1_002].map(|second| second * 1_000_000_000);
    students(&file, &times);
    let begin = BootTime::now();
    world.prints("replay x.mcap --speed 100 --from 1s");
    let ids: Vec<i32> =
        records(&world.path("s.region")).iter().map(|record| id_of(record)).collect();
    assert_eq!(ids, [1, 2], "from the second record on");
    let mut reader = Reader::open(world.path("s.region")).expect("a region");
    reader.begin(Begin::Oldest);
    let mut record = [0; size_of::<Stu>()];
    let mut step = || reader.next(&mut record).expect("readable");
    let [_, Step::Record(second)] = [step(), step()] else { panic!("two records") };
    // A second later in the recording: 10 ms, which may become more and not less.
    assert!(second.published_at.since(begin) >= Duration::from_millis(10));
    let output = world.run("replay x.mcap --from 1h");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let want = "x.mcap: --from: its last record is of 1970-01-01T00:16:42.000000000Z; give an earlier time";
    assert!(said.contains(want), "{said}");
}

#[test]
fn a_replay_begins_at_once_with_its_first_record_however_long_before_that_it_is_to_begin() {
    let world = World::new();
    let hours = |hour: u64| hour * 3_600_000_000_000;
    students(&world.path("x.mcap"), &[hours(100), hours(200), hours(200) + 10_000_000]);
    let region = world.path("s.region");
    // Before the first record, and between two that are hours apart; the test would not end.
    for (from, options, want) in
        [("1970-01-01T00:00:00Z", "--speed 1e6", 3), ("1h", "", 2), ("0s", "--speed 1e6", 3)]
    {
        world.prints(&format!("replay x.mcap --from {from} {options}"));
        assert_eq!(records(&region).len(), want, "{from}");
        fs::remove_file(&region).expect("removed");
    }
    let replay = Running::start(&world, "replay x.mcap --from 1h --loop");
    wait_until("it has begun again", || newest(&region) > 3);
    let (code, said) = replay.stop();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_long_wait_for_the_next_record_is_said_once_with_its_length() {
    let world = World::new();
    let times = [1_000, 1_001, 8_201].map(|second| second * 1_000_000_000);
    students(&world.path("x.mcap"), &times);
    let region = world.path("s.region");
    let replay = Running::start(&world, "replay x.mcap --from 1s");
    wait_until("the record before", || newest(&region) == 1);
    // The wait begins after the record is published.
    std::thread::sleep(Duration::from_secs(2));
    let (code, said) = replay.stop();
    assert_eq!(code, Some(0), "{said}");
    let waits: Vec<_> =
        said.lines().filter(|line| line.contains("INFO mapcast: waiting ")).collect();
    let [wait] = waits[..] else { panic!("once: {said}") };
    let is_two_hours = wait.contains("waiting 2h for ") || wait.contains("waiting 1h 59m ");
    assert!(is_two_hours && wait.ends_with(" for the next record, as recorded"), "{said}");
}

#[test]
fn records_of_two_regions_are_published_in_the_order_of_their_times_also_from_chunks_that_overlap()
{
    let world = World::new();
    let [a, b] = [[1, 3, 5], [2, 4, 6]].map(|times| times.map(|second| second * 1_000_000_000));
    recording(&world.path("x.mcap"), |writer| {
        add_records(writer, "a", &Stu::schema(), &a);
        writer.flush().expect("a chunk");
        add_records(writer, "b", &Stu::schema(), &b);
    });
    for speed in ["1000", "max"] {
        world.prints(&format!("replay x.mcap --speed {speed}"));
        let mut published = Vec::new();
        for region in ["a", "b"] {
            let mut reader = Reader::open(world.path(&format!("{region}.region"))).expect("it");
            reader.begin(Begin::Last(3));
            let mut record = [0; size_of::<Stu>()];
            while let Step::Record(publication) = reader.next(&mut record).expect("readable") {
                published.push((publication.published_at, region, id_of(&record)));
            }
        }
        published.sort();
        let order = published.iter().map(|(_, region, id)| (*region, *id)).collect::<Vec<_>>();
        let want = [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)];
        assert_eq!(order, want, "--speed {speed}");
    }
}

#[test]
fn a_replay_in_a_loop_ends_with_a_signal() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    let replay = Running::start(&world, "replay x.mcap --loop --speed max");
    let region = world.path("s.region");
    wait_until("it has begun again", || newest(&region) > 5);
    let (code, said) = replay.stop();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(Reader::open(&region).expect("a region").state(), State::Closed);
}

#[test]
fn a_loop_over_a_single_record_repeats_it_once_a_second_divided_by_the_speed() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    let region = world.path("s.region");
    let published = || {
        let mut reader = Reader::open(&region).ok()?;
        Some(reader.latest(&mut [0; size_of::<Stu>()]).ok()??.sequence)
    };
    // A pass takes 1,000 s.
    let replay = Running::start(&world, "replay x.mcap --loop --speed 0.001");
    wait_until("the record is there", || published().is_some());
    std::thread::sleep(Duration::from_millis(200));
    let (code, said) = replay.stop();
    assert_eq!((code, published()), (Some(0), Some(1)), "{said}");
    let _replay = Running::start(&world, "replay x.mcap --loop --speed 100");
    wait_until("it has begun again", || published() > Some(5));
}
