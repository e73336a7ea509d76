//! Seed, "mmap between unrelated processes" (`mmap_w.c`, `mmap_r.c`): the same pair three times, and
//! each time the torn reads are counted.
//!
//! ```text
//!   generations [--seconds 3] [torn|seqlock|mapcast]   a writer is started, this process reads
//!   generations write torn FILE                        by hand: the writer, in one terminal,
//!   generations read torn FILE [--seconds 3]           and the reader in another
//! ```
//!
//! The writer publishes two students in turn, as fast as it can. A reader that gets the number of
//! one and the name of the other has a torn record.
#![allow(clippy::print_stdout, reason = "a lesson speaks")]

mod kill;
mod mapcast;
mod read;
mod seqlock;
mod torn;

use layout::Stu;
use lessons::{Failure, Place};
use std::io::Read as _;
use std::path::Path;

/// Publishes a student.
trait Write {
    fn publish(&mut self, stu: &Stu) -> Result<(), Failure>;
}

/// Looks once.
trait Look {
    fn latest(&mut self) -> Result<Seen, Failure>;
}

/// What one look gave.
struct Seen {
    /// `None`: nothing could be read.
    stu: Option<Stu>,
    /// Copies thrown away, because the writer came by.
    retries: u64,
}

/// One way to share a record.
struct Generation {
    name: &'static str,
    title: &'static str,
    write: fn(&Path) -> Result<Box<dyn Write>, Failure>,
    read: fn(&Path) -> Result<Box<dyn Look>, Failure>,
}

const GENERATIONS: [Generation; 3] = [
    Generation {
        name: "torn",
        title: "the tutorial's: the struct, and nothing else",
        write: torn::write,
        read: torn::read,
    },
    Generation {
        name: "seqlock",
        title: "a seqlock: a number before the struct is odd while it changes",
        write: seqlock::write,
        read: seqlock::read,
    },
    Generation {
        name: "mapcast",
        title: "mapcast: a ring of records, each with a stamp",
        write: mapcast::write,
        read: mapcast::read,
    },
];

/// The writer that this program starts ends when its input does, so that it is never left behind.
const WITH_INPUT: &str = "--with-input";

fn main() -> Result<(), Failure> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = take_seconds(&mut arguments)?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => GENERATIONS.iter().try_for_each(|generation| show(generation, seconds)),
        ["write", name, file] => write(find(name)?, Path::new(file)),
        ["write", name, file, WITH_INPUT] => {
            std::thread::spawn(end_with_input);
            write(find(name)?, Path::new(file))
        }
        ["read", name, file] => read::count((find(name)?.read)(Path::new(file))?, seconds),
        [name] => show(find(name)?, seconds),
        _ => Err("usage: generations [--seconds N] [torn|seqlock|mapcast]".into()),
    }
}

fn take_seconds(arguments: &mut Vec<String>) -> Result<u32, Failure> {
    let Some(at) = arguments.iter().position(|argument| argument == "--seconds") else {
        return Ok(3);
    };
    let taken: Vec<String> = arguments.drain(at..arguments.len().min(at + 2)).collect();
    Ok(taken.get(1).ok_or("--seconds needs a number")?.parse()?)
}

fn find(name: &str) -> Result<&'static Generation, Failure> {
    let found = GENERATIONS.iter().find(|generation| generation.name == name);
    Ok(found.ok_or("torn, seqlock and mapcast are the generations")?)
}

/// The two students: each differs from the other in every part.
fn students() -> [Stu; 2] {
    [Stu::new(10, "xiaoming", 'm'), Stu::new(11, "xiaohong", 'f')]
}

fn write(generation: &Generation, file: &Path) -> Result<(), Failure> {
    let mut writer = (generation.write)(file)?;
    let [first, second] = students();
    writer.publish(&first)?;
    println!("writing");
    loop {
        writer.publish(&second)?;
        writer.publish(&first)?;
    }
}

fn end_with_input() {
    let _ = std::io::stdin().read(&mut [0]);
    std::process::exit(0);
}

/// Reads beside a writer for some seconds, then looks at what killed writers leave.
fn show(generation: &Generation, seconds: u32) -> Result<(), Failure> {
    let place = Place::new()?;
    println!("{}", generation.title);
    let file = place.path().join("shared");
    let writer = kill::Writer::start(generation, &file)?;
    read::count((generation.read)(&file)?, seconds)?;
    drop(writer);
    kill::count(generation, place.path())
}
