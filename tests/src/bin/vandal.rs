//! Corrupts a region as fast as it can, until its stdin ends.
//!
//! ```text
//!   vandal PATH SLOTS DEED[,DEED...] [SEED]       prints "ready" and its seed before the first deed
//! ```

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;

use e2e::StdinEnd;
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
    let end = StdinEnd::watch();
    while !end.has_come() {
        vandal.act(&deeds)?;
    }
    Ok(())
}
