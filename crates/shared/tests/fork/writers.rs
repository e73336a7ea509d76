//! A writer belongs to the process that opened it, whatever its children do with their copies of it.

use super::{runs, sleep_for_ever, wait_until};
use layout::{Record, Schema, Stu};
use region::{
    BareWriter, DynReader, DynWriter, Options, Region, RegionError, RegionErrorKind, State,
};
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use shared::{Child, Shared};
use std::path::Path;

/// A writer of each kind, by what can be asked of all of them.
enum Any {
    Dyn(DynWriter),
    Bare(BareWriter),
}

impl Any {
    fn publish(&mut self) -> Result<(), RegionError> {
        match self {
            Self::Dyn(writer) => writer.publish(&[7; 28]).map(drop),
            Self::Bare(writer) => writer.publish(&[7; 28]),
        }
    }
}

type Open = Box<dyn Fn() -> Result<Any, RegionError>>;

/// One of each kind with what opens it once more, in `dir`.
fn every_kind(dir: &Path) -> Vec<(Any, Open)> {
    let options = Options::new;
    let (named, bare) = (dir.join("named"), dir.join("bare"));
    let anonymous = Region::anonymous(&Stu::schema(), &options()).unwrap();
    let label = Path::new("memfd");
    let memfd = DynWriter::open_memfd(None, label, &Stu::schema(), &options()).unwrap();
    let kept = memfd.share().unwrap();
    let passed = std::fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(dir.join("passed"))
        .unwrap();
    let open_named = move || DynWriter::open_with(&named, &Stu::schema(), &options()).map(Any::Dyn);
    let open_bare = move || BareWriter::open(&bare, &Stu::schema(), &options()).map(Any::Bare);
    let open_anonymous = move || anonymous.writer().map(Any::Dyn);
    let open_kept = move || {
        let kept = Some(kept.try_clone().unwrap());
        DynWriter::open_memfd(kept, label, &Stu::schema(), &options()).map(Any::Dyn)
    };
    let open_passed = move || {
        let passed = passed.try_clone().unwrap();
        DynWriter::open_file(passed, label, &Stu::schema(), &options()).map(Any::Dyn)
    };
    vec![
        (open_named().unwrap(), Box::new(open_named)),
        (open_bare().unwrap(), Box::new(open_bare)),
        (open_anonymous().unwrap(), Box::new(open_anonymous)),
        (Any::Dyn(memfd), Box::new(open_kept)),
        (open_passed().unwrap(), Box::new(open_passed)),
    ]
}

fn is_busy<T>(opened: Result<T, RegionError>) -> bool {
    opened.is_err_and(|err| matches!(err.kind(), RegionErrorKind::Busy { .. }))
}

fn is_forked<T>(result: Result<T, RegionError>) -> bool {
    result.is_err_and(|err| matches!(err.kind(), RegionErrorKind::Forked))
}

pub(super) fn dropped_by_a_child() {
    let dir = tempfile::tempdir().unwrap();
    let kinds = every_kind(dir.path());
    let reader = DynReader::open(dir.path().join("named")).unwrap();
    for (kind, (writer, open)) in kinds.into_iter().enumerate() {
        let mut writer = Some(writer);
        let mut child = Child::fork(|| {
            drop(writer.take());
            0
        })
        .unwrap();
        assert!(child.wait().unwrap().success());
        assert!(is_busy(open()), "{kind}: the lock is the parent's still");
        assert!(kind > 0 || reader.state() == State::Live, "nor is the region closed");
        writer.as_mut().unwrap().publish().unwrap();
        drop(writer);
        assert!(open().is_ok(), "{kind}: and ends with it");
    }
    assert_eq!(reader.state(), State::Closed);
}

pub(super) fn inherited() {
    let dir = tempfile::tempdir().unwrap();
    for (kind, (mut writer, open)) in every_kind(dir.path()).into_iter().enumerate() {
        let mut child = Child::fork(|| {
            let refused = is_forked(writer.publish())
                && match &mut writer {
                    Any::Dyn(writer) => {
                        is_forked(writer.heartbeat())
                            && is_forked(writer.check())
                            && is_forked(writer.recreate())
                            && is_forked(writer.change(&Stu::schema(), &Options::new()))
                            && is_forked(writer.share())
                    }
                    Any::Bare(writer) => {
                        is_forked(writer.check())
                            && is_forked(writer.recreate())
                            && is_forked(writer.change(&Options::new()))
                    }
                };
            // Nor does it get in while the parent is there.
            u8::from(!(refused && is_busy(open())))
        })
        .unwrap();
        assert!(child.wait().unwrap().success(), "{kind}");
        writer.publish().unwrap();
    }
}

/// Bytes of one record, whose words are all alike in a whole one.
const BYTES: usize = 4096;

fn words() -> Schema {
    let words = layout::CType::array(layout::Scalar::U64, 512).unwrap();
    let field = layout::FieldSpec::new("words", words);
    Schema::builder("WORDS").field(field).build().unwrap()
}

/// Publishes records at full speed until it is stopped, whether they are refused or not.
fn publish_many(writer: &mut DynWriter, first: u64, stop: &Shared<u32>) {
    let mut record = vec![0; BYTES];
    for number in first.. {
        record.chunks_exact_mut(8).for_each(|word| word.copy_from_slice(&number.to_le_bytes()));
        let _ = writer.publish(&record);
        if stop.get(0) != 0 {
            return;
        }
    }
}

pub(super) fn whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words");
    let (schema, options) = (words(), Options::new().slots(4));
    let stop = Shared::<u32>::anonymous(1).unwrap();
    let mut writer = DynWriter::open_with(&path, &schema, &options).unwrap();
    let mut forked = Child::fork(|| {
        publish_many(&mut writer, 1, &stop);
        0
    })
    .unwrap();
    drop(writer);
    let mut next = Child::fork(|| {
        let mut writer = DynWriter::open_with(&path, &schema, &options).unwrap();
        publish_many(&mut writer, 1 << 40, &stop);
        u8::from(writer.epoch() != 2)
    })
    .unwrap();
    let mut reader = DynReader::open(&path).unwrap();
    let mut record = vec![0; BYTES];
    wait_until("a record of the next writer", || reader.latest(&mut record).unwrap().is_some());
    for _ in 0..20_000 {
        let publication = reader.latest(&mut record).unwrap().unwrap();
        let torn = record.chunks_exact(8).any(|word| word != &record[..8]);
        assert!(!torn && record[5] == 1, "record {} is torn or the child's", publication.sequence);
    }
    stop.set(0, 1);
    assert!(forked.wait().unwrap().success() && next.wait().unwrap().success());
}

pub(super) fn helper() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stu.region");
    let pid = Shared::<u32>::anonymous(1).unwrap();
    let mut owner = Child::fork(|| {
        let kinds = every_kind(dir.path());
        let mut writer = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
        writer.publish(&[7; 28]).unwrap();
        let _helper = Child::fork(|| {
            set_parent_process_death_signal(None).unwrap(); // it outlives its parent
            pid.set(0, std::process::id());
            sleep_for_ever()
        })
        .unwrap();
        let _kinds = kinds;
        sleep_for_ever()
    })
    .unwrap();
    wait_until("a helper", || pid.get(0) != 0);
    let _helper = Killed(pid.get(0));
    let reader = DynReader::open(&path).unwrap();
    assert_eq!(reader.state(), State::Live);
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(runs(pid.get(0)));
    assert_eq!(reader.state(), State::Dead);
    let next = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
    assert_eq!((next.epoch(), next.sequence()), (2, 1));
    DynWriter::open_with(dir.path().join("named"), &Stu::schema(), &Options::new()).unwrap();
    BareWriter::open(dir.path().join("bare"), &Stu::schema(), &Options::new()).unwrap();
}

/// A process that is killed when this is dropped, also by a test that fails.
struct Killed(u32);

impl Drop for Killed {
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.0).unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}

pub(super) fn generations() {
    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        DynWriter::open_with(dir.path().join(name), &Stu::schema(), &Options::new()).unwrap()
    };
    let mut first = open("first");
    let mut child = Child::fork(|| {
        let mut second = open("second");
        second.publish(&[2; 28]).unwrap();
        let mut child = Child::fork(|| {
            let mut third = open("third");
            third.publish(&[3; 28]).unwrap();
            let refused = is_forked(first.publish(&[3; 28])) && is_forked(second.publish(&[3; 28]));
            u8::from(!refused)
        })
        .unwrap();
        let grandchild = child.wait().unwrap().success();
        second.publish(&[2; 28]).unwrap();
        u8::from(!(grandchild && is_forked(first.publish(&[2; 28]))))
    })
    .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(first.publish(&[1; 28]).unwrap(), 1);
}
