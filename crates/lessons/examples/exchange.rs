//! Seed, exercise "IPC with mmap" (after `smalloc.c`): a question and an answer, three times, through
//! two numbers in a mapped file. Whose turn it is decides who may touch the other number.
//!
//! ```text
//!   | TURN | NUMBER |      parent: number := n, turn := CHILD       child: waits for its turn
//!                          parent: waits for its turn               child: number *= number,
//!                                                                          turn := PARENT
//! ```
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

use lessons::{Failure, Place, ended_well};
use shared::{Child, Shared};
use std::path::Path;

const TURN: usize = 0;
const NUMBER: usize = 1;

const PARENT: u32 = 0; // what a new file holds: the parent begins
const CHILD: u32 = 1;

const QUESTIONS: [u32; 3] = [3, 12, 100];

fn main() -> Result<(), Failure> {
    let _place = Place::enter()?;
    let memory = Shared::<u32>::create(Path::new("./memory"), 2)?;
    let mut child = Child::fork(|| {
        for _ in QUESTIONS {
            // A child ends with its parent: it need not look.
            if let Some(number) = take(&memory, CHILD, || false) {
                give(&memory, number * number, PARENT);
            }
        }
        0
    })?;
    for question in QUESTIONS {
        give(&memory, question, CHILD);
        match take(&memory, PARENT, || child.has_ended()) {
            Some(answer) => println!("parent asks {question}, child answers {answer}"),
            None => break, // how it ended stands below
        }
    }
    ended_well("the child", child.wait()?)
}

/// First the number, then the turn. `set` releases, `get` acquires: who sees the turn sees the
/// number that was set before it.
fn give(memory: &Shared<u32>, number: u32, turn: u32) {
    memory.set(NUMBER, number);
    memory.set(TURN, turn);
}

/// Waits for the turn, then takes the number; `None` if no other process is left to send one.
fn take(memory: &Shared<u32>, turn: u32, alone: impl Fn() -> bool) -> Option<u32> {
    while memory.get(TURN) != turn {
        if alone() && memory.get(TURN) != turn {
            return None;
        }
        std::thread::yield_now(); // `Reader::wait` sleeps instead
    }
    Some(memory.get(NUMBER))
}
