//! Seed, "notes on mmap": its eight questions, each answered by a C program that does the wrong
//! thing, in a process of its own, and by what becomes of the same wish in Rust.
//!
//! ```text
//!   questions           all of them
//!   questions 5         the fifth
//! ```
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

mod access;
mod bounds;
mod descriptor;
mod empty;
mod failures;
mod offset;
mod unchecked;
mod unmap;

use lessons::{Failure, Place, c};

/// Question, cases of `c/question_N.c`, and the same in Rust.
struct Question {
    asks: &'static str,
    cases: &'static [&'static str],
    in_rust: fn() -> Result<(), Failure>,
}

const QUESTIONS: [Question; 8] = [
    Question {
        asks: "Can a file that open(O_CREAT) has just made be mapped?",
        cases: &["touch", "whole", "sized"],
        in_rust: empty::in_rust,
    },
    Question {
        asks: "What if open says O_RDONLY, and mmap PROT_READ | PROT_WRITE?",
        cases: &["shared", "write_only", "private", "read_only"],
        in_rust: access::in_rust,
    },
    Question {
        asks: "Does it matter to the mapping that the descriptor is closed first?",
        cases: &["closed", "too_early"],
        in_rust: descriptor::in_rust,
    },
    Question {
        asks: "What if the offset is 1000?",
        cases: &["at_1000", "at_page"],
        in_rust: offset::in_rust,
    },
    Question {
        asks: "What does an access out of bounds do?",
        cases: &["rest_of_the_page", "past_the_file", "past_the_mapping", "cut"],
        in_rust: bounds::in_rust,
    },
    Question {
        asks: "Does munmap work after mem++?",
        cases: &["one_byte_on", "one_page_on"],
        in_rust: unmap::in_rust,
    },
    Question { asks: "When does mmap fail?", cases: &["all"], in_rust: failures::in_rust },
    Question {
        asks: "What if the result of mmap is not checked?",
        cases: &["unchecked", "checked_for_null"],
        in_rust: unchecked::in_rust,
    },
];

fn main() -> Result<(), Failure> {
    match std::env::args().nth(1) {
        None => (1..=QUESTIONS.len()).try_for_each(answer),
        Some(number) => answer(number.parse().unwrap_or(0)),
    }
}

fn answer(number: usize) -> Result<(), Failure> {
    let question = number.checked_sub(1).and_then(|index| QUESTIONS.get(index));
    let question = question.ok_or("there are questions 1 to 8; give one of these numbers")?;
    println!("{number}. {}", question.asks);

    let program = c::Program::compile(&format!("question_{number}"))?;
    for case in question.cases {
        let run = program.run(case)?;
        for line in run.lines {
            println!("C     {line}");
        }
        println!("   -> {}", run.ended);
    }

    let _place = Place::enter()?;
    (question.in_rust)()
}

/// What a wish has become: its result, or the error in full.
fn tell<T, E: std::fmt::Display>(wish: &str, result: Result<T, E>, done: &str) {
    match result {
        Ok(_) => println!("Rust  {wish}: {done}"),
        Err(err) => println!("Rust  {wish}: {err}"),
    }
}
