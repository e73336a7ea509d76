//! Wall time of a region's records, the same for every reader.
//!
//! The difference between the wall clock and the clock of the records changes only when the wall clock
//! is set: a clock that is adjusted in small amounts moves both. So a writer measures it once, and stores
//! it again when it has changed by more than measuring could. `channel::Offsets` keeps the number that
//! older records go with, and decides when a change has to wait.
//!
//! [`STEP`] is far above the error of a measurement, also on a busy machine: the shortest of a few counts,
//! and the time that it took is added. It is below every step that a time service makes (ntpd: from 128 ms
//! on, a leap second: 1 s). A printed time is off by less than that.
//!
//! Price: 100 ns at a heartbeat.

use crate::clock::{self, BootTime};
use crate::mapped_region::MappedRegion;
use channel::{Offsets, Publisher};
use layout::header::offset;
use std::time::{Duration, SystemTime};

/// How many nanoseconds the offset has to change by to be stored.
const STEP: u64 = 1_000_000;

fn offsets(mapped: &MappedRegion) -> Offsets<'_> {
    Offsets {
        current: mapped.word(offset::WALL_OFFSET),
        since: mapped.word(offset::WALL_SINCE),
        before: mapped.word(offset::WALL_BEFORE),
    }
}

/// What a new file continues with.
pub(crate) type Saved = [u64; 3];

/// The offsets of a region, for its successor; `None` if the file has lost its pages.
pub(crate) fn saved(mapped: &MappedRegion) -> Option<Saved> {
    let saved = offsets(mapped).saved();
    mapped.is_whole().then_some(saved)
}

/// Stores the first offsets of a new region: those of its predecessor, or as measured now.
pub(crate) fn begin(mapped: &MappedRegion, saved: Option<Saved>) {
    match saved {
        Some(saved) => offsets(mapped).restore(saved),
        None => set(mapped, clock::wall_offset().0),
    }
}

/// Stores `offset` for all records of a new region.
pub(crate) fn set(mapped: &MappedRegion, offset: i64) {
    offsets(mapped).set(offset.cast_unsigned());
}

/// Stores the present offset if the wall clock was set.
pub(crate) fn update(publisher: &Publisher<MappedRegion>) {
    update_to(publisher, clock::wall_offset(), BootTime::now());
}

fn update_to(
    publisher: &Publisher<MappedRegion>,
    (measured, took): (i64, Duration),
    now: BootTime,
) {
    let offsets = offsets(publisher.ring().memory());
    let stored = offsets.at(now.as_nanos()).cast_signed();
    if stored.abs_diff(measured) > STEP.saturating_add(clock::duration_nanos(took)) {
        // If it has to wait: the next heartbeat tries again.
        let kept = kept(publisher).into_iter();
        offsets.change(measured.cast_unsigned(), now.as_nanos(), kept);
    }
}

/// The times of all records that can still be read, of every instance.
fn kept(publisher: &Publisher<MappedRegion>) -> Vec<u64> {
    let ring = publisher.ring();
    let Some(blocks) = ring.memory().blocks() else { return ring.times().collect() };
    blocks.all().flat_map(|block| ring.over(blocks.at(block)).times().collect::<Vec<_>>()).collect()
}

/// The offset that goes with records of `time`; `None` if the file has lost its pages.
pub(crate) fn offset_at(mapped: &MappedRegion, time: BootTime) -> Option<i64> {
    let offset = offsets(mapped).at(time.as_nanos()).cast_signed();
    mapped.is_whole().then_some(offset)
}

/// The wall time of a record of `mapped`.
pub(crate) fn time_of(mapped: &MappedRegion, time: BootTime) -> SystemTime {
    time.at_offset(offset_at(mapped, time).unwrap_or_else(|| clock::wall_offset().0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapped_region::Preamble;
    use crate::mapping::Access;
    use crate::options::Options;
    use crate::writer::{DynWriter, publisher_over};
    use layout::{Record, Stu};
    use std::fs::File;

    /// A second in nanoseconds.
    const SECOND: i64 = 1_000_000_000;

    /// The publisher of a new region of four slots whose times, and whose offset 0, are the test's.
    fn region(dir: &tempfile::TempDir) -> Publisher<MappedRegion> {
        let path = dir.path().join("stu.region");
        drop(DynWriter::open_with(&path, &Stu::schema(), &Options::new().slots(4)).unwrap());
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let header = Preamble::read(&file, &path).unwrap().header;
        let mapped = MappedRegion::map(&file, &path, &header, Access::Write).unwrap();
        set(&mapped, 0);
        publisher_over(mapped, &path).unwrap()
    }

    fn publish(publisher: &mut Publisher<MappedRegion>, time: u64) {
        publisher.publish(time, bytemuck::bytes_of(&Stu::new(1, "x", 'm')));
    }

    /// The clock is found at `offset`, by a measurement that took no time, at `time`.
    fn stepped(publisher: &Publisher<MappedRegion>, offset: i64, time: u64) {
        update_to(publisher, (offset, Duration::ZERO), BootTime::from_nanos(time));
    }

    fn offsets_of(publisher: &Publisher<MappedRegion>, times: &[u64]) -> Vec<i64> {
        let mapped = publisher.ring().memory();
        let at = |time: &u64| offset_at(mapped, BootTime::from_nanos(*time)).unwrap();
        times.iter().map(at).collect()
    }

    #[test]
    fn what_measuring_is_off_by_is_no_step() {
        let dir = tempfile::tempdir().unwrap();
        let mut publisher = region(&dir);
        publish(&mut publisher, 100);
        for off in [-1_000_000, -20, 20, 1_000_000] {
            stepped(&publisher, off, 200);
            assert_eq!(offsets_of(&publisher, &[100, 200, 300]), [0; 3]);
        }
        let slow = (1_000_001, Duration::from_nanos(1));
        update_to(&publisher, slow, BootTime::from_nanos(200));
        assert_eq!(offsets_of(&publisher, &[100, 200, 300]), [0; 3]);
        stepped(&publisher, 1_000_001, 200);
        assert_eq!(offsets_of(&publisher, &[100, 200]), [0, 1_000_001]);
    }

    /// Every kept record goes with the same offset after any steps of the clock at any time, and a record
    /// that is published once the ring has turned goes with the clock.
    #[test]
    fn no_steps_of_the_clock_change_the_wall_time_of_a_kept_record() {
        for seed in 0..200 {
            let dir = tempfile::tempdir().unwrap();
            let mut publisher = region(&dir);
            let mut random = fastrand::Rng::with_seed(seed);
            let (mut clock, mut printed) = (0, Vec::<(u64, i64)>::new());
            for time in (1..400).map(|step| step * 1000) {
                match random.u8(..4) {
                    0 => clock += random.i64(-3..=3) * SECOND,
                    1 => stepped(&publisher, clock, time),
                    _ => {
                        publish(&mut publisher, time);
                        printed.push((time, offsets_of(&publisher, &[time])[0]));
                    }
                }
                for (time, offset) in printed.iter().rev().take(4) {
                    assert_eq!(offsets_of(&publisher, &[*time]), [*offset], "seed {seed}");
                }
            }
            for time in (400..405).map(|step| step * 1000) {
                stepped(&publisher, clock, time);
                publish(&mut publisher, time);
            }
            stepped(&publisher, clock, 405_000);
            publish(&mut publisher, 405_000);
            assert_eq!(offsets_of(&publisher, &[405_000]), [clock], "seed {seed}");
        }
    }

    #[test]
    fn a_new_file_keeps_the_offsets_of_the_old_one() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [mut old, new] = [region(&dirs[0]), region(&dirs[1])];
        publish(&mut old, 100);
        stepped(&old, SECOND, 200);
        begin(new.ring().memory(), saved(old.ring().memory()));
        assert_eq!(offsets_of(&new, &[100, 200]), [0, SECOND]);
    }
}
