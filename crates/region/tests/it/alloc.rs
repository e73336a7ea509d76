//! The hot paths take no memory from the heap: nothing to wait for, nothing to fragment, no leak.
//!
//! The counts are of this thread alone.

use super::*;
use allocation_counter::{AllocationInfo, measure};
use region::{BareReader, BareWriter, Reader, Step, Writer};

const ROUNDS: i32 = 1000;

#[track_caller]
fn takes_nothing(what: &str, work: impl FnOnce()) {
    let AllocationInfo { count_total, bytes_total, .. } = measure(work);
    assert_eq!((count_total, bytes_total), (0, 0), "{what} takes memory");
}

#[test]
fn neither_publishing_nor_reading_takes_memory() {
    let place = Place::new();
    let (mut writer, mut reader) = (place.writer(), place.reader());
    let mut record = [0; 28];
    takes_nothing("publishing and reading", || {
        for id in 1..=ROUNDS {
            writer.publish(&stu(id)).unwrap();
            writer.beat();
            reader.latest(&mut record).unwrap();
            assert_eq!(id_of(&record), id);
            assert!(matches!(reader.next(&mut record).unwrap(), Step::Record(_)));
            assert_eq!(reader.next(&mut record).unwrap(), Step::Pending);
            reader.wait(Duration::from_nanos(1)).unwrap();
            reader.state();
        }
    });
    takes_nothing("being lapped", || {
        for id in 1..=ROUNDS {
            writer.publish(&stu(id)).unwrap();
        }
        assert!(matches!(reader.next(&mut record).unwrap(), Step::Missed(_)));
    });
}

#[test]
fn records_of_a_rust_type_take_no_memory_either() {
    let place = Place::new();
    let mut writer = Writer::<Stu>::open(&place.path, &Options::new()).unwrap();
    let mut reader = Reader::<Stu>::attach(&place.path).unwrap();
    takes_nothing("publishing and reading", || {
        for id in 1..=ROUNDS {
            writer.publish(&Stu::new(id, "xiaoming", 'm')).unwrap();
            assert_eq!(reader.latest().unwrap().unwrap().record.id, id);
        }
    });
}

#[test]
fn a_bare_record_takes_no_memory_either() {
    let place = Place::new();
    let mut writer = BareWriter::open(&place.path, &Stu::schema(), &Options::new()).unwrap();
    let reader = BareReader::attach(&place.path, &Stu::schema()).unwrap();
    let mut record = [0; 28];
    takes_nothing("publishing and reading", || {
        for id in 1..=ROUNDS {
            writer.publish(&stu(id)).unwrap();
            reader.latest(&mut record).unwrap();
            assert_eq!(id_of(&record), id);
        }
    });
}

#[test]
fn what_an_attach_takes_it_gives_back() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.publish(&stu(1)).unwrap();
    drop(place.reader()); // what is kept for good, such as the handler of SIGBUS, is there now
    let taken = measure(|| {
        for _ in 0..ROUNDS {
            drop(place.reader());
        }
    });
    assert_eq!((taken.count_current, taken.bytes_current), (0, 0), "{taken:?}");
}
