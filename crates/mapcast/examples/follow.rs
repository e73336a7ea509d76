//! Every record, the number of missed ones, and the states of the writer.
//!
//! ```text
//!   cargo run --example follow -- NAME      in one terminal; it waits for the region
//!   cargo run --example own_struct          (or `producer`) in another
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::dynamic::Reader;
use mapcast::{Event, Follow, State};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let at = std::env::args().nth(1).ok_or("which region? give its name or path")?;
    for event in Follow::awaiting(|| Reader::open(&at)) {
        match event? {
            Event::Waiting => println!("waiting for {at}"),
            Event::Record(sample) => println!("{}: {}", sample.sequence(), sample.view().line()),
            Event::Missed(count) => println!("missed {count} records"),
            Event::Writer(State::Closed) => break,
            Event::Writer(state) => println!("the writer is {state}"),
            Event::Replaced => println!("another file has the name now"),
            _ => {}
        }
    }
    println!("closed");
    Ok(())
}
