//! Readers of a region of instances: its changes, its names, and a block that gets another instance.
//!
//! Two blocks of four slots, names of two words. Rings are lapped in `lapping`; here only the ring of
//! changes is, which has two words.

use std::sync::Arc;

use super::{LEN, SLOTS, claim, content};
use crate::heap::Heap;
use crate::heap_blocks::{HeapBlocks, HeapWriter};
use crate::publisher::death::{After, publish_and_die};
use crate::{Blocks, Change, ChangeTail, Ring, Step, Tail};

const COUNT: u16 = 2;
/// The changes of `joined`: one for each instance.
const JOINED: u64 = 2;
/// The fewest words that a change can be lapped in.
const CHANGES: usize = 2;

type Shared = Arc<HeapBlocks>;
type Writer = HeapWriter<Shared>;

/// Blocks without fronts that the instances `aa...` and `bb...` have joined, without a record.
fn joined() -> Shared {
    let shared = Arc::new(HeapBlocks::new(COUNT.into(), SLOTS, LEN, CHANGES).without_fronts());
    let mut writer = resume(&shared);
    writer.join(0, &name(b'a'));
    writer.join(1, &name(b'b'));
    shared
}

fn name(letter: u8) -> [u8; LEN] {
    [letter; LEN]
}

fn resume(shared: &Shared) -> Writer {
    HeapWriter::resume(Arc::clone(shared), SLOTS)
}

fn publish(writer: &mut Writer, who: u64, block: u16) -> u64 {
    let (word, record) = content(who, writer.sequence(block) + 1);
    writer.publish(block, word, &record)
}

fn ring(shared: &Shared, block: u16) -> Ring<&Heap> {
    Ring::new(shared.block(block), SLOTS).expect("a power of two")
}

/// Writer `who` publishes one more record in block 1, as far as step `last`, and announces no change.
fn die(shared: &Shared, writer: &Writer, who: u64, last: After) {
    let sequence = writer.sequence(1) + 1;
    let (word, record) = content(who, sequence);
    shared.changes().begin(writer.newest_change() + 1, 1);
    publish_and_die(&ring(shared, 1), sequence, last, word, &record);
}

/// A reader that follows the changes, and reads the records of the blocks that they name.
struct Follower {
    shared: Shared,
    changes: ChangeTail,
    tails: [Tail; COUNT as usize],
    /// Changes returned, and lapped.
    counted: u64,
    /// Who published each record returned: block, sequence, content.
    returned: Vec<(u16, u64, u64)>,
}

impl Follower {
    fn new(shared: &Shared) -> Self {
        let changes = ChangeTail::after(JOINED);
        let tails = [Tail::after(0); COUNT as usize];
        Self { shared: Arc::clone(shared), changes, tails, counted: 0, returned: Vec::new() }
    }

    /// One that has followed a change, or found none.
    fn after_a_step(shared: &Shared) -> Self {
        let mut follower = Self::new(shared);
        follower.step();
        follower
    }

    /// The next change, and what there is in the block that it names, or in all of them.
    fn step(&mut self) -> Change {
        let change = self.changes.next(&self.shared.changes());
        match change {
            Change::Block(block) => {
                self.counted += 1;
                self.read(block);
            }
            Change::Lapped(count) => {
                self.counted += count;
                for block in 0..COUNT {
                    self.read(block);
                }
            }
            Change::Pending => {}
        }
        change
    }

    /// Reads what is in a block after what was read before; returns how many records.
    fn read(&mut self, block: u16) -> usize {
        let before = self.returned.len();
        let mut record = [0; LEN];
        loop {
            let tail = &mut self.tails[usize::from(block)];
            match tail.next(&ring(&self.shared, block), &mut record).expect("an honest writer") {
                Step::Record(got) => {
                    let word = got.published_at;
                    let whole = (word, record) == content(word >> 32, word & 0xffff_ffff);
                    claim!(whole && word & 0xffff_ffff == got.sequence, "torn: {got:?}");
                    let once = (block, got.sequence, word);
                    let same = |had: &&(u16, u64, u64)| (had.0, had.1) == (block, got.sequence);
                    claim!(self.returned.iter().find(same).is_none(), "returned twice: {got:?}");
                    self.returned.push(once);
                }
                Step::Pending => return self.returned.len() - before,
                Step::Missed(count) => claim!(false, "missed {count} in a ring that is not lapped"),
            }
        }
    }

    /// Follows all changes that are left.
    fn drain(&mut self) {
        while self.step() != Change::Pending {}
    }
}

/// Runs one model: `writer` on the model's own thread, the reader spawned; `after` when both are done.
fn model<T: Send + 'static>(
    preemptions: Option<usize>,
    writer: impl Fn(&Shared, Writer) + Send + Sync + 'static,
    reader: impl Fn(&Shared) -> T + Copy + Send + Sync + 'static,
    after: impl Fn(&Shared, T) + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        let shared = joined();
        let seen = Arc::clone(&shared);
        let thread = loom::thread::spawn(move || reader(&seen));
        writer(&shared, resume(&shared));
        after(&shared, thread.join().expect("the reader holds all claims"));
    });
}

#[test]
fn a_change_that_is_announced_has_its_record() {
    model(
        None,
        |_, mut writer| {
            publish(&mut writer, 0, 1);
        },
        |shared| {
            let mut follower = Follower::new(shared);
            match follower.changes.next(&shared.changes()) {
                Change::Block(block) => claim!(follower.read(block) == 1, "no record in {block}"),
                Change::Lapped(count) => claim!(false, "lapped by {count} in a ring of two"),
                Change::Pending => {}
            }
        },
        |_, ()| {},
    );
}

#[test]
fn a_lapped_follower_gets_the_count_and_misses_no_block() {
    model(
        Some(2),
        |_, mut writer| {
            // Block 1 is named by the change that is lapped first, and by no other.
            for block in [1, 0, 0, 0] {
                publish(&mut writer, 0, block);
            }
        },
        Follower::after_a_step,
        |shared, mut follower| {
            follower.drain();
            let newest = shared.changes().newest();
            claim!(follower.counted == newest - JOINED, "{} up to {newest}", follower.counted);
            let read = follower.tails.map(|tail| tail.last());
            claim!(read == [3, 1], "read up to {read:?}");
        },
    );
}

#[test]
fn a_takeover_of_instances_never_uses_a_number_twice() {
    for last in After::IN_RING {
        model(
            None,
            move |shared, first| {
                die(shared, &first, 1, last);
                publish(&mut resume(shared), 2, 1);
            },
            |shared| {
                let mut follower = Follower::new(shared);
                follower.read(1);
                follower
            },
            |_, mut follower| {
                follower.read(1);
                let numbers = follower.returned.iter().map(|(_, sequence, _)| *sequence);
                claim!(numbers.eq(1..=follower.returned.len() as u64), "a gap, or none");
                let last = follower.returned.last().map(|(.., word)| word >> 32);
                claim!(last == Some(2), "the successor's record is not there: {last:?}");
            },
        );
    }
}

#[test]
fn what_a_dead_writer_published_is_announced() {
    for last in After::IN_RING {
        model(
            None,
            move |shared, first| {
                die(shared, &first, 1, last);
                resume(shared);
            },
            Follower::after_a_step,
            |shared, mut follower| {
                follower.drain();
                let (announced, published) = (follower.tails[1].last(), ring(shared, 1).head());
                claim!(announced == published, "{announced} of {published}");
            },
        );
    }
}

#[test]
fn a_name_is_read_whole_or_not_at_all() {
    model(
        None,
        |_, mut writer| {
            writer.retire(0);
            writer.join(0, &name(b'c'));
        },
        |shared| {
            let mut bytes = [0; LEN];
            if let Some(named) = shared.name(0).read(&mut bytes) {
                let expected = if named.generation == 1 { b'a' } else { b'c' };
                claim!(bytes == name(expected), "generation {}: {bytes:?}", named.generation);
            }
        },
        |_, ()| {},
    );
}

#[test]
fn a_record_of_the_next_instance_is_never_taken_for_one_of_the_last() {
    model(
        None,
        |_, mut writer| {
            publish(&mut writer, 1, 0);
            writer.retire(0);
            writer.join(0, &name(b'c'));
            publish(&mut writer, 2, 0);
        },
        |shared| {
            let mut record = [0; LEN];
            let got = ring(shared, 0).next(1, &mut record).expect("an honest writer");
            if matches!(got, Step::Record(_)) {
                claim!(!shared.name(0).has_been(1), "a record of generation 3");
            }
        },
        |_, ()| {},
    );
}

#[test]
fn a_new_instance_has_no_record_of_the_one_before() {
    model(
        None,
        |_, mut writer| {
            publish(&mut writer, 1, 0);
            writer.retire(0);
            writer.join(0, &name(b'c'));
        },
        |shared| {
            let mut record = [0; LEN];
            let Some(named) = shared.name(0).read(&mut record) else { return };
            if named.generation == 3 {
                let got = ring(shared, 0).latest(&mut record);
                claim!(got == Ok(None), "a record of generation 1: {got:?}");
            }
        },
        |_, ()| {},
    );
}

#[test]
fn a_name_and_a_number_name_one_record() {
    model(
        None,
        |shared, mut writer| {
            publish(&mut writer, 0, 0);
            writer.retire(0);
            writer.retire(1);
            writer = resume(shared);
            writer.join(1, &name(b'a'));
            let again = publish(&mut writer, 0, 1);
            claim!(again == 2, "record {again} of the same name once more");
        },
        |_| {},
        |_, ()| {},
    );
}

#[test]
fn a_retired_instance_has_the_total_of_its_records() {
    model(
        None,
        |_, mut writer| {
            publish(&mut writer, 0, 0);
            writer.retire(0);
            writer.join(0, &name(b'c'));
        },
        |shared| {
            let total = shared.name(0).total_at(1);
            claim!(total.is_none_or(|total| total == 1), "{total:?} of one record");
            let mut bytes = [0; LEN];
            let Some(named) = shared.name(0).read(&mut bytes) else { return };
            let expected = if named.generation == 1 { 0 } else { 1 };
            claim!(named.total == expected, "generation {}: {}", named.generation, named.total);
        },
        |_, ()| {},
    );
}

#[test]
fn a_total_that_is_no_longer_known_is_not_given() {
    const RECORDS: u64 = 1;
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let shared = joined();
        let mut writer = resume(&shared);
        publish(&mut writer, 0, 0);
        // Retirement 5 takes the word of the first.
        for _ in 1..4 {
            writer.retire(0);
            writer.join(0, &name(b'c'));
        }
        let seen = Arc::clone(&shared);
        let thread = loom::thread::spawn(move || {
            let total = seen.name(0).total_at(1);
            claim!(total.is_none_or(|total| total == RECORDS), "{total:?} of {RECORDS}");
        });
        writer.retire(0);
        writer.join(0, &name(b'd'));
        publish(&mut writer, 0, 0);
        writer.retire(0);
        thread.join().expect("the reader holds all claims");
        claim!(shared.name(0).total_at(2).is_none(), "known for ever");
        claim!(shared.name(0).total() == Some((5, 2)), "{:?}", shared.name(0).total());
    });
}
