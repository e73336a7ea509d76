//! One writer publishes records into a ring of slots; any number of readers copy whole records out.
//!
//! Invariant: the words of a slot change only while its stamp is odd, and `head` names a slot whose
//! stamp is even. A reader that finds the same even stamp before and after its copy has exactly the
//! bytes that were published under that sequence number; any other reader discards its copy.
//!
//! ```text
//!   head        sequence n of the newest complete record
//!   front       | stamp | published_at | word | word | ...     record n once more, beside head
//!   slot 0      | stamp | published_at | word | word | ...     stamp: 0       never published
//!   slot 1      | stamp | published_at | word | word | ...            2n + 1  n is being written
//!   ...           record n lives in slot n mod slots                  2n      n is complete
//!   slot S-1    | stamp | published_at | word | word | ...
//! ```
//!
//! Price: S copies of the record in memory. The writer never waits and reads nothing that a reader
//! writes; a reader copies a second time only if the writer laps it, S-1 publishes during one copy.
//!
//! A region of instances has such a ring for each of them, and two more things that its one writer
//! shares: [`Changes`] records which instance has changed, [`Name`] which instance a block has.
//!
//! This crate knows no files, maps or clocks. The owner of the words implements [`Memory`]; the same
//! source runs over a mapped file and under loom. Each line that orders (`SYNC W1`, ...) and each that
//! decides (`CHOICE L1`, ...) has a name, and a row in `docs/protocol.md` with the mutant that a model
//! kills.
//!
//! ```
//! use channel::{AtomicU64, Memory, Publisher, Ring, Step, Tail};
//!
//! /// Four slots for records of 28 bytes: stamp, time and four words each.
//! #[derive(Default)]
//! struct Words {
//!     head: AtomicU64,
//!     slots: [[AtomicU64; 6]; 4],
//! }
//!
//! impl Memory for &Words {
//!     fn head(&self) -> &AtomicU64 {
//!         &self.head
//!     }
//!     fn slot(&self, index: usize, _record_len: usize) -> &[AtomicU64] {
//!         &self.slots[index]
//!     }
//! }
//!
//! let words = Words::default();
//! let mut publisher = Publisher::resume(Ring::new(&words, 4)?);
//! let ring = Ring::new(&words, 4)?;
//!
//! let mut record = [0; 28];
//! assert_eq!(ring.latest(&mut record)?, None);
//! let sequence = publisher.publish(1_000, &[7; 28]);
//! assert_eq!(ring.latest(&mut record)?.unwrap().sequence, sequence);
//! assert_eq!(record, [7; 28]);
//!
//! let mut tail = Tail::after(0);
//! assert!(matches!(tail.next(&ring, &mut record)?, Step::Record(_)));
//! assert!(matches!(tail.next(&ring, &mut record)?, Step::Pending));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changes;
mod error;
mod instances;
mod memory;
mod names;
mod offsets;
mod part;
mod publisher;
mod ring;
mod seen;
mod stamp;
mod sync;
mod tail;

#[cfg(test)]
mod heap;
#[cfg(test)]
mod heap_blocks;
#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub use changes::{Change, ChangeTail, Changes};
pub use error::{BadSlots, MIN_SLOTS, Unstable};
pub use instances::{Blocks, Instances, Legacy};
pub use memory::{Memory, words_in, words_out};
pub use names::{Name, Named, TOTALS};
pub use offsets::Offsets;
pub use part::Part;
pub use publisher::{Publisher, Turn};
pub use ring::{Publication, Ring, Step};
pub use seen::Seen;
pub use sync::AtomicU64;
pub use tail::Tail;
