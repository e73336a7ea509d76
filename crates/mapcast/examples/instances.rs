//! Many records of one kind in one region: the prices of some symbols.
//!
//! ```text
//!   cargo run --example instances -- AAA BBB CCC
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::{InstanceChange, InstanceReader, Record, Step, Writer};
use std::error::Error;

#[repr(C)]
#[derive(Clone, Copy, Record)]
struct Quote {
    #[record(unit = "EUR")]
    price: f64,
    volume: u64,
}

/// At most so many symbols at one time.
const MAX: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let symbols: Vec<String> = std::env::args().skip(1).collect();
    let mut writer = Writer::options().open_instances::<Quote>("quotes", MAX)?;
    // A symbol joins when it is first asked for; the loop that publishes keeps the handles.
    let mut handles = Vec::new();
    for symbol in &symbols {
        handles.push(writer.instance(symbol)?);
    }
    let mut reader = InstanceReader::<Quote>::open("quotes")?; // in any other process
    for (volume, handle) in (1..).zip(&handles) {
        writer.publish(*handle, &Quote { price: 99.5, volume })?;
    }

    // One of them, all of them, or what has changed.
    if let Some(first) = symbols.first().and_then(|symbol| reader.find(symbol)) {
        let quote = reader.latest(first)?.ok_or("it was published")?;
        println!("{}: {} EUR", symbols[0], quote.price);
    }
    reader.latest_all(|symbol, quote| println!("{symbol}: {}", quote.volume))?;
    while let Step::Record(event) = reader.next()? {
        match event.what {
            InstanceChange::Record(quote) => println!("{} is now {}", event.name, quote.price),
            InstanceChange::Missed(count) => println!("{} missed {count}", event.name),
            InstanceChange::Retired => println!("{} is gone", event.name),
            _ => {}
        }
    }
    Ok(())
}
