//! Corrupts a region as fast as it can, until its stdin ends.
//!
//! ```text
//!   vandal PATH SLOTS DEED[,DEED...] [SEED]       prints "ready" and its seed before the first deed
//! ```

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use e2e::vandal::{Deed, Vandal};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, slots, deeds, rest @ ..] = &arguments[..] else {
        return Err("usage: vandal PATH SLOTS DEED[,DEED...] [SEED]".into());
    };
    let deeds = Deed::listed(deeds).ok_or("no such deed")?;
    let seed = rest.first().map_or_else(|| Ok(fastrand::u64(..)), |seed| seed.parse())?;
    let mut vandal = Vandal::new(Path::new(path), slots.parse()?, seed)?;
    writeln!(io::stdout(), "ready, seed {seed}")?;
    std::thread::spawn(end_with_stdin);
    loop {
        vandal.act(&deeds)?;
    }
}

/// The test holds the other end, so this program ends with it.
fn end_with_stdin() {
    let _ = io::stdin().read(&mut [0]);
    std::process::exit(0);
}
