//! The hot paths do not allocate: no waiting, no fragmentation, no leak.
//!
//! The counts are of the one thread that all cases run on, one after the other (`harness = false`): what
//! a mapping takes from the heap depends on how many there are in the process, so no other test may map
//! anything meanwhile.

use allocation_counter::{AllocationInfo, measure};
use layout::{Record, Stu};
use libtest_mimic::{Arguments, Trial};
use region::{
    BareReader, BareWriter, DynReader, DynWriter, InstanceReader, Options, Reader, Step, Writer,
};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const ROUNDS: i32 = 1000;

fn main() -> std::process::ExitCode {
    let cases: [(&str, fn()); 5] = [
        ("neither_publishing_nor_reading_takes_memory", untyped),
        ("records_of_a_rust_type_take_no_memory_either", typed),
        ("neither_publishing_to_instances_nor_reading_them_takes_memory", instances),
        ("a_bare_record_takes_no_memory_either", bare),
        ("what_an_attach_takes_it_gives_back", attach),
    ];
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1); // then the cases run on the main thread, the only one
    let trials = cases.map(|(name, case)| {
        Trial::test(name, move || {
            case();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

/// A directory of the case's own and the path of a region in it.
fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stu.region");
    (dir, path)
}

fn stu(id: i32) -> [u8; 28] {
    bytemuck::cast(Stu::new(id, "xiaoming", 'm'))
}

fn id_of(record: &[u8; 28]) -> i32 {
    bytemuck::cast::<_, Stu>(*record).id
}

#[track_caller]
fn takes_nothing(what: &str, work: impl FnOnce()) {
    let AllocationInfo { count_total, bytes_total, .. } = measure(work);
    assert_eq!((count_total, bytes_total), (0, 0), "{what} takes memory");
}

fn untyped() {
    let (_dir, path) = place();
    let mut writer = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
    let mut reader = DynReader::open(&path).unwrap();
    let mut record = [0; 28];
    takes_nothing("publishing and reading", || {
        for id in 1..=ROUNDS {
            writer.publish(&stu(id)).unwrap();
            writer.heartbeat().unwrap();
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

fn instances() {
    const NAMES: [&str; 3] = ["eth0", "eth1", "lo"];
    let (_dir, path) = place();
    let mut writer = Writer::options().open_instances::<Stu>(&path, 4).unwrap();
    let handles = NAMES.map(|name| writer.instance(name).unwrap());
    let mut reader = InstanceReader::<Stu>::open(&path).unwrap();
    let own = NAMES.map(|name| reader.find(name).unwrap());
    while reader.next().unwrap() != Step::Pending {}
    takes_nothing("publishing to instances and reading them", || {
        for id in 1..=ROUNDS {
            for handle in handles {
                writer.publish(handle, &Stu::new(id, "xiaoming", 'm')).unwrap();
            }
            let mut found = 0;
            reader.latest_all(|_, sample| found += i32::from(sample.id == id)).unwrap();
            assert_eq!(found, 3);
            assert_eq!(reader.latest(own[1]).unwrap().map(|sample| sample.id), Some(id));
            let mut events = 0;
            while reader.next().unwrap() != Step::Pending {
                events += 1;
            }
            assert_eq!(events, 3);
            reader.wait(Duration::from_nanos(1)).unwrap();
        }
    });
}

fn typed() {
    let (_dir, path) = place();
    let mut writer = Writer::<Stu>::open_with(&path, &Options::new()).unwrap();
    let mut reader = Reader::<Stu>::open(&path).unwrap();
    takes_nothing("publishing and reading", || {
        for id in 1..=ROUNDS {
            writer.publish(&Stu::new(id, "xiaoming", 'm')).unwrap();
            assert_eq!(reader.latest().unwrap().unwrap().record.id, id);
        }
    });
}

fn bare() {
    let (_dir, path) = place();
    let mut writer = BareWriter::open(&path, &Stu::schema(), &Options::new()).unwrap();
    let reader = BareReader::open(&path, &Stu::schema()).unwrap();
    let mut record = [0; 28];
    takes_nothing("publishing and reading", || {
        for id in 1..=ROUNDS {
            writer.publish(&stu(id)).unwrap();
            reader.latest(&mut record).unwrap();
            assert_eq!(id_of(&record), id);
        }
    });
}

fn attach() {
    let (_dir, path) = place();
    let mut writer = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
    writer.publish(&stu(1)).unwrap();
    let attach = || drop(DynReader::open(&path).unwrap());
    attach(); // what is kept for good, such as the handler of SIGBUS, is there now
    let taken = measure(|| (0..ROUNDS).for_each(|_| attach()));
    assert_eq!((taken.count_current, taken.bytes_current), (0, 0), "{taken:?}");
}
