//! The bare format: the struct alone.

use super::*;
use region::{BareReader, BareWriter, FileStatus, Refreshed, RegionErrorKind as Kind};
use std::os::unix::fs::{FileExt, MetadataExt};

fn writer(place: &Place) -> BareWriter {
    BareWriter::open(&place.path, &Stu::schema(), &Options::new()).unwrap()
}

#[test]
fn the_file_holds_only_the_struct() {
    let place = Place::new();
    writer(&place).publish(&stu(10)).unwrap();
    let expected = b"\x0a\0\0\0xiaoming\0\0\0\0\0\0\0\0\0\0\0\0m\0\0\0";
    assert_eq!(std::fs::read(&place.path).unwrap(), expected);
    let reader = BareReader::open(&place.path, &Stu::schema()).unwrap();
    let mut record = [0; 28];
    reader.latest(&mut record).unwrap();
    assert_eq!(record, stu(10));
}

#[test]
fn an_existing_file_keeps_its_inode_and_its_readers() {
    let place = Place::new();
    std::fs::write(&place.path, [0; 28]).unwrap();
    let inode = place.path.metadata().unwrap().ino();
    let reader = BareReader::open(&place.path, &Stu::schema()).unwrap();
    writer(&place).publish(&stu(5)).unwrap();
    let mut record = [0; 28];
    reader.latest(&mut record).unwrap();
    assert_eq!((id_of(&record), place.path.metadata().unwrap().ino()), (5, inode));
}

#[test]
fn a_file_of_another_size_is_refused_and_left_alone() {
    let place = Place::new();
    for content in [&b""[..], b"27 bytes are not the record", b"a letter of more than 28 bytes"] {
        std::fs::write(&place.path, content).unwrap();
        let (schema, options) = (Stu::schema(), Options::new());
        let write = BareWriter::open(&place.path, &schema, &options).unwrap_err();
        let read = BareReader::open(&place.path, &schema).unwrap_err();
        for err in [write, read] {
            assert!(matches!(err.kind(), Kind::NotThisRecord { want: 28, .. }), "{err}");
        }
        assert_eq!(std::fs::read(&place.path).unwrap(), content);
    }
}

#[test]
fn a_second_bare_writer_of_ours_is_refused() {
    let place = Place::new();
    let _first = writer(&place);
    let err = BareWriter::open(&place.path, &Stu::schema(), &Options::new()).unwrap_err();
    assert!(matches!(err.kind(), Kind::Busy { .. }), "{err}");
}

#[test]
fn of_simultaneous_bare_writers_one_writes_and_the_others_get_busy() {
    for _ in 0..100 {
        let place = Place::new();
        let start = std::sync::Barrier::new(3);
        let open = || {
            start.wait();
            BareWriter::open(&place.path, &Stu::schema(), &Options::new())
        };
        let opened: Vec<_> = std::thread::scope(|scope| {
            let rivals: Vec<_> = (0..3).map(|_| scope.spawn(open)).collect();
            rivals.into_iter().map(|rival| rival.join().unwrap()).collect()
        });
        let busy = |result: &Result<_, region::RegionError>| {
            result.as_ref().is_err_and(|err| matches!(err.kind(), Kind::Busy { .. }))
        };
        let count = opened.iter().filter(|result| busy(result)).count();
        assert_eq!((count, opened.iter().flatten().count()), (2, 1), "{opened:?}");
    }
}

#[test]
fn a_bare_file_gets_the_mode_that_changes_and_so_does_the_next_one() {
    let place = Place::new();
    let mut writer = writer(&place);
    let mode = || place.path.metadata().unwrap().mode() & 0o7777;
    assert_eq!(mode(), 0o644);
    let inode = place.path.metadata().unwrap().ino();
    writer.change(&Options::new().mode(0o640)).unwrap();
    assert_eq!((mode(), place.path.metadata().unwrap().ino()), (0o640, inode));
    std::fs::remove_file(&place.path).unwrap();
    writer.recreate().unwrap();
    assert_eq!(mode(), 0o640);
    let group = Options::new().mode(0o600).group("no-such-group-here");
    assert!(matches!(writer.change(&group).unwrap_err().kind(), Kind::NoSuchGroup(_)));
    assert_eq!(mode(), 0o640);
    // Another program's file keeps its mode until that is changed.
    drop(writer);
    std::fs::set_permissions(&place.path, std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .unwrap();
    let mut writer = BareWriter::open(&place.path, &Stu::schema(), &Options::new()).unwrap();
    writer.change(&Options::new()).unwrap();
    assert_eq!(mode(), 0o666);
}

#[test]
fn an_emptied_and_a_deleted_bare_file_are_recreated() {
    let place = Place::new();
    let mut writer = writer(&place);
    let mut reader = BareReader::open(&place.path, &Stu::schema()).unwrap();
    let mut record = [0; 28];
    std::fs::File::options().write(true).open(&place.path).unwrap().set_len(0).unwrap();
    assert_eq!(writer.check().unwrap(), FileStatus::Truncated);
    assert!(writer.publish(&stu(1)).unwrap_err().is_truncated());
    assert!(reader.latest(&mut record).unwrap_err().is_truncated());
    writer.recreate().unwrap();
    std::fs::remove_file(&place.path).unwrap();
    assert_eq!(writer.check().unwrap(), FileStatus::Deleted);
    assert_eq!(reader.refresh(&Stu::schema()).unwrap(), Refreshed::Missing);
    writer.recreate().unwrap();
    writer.publish(&stu(2)).unwrap();
    assert_eq!(reader.refresh(&Stu::schema()).unwrap(), Refreshed::Reattached);
    reader.latest(&mut record).unwrap();
    assert_eq!(id_of(&record), 2);
}

#[test]
fn a_reader_that_is_kept_reads_no_zeros_of_a_cut_and_finds_the_next_file() {
    let place = Place::new();
    writer(&place).publish(&stu(1)).unwrap();
    let (schema, mut record) = (Stu::schema(), [0; 28]);
    let mut reader = BareReader::open(&place.path, &schema).unwrap();
    let cut = |len| std::fs::File::options().write(true).open(&place.path).unwrap().set_len(len);
    cut(6).unwrap(); // within the page: no signal is raised
    for _ in 0..2 {
        let err = reader.current(&schema, &mut record).unwrap_err();
        assert!(err.is_truncated(), "{err}");
    }
    // As a C program starts again: O_TRUNC, then ftruncate, and the struct.
    cut(0).unwrap();
    cut(28).unwrap();
    std::fs::write(&place.path, stu(2)).unwrap();
    reader.current(&schema, &mut record).unwrap();
    assert_eq!(id_of(&record), 2);
    std::fs::remove_file(&place.path).unwrap();
    writer(&place).publish(&stu(3)).unwrap();
    wait_until("the next file", || {
        reader.current(&schema, &mut record).unwrap();
        id_of(&record) == 3
    });
}

#[test]
fn a_refresh_maps_the_same_file_again_once_it_is_extended_after_a_cut() {
    let place = Place::new();
    writer(&place).publish(&stu(1)).unwrap();
    let mut reader = BareReader::open(&place.path, &Stu::schema()).unwrap();
    let mut record = [0; 28];
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    file.set_len(0).unwrap();
    let err = reader.latest(&mut record).unwrap_err();
    assert!(err.is_truncated() && err.to_string().ends_with("has 0 bytes, its struct takes 28"));
    assert_eq!(reader.refresh(&Stu::schema()).unwrap(), Refreshed::Same);
    file.write_all_at(&stu(2), 0).unwrap();
    assert_eq!(reader.refresh(&Stu::schema()).unwrap(), Refreshed::Reattached);
    reader.latest(&mut record).unwrap();
    assert_eq!(id_of(&record), 2);
}

#[test]
fn the_structs_of_an_array_are_written_and_read_one_by_one() {
    let place = Place::new();
    let count = std::num::NonZeroU32::new(3).unwrap();
    let (schema, options) = (Stu::schema(), Options::new());
    let mut writer = BareWriter::open_array(&place.path, &schema, count, &options).unwrap();
    for (index, id) in [(0, 1), (2, 3), (1, 2), (0, 4)] {
        writer.publish_at(index, &stu(id)).unwrap();
    }
    // 28 bytes are no whole words: no struct changes its neighbours.
    assert_eq!(std::fs::read(&place.path).unwrap(), [stu(4), stu(2), stu(3)].concat());
    let mut reader = BareReader::open_array(&place.path, &schema, count).unwrap();
    let mut record = [0; 28];
    for (index, id) in [(0, 4), (1, 2), (2, 3)] {
        reader.latest_at(index, &mut record).unwrap();
        assert_eq!(id_of(&record), id);
        reader.current_at(&schema, index, &mut record).unwrap();
        assert_eq!(id_of(&record), id);
    }
    assert_eq!((writer.count(), reader.count()), (3, 3));
    for index in [3, usize::MAX] {
        let write = writer.publish_at(index, &stu(1)).unwrap_err();
        let read = reader.latest_at(index, &mut record).unwrap_err();
        assert!(
            [write, read]
                .iter()
                .all(|err| matches!(err.kind(), Kind::NoSuchStruct { count: 3, .. }))
        );
    }
    assert!(matches!(
        writer.publish(&stu(1)).unwrap_err().kind(),
        Kind::WrongSize { want: 84, .. }
    ));
    let err = BareReader::open(&place.path, &schema).unwrap_err();
    assert!(matches!(err.kind(), Kind::NotThisRecord { want: 28, count: 1, have: 84 }), "{err}");
}
