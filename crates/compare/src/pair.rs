//! What two processes measure: one way between them, and reads beside a writer that never pauses.
//!
//! ```text
//!   lead                                 partner
//!     writer "forth", opened  ---------->   reader "forth", writer "back", attached
//!     reader "back"           <----------
//!     publish 1, 2, ...       <--------->   publishes the number that it read      spinning, blocked
//!
//!                             <----------   writer "back", has published
//!     reader "back": latest, latest, ...    publish, publish, ... until asked to stop   contended
//! ```
//!
//! Both know the number of trips beforehand, so that the polls look at nothing but the record. The
//! process that started them has the deadline.

use crate::Failure;
use crate::alone::each;
use crate::library::{Channel, Library, Publish, Read, Work};
use crate::record::Payload;
use crate::side::{Report, Seat};
use bench::lines::Lines;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How long a reader reads beside the writer.
    pub contended: Duration,
    /// Samples of one way.
    pub trips: u32,
}

/// How many trips before the first sample.
const WARM_UP: u32 = 20;

/// Reads in one sample of [`Work::Contended`].
const READS: u64 = 256;

/// Where the two processes tell each other how far they are.
struct Meeting(Lines);

/// The two steps of a meeting.
const LEAD: usize = 0;
const PARTNER: usize = 1;

impl Meeting {
    fn open(dir: &Path) -> Result<Self, Failure> {
        Ok(Self(Lines::open(&dir.join("meeting"))?))
    }

    fn announce(&self, who: usize) {
        self.0.store(who, 1);
    }

    fn has(&self, who: usize) -> bool {
        self.0.load(who) == 1
    }

    fn wait_for(&self, who: usize) {
        while !self.has(who) {
            std::thread::yield_now();
        }
    }
}

/// Does the part of `seat`. The lead reports.
pub(crate) fn measure<L: Library, R: Payload>(
    dir: &Path,
    work: Work,
    seat: Seat,
    effort: Effort,
) -> Result<Report, Failure> {
    let meeting = Meeting::open(dir)?;
    let channel = |name| Channel { dir: dir.to_owned(), name, work };
    let (forth, back) = (channel("forth"), channel("back"));
    match (work, seat) {
        (Work::Contended, Seat::Lead) => {
            meeting.wait_for(PARTNER);
            let report = read_beside(&mut L::reader::<R>(&back)?, effort.contended);
            meeting.announce(LEAD);
            report
        }
        (Work::Contended, Seat::Partner) => {
            publish_without_pause(&mut L::writer::<R>(&back)?, &meeting)?;
            Ok(Report::default())
        }
        (_, Seat::Lead) => {
            let writer = L::writer::<R>(&forth)?;
            meeting.announce(LEAD);
            meeting.wait_for(PARTNER);
            let mut ends = Ends { writer, reader: L::reader::<R>(&back)?, work };
            ends.lead::<R>(effort.trips)
        }
        (_, Seat::Partner) => {
            meeting.wait_for(LEAD);
            let reader = L::reader::<R>(&forth)?;
            let writer = L::writer::<R>(&back)?;
            meeting.announce(PARTNER);
            Ends { writer, reader, work }.follow::<R>(effort.trips)?;
            Ok(Report::default())
        }
    }
}

/// Trips in one sample: one where a trip takes long against a look at the clock.
fn trips_each<R>(work: Work) -> u32 {
    match (work, size_of::<R>()) {
        (work, _) if work.sleeps() => 1,
        (_, 65_536..) => 1,
        (_, 4096..) => 8,
        _ => 32,
    }
}

/// Both ends that one process has.
struct Ends<W, S> {
    writer: W,
    reader: S,
    work: Work,
}

impl<W, S> Ends<W, S> {
    /// Waits for record `number`.
    #[inline]
    fn receive<R: Payload>(&mut self, number: u32) -> Result<(), Failure>
    where
        S: Read<R>,
    {
        loop {
            let found = if self.work.sleeps() {
                Some(self.reader.next_blocking(seen)?)
            } else {
                self.reader.next(seen)?
            };
            if found == Some(number) {
                return Ok(());
            }
        }
    }

    fn lead<R: Payload>(&mut self, samples: u32) -> Result<Report, Failure>
    where
        W: Publish<R>,
        S: Read<R>,
    {
        let each_sample = trips_each::<R>(self.work);
        let mut record = Box::new(R::numbered(0));
        let mut trip = |number: u32| {
            record.set_number(number);
            self.writer.publish(&record)?;
            self.receive::<R>(number)
        };
        for number in 1..=WARM_UP {
            trip(number)?;
        }
        let mut number = WARM_UP;
        let mut report = Report::default();
        for _ in 0..samples {
            let start = Instant::now();
            for _ in 0..each_sample {
                number += 1;
                trip(number)?;
            }
            // A trip is two ways.
            report.samples.push(each(start.elapsed(), u64::from(each_sample) * 2));
        }
        Ok(report)
    }

    fn follow<R: Payload>(&mut self, samples: u32) -> Result<(), Failure>
    where
        W: Publish<R>,
        S: Read<R>,
    {
        let mut record = Box::new(R::numbered(0));
        for number in 1..=WARM_UP + samples * trips_each::<R>(self.work) {
            self.receive::<R>(number)?;
            record.set_number(number);
            self.writer.publish(&record)?;
        }
        Ok(())
    }
}

#[inline]
fn seen<R: Payload>(record: &R) -> u32 {
    black_box(record).number()
}

/// Publishes until the lead has read enough.
fn publish_without_pause<R: Payload>(
    writer: &mut impl Publish<R>,
    meeting: &Meeting,
) -> Result<(), Failure> {
    let mut record = Box::new(R::numbered(1));
    let writer = black_box(writer);
    writer.publish(&record)?;
    meeting.announce(PARTNER);
    let mut number = 1;
    while !meeting.has(LEAD) {
        number += 1;
        record.set_number(number);
        writer.publish(&record)?;
    }
    Ok(())
}

/// Reads for `time`: how long a call takes, and what it gets.
fn read_beside<R: Payload>(reader: &mut impl Read<R>, time: Duration) -> Result<Report, Failure> {
    let mut report = Report::default();
    let mut look = || {
        reader.latest(|record| {
            let record = black_box(record);
            (record.number(), record.check())
        })
    };
    // iceoryx2 has a record for a new subscriber at the next publish.
    let first = loop {
        if let Some((number, _)) = look()? {
            break number;
        }
    };
    let (mut last, mut fresh) = (first, 0_u32);
    let start = Instant::now();
    while start.elapsed() < time {
        let batch = Instant::now();
        for _ in 0..READS {
            let (number, check) = look()?.ok_or("the record is gone")?;
            fresh += u32::from(number != last);
            report.torn += u64::from(number != check);
            last = number;
        }
        report.samples.push(each(batch.elapsed(), READS));
    }
    let seconds = start.elapsed().as_secs_f64();
    report.fresh = Some(f64::from(fresh) / seconds);
    report.published = Some(f64::from(last.wrapping_sub(first)) / seconds);
    Ok(report)
}
