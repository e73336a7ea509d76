//! The helper process, seen from both sides of its standard input and output.

use super::{End, Game, Seat, open};
use crate::Failure;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const READY: &str = "ready";

/// The first seat, and what leads to the helper that has the second.
pub struct Duel {
    dir: PathBuf,
    ends: HashMap<Game, Box<dyn End>>,
    /// `None` once it is told to end.
    orders: Option<Box<dyn Write>>,
    answers: Box<dyn BufRead>,
    /// `None`: a thread, in the tests.
    helper: Option<Child>,
}

impl std::fmt::Debug for Duel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Duel").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Duel {
    /// Starts `helper`, which must call [`help`] with the same `dir`.
    pub fn start(dir: &Path, helper: &mut Command) -> Result<Self, Failure> {
        let mut helper = helper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = helper.stdin.take().ok_or("the helper has no input")?;
        let answers = helper.stdout.take().ok_or("the helper has no output")?;
        let mut duel = Self::over(dir, orders, BufReader::new(answers));
        duel.helper = Some(helper);
        Ok(duel)
    }

    fn over(dir: &Path, orders: impl Write + 'static, answers: impl BufRead + 'static) -> Self {
        Self {
            dir: dir.to_owned(),
            ends: HashMap::new(),
            orders: Some(Box::new(orders)),
            answers: Box::new(answers),
            helper: None,
        }
    }

    /// Plays so many round trips of `game`: answers with the time of as many ways, half of it.
    pub fn play(&mut self, game: Game, trips: u64) -> Result<Duration, Failure> {
        let new = match self.ends.entry(game) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(open(&self.dir, game, Seat::First)?);
                true
            }
        };
        let orders = self.orders.as_mut().ok_or("the helper has ended")?;
        writeln!(orders, "{trips} {game}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim_end() != READY {
            return Err(format!("the helper says {answer:?} to {game}").into());
        }
        let end = self.ends.get_mut(&game).ok_or("no such end")?;
        if new {
            end.meet(&self.dir)?;
        }
        let start = Instant::now();
        end.lead(trips)?;
        Ok(start.elapsed() / 2)
    }
}

impl Drop for Duel {
    fn drop(&mut self) {
        self.orders = None; // the helper ends when its input does
        if let Some(helper) = &mut self.helper {
            let _ = helper.wait();
        }
    }
}

/// What the helper process does: plays the second seat until `orders` end.
pub fn help(dir: &Path, orders: impl BufRead, mut answers: impl Write) -> Result<(), Failure> {
    let mut ends: HashMap<Game, Box<dyn End>> = HashMap::new();
    for order in orders.lines() {
        let order = order?;
        let (trips, game) = order.split_once(' ').ok_or("an order is a count and a game")?;
        let (trips, game) = (trips.parse()?, game.parse()?);
        let end = match ends.entry(game) {
            Entry::Occupied(place) => place.into_mut(),
            Entry::Vacant(place) => {
                let mut end = open(dir, game, Seat::Second)?;
                end.meet(dir)?;
                place.insert(end)
            }
        };
        writeln!(answers, "{READY}")?;
        answers.flush()?;
        end.follow(trips)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::pipe;
    use std::thread;

    #[test]
    fn every_game_is_played_to_its_end_and_once_more() {
        let dir = tempfile::tempdir().unwrap();
        let (their_orders, our_orders) = pipe().unwrap();
        let (our_answers, their_answers) = pipe().unwrap();
        let path = dir.path().to_owned();
        let helper =
            thread::spawn(move || help(&path, BufReader::new(their_orders), their_answers));
        let mut duel = Duel::over(dir.path(), our_orders, BufReader::new(our_answers));
        for game in [Game::Line, Game::Futex, Game::NextStu, Game::Next(256), Game::Wake(4096)] {
            for trips in [3, 5] {
                assert!(duel.play(game, trips).unwrap() > Duration::ZERO, "{game}");
            }
        }
        drop(duel);
        helper.join().unwrap().unwrap();
    }

    #[test]
    fn an_order_that_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for order in ["chess", "1 chess", "many line"] {
            assert!(help(dir.path(), order.as_bytes(), std::io::sink()).is_err(), "{order}");
        }
    }
}
