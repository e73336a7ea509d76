//! The protocol under loom: every order of a few steps that the memory model allows.
//!
//! Invariant: each claim below holds in every execution of every model, and for each line with a
//! name (`SYNC W1`, `CHOICE L1`) there is a model in which weakening it breaks a claim. The table
//! is in `docs/protocol.md`; `cargo xtask loom` goes through it.
//!
//! ```text
//!   model's own thread   the writer, and the one that takes over
//!   spawned thread       the reader (with the writer spawned, loom 0.7.3 missed mutants)
//! ```
//!
//! Price: executions grow with the number of loads that may see more than one store. Rings here
//! have four slots, or eight, and records two words; where a model laps the ring, a thread may be
//! preempted no more than a few times in one execution. Only the models in `front` have a front.

mod front;
mod instances;
mod lapping;
mod left_out;
mod offsets;
mod publish;
mod takeover;

use std::sync::Arc;

use crate::heap::Heap;
use crate::publisher::death::After;
use crate::{Part, Publication, Publisher, Ring, Step, Tail};

const SLOTS: u32 = 4;
/// Two words: the fewest that can be torn.
const LEN: usize = 16;

type Writer = Publisher<Arc<Heap>>;

/// A ring without a front, with `count` records in it.
fn published(slots: u32, count: u64) -> Arc<Heap> {
    filled(Heap::new(slots, LEN).without_front(), count)
}

fn filled(heap: Heap, count: u64) -> Arc<Heap> {
    let heap = Arc::new(heap);
    publish(&mut resume(&heap), 0, count);
    heap
}

/// An empty ring that begins after record `head`.
fn fresh(head: u64) -> Arc<Heap> {
    Arc::new(Heap::with_head(head, SLOTS, LEN).without_front())
}

fn ring(heap: &Arc<Heap>) -> Ring<Arc<Heap>> {
    Ring::new(Arc::clone(heap), heap.slots()).expect("a power of two")
}

fn resume(heap: &Arc<Heap>) -> Writer {
    Publisher::resume(ring(heap))
}

/// The content of record `sequence` by writer `who`: the same number in both words and in the time
/// of publication.
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

/// Writer `who` publishes one more record, as far as step `last`.
fn die(writer: Writer, who: u64, last: After) {
    let (word, record) = content(who, writer.sequence() + 1);
    writer.publish_and_die(last, word, &record);
}

/// Only a broken claim panics with this prefix: `cargo xtask loom` searches for it.
macro_rules! claim {
    ($holds:expr, $($what:tt)+) => {
        assert!($holds, "broken claim: {}", format_args!($($what)+))
    };
}
use claim;

/// A reader on its own thread that checks every record it reads.
struct Reader {
    ring: Ring<Arc<Heap>>,
    tail: Tail,
    /// The newest record returned by either call.
    newest: u64,
    /// The number and content of each record returned.
    returned: Vec<(u64, u64)>,
    record: [u8; LEN],
}

impl Reader {
    fn after(heap: &Arc<Heap>, sequence: u64) -> Self {
        Self {
            ring: ring(heap),
            tail: Tail::after(sequence),
            newest: 0,
            returned: Vec::new(),
            record: [0; LEN],
        }
    }

    /// Claims that the record is whole, is the one with that number, and is the same at each read.
    fn check(&mut self, got: Publication) {
        let (whole, rest) = self.record.as_chunks::<8>();
        let words = [got.published_at, u64::from_le_bytes(whole[0]), u64::from_le_bytes(whole[1])];
        claim!(rest.is_empty() && words == [words[0]; 3], "torn: {got:?} {words:x?}");
        claim!(words[0] & 0xffff_ffff == got.sequence, "not that record: {got:?} {words:x?}");
        let mut before = self.returned.iter().filter(|(sequence, _)| *sequence == got.sequence);
        claim!(before.all(|(_, word)| *word == words[0]), "used twice: {got:?} {words:x?}");
        self.returned.push((got.sequence, words[0]));
    }

    /// Reads the newest record of a ring that began after `base`, if there is one yet. Its slot is
    /// not reused: a second attempt is made only if a record was published during the first.
    fn first(&mut self, base: u64) {
        let (seen, mut retries) = (self.tail.seen(), 0);
        loop {
            let part = &mut Part::whole(&mut self.record);
            let in_front = self.ring.try_front(seen, part);
            if let Some(got) = in_front.or_else(|| self.ring.try_slot(seen, retries, part)) {
                claim!(got.sequence > base, "never published: {got:?}");
                self.tail.has_returned(got.sequence);
                return self.check(got);
            }
            if self.ring.after_failure(seen, retries, LEN) == Ok(None) {
                claim!(self.returned.is_empty(), "nothing, after {:x?}", self.returned);
                return;
            }
            claim!(self.ring.head() > base, "tries again though nothing was published");
            retries += 1;
            claim!(retries < 2, "two attempts: neither a record nor none");
        }
    }

    /// Reads the newest record; claims that there is one, and that it is not older than head or than one
    /// returned before.
    fn latest(&mut self) -> Publication {
        let head = self.ring.head();
        let got = self.tail.latest(&self.ring, &mut self.record);
        claim!(matches!(got, Ok(Some(_))), "no record: {got:?}");
        let got = got.ok().flatten().expect("just claimed");
        self.check(got);
        claim!(got.sequence >= self.newest, "{} after {}", got.sequence, self.newest);
        claim!(got.sequence >= head, "{} when head was {head}", got.sequence);
        self.newest = got.sequence;
        got
    }

    /// The same while the writer does not reuse the slot: claims that the first attempt succeeds.
    fn latest_at_first_attempt(&mut self) -> Publication {
        let got = self.latest();
        claim!(got.retries == 0, "retried without being lapped: {got:?}");
        got
    }

    /// Reads the record after the last one, if it is published; claims that there is no gap and no
    /// overlap.
    fn next(&mut self) -> Step {
        let before = self.tail.last();
        let step = self.tail.next(&self.ring, &mut self.record).expect("an honest writer");
        match step {
            Step::Record(got) => {
                self.check(got);
                claim!(got.sequence == before + 1, "{got:?} after {before}");
                self.newest = self.newest.max(got.sequence);
            }
            Step::Missed(count) => {
                claim!(count > 0 && self.tail.last() == before + count, "missed {count}");
            }
            Step::Pending => {
                claim!(self.tail.last() == before, "the cursor moved without a record")
            }
        }
        step
    }
}

/// Runs one model over a ring of four slots with `before` records: see [`model_over`].
fn model(
    before: u64,
    preemptions: Option<usize>,
    writer: impl Fn(&Arc<Heap>, Writer) + Send + Sync + 'static,
    reader: impl Fn(&Arc<Heap>) + Copy + Send + Sync + 'static,
) {
    model_over(move || published(SLOTS, before), preemptions, writer, reader);
}

/// Runs one model: `writer` on the model's own thread, `reader` spawned, over the ring that
/// `start` makes. `preemptions`: `None` tries every order.
fn model_over(
    start: impl Fn() -> Arc<Heap> + Send + Sync + 'static,
    preemptions: Option<usize>,
    writer: impl Fn(&Arc<Heap>, Writer) + Send + Sync + 'static,
    reader: impl Fn(&Arc<Heap>) + Copy + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        let heap = start();
        let shared = Arc::clone(&heap);
        let thread = loom::thread::spawn(move || reader(&shared));
        writer(&heap, resume(&heap));
        thread.join().expect("the reader holds all claims");
    });
}
