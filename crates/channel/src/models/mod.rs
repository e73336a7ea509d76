//! The protocol under loom: every order of a few steps that the memory model allows.
//!
//! Invariant: each claim below holds in every execution of every model, and for each named line of
//! `sync.rs` there is a model that breaks a claim when the line is weakened. The table is in
//! `docs/protocol.md`; `cargo xtask loom --mutants` goes through it.
//!
//! ```text
//!   model's own thread   the writer, and the one that takes over
//!   spawned thread       the reader (with the writer spawned, loom 0.7.3 missed mutants)
//! ```
//!
//! Price: executions grow with the number of loads that may see more than one store. Rings here
//! have four slots and records two words; where a model laps the ring, a thread may be preempted no
//! more than a few times in one execution.

mod lapping;
mod publish;
mod takeover;

use std::sync::Arc;

use crate::{Heap, Next, Publisher, Ring, Snapshot, Step, Tail};

const SLOTS: u32 = 4;
/// Two words: the fewest that can be torn.
const LEN: usize = 16;

type Writer = Publisher<Arc<Heap>>;

/// A ring with `count` records in it, and its writer.
fn published(count: u64) -> (Arc<Heap>, Writer) {
    let heap = Arc::new(Heap::new(SLOTS, LEN));
    let mut writer = resume(&heap);
    publish(&mut writer, 0, count);
    (heap, writer)
}

fn resume(heap: &Arc<Heap>) -> Writer {
    Publisher::resume(Ring::new(Arc::clone(heap), SLOTS).expect("four is fine"))
}

/// What writer `who` says in record `sequence`: in both words, and in its time of publication.
fn content(who: u64, sequence: u64) -> (u64, [u8; LEN]) {
    let word = who << 32 | sequence;
    (word, core::array::from_fn(|i| word.to_le_bytes()[i % 8]))
}

fn publish(writer: &mut Writer, who: u64, count: u64) {
    for _ in 0..count {
        let (word, record) = content(who, writer.sequence() + 1);
        writer.publish(word, &record);
    }
}

/// Every broken claim begins so, and nothing else does: `cargo xtask loom` looks for it.
macro_rules! claim {
    ($holds:expr, $($what:tt)+) => {
        assert!($holds, "broken claim: {}", format_args!($($what)+))
    };
}
use claim;

/// A reader on its own thread, judging all that it is given.
struct Reader {
    ring: Ring<Arc<Heap>>,
    tail: Tail,
    /// The newest record given, by either call.
    newest: u64,
    /// The words of each record given.
    given: Vec<(u64, u64)>,
    record: [u8; LEN],
}

impl Reader {
    fn after(heap: Arc<Heap>, sequence: u64) -> Self {
        let ring = Ring::new(heap, SLOTS).expect("four is fine");
        Self { ring, tail: Tail::after(sequence), newest: 0, given: Vec::new(), record: [0; LEN] }
    }

    /// A record is whole, it is the one that its number says, and it is the same each time.
    fn judge(&mut self, got: Snapshot) {
        let (whole, rest) = self.record.as_chunks::<8>();
        let words = [got.published_at, u64::from_le_bytes(whole[0]), u64::from_le_bytes(whole[1])];
        claim!(rest.is_empty() && words == [words[0]; 3], "torn: {got:?} {words:x?}");
        claim!(words[0] & 0xffff_ffff == got.sequence, "not that record: {got:?} {words:x?}");
        let mut before = self.given.iter().filter(|(sequence, _)| *sequence == got.sequence);
        claim!(before.all(|(_, word)| *word == words[0]), "used twice: {got:?} {words:x?}");
        self.given.push((got.sequence, words[0]));
    }

    /// The newest record: there is one, and it is not older than any given before.
    fn latest(&mut self) -> Snapshot {
        let got = self.tail.latest(&self.ring, &mut self.record);
        claim!(matches!(got, Ok(Some(_))), "nothing there: {got:?}");
        let got = got.ok().flatten().expect("just claimed");
        self.judge(got);
        claim!(got.sequence >= self.newest, "{} after {}", got.sequence, self.newest);
        self.newest = got.sequence;
        got
    }

    /// The same while the writer does not come round to the slot: the first look suffices.
    fn latest_at_once(&mut self) -> Snapshot {
        let got = self.latest();
        claim!(got.retries == 0, "looked again without being lapped: {got:?}");
        got
    }

    /// The record after the last one, if it is there: no gap, no overlap.
    fn next(&mut self) -> Step {
        let before = self.tail.last();
        let step = self.tail.next(&self.ring, &mut self.record).expect("an honest writer");
        match step {
            Step::Record(got) => {
                self.judge(got);
                claim!(got.sequence == before + 1, "{got:?} after {before}");
                self.newest = self.newest.max(got.sequence);
            }
            Step::Missed(count) => {
                claim!(count > 0 && self.tail.last() == before + count, "missed {count}");
            }
            Step::Pending => claim!(self.tail.last() == before, "moved on over nothing"),
        }
        step
    }
}

/// Runs one model: `writer` on the model's own thread, `reader` spawned, over a ring with
/// `before` records. `preemptions` of None tries everything.
fn model(
    before: u64,
    preemptions: Option<usize>,
    writer: impl Fn(&Arc<Heap>, Writer) + Send + Sync + 'static,
    reader: impl Fn(Arc<Heap>) + Copy + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        let (heap, publisher) = published(before);
        let shared = Arc::clone(&heap);
        let thread = loom::thread::spawn(move || reader(shared));
        writer(&heap, publisher);
        thread.join().expect("the reader holds all claims");
    });
}
