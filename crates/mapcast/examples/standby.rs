//! Two writers of one region: the second waits, and takes over when the first ends or dies.
//!
//! ```text
//!   cargo run --example standby -- NAME      in two terminals; then kill -9 the first
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::{Options, Stu, Writer};
use std::error::Error;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let at = std::env::args().nth(1).unwrap_or_else(|| "standby".into());
    let records: i32 = std::env::args().nth(2).map_or(Ok(i32::MAX), |count| count.parse())?;
    let options = Options::new().period(Duration::from_millis(100));
    let on_wait = |holder: &mapcast::Holder| println!("process {} publishes, waiting", holder.pid);
    let never = || false;
    let Some(mut writer) = Writer::<Stu>::open_standby(&at, &options, on_wait, never)? else {
        return Ok(());
    };
    println!("publishing after record {} ({})", writer.sequence(), writer.origin());
    for id in 0..records {
        writer.publish(&Stu::new(id, "xiaoming", 'm'))?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
