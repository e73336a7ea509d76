//! A writer and a reader that call nothing but `publish` and `latest`, `next` or `wait` go on after the
//! region's file was deleted, cut or replaced.

use super::*;
use region::{Origin, Reader, RegionErrorKind as Kind, State, Step, Why};
use std::fs;

#[test]
fn a_writer_that_only_publishes_recreates_its_deleted_region() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    fs::remove_file(&place.path).unwrap();
    let mut last = 0;
    wait_until("a new file", || {
        last = writer.publish(&stu(2)).unwrap();
        place.path.exists()
    });
    assert_eq!((writer.origin(), writer.epoch()), (&Origin::Replaced(Why::Deleted), 2));
    let mut record = [0; 28];
    let publication = place.reader().latest(&mut record).unwrap().unwrap();
    assert_eq!((publication.sequence, id_of(&record)), (last, 2), "no number is left out");
}

#[test]
fn a_writer_that_only_sends_heartbeats_recreates_its_deleted_region() {
    let place = Place::new();
    let options = Options::new().check_every(Duration::from_millis(1));
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap();
    fs::remove_file(&place.path).unwrap();
    wait_until("a new file", || {
        writer.heartbeat().unwrap();
        place.path.exists()
    });
    assert_eq!(place.reader().state(), State::Live);
}

#[test]
fn a_time_in_the_future_does_not_delay_the_next_check() {
    let place = Place::new();
    let options = Options::new().check_every(Duration::from_millis(1));
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap();
    let stamps = [u64::MAX, 1 << 63, region::BootTime::now().as_nanos() + 3_600_000_000_000];
    for nanos in stamps {
        wait_until("a look", || {
            writer.publish_at(&stu(1), region::BootTime::from_nanos(nanos)).unwrap();
            fs::remove_file(&place.path).is_ok()
        });
    }
    wait_until("a new file", || {
        writer.publish(&stu(2)).unwrap();
        place.path.exists()
    });
}

#[test]
fn a_record_that_meets_a_cut_is_published_in_a_new_file() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = place.reader();
    writer.publish(&stu(1)).unwrap();
    for id in 2..20 {
        fs::File::options().write(true).open(&place.path).unwrap().set_len(400).unwrap();
        let sequence = writer.publish(&stu(id)).unwrap();
        wait_until("the record", || {
            // What was cut is an error once; the next call finds the new file.
            let mut record = [0; 28];
            let latest = reader.latest(&mut record);
            latest.is_ok_and(|found| found.is_some_and(|p| p.sequence == sequence))
        });
        assert_eq!(latest_id(&mut reader), Some(id));
    }
    assert_eq!(place.files(), 1);
}

#[test]
fn a_writer_whose_name_was_taken_returns_an_error() {
    let place = Place::new();
    let mut writer = place.writer();
    let other = place.dir.path().join("other");
    fs::write(&other, "somebody else's").unwrap();
    fs::rename(&other, &place.path).unwrap();
    wait_until("an error", || {
        writer.publish(&stu(1)).is_err_and(|err| matches!(err.kind(), Kind::Replaced))
    });
    assert_eq!(fs::read(&place.path).unwrap(), b"somebody else's");
}

#[test]
fn a_writer_without_checks_does_not_recreate_its_region() {
    let place = Place::new();
    let options = Options::new().check_every(Duration::MAX);
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap();
    fs::remove_file(&place.path).unwrap();
    let late = region::BootTime::from_nanos(u64::MAX - 1);
    writer.publish_at(&stu(1), late).unwrap();
    assert!(!place.path.exists());
    writer.recreate().unwrap();
    fs::File::options().write(true).open(&place.path).unwrap().set_len(0).unwrap();
    assert!(writer.publish(&stu(2)).unwrap_err().is_truncated());
}

/// A region whose writer died and whose file was deleted, with a reader that has seen record 1.
fn orphaned() -> (Place, DynReader) {
    let place = Place::new();
    let mut first = place.writer();
    let mut reader = place.reader();
    first.publish(&stu(1)).unwrap();
    assert!(matches!(reader.next(&mut [0; 28]).unwrap(), Step::Record(_)));
    die(first);
    fs::remove_file(&place.path).unwrap();
    (place, reader)
}

#[test]
fn a_reader_that_calls_only_next_finds_the_next_file() {
    let (place, mut reader) = orphaned();
    assert_eq!(reader.next(&mut [0; 28]).unwrap(), Step::Pending);
    let mut writer = place.writer();
    writer.publish(&stu(7)).unwrap();
    let mut record = [0; 28];
    wait_until("a record of the new file", || {
        let step = reader.next(&mut record).unwrap();
        matches!(step, Step::Record(publication) if publication.sequence == 1)
    });
    assert_eq!((id_of(&record), reader.state()), (7, State::Live));
}

#[test]
fn a_sleeping_reader_finds_the_next_file() {
    let (place, mut reader) = orphaned();
    let mut writer = place.writer();
    writer.publish(&stu(7)).unwrap();
    let mut record = [0; 28];
    let deadline = Instant::now() + DEADLINE;
    while !matches!(reader.next(&mut record).unwrap(), Step::Record(_)) {
        assert!(Instant::now() < deadline, "the new file was not found");
        reader.wait(Duration::from_hours(1)).unwrap();
    }
    assert_eq!(id_of(&record), 7);
}

#[test]
fn a_reader_that_calls_only_latest_finds_the_next_file() {
    for pause in [Duration::ZERO, Duration::from_millis(300)] {
        let (place, mut reader) = orphaned();
        assert_eq!(latest_id(&mut reader), Some(1));
        let mut writer = place.writer();
        writer.publish(&stu(7)).unwrap();
        let mut asked = 0;
        wait_until("the record of the new file", || {
            std::thread::sleep(pause);
            asked += 1;
            latest_id(&mut reader) == Some(7)
        });
        assert!(pause.is_zero() || asked <= 3, "{asked} calls, and each was after its time");
    }
}

#[test]
fn a_typed_reader_finds_the_next_file_and_refuses_another_record() {
    let place = Place::new();
    let mut first = place.writer();
    first.publish(&stu(1)).unwrap();
    let mut reader = Reader::<Stu>::open(&place.path).unwrap();
    let mut id = || reader.latest().map(|sample| sample.map(|sample| sample.record.id));
    assert_eq!(id().unwrap(), Some(1));
    first.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    first.publish(&stu(2)).unwrap();
    wait_until("the record of the new file", || id().unwrap() == Some(2));
    // A struct of the same size with another meaning.
    let schema = Schema::builder("STU")
        .field(layout::FieldSpec::new("a", layout::Scalar::F32))
        .field(layout::FieldSpec::new(
            "rest",
            layout::CType::array(layout::Scalar::U8, 24).unwrap(),
        ))
        .build()
        .unwrap();
    first.change(&schema, &Options::new()).unwrap();
    first.publish(&[9; 28]).unwrap();
    let mut dynamic = place.reader();
    wait_until("a refusal", || match id() {
        Ok(id) => {
            assert_eq!(id, Some(2), "the last one of its own");
            false
        }
        Err(err) => matches!(err.kind(), Kind::OtherSchema { .. }),
    });
    assert_eq!(id().unwrap(), Some(2), "and after the error, too");
    // A reader by schema gets the error as well, and switches when it calls refresh.
    assert_eq!(latest_id(&mut dynamic), Some(i32::from_le_bytes([9; 4])));
    first.change(&other_schema(), &Options::new()).unwrap();
    wait_until("a refusal", || {
        let latest = dynamic.latest(&mut [0; 28]);
        latest.is_err_and(|err| matches!(err.kind(), Kind::OtherSchema { .. }))
    });
    assert_eq!(dynamic.refresh().unwrap(), region::Refreshed::Reattached);
    assert_eq!(dynamic.schema().name(), "OTHER");
}

#[test]
fn a_reader_keeps_the_last_record_until_the_next_file_has_one() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    let mut reader = place.reader();
    assert_eq!(latest_id(&mut reader), Some(1));
    writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    let until = Instant::now() + Duration::from_millis(600);
    while Instant::now() < until {
        assert_eq!(latest_id(&mut reader), Some(1));
    }
    writer.publish(&stu(2)).unwrap();
    wait_until("the first record of the new file", || latest_id(&mut reader) == Some(2));
}

#[test]
fn a_reader_without_refreshes_keeps_its_file() {
    let (place, mut reader) = orphaned();
    reader.refresh_every(Duration::MAX);
    let mut writer = place.writer();
    writer.publish(&stu(7)).unwrap();
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {
        assert_eq!(latest_id(&mut reader), Some(1));
    }
    assert_eq!(reader.refresh().unwrap(), region::Refreshed::Reattached);
    assert_eq!(latest_id(&mut reader), Some(7));
}
