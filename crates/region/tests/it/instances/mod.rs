//! Many instances in one region: their records, their names, and what becomes of both.

mod any;
mod begin;
mod files;
mod handles;
mod loss;
mod retired;

use super::{DEADLINE, Place, wait_until};
use layout::{FieldSpec, Schema, Stu};
use region::{
    DynInstanceReader, DynInstanceWriter, DynReader, Event, Instance, InstanceChange,
    InstanceReader, InstanceWriter, Notifier, Options, Origin, RegionErrorKind as Kind, State,
    Step, Why, Writer,
};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;
use std::os::unix::fs::FileExt;
use std::sync::Barrier;
use std::time::{Duration, Instant};

fn writer(place: &Place, max: u32) -> InstanceWriter<Stu> {
    Writer::options().open_instances(&place.path, max).expect("a writer")
}

fn reader(place: &Place) -> InstanceReader<Stu> {
    InstanceReader::open(&place.path).expect("a reader")
}

fn stu(id: i32) -> Stu {
    Stu::new(id, "xiaoming", 'm')
}

/// The next event of a reader, if there is one: `eth0 +`, `eth0 3`, `eth0 missed 2`, `eth0 -`, `missed 3`.
fn next_event(reader: &mut InstanceReader<Stu>) -> Option<String> {
    let event = match reader.next().expect("a whole file") {
        Step::Record(event) => event,
        Step::Pending => return None,
        Step::Missed(count) => return Some(format!("missed {count}")),
    };
    Some(match event.what {
        InstanceChange::Joined => format!("{} +", event.name),
        InstanceChange::Record(sample) => {
            assert_eq!(u64::try_from(sample.id), Ok(sample.sequence()));
            format!("{} {}", event.name, sample.id)
        }
        InstanceChange::Missed(count) => format!("{} missed {count}", event.name),
        InstanceChange::Retired => format!("{} -", event.name),
        other => panic!("{other:?}"),
    })
}

/// All pending events of a reader.
fn events(reader: &mut InstanceReader<Stu>) -> Vec<String> {
    std::iter::from_fn(|| next_event(reader)).collect()
}

/// Publishes the next record of an instance: its id is its number.
fn publish(writer: &mut InstanceWriter<Stu>, instance: Instance) {
    let next = writer.sequence_of(instance).expect("an instance") + 1;
    let id = i32::try_from(next).expect("a small number");
    assert_eq!(writer.publish(instance, &stu(id)).expect("a publish"), next);
}

#[test]
fn each_instance_has_records_and_numbers_of_its_own() {
    let place = Place::new();
    let mut writer = writer(&place, 3);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    let mut reader = reader(&place);
    let found = [reader.find("a"), reader.find("b")].map(|found| found.expect("it has joined"));
    assert_eq!(reader.find("c"), None);
    for id in 1..=20 {
        assert_eq!(writer.publish(a, &stu(id)).unwrap(), u64::try_from(id).unwrap());
    }
    assert_eq!(reader.latest(found[1]).unwrap(), None);
    writer.publish(b, &stu(7)).unwrap();
    let latest = found.map(|instance| reader.latest(instance).unwrap().expect("a record"));
    assert_eq!(latest.map(|sample| (sample.id, sample.sequence())), [(20, 20), (7, 1)]);
    let mut all = Vec::new();
    reader.latest_all(|name, sample| all.push((name.to_string(), sample.id))).unwrap();
    assert_eq!(all, [("a".into(), 20), ("b".into(), 7)]);
    assert_eq!((reader.state(), reader.max(), writer.len()), (State::Live, 3, 2));
}

#[test]
fn a_large_record_without_a_front_is_read_whole() {
    let place = Place::new();
    let bytes: layout::CType = "u8[5000]".parse().unwrap();
    let schema = Schema::builder("BIG").field(FieldSpec::new("bytes", bytes)).build().unwrap();
    let mut writer =
        DynInstanceWriter::open_with(&place.path, &schema, &Options::new(), 2).unwrap();
    let instances = ["a", "b"].map(|name| writer.instance(name).unwrap());
    for (instance, byte) in instances.into_iter().zip([1, 2]) {
        writer.publish(instance, &[byte; 5000]).unwrap();
    }
    let (mut reader, mut record) = (DynInstanceReader::open(&place.path).unwrap(), vec![0; 5000]);
    for (name, byte) in [("a", 1), ("b", 2)] {
        let instance = reader.find(name).unwrap();
        assert!(reader.latest(instance, &mut record).unwrap().is_some());
        assert!(record.iter().all(|found| *found == byte));
    }
    let wrong = writer.publish(instances[0], &[0; 8]).unwrap_err();
    assert!(matches!(wrong.kind(), Kind::WrongSize { want: 5000, have: 8 }), "{wrong}");
}

#[test]
fn a_follower_of_all_gets_every_event_in_the_order_in_which_it_happened() {
    let place = Place::new();
    let mut writer = writer(&place, 3);
    let a = writer.instance("a").unwrap();
    (0..3).for_each(|_| publish(&mut writer, a));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 3"], "it begins with the newest record");
    let b = writer.instance("b").unwrap();
    for instance in [b, a, b, b, a] {
        publish(&mut writer, instance);
    }
    writer.retire(a).unwrap();
    assert_eq!(events(&mut reader), ["b +", "b 1", "a 4", "b 2", "b 3", "a 5", "a -"]);
    assert_eq!(events(&mut reader), [""; 0]);
}

#[test]
fn an_instance_is_retired_before_the_next_of_its_name_joins_while_every_block_is_read_too() {
    let place = Place::new();
    let mut writer = writer(&place, 3);
    let a = writer.instance("a").unwrap();
    (0..2).for_each(|_| publish(&mut writer, a));
    let mut reader = reader(&place);
    let first = [next_event(&mut reader), next_event(&mut reader)];
    assert_eq!(first.map(Option::unwrap), ["a +", "a 2"]);
    // Its block has been read; the others, one of which `a` moves to, have not.
    writer.retire(a).unwrap();
    let both = ["c", "a"].map(|name| writer.instance(name).unwrap());
    for instance in both {
        publish(&mut writer, instance);
    }
    let mut of_a = [events(&mut reader), events(&mut reader)].concat();
    of_a.retain(|event| event.starts_with('a'));
    assert_eq!(of_a, ["a -", "a +", "a 3"]);
}

#[test]
fn what_the_slots_have_lost_is_counted_for_each_instance() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "b +"]);
    (0..20).for_each(|_| publish(&mut writer, a));
    publish(&mut writer, b);
    // Eight slots keep seven records.
    let mut expected = vec!["a missed 13".to_owned()];
    expected.extend((14..=20).map(|id| format!("a {id}")));
    expected.push("b 1".into());
    assert_eq!(events(&mut reader), expected);
}

#[test]
fn a_follower_that_was_lapped_in_the_changes_gets_or_counts_every_record() {
    let place = Place::new();
    let mut writer = writer(&place, 3);
    let names = ["a", "b", "c"].map(|name| writer.instance(name).unwrap());
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "b +", "c +"]);
    // 64 changes are kept.
    (0..70).for_each(|_| publish(&mut writer, names[0]));
    publish(&mut writer, names[2]);
    let mut expected = vec!["a missed 63".to_owned()];
    expected.extend((64..=70).map(|id| format!("a {id}")));
    expected.push("c 1".into());
    assert_eq!(events(&mut reader), expected);
    publish(&mut writer, names[1]);
    assert_eq!(events(&mut reader), ["b 1"]);
}

#[test]
fn a_retired_instance_is_never_taken_for_the_next_one_in_its_block() {
    let place = Place::new();
    let mut writer = writer(&place, 1);
    let a = writer.instance("a").unwrap();
    publish(&mut writer, a);
    let mut reader = reader(&place);
    let read_a = reader.find("a").unwrap();
    assert_eq!(events(&mut reader), ["a +", "a 1"]);
    publish(&mut writer, a);
    writer.retire(a).unwrap();
    assert!(matches!(reader.latest(read_a).unwrap_err().kind(), Kind::NoSuchInstance));
    assert_eq!(reader.find("a"), None);
    let b = writer.instance("b").unwrap();
    assert_ne!(a, b);
    assert!(matches!(writer.publish(a, &stu(1)).unwrap_err().kind(), Kind::NoSuchInstance));
    assert!(matches!(writer.retire(a).unwrap_err().kind(), Kind::NoSuchInstance));
    let read_b = reader.find("b").unwrap();
    assert_eq!(reader.latest(read_b).unwrap(), None, "the records were those of a");
    publish(&mut writer, b);
    assert_eq!(reader.latest(read_b).unwrap().expect("a record").sequence(), 3);
    assert!(matches!(reader.latest(read_a).unwrap_err().kind(), Kind::NoSuchInstance));
    assert_eq!(events(&mut reader), ["a missed 1", "a -", "b +", "b 3"]);
}

#[test]
fn the_last_records_of_an_instance_come_before_its_end() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").unwrap();
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +"]);
    (0..3).for_each(|_| publish(&mut writer, a));
    writer.retire(a).unwrap();
    assert_eq!(events(&mut reader), ["a 1", "a 2", "a 3", "a -"]);
}

#[test]
fn a_name_that_joins_again_continues_after_its_old_numbers() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    (0..5).for_each(|_| publish(&mut writer, a));
    publish(&mut writer, b);
    writer.retire(a).unwrap();
    writer.retire(b).unwrap();
    let c = writer.instance("c").unwrap();
    let a = writer.instance("a").unwrap();
    assert_eq!([a, c].map(|instance| writer.sequence_of(instance)), [Some(5), Some(5)]);
}

#[test]
fn names_and_numbers_that_cannot_be_are_refused() {
    let place = Place::new();
    for max in [0, 65_537] {
        let err = Writer::options().open_instances::<Stu>(&place.path, max).unwrap_err();
        assert!(matches!(err.kind(), Kind::BadOptions(_)), "{err}");
    }
    let mut writer = writer(&place, 2);
    for name in ["", "two\nlines", &"x".repeat(65)] {
        let err = writer.instance(name).unwrap_err();
        assert!(matches!(err.kind(), Kind::BadInstanceName(_)), "{err}");
        assert!(!err.to_string().contains('\n'), "{err}");
    }
    let a = writer.instance("a").unwrap();
    assert_eq!(writer.instance("a").unwrap(), a, "a name joins once");
    writer.instance("b").unwrap();
    let err = writer.instance("c").unwrap_err();
    assert!(matches!(err.kind(), Kind::TooManyInstances { have: 2, max: 2 }), "{err}");
    writer.retire(a).unwrap();
    writer.instance("c").unwrap();
}

#[test]
fn a_region_of_one_kind_is_not_read_as_the_other() {
    let place = Place::new();
    let many = writer(&place, 5);
    let err = DynReader::open(&place.path).unwrap_err();
    assert!(matches!(err.kind(), Kind::HasInstances { max: 5 }), "{err}");
    drop(many);
    let plain = place.writer();
    assert_eq!(plain.origin(), &Origin::Replaced(Why::OtherShape));
    let err = DynInstanceReader::open(&place.path).unwrap_err();
    assert!(matches!(err.kind(), Kind::NoInstances), "{err}");
}

#[test]
fn a_reader_stays_with_its_file_when_a_region_of_the_other_kind_takes_the_name() {
    let place = Place::new();
    let mut many = writer(&place, 2);
    let a = many.instance("a").unwrap();
    publish(&mut many, a);
    let mut reader = reader(&place);
    drop(many);
    drop(place.writer());
    assert!(matches!(reader.refresh().unwrap_err().kind(), Kind::NoInstances));
    let a = reader.find("a").unwrap();
    assert_eq!(reader.latest(a).unwrap().expect("a record").id, 1);
}

#[test]
fn a_sleeping_reader_is_woken_by_its_instance_and_by_any() {
    let place = Place::new();
    let mut writer = writer(&place, 3);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    let unattended = || {
        let mut reader = reader(&place);
        // Without its checks of the name a wait ends with a wake, or after a minute.
        reader.refresh_every(Duration::MAX);
        reader
    };
    let (start, looked) = (Instant::now(), Barrier::new(3));
    std::thread::scope(|scope| {
        let of_b = scope.spawn(|| {
            let mut reader = unattended();
            let b = reader.find("b").unwrap();
            assert_eq!(reader.latest(b).unwrap(), None);
            looked.wait();
            while reader.latest(b).unwrap().is_none() {
                reader.wait_for(b, DEADLINE).unwrap();
            }
        });
        let of_any = scope.spawn(|| {
            let mut reader = unattended();
            assert_eq!(events(&mut reader), ["a +", "b +"]);
            looked.wait();
            let mut seen = Vec::new();
            while seen.len() < 2 {
                reader.wait(DEADLINE).unwrap();
                seen.extend(events(&mut reader));
            }
            assert_eq!(seen, ["a 1", "b 1"]);
        });
        looked.wait();
        std::thread::sleep(Duration::from_millis(20)); // let them sleep; it must not matter
        publish(&mut writer, a);
        publish(&mut writer, b);
        of_b.join().unwrap();
        of_any.join().unwrap();
    });
    assert!(start.elapsed() < DEADLINE, "a reader was not woken");
}

#[test]
fn a_notifier_is_readable_after_a_publish_to_any_instance() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    let notifier = Notifier::open(&place.path).unwrap();
    let mut reader = reader(&place);
    for instance in [a, b, b, a] {
        notifier.clear();
        publish(&mut writer, instance);
        let readable = &mut [PollFd::new(&notifier, PollFlags::IN)];
        let deadline = Timespec { tv_sec: 60, tv_nsec: 0 };
        assert_eq!(poll(readable, Some(&deadline)).unwrap(), 1);
        assert!(!events(&mut reader).is_empty());
    }
}

#[test]
fn following_yields_what_happens_to_instances_and_to_the_writer() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").unwrap();
    publish(&mut writer, a);
    let mut reader = reader(&place);
    let mut follow = reader.follow().idle(DEADLINE);
    let mut next = || follow.next().expect("within a minute").expect("no error");
    assert!(matches!(next(), Event::Record(event) if event.what == InstanceChange::Joined));
    let Event::Record(event) = next() else { panic!("a record") };
    assert_eq!(event.name.as_str(), "a");
    assert!(matches!(event.what, InstanceChange::Record(sample) if sample.id == 1));
    writer.close();
    assert!(matches!(next(), Event::Writer(State::Closed)));
}

#[test]
fn a_writer_that_publishes_is_live_without_a_heartbeat() {
    let place = Place::new();
    let options = Options::new().period(Duration::from_millis(1));
    let mut writer = options.open_instances::<Stu>(&place.path, 3).unwrap();
    let c = ["a", "b", "c"].map(|name| writer.instance(name).unwrap())[2];
    let reader = reader(&place);
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    let heartbeat = layout::header::offset::HEARTBEAT as u64;
    file.write_all_at(&1_u64.to_le_bytes(), heartbeat).unwrap();
    assert_eq!(reader.state(), State::Stalled);
    // Half a second later it is stalled again.
    wait_until("live", || {
        writer.publish(c, &stu(1)).unwrap();
        reader.state() == State::Live
    });
}
