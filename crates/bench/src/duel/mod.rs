//! Two processes that hand something to and fro: half a round trip is one way.
//!
//! ```text
//!   this process                               the helper: this program, started again
//!     "1000 next 28\n"   --- its stdin  --->     opens its end
//!     <--- its stdout ---                        "ready\n"
//!     send, receive      <--- game     --->      receive, send            1000 times, timed here
//! ```
//!
//! Each process stays on a processor of its own. Between two batches the helper sleeps on its
//! standard input, so that it disturbs no other measurement, and it ends when that is closed. A partner that stays silent for long is an error,
//! not an endless wait.

mod bare;
mod game;
mod helper;
mod over_region;

pub use game::Game;
pub use helper::{Duel, help};

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
enum Seat {
    First,
    Second,
}

impl Seat {
    /// The names of what this seat writes and of what it reads.
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

/// One process's end of a game.
trait Post: Sized {
    /// Makes what this seat writes to.
    fn open(dir: &Path, game: Game, seat: Seat) -> Result<Self, Failure>;

    /// Finds what the other seat writes to, which is there by now.
    fn meet(&mut self, dir: &Path, game: Game, seat: Seat) -> Result<(), Failure>;

    /// Hands over number `number`: 1, 2, 3, ...
    fn send(&mut self, number: u32) -> Result<(), Failure>;

    /// Waits for the other's number `number`.
    fn receive(&mut self, number: u32) -> Result<(), Failure>;
}

/// A [`Post`] that counts, and whose kind is known only when it is opened.
trait End {
    fn meet(&mut self, dir: &Path) -> Result<(), Failure>;
    fn lead(&mut self, trips: u64) -> Result<(), Failure>;
    fn follow(&mut self, trips: u64) -> Result<(), Failure>;
}

struct Counted<P> {
    post: P,
    game: Game,
    seat: Seat,
    number: u32,
}

impl<P: Post> End for Counted<P> {
    fn meet(&mut self, dir: &Path) -> Result<(), Failure> {
        self.post.meet(dir, self.game, self.seat)
    }

    fn lead(&mut self, trips: u64) -> Result<(), Failure> {
        for _ in 0..trips {
            self.number = self.number.wrapping_add(1);
            self.post.send(self.number)?;
            self.post.receive(self.number)?;
        }
        Ok(())
    }

    fn follow(&mut self, trips: u64) -> Result<(), Failure> {
        for _ in 0..trips {
            self.number = self.number.wrapping_add(1);
            self.post.receive(self.number)?;
            self.post.send(self.number)?;
        }
        Ok(())
    }
}

/// Opens this seat's end of `game`; the other's may not be there yet.
fn open(dir: &Path, game: Game, seat: Seat) -> Result<Box<dyn End>, Failure> {
    fn counted<P: Post + 'static>(
        dir: &Path,
        game: Game,
        seat: Seat,
    ) -> Result<Box<dyn End>, Failure> {
        Ok(Box::new(Counted { post: P::open(dir, game, seat)?, game, seat, number: 0 }))
    }
    match game {
        Game::Line => counted::<bare::Spinning>(dir, game, seat),
        Game::Futex => counted::<bare::Sleeping>(dir, game, seat),
        Game::NextStu => counted::<over_region::Typed>(dir, game, seat),
        Game::Next(_) => counted::<over_region::Spinning>(dir, game, seat),
        Game::Wake(_) => counted::<over_region::Sleeping>(dir, game, seat),
    }
}

/// Looks until there is something, some seconds at the most. No pause between two looks: it would
/// be in the measured time of both sides, and differently long on each processor.
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
