//! A struct of your own: published by a writer, read by a reader, as in two processes.
//!
//! ```text
//!   cargo run --example own_struct -- [NAME]
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::{Labels, Reader, Record, Writer};
use std::error::Error;

/// What the motor does. Another process may write a number without a variant, so the field is a `u8`,
/// and `Mode::try_from` returns an error for such a number.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Labels)]
enum Mode {
    Off,
    On,
    #[record(label = "emergency stop")]
    EmergencyStop,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(name = "MOTOR", line = "{name}: {mode} at {speed:.1} rpm")]
struct Motor {
    /// shaft speed
    #[record(unit = "1/min")]
    speed: f64,
    /// its name, padded with NUL
    #[record(text)]
    name: [u8; 15],
    #[record(labels = Mode)]
    mode: u8,
}

fn main() -> Result<(), Box<dyn Error>> {
    let at = std::env::args().nth(1).unwrap_or_else(|| "motor".into());
    let mut writer = Writer::<Motor>::open(&at)?;
    let mut name = [0; 15];
    name[..4].copy_from_slice(b"left");
    writer.publish(&Motor { speed: 1499.5, name, mode: Mode::On.into() })?;

    let mut reader = Reader::<Motor>::open(&at)?;
    let sample = reader.latest()?.ok_or("nothing was published")?;
    println!("{:?} at {} rpm", Mode::try_from(sample.mode)?, sample.speed);
    println!("any program can read it: consumer {at} --once");
    Ok(())
}
