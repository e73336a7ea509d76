//! Queries a reader, ROUNDS times between two marks, for everything in a line of output.
//!
//! ```text
//!   asker PATH ROUNDS     attach, ask once     MARK   latest, state, age, wall_time ...   MARK
//! ```
//!
//! The marks are those of `stepped_writer`.

use std::error::Error;
use std::io;
use std::path::Path;

use region::DynReader;
use rustix::process::{Signal, getpid, kill_process};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, rounds] = &arguments[..] else {
        return Err("usage: asker PATH ROUNDS".into());
    };
    let (me, mut reader) = (getpid(), DynReader::open(Path::new(path))?);
    reader.refresh_every(std::time::Duration::MAX); // it does not look at the name
    ask(&mut reader)?; // what a process asks for once is asked for now
    io::stdin().read_line(&mut String::new())?;
    kill_process(me, Signal::USR1)?;
    for _ in 0..rounds.parse()? {
        ask(&mut reader)?;
    }
    kill_process(me, Signal::USR1)?;
    Ok(())
}

fn ask(reader: &mut DynReader) -> Result<(), Box<dyn Error>> {
    let mut record = vec![0; reader.schema().size() as usize];
    let publication = reader.latest(&mut record)?.ok_or("nothing was published")?;
    let _ = (reader.state(), reader.age(&publication), reader.wall_time(&publication));
    Ok(())
}
