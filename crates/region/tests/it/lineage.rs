//! Lineage and sequence name one record for ever: when a lineage is kept, and when a new one begins.

use super::*;
use layout::Header;
use layout::header::offset;
use region::{Changed, Origin, Refreshed, RegionErrorKind as Kind, State, Step};
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The name and the id of the newest record.
pub(crate) fn newest(reader: &mut DynReader) -> Option<(u64, u64, i32)> {
    let mut record = [0; 28];
    let found = reader.latest(&mut record).unwrap()?;
    Some((found.lineage(), found.sequence, id_of(&record)))
}

fn open(place: &Place, options: &Options) -> DynWriter {
    DynWriter::open_with(&place.path, &Stu::schema(), options).unwrap()
}

pub(crate) fn publish(writer: &mut DynWriter, id: i32) -> (u64, u64, i32) {
    (writer.lineage(), writer.publish(&stu(id)).unwrap(), id)
}

/// A region with one record, whose writer has closed it.
pub(crate) fn closed(place: &Place) -> (u64, u64, i32) {
    publish(&mut place.writer(), 1)
}

/// Changes the header of the region, which then fits its checksum again.
pub(crate) fn change_header(place: &Place, change: impl Fn(&mut Header)) {
    let file = File::options().read(true).write(true).open(&place.path).unwrap();
    let mut bytes = [0; offset::HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let mut header = Header::decode(&bytes).unwrap();
    change(&mut header);
    file.write_all_at(&header.encode(), 0).unwrap();
}

#[test]
fn a_lineage_is_kept_by_restarts_and_take_overs() {
    let place = Place::new();
    let mut writer = place.writer();
    let lineage = writer.lineage();
    publish(&mut writer, 1);
    drop(writer);
    let mut writer = place.writer();
    assert_eq!((writer.origin(), writer.lineage()), (&Origin::Resumed, lineage));
    publish(&mut writer, 2);
    die(writer);
    let mut writer = place.writer();
    assert_eq!(publish(&mut writer, 3), (lineage, 3, 3));
    let mut reader = place.reader();
    assert_eq!((reader.lineage(), newest(&mut reader)), (lineage, Some((lineage, 3, 3))));
}

#[test]
fn a_region_replaced_for_its_shape_keeps_lineage_and_last_record() {
    for options in
        [Options::new().slots(16), Options::new().wake(false), Options::new().mode(0o600)]
    {
        let place = Place::new();
        let last = closed(&place);
        let mut before = place.reader();
        assert_eq!(newest(&mut before), Some(last));
        let mut writer = open(&place, &options);
        assert!(matches!(writer.origin(), Origin::Replaced(_)), "{}", writer.origin());
        assert_eq!(newest(&mut place.reader()), Some(last), "before the first publish");
        assert_eq!(before.refresh().unwrap(), Refreshed::Reattached);
        assert_eq!(newest(&mut before), Some(last));
        // It was delivered before, or not: each follower gets it once.
        let mut record = [0; 28];
        assert!(matches!(before.next(&mut record).unwrap(), Step::Record(p) if p.sequence == 1));
        assert_eq!(before.next(&mut record).unwrap(), Step::Pending);
        let mut after = place.reader();
        assert!(matches!(after.next(&mut record).unwrap(), Step::Record(p) if p.sequence == 1));
        assert_eq!(publish(&mut writer, 2), (last.0, 2, 2));
        for reader in [&mut before, &mut after] {
            assert!(
                matches!(reader.next(&mut record).unwrap(), Step::Record(p) if p.sequence == 2)
            );
        }
    }
}

#[test]
fn a_change_of_a_live_writer_keeps_lineage_and_last_record() {
    let place = Place::new();
    let mut writer = place.writer();
    let last = publish(&mut writer, 7);
    let mut time = None;
    for slots in [16, 8, 16] {
        let published_at = place.reader().latest(&mut [0; 28]).unwrap().unwrap().published_at;
        assert_eq!(*time.get_or_insert(published_at), published_at);
        let changed = writer.change(&Stu::schema(), &Options::new().slots(slots)).unwrap();
        assert_eq!((changed, writer.lineage()), (Changed::Replaced, last.0));
        assert_eq!(newest(&mut place.reader()), Some(last));
    }
}

#[test]
fn another_record_keeps_the_lineage_and_carries_nothing_over() {
    let place = Place::new();
    let last = closed(&place);
    let mut writer = DynWriter::open(&place.path, &other_schema()).unwrap();
    assert_eq!((writer.lineage(), writer.sequence()), (last.0, 1));
    assert_eq!(place.reader().latest(&mut [0; 8]).unwrap(), None);
    assert_eq!(writer.publish(&[0; 8]).unwrap(), 2);
}

#[test]
fn a_region_without_a_record_is_replaced_by_one_without() {
    let place = Place::new();
    let lineage = place.writer().lineage();
    let mut writer = open(&place, &Options::new().slots(16));
    assert_eq!((writer.lineage(), newest(&mut place.reader())), (lineage, None));
    assert_eq!(publish(&mut writer, 1), (lineage, 1, 1));
}

#[test]
fn a_region_that_was_lost_without_a_writer_begins_a_greater_lineage() {
    let place = Place::new();
    let mut last = closed(&place);
    for _ in 0..20 {
        std::fs::remove_file(&place.path).unwrap();
        let next = closed(&place);
        assert_eq!((next.1, next.2), (1, 1));
        assert!(next.0 > last.0, "{next:?} after {last:?}");
        last = next;
    }
}

#[test]
fn a_writer_whose_file_was_deleted_counts_on_in_a_new_lineage() {
    let place = Place::new();
    let mut writer = place.writer();
    let last = publish(&mut writer, 1);
    let mut reader = place.reader();
    std::fs::remove_file(&place.path).unwrap();
    writer.recreate().unwrap();
    // Its value is there before the next one, so that no reader finds an empty region.
    let lineage = writer.lineage();
    assert!(lineage > last.0);
    assert_eq!(newest(&mut place.reader()), Some((lineage, 1, 1)));
    assert_eq!(publish(&mut writer, 2), (lineage, 2, 2));
    assert_eq!(publish(&mut writer, 3), (lineage, 3, 3));
    let mut record = [0; 28];
    assert!(matches!(reader.next(&mut record).unwrap(), Step::Record(p) if p.lineage() == last.0));
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    for number in [2, 3] {
        let next = reader.next(&mut record).unwrap();
        assert!(matches!(next, Step::Record(p) if (p.lineage(), p.sequence) == (lineage, number)));
    }
}

#[test]
fn a_writer_that_is_silent_is_still_stalled_in_its_new_file() {
    let place = Place::new();
    let options = Options::new().period(Duration::from_millis(1));
    let mut writer = open(&place, &options);
    publish(&mut writer, 1);
    wait_until("stalled", || place.reader().state() == State::Stalled);
    std::fs::remove_file(&place.path).unwrap();
    writer.recreate().unwrap();
    assert_eq!(place.reader().state(), State::Stalled);
    writer.change(&Stu::schema(), &options.slots(16)).unwrap();
    assert_eq!(place.reader().state(), State::Stalled);
    writer.heartbeat().unwrap();
    wait_until("live", || {
        writer.heartbeat().unwrap();
        place.reader().state() == State::Live
    });
}

#[test]
fn a_writer_whose_file_was_cut_keeps_its_lineage() {
    let place = Place::new();
    let mut writer = place.writer();
    let last = publish(&mut writer, 1);
    File::options().write(true).open(&place.path).unwrap().set_len(100).unwrap();
    writer.recreate().unwrap();
    assert_eq!(publish(&mut writer, 2), (last.0, 2, 2));
}

#[test]
fn a_name_that_two_writers_used_in_turn_never_goes_back_to_a_lesser_lineage() {
    let place = Place::new();
    let mut first = place.writer();
    publish(&mut first, 1);
    let mut reader = place.reader();
    let mut seen = vec![newest(&mut reader).unwrap()];
    for round in 2..6 {
        // The first writer does not look at its file meanwhile.
        std::fs::remove_file(&place.path).unwrap();
        let mut second = place.writer();
        publish(&mut second, 10 * round);
        reader.refresh().unwrap();
        seen.extend(newest(&mut reader));
        die(second);
        std::fs::remove_file(&place.path).unwrap();
        first.recreate().unwrap();
        publish(&mut first, round);
        reader.refresh().unwrap();
        seen.extend(newest(&mut reader));
    }
    assert_eq!(seen.len(), 9);
    assert!(seen.is_sorted_by(|one, other| one < other), "{seen:?}");
}

#[test]
fn a_file_that_gets_its_name_back_is_continued_where_it_was_left() {
    let place = Place::new();
    let aside = place.dir.path().join("aside");
    let mut first = place.writer();
    let mut reader = place.reader();
    for id in 1..=3 {
        publish(&mut first, id);
    }
    let mut record = [0; 28];
    let mut next = |reader: &mut DynReader| match reader.next(&mut record).unwrap() {
        Step::Record(found) => Some((found.lineage(), found.sequence)),
        Step::Pending => None,
        Step::Missed(count) => panic!("{count} missed"),
    };
    let old = first.lineage();
    assert_eq!([(); 3].map(|()| next(&mut reader)), [1, 2, 3].map(|number| Some((old, number))));
    std::fs::rename(&place.path, &aside).unwrap();
    let mut second = place.writer();
    publish(&mut second, 10);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!(next(&mut reader), Some((second.lineage(), 1)));
    drop(second);
    std::fs::rename(&aside, &place.path).unwrap();
    publish(&mut first, 4);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!((next(&mut reader), next(&mut reader)), (Some((old, 4)), None));
}

#[test]
fn racing_writers_of_a_name_that_is_deleted_never_give_one_name_to_two_records() {
    const ROUNDS: usize = 300;
    let place = Place::in_memory();
    let published = std::thread::scope(|scope| {
        let race = |racer: i32| {
            let (mut published, mut id) = (Vec::new(), racer * 1_000_000);
            for _ in 0..ROUNDS {
                let mut writer = loop {
                    match DynWriter::open(&place.path, &Stu::schema()) {
                        Ok(writer) => break writer,
                        Err(err) if matches!(err.kind(), Kind::Busy { .. } | Kind::Replaced) => {}
                        Err(err) => panic!("{err}"),
                    }
                    std::thread::yield_now();
                };
                for _ in 0..3 {
                    id += 1;
                    published.push(publish(&mut writer, id));
                }
                if id % 2 == 0 {
                    let _ = std::fs::remove_file(&place.path);
                }
            }
            published
        };
        let racers: Vec<_> = (1..=4).map(|racer| scope.spawn(move || race(racer))).collect();
        racers.into_iter().flat_map(|racer| racer.join().unwrap()).collect::<Vec<_>>()
    });
    let mut names = HashMap::new();
    for (lineage, sequence, id) in published {
        assert_eq!(names.insert((lineage, sequence), id), None, "{lineage}, {sequence}: {id}");
    }
    assert!(names.len() > ROUNDS);
}
