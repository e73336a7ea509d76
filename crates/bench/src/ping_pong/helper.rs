//! The helper process, seen from both sides of its standard input and output.

use super::{Exchange, Peer, Side, open};
use crate::Failure;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const READY: &str = "ready";

/// The first side, and the pipes to the helper that has the second.
pub struct PingPong {
    dir: PathBuf,
    peers: HashMap<Exchange, Box<dyn Peer>>,
    /// `None` once it shall end.
    orders: Option<Box<dyn Write>>,
    answers: Box<dyn BufRead>,
    /// `None`: a thread, in the tests.
    helper: Option<Child>,
}

impl std::fmt::Debug for PingPong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PingPong").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl PingPong {
    /// Starts `helper`, which must call [`help`] with the same `dir`.
    pub fn start(dir: &Path, helper: &mut Command) -> Result<Self, Failure> {
        let mut helper = helper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = helper.stdin.take().ok_or("the helper has no input")?;
        let answers = helper.stdout.take().ok_or("the helper has no output")?;
        let mut ping_pong = Self::over(dir, orders, BufReader::new(answers));
        ping_pong.helper = Some(helper);
        Ok(ping_pong)
    }

    fn over(dir: &Path, orders: impl Write + 'static, answers: impl BufRead + 'static) -> Self {
        Self {
            dir: dir.to_owned(),
            peers: HashMap::new(),
            orders: Some(Box::new(orders)),
            answers: Box::new(answers),
            helper: None,
        }
    }

    /// Makes so many round trips of `exchange`; returns the time of as many ways, half of it.
    pub fn time(&mut self, exchange: Exchange, trips: u64) -> Result<Duration, Failure> {
        let new = match self.peers.entry(exchange) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(open(&self.dir, exchange, Side::First)?);
                true
            }
        };
        let orders = self.orders.as_mut().ok_or("the helper has ended")?;
        writeln!(orders, "{trips} {exchange}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim_end() != READY {
            return Err(format!("the helper answers {answer:?} to {exchange}").into());
        }
        let end = self.peers.get_mut(&exchange).ok_or("no such end")?;
        if new {
            end.connect(&self.dir)?;
        }
        let start = Instant::now();
        end.lead(trips)?;
        Ok(start.elapsed() / 2)
    }
}

impl Drop for PingPong {
    fn drop(&mut self) {
        self.orders = None; // the helper ends when its input does
        if let Some(helper) = &mut self.helper {
            let _ = helper.wait();
        }
    }
}

/// What the helper process does: is the second side until `orders` end.
pub fn help(dir: &Path, orders: impl BufRead, mut answers: impl Write) -> Result<(), Failure> {
    let mut peers: HashMap<Exchange, Box<dyn Peer>> = HashMap::new();
    for order in orders.lines() {
        let order = order?;
        let (trips, exchange) =
            order.split_once(' ').ok_or("an order is a count and a exchange")?;
        let (trips, exchange) = (trips.parse()?, exchange.parse()?);
        let end = match peers.entry(exchange) {
            Entry::Occupied(place) => place.into_mut(),
            Entry::Vacant(place) => {
                let mut end = open(dir, exchange, Side::Second)?;
                end.connect(dir)?;
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
    fn every_exchange_comes_to_its_end_and_does_so_again() {
        let dir = tempfile::tempdir().unwrap();
        let (their_orders, our_orders) = pipe().unwrap();
        let (our_answers, their_answers) = pipe().unwrap();
        let path = dir.path().to_owned();
        let helper =
            thread::spawn(move || help(&path, BufReader::new(their_orders), their_answers));
        let mut ping_pong = PingPong::over(dir.path(), our_orders, BufReader::new(our_answers));
        for exchange in [
            Exchange::Line,
            Exchange::Futex,
            Exchange::NextStu,
            Exchange::Next(256),
            Exchange::Wake(4096),
        ] {
            for trips in [3, 5] {
                assert!(ping_pong.time(exchange, trips).unwrap() > Duration::ZERO, "{exchange}");
            }
        }
        drop(ping_pong);
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
