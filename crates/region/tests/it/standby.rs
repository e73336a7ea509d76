//! A standby waits for the lock and takes over when the first writer ends.

use super::*;
use std::sync::mpsc;

#[test]
fn a_standby_takes_over_from_a_writer_that_dies() {
    let place = Place::new();
    let mut first = place.writer();
    first.publish(&stu(1)).unwrap();
    let (sender, receiver) = mpsc::channel();
    let path = place.path.clone();
    let standby = std::thread::spawn(move || {
        let on_wait = |holder: &region::Holder| sender.send(holder.pid).unwrap();
        let (schema, options) = (Stu::schema(), Options::new());
        let mut writer =
            DynWriter::open_standby(&path, &schema, &options, on_wait, || false).unwrap().unwrap();
        (writer.epoch(), writer.publish(&stu(2)).unwrap())
    });
    let holder = receiver.recv_timeout(DEADLINE).expect("the standby waits");
    assert_eq!(holder, u64::from(std::process::id()));
    first.publish(&stu(1)).unwrap();
    die(first);
    assert_eq!(standby.join().unwrap(), (2, 3));
}

#[test]
fn a_standby_can_be_stopped() {
    let place = Place::new();
    let mut first = place.writer();
    let (schema, options) = (Stu::schema(), Options::new());
    let standby = DynWriter::open_standby(&place.path, &schema, &options, |_| {}, || true).unwrap();
    assert!(standby.is_none());
    first.publish(&stu(1)).unwrap();
}

#[test]
fn a_stopped_standby_keeps_no_writer_out() {
    // A wait is 50 ms of sleep: ten regions at a time.
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| (0..10).for_each(|_| give_up_twice_and_open()));
        }
    });
}

fn give_up_twice_and_open() {
    let (schema, options) = (Stu::schema(), Options::new());
    let place = Place::new();
    let first = place.writer();
    let wait =
        |stop: fn() -> bool| DynWriter::open_standby(&place.path, &schema, &options, |_| {}, stop);
    assert!(wait(|| true).unwrap().is_none());
    let panic = || wait(|| std::panic::resume_unwind(Box::new("stop")));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic)).is_err());
    drop(first);
    let next = DynWriter::open_with(&place.path, &schema, &options);
    assert_eq!(next.expect("nobody has it").epoch(), 2);
}

#[test]
fn a_standby_leaves_no_thread_and_no_descriptor_behind() {
    // Of this region: other tests of this process have threads and descriptors too.
    let place = Place::new();
    let _first = place.writer();
    let open = || {
        let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let path = |entry: std::fs::DirEntry| std::fs::read_link(entry.path()).ok();
        links.filter_map(path).filter(|path| *path == place.path).count()
    };
    let before = open();
    let (schema, options) = (Stu::schema(), Options::new());
    DynWriter::open_standby(&place.path, &schema, &options, |_| {}, || true).unwrap();
    assert_eq!(open(), before);
}

#[test]
fn a_standby_of_a_free_region_does_not_wait() {
    let place = Place::new();
    let (schema, options) = (Stu::schema(), Options::new());
    let waited = |_: &region::Holder| panic!("nobody to wait for");
    let writer = DynWriter::open_standby(&place.path, &schema, &options, waited, || false);
    assert_eq!(writer.unwrap().unwrap().epoch(), 1);
}

#[test]
fn a_standby_takes_over_the_region_as_it_is_under_the_lock() {
    let place = Place::new();
    let mut first = place.writer();
    first.publish(&stu(1)).unwrap();
    let (sender, receiver) = mpsc::channel();
    let path = place.path.clone();
    let standby = std::thread::spawn(move || {
        let on_wait = |holder: &region::Holder| sender.send(holder.pid).unwrap();
        // Asked when it has looked at the region and found it whole.
        let stop = || sender.send(0).is_err();
        let (schema, options) = (Stu::schema(), Options::new());
        let mut writer =
            DynWriter::open_standby(&path, &schema, &options, on_wait, stop).unwrap().unwrap();
        (writer.origin().clone(), writer.publish(&stu(2)).unwrap())
    });
    while receiver.recv_timeout(DEADLINE).expect("the standby waits") != 0 {}
    std::fs::File::options().write(true).open(&place.path).unwrap().set_len(500).unwrap();
    die(first);
    let (origin, sequence) = standby.join().unwrap();
    assert!(matches!(origin, region::Origin::Replaced(region::Why::Damaged(_))), "{origin}");
    assert_eq!(sequence, 1, "the cut took the count with it");
}
