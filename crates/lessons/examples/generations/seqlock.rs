//! Second generation: a seqlock. One record, and a number that is odd while the record changes.
//!
//! ```text
//!   | number | word 0 | word 1 | word 2 | word 3 |
//!
//!   writer   number + 1, words, number + 1        reader   number even? copy; number the same?
//! ```
//!
//! No read is torn. But a writer that dies between the two steps leaves the number odd for ever, and
//! its readers with nothing.

use crate::{Look, Seen, Write};
use layout::Stu;
use lessons::Failure;
use shared::{Shared, SharedView};
use std::path::Path;

const NUMBER: usize = 0;
const WORDS: usize = 4;
/// So often a reader tries before it says that there is nothing: a live writer that never pauses
/// can keep it waiting too.
const TRIES: u64 = 1000;

struct SeqlockWriter(Shared<u64>);
struct SeqlockReader(SharedView<u64>);

pub(crate) fn write(file: &Path) -> Result<Box<dyn Write>, Failure> {
    Ok(Box::new(SeqlockWriter(Shared::create(file, 1 + WORDS)?)))
}

pub(crate) fn read(file: &Path) -> Result<Box<dyn Look>, Failure> {
    Ok(Box::new(SeqlockReader(SharedView::open(file)?)))
}

impl Write for SeqlockWriter {
    fn publish(&mut self, stu: &Stu) -> Result<(), Failure> {
        let even = self.0.get(NUMBER);
        self.0.set(NUMBER, even + 1);
        // Each `set` releases: no word is seen before the odd number is.
        for (index, word) in words_of(stu).into_iter().enumerate() {
            self.0.set(1 + index, word);
        }
        self.0.set(NUMBER, even + 2);
        Ok(())
    }
}

impl Look for SeqlockReader {
    fn latest(&mut self) -> Result<Seen, Failure> {
        for retries in 0..TRIES {
            let before = self.0.get(NUMBER);
            // Each `get` acquires: the second look at the number comes after the words.
            let words = std::array::from_fn(|index| self.0.get(1 + index));
            if before.is_multiple_of(2) && self.0.get(NUMBER) == before {
                return Ok(Seen { stu: Some(stu_of(words)), retries });
            }
        }
        Ok(Seen { stu: None, retries: TRIES })
    }
}

fn words_of(stu: &Stu) -> [u64; WORDS] {
    let mut bytes = [0; 8 * WORDS];
    bytes[..size_of::<Stu>()].copy_from_slice(bytemuck::bytes_of(stu));
    bytemuck::cast(bytes)
}

fn stu_of(words: [u64; WORDS]) -> Stu {
    bytemuck::pod_read_unaligned(&bytemuck::bytes_of(&words)[..size_of::<Stu>()])
}
