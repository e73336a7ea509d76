//! Children that share memory with their parent.
//!
//! `Child::fork` refuses a process with several threads, which a test harness has, so this test is
//! a program of its own (`harness = false`) that runs one case after the other on its one thread.

use libtest_mimic::{Arguments, Trial};
mod writers;

use layout::{Record, Stu};
use region::{Options, Region, State};
use shared::{Child, Shared, SharedErrorKind, SharedView};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_mins(1);
const KILLED: i32 = 9;
const BUS_ERROR: i32 = 7;

fn main() -> std::process::ExitCode {
    let cases: [(&str, fn()); 15] = [
        ("a_child_sees_what_its_parent_mapped_and_the_other_way_round", both_ways),
        ("the_zero_device_is_shared_with_a_child", dev_zero),
        ("counting_by_several_children_loses_nothing", counting),
        ("a_child_that_panics_ends_with_101", panicking),
        ("dropping_a_child_ends_and_reaps_it", dropping),
        ("a_child_that_was_killed_says_by_what", killed),
        ("a_child_dies_with_its_parent", orphan),
        ("a_child_can_publish_and_its_death_is_seen", publishing),
        ("a_cut_file_is_an_answer_and_not_sigbus_in_a_child_either", cut),
        ("a_writer_that_a_child_drops_is_neither_closed_nor_unlocked", writers::dropped_by_a_child),
        ("a_child_cannot_publish_with_a_writer_of_its_parent", writers::inherited),
        ("records_stay_whole_when_a_child_publishes_with_its_parents_writer", writers::whole),
        ("the_lock_ends_with_the_writers_process_whoever_was_forked", writers::helper),
        ("a_child_publishes_with_a_writer_of_its_own_and_so_does_its_child", writers::generations),
        ("bytes_past_the_copied_elements_are_left_alone", exact_copy),
    ];
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1); // then the tests run on the main thread, the only one
    let trials = cases.map(|(name, case)| {
        Trial::test(name, move || {
            case();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

fn both_ways() {
    let numbers = Shared::<i32>::anonymous(2).unwrap();
    numbers.set(0, 1);
    let mut child = Child::fork(|| {
        numbers.set(1, numbers.get(0) + 1999);
        7
    })
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert_eq!(child.wait().unwrap().code(), Some(7), "asked again");
    assert_eq!(numbers.get(1), 2000);
}

fn dev_zero() {
    let numbers = Shared::<f64>::dev_zero(1).unwrap();
    assert_eq!(numbers.get(0).to_bits(), 0);
    let mut child = Child::fork(|| {
        numbers.set(0, 0.5);
        0
    })
    .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(numbers.get(0).to_bits(), 0.5_f64.to_bits());
    assert!(numbers.file().is_none());
}

fn counting() {
    let sum = Shared::<u64>::anonymous(1).unwrap();
    let count = || {
        for _ in 0..10_000 {
            sum.add(0, 3);
        }
        0
    };
    let mut children: Vec<Child> = (0..4).map(|_| Child::fork(count).unwrap()).collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(sum.get(0), 4 * 10_000 * 3);
}

fn panicking() {
    let mut child = Child::fork(|| {
        std::panic::set_hook(Box::new(|_| {}));
        panic!("in the child")
    })
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(101));
}

fn dropping() {
    let child = Child::fork(sleep_for_ever).unwrap();
    let pid = child.id();
    assert!(!child.has_ended());
    drop(child);
    assert!(!exists(pid), "no process and no zombie is left");
}

fn killed() {
    let mut child = Child::fork(sleep_for_ever).unwrap();
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(KILLED));
    assert!(child.has_ended());
    child.kill().unwrap();
}

fn orphan() {
    let grandchild = Shared::<u32>::anonymous(1).unwrap();
    let mut parent = Child::fork(|| {
        let child = Child::fork(sleep_for_ever).unwrap();
        grandchild.set(0, child.id());
        sleep_for_ever()
    })
    .unwrap();
    wait_until("a grandchild", || grandchild.get(0) != 0);
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("the grandchild's end", || !runs(grandchild.get(0)));
}

fn publishing() {
    let schema = Stu::schema();
    let region = Region::anonymous(&schema, &Options::new()).unwrap();
    let mut reader = region.reader().unwrap();
    let mut child = Child::fork(|| {
        let mut writer = region.writer().unwrap();
        let stu = Stu::new(10, "xiaoming", 'm');
        writer.publish(bytemuck::bytes_of(&stu)).unwrap();
        sleep_for_ever()
    })
    .unwrap();
    let mut record = [0; 28];
    wait_until("a record", || reader.latest(&mut record).unwrap().is_some());
    assert_eq!(reader.state(), State::Live);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(reader.state(), State::Dead);
    assert_eq!(reader.latest(&mut record).unwrap().unwrap().sequence, 1);
}

fn cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("numbers");
    let numbers = Shared::<u64>::create(&path, 1024).unwrap();
    numbers.set(1023, 5);
    numbers.file().unwrap().set_len(4096).unwrap();
    let mut child = Child::fork(|| {
        let known_before = numbers
            .prefault()
            .is_err_and(|err| matches!(err.kind(), SharedErrorKind::TooShort { .. }));
        let quiet_before = !numbers.is_cut();
        let zero = numbers.get(1023) == 0;
        let known_after = numbers.is_cut() && numbers.prefault().is_err();
        u8::from(!(known_before && quiet_before && zero && known_after))
    })
    .unwrap();
    let status = child.wait().unwrap();
    assert_ne!(status.signal(), Some(BUS_ERROR));
    assert_eq!(status.code(), Some(0));
    assert!(!numbers.is_cut(), "the page is missing in this process only once it is touched");
}

fn exact_copy() {
    for (len, from, size) in [(1_usize, 0_u64, 4096_u64), (300, 4096, 8192), (4097, 0, 12288)] {
        let (source, dest) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let label = std::path::Path::new("a file of the test");
        source.set_len(size).unwrap();
        dest.set_len(size).unwrap();
        let all = Shared::<u8>::from_file(source.try_clone().unwrap(), label).unwrap();
        (0..all.len()).for_each(|i| all.set(i, u8::try_from(i % 251).unwrap() + 1));
        let view = SharedView::<u8>::of_range(&source, label, from, len).unwrap();
        let part = Shared::<u8>::of_range(&dest, label, from, len).unwrap();
        view.prefault().unwrap();
        part.advise_huge();
        part.prefault().unwrap();
        part.copy_from(&view).unwrap();
        let copied = Shared::<u8>::from_file(dest, label).unwrap();
        let first = usize::try_from(from).unwrap();
        for i in 0..copied.len() {
            let want = if (first..first + len).contains(&i) { all.get(i) } else { 0 };
            assert_eq!(copied.get(i), want, "byte {i} of {len} from {from}");
        }
    }
}

fn sleep_for_ever() -> u8 {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Is there such a process, if only as a zombie?
fn exists(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// Whether it runs. (An orphan may be a zombie until its adoptive parent reaps it.)
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
    !matches!(state, None | Some('Z' | 'X'))
}

fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !ready() {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
