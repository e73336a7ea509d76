//! Writers that are killed while they write, and what they leave to their readers.

use crate::read::is_torn;
use crate::{Generation, Look, WITH_INPUT};
use lessons::Failure;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const KILLS: u32 = 20;
/// A writer that has not been seen to write for so long does not.
const PATIENCE: Duration = Duration::from_secs(20);

/// A writer process; dropped, it is killed with SIGKILL, wherever it is.
pub(crate) struct Writer(Child);

impl Writer {
    /// Starts a writer that has nothing to do with this process but its file; returns when it has
    /// published.
    pub(crate) fn start(generation: &Generation, file: &Path) -> Result<Self, Failure> {
        let mut writer = Command::new(std::env::current_exe()?)
            .args(["write", generation.name])
            .arg(file)
            .arg(WITH_INPUT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = writer.stdout.take().ok_or("the writer has no output")?;
        let writer = Self(writer);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if line.is_empty() { Err("the writer ended before it wrote".into()) } else { Ok(writer) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may have exited by itself; then the kill fails, which shows it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Kills writers in the middle of their work, each with a file of its own, and looks once at each.
pub(crate) fn count(generation: &Generation, place: &Path) -> Result<(), Failure> {
    let (mut torn, mut nothing) = (0, 0);
    for number in 0..KILLS {
        let file = place.join(format!("killed-{number}"));
        let writer = Writer::start(generation, &file)?;
        let mut reader = (generation.read)(&file)?;
        see_it_write(&mut *reader)?;
        drop(writer);
        match reader.latest()?.stu {
            None => nothing += 1,
            Some(stu) if is_torn(&stu) => torn += 1,
            Some(_) => {}
        }
    }
    println!("  {KILLS} writers killed: {torn} left a torn record, {nothing} left nothing to read");
    Ok(())
}

/// Returns when the record has changed a few times: the writer is in the middle of its work.
fn see_it_write(reader: &mut dyn Look) -> Result<(), Failure> {
    let start = Instant::now();
    let mut last = None;
    for _ in 0..4 {
        loop {
            let seen = reader.latest()?.stu;
            if seen.is_some() && seen != last {
                last = seen;
                break;
            }
            if start.elapsed() > PATIENCE {
                return Err("the writer does not write".into());
            }
        }
    }
    Ok(())
}
