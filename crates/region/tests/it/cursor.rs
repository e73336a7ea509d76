//! Records returned and records missed leave no gap, wherever the file is cut.

use super::*;
use region::{Refreshed, Step};
use std::fs::File;

/// A follower and the number up to which it has accounted for every record.
struct Follower {
    reader: DynReader,
    accounted: u64,
}

impl Follower {
    fn new(place: &Place) -> Self {
        Self { reader: place.reader(), accounted: 0 }
    }

    /// One step; `false`: there is nothing more to be had, or the file is cut.
    fn step(&mut self) -> bool {
        let mut record = [0; 28];
        match self.reader.next(&mut record) {
            Ok(Step::Record(publication)) => {
                assert_eq!(publication.sequence, self.accounted + 1, "a gap, or given twice");
                assert_eq!(u64::from(id_of(&record).unsigned_abs()), publication.sequence);
                self.accounted += 1;
            }
            Ok(Step::Missed(count)) => self.accounted += count,
            Ok(Step::Pending) => return false,
            Err(err) => {
                assert!(err.is_truncated(), "{err}");
                return false;
            }
        }
        true
    }

    fn drain(&mut self) {
        while self.step() {}
    }
}

/// What happens to one region of four slots, in this order; then its writer makes it anew.
#[derive(Clone, Copy, Debug)]
struct Story {
    /// Records published, and read at once.
    read: i32,
    /// Records published, and not read before the cut.
    unread: i32,
    /// Records published into the file that was cut.
    lost: i32,
    /// The file is extended again before the reader looks.
    grown: bool,
}

impl Story {
    fn run(self, cut_to: u64) {
        let what = format!("{self:?}, cut to {cut_to}");
        let place = Place::in_memory();
        let options = Options::new().slots(4).check_every(Duration::MAX);
        let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap();
        let mut follower = Follower::new(&place);
        let mut ids = 1..;
        let mut publish = |writer: &mut DynWriter| writer.publish(&stu(ids.next().unwrap()));
        for _ in 0..self.read {
            publish(&mut writer).unwrap();
            assert!(follower.step());
        }
        for _ in 0..self.unread {
            publish(&mut writer).unwrap();
        }
        let file = File::options().write(true).open(&place.path).unwrap();
        let len = file.metadata().unwrap().len();
        file.set_len(cut_to).unwrap();
        if self.grown {
            file.set_len(len).unwrap();
        }
        assert!(!follower.step(), "{what}: a cut file gave something");
        for _ in 0..self.lost {
            assert!(publish(&mut writer).unwrap_err().is_truncated(), "{what}");
            assert!(!follower.step(), "{what}: a cut file gave something");
        }
        assert!(follower.reader.latest(&mut [0; 28]).unwrap_err().is_truncated(), "{what}");
        writer.recreate().unwrap();
        publish(&mut writer).unwrap();
        assert_eq!(follower.reader.refresh().unwrap(), Refreshed::Reattached, "{what}");
        follower.drain();
        assert_eq!(follower.accounted, writer.sequence(), "{what}");
    }
}

/// The length of a region of four slots.
fn length() -> u64 {
    let place = Place::in_memory();
    let options = Options::new().slots(4);
    drop(DynWriter::open_with(&place.path, &Stu::schema(), &options).unwrap());
    place.path.metadata().unwrap().len()
}

#[test]
fn returned_and_missed_records_leave_no_gap_after_any_cut() {
    let stories = [
        Story { read: 1, unread: 0, lost: 0, grown: false },
        Story { read: 1, unread: 0, lost: 1, grown: false },
        Story { read: 1, unread: 2, lost: 0, grown: true },
        Story { read: 1, unread: 2, lost: 3, grown: false },
        Story { read: 1, unread: 10, lost: 0, grown: false },
        Story { read: 0, unread: 6, lost: 6, grown: true },
    ];
    for cut_to in 0..length() {
        for story in stories {
            story.run(cut_to);
        }
    }
}

#[test]
fn records_missed_between_two_files_are_reported_once() {
    let place = Place::in_memory();
    let mut writer = place.writer();
    let mut follower = Follower::new(&place);
    for round in 0..3 {
        for id in 1..=5 {
            writer.publish(&stu(round * 5 + id)).unwrap();
        }
        File::options().write(true).open(&place.path).unwrap().set_len(100).unwrap();
        writer.recreate().unwrap();
        // Nothing is read between two refreshes.
        assert_eq!(follower.reader.refresh().unwrap(), Refreshed::Reattached);
    }
    writer.publish(&stu(16)).unwrap();
    follower.drain();
    assert_eq!(follower.accounted, 16);
}

#[test]
fn a_cut_region_whose_next_writer_starts_over_is_followed_from_its_first_record() {
    // Behind the header, so that the next writer takes it for a damaged region; in front of the
    // epoch and behind it.
    for cut_to in [0x100, 0x108, 0x140, 0x180, 0x300] {
        let place = Place::in_memory();
        let mut writer = place.writer();
        let mut follower = Follower::new(&place);
        for id in 1..=6 {
            writer.publish(&stu(id)).unwrap();
        }
        follower.drain();
        die(writer);
        File::options().write(true).open(&place.path).unwrap().set_len(cut_to).unwrap();
        assert!(!follower.step());
        let mut next = place.writer();
        for id in 1..=7 {
            next.publish(&stu(id)).unwrap();
        }
        assert_eq!(follower.reader.refresh().unwrap(), Refreshed::Reattached);
        follower.accounted = 0;
        follower.drain();
        assert_eq!(follower.accounted, 7, "cut to {cut_to}");
    }
}

#[test]
fn records_that_a_typed_reader_cannot_read_are_counted_as_missed() {
    let place = Place::in_memory();
    let mut writer = place.writer();
    let mut reader = region::Reader::<Stu>::open(&place.path).unwrap();
    writer.publish(&stu(1)).unwrap();
    File::options().write(true).open(&place.path).unwrap().set_len(0x300).unwrap();
    assert!(reader.next().unwrap_err().is_truncated());
    assert!(reader.latest().unwrap_err().is_truncated());
    writer.recreate().unwrap();
    writer.publish(&stu(2)).unwrap();
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!(reader.next().unwrap(), Step::Missed(1));
    assert!(matches!(reader.next().unwrap(), Step::Record(sample) if sample.sequence() == 2));
}
