//! The cost of an idle consumer.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use layout::header::offset;

use crate::world::{Consumer, World};

/// CPU time used by now, in hundredths of a second (`USER_HZ`).
fn cpu(consumer: &Consumer) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", consumer.0.id())).unwrap();
    let fields = stat.rsplit_once(") ").unwrap().1;
    // utime and stime, fields 14 and 15 of proc(5); the state, field 3, comes first here.
    fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

/// CPU time used in about half a second, in hundredths of the elapsed time.
fn cost(consumer: &Consumer) -> u128 {
    let (start, before) = (Instant::now(), cpu(consumer));
    std::thread::sleep(Duration::from_millis(500));
    let used = Duration::from_millis(10 * (cpu(consumer) - before));
    100 * used.as_millis() / start.elapsed().as_millis()
}

#[test]
fn a_follower_of_an_idle_region_uses_almost_no_cpu() {
    let world = World::new();
    let _writer = world.region("x");
    let mut consumer = world.start(&["x", "--follow"]);
    consumer.first_line();
    assert!(cost(&consumer) <= 4, "of 100");
}

#[test]
fn a_head_without_its_record_does_not_make_the_follower_spin() {
    let world = World::new();
    let _writer = world.region("x");
    let mut consumer = world.start(&["x", "--follow"]);
    consumer.first_line();
    let file = fs::File::options().write(true).open(world.path("x.region")).unwrap();
    file.write_all_at(&u64::MAX.to_le_bytes(), offset::HEAD as u64).unwrap();
    // Spinning uses all of it, or half where the test shares its CPU.
    assert!(cost(&consumer) <= 20, "of 100");
}
