//! A struct that a C program already shares: the tutorial's `struct STU`, alone in a file.
//!
//! ```text
//!   cargo run --example from_c -- PATH      reads what a C program (or `producer` with
//!                                           format = "bare") maps at PATH
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use mapcast::Record;
use mapcast::bare::{Reader, Writer};
use mapcast::derive_support::bytemuck;
use std::error::Error;
use std::path::Path;

/// `struct STU { int id; char name[20]; char sex; };` C pads it to 28 bytes.
#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(name = "STU")]
struct Student {
    id: i32,
    #[record(text)]
    name: [u8; 20],
    #[record(text)]
    sex: u8,
    #[record(padding)]
    reserved: [u8; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which file? give its path")?;
    let (path, schema) = (Path::new(&path), Student::schema());
    if !path.exists() {
        let mut name = [0; 20];
        name[..8].copy_from_slice(b"xiaoming");
        let student = Student { id: 10, name, sex: b'm', reserved: [0; 3] };
        let mut writer = Writer::open(path, &schema, &mapcast::Options::new())?;
        writer.publish(bytemuck::bytes_of(&student))?;
    }
    let mut student: Student = bytemuck::Zeroable::zeroed();
    Reader::open(path, &schema)?.latest(bytemuck::bytes_of_mut(&mut student))?;
    let name = String::from_utf8_lossy(&student.name);
    println!("{} {} {}", student.id, name.trim_end_matches('\0'), char::from(student.sex));
    Ok(())
}
