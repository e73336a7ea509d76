//! A region in an async program: a thread follows it and sends its events to a channel.
//!
//! ```text
//!   cargo run --example tokio -- NAME
//! ```
//!
//! An event loop that polls descriptors itself needs no thread of its own: see `Notifier`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::dynamic::{Reader, Sample};
use mapcast::{Error, Event, State};
use tokio::sync::mpsc::{Receiver, channel};

/// The events of the region at `at`, until the receiver is dropped.
fn events(at: &str) -> Result<Receiver<Result<Event<Sample>, Error>>, Error> {
    let mut reader = Reader::open(at)?;
    let (sender, receiver) = channel(16);
    std::thread::spawn(move || {
        let dropped = sender.clone();
        for event in reader.follow().until(move || dropped.is_closed()) {
            if sender.blocking_send(event).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let at = std::env::args().nth(1).ok_or("which region? give its name or path")?;
    let mut events = events(&at)?;
    while let Some(event) = events.recv().await {
        match event? {
            Event::Record(sample) => println!("{}", sample.view().line()),
            Event::Writer(State::Closed) => break,
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
