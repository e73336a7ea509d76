//! A region's life: created, published to, closed or left behind, resumed, replaced, retired.

use super::*;
use region::{Changed, Origin, Refreshed, RegionErrorKind as Kind, State, Step, Why};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

#[test]
fn a_record_is_read_with_its_sequence_epoch_and_time() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = place.reader();
    let mut record = [0; 28];
    assert!(reader.latest(&mut record).unwrap().is_none());
    let before = region::BootTime::now();
    assert_eq!(writer.publish(&stu(10)).unwrap(), 1);
    let publication = reader.latest(&mut record).unwrap().unwrap();
    assert_eq!((publication.sequence, reader.epoch(), reader.retries()), (1, 1, 0));
    assert!(
        publication.published_at >= before && publication.published_at <= region::BootTime::now()
    );
    assert_eq!(record, stu(10));
    assert!(reader.age(&publication).unwrap() <= before.elapsed());
    assert_eq!(reader.state(), State::Live);
}

#[test]
fn the_next_writer_continues_with_the_next_sequence_and_a_higher_epoch() {
    let place = Place::new();
    let mut first = place.writer();
    assert_eq!(*first.origin(), Origin::Created);
    first.publish(&stu(1)).unwrap();
    let mut reader = place.reader();
    first.close();
    assert_eq!(reader.state(), State::Closed);
    assert_eq!(latest_id(&mut reader), Some(1));
    let mut second = place.writer();
    assert_eq!((second.origin(), second.epoch()), (&Origin::Resumed, 2));
    assert_eq!(second.publish(&stu(2)).unwrap(), 2);
    assert_eq!(latest_id(&mut reader), Some(2));
    assert_eq!((reader.state(), reader.epoch()), (State::Live, 2));
    assert_eq!(reader.refresh().unwrap(), Refreshed::Same);
}

#[test]
fn a_writer_reads_the_newest_record_of_the_one_before() {
    let place = Place::new();
    let mut first = place.writer();
    let mut record = [0; 28];
    assert_eq!(first.latest(&mut record).unwrap(), None);
    for (id, nanos) in [(1, 5), (2, 7)] {
        first.publish_at(&stu(id), region::BootTime::from_nanos(nanos)).unwrap();
    }
    die(first);
    let second = place.writer();
    assert_eq!(second.latest(&mut record).unwrap(), Some(region::BootTime::from_nanos(7)));
    assert_eq!(record, stu(2));
    assert!(matches!(second.latest(&mut [0]).unwrap_err().kind(), Kind::WrongSize { .. }));
    drop(second);
    let schema = layout::Schema::builder("X")
        .field(layout::FieldSpec::new("x", layout::Scalar::U64))
        .build()
        .unwrap();
    let other = DynWriter::open(&place.path, &schema).unwrap();
    assert_eq!((other.sequence(), other.latest(&mut [0; 8]).unwrap()), (2, None));
}

#[test]
fn a_writer_that_dies_leaves_its_last_record_and_is_dead() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(7)).unwrap();
    let mut reader = place.reader();
    die(writer);
    assert_eq!(reader.state(), State::Dead);
    assert_eq!(latest_id(&mut reader), Some(7));
    assert_eq!(place.writer().epoch(), 2);
}

#[test]
fn a_silent_writer_is_stalled_until_its_next_heartbeat() {
    let place = Place::new();
    let options = Options::new().period(Duration::from_millis(1));
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap();
    let reader = place.reader();
    wait_until("the writer is called stalled", || reader.state() == State::Stalled);
    wait_until("a beat makes it live", || {
        writer.heartbeat().unwrap();
        reader.state() == State::Live
    });
}

#[test]
fn a_second_writer_is_refused_and_the_error_names_the_first() {
    let place = Place::new();
    let mut first = place.writer();
    let err = DynWriter::open_with(&place.path, &Stu::schema(), &Options::new()).unwrap_err();
    let this = u64::from(std::process::id());
    assert!(matches!(err.kind(), Kind::Busy { pid } if *pid == this), "{err}");
    assert!(
        err.to_string().ends_with(&format!(": process {this} publishes here already")),
        "{err}"
    );
    assert_eq!(first.publish(&stu(1)).unwrap(), 1);
}

#[test]
fn a_closed_writer_releases_the_region_even_if_its_descriptor_was_inherited() {
    let place = Place::new();
    let writer = place.writer();
    // As a child that was forked and has not executed its program yet.
    let inherited = descriptor_of(&place.path);
    drop(writer);
    let reader = place.reader();
    assert_eq!(reader.state(), State::Closed);
    let next = place.writer();
    assert_eq!((next.epoch(), reader.state()), (2, State::Live));
    drop(inherited);
    assert_eq!(reader.state(), State::Live, "the lock is that of the next writer");
}

/// The open file of this process whose name is `path`, once more.
fn descriptor_of(path: &Path) -> OwnedFd {
    let names = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mut open =
        names.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| to == path));
    let number = open.next().unwrap().file_name().to_str().unwrap().parse().unwrap();
    let this = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    pidfd_getfd(this, number, PidfdGetfdFlags::empty()).unwrap()
}

#[test]
fn probing_a_region_never_keeps_a_writer_out() {
    let place = Place::new();
    drop(place.writer());
    let reader = place.reader();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let looks = std::thread::spawn(move || {
        for _ in 0..20_000 {
            // Probes the lock without taking it.
            assert_ne!(reader.state(), State::Dead);
        }
        drop(sender);
    });
    for epoch in 2.. {
        assert_eq!(place.writer().epoch(), epoch);
        if matches!(receiver.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected)) {
            break;
        }
    }
    looks.join().unwrap();
}

#[test]
fn another_schema_retires_the_old_region_and_the_sequence_goes_on() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    writer.publish(&stu(2)).unwrap();
    let mut reader = place.reader();
    assert_eq!(latest_id(&mut reader), Some(2));

    assert_eq!(writer.change(&other_schema(), &Options::new()).unwrap(), Changed::Replaced);
    assert_eq!(reader.state(), State::Retired);
    assert_eq!(writer.publish(&1.5_f64.to_le_bytes()).unwrap(), 3);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!(reader.schema().name(), "OTHER");
    let mut record = [0; 8];
    let publication = reader.latest(&mut record).unwrap().unwrap();
    assert_eq!((publication.sequence, reader.epoch()), (3, 2));
    assert_eq!(place.files(), 1);
}

#[test]
fn the_same_schema_keeps_the_region() {
    let place = Place::new();
    let mut writer = place.writer();
    let inode = place.path.metadata().unwrap().ino();
    let options = Options::new().mode(0o664).period(Duration::from_secs(1));
    assert_eq!(writer.change(&Stu::schema(), &options).unwrap(), Changed::Kept);
    let meta = place.path.metadata().unwrap();
    assert_eq!((meta.ino(), meta.mode() & 0o7777), (inode, 0o664));
    assert_eq!(place.reader().period(), Some(Duration::from_secs(1)));
}

#[test]
fn a_restart_with_another_schema_or_shape_replaces_the_region() {
    let place = Place::new();
    place.writer().publish(&stu(1)).unwrap();
    let options = Options::new();
    let other = DynWriter::open_with(&place.path, &other_schema(), &options).unwrap();
    assert_eq!(*other.origin(), Origin::Replaced(Why::OtherSchema));
    assert_eq!((other.epoch(), other.sequence()), (2, 1));
    drop(other);
    let wider = DynWriter::open_with(&place.path, &other_schema(), &options.slots(16)).unwrap();
    assert_eq!(*wider.origin(), Origin::Replaced(Why::OtherShape));
    assert_eq!((wider.epoch(), wider.sequence()), (3, 1));
}

#[test]
fn a_follower_continues_in_a_replaced_region_and_learns_what_it_missed() {
    let place = Place::new();
    let mut writer = place.writer();
    let mut reader = place.reader();
    let mut record = [0; 28];
    writer.publish(&stu(1)).unwrap();
    assert!(matches!(reader.next(&mut record).unwrap(), Step::Record(p) if p.sequence == 1));
    writer.publish(&stu(2)).unwrap();
    writer.publish(&stu(3)).unwrap();
    writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    writer.publish(&stu(4)).unwrap();
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!(reader.next(&mut record).unwrap(), Step::Missed(1));
    for number in [3, 4] {
        let next = reader.next(&mut record).unwrap();
        assert!(matches!(next, Step::Record(p) if p.sequence == number), "{next:?}");
        assert_eq!(
            id_of(&record),
            number.try_into().unwrap(),
            "the last record is in the new file"
        );
    }
    assert_eq!(reader.next(&mut record).unwrap(), Step::Pending);
}

#[test]
fn a_reader_that_polls_slowly_has_the_next_file_with_its_second_call_at_the_latest() {
    // The time between two polls, not one in which something has to happen.
    let pause = || std::thread::sleep(Duration::from_millis(300));
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    let mut reader = place.reader();
    for id in 2..6 {
        assert_eq!(latest_id(&mut reader), Some(id - 1));
        pause();
        if id % 2 == 0 {
            writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
        } else {
            std::fs::remove_file(&place.path).unwrap();
            writer = place.writer();
        }
        writer.publish(&stu(id)).unwrap();
        let first = latest_id(&mut reader);
        assert!(first == Some(id - 1) || first == Some(id), "{first:?}");
        pause();
        assert_eq!(latest_id(&mut reader), Some(id));
        pause();
    }
}

#[test]
fn the_mode_is_the_one_asked_for_whatever_the_umask() {
    let place = Place::new();
    for mode in [0o600, 0o640, 0o644, 0o666] {
        let path = place.dir.path().join(format!("{mode:o}.region"));
        let _writer =
            DynWriter::open_with(&path, &Stu::schema(), &Options::new().mode(mode)).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o7777, mode);
    }
}

#[test]
fn a_group_that_does_not_exist_is_named() {
    let place = Place::new();
    let options = Options::new().group("no-such-group-here");
    let err = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap_err();
    assert!(matches!(err.kind(), Kind::NoSuchGroup(_)), "{err}");
    assert_eq!(place.files(), 0);
}

#[test]
fn slots_that_are_no_power_of_two_are_refused() {
    let place = Place::new();
    for slots in [0, 1, 2, 3, 7, 131_072] {
        let options = Options::new().slots(slots);
        let err = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap_err();
        assert!(matches!(err.kind(), Kind::BadOptions(_)), "{slots}: {err}");
    }
}

#[test]
fn a_struct_reads_only_its_own_record() {
    let place = Place::new();
    let _writer = DynWriter::open_with(&place.path, &other_schema(), &Options::new()).unwrap();
    let err = region::Reader::<Stu>::open(&place.path).unwrap_err();
    assert!(matches!(err.kind(), Kind::OtherSchema { .. }), "{err}");
    let mut reader = place.reader();
    let err = reader.latest(&mut [0; 28]).unwrap_err();
    assert!(matches!(err.kind(), Kind::WrongSize { want: 8, have: 28 }), "{err}");
}

#[test]
fn a_resuming_writer_removes_the_temporary_file_of_a_replacement() {
    let place = Place::new();
    drop(place.writer());
    // Where a writer died: the new file has the name, the old one the temporary name.
    let aside = place.path.with_file_name(".stu.region.1-1.mapcast-new");
    std::fs::copy(&place.path, &aside).unwrap();
    assert_eq!(*place.writer().origin(), region::Origin::Resumed);
    assert!(!aside.exists());
}
