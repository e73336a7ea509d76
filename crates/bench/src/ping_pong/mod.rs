//! Two processes that exchange something: half a round trip is one way.
//!
//! ```text
//!   this process                               the helper: this program, started again
//!     "1000 next 28\n"   --- its stdin  --->     opens its end
//!     <--- its stdout ---                        "ready\n"
//!     send, receive      <--- exchange --->      receive, send            1000 times, timed here
//! ```
//!
//! Each process stays on a processor of its own. Between two batches the helper sleeps on its
//! standard input, so that it disturbs no other measurement, and it ends when that is closed.
//! A partner that does not answer in time is an error, not an endless wait.

mod bare;
mod exchange;
mod helper;
mod over_region;

pub use exchange::Exchange;
pub use helper::{PingPong, help};

use crate::Failure;
use std::path::Path;
use std::time::Duration;

/// How long a sleep lasts at the most, on both sides of the comparison.
const SLEEP: Duration = Duration::from_secs(1);

/// Sleeps that may end without the number that was waited for.
const SLEEPS: u32 = 20;

const SILENCE: &str = "the other process does not answer";

/// Which of the two processes this one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    First,
    Second,
}

impl Side {
    /// The names of what this side writes and of what it reads.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::First => ("to", "fro"),
            Self::Second => ("fro", "to"),
        }
    }

    /// The same as numbers.
    fn numbers(self) -> (usize, usize) {
        match self {
            Self::First => (0, 1),
            Self::Second => (1, 0),
        }
    }
}

/// One process's end of an exchange.
trait Endpoint: Sized {
    /// Makes what this side writes to.
    fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Self, Failure>;

    /// Finds what the other side writes to, which is there by now.
    fn connect(&mut self, _dir: &Path, _exchange: Exchange, _side: Side) -> Result<(), Failure> {
        Ok(())
    }

    /// Hands over number `number`: 1, 2, 3, ...
    fn send(&mut self, number: u32) -> Result<(), Failure>;

    /// Waits for the other's number `number`.
    fn receive(&mut self, number: u32) -> Result<(), Failure>;
}

/// An [`Endpoint`] that counts, and whose kind is known only when it is opened.
trait Peer {
    fn connect(&mut self, dir: &Path) -> Result<(), Failure>;
    fn lead(&mut self, trips: u64) -> Result<(), Failure>;
    fn follow(&mut self, trips: u64) -> Result<(), Failure>;
}

struct Numbered<P> {
    endpoint: P,
    exchange: Exchange,
    side: Side,
    number: u32,
}

impl<P: Endpoint> Peer for Numbered<P> {
    fn connect(&mut self, dir: &Path) -> Result<(), Failure> {
        self.endpoint.connect(dir, self.exchange, self.side)
    }

    fn lead(&mut self, trips: u64) -> Result<(), Failure> {
        for _ in 0..trips {
            self.number = self.number.wrapping_add(1);
            self.endpoint.send(self.number)?;
            self.endpoint.receive(self.number)?;
        }
        Ok(())
    }

    fn follow(&mut self, trips: u64) -> Result<(), Failure> {
        for _ in 0..trips {
            self.number = self.number.wrapping_add(1);
            self.endpoint.receive(self.number)?;
            self.endpoint.send(self.number)?;
        }
        Ok(())
    }
}

/// Opens this side's end of `exchange`; the other's may not be there yet.
fn open(dir: &Path, exchange: Exchange, side: Side) -> Result<Box<dyn Peer>, Failure> {
    fn numbered<P: Endpoint + 'static>(
        dir: &Path,
        exchange: Exchange,
        side: Side,
    ) -> Result<Box<dyn Peer>, Failure> {
        Ok(Box::new(Numbered {
            endpoint: P::open(dir, exchange, side)?,
            exchange,
            side,
            number: 0,
        }))
    }
    match exchange {
        Exchange::Line => numbered::<bare::Spinning>(dir, exchange, side),
        Exchange::Futex => numbered::<bare::Sleeping>(dir, exchange, side),
        Exchange::NextStu => numbered::<over_region::Typed>(dir, exchange, side),
        Exchange::Next(_) => numbered::<over_region::Spinning>(dir, exchange, side),
        Exchange::Wake(_) => numbered::<over_region::Sleeping>(dir, exchange, side),
    }
}

/// Polls until there is something, some seconds at the most. Without a pause between two polls, which
/// would be in the measured time of both sides, and differ from processor to processor.
#[inline]
fn spin(mut look: impl FnMut() -> Result<bool, Failure>) -> Result<(), Failure> {
    const LOOKS: u64 = 1 << 33;
    for _ in 0..LOOKS {
        if look()? {
            return Ok(());
        }
    }
    Err(SILENCE.into())
}
