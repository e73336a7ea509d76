//! A reader that sleeps on the region while its writer dies.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use region::{DynReader, RegionError, State, Step};

use crate::DEADLINE;

/// How long it sleeps without a wake: longer than any test waits.
const SLEEP: Duration = Duration::from_hours(1);

/// A handle of the sleeping reader.
#[derive(Debug)]
pub(super) struct Sleeper {
    records: Receiver<Result<Given, RegionError>>,
}

/// A record that it has read.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) sequence: u64,
    pub(super) bytes: Vec<u8>,
}

impl Sleeper {
    /// Starts a reader of the region at `path`, which sleeps in the kernel when this returns.
    #[track_caller]
    pub(super) fn lie_down(path: &Path) -> Self {
        let (tell, records) = channel();
        let (say_who, who) = channel();
        let mut reader = DynReader::open(path).expect("attach a sleeper");
        std::thread::spawn(move || {
            say_who.send(rustix::thread::gettid()).expect("the test waits for it");
            loop {
                let mut bytes = vec![0; reader.schema().size() as usize];
                let sent = match reader.next(&mut bytes) {
                    Ok(Step::Record(publication)) => {
                        tell.send(Ok(Given { sequence: publication.sequence, bytes }))
                    }
                    Ok(Step::Pending) if reader.state() == State::Closed => return,
                    Ok(Step::Pending) => reader.wait(SLEEP).or_else(|err| tell.send(Err(err))),
                    Ok(Step::Missed(_)) => Ok(()),
                    Err(err) => tell.send(Err(err)),
                };
                if sent.is_err() {
                    return; // no one receives any more
                }
            }
        });
        let id = who.recv().expect("the id of the thread");
        wait_for_sleep(id.as_raw_nonzero().get());
        Self { records }
    }

    /// Everything it reads, up to record `last`.
    pub(super) fn given_until(&self, last: u64) -> Result<Vec<Given>, String> {
        let deadline = Instant::now() + DEADLINE;
        let mut all = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let given = self.records.recv_timeout(left);
            let given =
                given.map_err(|_| format!("the sleeper was not woken for record {last}"))?;
            let given = given.map_err(|err| format!("the sleeper: {err}"))?;
            let done = given.sequence >= last;
            all.push(given);
            if done {
                return Ok(all);
            }
        }
    }
}

/// Waits until the thread is in a system call: it sleeps on the futex.
#[track_caller]
fn wait_for_sleep(thread: i32) {
    let path = format!("/proc/self/task/{thread}/syscall");
    let futex = "202 ";
    let deadline = Instant::now() + DEADLINE;
    while !std::fs::read_to_string(&path).is_ok_and(|call| call.starts_with(futex)) {
        assert!(Instant::now() < deadline, "the sleeper did not fall asleep");
        std::thread::yield_now();
    }
}
