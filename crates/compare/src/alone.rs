//! What one process measures alone: publishes and reads.
//!
//! Record, writer and reader have their addresses passed through `black_box` once, before the loop.
//! `black_box(())` in the loop is a barrier for the compiler and no instruction: each time, memory
//! may have changed before it and is looked at after it. So every contender, `memcpy` included, is
//! compiled as in a program whose record lies in memory, and the harness adds neither stores nor
//! loads.

use crate::Failure;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long a batch takes, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// About how long one batch takes.
    pub batch: Duration,
    /// How many batches.
    pub batches: usize,
}

/// Nanoseconds of one operation, for each batch.
pub fn measure<L: Library, R: Payload>(
    channel: &Channel,
    effort: Effort,
) -> Result<Vec<f64>, Failure> {
    let (mut writer, mut reader) = L::both::<R>(channel)?;
    let record = Box::new(R::numbered(1));
    let record = black_box(&*record);
    let room = L::room(size_of::<R>());
    match channel.work {
        Work::Publish | Work::PublishWake | Work::PublishOne => samples(effort, |times| {
            in_bursts::<R, _>(times, room, &mut reader, |burst| {
                let writer = black_box(&mut writer);
                timed(burst, || writer.publish(record))
            })
        }),
        Work::PublishClock => samples(effort, |times| {
            let writer = black_box(&mut writer);
            timed(times, || writer.publish_with_clock(record))
        }),
        Work::Latest | Work::LatestOne => {
            if L::NAME != "memcpy" {
                writer.publish(record)?;
            }
            samples(effort, |times| {
                let reader = black_box(&mut reader);
                timed(times, || look(reader))
            })
        }
        work => Err(format!("{work} takes two processes").into()),
    }
}

#[inline(always)]
fn look<R: Payload>(reader: &mut impl Read<R>) -> Result<(), Failure> {
    let seen = reader.latest(|record| {
        black_box(record);
    })?;
    seen.ok_or_else(|| "nothing was published".into())
}

#[inline(always)]
fn timed(
    times: u64,
    mut operation: impl FnMut() -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    for _ in 0..times {
        operation()?;
        black_box(());
    }
    Ok(start.elapsed())
}

/// At most `room` records at a time; in between they are read again, which is not timed.
fn in_bursts<R: Payload, S: Read<R>>(
    times: u64,
    room: u64,
    reader: &mut S,
    mut publish: impl FnMut(u64) -> Result<Duration, Failure>,
) -> Result<Duration, Failure> {
    if room == u64::MAX {
        return publish(times);
    }
    let (mut left, mut taken) = (times, Duration::ZERO);
    while left > 0 {
        let burst = left.min(room);
        taken += publish(burst)?;
        for _ in 0..burst {
            reader.next_blocking(R::number)?;
        }
        left -= burst;
    }
    Ok(taken)
}

fn samples(
    effort: Effort,
    mut batch: impl FnMut(u64) -> Result<Duration, Failure>,
) -> Result<Vec<f64>, Failure> {
    let times = fitting(effort.batch, &mut batch)?;
    (0..effort.batches).map(|_| Ok(each(batch(times)?, times))).collect()
}

/// How many operations take about as long as `wanted`. Warms up on the way.
fn fitting(
    wanted: Duration,
    batch: &mut impl FnMut(u64) -> Result<Duration, Failure>,
) -> Result<u64, Failure> {
    let mut times = 1;
    loop {
        let taken = batch(times)?.min(batch(times)?).min(batch(times)?);
        if taken >= wanted / 2 {
            return Ok(times);
        }
        times *= 2;
    }
}

/// Nanoseconds of one of `times` operations that took `taken` together.
#[expect(clippy::cast_precision_loss, reason = "batches have far fewer than 2^52 operations")]
pub(crate) fn each(taken: Duration, times: u64) -> f64 {
    taken.as_secs_f64() * 1e9 / times as f64
}
