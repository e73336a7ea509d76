//! Files that are cut, emptied, deleted or replaced under a running writer and reader.

use super::*;
use region::{FileStatus, Refreshed, RegionErrorKind as Kind, State};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Cuts the region to `len` bytes.
fn cut(place: &Place, len: u64) {
    File::options().write(true).open(&place.path).unwrap().set_len(len).unwrap();
}

#[test]
fn a_region_cut_at_any_page_is_an_error_to_both_sides_and_recovers() {
    let bytes = layout::CType::array(layout::Scalar::U8, 5000).unwrap();
    let schema = layout::Schema::builder("BYTES")
        .field(layout::FieldSpec::new("bytes", bytes))
        .build()
        .unwrap();
    for page in [0, 1, 2, 5, 9] {
        let place = Place::new();
        let (mut writer, mut reader) = place.both_by_hand(&schema, &Options::new());
        let mut record = vec![0; 5000];
        writer.publish(&record).unwrap();
        reader.latest(&mut record).unwrap().unwrap();
        cut(&place, page * 4096);
        assert_eq!(writer.check().unwrap(), FileStatus::Truncated);
        // Eight slots of two pages each: some publish touches a page that is gone.
        let refused = (0..8).find_map(|_| writer.publish(&record).err()).expect("an error");
        assert!(refused.is_truncated(), "{refused}");
        let unread = (0..8).find_map(|_| reader.latest(&mut record).err());
        assert!(unread.is_none_or(|err| err.is_truncated()));

        let sequence = writer.sequence();
        writer.recreate().unwrap();
        assert_eq!(writer.check().unwrap(), FileStatus::Named);
        assert_eq!(writer.publish(&vec![7; 5000]).unwrap(), sequence + 1);
        assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
        assert_eq!(reader.latest(&mut record).unwrap().unwrap().sequence, sequence + 1);
        assert_eq!((record[0], record[4999]), (7, 7));
        assert_eq!(reader.state(), State::Live);
    }
}

#[test]
fn a_cut_anywhere_in_the_last_page_is_detected() {
    // No signal tells of it: the kernel fills the rest of the page with zeros.
    let len = {
        let place = Place::new();
        drop(place.writer());
        place.path.metadata().unwrap().len()
    };
    assert!(len < 4096, "the region fits one page");
    for cut_to in 1..len {
        let place = Place::new();
        let (mut writer, mut reader) = place.both_by_hand(&Stu::schema(), &Options::new());
        writer.publish(&stu(1)).unwrap();
        cut(&place, cut_to);
        let mut record = [0; 28];
        assert!(reader.latest(&mut record).is_err_and(|err| err.is_truncated()), "{cut_to}");
        assert!(reader.next(&mut record).is_err_and(|err| err.is_truncated()), "{cut_to}");
        assert!(writer.publish(&stu(2)).is_err_and(|err| err.is_truncated()), "{cut_to}");
    }
}

#[test]
fn an_emptied_region_is_an_error_for_new_and_attached_readers() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    let mut reader = place.reader();
    cut(&place, 0);
    assert!(reader.latest(&mut [0; 28]).unwrap_err().is_truncated());
    assert!(reader.wait(Duration::from_hours(1)).unwrap_err().is_truncated());
    let err = DynReader::open(&place.path).unwrap_err();
    assert!(matches!(err.kind(), Kind::TooShort(0)), "{err}");
}

/// Writes these bytes over the file that has the name, as `cat copy > stu.region` does after it has cut it.
fn refill(place: &Place, bytes: &[u8]) {
    File::options().write(true).open(&place.path).unwrap().write_all_at(bytes, 0).unwrap();
}

#[test]
fn a_file_that_was_cut_and_has_its_bytes_again_is_read_again() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    writer.close();
    let bytes = std::fs::read(&place.path).unwrap();
    let len = u64::try_from(bytes.len()).unwrap();
    let mut reader = place.reader();
    let mut record = [0; 28];
    for cut_to in [0, 64, len - 8] {
        cut(&place, cut_to);
        assert!(reader.latest(&mut record).unwrap_err().is_truncated(), "{cut_to}");
        assert_eq!(reader.refresh().unwrap(), Refreshed::Same, "not whole yet");
        refill(&place, &bytes);
        wait_until("the record", || reader.latest(&mut record).is_ok_and(|found| found.is_some()));
        assert_eq!((id_of(&record), reader.state()), (1, State::Closed), "{cut_to}");
    }
}

#[test]
fn the_error_for_a_cut_region_has_both_lengths() {
    let place = Place::new();
    drop(place.writer());
    let want = place.path.metadata().unwrap().len();
    cut(&place, want - 1);
    let err = DynReader::open(&place.path).unwrap_err();
    assert!(matches!(err.kind(), Kind::Truncated { .. }), "{err}");
    let text = err.to_string();
    assert!(
        text.contains(&format!("has {} bytes, its header promises {want}", want - 1)),
        "{text}"
    );
}

#[test]
fn the_error_for_a_file_that_was_cut_and_has_grown_since_says_so() {
    let place = Place::new();
    drop(place.writer());
    let mut reader = place.reader();
    let len = place.path.metadata().unwrap().len();
    cut(&place, 0);
    let mut record = [0; 28];
    assert!(reader.latest(&mut record).unwrap_err().is_truncated());
    cut(&place, len);
    let text = reader.latest(&mut record).unwrap_err().to_string();
    assert!(text.ends_with("stu.region: was cut short and has grown again since"), "{text}");
}

#[test]
fn a_deleted_region_is_recreated_and_the_sequence_continues() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    let mut reader = place.reader();
    std::fs::remove_file(&place.path).unwrap();
    assert_eq!(writer.check().unwrap(), FileStatus::Deleted);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Missing);
    assert_eq!(latest_id(&mut reader), Some(1), "the old file stays readable");
    writer.recreate().unwrap();
    assert_eq!(reader.state(), State::Retired);
    assert_eq!(writer.publish(&stu(2)).unwrap(), 2);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!((latest_id(&mut reader), reader.epoch()), (Some(2), 2));
}

#[test]
fn a_writer_gives_way_to_a_file_that_took_its_name() {
    let place = Place::new();
    let mut writer = place.writer();
    let other = place.dir.path().join("other");
    std::fs::write(&other, "somebody else's").unwrap();
    std::fs::rename(&other, &place.path).unwrap();
    assert_eq!(writer.check().unwrap(), FileStatus::Replaced);
    let err = writer.recreate().unwrap_err();
    assert!(matches!(err.kind(), Kind::Replaced), "{err}");
    assert_eq!(std::fs::read(&place.path).unwrap(), b"somebody else's");
}

#[test]
fn no_change_takes_the_name_from_a_writer_that_came_after_a_deletion() {
    for options in [Options::new(), Options::new().slots(16), Options::new().mode(0o600)] {
        for schema in [Stu::schema(), other_schema()] {
            let place = Place::new();
            let never = Options::new().check_every(Duration::MAX);
            let mut first = DynWriter::open_with(&place.path, &Stu::schema(), &never).unwrap();
            std::fs::remove_file(&place.path).unwrap();
            let mut second = place.writer();
            let err = first.change(&schema, &options).unwrap_err();
            assert!(matches!(err.kind(), Kind::Replaced), "{err}");
            assert_eq!(second.check().unwrap(), FileStatus::Named);
            second.publish(&stu(2)).unwrap();
            assert_eq!(latest_id(&mut place.reader()), Some(2));
            assert_eq!(place.files(), 1);
            assert_eq!(first.publish(&stu(3)).unwrap(), 1, "it is as it was");
        }
    }
}

#[test]
fn a_change_after_a_deletion_takes_the_free_name() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    std::fs::remove_file(&place.path).unwrap();
    let options = Options::new().slots(16);
    assert_eq!(writer.change(&Stu::schema(), &options).unwrap(), region::Changed::Replaced);
    assert_eq!((writer.check().unwrap(), writer.epoch()), (FileStatus::Named, 2));
    assert_eq!(writer.publish(&stu(2)).unwrap(), 2);
}

#[test]
fn a_new_region_of_a_writer_that_never_knew_the_old_one_starts_over() {
    let place = Place::new();
    let mut first = place.writer();
    for id in 1..=5 {
        first.publish(&stu(id)).unwrap();
    }
    let mut reader = place.reader();
    assert_eq!(latest_id(&mut reader), Some(5));
    die(first);
    std::fs::remove_file(&place.path).unwrap();
    let mut second = place.writer();
    second.publish(&stu(100)).unwrap();
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    let mut record = [0; 28];
    assert!(
        matches!(reader.next(&mut record).unwrap(), region::Step::Record(p) if p.sequence == 1)
    );
    assert_eq!(id_of(&record), 100);
}
