//! Death at every instruction of what a writer does to an instance: publish, join, retire, reuse.
//!
//! ```text
//!   writer     |MARK . . . . X                  killed before instruction 0, 1, 2, ... of its way
//!   readers    attached before, attached after: whole records, each of the instance it came from
//!   sleeper    attached before, reads when all is over: what it gets and what it missed is all there was
//!   successor                 takes over, publishes to every name; no number is used twice
//! ```
//!
//! A few dozen instructions of each way are tried, from a random one on; `E2E_EVERY=1` tries all.

use std::collections::HashMap;
use std::path::Path;

use e2e::instances::{self, LEN};
use e2e::stepping::{SameAddresses, Stepped, Trace};
use e2e::{Place, Program};
use region::{Begin, DynInstanceReader, InstanceChange, Origin, Step};

/// Points of each way that are tried.
const POINTS: usize = 40;

/// What a reader of all has read: the newest number of each name.
struct Witness {
    reader: DynInstanceReader,
    newest: HashMap<String, u64>,
}

impl Witness {
    fn attach(path: &Path) -> Self {
        let reader = DynInstanceReader::open(path).expect("a region");
        let mut witness = Self { reader, newest: HashMap::new() };
        witness.follow();
        witness
    }

    /// Reads all there is; checks that each record is whole, is of that instance, and is the next one.
    fn follow(&mut self) {
        let mut record = [0; LEN];
        while let Step::Record(event) = self.reader.next(&mut record).expect("a whole file") {
            let name = event.name.to_string();
            match event.what {
                InstanceChange::Record(got) => {
                    assert_eq!(record, instances::record(&name, got.sequence), "of {name}");
                    let before = self.newest.insert(name, got.sequence);
                    assert!(before.is_none_or(|before| got.sequence == before + 1), "{before:?}");
                }
                InstanceChange::Missed(count) => panic!("missed {count} of {name}"),
                _ => {}
            }
        }
        // Once more: the first look ends when every block was read.
        assert!(matches!(self.reader.next(&mut record), Ok(Step::Pending)), "there was more");
    }

    /// What `latest` has of each name.
    fn latest(&mut self) -> HashMap<String, u64> {
        let all: Vec<_> = self.reader.all().collect();
        let mut latest = HashMap::new();
        for (instance, name) in all {
            let mut record = [0; LEN];
            if let Some(got) = self.reader.latest(instance, &mut record).expect("an instance") {
                assert_eq!(record, instances::record(&name, got.sequence), "of {name}");
                latest.insert(name.to_string(), got.sequence);
            }
        }
        latest
    }
}

/// A reader that was there before, and reads nothing until the end.
struct Sleeper {
    reader: DynInstanceReader,
}

impl Sleeper {
    fn attach(path: &Path) -> Self {
        let mut reader = DynInstanceReader::open(path).expect("a region");
        while matches!(reader.next(&mut [0; LEN]), Ok(Step::Record(_))) {}
        Self { reader }
    }

    /// How many records it gets, or learns that it has missed.
    fn count(&mut self) -> u64 {
        let mut count = 0;
        loop {
            count += match self.reader.next(&mut [0; LEN]).expect("a whole file") {
                Step::Pending => return count,
                Step::Missed(missed) => missed,
                Step::Record(event) => match event.what {
                    InstanceChange::Record(_) => 1,
                    InstanceChange::Missed(missed) => missed,
                    _ => 0,
                },
            };
        }
    }
}

fn start(program: &Program, place: &Place, what: &str) -> Stepped {
    let path = place.path("mortal.region");
    let _ = std::fs::remove_file(&path);
    let mut command = program.command(place);
    command.arg(path).arg(what);
    Stepped::start(&mut command)
}

/// Kills a writer before some of the instructions of `what`: `is_done` must be false of the region that is
/// left by some of them, and true by others.
fn walk(what: &str, is_done: impl Fn(&Witness) -> bool) {
    let program = Program::new("stepped_instances", env!("CARGO_BIN_EXE_stepped_instances"));
    let place = Place::new();
    let Some(same) = SameAddresses::hold() else { return };
    let trace = Trace::of(start(&program, &place, what), || {});
    let every = std::env::var("E2E_EVERY").ok().and_then(|every| every.parse().ok());
    let every = every.unwrap_or((trace.len() / POINTS).max(1));
    let (mut undone, mut done) = (0, 0);
    for index in (fastrand::usize(..every)..trace.len()).step_by(every) {
        let mut stepped = start(&program, &place, what);
        let mut before = Witness::attach(&place.path("mortal.region"));
        let mut sleeper = Sleeper::attach(&place.path("mortal.region"));
        let known = before.newest.clone();
        trace.bring(&mut stepped, index, Some(&same));
        stepped.kill();
        let is_done = judge(&place.path("mortal.region"), &mut before, &is_done);
        *(if is_done { &mut done } else { &mut undone }) += 1;
        judge_sleeper(&place.path("mortal.region"), &mut sleeper, &known);
    }
    assert!(undone > 0 && done > 0, "{what}: {undone} undone, {done} done: wrong marks");
}

fn judge(path: &Path, before: &mut Witness, is_done: &impl Fn(&Witness) -> bool) -> bool {
    let mut after = Witness::attach(path);
    let is_done = is_done(&after);
    let latest = after.latest();
    assert!(latest["a"] >= 6, "a lost its record: {latest:?}");
    before.follow();
    let mut successor = instances::writer(path).expect("a successor");
    assert_eq!(successor.origin(), &Origin::Resumed);
    for name in ["a", "b", "c"] {
        let known = before.newest.get(name).copied().max(after.newest.get(name).copied());
        let number = instances::publish(&mut successor, name).expect("a publish");
        assert!(known.is_none_or(|known| number > known), "{name}: {number} after {known:?}");
    }
    for witness in [before, &mut after] {
        witness.follow();
        for (instance, name) in successor.all() {
            let newest = successor.sequence_of(instance);
            assert_eq!(witness.newest.get(name.as_str()).copied(), newest, "{name}");
            assert_eq!(witness.latest().get(name.as_str()).copied(), newest, "{name}");
        }
    }
    is_done
}

/// Has a third writer put another instance in each block. What the sleeper then counts must be all that was
/// published since `known`, and no number that was skipped.
fn judge_sleeper(path: &Path, sleeper: &mut Sleeper, known: &HashMap<String, u64>) {
    let mut published = 0;
    let mut reader = DynInstanceReader::open(path).expect("a region");
    reader.begin(Begin::Oldest);
    while let Step::Record(event) = reader.next(&mut [0; LEN]).expect("a whole file") {
        if let InstanceChange::Record(record) = event.what {
            let known = known.get(event.name.as_str());
            published += u64::from(known.is_none_or(|known| record.sequence > *known));
        }
    }
    let mut writer = instances::writer(path).expect("a third writer");
    for ((instance, _), name) in writer.all().into_iter().zip(["x", "y", "z"]) {
        writer.retire(instance).expect("a retirement");
        instances::publish(&mut writer, name).expect("a publish");
        published += 1;
    }
    assert_eq!(sleeper.count(), published, "what a sleeping reader has counted");
}

#[test]
fn a_writer_may_die_while_it_publishes_to_an_instance() {
    walk("publish", |after| after.newest.get("a") == Some(&7));
}

#[test]
fn a_writer_may_die_while_an_instance_joins() {
    walk("join", |after| after.reader.find("c").is_some());
}

#[test]
fn a_writer_may_die_while_an_instance_is_retired() {
    walk("retire", |after| after.reader.find("b").is_none());
}

#[test]
fn a_writer_may_die_while_a_block_gets_another_instance() {
    walk("reuse", |after| after.newest.contains_key("c"));
}
