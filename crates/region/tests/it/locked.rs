//! A reader's lock is in the way of the next writer, or the region's file has a second name.

use super::*;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use region::{Origin, RegionErrorKind, State, Why};
use std::fs::File;
use std::sync::Barrier;

/// Opens the region as a reader may, and takes the lock that a reader can get.
fn read_lock(path: &std::path::Path) -> nix::Result<File> {
    let file = File::open(path).unwrap();
    let lock = libc::flock {
        l_type: i16::try_from(libc::F_RDLCK).unwrap(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap(),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_SETLK(&lock)).map(|_| file)
}

/// The results of three writers that start at `place` at the same time.
fn race(place: &Place) -> Vec<Result<DynWriter, region::RegionError>> {
    let start = Barrier::new(3);
    let open = || {
        start.wait();
        DynWriter::open_with(&place.path, &Stu::schema(), &Options::new())
    };
    std::thread::scope(|scope| {
        let rivals: Vec<_> = (0..3).map(|_| scope.spawn(open)).collect();
        rivals.into_iter().map(|rival| rival.join().unwrap()).collect()
    })
}

/// The one writer that got the region of a dead one; asserts that the others got `Busy`.
#[track_caller]
fn only_one(opened: &[Result<DynWriter, region::RegionError>]) -> &DynWriter {
    let won: Vec<_> = opened.iter().flatten().collect();
    let busy = |err: &&region::RegionError| matches!(err.kind(), RegionErrorKind::Busy { .. });
    let refused = opened.iter().filter_map(|result| result.as_ref().err());
    assert_eq!((won.len(), refused.filter(busy).count()), (1, 2), "{opened:?}");
    assert_eq!((won[0].epoch(), won[0].sequence()), (2, 1));
    won[0]
}

fn place_of_a_dead_writer() -> Place {
    let place = Place::new();
    let mut first = place.writer();
    first.publish(&stu(7)).unwrap();
    die(first);
    place
}

#[test]
fn of_simultaneous_writers_beside_a_readers_lock_exactly_one_gets_the_region() {
    for _ in 0..30 {
        let place = place_of_a_dead_writer();
        let _lock = read_lock(&place.path).unwrap();
        let opened = race(&place);
        assert_eq!(*only_one(&opened).origin(), Origin::Replaced(Why::Locked));
        assert_eq!(place.files(), 1, "no replace lock is left behind");
    }
}

#[test]
fn a_readers_lock_that_comes_and_goes_lets_no_second_writer_in() {
    for _ in 0..30 {
        let place = place_of_a_dead_writer();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let opened = std::thread::scope(|scope| {
            scope.spawn(|| {
                let stopped = stopped;
                while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                    drop(read_lock(&place.path));
                }
            });
            let opened = race(&place);
            drop(stop);
            opened
        });
        only_one(&opened);
    }
}

#[test]
fn readers_of_a_region_replaced_for_a_lock_switch_to_the_new_one() {
    let place = Place::new();
    let mut first = place.writer();
    first.publish(&stu(1)).unwrap();
    let mut reader = place.reader();
    assert_eq!(latest_id(&mut reader), Some(1));
    die(first);
    let _lock = read_lock(&place.path).unwrap();
    assert_eq!(reader.state(), State::Dead, "whatever a reader locks");
    let mut second = place.writer();
    assert_eq!(reader.state(), State::Retired);
    assert_eq!(second.publish(&stu(2)).unwrap(), 2);
    assert_eq!(reader.refresh().unwrap(), region::Refreshed::Reattached);
    assert_eq!((reader.state(), latest_id(&mut reader)), (State::Live, Some(2)));
}

#[test]
fn a_turn_that_a_killed_process_left_is_swept_away() {
    let place = Place::new();
    die(place.writer());
    let _lock = read_lock(&place.path).unwrap();
    std::fs::write(place.dir.path().join(".stu.region.turn.mapcast-new"), "").unwrap();
    assert_eq!(*place.writer().origin(), Origin::Replaced(Why::Locked));
    assert_eq!(place.files(), 1);
}

#[test]
fn a_hard_link_to_another_region_is_replaced_and_that_region_left_unchanged() {
    let place = Place::new();
    let mut mine = place.writer();
    mine.publish(&stu(1)).unwrap();
    drop(mine);
    let other = place.dir.path().join("other.region");
    std::fs::hard_link(&place.path, &other).unwrap();
    let mut reader = place.reader();
    let mut writer = DynWriter::open_with(&other, &Stu::schema(), &Options::new()).unwrap();
    assert_eq!(*writer.origin(), Origin::Replaced(Why::Linked));
    writer.publish(&stu(99)).unwrap();
    assert_eq!((reader.state(), latest_id(&mut reader)), (State::Closed, Some(1)));
}

#[test]
fn a_readers_lock_on_a_passed_descriptor_is_an_error() {
    let place = Place::new();
    drop(place.writer());
    let _lock = read_lock(&place.path).unwrap();
    let file = File::options().read(true).write(true).open(&place.path).unwrap();
    let label = std::path::Path::new("fd:region");
    let err = DynWriter::open_file(file, label, &Stu::schema(), &Options::new()).unwrap_err();
    assert!(matches!(err.kind(), RegionErrorKind::Locked), "{err}");
    assert_eq!(err.to_string(), "fd:region: a reader holds a lock on it");
}
