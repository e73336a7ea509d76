//! Reads as fast as it can, and says once a second what it has seen.

use crate::{Look, Seen, students};
use layout::Stu;
use lessons::Failure;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Tally {
    reads: u64,
    torn: u64,
    retries: u64,
    /// The newest torn record.
    example: Option<Stu>,
}

pub(crate) fn count(mut reader: Box<dyn Look>, seconds: u32) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let start = Instant::now();
    for second in 1..=seconds {
        while start.elapsed() < second * SECOND {
            // The clock costs more than a look.
            for _ in 0..1000 {
                tally.add(&reader.latest()?);
            }
        }
        let Tally { reads, torn, retries, .. } = tally;
        println!("  after {second} s: reads {reads}, torn {torn}, tried again {retries}");
    }
    let example = tally.example.map_or("none".to_owned(), |stu| {
        format!("id={} name={} {}", stu.id, stu.name_str(), char::from(stu.sex))
    });
    println!("  a torn record, for example: {example}");
    Ok(())
}

impl Tally {
    fn add(&mut self, seen: &Seen) {
        self.retries += seen.retries;
        self.reads += u64::from(seen.stu.is_some());
        if let Some(stu) = seen.stu.filter(is_torn) {
            self.torn += 1;
            self.example = Some(stu);
        }
    }
}

/// Neither of the two students.
pub(crate) fn is_torn(stu: &Stu) -> bool {
    !students().contains(stu)
}
