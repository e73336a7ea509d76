//! Publish and latest alone, and latest beside a thread on another processor that publishes without a pause.
//!
//! Invariant: first and last word of a record are its number. A record in which they differ is torn, and an
//! error.

use crate::bare::{Bare, Design};
use crate::compare::Spread;
use crate::records::Array;
use crate::{Failure, machine};
use bytemuck::Zeroable;
use region::{BootTime, Options, Reader, Writer};
use std::hint::black_box;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, TryRecvError};
use std::time::{Duration, Instant};

/// The publishing end.
pub trait Publish<const WORDS: usize>: Send {
    /// Publishes a record with a time that the caller has.
    fn publish(&mut self, now: BootTime, record: &Array<WORDS>) -> Result<(), Failure>;
}

/// The reading end.
pub trait Latest<const WORDS: usize> {
    /// Copies the newest record; `false`: it was being written.
    fn latest(&mut self, record: &mut Array<WORDS>) -> Result<bool, Failure>;
}

/// What was measured of two ends: medians of batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Nanoseconds of a publish alone.
    pub publish: f64,
    /// Nanoseconds of a read alone.
    pub latest: f64,
    /// Nanoseconds of a read beside the writer, failed looks included.
    pub beside: f64,
    /// Millions of new records a second that it got.
    pub fresh: f64,
    /// Millions of records a second that were published meanwhile.
    pub published: f64,
}

impl Figures {
    /// How many there are.
    pub const COLUMNS: usize = 5;

    /// All of them, in the order of the table.
    pub fn all(self) -> [f64; Self::COLUMNS] {
        [self.publish, self.latest, self.beside, self.fresh, self.published]
    }
}

/// Reads or publishes between two looks at the clock.
const BATCH: u64 = 1000;

/// One batch of reads or publishes.
#[derive(Clone, Copy, Debug)]
struct Batch {
    nanos: f64,
    /// New records that were read.
    fresh: f64,
    /// By how much their numbers rose.
    published: f64,
}

/// Measures two ends of one region, for `time` each: publish alone, latest alone, latest beside publish.
///
/// This thread stays on the first of the processors, a writer beside it on the second. Of the reads beside it
/// only batches with a new record count: on a busy machine the writer does not always have its processor.
pub fn measure<const WORDS: usize>(
    writer: &mut impl Publish<WORDS>,
    reader: &mut impl Latest<WORDS>,
    processors: [usize; 2],
    time: Duration,
) -> Result<Figures, Failure> {
    machine::go_to(processors[0])?;
    let end = Instant::now() + time;
    let alone = publish_while(writer, 1, || Instant::now() < end)?;
    let publish = median(&alone, |batch| batch.nanos / count(BATCH));
    let latest = median(&read(reader, time)?, |batch| batch.nanos / count(BATCH));
    let first = 1 + BATCH * alone.len() as u64;
    let mut beside = while_publishing(writer, first, processors[1], || read(reader, time))?;
    beside.retain(|batch| batch.fresh > 0.0);
    Ok(Figures {
        publish,
        latest,
        beside: median(&beside, |batch| batch.nanos / count(BATCH)),
        fresh: median(&beside, |batch| batch.fresh / batch.nanos * 1e3),
        published: median(&beside, |batch| batch.published / batch.nanos * 1e3),
    })
}

/// Does `what` while a thread on `processor` publishes from number `first` on.
fn while_publishing<const WORDS: usize, T>(
    writer: &mut impl Publish<WORDS>,
    first: u64,
    processor: usize,
    what: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (stop, stopped) = mpsc::channel::<()>();
    let (started, is_running) = mpsc::channel();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            machine::go_to(processor)?;
            started.send(())?;
            publish_while(writer, first, || stopped.try_recv() == Err(TryRecvError::Empty))
        });
        is_running.recv()?;
        let done = what();
        drop(stop);
        thread.join().map_err(|_| "the writer panicked")??;
        done
    })
}

/// Publishes from number `first` on.
fn publish_while<const WORDS: usize>(
    writer: &mut impl Publish<WORDS>,
    first: u64,
    mut goes_on: impl FnMut() -> bool,
) -> Result<Vec<Batch>, Failure> {
    let (now, mut record, mut number) = (BootTime::now(), Array::<WORDS>::zeroed(), first);
    let (writer, mut batches) = (black_box(writer), Vec::new());
    while goes_on() {
        let start = Instant::now();
        for _ in 0..BATCH {
            (record.words[0], record.words[WORDS - 1]) = (number, number);
            writer.publish(now, black_box(&record))?;
            number += 1;
        }
        batches.push(Batch { nanos: nanos(start.elapsed()), fresh: 0.0, published: 0.0 });
    }
    Ok(batches)
}

fn read<const WORDS: usize>(
    reader: &mut impl Latest<WORDS>,
    time: Duration,
) -> Result<Vec<Batch>, Failure> {
    let (end, mut last, mut batches) = (Instant::now() + time, 0, Vec::new());
    let reader = black_box(reader);
    loop {
        let (start, first, mut fresh) = (Instant::now(), last, 0);
        for _ in 0..BATCH {
            let mut record = Array::zeroed();
            if !reader.latest(&mut record)? {
                continue;
            }
            let words = black_box(&record).words;
            if words[0] != words[WORDS - 1] {
                return Err("a torn record".into());
            }
            fresh += u64::from(words[0] != last);
            last = words[0];
        }
        let (fresh, published) = (count(fresh), count(last - first));
        batches.push(Batch { nanos: nanos(start.elapsed()), fresh, published });
        if Instant::now() > end {
            // The first was a warm-up.
            return Ok(batches.split_off(1));
        }
    }
}

fn median(batches: &[Batch], figure: impl Fn(&Batch) -> f64) -> f64 {
    Spread::of(batches.iter().map(figure).collect()).median
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn count(count: u64) -> f64 {
    count as f64
}

/// The writer of a bare design.
#[derive(Debug)]
pub struct BareWriter<D, const WORDS: usize> {
    bare: Arc<Bare<WORDS>>,
    sequence: u64,
    design: PhantomData<fn(D)>,
}

/// Its reader.
#[derive(Debug)]
pub struct BareReader<D, const WORDS: usize> {
    bare: Arc<Bare<WORDS>>,
    design: PhantomData<fn(D)>,
}

/// Both ends of a bare design.
pub fn bare<D: Design, const WORDS: usize>() -> (BareWriter<D, WORDS>, BareReader<D, WORDS>) {
    let bare = Arc::<Bare<WORDS>>::default();
    let writer = BareWriter { bare: Arc::clone(&bare), sequence: 0, design: PhantomData };
    (writer, BareReader { bare, design: PhantomData })
}

/// Both ends of the region at `path`.
pub fn mapcast<const WORDS: usize>(
    path: &Path,
) -> Result<(Writer<Array<WORDS>>, Reader<Array<WORDS>>), Failure> {
    let writer = Writer::open_with(path, &Options::new().wake(false))?;
    Ok((writer, Reader::open(path)?))
}

impl<D: Design, const WORDS: usize> Publish<WORDS> for BareWriter<D, WORDS> {
    #[inline]
    fn publish(&mut self, now: BootTime, record: &Array<WORDS>) -> Result<(), Failure> {
        self.sequence += 1;
        D::publish(&self.bare, self.sequence, now.as_nanos(), &record.words);
        Ok(())
    }
}

impl<D: Design, const WORDS: usize> Latest<WORDS> for BareReader<D, WORDS> {
    #[inline]
    fn latest(&mut self, record: &mut Array<WORDS>) -> Result<bool, Failure> {
        Ok(D::latest(&self.bare, &mut record.words).is_some())
    }
}

impl<const WORDS: usize> Publish<WORDS> for Writer<Array<WORDS>> {
    #[inline]
    fn publish(&mut self, now: BootTime, record: &Array<WORDS>) -> Result<(), Failure> {
        self.publish_at(record, now)?;
        Ok(())
    }
}

impl<const WORDS: usize> Latest<WORDS> for Reader<Array<WORDS>> {
    #[inline]
    fn latest(&mut self, record: &mut Array<WORDS>) -> Result<bool, Failure> {
        Ok(self.latest_into(record)?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bare::{Cell, Front, Ring};

    /// On a busy machine not each time: the processor may be another's for as long as one is measured.
    fn has_figures<const WORDS: usize>(mut ends: (impl Publish<WORDS>, impl Latest<WORDS>)) {
        let (processors, time) = (machine::two().unwrap(), Duration::from_millis(5));
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let figures = measure(&mut ends.0, &mut ends.1, processors, time).unwrap();
            if [figures.publish, figures.latest, figures.beside].iter().all(|figure| *figure > 0.0)
            {
                return;
            }
            assert!(Instant::now() < deadline, "a figure without a batch: {figures:?}");
        }
    }

    #[test]
    fn every_contender_has_figures() {
        let dir = tempfile::tempdir().unwrap();
        has_figures(bare::<Ring, 4>());
        has_figures(bare::<Cell, 12>());
        has_figures(bare::<Front, 12>());
        has_figures(mapcast::<4>(&dir.path().join("x.region")).unwrap());
    }
}
